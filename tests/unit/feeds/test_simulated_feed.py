"""The simulated market as a feed: order of events, bars made of ticks, history, resuming."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.instrument import InstrumentKind
from desktop_trader.domain.market import Bar, MarketEvent, PriceSource, Quote, Timeframe
from desktop_trader.feeds.simulated import SIMULATED_SYMBOLS, SimulatedFeed

_ANCHOR = datetime(2026, 1, 1, tzinfo=UTC)
_REPOSITORY = Path(__file__).parents[3]


def _feed(*subscriptions: tuple[str, Timeframe | None], seed: int = 7, anchor: datetime = _ANCHOR) -> SimulatedFeed:
    feed = SimulatedFeed(seed, anchor)
    for symbol, timeframe in subscriptions:
        feed.subscribe(symbol, timeframe)
    return feed


def _next(feed: SimulatedFeed) -> MarketEvent:
    event = feed.next_event()
    assert event is not None
    return event


def _time(event: MarketEvent) -> datetime:
    return event.closed_at if isinstance(event, Bar) else event.at


def _until(feed: SimulatedFeed, end: datetime) -> list[MarketEvent]:
    events = []
    while (at := feed.peek_time()) is not None and at < end:
        events.append(_next(feed))
    return events


def test_four_coins_are_listed_as_spot_and_as_swap() -> None:
    feed = _feed()

    rules = {
        each.symbol: (str(each.tick_size), str(each.lot_size), str(each.taker_fee_rate), str(each.maker_fee_rate))
        for each in feed.instruments()
    }

    assert rules == {
        "BTC/USDT": ("0.01", "0.00001", "0.001", "0.0008"),
        "ETH/USDT": ("0.01", "0.0001", "0.001", "0.0008"),
        "SOL/USDT": ("0.01", "0.001", "0.001", "0.0008"),
        "XRP/USDT": ("0.0001", "0.1", "0.001", "0.0008"),
        "BTC/USDT:USDT": ("0.01", "0.00001", "0.0005", "0.0002"),
        "ETH/USDT:USDT": ("0.01", "0.0001", "0.0005", "0.0002"),
        "SOL/USDT:USDT": ("0.01", "0.001", "0.0005", "0.0002"),
        "XRP/USDT:USDT": ("0.0001", "0.1", "0.0005", "0.0002"),
    }
    assert [each.kind for each in feed.instruments()] == [InstrumentKind.SPOT] * 4 + [InstrumentKind.SWAP] * 4
    assert {each.minimum_notional for each in feed.instruments()} == {Decimal(5)}
    assert feed.fills_on is PriceSource.QUOTES


def test_prices_start_near_the_usual_levels() -> None:
    feed = _feed(*((symbol, None) for symbol in SIMULATED_SYMBOLS))
    first = _until(feed, _ANCHOR + timedelta(seconds=1))
    prices = {each.symbol: each.last for each in first if isinstance(each, Quote)}

    for symbol, level in (("BTC/USDT", 45_000), ("ETH/USDT", 2_400), ("SOL/USDT", 98), ("XRP/USDT", Decimal("0.62"))):
        assert Decimal("0.7") < prices[symbol] / level < Decimal("1.4")


def test_every_symbol_ticks_once_a_second_at_its_own_moment() -> None:
    feed = _feed(*((symbol, None) for symbol in SIMULATED_SYMBOLS))
    events = [event for event in _until(feed, _ANCHOR + timedelta(seconds=3)) if isinstance(event, Quote)]

    first_second = [(event.symbol, (_time(event) - _ANCHOR) / timedelta(milliseconds=1)) for event in events[:8]]

    assert first_second == [
        ("BTC/USDT", 0.0),
        ("BTC/USDT:USDT", 125.0),
        ("ETH/USDT", 250.0),
        ("ETH/USDT:USDT", 375.0),
        ("SOL/USDT", 500.0),
        ("SOL/USDT:USDT", 625.0),
        ("XRP/USDT", 750.0),
        ("XRP/USDT:USDT", 875.0),
    ]
    assert len(events) == 24
    assert all(before < after for before, after in pairwise(_time(event) for event in events))


def test_prices_lie_on_the_tick_grid() -> None:
    feed = _feed(*((symbol, None) for symbol in SIMULATED_SYMBOLS))
    instruments = {each.symbol: each for each in feed.instruments()}

    quotes = [event for event in _until(feed, _ANCHOR + timedelta(seconds=60)) if isinstance(event, Quote)]
    assert len(quotes) == 60 * len(SIMULATED_SYMBOLS)
    for event in quotes:
        assert event.bid <= event.last <= event.ask
        assert event.bid < event.ask
        for price in (event.bid, event.last, event.ask):
            assert instruments[event.symbol].is_on_price_grid(price)


def test_only_what_was_subscribed_comes() -> None:
    feed = _feed(("ETH/USDT", Timeframe.M1), ("SOL/USDT", None))
    events = _until(feed, _ANCHOR + timedelta(minutes=6))

    assert {event.symbol for event in events if isinstance(event, Quote)} == {"ETH/USDT", "SOL/USDT"}
    assert {(event.symbol, event.timeframe) for event in events if isinstance(event, Bar)} == {
        ("ETH/USDT", Timeframe.M1)
    }


def test_without_a_subscription_nothing_happens() -> None:
    feed = _feed()

    assert feed.peek_time() is None
    assert feed.next_event() is None


def test_a_bar_is_made_of_exactly_the_ticks_in_its_span() -> None:
    feed = _feed(("XRP/USDT", Timeframe.M1), ("XRP/USDT", Timeframe.M5), anchor=_ANCHOR + timedelta(seconds=1))
    ticks: list[Quote] = []
    checked = []

    for event in _until(feed, _ANCHOR + timedelta(minutes=21)):
        if isinstance(event, Quote):
            ticks.append(event)
            continue
        assert isinstance(event, Bar)
        inside = [tick.last for tick in ticks if event.opened_at <= tick.at < event.closed_at]
        if event.opened_at >= _ANCHOR + timedelta(seconds=1):
            assert (event.open, event.high, event.low, event.close) == (inside[0], max(inside), min(inside), inside[-1])
            assert ticks[-1].at < event.closed_at
            assert event.volume > 0
            checked.append(event.timeframe)
    assert (checked.count(Timeframe.M1), checked.count(Timeframe.M5)) == (19, 3)


def test_bars_of_one_instant_come_before_its_quotes_shorter_timeframes_first() -> None:
    feed = _feed(
        ("ETH/USDT", Timeframe.M1),
        ("BTC/USDT", Timeframe.M5),
        ("BTC/USDT", Timeframe.M1),
        ("BTC/USDT", Timeframe.H1),
        ("BTC/USDT:USDT", Timeframe.M1),
    )
    feed.resume(_ANCHOR + timedelta(hours=1))

    events = [_next(feed) for _ in range(6)]

    assert [(event.symbol, event.timeframe if isinstance(event, Bar) else None) for event in events] == [
        ("BTC/USDT", Timeframe.M1),
        ("BTC/USDT", Timeframe.M5),
        ("BTC/USDT", Timeframe.H1),
        ("ETH/USDT", Timeframe.M1),
        ("BTC/USDT:USDT", Timeframe.M1),
        ("BTC/USDT", None),
    ]


def test_a_long_bar_spans_its_short_bars() -> None:
    feed = _feed()
    day = feed.history("SOL/USDT", Timeframe.D1, before=_ANCHOR, limit=1)[0]

    for timeframe, count in ((Timeframe.H4, 6), (Timeframe.H1, 24), (Timeframe.M30, 48), (Timeframe.M1, 1440)):
        parts = feed.history("SOL/USDT", timeframe, before=_ANCHOR, limit=count)
        assert parts[0].opened_at == day.opened_at
        assert (parts[0].open, parts[-1].close) == (day.open, day.close)
        assert max(part.high for part in parts) == day.high
        assert min(part.low for part in parts) == day.low
        assert sum((part.volume for part in parts), Decimal(0)) == day.volume


def test_history_ends_with_the_last_closed_bar() -> None:
    bars = _feed().history("BTC/USDT", Timeframe.M5, before=_ANCHOR + timedelta(minutes=9, seconds=59), limit=3)

    assert [bar.opened_at for bar in bars] == [_ANCHOR + timedelta(minutes=minutes) for minutes in (-10, -5, 0)]


def test_history_of_no_bars_is_empty() -> None:
    assert _feed().history("BTC/USDT", Timeframe.M1, before=_ANCHOR, limit=0) == []


def test_a_resumed_market_goes_on_as_if_it_had_never_stopped() -> None:
    subscriptions: tuple[tuple[str, Timeframe | None], ...] = (("BTC/USDT", Timeframe.M1), ("ETH/USDT", None))
    whole = _until(_feed(*subscriptions), _ANCHOR + timedelta(minutes=3))

    for milliseconds in (0, 1, 250, 59_999, 60_000, 60_001, 121_250):
        at = _ANCHOR + timedelta(milliseconds=milliseconds)
        resumed = _feed(*subscriptions, anchor=_ANCHOR + timedelta(days=400))
        resumed.resume(at)
        assert _until(resumed, _ANCHOR + timedelta(minutes=3)) == [event for event in whole if _time(event) >= at]


def test_subscribing_while_running_neither_repeats_nor_loses_an_event() -> None:
    alone = _until(_feed(("BTC/USDT", Timeframe.M1)), _ANCHOR + timedelta(minutes=4))
    feed = _feed(("BTC/USDT", Timeframe.M1))
    events = _until(feed, _ANCHOR + timedelta(seconds=119, milliseconds=100))

    feed.subscribe("ETH/USDT", Timeframe.M1)
    feed.subscribe("BTC/USDT", Timeframe.M1)
    later = _until(feed, _ANCHOR + timedelta(minutes=4))

    assert events + [event for event in later if event.symbol == "BTC/USDT"] == alone
    assert _time(later[0]) == _ANCHOR + timedelta(seconds=119, milliseconds=250)
    assert [event.opened_at for event in later if isinstance(event, Bar) and event.symbol == "ETH/USDT"] == [
        _ANCHOR + timedelta(minutes=1),
        _ANCHOR + timedelta(minutes=2),
    ]


def test_peeking_tells_the_time_of_the_event_and_takes_nothing() -> None:
    feed = _feed(("BTC/USDT", Timeframe.M1))

    for _ in range(130):
        at = feed.peek_time()
        assert feed.peek_time() == at
        assert _time(_next(feed)) == at


@pytest.mark.parametrize("symbol", ["DOGE/USDT", "btc/usdt", ""])
def test_a_symbol_that_is_not_listed_is_refused_with_the_ones_that_are(symbol: str) -> None:
    feed = _feed()

    with pytest.raises(InvalidInputError, match="BTC/USDT, ETH/USDT"):
        feed.subscribe(symbol, None)
    with pytest.raises(InvalidInputError, match="does not list"):
        feed.history(symbol, Timeframe.M1, before=_ANCHOR, limit=1)
    with pytest.raises(InvalidInputError, match="does not list"):
        SimulatedFeed(1, _ANCHOR, symbols=[symbol])


def test_a_market_can_list_fewer_symbols() -> None:
    feed = SimulatedFeed(1, _ANCHOR, symbols=["XRP/USDT", "BTC/USDT"])

    assert [each.symbol for each in feed.instruments()] == ["XRP/USDT", "BTC/USDT"]
    with pytest.raises(InvalidInputError, match="it has XRP/USDT, BTC/USDT"):
        feed.subscribe("ETH/USDT", None)


def test_the_source_is_named_by_the_seed_and_not_by_the_anchor() -> None:
    assert _feed(seed=7).source_id == _feed(seed=7, anchor=_ANCHOR + timedelta(days=1)).source_id
    assert _feed(seed=7).source_id != _feed(seed=8).source_id


def test_the_market_ends_with_the_calendar() -> None:
    feed = _feed(("BTC/USDT", None))

    feed.resume(datetime(9999, 6, 1, tzinfo=UTC))

    assert feed.peek_time() is None
    assert feed.next_event() is None


@pytest.mark.slow
def test_opening_the_market_does_not_import_numpy() -> None:
    script = (
        "import sys; from datetime import UTC, datetime\n"
        "from desktop_trader.feeds.simulated import SimulatedFeed\n"
        "feed = SimulatedFeed(1, datetime(2026, 1, 1, tzinfo=UTC))\n"
        "feed.subscribe('BTC/USDT', None)\n"
        "feed.instruments()\n"
        "assert 'numpy' not in sys.modules\n"
        "feed.next_event()\n"
        "assert 'numpy' in sys.modules\n"
    )

    subprocess.run([sys.executable, "-c", script], check=True, timeout=60, cwd=_REPOSITORY)
