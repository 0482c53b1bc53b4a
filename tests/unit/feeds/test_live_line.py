"""The line to a real market over a scripted exchange, in virtual time: what it brings, what it tells, what it asks."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from desktop_trader.domain.errors import (
    BadAnswerError,
    ExchangeRefusedError,
    ExchangeUnavailableError,
    NetworkDownError,
    RateLimitedError,
)
from desktop_trader.domain.market import Bar, MarketEvent, Quote, Timeframe
from desktop_trader.messages.network import CheckView
from tests.builders import SPOT, SWAP
from tests.fakes_exchange import LIVE_START, LineRig, bar_of, market_list_of, settle

_DOWN = NetworkDownError("Nobody there")
_NAMES = ["time", "markets", "units", "prices", "candles"]

pytestmark = pytest.mark.asyncio


async def running(*, streams: bool = False, timeframe: Timeframe | None = Timeframe.M1) -> LineRig:
    """A line that follows the spot market and was verified."""
    rig = LineRig()
    rig.session.can_stream = streams
    rig.feed.subscribe(SPOT.symbol, timeframe)
    await rig.__aenter__()
    checks = await rig.verify(SPOT.symbol)
    assert [ok for ok, _ in checks.values()] == [True] * 5, checks
    await rig.clock.pass_by(1.25)
    rig.pull()
    return rig


def quotes(events: list[MarketEvent]) -> list[Quote]:
    """The quotes among events."""
    return [event for event in events if isinstance(event, Quote)]


def bars(events: list[MarketEvent]) -> list[Bar]:
    """The bars among events."""
    return [event for event in events if isinstance(event, Bar)]


# ---------------------------------------------------------------------------------------------------------- prices


async def test_without_a_stream_every_symbol_is_asked_for_once_a_second() -> None:
    rig = await running()
    rig.feed.subscribe(SWAP.symbol, None)
    begun = rig.clock.monotonic()

    await rig.clock.pass_by(10)

    assert 9 <= len([at for at, symbol in rig.heard.ticks if symbol == SPOT.symbol and at >= begun]) <= 11
    assert 9 <= len([at for at, symbol in rig.heard.ticks if symbol == SWAP.symbol and at >= begun]) <= 11
    events = quotes(rig.pull())
    assert {event.symbol for event in events} == {SPOT.symbol, SWAP.symbol}
    assert rig.woken >= len(events)
    assert rig.feed.cadence(SPOT.symbol) == timedelta(seconds=1)
    await rig.__aexit__()


async def test_a_stream_brings_quotes_and_nobody_is_asked_for_them() -> None:
    rig = await running(streams=True)
    begun = rig.clock.monotonic()
    for _ in range(40):
        rig.session.push(rig.session.quote_now(SPOT.symbol))
        await rig.clock.pass_by(0.25)

    assert rig.session.count("quote", since=begun + 0.5) == 0
    assert len(quotes(rig.pull())) == 40
    assert rig.session.count("stream") == 1
    await rig.__aexit__()


async def test_what_turns_out_not_to_be_listed_does_not_keep_the_rest_from_streaming() -> None:
    rig = LineRig()
    rig.session.can_stream = True
    for symbol in ("GONE/USDT", SPOT.symbol):
        rig.feed.subscribe(symbol, Timeframe.M1)
    async with rig:
        await rig.verify(SPOT.symbol)
        await rig.clock.pass_by(5)

    asked = {arguments for _, name, arguments in rig.session.calls if name in ("stream", "quote")}
    assert asked == {(SPOT.symbol,)}
    assert {arguments[0] for _, name, arguments in rig.session.calls if name == "bars"} == {SPOT.symbol}


@pytest.mark.requirement("R203")
async def test_a_silent_stream_is_no_reason_to_know_no_prices() -> None:
    rig = await running(streams=True)
    rig.session.push(rig.session.quote_now(SPOT.symbol))
    await rig.clock.pass_by(0.1)
    silent_at = rig.clock.monotonic()
    rig.pull()

    await rig.clock.pass_by(6)  # the socket is alive, and brings nothing (F36)

    asked = [at for at, name, _ in rig.session.calls if name == "quote" and at > silent_at]
    assert asked
    assert asked[0] - silent_at <= 3.6
    assert len(quotes(rig.pull())) >= 4
    assert rig.heard.errors == []
    await rig.__aexit__()


async def test_a_stream_that_breaks_is_told_once_and_opened_again_with_growing_waits() -> None:
    rig = await running(streams=True)
    rig.session.push(rig.session.quote_now(SPOT.symbol))
    await rig.clock.pass_by(0.1)
    broken_at = rig.clock.monotonic()
    rig.session.failures["stream"] = _DOWN
    for stream in rig.session.streams:
        stream.put_nowait(_DOWN)

    await rig.clock.pass_by(600)

    assert [error for _, error in rig.heard.errors] == [_DOWN]
    opened = [at for at, name, _ in rig.session.calls if name == "stream" and at >= broken_at]
    gaps = [after - before for before, after in pairwise(opened)]
    assert 10 <= len(opened) <= 60
    assert max(gaps) <= 61
    assert max(gaps) > 8
    assert rig.session.count("quote", since=broken_at) > 500  # polling took over

    rig.session.recover()
    await rig.clock.pass_by(61)
    rig.session.push(rig.session.quote_now(SPOT.symbol))
    before = rig.session.count("quote")
    await rig.clock.pass_by(1.9)
    assert rig.session.streams
    assert rig.session.count("quote") - before <= 2
    await rig.__aexit__()


async def test_following_another_symbol_opens_the_stream_anew_with_both() -> None:
    rig = await running(streams=True)

    rig.feed.subscribe(SWAP.symbol, None)
    await rig.clock.pass_by(0.1)
    rig.session.push(rig.session.quote_now(SPOT.symbol), rig.session.quote_now(SWAP.symbol))
    await rig.clock.pass_by(0.1)

    streams = [arguments for _, name, arguments in rig.session.calls if name == "stream"]
    assert streams == [(SPOT.symbol,), (SPOT.symbol, SWAP.symbol)]
    assert len(rig.session.streams) == 1
    assert {event.symbol for event in quotes(rig.pull())} == {SPOT.symbol, SWAP.symbol}
    await rig.__aexit__()


@pytest.mark.requirement("R211")
async def test_bad_ticks_are_told_counted_and_never_pulled() -> None:
    rig = await running(streams=True)
    good = rig.session.quote_now(SPOT.symbol)
    rig.session.push(good)
    await rig.clock.pass_by(0.5)
    told = len(rig.heard.bad)
    at = rig.session.now
    rig.session.push(
        replace(good, at=at, bid=Decimal(101), ask=Decimal(100)),
        replace(good, at=at, last=Decimal("NaN")),
        replace(good, at=at, ask=Decimal(0)),
        replace(good, at=at + timedelta(hours=1)),
        replace(good, at=at, bid=Decimal(1500), ask=Decimal(1501), last=Decimal(1500)),
        good,
    )
    rig.session.streams[0].put_nowait((SPOT.symbol, "no bid"))
    await rig.clock.pass_by(0.1)

    assert [why for _, _, why in rig.heard.bad[told:]] == [
        "crossed book",
        "not a number",
        "zero or negative",
        "from the future",
        "ten times the last",
        "no bid",
    ]
    assert quotes(rig.pull()) == [good]
    counted = dict(rig.line.rejected_ticks())
    assert counted["crossed book"] == counted["unreadable"] == counted["ten times the last"] == 1
    await rig.__aexit__()


@pytest.mark.requirement("R211")
async def test_two_wrong_ticks_of_a_stream_move_nothing_and_hold_until_an_answer_says_otherwise() -> None:
    """Row F35 of the fault list."""
    rig = await running(streams=True)
    rig.session.push(rig.session.quote_now(SPOT.symbol, "100"))
    await rig.clock.pass_by(0.5)
    rig.pull()
    told = len(rig.heard.ticks)
    for _ in range(2):
        rig.session.push(rig.session.quote_now(SPOT.symbol, "2000"))
        await rig.clock.pass_by(0.5)
    assert rig.pull() == []
    assert rig.heard.holding == [SPOT.symbol] * 2
    rig.session.prices[SPOT.symbol] = Decimal(101)  # what the exchange says when it is asked
    await rig.clock.pass_by(3)

    assert {event.last for event in quotes(rig.pull())} == {Decimal(101)}
    assert len(rig.heard.ticks) > told
    await rig.__aexit__()


@pytest.mark.requirement("R211")
async def test_a_tenfold_price_that_the_stream_and_an_answer_say_for_seconds_is_believed() -> None:
    rig = await running(streams=True)
    rig.session.push(rig.session.quote_now(SPOT.symbol, "100"))
    await rig.clock.pass_by(0.5)
    rig.pull()
    begun = rig.clock.monotonic()
    believed: list[float] = []
    while not believed and rig.clock.monotonic() - begun < 20:
        rig.session.push(rig.session.quote_now(SPOT.symbol, "2000"))
        await rig.clock.pass_by(0.5)
        believed += [rig.clock.monotonic() - begun for _ in quotes(rig.pull())]

    assert 3 <= believed[0] <= 6
    assert rig.session.count("quote", since=begun) >= 1
    await rig.__aexit__()


async def test_old_ticks_replayed_after_a_reconnect_are_dropped_and_told_only_in_a_flood() -> None:
    rig = await running(streams=True)
    sent = []
    for _ in range(10):
        sent.append(rig.session.quote_now(SPOT.symbol))
        rig.session.push(sent[-1])
        await rig.clock.pass_by(0.2)
    rig.pull()

    rig.session.push(*sent[:-1])
    await settle()
    assert rig.pull() == []
    assert rig.heard.bad == []

    for _ in range(4):
        rig.session.push(*sent[:-1])
    await settle()
    assert len(rig.heard.bad) == 1  # F33: many in a minute say something after all
    await rig.__aexit__()


async def test_a_symbol_that_is_refused_alone_lets_the_others_go_on() -> None:
    rig = await running()
    rig.feed.subscribe(SWAP.symbol, None)
    refused: list[str] = []

    def refuse(symbol: str, quote: Quote) -> Quote:
        if symbol == SWAP.symbol:
            refused.append(symbol)
            raise ExchangeRefusedError("No such market")
        return quote

    rig.session.rewrite = refuse
    await rig.clock.pass_by(30)

    assert len(refused) == 1  # and again in a minute
    assert len(quotes(rig.pull())) >= 25
    await rig.__aexit__()


# ------------------------------------------------------------------------------------------------------------ bars


async def test_every_closed_bar_comes_once_soon_after_its_end() -> None:
    rig = await running()
    opened = Timeframe.M1.bar_start(rig.session.now)

    events: list[Bar] = []
    late: list[float] = []
    for _ in range(5 * 60):
        await rig.clock.pass_by(1)
        for bar in bars(rig.pull()):
            events.append(bar)
            late.append((rig.session.now - bar.closed_at).total_seconds())

    assert events == [
        bar_of(SPOT.symbol, Timeframe.M1, opened + number * timedelta(minutes=1)) for number in range(len(events))
    ]
    assert len(events) == 5
    assert max(late) <= 4
    assert rig.session.count("bars") <= 5 + 4
    await rig.__aexit__()


async def test_a_bar_that_the_exchange_shows_late_is_asked_for_until_it_is_there() -> None:
    rig = await running()
    rig.session.bars_ready_after = 7.0

    await rig.clock.pass_by(60)

    (bar,) = bars(rig.pull())
    assert bar.opened_at == Timeframe.M1.bar_start(LIVE_START)
    await rig.__aexit__()


async def test_a_minute_without_trades_is_no_bar_and_not_asked_for_without_end() -> None:
    rig = await running()
    opened = Timeframe.M1.bar_start(rig.session.now)
    rig.session.missing_bars = {opened + timedelta(minutes=1)}

    await rig.clock.pass_by(180)

    assert [bar.opened_at for bar in bars(rig.pull())] == [opened, opened + timedelta(minutes=2)]
    assert rig.session.count("bars") < 20
    await rig.__aexit__()


async def test_what_a_chart_lacks_is_fetched_once_and_stored() -> None:
    rig = await running(timeframe=None)
    stored: list[tuple[str, Timeframe]] = []
    rig.feed.kept.on_stored = lambda symbol, timeframe: stored.append((symbol, timeframe))
    before = rig.session.count("bars")

    for _ in range(3):
        rig.feed.want_bars(SWAP.symbol, Timeframe.H1, limit=300)
        await rig.clock.pass_by(3)

    assert rig.session.count("bars") - before == 1
    assert stored == [(SWAP.symbol, Timeframe.H1)]
    assert len(rig.feed.history(SWAP.symbol, Timeframe.H1, before=rig.session.now, limit=500)) == 300
    assert bars(rig.pull()) == []
    await rig.__aexit__()


async def test_more_than_a_page_of_bars_is_fetched_page_by_page() -> None:
    rig = await running(timeframe=None)

    rig.feed.want_bars(SPOT.symbol, Timeframe.M5, limit=1_500)
    await rig.clock.pass_by(3)

    assert len(rig.feed.history(SPOT.symbol, Timeframe.M5, before=rig.session.now, limit=2_000)) == 1_500
    await rig.__aexit__()


async def test_older_bars_that_a_chart_lacks_are_fetched_before_those_it_has() -> None:
    rig = await running(timeframe=None)
    rig.feed.want_bars(SPOT.symbol, Timeframe.M5, limit=500)
    await rig.clock.pass_by(3)
    [oldest, *_] = rig.feed.history(SPOT.symbol, Timeframe.M5, before=rig.session.now, limit=2_000)

    rig.feed.want_bars(SPOT.symbol, Timeframe.M5, limit=700, before=oldest.opened_at)
    await rig.clock.pass_by(3)

    there = rig.feed.history(SPOT.symbol, Timeframe.M5, before=rig.session.now, limit=2_000)
    assert len(there) == 1_200
    assert there[0].opened_at == oldest.opened_at - 700 * Timeframe.M5.duration
    await rig.__aexit__()


async def test_bars_that_the_exchange_does_not_have_are_not_asked_for_again() -> None:
    rig = await running(timeframe=None)
    hole = Timeframe.H1.bar_start(LIVE_START) - timedelta(hours=50)
    rig.session.missing_bars = {hole}
    rig.feed.want_bars(SPOT.symbol, Timeframe.H1, limit=100)
    await rig.clock.pass_by(3)
    before = rig.session.count("bars")

    rig.feed.want_bars(SPOT.symbol, Timeframe.H1, limit=100)
    await rig.clock.pass_by(3)

    assert rig.session.count("bars") == before
    await rig.__aexit__()


# ----------------------------------------------------------------------------------------- calls, clock and overview


async def test_failing_calls_are_told_and_asked_ever_less_often() -> None:
    rig = await running()
    failed_at = rig.clock.monotonic()
    rig.session.fail(_DOWN)

    await rig.clock.pass_by(600)

    asked = [at for at, _, _ in rig.session.calls if at >= failed_at]
    assert rig.heard.errors[0][0] - failed_at <= 1.1
    assert 10 <= len(asked) <= 60
    assert quotes(rig.pull()) == []
    await rig.__aexit__()


async def test_after_a_probe_was_answered_prices_come_at_once() -> None:
    rig = await running()
    rig.session.fail(_DOWN)
    await rig.clock.pass_by(300)
    rig.session.recover()
    rig.pull()

    await rig.line.probe()
    await rig.clock.pass_by(1.1)

    assert quotes(rig.pull())
    await rig.__aexit__()


async def test_questions_that_die_while_a_stream_lives_are_noticed() -> None:
    rig = await running(streams=True)
    rig.session.failures = dict.fromkeys(("time", "quote", "bars"), ExchangeUnavailableError("503"))
    dead_at = rig.clock.monotonic()

    for _ in range(40):
        rig.session.push(rig.session.quote_now(SPOT.symbol))
        await rig.clock.pass_by(0.25)

    assert rig.heard.errors
    assert rig.heard.errors[0][0] - dead_at <= 7
    await rig.__aexit__()


async def test_clocks_are_compared_once_a_minute() -> None:
    rig = await running()
    rig.wall_error = timedelta(seconds=-1.5)
    before = len(rig.heard.skews)

    await rig.clock.pass_by(300)

    assert 4 <= len(rig.heard.skews) - before <= 7
    assert rig.heard.skews[-1] == pytest.approx(1.5, abs=0.01)
    now = rig.line.now()
    assert now is not None
    assert abs((now - rig.session.now).total_seconds()) < 0.01
    await rig.__aexit__()


async def test_all_markets_are_asked_for_only_while_somebody_looks() -> None:
    rig = await running()
    await rig.clock.pass_by(60)
    assert rig.session.count("tickers") == 0
    assert rig.feed.overview(at=rig.session.now) == ()

    rig.feed.want_overview(30)
    await rig.clock.pass_by(120)

    assert 3 <= rig.session.count("tickers") <= 4
    assert [row.symbol for row in rig.feed.overview(at=rig.session.now)] == [SPOT.symbol, SWAP.symbol]
    await rig.__aexit__()


@pytest.mark.requirement("R219")
async def test_a_cut_line_brings_nothing_and_fails_everything_until_it_is_mended() -> None:
    rig = await running(streams=True)
    rig.session.push(rig.session.quote_now(SPOT.symbol))
    await rig.clock.pass_by(0.1)
    rig.pull()

    rig.line.cut()
    asked_before = len(rig.session.calls)
    rig.session.push(rig.session.quote_now(SPOT.symbol))
    await rig.clock.pass_by(20)

    assert rig.pull() == []
    assert len(rig.session.calls) == asked_before
    assert isinstance(rig.heard.errors[0][1], NetworkDownError)
    with pytest.raises(NetworkDownError):
        await rig.line.probe()
    assert (await rig.verify(SPOT.symbol))["time"][0] is False

    rig.line.mend()
    await rig.clock.pass_by(3)
    await rig.line.probe()
    assert quotes(rig.pull())
    await rig.__aexit__()


async def test_a_call_under_way_ends_when_the_line_is_cut() -> None:
    rig = await running()
    rig.session.hanging = {"time"}
    probing = asyncio.ensure_future(rig.line.probe())
    await settle()

    rig.line.cut()
    await settle()

    assert probing.done()
    with pytest.raises(NetworkDownError):
        await probing
    await rig.__aexit__()


async def test_closing_closes_the_session_and_nothing_is_left_running() -> None:
    rig = await running(streams=True)
    await rig.__aexit__()

    assert rig.session.closed == 1
    assert rig.session.streams == []
    left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    assert left == []


# ---------------------------------------------------------------------------------------------------- verification


@pytest.mark.requirement("R206")
async def test_the_first_verification_brings_list_prices_and_candles() -> None:
    rig = LineRig()
    rig.feed.subscribe(SPOT.symbol, Timeframe.M1)
    seen: list[CheckView] = []
    async with rig:
        checks = await rig.line.verify([SPOT.symbol], on_check=seen.append)

        assert [check.name for check in checks] == _NAMES
        assert all(check.ok for check in checks)
        assert [(check.name, check.ok) for check in seen] == [(name, ok) for name in _NAMES for ok in (None, True)]
        assert rig.feed.instruments() == [SPOT]
        assert len(rig.feed.history(SPOT.symbol, Timeframe.M1, before=rig.session.now, limit=1_000)) == 501
        assert len(quotes(rig.pull())) >= 1


@pytest.mark.requirement("R208")
@pytest.mark.parametrize(
    ("question", "failing"),
    [("time", "time"), ("list", "markets"), ("quote", "prices"), ("bars", "candles")],
)
async def test_a_question_that_fails_ends_the_verification_there(question: str, failing: str) -> None:
    rig = LineRig()
    rig.feed.subscribe(SPOT.symbol, Timeframe.M1)
    rig.session.failures[question] = BadAnswerError("The exchange sent a page, not an answer")
    async with rig:
        checks = await rig.verify(SPOT.symbol)

    assert list(checks) == _NAMES[: _NAMES.index(failing) + 1]
    assert checks[failing] == (False, "The exchange sent a page, not an answer")
    assert all(ok for ok, _ in list(checks.values())[:-1])


@pytest.mark.requirement("R208")
async def test_what_is_wrong_with_a_symbol_is_named() -> None:
    rig = await running()

    rig.session.quote_age[SPOT.symbol] = 45.0
    await rig.clock.pass_by(45)
    assert "s old" in (await rig.verify(SPOT.symbol))["prices"][1]
    rig.session.quote_age.clear()

    rig.session.rewrite = lambda symbol, quote: replace(quote, bid=quote.ask, ask=quote.bid)
    assert (await rig.verify(SPOT.symbol))["prices"] == (
        False,
        "the price of BTC/USDT cannot be believed: crossed book",
    )
    rig.session.rewrite = lambda symbol, quote: quote

    assert (await rig.verify("GONE/USDT"))["markets"] == (False, "not listed: GONE/USDT")

    await rig.__aexit__()


@pytest.mark.parametrize(("minutes", "fetched"), [(59, 0), (61, 1), (-5, 1)])
async def test_a_list_of_another_start_will_do_for_an_hour(minutes: int, fetched: int) -> None:
    rig = LineRig()
    rig.session.kept = replace(market_list_of([SPOT]), fetched_at=LIVE_START - timedelta(minutes=minutes))
    rig.feed.subscribe(SPOT.symbol, None)
    async with rig:
        assert rig.feed.instruments() == [SPOT]
        assert all(ok for ok, _ in (await rig.verify(SPOT.symbol)).values())
        assert rig.session.count("list") == fetched


async def test_a_market_that_the_exchange_has_closed_is_named() -> None:
    rig = LineRig()
    rig.session.inactive = {SPOT.symbol}
    async with rig:
        assert (await rig.verify(SPOT.symbol))["markets"] == (False, "not trading at present: BTC/USDT")


async def test_other_units_than_a_position_was_opened_with_are_for_a_person_to_look_at() -> None:
    rig = await running()
    rig.feed.held_units = lambda: {SPOT.symbol: Decimal(1), SWAP.symbol: Decimal(1000)}

    checks = await rig.verify(SPOT.symbol)

    assert list(checks) == _NAMES[:3]
    ok, detail = checks["units"]
    assert not ok
    assert "BTC/USDT:USDT was 1000 when it was bought and is 1 now" in detail
    await rig.__aexit__()


@pytest.mark.parametrize("hours", [-2, 2])
async def test_a_clock_of_ours_that_is_wrong_fails_the_verification(hours: int) -> None:
    rig = await running()
    rig.wall_error = timedelta(hours=hours)

    ok, detail = (await rig.verify(SPOT.symbol))["time"]

    assert ok is False
    assert f"7200.0 s {'ahead of' if hours > 0 else 'behind'} the exchange's" in detail
    assert abs(rig.heard.skews[-1]) == pytest.approx(7200, abs=1)
    await rig.__aexit__()


async def test_a_time_that_cannot_be_fails_the_verification() -> None:
    rig = await running()
    rig.session.skew = datetime(1970, 1, 1, tzinfo=UTC) - LIVE_START

    ok, detail = (await rig.verify(SPOT.symbol))["time"]

    assert ok is False
    assert "the exchange says that it is 1970-01-01" in detail
    await rig.__aexit__()


@pytest.mark.requirement("R211")
@pytest.mark.parametrize("hours", [-2, 2])
async def test_a_wrong_clock_of_the_exchange_is_told_as_skew_and_never_believed(hours: int) -> None:
    rig = await running()
    rig.session.skew = timedelta(hours=hours)

    ok, detail = (await rig.verify(SPOT.symbol))["time"]
    await rig.clock.pass_by(4)

    assert ok is False
    assert f"7200.0 s {'behind' if hours > 0 else 'ahead of'} the exchange's" in detail
    assert rig.heard.skews[-1] == pytest.approx(hours * 3_600, abs=1)
    now = rig.line.now()
    assert now is not None
    assert abs(now - (rig.session.now - rig.session.skew)) < timedelta(seconds=1)
    await rig.__aexit__()


@pytest.mark.requirement("R211")
@pytest.mark.parametrize("streams", [False, True])
async def test_a_glitch_of_the_exchanges_clock_is_over_when_it_is_over(streams: bool) -> None:
    """What came meanwhile is from the future, and silences nothing that comes after it."""
    rig = await running(streams=streams)
    rig.feed.subscribe(SPOT.symbol, Timeframe.M5)
    rig.session.skew = timedelta(hours=2)
    for _ in range(8):
        rig.session.push(rig.session.quote_now(SPOT.symbol))
        await rig.line.probe()
        await rig.clock.pass_by(0.5)
    assert all(quote.at <= rig.session.now - rig.session.skew for quote in quotes(rig.pull()))
    assert "from the future" in {why for _, _, why in rig.heard.bad}

    rig.session.skew = timedelta()
    glitch_over = rig.clock.monotonic()
    checks = await rig.verify(SPOT.symbol)
    for _ in range(8):
        rig.session.push(rig.session.quote_now(SPOT.symbol))
        await rig.clock.pass_by(0.5)

    assert all(ok for ok, _ in checks.values())
    assert len([at for at, _ in rig.heard.ticks if at >= glitch_over]) >= 4
    assert dict(rig.line.rejected_ticks()).get("older than the last", 0) == 0
    await rig.clock.pass_by(600)
    now = rig.session.now
    stored = rig.feed.history(SPOT.symbol, Timeframe.M5, before=now + timedelta(hours=3), limit=3)
    assert stored[-1].closed_at == Timeframe.M5.bar_start(now)
    assert bars(rig.pull())
    await rig.__aexit__()


@pytest.mark.requirement("R211")
async def test_a_price_from_the_future_passes_no_verification() -> None:
    rig = await running()
    rig.session.quote_age[SPOT.symbol] = -4.0

    ok, detail = (await rig.verify(SPOT.symbol))["prices"]

    assert ok is False
    assert detail == "the price of BTC/USDT is from 4 s in the future"
    await rig.__aexit__()


@pytest.mark.requirement("R206")
async def test_after_an_outage_the_bars_of_the_gap_are_on_the_shelf() -> None:
    rig = await running()
    cut_at = rig.session.now
    rig.session.fail(_DOWN)
    await rig.clock.pass_by(3 * 3_600)
    rig.session.recover()

    checks = await rig.verify(SPOT.symbol)

    assert all(ok for ok, _ in checks.values())
    now = rig.session.now
    stored = rig.feed.history(SPOT.symbol, Timeframe.M1, before=now, limit=600)
    assert stored[-1].closed_at == Timeframe.M1.bar_start(now)
    inside = [bar for bar in stored if bar.closed_at > cut_at]
    assert len(inside) == 180
    assert all(after.opened_at == before.closed_at for before, after in pairwise(stored))
    assert all((now - bar.closed_at).total_seconds() <= 30 for bar in bars(rig.pull()))
    await rig.__aexit__()


async def test_one_verification_at_a_time() -> None:
    rig = await running()
    rig.session.hanging = {"time"}
    begun = rig.clock.monotonic()

    first = asyncio.ensure_future(rig.line.verify([SPOT.symbol]))
    second = asyncio.ensure_future(rig.line.verify([SPOT.symbol]))
    await rig.clock.pass_by(7.9)

    assert rig.session.count("time", since=begun) == 1
    first.cancel()
    second.cancel()
    await asyncio.wait({first, second})
    await rig.__aexit__()


async def test_a_list_that_takes_longer_than_a_verification_is_fetched_on() -> None:
    rig = LineRig()
    rig.feed.subscribe(SPOT.symbol, None)
    rig.session.hanging = {"list"}
    async with rig:
        first = asyncio.ensure_future(rig.line.verify([SPOT.symbol]))
        await rig.clock.pass_by(4)
        first.cancel()
        rig.session.hanging.clear()
        await rig.clock.pass_by(3.9)
        assert rig.session.count("list") == 1
        await rig.clock.pass_by(1)  # the call's own deadline

        assert all(ok for ok, _ in (await rig.verify(SPOT.symbol)).values())
        assert rig.session.count("list") == 2


async def test_a_stranger_on_the_way_to_the_exchange_is_waited_for() -> None:
    rig = await running()
    rig.session.fail(RateLimitedError("Too many calls", retry_after_seconds=30))
    await rig.clock.pass_by(30)

    assert isinstance(rig.heard.errors[0][1], RateLimitedError)
    assert len(rig.heard.errors) < 15
    await rig.__aexit__()


@pytest.mark.requirement("R206")
async def test_the_first_list_is_fetched_while_the_session_is_still_being_opened_and_waited_for_in_words() -> None:
    rig = LineRig()
    rig.open_seconds = 6.0
    rig.session.list_seconds = 30.0
    rig.feed.subscribe(SPOT.symbol, Timeframe.M1)
    seen: list[CheckView] = []
    begun = rig.clock.monotonic()
    async with rig:
        verification = asyncio.ensure_future(rig.line.verify([SPOT.symbol], on_check=seen.append))
        await rig.clock.pass_by(29)
        asked = [at - begun for at, name, _ in rig.session.calls if name == "list"]
        waiting = [(check.name, check.detail) for check in seen if check.waits]
        assert not verification.done()
        await rig.clock.pass_by(2)

        assert all(check.ok for check in await verification)
    assert asked == [0.0]  # at once, and once
    assert waiting == [
        ("time", "what talks to the exchange is being loaded…"),
        ("markets", "the list of markets is being fetched…"),
    ]
    assert rig.opened == 1


async def test_a_list_that_cannot_be_had_says_why_and_is_asked_for_again() -> None:
    rig = LineRig()
    rig.feed.subscribe(SPOT.symbol, None)
    rig.session.failures["list"] = ExchangeUnavailableError("Scripted answers 503")
    async with rig:
        assert (await rig.verify(SPOT.symbol))["markets"] == (False, "Scripted answers 503")
        rig.session.recover()
        assert all(ok for ok, _ in (await rig.verify(SPOT.symbol)).values())


async def test_a_list_that_is_old_by_our_own_clock_is_fetched_before_anybody_verifies() -> None:
    rig = LineRig()
    rig.session.kept = replace(market_list_of([SPOT]), fetched_at=LIVE_START - timedelta(hours=2))
    rig.feed.subscribe(SPOT.symbol, None)
    async with rig:
        await rig.clock.pass_by(0.1)
        assert rig.session.count("list") == 1
        assert all(ok for ok, _ in (await rig.verify(SPOT.symbol)).values())
        assert rig.session.count("list") == 1


# ------------------------------------------------------------------------------------------------- thin markets


def let_stand_still(rig: LineRig, symbol: str = SPOT.symbol) -> Quote:
    """From now on nothing changes in a market: its book stays as it was made now, whoever asks."""
    still = rig.session.quote_now(symbol)
    rewrite = rig.session.rewrite
    rig.session.rewrite = lambda asked, quote: still if asked == symbol else rewrite(asked, quote)
    return still


@pytest.mark.requirement("R203")
@pytest.mark.parametrize("streams", [False, True])
async def test_a_market_where_something_changes_once_a_minute_goes_on_ticking_by_answers(streams: bool) -> None:
    rig = LineRig()
    rig.session.can_stream = streams
    rig.feed.subscribe(SPOT.symbol, Timeframe.M1)
    rig.feed.subscribe(SWAP.symbol, None)
    books: list[Quote] = []

    def change() -> None:
        rig.session.rewrite = lambda symbol, quote: quote
        book = rig.session.quote_now(SPOT.symbol, f"{100 + len(books) % 7}")
        books.append(book)
        rig.session.rewrite = lambda symbol, quote: book if symbol == SPOT.symbol else quote
        rig.session.push(book)

    change()
    async with rig:
        assert all(ok for ok, _ in (await rig.verify(SPOT.symbol)).values())
        rig.line.need([SPOT.symbol])
        await rig.clock.pass_by(5)
        begun = rig.clock.monotonic()
        rig.pull()
        for second in range(1, 900):
            if second % 60 == 0:
                change()
            rig.session.push(rig.session.quote_now(SWAP.symbol))  # the stream lives; it has nothing to say of the one
            await rig.clock.pass_by(1)

        ticks = [at for at, symbol in rig.heard.ticks if symbol == SPOT.symbol and at >= begun]
        assert max(after - before for before, after in pairwise([begun, *ticks])) < 4.0  # never late by 3 s
        believed = [event for event in quotes(rig.pull()) if event.symbol == SPOT.symbol]
        assert {event.last for event in believed} == {book.last for book in books}
        assert all(after.at >= before.at for before, after in pairwise(believed))
        assert (rig.session.now - believed[-1].at).total_seconds() < 4.0
        assert all(ok for ok, _ in (await rig.verify(SPOT.symbol)).values())
        assert rig.heard.bad == []


@pytest.mark.requirement("R203")
async def test_a_lively_market_that_stops_is_stuck_until_it_changes_and_its_lull_is_known_then() -> None:
    rig = await running()
    await rig.clock.pass_by(20)  # something changes every second
    let_stand_still(rig)
    begun = rig.clock.monotonic()

    await rig.clock.pass_by(60)

    ticks = [at - begun for at, symbol in rig.heard.ticks if symbol == SPOT.symbol and at >= begun]
    assert max(ticks, default=0.0) <= 3.0
    ok, detail = (await rig.verify(SPOT.symbol))["prices"]
    assert ok is False
    assert "s old" in detail
    rig.session.rewrite = lambda symbol, quote: quote
    await rig.clock.pass_by(2)
    let_stand_still(rig)
    begun = rig.clock.monotonic()
    await rig.clock.pass_by(60)
    ticks = [at - begun for at, symbol in rig.heard.ticks if symbol == SPOT.symbol and at >= begun]
    assert max(ticks) >= 58
    await rig.__aexit__()


async def test_a_first_verification_asks_twice_where_nothing_has_changed_for_an_hour() -> None:
    rig = LineRig()
    rig.feed.subscribe(SPOT.symbol, Timeframe.M1)
    still = let_stand_still(rig)
    await rig.clock.pass_by(3_600)
    async with rig:
        checks = await rig.verify(SPOT.symbol)
        assert all(ok for ok, _ in checks.values()), checks
        assert (rig.session.now - quotes(rig.pull())[-1].at).total_seconds() <= 1.5
        assert rig.heard.bad == []
    assert still.at == LIVE_START


async def test_an_exchange_whose_prices_lag_is_not_believed_for_being_asked_twice() -> None:
    rig = LineRig()
    rig.feed.subscribe(SPOT.symbol, None)
    rig.session.quote_age[SPOT.symbol] = 45.0
    async with rig:
        await rig.clock.pass_by(5)
        ok, detail = (await rig.verify(SPOT.symbol))["prices"]
    assert ok is False
    assert detail == "the price of BTC/USDT is 45 s old"


@pytest.mark.requirement("R203")
async def test_what_is_needed_is_asked_for_before_a_crowd_that_is_only_looked_at() -> None:
    crowd = [replace(SPOT, symbol=f"C{index}/USDT", base=f"C{index}") for index in range(150)]
    rig = LineRig(instruments=[SPOT, *crowd])
    rig.feed.subscribe(SPOT.symbol, None)
    async with rig:
        await rig.verify(SPOT.symbol)
        rig.line.need([SPOT.symbol])
        for each in crowd:
            rig.feed.subscribe(each.symbol, None)
        begun = rig.clock.monotonic()
        await rig.clock.pass_by(60)

    ticks = [at for at, symbol in rig.heard.ticks if symbol == SPOT.symbol and at >= begun]
    assert max(after - before for before, after in pairwise([begun, *ticks])) <= 2.0
    assert len({symbol for _, symbol in rig.heard.ticks}) == 151  # and everybody has a turn


async def test_an_answer_that_is_no_price_of_a_symbol_nobody_needs_keeps_nothing_from_trading() -> None:
    rig = await running()
    rig.feed.subscribe(SWAP.symbol, None)
    rig.session.failures[f"quote {SWAP.symbol}"] = BadAnswerError("an empty book")
    begun = rig.clock.monotonic()
    rig.heard.errors.clear()

    await rig.clock.pass_by(120)

    assert rig.heard.errors == []
    asked = [at for at, name, arguments in rig.session.calls if (name, arguments) == ("quote", (SWAP.symbol,))]
    assert len([at for at in asked if at >= begun]) <= 3, "it is left alone for a while"
    assert len([each for each in rig.heard.ticks if each[0] >= begun and each[1] == SPOT.symbol]) >= 100
    await rig.__aexit__()


async def test_a_needed_symbol_without_a_price_is_told_and_not_asked_for_in_a_hurry() -> None:
    rig = await running()
    rig.feed.subscribe(SWAP.symbol, None)
    rig.line.need({SPOT.symbol, SWAP.symbol})
    rig.session.failures[f"quote {SWAP.symbol}"] = BadAnswerError("an empty book")
    begun = rig.clock.monotonic()

    await rig.clock.pass_by(60)

    assert rig.heard.errors
    assert rig.session.count("quote", since=begun) <= 2 * 61
    assert [each for each in rig.heard.ticks if each[0] >= begun and each[1] == SPOT.symbol], "the other goes on"
    await rig.__aexit__()


async def test_no_candles_at_all_pass_no_verification_of_a_strategys_market() -> None:
    rig = LineRig()
    rig.session.has_bars = False
    rig.feed.subscribe(SPOT.symbol, Timeframe.M1)
    async with rig:
        assert (await rig.verify(SPOT.symbol))["candles"][0] is False
        rig.session.has_bars = True
        assert (await rig.verify(SPOT.symbol))["candles"][0] is True
        assert len(rig.feed.history(SPOT.symbol, Timeframe.M1, before=rig.session.now, limit=1_000)) >= 500


async def test_minutes_that_only_a_report_would_show_hold_nothing_up() -> None:
    rig = LineRig()
    rig.session.has_bars = False
    rig.feed.subscribe(SPOT.symbol, None)
    async with rig:
        is_good, text = (await rig.verify(SPOT.symbol))["candles"]
        assert is_good is True
        assert f"no minutes of {SPOT.symbol}" in text
        rig.session.has_bars = True
        assert (await rig.verify(SPOT.symbol))["candles"] == (True, "501 fetched"), "what was empty is asked for again"


async def test_a_bar_that_closed_this_instant_is_left_until_it_has_settled() -> None:
    rig = await running()
    await rig.clock.pass_by(60 - (rig.session.now.second + rig.session.now.microsecond / 1e6) + 0.25)
    assert rig.session.now.second == 0
    await rig.verify(SPOT.symbol)
    newest = rig.shelf.newest(rig.feed.source_id, SPOT.symbol, timeframe=Timeframe.M1, before=rig.session.now, limit=1)
    assert newest[0].closed_at < rig.session.now.replace(microsecond=0)
    await rig.__aexit__()
