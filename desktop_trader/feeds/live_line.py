"""The line to a real exchange: streams, asks, compares clocks and verifies, and tells the network pause what it meets.

Implements `feeds.market_line.MarketLine`. It decides nothing about trading; what it brings goes through the feed's
filter, and what it meets goes to its listener.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from desktop_trader.domain.errors import BadAnswerError, ExchangeError
from desktop_trader.exchange.async_clock import AsyncClock
from desktop_trader.feeds.bar_fetching import BarFetching
from desktop_trader.feeds.book_keeping import BookKeeping
from desktop_trader.feeds.line_calls import LineCalls
from desktop_trader.feeds.line_checks import LineChecks, Looks
from desktop_trader.feeds.line_ground import LineGround
from desktop_trader.feeds.live import LiveFeed
from desktop_trader.feeds.market_line import LineListener
from desktop_trader.feeds.market_lists import ListSource, MarketLists
from desktop_trader.feeds.market_session import MarketSession
from desktop_trader.feeds.overview_keeping import OverviewKeeping
from desktop_trader.feeds.quote_sources import QuoteSources, SourceTimings
from desktop_trader.feeds.server_clock import ServerClock, nonsense
from desktop_trader.feeds.swap_keeping import SwapKeeping
from desktop_trader.feeds.tick_ears import TickEars
from desktop_trader.messages.network import CheckView

_log = logging.getLogger(__name__)
_CLOSE_SECONDS = 1.0
_SURE_SECONDS = 0.05
_MORE_QUESTIONS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class LineTimings:
    """In seconds. Without any other answer for `alive_every` the exchange is asked for its time."""

    sources: SourceTimings = field(default_factory=SourceTimings)
    alive_every: float = 5.0
    compare_every: float = 60.0
    overview_every: float = 10.0
    skew_limit: float = 2.5


@dataclass(frozen=True, slots=True, kw_only=True)
class LineParts:
    """What a line is made of. `wall` is our own clock."""

    open_session: Callable[[], Awaitable[MarketSession]]
    lists: ListSource
    clock: AsyncClock
    wall: Callable[[], datetime]
    random: Random = field(default_factory=Random)
    timings: LineTimings = field(default_factory=LineTimings)


class LiveLine:
    """Belongs to one loop, but `feed` may be wished of from any thread."""

    def __init__(self, feed: LiveFeed, parts: LineParts) -> None:
        """Prepare; nothing is asked before `run`, `probe` or `verify`."""
        self._feed = feed
        self._parts = parts
        self._clock = parts.clock
        self._timings = parts.timings
        self._calls = LineCalls(parts.open_session, parts.clock)
        self._server = ServerClock(limit_seconds=parts.timings.skew_limit)
        ground = LineGround(
            feed=feed, calls=self._calls, clock=parts.clock, random=parts.random, now=self.now, wall=parts.wall
        )
        self._ground = ground
        self._lists = MarketLists(ground, parts.lists)
        self._ears = TickEars(ground)
        self._sources = QuoteSources(ground, self._ears.take, rejected=self._ears.reject, timings=parts.timings.sources)
        self._bars = BarFetching(ground)
        self._overview = OverviewKeeping(ground, every_seconds=parts.timings.overview_every)
        self._books = BookKeeping(ground)
        self._swaps = SwapKeeping(ground, self._ears)
        self._verifying = asyncio.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._compared_at: float | None = None

    def listen(self, listener: LineListener) -> None:
        """Tell `listener` what is met from now on."""
        self._calls.listener = listener

    def wake_by(self, wake: Callable[[], None]) -> None:
        """Call `wake` whenever the feed has something to pull."""
        self._ears.wake = wake

    def need(self, symbols: Collection[str]) -> None:
        """Ask for these before all others."""
        self._sources.needed = self._swaps.needed = frozenset(symbols)

    def untraded(self, symbols: Collection[str]) -> Collection[str]:
        """Return those that the exchange's list does not have any more, or not as traded."""
        return self._feed.untraded(symbols)

    def rejected_ticks(self) -> Sequence[tuple[str, int]]:
        """Return how many quotes were rejected since the start, by kind."""
        return tuple((fault.value, count) for fault, count in self._feed.filter.counts.items())

    def now(self) -> datetime | None:
        """Return the exchange's time as far as it is known; None before it said one that our own clock allows."""
        return self._server.now(self._clock.monotonic())

    async def run(self) -> None:
        """Stream or poll what the feed follows, fetch bars and what is wished for; never returns by itself.

        Only an error of the program is raised.
        """
        self._loop = asyncio.get_running_loop()
        self._feed.wish_by(self._on_wish)
        self._lists.take_kept()
        if self._lists.is_wanted(self._parts.wall()):  # which takes longest of all, and waits for nothing else
            self._lists.begin()
        async with asyncio.TaskGroup() as tasks:
            for work in (self._watch, self._bring_prices):
                tasks.create_task(work(), name=f"line: {work.__qualname__}")

    async def probe(self) -> None:
        """Ask the exchange for its time.

        Raises:
            ExchangeError: it was not answered, or with a time that cannot be.
        """
        doubt = await self._read_time(is_told=False)
        if doubt and self._compared_at is None:
            raise BadAnswerError(f"The exchange cannot be believed: {doubt}")

    async def verify(
        self, needed: Sequence[str], *, on_check: Callable[[CheckView], None] | None = None
    ) -> Sequence[CheckView]:
        """Look at everything trading rests on; the first check that fails is the last."""
        async with self._verifying:
            looks = Looks(
                ground=self._ground,
                lists=self._lists,
                bars=self._bars,
                read_time=self._read_time,
                held_units=self._feed.held_units,
                take=self._ears.take,
            )
            checks = await LineChecks(looks, needed, gap_since=self._ears.gap_since()).run(on_check)
            if all(check.ok for check in checks):
                self._ears.forget_gap()
            return checks

    def cut(self) -> None:
        """Behave as if the network were gone."""
        self._calls.cut()

    def mend(self) -> None:
        """Let the network be there again."""
        self._calls.mend()
        self._sources.follow_anew()

    async def close(self) -> None:
        """Close every connection, within a second; again is harmless."""
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._lists.close()
                await self._calls.close()
        except (TimeoutError, ExchangeError) as error:
            _log.info("The connection was left as it was: %s", error)

    def _on_wish(self) -> None:
        """Somebody wants something new of the feed: in any thread."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._look)

    def _look(self) -> None:
        self._sources.follow_anew()
        self._bars.look()
        self._overview.look()

    async def _bring_prices(self) -> None:
        """Everything that has to know the market list first."""
        await self._lists.is_there.wait()
        async with asyncio.TaskGroup() as tasks:
            brings = (self._sources.stream, self._sources.poll, self._bars.run, self._overview.run)
            for work in (*brings, self._books.run, self._swaps.run):
                tasks.create_task(work(), name=f"line: {work.__qualname__}")

    async def _read_time(self, *, is_told: bool = True) -> str:
        """Ask for the exchange's time and compare clocks; return why it cannot be believed, "" if it can.

        The first answers come while the program still loads, and may have waited here: then it is asked again.

        Raises:
            ExchangeError: it was not answered.
        """
        is_first = self._server.now(self._clock.monotonic()) is None
        doubt = await self._ask_time(is_told=is_told)
        for _ in range(_MORE_QUESTIONS if is_first and is_told else 0):
            if doubt or self._server.doubt_seconds(self._clock.monotonic()) <= _SURE_SECONDS:
                break
            doubt = await self._ask_time(is_told=is_told)
        return doubt

    async def _ask_time(self, *, is_told: bool) -> str:
        sent_at = self._clock.monotonic()

        async def ask(session: MarketSession) -> datetime:
            nonlocal sent_at
            sent_at = self._clock.monotonic()  # opening the session is not part of the answer's way
            return await session.server_time()

        server_at = await self._calls.ask(ask, is_told=is_told)
        came_at = self._clock.monotonic()
        doubt = nonsense(server_at)
        if doubt:
            return doubt
        skew = self._server.take(server_at, sent_at=sent_at, came_at=came_at, ours=self._parts.wall())
        self._compared_at = came_at
        self._calls.listener.on_clock_compared(skew, came_at)
        if abs(skew) > self._timings.skew_limit:
            side = "behind" if skew > 0 else "ahead of"
            return f"this computer's clock is {abs(skew):.1f} s {side} the exchange's; set it right"
        return ""

    async def _watch(self) -> None:
        """Compare clocks now and then, and notice questions that are not answered while a stream still gives prices."""
        while True:
            await self._clock.sleep(self._timings.alive_every / 5)
            if not self._calls.works.is_set():
                await self._calls.works.wait()  # whoever probes brings it back
                continue
            now, heard_at, compared_at = self._clock.monotonic(), self._calls.succeeded_at, self._compared_at
            is_quiet = heard_at is None or now - heard_at >= self._timings.alive_every
            is_old = compared_at is None or now - compared_at >= self._timings.compare_every
            if is_quiet or is_old:
                await self._try(self._read_time())

    async def _try(self, question: Awaitable[object]) -> None:
        """Ask something that is asked again anyway; what failed has been told."""
        try:
            await question
        except ExchangeError as error:
            _log.debug("Not answered: %s", error)
