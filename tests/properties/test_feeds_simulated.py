"""Properties of the simulated market: one market for each seed, whichever way it is asked."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_trader.domain.market import Bar, MarketEvent, Quote, Timeframe
from desktop_trader.feeds.simulated import SIMULATED_SYMBOLS, SimulatedFeed

_ANCHOR = datetime(2026, 1, 1, tzinfo=UTC)
_SHORT = (Timeframe.M1, Timeframe.M5, Timeframe.M15)

symbols = st.sampled_from(SIMULATED_SYMBOLS)
seeds = st.integers(min_value=0, max_value=2**63)
moments = st.integers(min_value=-400_000_000_000, max_value=400_000_000_000).map(
    lambda milliseconds: _ANCHOR + timedelta(milliseconds=milliseconds)
)


def _take(feed: SimulatedFeed, count: int) -> list[MarketEvent]:
    events = [feed.next_event() for _ in range(count)]
    return [event for event in events if event is not None]


def _time(event: MarketEvent) -> datetime:
    return event.closed_at if isinstance(event, Bar) else event.at


@settings(max_examples=30)
@given(seed=seeds, symbol=symbols, timeframe=st.sampled_from(_SHORT), at=moments)
def test_history_gives_the_bars_that_came_live(seed: int, symbol: str, timeframe: Timeframe, at: datetime) -> None:
    feed = SimulatedFeed(seed, _ANCHOR)
    feed.subscribe(symbol, timeframe)
    feed.resume(at)
    events = _take(feed, 2 * timeframe.seconds + 3)
    live = [event for event in events if isinstance(event, Bar)]

    past = SimulatedFeed(seed, at).history(symbol, timeframe, before=_time(events[-1]), limit=len(live))

    assert len(live) >= 2
    assert list(past) == live


@settings(max_examples=30)
@given(
    seed=seeds,
    wanted=st.lists(st.tuples(symbols, st.sampled_from([None, *_SHORT])), min_size=1, max_size=5),
    at=moments,
    skipped=st.integers(min_value=0, max_value=5_000),
)
def test_events_do_not_depend_on_where_the_run_started(
    seed: int, wanted: list[tuple[str, Timeframe | None]], at: datetime, skipped: int
) -> None:
    early, late = SimulatedFeed(seed, at), SimulatedFeed(seed, _ANCHOR)
    for symbol, timeframe in wanted:
        early.subscribe(symbol, timeframe)
    for symbol, timeframe in reversed(wanted):
        late.subscribe(symbol, timeframe)
    events = _take(early, skipped + 300)
    begin = _time(events[skipped])

    late.resume(begin)

    assert _take(late, 200) == [event for event in events if _time(event) >= begin][:200]


@settings(max_examples=20)
@given(seed=seeds, wanted=st.lists(st.tuples(symbols, st.sampled_from([None, *_SHORT])), min_size=1, max_size=8))
def test_events_are_in_time_order_and_prices_in_price_order(
    seed: int, wanted: list[tuple[str, Timeframe | None]]
) -> None:
    feed = SimulatedFeed(seed, _ANCHOR)
    for symbol, timeframe in wanted:
        feed.subscribe(symbol, timeframe)
    events = _take(feed, 1_000)

    times = [_time(event) for event in events]

    assert times == sorted(times)
    for event in events:
        if isinstance(event, Quote):
            assert 0 < event.bid <= event.last <= event.ask
        elif isinstance(event, Bar):
            assert 0 < event.low <= min(event.open, event.close) <= max(event.open, event.close) <= event.high
