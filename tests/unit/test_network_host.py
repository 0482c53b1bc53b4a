"""The network pause inside a host: on markets that need no network, and around its line."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal

import pytest

from desktop_trader.assembly import AccountChoice, Trader, trader_in_memory
from desktop_trader.domain.market import MarketEvent, PriceSource
from desktop_trader.engine.ports import MarketFeed
from desktop_trader.engine_host import EngineHost, Listener
from desktop_trader.feeds.simulated import SimulatedFeed
from desktop_trader.messages import commands as c
from desktop_trader.messages.network import NO_NETWORK, RESUMED, NetworkState
from desktop_trader.messages.notice_text import notice_text
from desktop_trader.messages.notices import CommandRefused, LogNotice, Notice, OutageEnded, TradingPaused
from desktop_trader.messages.snapshot import AccountSnapshot
from desktop_trader.network.host import HostClocks
from desktop_trader.settings import Settings
from tests.builders import SPOT, START, bars_of_closes, make_quote
from tests.fakes import ScriptedFeed
from tests.network_rig import NetworkRig, with_rig
from tests.scripted_exchange import Fault
from tests.virtual_time import VirtualLoop, run_virtually, virtual_loop

RUNNING, PAUSED, STABILISING = NetworkState.RUNNING, NetworkState.PAUSED, NetworkState.STABILISING


class LocalRun:
    """A host on a market without a line, in virtual time."""

    def __init__(self, feed: MarketFeed, *, speed: float | None = 1.0) -> None:
        self.loop: VirtualLoop = virtual_loop()
        self.wall_offset = 0.0
        self.snapshots: list[tuple[float, AccountSnapshot]] = []
        self.notices: list[Notice] = []
        settings = Settings()
        self.trader: Trader = trader_in_memory(feed, AccountChoice(start_amount=Decimal(1_000)), settings=settings)
        feed.subscribe(SPOT.symbol, None)
        self.host = EngineHost(
            self.trader,
            Listener(on_snapshot=self._see, on_notice=self.notices.append, on_request=lambda request: None),
            settings=settings,
            speed=speed,
            clocks=HostClocks(monotonic=self.loop.time, wall=lambda: self.loop.time() + self.wall_offset),
        )

    def _see(self, snapshot: AccountSnapshot) -> None:
        self.snapshots.append((self.loop.time(), snapshot))

    @asynccontextmanager
    async def running(self) -> AsyncIterator["LocalRun"]:
        task = asyncio.create_task(self.host.run())
        await asyncio.sleep(5)
        try:
            yield self
        finally:
            self.host.stop()
            await asyncio.wait_for(task, 3)

    def is_in(self, state: NetworkState) -> bool:
        return self.host.network.pause.state is state

    @property
    def shown(self) -> AccountSnapshot:
        return self.snapshots[-1][1]

    def told(self, kind: type[Notice]) -> list[Notice]:
        return [notice for notice in self.notices if isinstance(notice, kind)]

    @property
    def said(self) -> list[str]:
        return [notice_text(notice, "USDT") for notice in self.notices]


def lose(seconds: str | None = None) -> c.SimulateLoss:
    return c.SimulateLoss(request_id="loss", seconds=None if seconds is None else Decimal(seconds))


@pytest.mark.requirement("R198", "R207", "R209")
def test_a_loss_simulated_on_the_built_in_market_hides_it_and_ends_as_a_real_one() -> None:
    async def session() -> None:
        async with LocalRun(SimulatedFeed(1, START)).running() as run:
            run.host.send(lose("20"))
            await asyncio.sleep(0.1)
            assert run.is_in(PAUSED)
            view = run.shown.network
            assert view is not None
            assert view.simulated_loss
            assert not view.has_line
            before = run.trader.now()
            marks = run.trader.engine.desk.marks.version
            await asyncio.sleep(19)
            assert (run.trader.now(), run.trader.engine.desk.marks.version) == (before, marks)
            await asyncio.sleep(3)
            assert run.is_in(STABILISING)
            assert run.trader.engine.desk.marks.version > marks
            assert not run.trader.floor.gate.is_open
            await asyncio.sleep(4)
            assert run.is_in(RUNNING)
            assert run.shown.network is not None
            assert run.shown.network.is_open
            assert run.said.index(NO_NETWORK) < run.said.index(RESUMED)
            (ended,) = run.told(OutageEnded)
            assert isinstance(ended, OutageEnded)
            assert ended.is_simulated

    run_virtually(session())


def shown_ages(run: LocalRun) -> list[float]:
    """Return how old every price is said to be."""
    view = run.shown.network
    assert view is not None
    assert all(age.source_at is not None for age in view.ages)
    return [(view.at - age.source_at).total_seconds() for age in view.ages if age.source_at is not None]


@pytest.mark.requirement("R198")
def test_prices_of_the_built_in_market_age_while_it_is_lost_and_never_while_it_runs() -> None:
    async def session() -> None:
        async with LocalRun(SimulatedFeed(1, START)).running() as run:
            for _ in range(2):
                assert shown_ages(run) == []
                run.host.send(lose("20"))
                await asyncio.sleep(0.1)
                first = shown_ages(run)
                assert len(first) == len(run.shown.market.quotes) > 0
                assert max(first) < 3
                await asyncio.sleep(13)
                assert shown_ages(run) == pytest.approx([age + 13 for age in first], abs=1.2)
                assert run.shown.network is not None
                assert all(age.is_stale for age in run.shown.network.ages)
                await asyncio.sleep(9)
                assert run.is_in(STABILISING)
                assert max(shown_ages(run)) < 3
                await asyncio.sleep(10)
                assert run.is_in(RUNNING)
                assert shown_ages(run) == []
                await asyncio.sleep(60)

    run_virtually(session())


@pytest.mark.requirement("R198")
def test_what_was_verified_before_a_pause_is_not_called_good_in_it() -> None:
    async def session() -> None:
        async with LocalRun(SimulatedFeed(1, START)).running() as run:
            for _ in range(2):
                run.host.send(lose("20"))
                await asyncio.sleep(0.1)
                view = run.shown.network
                assert view is not None
                assert (view.state, view.checks) == (PAUSED, ())
                await asyncio.sleep(30)
                assert run.is_in(RUNNING)

    run_virtually(session())


def test_a_loss_is_counted_down_in_what_is_shown() -> None:
    async def session() -> None:
        async with LocalRun(SimulatedFeed(1, START)).running() as run:
            run.host.send(lose("60"))
            await asyncio.sleep(1)
            known = len(run.snapshots)
            await asyncio.sleep(30)
            shown = [snapshot.network for _, snapshot in run.snapshots[known:]]
            assert 25 <= len(shown) <= 130
            left = [view.loss_ends_in_seconds for view in shown if view is not None]
            assert left == sorted(left, key=lambda each: -(each or 0))
            assert left[-1] == pytest.approx(29, abs=1.1)

    run_virtually(session())


def test_a_loss_on_recorded_bars_needs_no_ticks_to_end() -> None:
    async def session() -> None:
        bars: list[MarketEvent] = list(bars_of_closes([100 + n % 7 for n in range(500)]))
        feed = ScriptedFeed([SPOT], bars, fills_on=PriceSource.BARS)
        async with LocalRun(feed).running() as run:
            run.host.send(lose("10"))
            await asyncio.sleep(14.9)
            assert run.is_in(STABILISING)
            await asyncio.sleep(0.5)
            assert run.is_in(RUNNING)

    run_virtually(session())


def test_wishes_about_the_network_are_answered_by_their_id() -> None:
    async def session() -> None:
        async with LocalRun(SimulatedFeed(1, START)).running() as run:
            for command in (
                c.RetryNow(request_id="1"),
                c.EndSimulatedLoss(request_id="2"),
                lose("0"),
                c.SimulateLoss(request_id="3", seconds=Decimal("NaN")),
            ):
                (refused,) = run.host.ask(command)
                assert isinstance(refused, CommandRefused)
                assert refused.request_id == command.request_id
            (answer,) = run.host.ask(lose())
            assert isinstance(answer, LogNotice)
            assert answer.request_id == "loss"
            assert run.is_in(PAUSED)
            (refused,) = run.host.ask(c.RetryNow(request_id="4"))
            assert isinstance(refused, CommandRefused)
            (answer,) = run.host.ask(c.EndSimulatedLoss(request_id="5"))
            assert isinstance(answer, LogNotice)
            await asyncio.sleep(6)
            assert run.is_in(RUNNING)

    run_virtually(session())


@pytest.mark.parametrize(
    ("stall", "sleep", "why"), [(7.0, 0.0, "stood still"), (0.0, 28_800.0, "slept"), (0.0, -7_200.0, "set back")]
)
def test_a_paced_market_pauses_over_time_that_nobody_lived_through(stall: float, sleep: float, why: str) -> None:
    async def session() -> None:
        async with LocalRun(SimulatedFeed(1, START)).running() as run:
            run.loop.pass_time(stall)
            run.wall_offset += sleep
            await asyncio.sleep(1.1)
            assert run.is_in(STABILISING)
            (paused,) = run.told(TradingPaused)
            assert isinstance(paused, TradingPaused)
            assert why in paused.detail
            await asyncio.sleep(5)
            assert run.is_in(RUNNING)

    run_virtually(session())


def test_a_market_as_fast_as_it_can_be_knows_no_stall() -> None:
    async def session() -> None:
        events: list[MarketEvent] = [make_quote(100, at=START + timedelta(seconds=n + 1)) for n in range(50)]
        run = LocalRun(ScriptedFeed([SPOT], events), speed=None)
        task = asyncio.create_task(run.host.run())
        run.loop.pass_time(100)
        await task
        assert run.told(TradingPaused) == []
        assert run.trader.now() == START + timedelta(seconds=50)

    run_virtually(session())


def test_every_snapshot_says_how_the_connection_stands() -> None:
    async def session() -> None:
        async with LocalRun(SimulatedFeed(1, START)).running() as run:
            assert all(snapshot.network is not None for _, snapshot in run.snapshots)
            view = run.shown.network
            assert view is not None
            assert view.is_open
            assert view.epoch == 0

    run_virtually(session())


def test_the_first_time_that_everything_is_verified_is_told_and_no_other_time() -> None:
    async def session(rig: NetworkRig) -> None:
        await rig.until_state(RUNNING)
        rig.exchange.break_by(Fault.REFUSED)
        await rig.until_state(PAUSED, limit=5)
        rig.exchange.break_by(Fault.NONE)
        await rig.until_state(RUNNING)
        said = [notice_text(notice, "USDT") for notice in rig.notices]
        assert said.count("Connected: everything is verified and stable, trading begins") == 1
        assert said.count(RESUMED) == 1
        assert said.index("Connected: everything is verified and stable, trading begins") < said.index(NO_NETWORK)

    with_rig(session)


def test_a_change_of_the_state_is_shown_at_once() -> None:
    async def session(rig: NetworkRig) -> None:
        await rig.until_state(RUNNING)
        await asyncio.sleep(5)
        rig.exchange.break_by(Fault.REFUSED)
        await rig.until_state(PAUSED, limit=5)
        await asyncio.sleep(0.001)
        assert rig.views[-1].state is PAUSED
        assert rig.views[-1].epoch == rig.trader.floor.gate.epoch == 2

    with_rig(session)


def test_the_clocks_of_a_live_market_go_on_with_the_exchange() -> None:
    async def session(rig: NetworkRig) -> None:
        rig.exchange.asleep_seconds = 100.0  # our own clock has no idea
        await rig.until_state(RUNNING)
        rig.exchange.is_ticking = False
        await asyncio.sleep(2)
        behind = rig.exchange.at() - rig.trader.engine.desk.clock.now()
        assert timedelta(0) <= behind <= timedelta(seconds=1.1)

    with_rig(session)


@pytest.mark.requirement("R205")
def test_it_ends_within_two_seconds_though_nobody_answers() -> None:
    async def session(rig: NetworkRig) -> None:
        await rig.until_state(RUNNING)
        rig.exchange.break_by(Fault.BLACKHOLE)
        await rig.until_state(PAUSED, limit=10)
        await asyncio.sleep(30)
        rig.host.stop()
        assert await rig.until(lambda: rig.has_ended, limit=3) <= 2.0

    with_rig(session)


def test_a_line_that_dies_by_our_fault_halts_trading() -> None:
    async def broken() -> None:
        raise ZeroDivisionError("our fault")

    async def session() -> None:
        rig = NetworkRig()
        rig.exchange.run = broken  # type: ignore[method-assign]
        rig.loop.set_exception_handler(lambda loop, context: None)
        async with rig.running():
            await rig.until(lambda: bool(rig.trader.floor.halted), limit=5)
        assert rig.trader.floor.halted == "an error of the program"

    run_virtually(session())


def test_a_restart_in_the_middle_of_an_outage_ends_it_once_everything_is_stable() -> None:
    async def until_killed(rig: NetworkRig) -> None:
        await rig.until_state(RUNNING)
        await rig.open_position(stop="90")
        await asyncio.sleep(10)
        rig.exchange.break_by(Fault.REFUSED)
        await rig.until_state(PAUSED)
        await asyncio.sleep(30)

    first = with_rig(until_killed)
    assert first.told(OutageEnded) == []

    async def after_that(rig: NetworkRig) -> None:
        rig.exchange.prices[SPOT.symbol] = Decimal(80)
        await rig.until_state(RUNNING)
        await asyncio.sleep(3)
        (ended,) = rig.told(OutageEnded)
        assert ended.ended_at - ended.begun_at > timedelta(minutes=20)
        assert rig.positions == []
        assert rig.watchman.fills[-1].is_gap
        assert rig.watchman.fills[-1].price < 82

    with_rig(after_that, left=first.store, starts_at=START + timedelta(minutes=30))
