"""What the engine may rely on with every market feed."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.market import Bar, MarketEvent, Quote, Timeframe
from desktop_trader.engine.ports import MarketFeed
from desktop_trader.feeds.candle_file import CandleSeries
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
