"""What time it is at an exchange, from answers that took their time on the way there or back."""

from datetime import datetime, timedelta
from random import Random

import pytest

from desktop_trader.feeds.server_clock import ServerClock
from tests.builders import START
from tests.fakes_exchange import LIVE_START, LineRig


def at(seconds: float) -> datetime:
    """The exchange's time, and ours, at a monotonic time."""
    return START + timedelta(seconds=seconds)


def ask(clock: ServerClock, sent: float, *, there: float, back: float, ahead: float = 0.0) -> float:
    """Ask, with a way there and a way back; return the skew that is certain."""
    came = sent + there + back
    return clock.take(at(sent + there + ahead), sent_at=sent, came_at=came, ours=at(came))


def error(clock: ServerClock, monotonic: float, *, ahead: float = 0.0) -> float:
    """By how much the clock is wrong."""
    now = clock.now(monotonic)
    assert now is not None
    return (now - at(monotonic + ahead)).total_seconds()


def test_a_question_that_waited_here_is_put_right_by_a_quicker_one_and_never_counts_again() -> None:
    clock = ServerClock()
    ask(clock, 0, there=0.72, back=0.002)
    assert error(clock, 1) == pytest.approx(0.359, abs=0.001)  # half of a wait that was all on the way there
    ask(clock, 1, there=0.001, back=0.001)
    assert error(clock, 2) == pytest.approx(0.0, abs=0.001)
    ask(clock, 2, there=0.72, back=0.002)
    assert error(clock, 3) == pytest.approx(0.0, abs=0.001)


def test_the_error_is_never_more_than_the_doubt() -> None:
    rng = Random(4)
    clock, now = ServerClock(), 0.0
    for _ in range(2_000):
        there, back = rng.expovariate(5), rng.expovariate(5)
        skew = ask(clock, now, there=there, back=back)
        now += there + back
        assert abs(error(clock, now)) <= clock.doubt_seconds(now) + 1e-6
        assert skew == 0  # our clock is right, and nothing says otherwise
        now += rng.uniform(0, 60)
    assert abs(error(clock, now)) < 0.1


@pytest.mark.parametrize("step", [-40.0, -1.0, 1.0, 7_200.0])
def test_a_clock_that_was_set_is_followed_at_once(step: float) -> None:
    clock = ServerClock()
    ask(clock, 0, there=0.01, back=0.01)
    skew = ask(clock, 60, there=0.1, back=0.1, ahead=step)
    assert error(clock, 61, ahead=step) == pytest.approx(0.0, abs=0.01)
    assert skew == pytest.approx(step, abs=0.11)


def test_an_old_answer_gives_way_to_one_that_is_slower_but_new() -> None:
    clock = ServerClock()
    ask(clock, 0, there=0.01, back=0.01)
    for minute in range(1, 60):
        ask(clock, 60.0 * minute, there=0.05, back=0.05)
    assert clock.doubt_seconds(3_600) <= 0.06


@pytest.mark.asyncio
async def test_a_first_answer_that_took_long_is_asked_for_again() -> None:
    rig = LineRig()
    delays = [0.7, 0.4, 0.002, 0.7]

    async def server_time() -> datetime:
        rig.session.calls.append((rig.clock.monotonic(), "time", ()))
        await rig.clock.sleep(delays.pop(0) if delays else 0.002)  # on the way there
        return rig.session.now

    rig.session.server_time = server_time  # type: ignore[method-assign]
    async with rig:
        await rig.clock.pass_by(2.5)
        now = rig.line.now()
        assert now is not None
        assert abs((now - rig.session.now).total_seconds()) < 0.01
        assert rig.session.now > LIVE_START
        assert rig.session.count("time") == 3
        assert rig.heard.skews[-1] == pytest.approx(0.0, abs=0.002)
