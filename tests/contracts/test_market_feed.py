"""What the engine may rely on with every market feed."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.margin_brackets import is_continuous
from desktop_trader.domain.market import Bar, FundingRate, MarketEvent, Quote, Timeframe
from desktop_trader.engine.ports import MarketFeed
from desktop_trader.feeds.candle_file import CandleSeries
from desktop_trader.feeds.recorded_funding import DatedRate, FundingSeries, RecordedMarks
from desktop_trader.feeds.replay import ReplayFeed
from desktop_trader.feeds.simulated import SimulatedFeed
from tests.fakes_exchange import LineRig

_START = datetime(2026, 1, 1, tzinfo=UTC)
_SYMBOL = "BTC/USDT"
_GAP = range(30, 40)

FeedMaker = Callable[[], MarketFeed]


def _simulated() -> MarketFeed:
    feed = SimulatedFeed(11, _START)
    feed.subscribe(_SYMBOL, Timeframe.M1)
    return feed


def _replay() -> MarketFeed:
    bars = tuple(
        Bar(
            symbol=_SYMBOL,
            timeframe=Timeframe.M1,
            opened_at=_START + timedelta(minutes=minute),
            open=Decimal(100 + minute % 7),
            high=Decimal(110),
            low=Decimal(90),
            close=Decimal(100 + minute % 5),
            volume=Decimal(1),
        )
        for minute in range(200)
        if minute not in _GAP
    )
    return ReplayFeed(
        CandleSeries(symbol=_SYMBOL, timeframe=Timeframe.M1, content_hash="00" * 32, bars=bars),
    )


def _live() -> MarketFeed:
    """Five minutes of an exchange, brought by its line: what the engine would pull, all at once."""

    async def play() -> MarketFeed:
        rig = LineRig()
        rig.feed.subscribe(_SYMBOL, Timeframe.M1)
        async with rig:
            await rig.verify(_SYMBOL)
            await rig.clock.pass_by(310)
        return rig.feed

    return asyncio.run(play())


_SWAP = "BTC/USDT:USDT"
_HOURS = 30
_INTERVAL = timedelta(hours=8)


def _simulated_swap() -> MarketFeed:
    feed = SimulatedFeed(11, _START)
    feed.subscribe(_SWAP, Timeframe.H1)
    return feed


def _swap_bars(timeframe: Timeframe, count: int, *, price: int) -> CandleSeries:
    bars = tuple(
        Bar(
            symbol=_SWAP,
            timeframe=timeframe,
            opened_at=_START + index * timeframe.duration,
            open=Decimal(price + index % 7),
            high=Decimal(price + 10),
            low=Decimal(price - 10),
            close=Decimal(price + index % 5),
            volume=Decimal(1),
        )
        for index in range(count)
    )
    return CandleSeries(symbol=_SWAP, timeframe=timeframe, content_hash=f"{price:064d}", bars=bars)


def _replayed_swap() -> MarketFeed:
    instants = [_START + index * _INTERVAL for index in range(-1, 9)]
    return ReplayFeed(
        _swap_bars(Timeframe.M15, 4 * _HOURS, price=100),
        marks=RecordedMarks(_swap_bars(Timeframe.H4, 5, price=101)),
        funding=FundingSeries(
            content_hash="11" * 32,
            rates=tuple(DatedRate(at=at, rate=Decimal(at.hour - 8) / 10_000) for at in instants),
        ),
    )


def _live_swap() -> MarketFeed:
    """A few minutes of a swap that is paid every minute, with a book that somebody wants."""

    async def play() -> MarketFeed:
        rig = LineRig()
        swaps = rig.session.swaps
        swaps.every, swaps.mark = timedelta(minutes=1), Decimal("100.5")
        rig.feed.subscribe(_SWAP, None)
        async with rig:
            await rig.verify(_SWAP)
            rig.line.need([_SWAP])
            rig.feed.want_depth(_SWAP, 400)
            await rig.clock.pass_by(310)
        return rig.feed

    return asyncio.run(play())


every_swap = pytest.mark.parametrize("make_feed", [_simulated_swap, _replayed_swap, _live_swap])
own_swap = pytest.mark.parametrize("make_feed", [_simulated_swap, _replayed_swap])
every_feed = pytest.mark.parametrize("make_feed", [_simulated, _replay, _live])
own_feed = pytest.mark.parametrize("make_feed", [_simulated, _replay])
"""Markets of our own: what they play can be played again."""


def _pull(feed: MarketFeed, count: int) -> list[MarketEvent]:
    events = [feed.next_event() for _ in range(count)]
    return [event for event in events if event is not None]


def _time(event: MarketEvent) -> datetime:
    return event.closed_at if isinstance(event, Bar) else event.at


@every_feed
def test_peeking_names_the_time_of_the_next_event(make_feed: FeedMaker) -> None:
    feed = make_feed()

    for _ in range(150):
        peeked = feed.peek_time()
        event = feed.next_event()
        assert event is not None
        assert peeked == _time(event)


@every_feed
def test_quotes_and_bars_of_a_symbol_are_each_in_order(make_feed: FeedMaker) -> None:
    newest: dict[type, datetime] = dict.fromkeys((Quote, Bar), _START - timedelta(microseconds=1))

    for event in _pull(make_feed(), 150):
        assert _time(event) > newest[type(event)]
        newest[type(event)] = _time(event)


@every_feed
def test_bars_come_once_each_without_a_hole(make_feed: FeedMaker) -> None:
    bars = [event for event in _pull(make_feed(), 320) if isinstance(event, Bar)]

    opened = [bar.opened_at for bar in bars]
    assert len(opened) == len(set(opened)) >= 5
    holes = [after for before, after in pairwise(opened) if after - before != timedelta(minutes=1)]
    assert holes in ([], [_START + timedelta(minutes=_GAP.stop)])


@own_feed
def test_events_come_in_time_order(make_feed: FeedMaker) -> None:
    feed = make_feed()
    last = _START

    for event in _pull(feed, 150):
        assert _time(event) >= last
        last = _time(event)


@own_feed
def test_two_feeds_of_one_source_give_the_same_events(make_feed: FeedMaker) -> None:
    one, other = make_feed(), make_feed()

    assert one.source_id == other.source_id
    assert _pull(one, 170) == _pull(other, 170)


@own_feed
def test_resuming_at_the_start_begins_again(make_feed: FeedMaker) -> None:
    feed = make_feed()
    events = _pull(feed, 150)

    feed.resume(_START)

    assert _pull(feed, 150) == events


@every_feed
def test_history_at_the_close_of_a_bar_ends_with_that_bar(make_feed: FeedMaker) -> None:
    feed = make_feed()
    bars = [event for event in _pull(feed, 150) if isinstance(event, Bar)]

    assert bars
    for bar in bars[1:]:
        past = feed.history(_SYMBOL, Timeframe.M1, before=bar.closed_at, limit=2)
        assert past[-1] == bar
        assert [each.opened_at for each in past] == sorted(each.opened_at for each in past)
        assert all(each.closed_at <= bar.closed_at for each in past)


@every_feed
def test_every_instrument_has_a_grid_a_minimum_and_fees(make_feed: FeedMaker) -> None:
    for instrument in make_feed().instruments():
        assert instrument.tick_size > 0
        assert instrument.lot_size > 0
        assert instrument.minimum_notional == 5
        assert 0 < instrument.maker_fee_rate <= instrument.taker_fee_rate < Decimal("0.01")


@every_feed
def test_an_unknown_symbol_is_refused(make_feed: FeedMaker) -> None:
    feed = make_feed()

    with pytest.raises(InvalidInputError):
        feed.subscribe("NOPE/USDT", None)
    with pytest.raises(InvalidInputError):
        feed.history("NOPE/USDT", Timeframe.M1, before=_START, limit=1)


def _all(feed: MarketFeed, until: datetime) -> list[MarketEvent]:
    events: list[MarketEvent] = []
    while (at := feed.peek_time()) is not None and at <= until:
        event = feed.next_event()
        assert event is not None
        events.append(event)
    return events


def _funding(events: list[MarketEvent]) -> list[FundingRate]:
    return [event for event in events if isinstance(event, FundingRate)]


@every_swap
def test_funding_comes_once_at_each_instant_in_order_and_is_told_afterwards_too(make_feed: FeedMaker) -> None:
    feed = make_feed()

    rates = _funding(_pull(feed, 30_000))

    times = [rate.at for rate in rates]
    assert len(times) >= 2
    assert times == sorted(set(times))
    assert all(rate.symbol == _SWAP and not rate.is_estimate and rate.mark_price > 0 for rate in rates)
    before_all = times[0] - timedelta(microseconds=1)
    assert list(feed.funding_rates(_SWAP, after=before_all, until=times[-1])) == rates
    assert list(feed.funding_rates(_SWAP, after=times[0], until=times[-1])) == rates[1:], "after, not at"
    assert list(feed.funding_rates(_SWAP, after=times[-1], until=times[-1])) == []


@own_swap
def test_resuming_brings_the_rates_from_there_on_each_once(make_feed: FeedMaker) -> None:
    feed, end = make_feed(), _START + timedelta(hours=_HOURS)
    feed.resume(_START)
    rates = list(feed.funding_rates(_SWAP, after=_START - timedelta(microseconds=1), until=end))

    assert len(rates) == 4
    for offset in (timedelta(), timedelta(microseconds=1), timedelta(minutes=7), timedelta(hours=-1)):
        for rate in rates:
            feed.resume(rate.at + offset)
            came = _funding(_all(feed, rate.at + offset + timedelta(hours=2)))
            window = [each for each in rates if rate.at + offset <= each.at <= rate.at + offset + timedelta(hours=2)]
            assert came == window


@every_swap
def test_marks_are_positive_and_near_the_price(make_feed: FeedMaker) -> None:
    feed = make_feed()
    seen = 0

    for event in _pull(feed, 2_000):
        if isinstance(event, Quote) and event.mark is not None:
            assert abs(event.mark / event.last - 1) < Decimal("0.05")
            seen += 1
        if isinstance(event, Bar) and (mark := feed.mark_bar(event)) is not None:
            assert 0 < mark.low <= min(mark.open, mark.close) <= max(mark.open, mark.close) <= mark.high
            assert (mark.symbol, mark.opened_at, mark.timeframe) == (event.symbol, event.opened_at, event.timeframe)
            seen += 1

    assert seen >= 20


@every_swap
def test_a_book_is_sorted_uncrossed_and_around_its_quote_or_there_is_none(make_feed: FeedMaker) -> None:
    feed = make_feed()
    quotes = [event for event in _pull(feed, 2_000) if isinstance(event, Quote)]
    instrument = feed.listing()[_SWAP]

    for quote in quotes[-20:]:
        book = feed.depth(quote)
        assert book is not None
        bids, asks = [each.price for each in book.bids], [each.price for each in book.asks]
        assert bids == sorted(set(bids), reverse=True)
        assert asks == sorted(set(asks))
        assert bids[0] <= quote.bid < quote.ask <= asks[0]
        for level in (*book.bids, *book.asks):
            assert instrument.is_on_price_grid(level.price)
            assert instrument.is_on_quantity_grid(level.size)
        assert feed.depth(quote) == book
    assert bool(quotes) != isinstance(feed, ReplayFeed), "bars have no book"


@every_swap
def test_what_is_due_next_lies_ahead_and_is_an_estimate(make_feed: FeedMaker) -> None:
    feed = make_feed()
    events = _pull(feed, 200)
    now = _time(events[-1])

    estimate = feed.next_funding(_SWAP, at=now)

    if estimate is None:
        assert not isinstance(feed, SimulatedFeed)
    else:
        assert (estimate.symbol, estimate.is_estimate) == (_SWAP, True)
        assert estimate.at > now
        assert estimate.mark_price > 0


@every_swap
def test_a_swap_has_tiers_without_a_gap_and_an_interval(make_feed: FeedMaker) -> None:
    instrument = make_feed().listing()[_SWAP]

    assert is_continuous(instrument.margin_brackets)
    assert instrument.max_leverage >= 1
    assert instrument.funding_interval in (timedelta(minutes=1), _INTERVAL)


@every_feed
def test_spot_has_no_mark_and_no_funding(make_feed: FeedMaker) -> None:
    feed = make_feed()
    events = _pull(feed, 150)

    assert _funding(events) == []
    assert {event.mark for event in events if isinstance(event, Quote)} <= {None}
    assert {feed.mark_bar(event) for event in events if isinstance(event, Bar)} <= {None}
    assert feed.next_funding(_SYMBOL, at=_START) is None
    assert list(feed.funding_rates(_SYMBOL, after=_START - _INTERVAL, until=_START + _INTERVAL)) == []
