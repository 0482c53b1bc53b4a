"""The line to a real exchange: streams, asks, compares clocks and verifies, and tells the network pause what it meets.

Implements `feeds.market_line.MarketLine`. It decides nothing about trading; what it brings goes through the feed's
filter, and what it meets goes to its listener.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from desktop_trader.domain.errors import BadAnswerError, ExchangeError
from desktop_trader.domain.market import Quote
from desktop_trader.exchange.async_clock import AsyncClock
from desktop_trader.feeds.bar_fetching import BarFetching
from desktop_trader.feeds.line_calls import LineCalls
from desktop_trader.feeds.line_checks import LineChecks, Looks
from desktop_trader.feeds.line_ground import LineGround
from desktop_trader.feeds.live import LiveFeed
from desktop_trader.feeds.market_line import LineListener
from desktop_trader.feeds.market_lists import MarketLists
from desktop_trader.feeds.market_session import MarketSession
from desktop_trader.feeds.quote_sources import QuoteSources, SourceTimings
from desktop_trader.feeds.server_clock import ServerClock
from desktop_trader.feeds.tick_filter import TickFault
from desktop_trader.messages.network import CheckView

_log = logging.getLogger(__name__)
_HORIZON = timedelta(seconds=30)
"""A tick from further ahead of the exchange's own clock is no news from the future, it is nonsense."""
_ORDINARY_LIMIT = 30
_ORDINARY_SECONDS = 60.0
_CLOSE_SECONDS = 1.0


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
        self._server = ServerClock()
        ground = LineGround(feed=feed, calls=self._calls, clock=parts.clock, random=parts.random, now=self.now)
        self._ground = ground
        self._lists = MarketLists(ground)
        self._sources = QuoteSources(ground, self._take, rejected=self._reject, timings=parts.timings.sources)
        self._bars = BarFetching(ground)
        self._verifying = asyncio.Lock()
        self._wake: Callable[[], None] = _nobody
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wished = asyncio.Event()
        self._compared_at: float | None = None
        self._ordinary: list[float] = []
        self._heard_at: datetime | None = None
        self._gap_since: datetime | None = None

    def listen(self, listener: LineListener) -> None:
        """Tell `listener` what is met from now on."""
        self._calls.listener = listener

    def wake_by(self, wake: Callable[[], None]) -> None:
        """Call `wake` whenever the feed has something to pull."""
        self._wake = wake

    def rejected_ticks(self) -> Sequence[tuple[str, int]]:
        """Return how many quotes were rejected since the start, by kind."""
        return tuple((fault.value, count) for fault, count in self._feed.filter.counts.items())

    def now(self) -> datetime | None:
        """Return the exchange's time as far as it is known; None before it was asked."""
        return self._server.now(self._clock.monotonic())

    async def run(self) -> None:
        """Stream or poll what the feed follows, fetch bars and what is wished for; never returns by itself.

        Only an error of the program is raised.
        """
        self._loop = asyncio.get_running_loop()
        self._feed.wish_by(self._on_wish)
        await self._try(self._lists.take_kept())
        async with asyncio.TaskGroup() as tasks:
            for work in (self._watch, self._bring_quotes, self._bars.run, self._keep_overview):
                tasks.create_task(work(), name=f"line: {work.__name__}")

    async def probe(self) -> None:
        """Ask the exchange for its time.

        Raises:
            ExchangeError: it was not answered, or with a time that cannot be.
        """
        doubt = await self._read_time(is_told=False)
        if doubt and self._server.now(self._clock.monotonic()) is None:
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
                take=self._take,
            )
            checks = await LineChecks(looks, needed, gap_since=self._gap_since or self._heard_at).run(on_check)
            if all(check.ok for check in checks):
                self._gap_since = None
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
        self._wished.set()

    async def _bring_quotes(self) -> None:
        await self._lists.is_there.wait()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._sources.stream(), name="line: stream")
            tasks.create_task(self._sources.poll(), name="line: poll")

    def _take(self, quote: Quote) -> TickFault | None:
        """Judge a quote, hand it to the engine, and tell the listener of it."""
        now, server_now = self._clock.monotonic(), self.now()
        horizon = None if server_now is None else server_now + _HORIZON
        fault = self._feed.take_quote(quote, came_at=now, horizon=horizon)
        listener = self._calls.listener
        if fault is None:
            self._note_gap(server_now)
            listener.on_tick(quote.symbol, now, source_at=quote.at)
            self._wake()
        elif fault.is_bad:
            listener.on_bad_tick(quote.symbol, now, why=fault.value)
        elif fault is not TickFault.REPEATED and self._is_flood(now):
            listener.on_bad_tick(quote.symbol, now, why=f"{_ORDINARY_LIMIT} useless ones in a minute: {fault.value}")
        return fault

    def _reject(self, symbol: str, why: str) -> None:
        """A stream gave something that is no price."""
        self._feed.filter.count_unreadable()
        self._calls.listener.on_bad_tick(symbol, self._clock.monotonic(), why=why)

    def _note_gap(self, server_now: datetime | None) -> None:
        """Remember since when prices were missing: the next verification fetches the bars of that time."""
        before, self._heard_at = self._heard_at, server_now
        if before is not None and server_now is not None and server_now - before > timedelta(minutes=1):
            self._gap_since = self._gap_since or before
            self._feed.forget_gaps()

    def _is_flood(self, now: float) -> bool:
        """Count a late or unordered tick; say whether there are too many of them by now."""
        self._ordinary = [at for at in self._ordinary if now - at <= _ORDINARY_SECONDS]
        self._ordinary.append(now)
        if len(self._ordinary) < _ORDINARY_LIMIT:
            return False
        self._ordinary.clear()
        return True

    async def _read_time(self, *, is_told: bool = True) -> str:
        """Ask for the exchange's time and compare clocks; return why it cannot be believed, "" if it can.

        Raises:
            ExchangeError: it was not answered.
        """
        sent_at = self._clock.monotonic()

        async def ask(session: MarketSession) -> datetime:
            nonlocal sent_at
            sent_at = self._clock.monotonic()  # opening the session is not part of the answer's way
            return await session.server_time()

        server_at = await self._calls.ask(ask, is_told=is_told)
        came_at = self._clock.monotonic()
        ours = self._parts.wall()
        doubt = self._server.doubt(server_at, monotonic=came_at, ours=ours)
        if doubt:
            return doubt
        skew = self._server.take(server_at, sent_at=sent_at, came_at=came_at, ours=ours)
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

    async def _keep_overview(self) -> None:
        """While somebody looks, ask for all markets in brief."""
        until = next_at = self._clock.monotonic()
        while True:
            now = self._clock.monotonic()
            until = max(until, now + self._feed.take_overview_wish())
            if until <= now:
                self._wished.clear()
                await self._wished.wait()
            elif next_at > now or not self._calls.works.is_set():
                await self._clock.sleep(min(1.0, max(next_at - now, 0.1)))
            else:
                next_at = now + self._timings.overview_every
                await self._try(self._fetch_overview())

    async def _fetch_overview(self) -> None:
        self._feed.take_overview(await self._calls.ask(lambda session: session.tickers()))

    async def _try(self, question: Awaitable[object]) -> None:
        """Ask something that is asked again anyway; what failed has been told."""
        try:
            await question
        except ExchangeError as error:
            _log.debug("Not answered: %s", error)


def _nobody() -> None:
    """Nobody pulls yet."""
