"""A whole host on a scripted exchange in virtual time, watched closely: what happens while nothing may happen."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from random import Random
from typing import Any, TypeVar, cast

from desktop_trader.assembly import Opened, Trader
from desktop_trader.brokers.paper import PaperBroker
from desktop_trader.domain.fill import Fill
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.market import Quote, Timeframe
from desktop_trader.domain.order import NO_PROTECTION, OrderSide, OrderType, Protection
from desktop_trader.engine.bookkeeper import Bookkeeper
from desktop_trader.engine.pause_state import PauseState
from desktop_trader.engine.ports import BookUpdate, MarketFeed
from desktop_trader.engine.seating import SeatParts, seat_accounts
from desktop_trader.engine.trading_gate import TradingGate
from desktop_trader.engine_host import EngineHost, Listener
from desktop_trader.feeds.market_line import MarketLine
from desktop_trader.messages import commands as c
from desktop_trader.messages.network import NetworkState, NetworkView
from desktop_trader.messages.notices import Notice
from desktop_trader.messages.snapshot import AccountSnapshot
from desktop_trader.network.host import HostClocks
from desktop_trader.settings import EngineSettings, PauseSettings, Settings
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from tests.builders import SPOT, START, Number, number
from tests.engine_rig import DEMO_ACCOUNT, NO_LIMITS
from tests.fakes import MemoryLedgerStore
from tests.floor_rig import closed_market
from tests.scripted_exchange import Fault, ScriptedExchange
from tests.virtual_time import run_virtually, virtual_loop

_N = TypeVar("_N", bound=Notice)
ETHER = replace(SPOT, symbol="ETH/USDT", base="ETH")
STABLE_SECONDS = 5.0
_WALL = 1_700_000_000.0


class Watchman:
    """Sees everything that only RUNNING allows, and when the state changed. `state` is a question."""

    def __init__(self, gate: TradingGate) -> None:
        self.gate = gate
        self.changes: list[tuple[float, NetworkState]] = []
        self.changed = asyncio.Event()
        self.violations: list[str] = []
        self.looks = 0
        self.fills: list[Fill] = []
        self.orders = 0
        self.decisions = 0
        self._known: set[int] = set()

    @property
    def state(self) -> NetworkState:
        return self.changes[-1][1] if self.changes else NetworkState.STARTING

    def note_state(self, now: float, state: NetworkState) -> None:
        if not self.changes or self.changes[-1][1] is not state:
            self.changes.append((now, state))
            self.changed.set()

    def look(self) -> None:
        """A position or an order is looked at because of a price."""
        self.looks += 1
        self._blame("position check")

    def commit(self, update: BookUpdate) -> None:
        """Something is stored."""
        new = {order.id for order in update.orders} - self._known
        self._known |= new
        self.fills += update.fills
        self.orders += len(new)
        self.decisions += len(update.decisions)
        if update.fills:
            self._blame("fill")
        if new:
            self._blame("order")
        if update.decisions:
            self._blame("signal")

    def _blame(self, what: str) -> None:
        if self.state is not NetworkState.RUNNING or not self.gate.is_open:
            self.violations.append(f"{what} while {self.state.value}, gate {self.gate.is_open}")

    def check(self) -> None:
        """Nothing happened while nothing may; and nothing ran with less than 5.0 s of stability."""
        assert self.violations == []
        stable_since: float | None = None
        before: NetworkState | None = None
        for at, state in self.changes:
            if state is NetworkState.STABILISING:
                stable_since = at
            elif state is NetworkState.RUNNING and before is not None:
                assert before in {NetworkState.STABILISING, NetworkState.SUSPECT}, self.changes[-6:]
                if before is NetworkState.STABILISING:
                    assert stable_since is not None
                    assert at - stable_since >= STABLE_SECONDS - 1e-6, (at, stable_since)
            before = state


class _WatchedStore(MemoryLedgerStore):
    def __init__(self, watchman: Watchman) -> None:
        super().__init__()
        self._watchman = watchman

    def commit(self, update: BookUpdate) -> None:
        self._watchman.commit(update)
        super().commit(update)

    def end_session(self, how: str, *, at: datetime) -> None:
        """Nobody looks at sessions here."""


class _WatchedBroker(PaperBroker):
    def __init__(self, books: Bookkeeper, watchman: Watchman) -> None:
        super().__init__(books)
        self._watchman = watchman

    def on_quote(self, quote: Quote) -> None:
        self._watchman.look()
        super().on_quote(quote)


class _WatchedState(PauseState):
    """Tells a watchman of every change of the state, also of one that lasts for no time."""

    watchman: Watchman

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, value)
        if name == "state":
            self.watchman.note_state(asyncio.get_running_loop().time(), cast(NetworkState, value))


class _ScriptedTrader(Trader):
    scripted_line: MarketLine

    @property
    def line(self) -> MarketLine | None:
        return self.scripted_line


class NetworkRig:
    """One account of 10,000 on two spot markets of a scripted exchange. Everything runs in virtual time.

    `left` is what another process left behind, `starts_at` when this one begins.
    """

    def __init__(
        self,
        seed: int = 1,
        *,
        instruments: Sequence[Instrument] = (SPOT, ETHER),
        cadence: float = 1.0,
        pause: PauseSettings | None = None,
        wall_begins_at: float = _WALL,
        left: MemoryLedgerStore | None = None,
        starts_at: datetime = START,
    ) -> None:
        self._wall_begins_at = wall_begins_at
        self.has_ended = False
        self.rng = Random(seed)
        self.loop = virtual_loop()
        self.exchange = ScriptedExchange(instruments, self.rng, starts_at=starts_at, cadence=cadence)
        self.exchange.loop = self.loop
        self.wall_offset = 0.0
        self.notices: list[Notice] = []
        self.views: list[NetworkView] = []
        self.snapshots: list[AccountSnapshot] = []
        self._requests = 0
        self._pause = pause or PauseSettings()
        gate = TradingGate()
        gate.close("not verified yet")
        self.watchman = Watchman(gate)
        self.store = _WatchedStore(self.watchman)
        if left is not None:
            self.store.__dict__.update(left.copy().__dict__)
        self.trader = self._open(gate)
        self.host = EngineHost(
            self.trader,
            Listener(on_snapshot=self._see, on_notice=self.notices.append, on_request=lambda request: None),
            settings=Settings(pause=self._pause, engine=EngineSettings(snapshots_per_second=1)),
            clocks=HostClocks(monotonic=self.loop.time, wall=self.wall, rng=Random(seed)),
        )
        core = self.host.network.pause.core
        core.__class__ = _WatchedState
        cast(_WatchedState, core).watchman = self.watchman

    def wall(self) -> float:
        """Seconds since 1970, as the computer has them."""
        return self._wall_begins_at + self.loop.time() + self.wall_offset

    def _open(self, gate: TradingGate) -> Trader:
        feed = cast(MarketFeed, self.exchange.feed)
        parts = SeatParts(
            store=self.store,
            feed=feed,
            limits=NO_LIMITS,
            new_account=DEMO_ACCOUNT,
            make_broker=lambda books: _WatchedBroker(books, self.watchman),
            closed_market=closed_market,
            gate=gate,
        )
        floor, told = seat_accounts(parts, primary=self.store.load("demo"), others=())
        opened = Opened(store=cast(SqliteLedgerStore, self.store), floor=floor, notices=told)
        trader = _ScriptedTrader(opened)
        trader.scripted_line = self.exchange
        return trader

    def _see(self, snapshot: AccountSnapshot) -> None:
        self.snapshots.append(snapshot)
        if snapshot.network is not None:
            self.views.append(snapshot.network)
        if len(self.snapshots) > 200:
            del self.snapshots[:100], self.views[:100]

    def _end(self, _task: object) -> None:
        self.has_ended = True

    # What a test does.

    @asynccontextmanager
    async def running(self) -> AsyncIterator["NetworkRig"]:
        """Run the host; at the end nothing may have happened that must not."""
        task = asyncio.create_task(self.host.run())
        task.add_done_callback(self._end)
        try:
            yield self
        finally:
            self.host.stop()
            await asyncio.wait_for(task, 10)
        self.watchman.check()
        assert self.exchange.calls.most["verification"] <= 1
        assert self.exchange.calls.most["probe"] <= 1

    @property
    def state(self) -> NetworkState:
        return self.host.network.pause.state

    @property
    def view(self) -> NetworkView:
        """How it stands now, made anew."""
        show = self.host.network.show
        show.version += 1
        return show.view()

    @property
    def reasons(self) -> list[str]:
        return [reason.text for reason in self.host.network.pause.core.reasons]

    async def until(self, is_so: Callable[[], bool], *, limit: float = 900.0, what: str = "") -> float:
        """Let time pass until something is so; return how long that took."""
        begun = self.loop.time()
        while not is_so():
            if self.loop.time() - begun > limit:
                raise AssertionError(f"{what or 'it'} did not happen in {limit:g} s: {self.watchman.changes[-8:]}")
            await asyncio.sleep(0.05)
        return self.loop.time() - begun

    async def until_state(self, *states: NetworkState, limit: float = 900.0) -> float:
        begun = self.loop.time()
        while self.state not in states:
            self.watchman.changed.clear()
            try:
                await asyncio.wait_for(self.watchman.changed.wait(), limit - (self.loop.time() - begun))
            except TimeoutError:
                what = " or ".join(states)
                raise AssertionError(f"no {what} in {limit:g} s: {self.watchman.changes[-8:]}") from None
        return self.loop.time() - begun

    async def open_position(self, *, stop: Number | None = None, symbol: str = SPOT.symbol) -> None:
        """Hold something, so that every price has something to be looked at for."""
        protection = NO_PROTECTION if stop is None else Protection(stop_loss=number(stop))
        had = len(self.watchman.fills)
        self.send(
            c.SubmitOrder(
                request_id=self.request_id(),
                symbol=symbol,
                side=OrderSide.BUY,
                type=OrderType.MARKET,
                quantity=Decimal(1),
                protection=protection,
            )
        )
        await self.until(lambda: len(self.watchman.fills) > had, limit=30)

    def start_strategy(self, symbol: str = SPOT.symbol) -> None:
        self.send(
            c.StartAutoTrading(
                request_id=self.request_id(),
                strategy="moving_average_cross",
                symbol=symbol,
                timeframe=Timeframe.M1,
                parameters=(("fast", "2"), ("slow", "3")),
            )
        )

    @property
    def positions(self) -> Sequence[Any]:
        return list(self.trader.engine.books.portfolio.positions.values())

    def send(self, command: c.Command) -> None:
        assert self.host.send(command)

    def request_id(self) -> str:
        self._requests += 1
        return f"request-{self._requests}"

    def told(self, kind: type[_N]) -> list[_N]:
        return [notice for notice in self.notices if isinstance(notice, kind)]

    def stall(self, seconds: float) -> None:
        """Let the process stand still."""
        self.loop.pass_time(seconds)

    def sleep(self, seconds: float) -> None:
        """Let the machine sleep: the monotonic clock stands still, the world goes on."""
        self.wall_offset += seconds
        self.exchange.asleep_seconds += seconds


def with_rig(session: Callable[[NetworkRig], Coroutine[Any, Any, None]], seed: int = 1, **fields: Any) -> NetworkRig:
    """Run a session on a rig of its own whose host runs, and return the rig."""

    async def whole() -> NetworkRig:
        rig = NetworkRig(seed, **fields)
        async with rig.running():
            await session(rig)
        return rig

    return run_virtually(whole())


__all__ = ["Fault", "NetworkRig", "NetworkState", "with_rig"]
