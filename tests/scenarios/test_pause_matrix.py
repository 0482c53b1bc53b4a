"""The test matrix of the network pause: a whole host on a market that breaks, in virtual time, 20 seeds a row.

In every row nothing may be looked at, filled, ordered or decided while not RUNNING, nothing may run with less than
5.0 s of stability, and there is one verification at a time: `NetworkRig.running` sees to that.
"""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from desktop_trader.domain.order import OrderSide, OrderType
from desktop_trader.messages import commands as c
from desktop_trader.messages.network import NO_NETWORK, NO_NEW_TRADES, NOT_CHECKED, RESUMED, NetworkState
from desktop_trader.messages.notice_text import notice_text
from desktop_trader.messages.notices import (
    CommandRefused,
    OrderCanceled,
    OutageEnded,
    TradingPaused,
    TradingResumed,
)
from desktop_trader.settings import PauseSettings
from tests.builders import SPOT
from tests.network_rig import ETHER, NetworkRig, with_rig
from tests.scripted_exchange import Fault

RUNNING, SUSPECT, PAUSED = NetworkState.RUNNING, NetworkState.SUSPECT, NetworkState.PAUSED
VERIFYING, STABILISING = NetworkState.VERIFYING, NetworkState.STABILISING
SEEDS = range(20)
pytestmark = pytest.mark.slow
BTC = SPOT.symbol

Session = Callable[[NetworkRig], Coroutine[Any, Any, None]]


def play(session: Session, *, seeds: range = SEEDS, **fields: Any) -> list[NetworkRig]:
    """Play a session once for each seed; what fails names its seed."""
    rigs = []
    for seed in seeds:
        try:
            rigs.append(with_rig(session, seed, **fields))
        except BaseException as error:
            error.add_note(f"seed {seed}")
            raise
    return rigs


async def begin(rig: NetworkRig, *, stop: str | None = "90") -> None:
    """Come to RUNNING with a position, a while ago; then wait for any moment."""
    await rig.until_state(RUNNING, limit=30)
    await rig.open_position(stop=stop)
    await asyncio.sleep(12 + rig.rng.random() * 3)
    assert rig.state is RUNNING


def order_on(rig: NetworkRig, **fields: Any) -> c.SubmitOrder:
    values: dict[str, Any] = {
        "request_id": rig.request_id(),
        "symbol": BTC,
        "side": OrderSide.BUY,
        "type": OrderType.MARKET,
        "quantity": Decimal(1),
    }
    return c.SubmitOrder(**(values | fields))


def sentences(rig: NetworkRig) -> list[str]:
    return [notice_text(notice, "USDT") for notice in rig.notices]


# --------------------------------------------------------------------------------- the cable, and what it looks like


@pytest.mark.requirement("R198", "R199", "R201", "R202", "R203", "R209")
@pytest.mark.parametrize(
    ("fault", "within"),
    [(Fault.BLACKHOLE, 5.0), (Fault.SLOW, 5.0), (Fault.REFUSED, 2.0), (Fault.NO_NAME, 2.0), (Fault.BAD_TLS, 2.0)],
)
def test_the_cable_is_out_while_running(fault: Fault, within: float) -> None:
    async def session(rig: NetworkRig) -> None:
        await begin(rig)
        rig.exchange.break_by(fault)
        assert await rig.until_state(PAUSED, limit=10) <= within
        assert rig.reasons == ["internet"]
        looks, orders = rig.watchman.looks, rig.watchman.orders
        rig.exchange.prices[BTC] = Decimal(80)
        rig.send(order_on(rig))
        await asyncio.sleep(20 + rig.rng.random() * 40)
        assert rig.state is PAUSED
        assert len(rig.positions) == 1
        (refused,) = rig.told(CommandRefused)
        assert refused.reason == "network"
        assert "internet" in refused.detail
        rig.exchange.break_by(Fault.NONE)
        await rig.until(lambda: rig.state is STABILISING, limit=120)
        assert (rig.watchman.looks, rig.watchman.orders) == (looks, orders)
        await rig.until_state(RUNNING, limit=20)
        await asyncio.sleep(3)
        assert rig.positions == []
        closed = rig.watchman.fills[-1]
        assert closed.is_gap
        assert closed.price < Decimal(82)

    for rig in play(session):
        said = sentences(rig)
        begun = said.index(NO_NETWORK)
        assert said[begun + 1 : begun + 3] == [NOT_CHECKED, NO_NEW_TRADES]
        assert RESUMED in said
        assert len(rig.told(TradingPaused)) == len(rig.told(TradingResumed)) == len(rig.told(OutageEnded)) == 1


async def flap(rig: NetworkRig, seconds: int) -> None:
    await begin(rig)
    begun = rig.loop.time()
    for _ in range(seconds // 2):
        rig.exchange.break_by(rig.rng.choice([Fault.REFUSED, Fault.NO_NAME]))
        await asyncio.sleep(1)
        rig.exchange.break_by(Fault.NONE)
        await asyncio.sleep(1)
    calls = rig.exchange.calls
    for kind, a_minute in (("probe", 60), ("verification", 25)):
        while_flapping = [at for at in calls.at.get(kind, ()) if at >= begun]
        assert len(while_flapping) <= a_minute * seconds / 60, kind
    runs = [at for at, state in rig.watchman.changes if state is RUNNING and at > begun + 10]
    assert runs == []
    await rig.until_state(RUNNING, limit=130)


def test_out_and_in_every_second() -> None:
    play(lambda rig: flap(rig, 60))


@pytest.mark.campaign
def test_out_and_in_every_second_for_ten_minutes() -> None:
    play(lambda rig: flap(rig, 600))


@pytest.mark.requirement("R207")
@pytest.mark.parametrize("loss", ["refused", "blackhole", "bad tick", "jump", "silence"])
def test_a_loss_at_4_9_seconds_of_stabilising(loss: str) -> None:
    async def session(rig: NetworkRig) -> None:
        await begin(rig)
        rig.exchange.break_by(Fault.REFUSED)
        await rig.until_state(PAUSED)
        rig.exchange.break_by(Fault.NONE)
        await rig.until_state(STABILISING)
        await asyncio.sleep(4.9 - rig.view.stable_seconds)
        assert rig.state is STABILISING
        if loss == "refused":
            rig.exchange.break_by(Fault.REFUSED)
        elif loss == "bad tick":
            rig.exchange.listener.on_bad_tick(BTC, rig.loop.time(), why="crossed book")
        elif loss == "jump":
            rig.host.network.pause.on_price(BTC, Decimal(150), now=rig.loop.time())
        elif loss == "silence":
            rig.loop.pass_time(6)  # nobody lived through this
        else:
            rig.exchange.cut()
        await rig.until(lambda: rig.state is not STABILISING, limit=1)
        assert rig.view.stable_seconds == 0.0
        rig.exchange.mend()
        rig.exchange.break_by(Fault.NONE)
        lost = rig.loop.time()
        await rig.until_state(RUNNING, limit=200)
        assert rig.loop.time() - lost >= 5.0

    play(session)


# ------------------------------------------------------------------------------------------- what an exchange answers


@pytest.mark.parametrize(
    ("fault", "not_before"),
    [
        (Fault.BAD_GATEWAY, 0.0),
        (Fault.JSON_503, 0.0),
        (Fault.MAINTENANCE, 0.0),
        (Fault.LIMITED, 30.0),
        (Fault.BANNED, 120.0),
    ],
)
def test_an_exchange_that_cannot_or_will_not(fault: Fault, not_before: float) -> None:
    async def session(rig: NetworkRig) -> None:
        await begin(rig)
        rig.exchange.break_by(fault)
        await rig.until_state(PAUSED, limit=10)
        assert rig.reasons == ["exchange:scripted"]
        paused_at = rig.loop.time()
        await asyncio.sleep(60)
        probes = [at - paused_at for at in rig.exchange.calls.at.get("probe", ()) if at > paused_at]
        if not_before:
            assert all(at >= not_before - 0.2 for at in probes)
        assert len(probes) <= 20
        assert rig.state is PAUSED
        rig.exchange.break_by(Fault.NONE)
        await rig.until_state(RUNNING, limit=130)

    play(session)


@pytest.mark.requirement("R206", "R208")
@pytest.mark.parametrize("fault", [Fault.PORTAL, Fault.EMPTY, Fault.NAN_TIME])
def test_an_answer_that_is_none_verifies_nothing(fault: Fault) -> None:
    async def session(rig: NetworkRig) -> None:
        rig.exchange.break_by(fault)
        await asyncio.sleep(60)
        assert rig.state in {PAUSED, VERIFYING}
        assert not any(state is RUNNING for _, state in rig.watchman.changes)
        assert rig.host.network.pause.core.detail
        rig.exchange.break_by(Fault.NONE)
        await rig.until_state(RUNNING, limit=130)

    play(session)


@pytest.mark.requirement("R208")
@pytest.mark.parametrize("check", ["time", "markets", "units", "prices", "candles"])
def test_a_check_that_fails_keeps_it_paused_and_is_named(check: str) -> None:
    async def session(rig: NetworkRig) -> None:
        await begin(rig)
        rig.exchange.break_by(Fault.REFUSED)
        await rig.until_state(PAUSED)
        rig.exchange.break_by(Fault.NONE)
        rig.exchange.failing_check = check
        await rig.until_state(VERIFYING)
        await rig.until_state(PAUSED, NetworkState.REVIEW)
        assert rig.host.network.pause.core.detail.startswith(check)
        assert [each.name for each in rig.view.checks if each.ok is False] == [check]
        await asyncio.sleep(30)
        assert not rig.host.network.is_running
        rig.exchange.failing_check = ""
        rig.send(c.RetryNow(request_id="r"))
        await rig.until_state(RUNNING, limit=130)

    play(session)


# ------------------------------------------------------------------------------------------------------------ scopes


@pytest.mark.parametrize(
    ("fault", "reasons", "within"),
    [
        (Fault.SILENT_SOCKET, {f"feed:{BTC}", f"feed:{ETHER.symbol}"}, 5.0),
        (Fault.SILENT_SYMBOL, {f"feed:{BTC}"}, 10.2),
        (Fault.DEAD_REST, {"exchange:scripted"}, 20.0),
    ],
)
def test_what_is_lost_is_named(fault: Fault, reasons: set[str], within: float) -> None:
    async def session(rig: NetworkRig) -> None:
        await begin(rig)
        await rig.open_position(symbol=ETHER.symbol)
        await asyncio.sleep(15)
        rig.exchange.break_by(fault)
        assert await rig.until_state(PAUSED, limit=30) <= within
        assert set(rig.reasons) == reasons
        await asyncio.sleep(40)
        assert rig.state is PAUSED
        assert set(rig.reasons) == reasons
        rig.exchange.break_by(Fault.NONE)
        await rig.until_state(RUNNING, limit=130)

    play(session)


@pytest.mark.requirement("R199", "R207")
@pytest.mark.parametrize("how", ["jump", "crossed"])
def test_a_feed_that_returns_with_a_jump_or_a_crossed_book_closes_nothing_inside_the_window(how: str) -> None:
    async def session(rig: NetworkRig) -> None:
        await begin(rig, stop="99")
        rig.exchange.prices[BTC] = Decimal(100)
        rig.exchange.break_by(Fault.REFUSED)
        await rig.until_state(PAUSED)
        rig.exchange.prices[BTC] = Decimal(100)
        rig.exchange.break_by(Fault.NONE)
        await rig.until_state(STABILISING)
        await asyncio.sleep(2.5)
        if how == "jump":
            rig.exchange.prices[BTC] *= Decimal("0.98")
        else:
            rig.exchange.bad_next.add(BTC)
        await rig.until(lambda: rig.state is not STABILISING, limit=3)
        lost = rig.loop.time()
        await rig.until_state(RUNNING, limit=130)
        assert rig.loop.time() - lost >= 5.0
        await asyncio.sleep(5)
        assert len(rig.positions) == (0 if how == "jump" else 1)

    play(session)


# ----------------------------------------------------------------------------------------------- orders in flight


@pytest.mark.requirement("R202")
def test_an_order_in_flight_at_the_cut_is_void_and_one_that_rests_goes_on() -> None:
    async def session(rig: NetworkRig) -> None:
        await begin(rig)
        rig.exchange.break_by(Fault.BLACKHOLE)
        rig.send(order_on(rig))
        rig.send(order_on(rig, type=OrderType.LIMIT, limit_price=Decimal(50)))
        await rig.until_state(PAUSED, limit=10)
        live = rig.trader.engine.books.portfolio.orders.values()
        assert sorted(order.type for order in live) == [OrderType.LIMIT, OrderType.MARKET]
        await asyncio.sleep(30)
        rig.exchange.break_by(Fault.NONE)
        await rig.until_state(RUNNING, limit=130)
        await asyncio.sleep(5)
        (order,) = rig.trader.engine.books.portfolio.orders.values()
        assert order.type is OrderType.LIMIT
        assert len(rig.told(OrderCanceled)) == 1
        assert len(rig.positions) == 1

    play(session)


# -------------------------------------------------------------------------------------------------- sleep and clocks


@pytest.mark.requirement("R198")
def test_eight_hours_of_sleep() -> None:
    async def session(rig: NetworkRig) -> None:
        await begin(rig)
        rig.sleep(8 * 3600)
        rig.exchange.prices[BTC] = Decimal(80)
        await rig.until(lambda: not rig.host.network.is_running, limit=1.1)
        assert rig.reasons == ["resume"]
        await rig.until_state(RUNNING, limit=30)
        await asyncio.sleep(3)
        assert rig.positions == []
        (outage,) = rig.told(OutageEnded)
        assert timedelta(hours=8) <= outage.ended_at - outage.begun_at <= timedelta(hours=8, minutes=1)

    play(session)


def test_a_process_that_stood_still_trades_nothing_of_what_it_missed() -> None:
    async def session(rig: NetworkRig) -> None:
        await begin(rig)
        rig.exchange.prices[BTC] = Decimal(80)
        rig.stall(7.5)
        await rig.until(lambda: not rig.host.network.is_running, limit=0.3)
        assert rig.reasons == ["stall"]
        assert len(rig.positions) == 1
        await rig.until_state(RUNNING, limit=30)

    play(session)


@pytest.mark.parametrize("hours", [2, -2])
def test_a_clock_that_is_moved_by_two_hours(hours: int) -> None:
    async def session(rig: NetworkRig) -> None:
        await begin(rig)
        rig.wall_offset += hours * 3600
        rig.exchange.skew = -hours * 3600.0
        await rig.until(lambda: not rig.host.network.is_running, limit=1.1)
        await asyncio.sleep(60)
        assert rig.state in {PAUSED, VERIFYING}
        assert "clock" in rig.reasons
        rig.wall_offset -= hours * 3600
        rig.exchange.skew = 0.0
        rig.send(c.RetryNow(request_id="r"))
        await rig.until_state(RUNNING, limit=130)
        newest = rig.trader.engine.desk.clock.now()
        assert abs((newest - rig.exchange.at()).total_seconds()) < 2

    play(session)


def test_the_night_in_which_summer_time_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    night = datetime(2026, 10, 25, 0, 59, 30, tzinfo=UTC).timestamp()
    monkeypatch.setenv("TZ", "Europe/Berlin")

    async def session(rig: NetworkRig) -> None:
        await begin(rig)
        await asyncio.sleep(120)
        assert rig.state is RUNNING
        assert rig.told(TradingPaused) == []
        rig.exchange.break_by(Fault.REFUSED)
        await rig.until_state(PAUSED)
        assert rig.view.wait_ends_in_seconds == pytest.approx(300, abs=1)
        rig.exchange.break_by(Fault.NONE)
        await rig.until_state(RUNNING, limit=60)

    play(session, wall_begins_at=night)


# ---------------------------------------------------------------------------------------------------- keys and people


def test_a_key_revoked_during_the_outage_is_tried_three_times() -> None:
    async def session(rig: NetworkRig) -> None:
        await begin(rig)
        rig.exchange.break_by(Fault.REFUSED)
        await rig.until_state(PAUSED)
        before = len(rig.exchange.calls.at["verification"])
        rig.exchange.break_by(Fault.KEY_REVOKED)
        await asyncio.sleep(100)
        assert rig.state is PAUSED
        assert rig.reasons == ["auth:scripted"]
        assert len(rig.exchange.calls.at["verification"]) - before == 3
        rig.exchange.break_by(Fault.NONE)
        await asyncio.sleep(70)
        assert rig.state is PAUSED
        rig.send(c.RetryNow(request_id="r"))
        await rig.until_state(RUNNING, limit=30)

    play(session)


@pytest.mark.requirement("R205")
@pytest.mark.parametrize("fault", [Fault.BLACKHOLE, Fault.REFUSED, Fault.BANNED])
def test_it_quits_at_once_while_it_waits(fault: Fault) -> None:
    async def session(rig: NetworkRig) -> None:
        await begin(rig)
        rig.exchange.break_by(fault)
        await rig.until_state(PAUSED, limit=10)
        await asyncio.sleep(rig.rng.random() * 60)
        rig.host.stop()
        assert await rig.until(lambda: rig.has_ended, limit=3) <= 2.0

    play(session)


def test_entries_that_a_person_paused_stay_paused_after_an_outage_and_stops_live_again() -> None:
    async def session(rig: NetworkRig) -> None:
        await begin(rig)
        rig.send(c.PauseEntries(request_id="p"))
        await asyncio.sleep(1)
        rig.exchange.break_by(Fault.REFUSED)
        await rig.until_state(PAUSED)
        await asyncio.sleep(20)
        rig.exchange.break_by(Fault.NONE)
        await rig.until_state(RUNNING, limit=60)
        assert rig.trader.engine.books.is_entries_paused
        rig.send(order_on(rig))
        await asyncio.sleep(3)
        assert len(rig.positions) == 1
        rig.exchange.prices[BTC] = Decimal(85)
        await rig.until(lambda: rig.positions == [], limit=5)

    play(session)


@pytest.mark.requirement("R204")
def test_a_long_outage_is_counted_down_and_told_at_the_end_of_every_wait() -> None:
    async def session(rig: NetworkRig) -> None:
        await begin(rig)
        rig.exchange.break_by(Fault.BLACKHOLE)
        await rig.until_state(PAUSED, limit=10)
        await asyncio.sleep(10)
        left = rig.view.wait_ends_in_seconds
        await asyncio.sleep(10)
        later = rig.view.wait_ends_in_seconds
        assert left is not None
        assert later is not None
        assert left - later == pytest.approx(10, abs=0.01)
        await asyncio.sleep(52)
        assert len([text for text in sentences(rig) if text.startswith("Still paused")]) == 2
        rig.exchange.break_by(Fault.NONE)
        await rig.until_state(RUNNING, limit=130)

    play(session, pause=PauseSettings(wait=Decimal(30)))


@pytest.mark.parametrize("seconds", ["15", None])
def test_a_simulated_loss_is_a_loss(seconds: str | None) -> None:
    async def session(rig: NetworkRig) -> None:
        await begin(rig)
        rig.send(c.SimulateLoss(request_id="s", seconds=None if seconds is None else Decimal(seconds)))
        assert await rig.until_state(PAUSED, limit=3) <= 2.0
        assert rig.view.simulated_loss
        await asyncio.sleep(20)
        if seconds is None:
            assert rig.state is PAUSED
            rig.send(c.EndSimulatedLoss(request_id="e"))
        await rig.until_state(RUNNING, limit=30)
        (outage,) = rig.told(OutageEnded)
        assert outage.is_simulated
        assert len(rig.positions) == 1

    play(session)
