"""The replay feed: recorded bars in order, from wherever it is told to go on, with the rules of a replay."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.instrument import InstrumentKind
from desktop_trader.domain.market import Bar, PriceSource, Timeframe
from desktop_trader.feeds.candle_file import HEADER, CandleSeries
from desktop_trader.feeds.replay import ReplayFeed, replay_instrument

_START = datetime(2024, 1, 1, tzinfo=UTC)
_HOUR = timedelta(hours=1)
_DATA = Path(__file__).parents[4] / "shared" / "data"


def _series(
    *hours: int, symbol: str = "BTC/USDT", price: str = "100", content_hash: str = "ab" * 32, step: Decimal = Decimal(0)
) -> CandleSeries:
    bars = []
    for hour in hours:
        at = Decimal(price) + step * hour
        bars.append(
            Bar(
                symbol=symbol,
                timeframe=Timeframe.H1,
                opened_at=_START + hour * _HOUR,
                open=at,
                high=at,
                low=at,
                close=at,
                volume=Decimal(1),
            )
        )
    return CandleSeries(symbol=symbol, timeframe=Timeframe.H1, content_hash=content_hash, bars=tuple(bars))


def _hours(feed: ReplayFeed) -> list[int]:
    hours = []
    while (event := feed.next_event()) is not None:
        assert isinstance(event, Bar)
        hours.append((event.opened_at - _START) // _HOUR)
    return hours


def test_every_bar_comes_once_in_order_and_then_nothing() -> None:
    feed = ReplayFeed(_series(0, 1, 2, 7, 8))

    assert _hours(feed) == [0, 1, 2, 7, 8]
    assert feed.next_event() is None
    assert feed.peek_time() is None


def test_a_bar_happens_when_it_closes() -> None:
    feed = ReplayFeed(_series(0, 5))

    assert feed.peek_time() == _START + 1 * _HOUR
    feed.next_event()
    assert feed.peek_time() == _START + 6 * _HOUR


@pytest.mark.parametrize(
    ("at", "left"),
    [
        (_START - timedelta(days=9), [0, 1, 2, 7, 8]),
        (_START, [0, 1, 2, 7, 8]),
        (_START + timedelta(microseconds=1), [1, 2, 7, 8]),
        (_START + 3 * _HOUR, [7, 8]),
        (_START + 8 * _HOUR, [8]),
        (_START + 9 * _HOUR, []),
    ],
)
def test_it_goes_on_with_the_first_bar_that_opened_at_or_after_a_time(at: datetime, left: list[int]) -> None:
    feed = ReplayFeed(_series(0, 1, 2, 7, 8))
    feed.next_event()

    feed.resume(at)

    assert _hours(feed) == left


def test_resuming_where_a_bar_closed_neither_repeats_nor_skips_one() -> None:
    whole = ReplayFeed(_series(0, 1, 2, 7, 8))
    while (event := whole.next_event()) is not None:
        assert isinstance(event, Bar)
        resumed = ReplayFeed(_series(0, 1, 2, 7, 8))
        resumed.resume(event.closed_at)
        assert resumed.peek_time() == whole.peek_time()


def test_history_ends_with_the_last_bar_that_closed() -> None:
    feed = ReplayFeed(_series(0, 1, 2, 7, 8))

    def opened(before: datetime, limit: int) -> list[int]:
        bars = feed.history("BTC/USDT", Timeframe.H1, before=before, limit=limit)
        return [(bar.opened_at - _START) // _HOUR for bar in bars]

    assert opened(_START + 8 * _HOUR, 2) == [2, 7]
    assert opened(_START + 8 * _HOUR - timedelta(seconds=1), 2) == [1, 2]
    assert opened(_START + 99 * _HOUR, 99) == [0, 1, 2, 7, 8]
    assert opened(_START, 5) == []
    assert opened(_START + 99 * _HOUR, 0) == []


def test_looking_at_history_does_not_move_the_replay() -> None:
    feed = ReplayFeed(_series(0, 1, 2))

    feed.history("BTC/USDT", Timeframe.H1, before=_START + 3 * _HOUR, limit=3)

    assert _hours(feed) == [0, 1, 2]


@pytest.mark.parametrize(
    ("symbol", "timeframe"), [("ETH/USDT", None), ("ETH/USDT", Timeframe.H1), ("BTC/USDT", Timeframe.M5)]
)
def test_another_symbol_or_timeframe_is_refused(symbol: str, timeframe: Timeframe | None) -> None:
    feed = ReplayFeed(_series(0))

    with pytest.raises(InvalidInputError, match="this replay has BTC/USDT 1h only"):
        feed.subscribe(symbol, timeframe)
    if timeframe is not None:
        with pytest.raises(InvalidInputError, match="this replay has BTC/USDT 1h only"):
            feed.history(symbol, timeframe, before=_START, limit=1)


def test_bars_come_without_a_subscription_and_subscribing_changes_nothing() -> None:
    feed = ReplayFeed(_series(0, 1))

    feed.subscribe("BTC/USDT", None)
    feed.subscribe("BTC/USDT", Timeframe.H1)

    assert _hours(feed) == [0, 1]


def test_the_source_is_named_by_content_symbol_and_timeframe() -> None:
    feed = ReplayFeed(_series(0, content_hash="cd" * 32))

    assert feed.source_id == f"replay:{'cd' * 32}:BTC/USDT:1h"
    assert feed.fills_on is PriceSource.BARS


@pytest.mark.parametrize(
    ("symbol", "price", "tick", "lot"),
    [
        ("BTC/USDT", "100", "0.01", "0.00001"),
        ("BTC/USDC", "100.123", "0.01", "0.00001"),
        ("ETH/USDT", "100", "0.01", "0.0001"),
        ("XRP/USDT", "1", "0.0001", "0.1"),
        ("XRP/USDT:USDT", "1.12345", "0.0001", "0.1"),
        ("ETH/BTC", "0.09946999", "0.00000001", "0.0001"),
        ("DOGE/USDT", "0.12300", "0.001", "0.0001"),
        ("PEPE/USDT", "0.000001234567", "0.00000001", "0.0001"),
        ("GOLD/USDT", "2000", "1", "0.0001"),
    ],
)
def test_ticks_and_lots_are_the_known_ones_or_follow_from_the_prices(
    symbol: str, price: str, tick: str, lot: str
) -> None:
    instrument = replay_instrument(_series(0, symbol=symbol, price=price))

    assert (instrument.tick_size, instrument.lot_size) == (Decimal(tick), Decimal(lot))


def test_a_replay_charges_a_tenth_of_a_percent_both_ways() -> None:
    (instrument,) = ReplayFeed(_series(0, symbol="XRP/USDT:USDT", price="1")).instruments()

    assert (instrument.maker_fee_rate, instrument.taker_fee_rate) == (Decimal("0.001"), Decimal("0.001"))
    assert instrument.minimum_notional == Decimal(5)
    assert (instrument.base, instrument.quote, instrument.settle) == ("XRP", "USDT", "USDT")
    assert instrument.kind is InstrumentKind.SWAP


def test_a_file_is_opened_under_any_spelling_of_its_symbol(tmp_path: Path) -> None:
    path = tmp_path / "candles.csv"
    path.write_text(f"{HEADER}\n2024-01-01T00:00:00Z,100,110,90,105,1\n", encoding="utf-8")

    feed = ReplayFeed.open(path, symbol="btcusdt", timeframe=Timeframe.H1)

    assert feed.instruments()[0].symbol == "BTC/USDT"
    assert isinstance(feed.next_event(), Bar)
    assert feed.next_event() is None
    with pytest.raises(InvalidInputError, match="is not a symbol"):
        ReplayFeed.open(path, symbol="??", timeframe=Timeframe.H1)


@pytest.mark.skipif(not _DATA.is_dir(), reason="the recorded candles are not beside the repository")
def test_eighteen_months_of_recorded_hours_are_played_with_their_one_gap() -> None:
    feed = ReplayFeed.open(_DATA / "BTCUSDT_1h_2023-01_2024-06.csv", symbol="BTC/USDT", timeframe=Timeframe.H1)
    bars = [event for event in iter(feed.next_event, None) if isinstance(event, Bar)]

    gaps = [after.opened_at for before, after in pairwise(bars) if before.closed_at != after.opened_at]

    assert len(bars) == 13_127
    assert len(gaps) == 1
    assert bars[-1].close == Decimal("62772.01")
