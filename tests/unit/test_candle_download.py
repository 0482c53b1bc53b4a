"""Downloads of candles: only what is missing, never a forming bar, kept when cut off; quiet stretches known."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_trader.domain.errors import (
    ExchangeError,
    ExchangeRefusedError,
    InvalidInputError,
    NetworkDownError,
    NetworkTimeoutError,
    RateLimitedError,
)
from desktop_trader.domain.market import Timeframe
from desktop_trader.feeds.candle_download import PAGE, DownloadOrder, DownloadWatch, download
from desktop_trader.messages.candles import CandleGap, CandlesDownloaded, SeriesName
from desktop_trader.storage.candle_store import CandleStore
from tests.candle_source import LISTED_AT, ScriptedCandles, SkippingClock, minute_bar

SOURCE = "exchange:coinex"
NAME = SeriesName(source=SOURCE, symbol="BTC/USDT", timeframe=Timeframe.M1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
NOW = LISTED_AT + 30 * DAY + timedelta(seconds=30)


def fetch(
    exchange: ScriptedCandles,
    store: CandleStore,
    *,
    since: datetime,
    until: datetime | None = None,
    watch: DownloadWatch | None = None,
    clock: SkippingClock | None = None,
    name: SeriesName = NAME,
) -> CandlesDownloaded:
    """One download on a clock that does not wait."""

    async def open_source() -> ScriptedCandles:
        return exchange

    return download(
        open_source,
        store,
        order=DownloadOrder(name=name, since=since, until=until),
        watch=watch or DownloadWatch(),
        clock=clock or SkippingClock(),
    )


@pytest.fixture
def store() -> CandleStore:
    return CandleStore.in_memory()


def test_every_closed_bar_comes_and_the_forming_one_does_not(store: CandleStore) -> None:
    exchange = ScriptedCandles(now=NOW)
    since = NOW - timedelta(hours=50)
    result = fetch(exchange, store, since=since)
    first = Timeframe.M1.bar_start(since) + MINUTE
    span = store.span(NAME)
    assert span is not None
    assert (span.first_at, span.last_at) == (first, Timeframe.M1.bar_start(NOW) - MINUTE)
    assert span.bars == result.stored == 50 * 60 - 1
    assert (result.empty, result.gaps, result.was_cancelled) == (0, (), False)
    assert max(limit for _, _, limit in exchange.pages) <= PAGE
    assert len(exchange.pages) == 3
    assert exchange.is_closed
    read = store.read_between(NAME, since=first, until=first + 2 * MINUTE)
    assert list(read) == [minute_bar(first), minute_bar(first + MINUTE)]


def test_what_is_stored_is_not_asked_for_again(store: CandleStore) -> None:
    since = LISTED_AT + 10 * DAY
    fetch(ScriptedCandles(now=NOW), store, since=since, until=since + timedelta(hours=10))
    again = ScriptedCandles(now=NOW)
    assert fetch(again, store, since=since, until=since + timedelta(hours=10)).stored == 0
    assert again.pages == []
    longer = ScriptedCandles(now=NOW)
    result = fetch(longer, store, since=since - timedelta(hours=1), until=since + timedelta(hours=11))
    assert result.stored == 120
    assert [since for _, since, _ in longer.pages] == [since - timedelta(hours=1), since + timedelta(hours=10)]


def test_a_shorter_page_than_asked_for_is_gone_on_from(store: CandleStore) -> None:
    exchange = ScriptedCandles(now=NOW, answers_at_most=300)
    since = LISTED_AT + DAY
    result = fetch(exchange, store, since=since, until=since + 1_000 * MINUTE)
    assert (result.stored, result.gaps) == (1_000, ())
    assert len(exchange.pages) == 4


def test_minutes_without_trades_are_remembered_and_not_asked_for_again(store: CandleStore) -> None:
    since = LISTED_AT + 5 * DAY
    quiet = [since + each * MINUTE for each in (100, 101, 102, 500, *range(700, 2_600))]
    result = fetch(ScriptedCandles(now=NOW, quiet=quiet), store, since=since, until=since + 3_000 * MINUTE)
    assert (result.stored, result.empty, result.gaps) == (3_000 - len(quiet), len(quiet), ())
    again = ScriptedCandles(now=NOW, quiet=quiet)
    assert fetch(again, store, since=since, until=since + 3_000 * MINUTE).stored == 0
    assert again.pages == []


def test_the_newest_bars_may_still_come_and_stay_a_gap(store: CandleStore) -> None:
    forming = Timeframe.M1.bar_start(NOW)
    late = [forming - each * MINUTE for each in range(1, 4)]
    result = fetch(ScriptedCandles(now=NOW, quiet=late), store, since=NOW - timedelta(hours=2))
    assert result.gaps == (CandleGap(since=forming - 3 * MINUTE, until=forming),)
    assert fetch(ScriptedCandles(now=NOW), store, since=NOW - timedelta(hours=2)).stored == 3


def test_a_clock_of_the_exchange_that_is_ahead_leaves_nothing_behind(store: CandleStore) -> None:
    forming = Timeframe.M1.bar_start(NOW)
    exchange = ScriptedCandles(now=NOW + timedelta(hours=9), quiet=[forming + each * MINUTE for each in range(1, 600)])
    since = NOW - timedelta(hours=2)

    async def open_source() -> ScriptedCandles:
        return exchange

    order = DownloadOrder(name=NAME, since=since, ours=NOW)
    download(open_source, store, order=order, watch=DownloadWatch(), clock=SkippingClock())

    span = store.span(NAME)
    assert span is not None
    assert span.last_at == forming - MINUTE
    later = forming + timedelta(hours=3)
    assert store.gaps(NAME, since=forming, until=later) == (CandleGap(since=forming, until=later),)


def test_years_before_a_listing_are_passed_over_with_a_few_questions(store: CandleStore) -> None:
    listed_at = LISTED_AT + timedelta(hours=15)
    exchange = ScriptedCandles(now=NOW, listed_at=listed_at)
    result = fetch(exchange, store, since=LISTED_AT - 2_500 * DAY, until=LISTED_AT + DAY)
    assert result.stored == 9 * 60
    assert result.gaps == ()
    assert len(exchange.pages) < 12
    again = ScriptedCandles(now=NOW, listed_at=listed_at)
    fetch(again, store, since=LISTED_AT - 2_500 * DAY, until=LISTED_AT + DAY)
    assert again.pages == []


def test_one_empty_answer_alone_is_not_believed(store: CandleStore) -> None:
    class Forgetful(ScriptedCandles):
        async def bars(self, *args: object, **options: object) -> list:
            found = list(await super().bars(*args, **options))  # type: ignore[arg-type]
            return [] if len(self.pages) == 1 else found

    since = LISTED_AT + DAY
    result = fetch(Forgetful(now=NOW), store, since=since, until=since + 2_000 * MINUTE)
    assert result.empty == 0
    assert fetch(ScriptedCandles(now=NOW), store, since=since, until=since + 2_000 * MINUTE).gaps == ()
    assert store.gaps(NAME, since=since, until=since + 2_000 * MINUTE) == ()
    span = store.span(NAME)
    assert span is not None
    assert span.bars == 2_000


def test_a_lost_connection_is_waited_for_and_gone_on_with(store: CandleStore) -> None:
    exchange, clock = ScriptedCandles(now=NOW), SkippingClock()
    exchange.failures.extend(
        [NetworkDownError("gone"), NetworkTimeoutError("slow"), RateLimitedError("wait", retry_after_seconds=20), None]
    )
    since, told = LISTED_AT + DAY, []
    result = fetch(
        exchange, store, since=since, until=since + 60 * MINUTE, clock=clock,
        watch=DownloadWatch(tell=lambda _done, _total, text: told.append(text)),
    )  # fmt: skip
    assert result.stored == 60
    assert clock.waits == [1.0, 2.0, 20]
    assert "gone; asking again in 1 s" in told


def test_a_download_that_is_cut_off_keeps_what_came_and_the_next_goes_on_there(store: CandleStore) -> None:
    exchange = ScriptedCandles(now=NOW)
    exchange.failures.extend([None, None, *[NetworkDownError("No network")] * 6])
    since = LISTED_AT + DAY
    with pytest.raises(ExchangeError, match=r"No network. 2,000 new bars came and are kept; the next download goes on"):
        fetch(exchange, store, since=since, until=since + 5_000 * MINUTE)
    assert exchange.is_closed
    resumed = ScriptedCandles(now=NOW)
    assert fetch(resumed, store, since=since, until=since + 5_000 * MINUTE).stored == 3_000
    assert resumed.pages[0] == (Timeframe.M1, since + 2_000 * MINUTE, PAGE)


def test_a_refusal_and_a_long_ban_are_told_at_once(store: CandleStore) -> None:
    for failure in (ExchangeRefusedError("No such market"), RateLimitedError("Banned", retry_after_seconds=3_600)):
        exchange, clock = ScriptedCandles(now=NOW), SkippingClock()
        exchange.failures.append(failure)
        with pytest.raises(type(failure), match=failure.user_message) as raised:
            fetch(exchange, store, since=LISTED_AT, clock=clock)
        assert ("does not list BTC/USDT" in raised.value.user_message) == (type(failure) is ExchangeRefusedError)
        assert clock.waits == []


def test_a_cancelled_download_keeps_what_came(store: CandleStore) -> None:
    exchange = ScriptedCandles(now=NOW)
    since = LISTED_AT + DAY
    result = fetch(exchange, store, since=since, watch=DownloadWatch(should_stop=lambda: len(exchange.pages) >= 3))
    assert result.was_cancelled
    assert result.stored in (2_000, 3_000)
    assert result.gaps[0].since == since + result.stored * MINUTE
    assert exchange.is_closed


def test_how_far_it_is_is_told_with_the_time_that_is_left(store: CandleStore) -> None:
    exchange, clock, told = ScriptedCandles(now=NOW), SkippingClock(), []
    exchange.on_page = lambda: setattr(clock, "_now", clock.monotonic() + 30)
    since = LISTED_AT + DAY
    fetch(
        exchange, store, since=since, until=since + 4_000 * MINUTE, clock=clock,
        watch=DownloadWatch(tell=lambda *news: told.append(news)),
    )  # fmt: skip
    assert told[0] == (1_000, 4_000, "1,000 of 4,000 bars · about 2 min left")
    assert told[-1][:2] == (4_000, 4_000)


def test_a_time_that_lies_ahead_is_refused(store: CandleStore) -> None:
    with pytest.raises(InvalidInputError, match="name an earlier time"):
        fetch(ScriptedCandles(now=NOW), store, since=NOW + DAY)


@settings(max_examples=20, deadline=None)
@given(
    quiet=st.sets(st.integers(0, 1_100), max_size=60),
    there=st.sets(st.integers(0, 1_100), max_size=60),
    cap=st.integers(1, 3),
    begin=st.integers(0, 200),
)
def test_whatever_is_there_and_missing_a_download_ends_with_everything_the_exchange_has(
    quiet: set[int], there: set[int], cap: int, begin: int
) -> None:
    since = datetime(2024, 3, 30, 12, tzinfo=UTC) + begin * MINUTE
    base = since - begin * MINUTE
    exchange = ScriptedCandles(
        now=base + 40 * DAY, quiet=[base + each * MINUTE for each in quiet], answers_at_most=cap * 150
    )
    store = CandleStore.in_memory()
    store.write(SOURCE, [minute_bar(base + each * MINUTE) for each in there - quiet])
    result = fetch(exchange, store, since=since, until=base + 1_100 * MINUTE)
    assert result.gaps == ()
    stored = store.read_between(NAME, since=since, until=base + 1_100 * MINUTE)
    wanted = [base + each * MINUTE for each in range(begin, 1_100) if each not in quiet]
    assert [bar.opened_at for bar in stored] == wanted
    assert list(stored) == [minute_bar(at) for at in wanted]
