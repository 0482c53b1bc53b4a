"""Every row of the pause's table: from which state, over what, into which, and after how long."""

from decimal import Decimal
from itertools import pairwise

import pytest

from desktop_trader.domain import errors as e
from desktop_trader.engine import pause_actions as a
from desktop_trader.messages.network import CheckView, NetworkState
from desktop_trader.settings import PauseSettings
from tests.pause_machine import BTC, ETH, GOOD, PauseMachine

RUNNING, SUSPECT, PAUSED = NetworkState.RUNNING, NetworkState.SUSPECT, NetworkState.PAUSED
VERIFYING, STABILISING, REVIEW = NetworkState.VERIFYING, NetworkState.STABILISING, NetworkState.REVIEW
TIMEOUT = e.NetworkTimeoutError


def machine(**fields: object) -> PauseMachine:
    return PauseMachine(**fields).start_up()  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------------------- a start


@pytest.mark.requirement("R198")
def test_a_start_is_closed_until_everything_is_verified_and_stable() -> None:
    machine = PauseMachine()
    assert isinstance(machine.actions[0][1], a.CloseGate)
    machine.until(RUNNING)
    assert [state for _, state in machine.changes] == [NetworkState.RECOVERING, VERIFYING, STABILISING, RUNNING]
    assert machine.acted(a.BeginPause) == []
    assert len(machine.acted(a.EndPause)) == 1


def test_a_market_without_a_line_runs_from_the_start() -> None:
    machine = PauseMachine(exchange="")
    assert machine.state is RUNNING
    machine.ticking.clear()
    machine.run(1_000)
    assert machine.state is RUNNING
    assert machine.actions == []


def test_a_start_without_network_is_a_pause() -> None:
    machine = PauseMachine()
    machine.silence()
    machine.until(PAUSED)
    assert machine.reasons == ["internet"]
    assert len(machine.acted(a.BeginPause)) == 1


def test_what_a_verification_waits_for_is_not_counted_into_its_time() -> None:
    machine = PauseMachine()
    machine.is_hanging = True
    machine.run(1)
    assert machine.state is VERIFYING
    machine.pause.on_check(CheckView(name="markets", ok=None, detail="being fetched…", waits=True), machine.now)

    machine.run(60)

    assert machine.state is VERIFYING
    assert machine.acted(a.BeginPause) == []
    assert [(each.name, each.detail) for each in machine.view.checks] == [("markets", "being fetched…")]
    machine.pause.on_check(CheckView(name="markets", ok=True), machine.now)
    machine.run(18)  # 1 s was over before it waited
    assert machine.state is VERIFYING
    machine.run(1.5)
    assert machine.state is PAUSED
    assert "longer than 20 s" in machine.detail


def test_a_wait_that_never_ends_is_the_exchange_s() -> None:
    machine = PauseMachine()
    machine.is_hanging = True
    machine.run(1)
    machine.pause.on_check(CheckView(name="markets", ok=None, detail="being fetched…", waits=True), machine.now)
    machine.run(121)
    assert machine.reasons == ["exchange:coinex"]
    assert machine.detail == "markets: in vain: being fetched…"


@pytest.mark.parametrize("error", [TIMEOUT("not told in time"), e.ExchangeUnavailableError("503")])
def test_a_list_that_cannot_be_had_from_who_has_just_told_the_time_is_the_exchange_s(error: e.ExchangeError) -> None:
    machine = PauseMachine()
    machine.is_hanging = True
    machine.run(1)
    machine.pause.on_call_failed(error, machine.now)
    failed = CheckView(name="markets", ok=False, detail=error.user_message)
    machine.pause.verified((GOOD[0], failed), machine.now)
    assert machine.reasons == ["exchange:coinex"]
    assert machine.detail == f"markets: {error.user_message}"


# ------------------------------------------------------------------------------------------- RUNNING and SUSPECT


@pytest.mark.requirement("R203")
def test_one_failed_call_holds_everything_and_asks_at_once() -> None:
    rig = machine()
    before = len(rig.acted(a.Probe))
    rig.fail_call(TIMEOUT("x"))
    assert rig.state is SUSPECT
    assert len(rig.acted(a.HoldGate)) == 1
    assert len(rig.acted(a.Probe)) == before + 1
    assert rig.acted(a.BeginPause) == []


def test_a_suspicion_that_was_nothing_is_cleared() -> None:
    rig = machine()
    rig.fail_call(TIMEOUT("x"))
    assert rig.until(RUNNING) <= 0.2
    assert len(rig.acted(a.ReleaseGate)) == 1
    assert rig.acted(a.BeginPause) == []
    assert len(rig.acted(a.EndPause)) == 1  # that of the start


def test_a_late_feed_is_suspected_three_seconds_after_its_cadence() -> None:
    rig = machine()
    rig.ticking.clear()
    last = rig.pause.line.feed.newest
    rig.until(SUSPECT)
    assert rig.now - last == pytest.approx(4.0, abs=0.1)


def test_a_suspicion_is_not_cleared_while_the_feed_is_late() -> None:
    rig = machine(needed=(BTC, ETH))
    rig.ticking = {ETH}
    rig.until(SUSPECT)
    rig.run(3.0)
    assert rig.state is SUSPECT
    rig.heal(BTC, ETH)
    rig.until(RUNNING, limit=1)
    assert rig.acted(a.BeginPause) == []


@pytest.mark.parametrize("error", [TIMEOUT("a"), e.ExchangeUnavailableError("b"), e.UnknownAnswerError("c")])
def test_two_failures_are_a_pause(error: e.ExchangeError) -> None:
    rig = machine()
    rig.probe = lambda: TIMEOUT("x")
    rig.fail_call(error)
    rig.until(PAUSED, limit=0.3)
    assert len(rig.acted(a.BeginPause)) == 1


@pytest.mark.requirement("R203")
@pytest.mark.parametrize("gap", [0.5, 1.0, 3.0])
def test_calls_that_are_refused_while_prices_go_on_are_the_exchange_s_at_the_next_price(gap: float) -> None:
    rig = machine(gap=gap)
    rig.probe = lambda: e.NetworkDownError("Connection refused")
    rig.fail_call(e.NetworkDownError("Connection refused"))
    rig.until(PAUSED, limit=2)
    paused_at = rig.now
    rig.run(gap)
    assert rig.reasons == ["exchange:coinex"], rig.now - paused_at
    assert rig.detail == "Connection refused"
    rig.run(60)
    assert rig.reasons == ["exchange:coinex"]  # and it stays that, probe after probe
    notes = rig.acted(a.NotePause)
    assert len(notes) <= 1


def test_a_price_after_a_silence_is_hope_and_blames_nobody() -> None:
    rig = machine()
    rig.silence()
    rig.probe = lambda: e.NetworkDownError("No route")
    rig.fail_call(e.NetworkDownError("No route"))
    rig.until(PAUSED, limit=6)
    rig.run(8)
    rig.tick()
    assert rig.reasons == ["internet"]


def test_a_definite_refusal_of_what_was_asked_is_an_answer() -> None:
    rig = machine()
    for _ in range(5):
        rig.fail_call(e.ExchangeRefusedError("no such symbol"))
    assert rig.state is RUNNING


def test_the_same_failure_told_twice_counts_once() -> None:
    rig = machine()
    error = TIMEOUT("x")
    rig.is_hanging = True
    rig.fail_call(error)
    rig.fail_call(error)
    assert rig.state is SUSPECT


@pytest.mark.requirement("R203")
def test_silence_is_a_pause_within_five_seconds() -> None:
    rig = machine()
    rig.silence()
    assert rig.until(PAUSED) <= 5.0
    assert rig.reasons == ["internet"]


def test_a_hard_error_is_a_pause_within_two_seconds() -> None:
    rig = machine()
    rig.ticking.clear()
    rig.probe = lambda: e.NetworkDownError("refused")
    assert rig.until(PAUSED) <= 2.0
    assert rig.reasons == ["internet"]


def test_a_silent_socket_is_a_pause_of_the_feed_within_five_seconds() -> None:
    rig = machine()
    rig.ticking.clear()
    assert rig.until(PAUSED) <= 5.0
    assert rig.reasons == [f"feed:{BTC}"]


def test_one_symbol_that_goes_stale_is_named_at_ten_seconds() -> None:
    rig = machine(needed=(BTC, ETH))
    rig.ticking = {ETH}
    assert 9.0 <= rig.until(PAUSED) <= 10.1
    assert rig.reasons == [f"feed:{BTC}"]


def test_a_slow_symbol_is_stale_at_five_times_its_median_gap() -> None:
    rig = machine(needed=(BTC, ETH), gap=3.0)
    rig.ticking = {ETH}
    assert 12.0 <= rig.until(PAUSED) <= 15.1


def test_a_symbol_that_is_needed_from_now_on_has_its_time_to_tick() -> None:
    rig = machine(needed=(BTC,))
    rig.ticking.clear()
    rig.run(3)
    rig.pause.set_needed((ETH,), rig.now)
    rig.run(3.9)
    assert rig.state is RUNNING
    rig.ticking = {ETH}
    rig.run(30)
    assert rig.state is RUNNING
    assert rig.acted(a.BeginPause) == []


def test_what_nobody_needs_may_be_silent() -> None:
    rig = machine(needed=(BTC,))
    rig.tick(ETH)
    rig.run(100)
    assert rig.state is RUNNING
    assert [age.is_stale for age in rig.view.ages if age.symbol == ETH] == [True]


def test_ticks_that_go_on_while_answers_fail_blame_the_exchange() -> None:
    rig = machine()
    rig.is_hanging = True
    rig.fail_call(TIMEOUT("x"))
    rig.until(PAUSED, limit=4)
    assert rig.reasons == ["exchange:coinex"]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (e.ExchangeUnavailableError("502"), "exchange:coinex"),
        (e.BadAnswerError("a web page"), "exchange:coinex"),
        (e.RateLimitedError("429", retry_after_seconds=7), "exchange:coinex"),
        (e.AuthRefusedError("key"), "auth:coinex"),
        (e.ClockSkewError("clock"), "clock"),
        (e.NetworkDownError("no name"), "internet"),
        (e.NetworkTimeoutError("nothing"), "internet"),
    ],
)
def test_an_error_says_what_is_lost(error: e.ExchangeError, reason: str) -> None:
    rig = machine()
    rig.ticking.clear()
    rig.probe = lambda: error
    rig.fail_call(error)
    rig.until(PAUSED, limit=5)
    assert rig.reasons == [reason]


def test_what_the_other_side_forbids_is_not_asked_before() -> None:
    rig = machine()
    rig.fail_call(e.RateLimitedError("429", retry_after_seconds=40))
    assert rig.state is PAUSED
    begun, asked = rig.now, len(rig.acted(a.Probe))
    rig.pause.retry_now(rig.now)
    rig.run(39)
    assert len(rig.acted(a.Probe)) == asked
    rig.until(VERIFYING, limit=5)
    assert rig.now - begun >= 40


def test_five_bad_ticks_in_a_minute_are_a_suspicion_that_a_good_one_clears() -> None:
    rig = machine()
    rig.ticking.clear()
    for _ in range(5):
        rig.pause.on_bad_tick(BTC, rig.now, why="crossed book")
    assert rig.state is SUSPECT
    rig.run(0.5)
    assert rig.state is SUSPECT
    rig.tick()
    assert rig.state is RUNNING
    assert dict(rig.view.rejected_ticks) == {BTC: 5}


@pytest.mark.requirement("R211")
def test_one_tick_of_a_tenfold_price_holds_everything_until_a_good_one() -> None:
    rig = machine()
    rig.ticking.clear()
    rig.pause.on_bad_tick(BTC, rig.now, why="ten times the last", holds=True)
    rig.beat()
    assert rig.state is SUSPECT
    assert len(rig.acted(a.HoldGate)) == 1
    rig.run(0.5)
    assert rig.state is SUSPECT  # somebody has answered, but nothing good of this symbol
    rig.tick()
    assert rig.state is RUNNING


@pytest.mark.requirement("R211")
def test_a_tenfold_price_that_stays_without_being_confirmed_pauses_its_symbol() -> None:
    rig = machine()
    rig.ticking.clear()
    begun = rig.now
    while rig.state in {RUNNING, SUSPECT} and rig.now - begun < 60:
        rig.pause.on_bad_tick(BTC, rig.now, why="ten times the last", holds=True)
        rig.run(0.5)
    assert rig.state is PAUSED
    assert rig.reasons == [f"feed:{BTC}"]
    assert rig.now - begun <= 11


def test_a_tenfold_price_while_something_else_is_suspected_is_waited_for_too() -> None:
    rig = machine(needed=(BTC, ETH))
    rig.fail_call(TIMEOUT("x"))
    assert rig.state is SUSPECT
    rig.pause.on_bad_tick(ETH, rig.now, why="ten times the last", holds=True)
    rig.ticking = {BTC}
    rig.run(1)
    assert rig.state is SUSPECT
    rig.tick(ETH)
    rig.run(0.2)
    assert rig.state is RUNNING


def test_bad_ticks_of_what_nobody_needs_any_more_hold_nothing() -> None:
    rig = machine(needed=(BTC, ETH))
    for _ in range(5):
        rig.pause.on_bad_tick(ETH, rig.now, why="crossed book")
    rig.ticking = {BTC}
    rig.run(0.5)
    assert rig.state is SUSPECT
    rig.pause.set_needed((BTC,), rig.now)
    rig.run(1.1)
    assert rig.state is RUNNING


# ------------------------------------------------------------------------------------- heartbeat and clocks


@pytest.mark.parametrize(
    ("monotonic", "wall", "reason"),
    [(7.0, 7.0, "stall"), (0.0, 28_800.0, "resume"), (28_800.0, 28_800.0, "resume"), (0.0, -7_200.0, "clock")],
)
@pytest.mark.parametrize("exchange", ["coinex", ""])
def test_time_that_nobody_lived_through_is_a_pause(monotonic: float, wall: float, reason: str, exchange: str) -> None:
    rig = machine(exchange=exchange)
    rig.now += monotonic
    rig.wall += wall
    rig.beat()
    assert rig.acted(a.BeginPause)[0].reasons[0].text == reason
    assert rig.state is not RUNNING
    assert rig.until(RUNNING) >= 5.0


def test_a_beat_is_late_before_it_comes() -> None:
    rig = machine()
    assert not rig.pause.is_beat_late(rig.now + 5.0)
    assert rig.pause.is_beat_late(rig.now + 5.1)


def test_a_clock_that_is_a_little_wrong_is_told_once_and_a_very_wrong_one_pauses() -> None:
    rig = machine()
    for skew in (0.5, 1.5, -1.6, 1.7):
        rig.pause.on_clock_compared(skew, rig.now)
    assert len(rig.pause.take_actions()) == 1
    assert rig.state is RUNNING
    rig.pause.on_clock_compared(2.6, rig.now)
    assert rig.state is PAUSED
    assert rig.reasons == ["clock"]
    rig.run(30)
    assert rig.state is not RUNNING
    rig.pause.on_clock_compared(0.1, rig.now)
    rig.until(RUNNING)


# ------------------------------------------------------------------------------------------------- PAUSED


@pytest.mark.requirement("R204", "R205")
def test_probes_back_off_and_every_300_seconds_the_person_is_told() -> None:
    rig = machine()
    rig.silence()
    rig.until(PAUSED)
    begun = rig.now
    assert rig.view.wait_ends_in_seconds == pytest.approx(300, abs=1)
    rig.run(920)
    told = rig.times(a.TellPerson)
    assert [round(at - begun) for at in told] == [300, 600, 900]
    probes = [at for at in rig.times(a.Probe) if at > begun]
    assert max(later - earlier for earlier, later in pairwise(probes)) <= 63.1
    assert 15 <= len(probes) <= 60
    countdown = rig.view.retry_in_seconds
    assert countdown is None or 0 <= countdown <= 60


def test_the_back_off_doubles_to_a_minute() -> None:
    longest = [0.0] * 9
    for seed in range(60):
        rig = PauseMachine(seed=seed)
        rig.pause.core.schedule.forget()
        for index in range(9):
            rig.pause.core.schedule.plan(0.0)
            longest[index] = max(longest[index], rig.pause.core.schedule.next_at or 0.0)
    for index, limit in enumerate((1, 2, 4, 8, 16, 32, 60, 60, 60)):
        assert limit * 0.8 < longest[index] <= limit


def test_a_person_who_retries_does_not_wait() -> None:
    rig = machine()
    rig.silence()
    rig.until(PAUSED)
    rig.run(200)
    rig.heal()
    rig.pause.retry_now(rig.now)
    assert rig.until(RUNNING) <= 9.0


def test_there_is_nothing_to_retry_while_everything_is_well() -> None:
    assert not machine().pause.can_retry


@pytest.mark.requirement("R208")
def test_an_answer_alone_does_not_end_the_pause_of_a_feed_that_is_still_silent() -> None:
    rig = machine()
    rig.ticking.clear()
    rig.until(PAUSED)
    rig.run(60)
    assert rig.state is PAUSED
    assert rig.reasons == [f"feed:{BTC}"]
    rig.heal()
    rig.until(RUNNING, limit=120)


def test_a_key_that_is_refused_is_tried_three_times_and_then_only_for_a_person() -> None:
    rig = machine()
    rig.probe = lambda: e.AuthRefusedError("key")
    rig.fail_call(e.AuthRefusedError("key"))
    rig.run(2_000)
    assert rig.state is PAUSED
    tries = len([at for at in rig.times(a.Probe) if at > 130])
    assert tries == 2  # the call itself was the first
    rig.pause.retry_now(rig.now)
    rig.run(2_000)
    assert len([at for at in rig.times(a.Probe) if at > 130]) == 3
    rig.probe = None
    rig.pause.retry_now(rig.now)
    rig.until(RUNNING, limit=10)


# ----------------------------------------------------------------------------------------------- VERIFYING


@pytest.mark.requirement("R206", "R208")
@pytest.mark.parametrize(
    ("check", "reason", "state"),
    [
        (CheckView(name="candles", ok=False, detail="none came"), "exchange:coinex", PAUSED),
        (CheckView(name="markets", ok=False, detail="not trading at present: BTC/USDT"), "exchange:coinex", PAUSED),
        (CheckView(name="prices", ok=False, detail="the price of BTC/USDT is 40 s old"), f"feed:{BTC}", PAUSED),
        (CheckView(name="units", ok=False, detail="one contract of BTC/USDT was 1"), f"review:{BTC}", REVIEW),
    ],
)
def test_a_check_that_fails_keeps_the_pause_and_is_named(check: CheckView, reason: str, state: NetworkState) -> None:
    rig = machine()
    rig.silence()
    rig.until(PAUSED)
    rig.heal()
    rig.checks = (GOOD[0], check)
    rig.pause.retry_now(rig.now)
    rig.until(VERIFYING)
    rig.until(state)
    assert reason in rig.reasons
    assert rig.detail.startswith(check.name)
    assert rig.view.checks[-1] == check
    rig.checks = GOOD
    rig.pause.retry_now(rig.now)
    rig.until(RUNNING, limit=120)


def test_a_review_ends_only_when_the_check_passes() -> None:
    rig = machine()
    rig.silence()
    rig.until(PAUSED)
    rig.heal()
    rig.checks = (CheckView(name="units", ok=False, detail=f"one contract of {BTC} was 1"),)
    rig.until(REVIEW)
    rig.run(1_000)
    assert rig.state is REVIEW
    rig.checks = GOOD
    rig.until(RUNNING, limit=70)


def test_a_verification_that_takes_too_long_is_stopped() -> None:
    rig = machine()
    rig.silence()
    rig.until(PAUSED)
    rig.probe = None
    rig.pause.probed(None, rig.now)
    assert rig.state is VERIFYING
    assert 20.0 <= rig.until(PAUSED) <= 20.2
    assert len(rig.acted(a.StopVerifying)) == 1
    assert "20 s" in rig.detail


def test_an_answer_that_nobody_waits_for_any_more_counts_for_nothing() -> None:
    rig = machine()
    rig.silence()
    rig.until(PAUSED)
    rig.pause.verified(GOOD, rig.now)
    assert rig.state is PAUSED


def test_a_verification_that_looked_at_nothing_has_failed() -> None:
    rig = PauseMachine()
    rig.checks = ()
    rig.until(PAUSED)
    assert rig.reasons == ["internet"]


# --------------------------------------------------------------------------------------------- STABILISING


@pytest.mark.requirement("R207")
def test_it_runs_after_exactly_five_seconds_of_stability() -> None:
    rig = PauseMachine()
    rig.until(STABILISING)
    assert rig.until(RUNNING) == pytest.approx(5.0, abs=0.051)


def test_three_fresh_ticks_of_every_needed_symbol_are_needed() -> None:
    rig = PauseMachine(needed=(BTC, ETH), gap=2.5)
    rig.until(STABILISING)
    assert rig.until(RUNNING) > 5.05


@pytest.mark.requirement("R207")
@pytest.mark.parametrize("loss", ["bad tick", "jump", "failed call"])
def test_a_loss_at_4_9_seconds_begins_again_at_zero(loss: str) -> None:
    rig = PauseMachine()
    rig.until(STABILISING)
    rig.run(4.9)
    assert rig.state is STABILISING
    if loss == "bad tick":
        rig.pause.on_bad_tick(BTC, rig.now, why="crossed book")
    elif loss == "jump":
        rig.pause.on_price(BTC, Decimal(100), now=rig.now)
        rig.pause.on_price(BTC, Decimal("102"), now=rig.now)
    else:
        rig.pause.on_call_failed(TIMEOUT("x"), rig.now)
    assert rig.state is VERIFYING
    assert rig.view.stable_seconds == 0.0
    rig.until(STABILISING)
    assert rig.until(RUNNING) >= 5.0 - 1e-9


def test_a_symbol_that_is_needed_only_now_has_to_be_verified_too() -> None:
    rig = PauseMachine()
    rig.until(STABILISING)
    rig.ticking.add(ETH)
    rig.pause.set_needed((BTC, ETH), rig.now)
    rig.run(0.05)
    assert rig.state is VERIFYING
    rig.until(RUNNING)
    assert rig.acted(a.Verify)[-1].needed == (BTC, ETH)


def test_prices_of_a_moment_nobody_lived_through_end_no_pause() -> None:
    rig = PauseMachine()
    rig.until(STABILISING)
    rig.now += 20
    rig.wall += 20
    rig.tick()
    assert rig.state is STABILISING
    rig.beat()
    assert rig.reasons == ["stall"]
    assert len(rig.acted(a.EndPause)) == 0


@pytest.mark.requirement("R207")
@pytest.mark.parametrize("asleep", [False, True])
def test_seconds_that_nobody_saw_are_not_stable_ones(asleep: bool) -> None:
    """Too short for a pause of their own: the count begins again all the same, ticks included."""
    rig = PauseMachine()
    rig.until(STABILISING)
    rig.run(3)
    assert rig.view.stable_seconds == pytest.approx(3)
    rig.now += 0 if asleep else 1.2
    rig.wall += 1.2
    rig.beat()
    assert rig.state is STABILISING
    assert rig.view.stable_seconds == 0.0
    assert rig.until(RUNNING) >= 5.0 - 1e-9


def test_a_beat_within_a_second_is_nothing_to_a_count() -> None:
    rig = PauseMachine()
    rig.until(STABILISING)
    rig.run(3)
    rig.now += 0.9
    rig.wall += 0.9
    rig.beat()
    assert rig.until(RUNNING) <= 1.15


@pytest.mark.parametrize(("bid", "ask"), [("97", "101"), ("99", "103.5"), ("103", "104")])
def test_a_bid_or_an_ask_that_jumps_while_the_last_price_stands_is_a_jump(bid: str, ask: str) -> None:
    rig = PauseMachine()
    rig.until(STABILISING)
    rig.pause.on_price(BTC, Decimal(100), now=rig.now, book=(Decimal(99), Decimal(101)))
    rig.pause.on_price(BTC, Decimal(100), now=rig.now, book=(Decimal(bid), Decimal(ask)))
    assert rig.state is VERIFYING


def test_a_bid_and_an_ask_may_move_between_what_both_were() -> None:
    rig = PauseMachine()
    rig.until(STABILISING)
    for bid, ask in (("95", "105"), ("99", "100"), ("99.5", "100.9")):
        rig.pause.on_price(BTC, Decimal(100), now=rig.now, book=(Decimal(bid), Decimal(ask)))
    assert rig.state is STABILISING


@pytest.mark.requirement("R40")
def test_prices_that_come_in_time_but_lag_behind_the_market_pause_their_symbol() -> None:
    """A stream that delivers at a quarter of the speed: each tick comes on time, and was made longer ago."""
    rig = machine()
    while rig.state is not PAUSED:
        rig.lag += 0.75 * 0.05
        rig.step()
        assert rig.lag < 12
    assert rig.reasons == [f"feed:{BTC}"]
    assert rig.lag >= 9
    (age,) = rig.view.ages
    assert age.is_stale
    before = len(rig.acted(a.Verify))
    rig.run(60)  # more of their kind are no sign of life, and nothing becomes stable on them
    assert rig.state is not RUNNING
    assert len(rig.acted(a.Verify)) - before < 10
    rig.lag = 0.0
    rig.until(RUNNING)


def test_a_symbol_whose_last_price_is_old_has_its_time_when_it_begins_to_be_needed() -> None:
    rig = machine()
    rig.tick(ETH)
    rig.run(60)
    rig.pause.set_needed((BTC, ETH), rig.now)
    rig.ticking.add(ETH)
    rig.run(30)
    assert rig.state is RUNNING


def test_a_probe_that_is_refused_for_a_while_is_not_repeated_before() -> None:
    rig = machine()
    rig.silence()
    rig.until(PAUSED)
    rig.probe = lambda: e.RateLimitedError("429", retry_after_seconds=100)
    rig.is_hanging = False
    rig.run(30)
    asked = len(rig.acted(a.Probe))
    rig.run(60)
    assert len(rig.acted(a.Probe)) == asked
    assert rig.reasons == ["exchange:coinex"]


def test_a_move_of_less_than_a_percent_is_no_jump() -> None:
    rig = PauseMachine()
    rig.until(STABILISING)
    for price in ("100", "100.9", "100", "99.1"):
        rig.pause.on_price(BTC, Decimal(price), now=rig.now)
    assert rig.state is STABILISING


def test_prices_that_stop_while_stabilising_are_a_loss() -> None:
    rig = PauseMachine()
    rig.until(STABILISING)
    rig.run(1)
    rig.ticking.clear()
    rig.until(VERIFYING, limit=4.2)


def test_becoming_stable_is_given_up_after_two_minutes() -> None:
    rig = PauseMachine(pause=PauseSettings(late_after=Decimal(200)))
    rig.ticking.clear()
    rig.until(STABILISING)
    assert rig.until(VERIFYING) == pytest.approx(120, abs=0.1)


def test_stability_that_is_lost_again_and_again_is_looked_at_ever_less_often() -> None:
    rig = PauseMachine()
    for _ in range(40):
        rig.until(STABILISING)
        rig.pause.on_bad_tick(BTC, rig.now, why="crossed book")
    begun = rig.times(a.Verify)
    assert begun[-1] - begun[-11] > 60


# --------------------------------------------------------------------------------------- a simulated loss


def test_a_simulated_loss_ends_by_itself_and_says_how_long_it_lasts() -> None:
    rig = machine(exchange="")
    rig.pause.simulate_loss(rig.now, 20.0)
    assert rig.state is PAUSED
    assert rig.view.simulated_loss
    assert rig.view.loss_ends_in_seconds == pytest.approx(20)
    assert not rig.pause.can_retry
    assert rig.until(STABILISING) == pytest.approx(20.05, abs=0.1)
    rig.until(RUNNING)
    (begun,) = rig.acted(a.BeginPause)
    assert begun.is_simulated
    assert not rig.view.simulated_loss


def test_a_simulated_loss_until_ended_waits_for_a_person() -> None:
    rig = machine(exchange="")
    rig.pause.simulate_loss(rig.now, None)
    rig.run(1_000)
    assert rig.state is PAUSED
    assert rig.view.loss_ends_in_seconds is None
    rig.pause.end_loss(rig.now)
    rig.until(RUNNING, limit=6)


def test_a_simulated_loss_of_a_real_market_cuts_its_line() -> None:
    rig = machine()
    rig.probe = lambda: e.NetworkDownError("cut")
    rig.pause.simulate_loss(rig.now, 10.0)
    assert rig.until(PAUSED) <= 0.3
    assert len(rig.acted(a.CutLine)) == 1
    rig.run(10)
    assert len(rig.acted(a.MendLine)) == 1
    rig.heal()
    rig.until(RUNNING, limit=30)


# -------------------------------------------------------------------------------------------- the books


def test_books_that_cannot_be_written_stop_a_local_market_for_as_long_as_they_do() -> None:
    rig = machine(exchange="")
    rig.pause.block_books("the disk is full", rig.now)
    assert rig.state is PAUSED
    assert rig.reasons == ["database"]
    rig.run(100)
    rig.pause.free_books(rig.now)
    assert rig.state is RUNNING
    assert rig.actions == []


def test_taking_the_books_up_again_may_take_its_time() -> None:
    rig = machine(exchange="")
    rig.pause.block_books("the disk is full", rig.now)
    rig.now += 30
    rig.wall += 30
    rig.pause.free_books(rig.now)
    rig.run(10)
    assert rig.state is RUNNING
    assert rig.actions == []


def test_books_that_come_back_on_a_real_market_are_as_a_start() -> None:
    rig = machine()
    rig.pause.block_books("the disk is full", rig.now)
    rig.run(100)
    rig.pause.free_books(rig.now)
    assert rig.state is not RUNNING
    assert rig.until(RUNNING) >= 5.0


def test_a_pause_in_which_the_books_fail_goes_on_when_they_are_back() -> None:
    rig = machine()
    rig.silence()
    rig.until(PAUSED)
    rig.pause.block_books("the disk is full", rig.now)
    assert rig.reasons == ["internet", "database"]
    rig.pause.free_books(rig.now)
    assert rig.reasons == ["internet"]
    rig.beat()
    assert len(rig.acted(a.BeginPause)) == 2  # the second to a floor that has heard of none
    rig.heal()
    rig.until(RUNNING)
