"""A trader on a loopback exchange: books in a folder, the exchange room, live feed and line, the pause, a paper broker.

Everything is the product's own; only the address is another one. It lives in the test's event loop, and notes when
each notice came, where the pause stood then, and every state the pause was in.
"""

import asyncio
import dataclasses
import importlib
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from desktop_trader.assembly import AccountChoice, Trader, open_trader
from desktop_trader.domain.order import OrderSide, OrderType, Protection
from desktop_trader.engine_host import EngineHost, Listener
from desktop_trader.exchange.addresses import address_from_url, market_tag
from desktop_trader.exchange.instance import Place
from desktop_trader.exchange.list_process import fetch_in_a_process
from desktop_trader.exchange.market_list import MarketList
from desktop_trader.locations import DataFolderPaths
from desktop_trader.market_opening import MarketChoice, open_feed
from desktop_trader.messages import commands as c
from desktop_trader.messages.network import NetworkState, NetworkView
from desktop_trader.messages.notices import (
    CommandRefused,
    LogNotice,
    Notice,
    OrderFilled,
    PositionClosed,
    PositionOpened,
)
from desktop_trader.settings import Settings
from tests.exchange.coinex_client import SPOT, until
from tests.exchange.loopback import LoopbackExchange

START_AMOUNT = Decimal(10_000)
QUANTITY = Decimal("0.01")
_KEPT: list[MarketList] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One notice; `at` is monotonic, `state` where the pause stood when it was told."""

    at: float
    state: NetworkState
    notice: Notice


@dataclass(slots=True)
class LiveTrader:
    """What a test does with a running trader, and what it has seen of it."""

    trader: Trader
    host: EngineHost
    heard: list[Heard] = field(default_factory=list)
    states: list[tuple[float, NetworkState, tuple[str, ...]]] = field(default_factory=list)
    stabilities: list[float] = field(default_factory=list)
    """For how many seconds prices had been stable each time the pause ended, by the pause's own beginning of it."""
    _stable_since: float | None = None
    _requests: int = 0

    @property
    def state(self) -> NetworkState:
        return self.host.network.pause.state

    @property
    def view(self) -> NetworkView:
        return self.host.network.show.view()

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return the reasons as they are now; a view may be a quarter of a second old."""
        return tuple(reason.text for reason in self.host.network.pause.core.reasons)

    @property
    def positions(self) -> int:
        return len(self.trader.engine.books.portfolio.positions)

    @property
    def sentences(self) -> list[str]:
        return [one.notice.message for one in self.heard if isinstance(one.notice, LogNotice)]

    def of(self, kind: type[Notice]) -> list[Heard]:
        return [one for one in self.heard if isinstance(one.notice, kind)]

    def note(self, notice: Notice) -> None:
        self.heard.append(Heard(at=time.monotonic(), state=self.state, notice=notice))

    def look(self) -> None:
        """Note the state whenever it is another one; called after each beat of the pause, so that none is missed."""
        now = (self.state, self.reasons)
        if self.state is NetworkState.STABILISING:
            # Not when it was seen first: a busy machine sees it later than it began.
            self._stable_since = self.host.network.pause.core.stability.began_at
        if not self.states or self.states[-1][1:] != now:
            was_stabilising = bool(self.states) and self.states[-1][1] is NetworkState.STABILISING
            self.states.append((time.monotonic(), *now))
            if self.state is NetworkState.RUNNING and was_stabilising and self._stable_since is not None:
                self.stabilities.append(time.monotonic() - self._stable_since)

    async def until(self, *states: NetworkState, seconds: float = 60) -> float:
        """Wait for one of the states and return how long that took.

        Raises:
            TimeoutError: it did not come; the message says what was seen instead.
        """
        begun = time.monotonic()
        while self.state not in states:
            if time.monotonic() - begun > seconds:
                raise TimeoutError(f"{states} did not come within {seconds} s: {self.story()}")
            await asyncio.sleep(0.01)
        return time.monotonic() - begun

    async def until_seen(self, state: NetworkState, *, since: int, seconds: float = 60) -> None:
        """Wait until the pause has been in a state since `len(states)` was `since`, however shortly.

        Raises:
            TimeoutError: it has not.
        """
        begun = time.monotonic()
        while not any(seen is state for _, seen, _ in self.states[since:]):
            if time.monotonic() - begun > seconds:
                raise TimeoutError(f"{state} was not seen within {seconds} s: {self.story()}")
            await asyncio.sleep(0.01)

    async def until_closed(self, seconds: float = 60) -> None:
        """Wait until nothing is open."""
        begun = time.monotonic()
        while self.positions:
            if time.monotonic() - begun > seconds:
                raise TimeoutError(f"the position is still open: {self.story()}")
            await asyncio.sleep(0.01)

    async def buy(self, *, stop_loss: str, symbol: str = SPOT) -> None:
        """Open a position with a stop by a command, and wait for it."""
        opened, begun = self.positions, time.monotonic()
        while self.positions == opened:
            notices = self._order(symbol, Decimal(stop_loss))
            # The first price after a resume has to come before anything can be bought.
            is_early = any(isinstance(n, CommandRefused) and "no price yet" in n.detail for n in notices)
            while self.positions == opened and not is_early:
                if time.monotonic() - begun > 60:
                    raise TimeoutError(f"nothing was bought: {notices} {self.story()}")
                await asyncio.sleep(0.01)
            if is_early and time.monotonic() - begun > 60:
                raise TimeoutError(f"no price came: {notices} {self.story()}")
            await asyncio.sleep(0.05)

    def _order(self, symbol: str, stop_loss: Decimal) -> list[Notice]:
        self._requests += 1
        return self.host.ask(
            c.SubmitOrder(
                request_id=f"rig-{self._requests}",
                symbol=symbol,
                side=OrderSide.BUY,
                type=OrderType.MARKET,
                quantity=QUANTITY,
                protection=Protection(stop_loss=stop_loss),
            )
        )

    def retry_now(self) -> None:
        """Do as a person who cannot wait."""
        self._requests += 1
        self.host.ask(c.RetryNow(request_id=f"rig-{self._requests}"))

    def traded_while_closed(self) -> list[Heard]:
        """Return what was traded while the pause was anywhere else than RUNNING: nothing, ever."""
        kinds = (OrderFilled, PositionOpened, PositionClosed)
        return [one for one in self.heard if isinstance(one.notice, kinds) and one.state is not NetworkState.RUNNING]

    def shortest_stability(self) -> float:
        """Return the shortest time of STABILISING that ended in RUNNING."""
        return min(self.stabilities, default=float("inf"))

    def story(self) -> str:
        """Return what happened, for messages of failures."""
        first = self.states[0][0] if self.states else 0.0
        lines = [f"{at - first:7.2f} {state.value} {', '.join(reasons)}" for at, state, reasons in self.states]
        view = self.view
        checks = "; ".join(f"{check.name} {check.ok} {check.detail}" for check in view.checks)
        return "\n".join(["", *lines, f"now {view.state.value} {self.reasons} {view.detail} | {checks}"])


class LoopLag:
    """Measures for how long the loop of the test was not there: a busy machine is no fault of the pause."""

    def __init__(self) -> None:
        self._lost = 0.0
        self._task = asyncio.create_task(self._measure())

    @property
    def seconds(self) -> float:
        """Return all time lost so far; what was lost in between is the difference of two readings."""
        return self._lost

    def end(self) -> None:
        self._task.cancel()

    async def _measure(self) -> None:
        while True:
            begun = time.monotonic()
            await asyncio.sleep(0.02)
            self._lost += max(0.0, time.monotonic() - begun - 0.03)


@asynccontextmanager
async def live_trader(
    url: str, folder: Path, *, symbol: str = SPOT, settings: Settings | None = None, follow: Sequence[str] = ()
) -> AsyncIterator[LiveTrader]:
    """Run a trader on CoinEx at another address until the block ends; `follow` are symbols watched besides.

    Whatever the engine raises is raised here.
    """
    used = settings or Settings()
    paths = DataFolderPaths(root=folder)
    choice = MarketChoice(market="coinex", symbol=symbol, exchange_url=url)
    trader = open_trader(
        paths,
        AccountChoice(start_amount=START_AMOUNT),
        settings=used,
        make_feed=lambda: open_feed(choice, paths=paths, settings=used),
    )
    rig: LiveTrader | None = None

    def note(notice: Notice) -> None:
        if rig is not None:
            rig.note(notice)

    def ignore(_: object) -> None:
        """Nobody looks at it here."""

    host = EngineHost(trader, Listener(on_snapshot=ignore, on_notice=note, on_request=ignore), settings=used)
    rig = LiveTrader(trader, host)
    _look_after_each_beat(rig)
    running = asyncio.create_task(host.run(), name="engine")
    following = asyncio.create_task(_follow(trader, host, (symbol, *follow)))
    try:
        yield rig
    finally:
        following.cancel()
        host.stop()
        await running
        trader.close("quit")


def _look_after_each_beat(rig: LiveTrader) -> None:
    network = rig.host.network
    beat = network.beat

    def beat_and_look() -> None:
        beat()
        rig.look()

    network.beat = beat_and_look  # type: ignore[method-assign]


async def the_list_fetched_once(place: Place, tag: str, *, folder: Path | None) -> MarketList:
    """Stand in for the process that decodes lists of markets: it runs once for all scenarios of this process.

    A start of Python for each of a dozen traders that begin at once takes longer than all they have to show.
    """
    del place, folder
    listed = await _fetched()
    return dataclasses.replace(listed, tag=tag)


async def bring_ccxt_in() -> None:
    """Import ccxt and fetch the list before anybody's time is counted."""
    await _fetched()


async def _fetched() -> MarketList:
    if not _KEPT:
        with tempfile.TemporaryDirectory() as folder:
            async with LoopbackExchange() as exchange:
                place = Place(exchange_id="coinex", address=address_from_url("coinex", exchange.url), proxy="")
                _KEPT.append(await fetch_in_a_process(place, market_tag("coinex", place.address), folder=Path(folder)))
        importlib.import_module("ccxt.pro")
    return _KEPT[0]


async def _follow(trader: Trader, host: EngineHost, symbols: Sequence[str]) -> None:
    """Watch the symbols as soon as the list of markets has come, as the window does."""
    await until(lambda: bool(trader.engine.feed.listing()), 60)
    for each in symbols:
        host.ask(c.WatchSymbol(request_id=f"watch-{each}", symbol=each))
