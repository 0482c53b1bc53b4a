"""Runs the network pause of a market in the loop of an engine's host, which calls `beat` before anything else it does.

One thread: the engine's. It carries out what the pause decides, and says what there is to show.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from random import Random
from time import monotonic, time
from typing import Any

from desktop_trader.assembly import Trader
from desktop_trader.domain.market import MarketEvent, PriceSource, Quote
from desktop_trader.engine import pause_actions as a
from desktop_trader.engine.live_clock import LiveClock
from desktop_trader.engine.needed_symbols import needed_symbols
from desktop_trader.engine.network_pause import NetworkPause
from desktop_trader.engine.ports import MarketFeed
from desktop_trader.messages.commands import Command, NetworkCommand
from desktop_trader.messages.network import CheckView, NetworkState
from desktop_trader.messages.notices import Notice
from desktop_trader.network.commands import carry_out
from desktop_trader.network.left_threads import LeftThreads
from desktop_trader.network.line_tasks import LineTasks
from desktop_trader.network.pause_hands import PauseHands
from desktop_trader.network.show import NetworkShow
from desktop_trader.network.symbol_review import SymbolReview
from desktop_trader.settings import PauseSettings

_CLOCK_SECONDS = 0.5
"""Where the exchange's clock and ours are further apart than this, ours follows."""
_SLOWEST_TICK_SECONDS = 5.0
"""A local market that ticks more slowly than this cannot show in the time allowed that it ticks again."""
_ROUNDS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class HostClocks:
    """`monotonic` is the loop's, in seconds; `wall` seconds since 1970, only to see whether the machine slept.

    Books that refuse to be written are tried every `retry_seconds`; `rng` decides the jitter of back-off.
    """

    monotonic: Callable[[], float] = monotonic
    wall: Callable[[], float] = time
    retry_seconds: float = 3.0
    rng: Random = field(default_factory=Random)


REAL_CLOCKS = HostClocks()


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkParts:
    """What it stands on. `speed` is the market's, None for as fast as it can.

    `tell` takes notices, `wake` lets the host look at once, `on_lost` hears of a task that died by our fault.
    """

    settings: PauseSettings
    clocks: HostClocks
    speed: float | None
    tell: Callable[[list[Notice]], None]
    wake: Callable[[], None]
    on_lost: Callable[[Any], None]


class NetworkHost:
    """The network pause of one trader. `show` is what there is to see of it.

    `is_watched` says that it is looked for sleep and stalls, which a market as fast as it can be does not know.
    """

    def __init__(self, trader: Trader, parts: NetworkParts) -> None:
        """Prepare; nothing is asked before `start`."""
        feed, line = trader.engine.feed, trader.line
        self._trader = trader
        self._line = line
        self._clocks = parts.clocks
        exchange = "" if line is None else feed.source_id.partition(":")[2].partition("@")[0]
        self.pause = NetworkPause(
            parts.settings,
            parts.clocks.rng,
            exchange=exchange,
            cadence=partial(_cadence, feed),
            market_now=_unknown if line is None else line.now,
        )
        self._hands = PauseHands(trader, parts.tell, now=self.now)
        self._review = None if line is None else SymbolReview(trader, line, parts.tell)
        self._tasks: LineTasks | None = None
        if line is not None:
            self._tasks = LineTasks(
                line,
                self.pause,
                probe_seconds=float(parts.settings.probe_deadline),
                monotonic=parts.clocks.monotonic,
                on_lost=parts.on_lost,
            )
            self._tasks.on_answer = self._on_answer
        self._does = self._deeds()
        self._wake = parts.wake
        self.is_watched = line is not None or parts.speed is not None
        self._needs_ticks = line is not None or _ticks_in_time(feed, parts.speed)
        self._clock: LiveClock | None = None
        self.show = NetworkShow(trader, self.pause, monotonic=parts.clocks.monotonic, now=self.now)

    def start(self) -> None:
        """Begin to listen and to verify; in the running loop."""
        now = self._clocks.monotonic()
        if self._line is not None and self._tasks is not None:
            self._clock = LiveClock(datetime.fromtimestamp(self._clocks.wall(), UTC), now)
            self._line.listen(self.pause)
            self._line.wake_by(self._wake)
            asyncio.get_running_loop().set_default_executor(LeftThreads())
            self._tasks.keep_alive()
        self.pause.start(now)
        self.beat()

    @property
    def is_running(self) -> bool:
        """Whether everything may act, so that nobody has to look at what passes."""
        return self.pause.core.state is NetworkState.RUNNING

    def is_beat_late(self) -> bool:
        """Say whether time passed that nobody lived through, so that nothing may be traded before the next beat."""
        return self.pause.is_beat_late(self._clocks.monotonic())

    def now(self) -> datetime:
        """Return the market's time: a live market's own, else what its events say."""
        if self._clock is not None and self._clock.is_known:
            return self._clock.read(self._clocks.monotonic())
        return self._trader.now()

    def beat(self) -> None:
        """Let time pass, decide and act."""
        now = self._clocks.monotonic()
        if self._needs_ticks:
            if self._review is not None:
                self._review.look()
            needed = needed_symbols(self._trader.floor)
            self.pause.set_needed(needed, now)
            if self._line is not None:
                self._line.need(needed)
        self.pause.beat(now, self._clocks.wall() if self.is_watched else None)
        self._act(now)
        if self._clock is not None:
            self._move_clocks(self._clock, now)
        self.show.look(now)

    def seconds_to_beat(self) -> float:
        """Return for how long nothing has to be decided."""
        now = self._clocks.monotonic()
        return max(0.0, min(self.show.seconds_between, self.pause.next_deadline(now) - now))

    def pass_unused(self, event: MarketEvent) -> list[Notice]:
        """Let pass what comes while nothing trades: it moves no more than what is shown, and unseen not even that."""
        if self._line is None and self.pause.decisions.loss.is_on:
            return []
        notices = self._trader.floor.market_step(event)
        if isinstance(event, Quote):
            self._watch(event)
        return notices

    def _watch(self, event: Quote) -> None:
        """See by what passes whether prices are stable."""
        now = self._clocks.monotonic()
        if self._line is None and event.bid > event.ask:
            self.pause.on_bad_tick(event.symbol, now, why="crossed book")
            return
        if self._line is None:
            self.pause.on_tick(event.symbol, now, source_at=event.at)
        self.pause.on_price(event.symbol, event.last, now=now, book=(event.bid, event.ask))

    def step(self, command: Command) -> list[Notice]:
        """Carry out a command, by an engine or here, and return the answer; the next beat acts on it."""
        if not isinstance(command, NetworkCommand):
            return self._trader.floor.step(command)
        board = self._trader.engine.desk.board
        return carry_out(command, pause=self.pause, board=board, now=self._clocks.monotonic())

    def block_books(self) -> None:
        """The books cannot be written at present."""
        self.pause.block_books(self._trader.floor.halted, self._clocks.monotonic())

    def free_books(self) -> None:
        """The books were taken up again, by another floor."""
        self.pause.free_books(self._clocks.monotonic())
        self.beat()

    async def close(self) -> None:
        """End every task and connection, within two seconds."""
        if self._tasks is not None:
            await self._tasks.close()

    def _on_answer(self) -> None:
        """A task has brought an answer: decide before anything else happens."""
        if self._line is not None and self._clock is not None:
            at = self._line.now()
            if at is not None and self.pause.state is NetworkState.STABILISING:
                self._clock.correct(at, self._clocks.monotonic())
        self.beat()
        self._wake()

    def _act(self, now: float) -> None:
        """Carry out what was decided, and what that leads to at once."""
        for _ in range(_ROUNDS):
            for action in self.pause.take_actions():
                self._does[type(action)](action)
            if self.pause.next_deadline(now) > now and not self.pause.core.actions:
                return
            self.pause.beat(now)

    def _deeds(self) -> dict[type[a.PauseAction], Callable[[Any], None]]:
        """Who does what."""
        hands, tasks, line = self._hands, self._tasks, self._line
        deeds: dict[type[a.PauseAction], Callable[[Any], None]] = {
            a.HoldGate: hands.hold,
            a.ReleaseGate: hands.release,
            a.CloseGate: hands.close,
            a.BeginPause: hands.begin,
            a.NotePause: hands.note,
            a.EndPause: hands.end,
            a.TellPerson: hands.say,
            a.Verify: self._verify,
            a.Probe: _nothing,
            a.StopVerifying: _nothing,
            a.CutLine: _nothing,
            a.MendLine: _nothing,
        }
        if line is not None and tasks is not None:
            deeds |= {
                a.Probe: lambda _: tasks.probe(),
                a.StopVerifying: lambda _: tasks.stop_verifying(),
                a.CutLine: lambda _: line.cut(),
                a.MendLine: lambda _: line.mend(),
            }
        return deeds

    def _verify(self, action: a.Verify) -> None:
        if self._tasks is not None:
            self._tasks.verify(action.needed)
            return
        check = CheckView(name="market", ok=True, detail="it needs no network")
        self.pause.verified([check], self._clocks.monotonic())

    def _move_clocks(self, clock: LiveClock, now: float) -> None:
        """Let time pass for every account, once the exchange has said what time it is."""
        said = None if self._line is None else self._line.now()
        # A time that pauses for the clock is not believed: the market's time never goes back from it.
        is_right = said is not None and self.pause.decisions.is_clock_right
        if said is not None and is_right and abs((said - clock.read(now)).total_seconds()) > _CLOCK_SECONDS:
            clock.correct(said, now)
        if clock.is_known:  # in a pause too: what people do then happens at its own time, not when the pause began
            at = clock.read(now)
            for account in self._trader.floor.accounts.values():
                if not account.asleep:
                    account.engine.desk.clock.pass_to(at)


def _unknown() -> datetime | None:
    """A market without a line has no time but that of its events."""
    return None


def _nothing(_action: a.PauseAction) -> None:
    """A market without a line has nothing to cut, and nobody to ask."""


def _ticks_in_time(feed: MarketFeed, speed: float | None) -> bool:
    """Say whether a local market can show by its ticks that it is there: recorded bars have none."""
    if speed is None or feed.fills_on is not PriceSource.QUOTES:
        return False
    gaps = [_cadence(feed, instrument.symbol) for instrument in feed.instruments()]
    return all(gap is not None and gap / speed <= _SLOWEST_TICK_SECONDS for gap in gaps)


def _cadence(feed: MarketFeed, symbol: str) -> float | None:
    gap = feed.cadence(symbol)
    return None if gap is None else gap.total_seconds()
