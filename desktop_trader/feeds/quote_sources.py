"""Where a line's quotes come from: a stream where the exchange has one, questions where it has none or it is silent."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from desktop_trader.domain.errors import BadAnswerError, ExchangeError, ExchangeRefusedError
from desktop_trader.domain.market import Quote
from desktop_trader.exchange.backoff import FullJitterBackoff
from desktop_trader.feeds.line_ground import LineGround

_log = logging.getLogger(__name__)
_REFUSED_SECONDS = 60.0
_AT_ONCE = 4
_ROUND = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTimings:
    """In seconds. While a stream brings quotes, a symbol is asked for when it had none for `poll_after`; when the

    stream brought nothing at all for so long, or there is none, every symbol is asked for every `poll_every`.
    """

    poll_every: float = 1.0
    poll_after: float = 2.5


class StreamBreaks:
    """Logs why a stream is not there: the first time, whenever that is of another kind, and how often in the end."""

    def __init__(self) -> None:
        """Nothing broke yet."""
        self._kind: type[ExchangeError] | None = None
        self._count = 0

    def note(self, error: ExchangeError) -> None:
        """It broke, or could not be opened again."""
        self._count += 1
        if type(error) is not self._kind:
            self._kind = type(error)
            _log.info("The stream of prices broke: %s", error)

    def end(self) -> None:
        """It brings prices again."""
        if self._count:
            times = "once" if self._count == 1 else f"{self._count} times"
            _log.info("The stream of prices is there again; it broke %s", times)
        self._kind, self._count = None, 0


class QuoteSources:
    """Brings quotes to `take`. One loop; every coroutine here runs until it is cancelled."""

    def __init__(
        self,
        ground: LineGround,
        take: Callable[[Quote, datetime | None], object],
        *,
        rejected: Callable[[str, str], None],
        timings: SourceTimings,
    ) -> None:
        """Bring nothing before a coroutine runs; `rejected` hears of what a stream gave that is no price."""
        self._feed = ground.feed
        self._calls = ground.calls
        self._clock = ground.clock
        self._random = ground.random
        self._take = take
        self._rejected = rejected
        self._timings = timings
        self._refused_until: dict[str, float] = {}
        self.needed: frozenset[str] = frozenset()
        self._changed = asyncio.Event()
        self._is_streaming = False
        self._streamed_at = 0.0
        self._breaks = StreamBreaks()

    def follow_anew(self) -> None:
        """Perhaps something else is followed, or the network is there again: look now."""
        self._changed.set()

    async def stream(self) -> None:
        """Keep a stream open over everything followed, and open it again after it broke."""
        backoff = FullJitterBackoff(self._random)
        while True:
            try:
                if self._feed.followed() and not (await self._calls.session()).can_stream:
                    return
                await self._stream_once(backoff)
            except ExchangeError as error:
                if self._is_streaming:  # the first loss is news; while it cannot be opened again, asking tells enough
                    self._calls.listener.on_call_failed(error, self._clock.monotonic())
                self._breaks.note(error)
                self._is_streaming = False
                await self._wait(max(backoff.next_seconds(), self._calls.seconds_to_be_left_alone()))

    async def _stream_once(self, backoff: FullJitterBackoff) -> None:
        """Stream everything followed until it breaks, or something else is followed.

        Raises:
            ExchangeError: it broke.
        """
        symbols = self._feed.followed()
        if not symbols:
            await self._wait(None)
            return

        def take(quote: Quote) -> None:
            if not self._is_streaming:
                self._breaks.end()
            self._is_streaming = True
            self._streamed_at = self._clock.monotonic()
            backoff.succeeded()
            self._take(quote, None)

        pump = asyncio.ensure_future(self._calls.stream(symbols, take, rejected=self._rejected))
        try:
            while not pump.done() and self._feed.followed() == symbols:
                await self._until_changed(pump)
                self._changed.clear()
        finally:
            is_over = pump.done()
            pump.cancel()
            await asyncio.wait({pump})
        if is_over:
            pump.result()

    async def poll(self) -> None:
        """Ask for every symbol that no stream brings; while nothing works, ask ever less often."""
        backoff = FullJitterBackoff(self._random)
        while True:
            due = self._due()
            if not due:
                await self._clock.sleep(self._timings.poll_every)
                continue
            try:
                await self._ask_for(due)
            except ExchangeError:
                # At least a round's time: that something else works, in the same round even, is no reason to hurry.
                await self._clock.sleep(self._timings.poll_every)
                await self._first_of(self._calls.works, backoff.next_seconds())
                continue
            backoff.succeeded()
            await self._clock.sleep(self._timings.poll_every)

    def _due(self) -> list[str]:
        """Return the symbols to ask for: needed ones first, and those that were not heard of for longest.

        A needed one is asked for so early that the answer is here before its silence is a suspicion.
        """
        now = self._clock.monotonic()
        is_silent = not self._is_streaming or now - self._streamed_at >= self._timings.poll_after
        patience = 0.0 if is_silent else self._timings.poll_after
        early = max(0.0, patience - self._timings.poll_every)
        waited = {symbol: now - (self._feed.gaps.came_at(symbol) or 0.0) for symbol in self._feed.followed()}
        due = [
            symbol
            for symbol, seconds in waited.items()
            if (seconds >= (early if symbol in self.needed else patience) or self._feed.filter.needs_resync(symbol))
            and self._refused_until.get(symbol, now) <= now
        ]
        return sorted(due, key=lambda symbol: (symbol not in self.needed, -waited[symbol]))[:_ROUND]

    async def _ask_for(self, symbols: list[str]) -> None:
        """Ask for some symbols, a few at once.

        Raises:
            ExchangeError: one was not answered; what was asked with it has been.
        """
        for index in range(0, len(symbols), _AT_ONCE):
            asked = [asyncio.ensure_future(self._ask(symbol)) for symbol in symbols[index : index + _AT_ONCE]]
            try:
                for answer in await asyncio.gather(*asked, return_exceptions=True):
                    if isinstance(answer, BaseException):
                        raise answer
            finally:
                for each in asked:
                    each.cancel()
                await asyncio.wait(asked)

    async def _ask(self, symbol: str) -> None:
        # What nobody needs keeps nothing from trading: an answer about it that is no price says that it has none.
        own = () if symbol in self.needed else (BadAnswerError,)
        try:
            answer = await self._calls.ask(lambda session: session.quote_answer(symbol), own=own)
        except (ExchangeRefusedError, *own) as error:
            # This symbol alone: its age says enough, and the others go on.
            _log.warning("%s is not quoted at present: %s", symbol, error)
            self._refused_until[symbol] = self._clock.monotonic() + _REFUSED_SECONDS
            return
        self._feed.filter.resync(symbol)  # asked for whole: whatever a stream left out is not missing any more
        self._take(answer.quote, answer.answered_at)

    async def _until_changed(self, pump: "asyncio.Future[None]") -> None:
        """Wait until the stream broke, or `follow_anew`."""
        changed = asyncio.ensure_future(self._changed.wait())
        try:
            waits: set[asyncio.Future[Any]] = {pump, changed}
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            changed.cancel()

    async def _wait(self, seconds: float | None) -> None:
        """Wait, or until `follow_anew`."""
        self._changed.clear()
        await self._first_of(self._changed, seconds)

    async def _first_of(self, event: asyncio.Event, seconds: float | None) -> None:
        """Wait for an event, `seconds` at most."""
        waits: set[asyncio.Future[Any]] = {asyncio.ensure_future(event.wait())}
        if seconds is not None:
            waits.add(asyncio.ensure_future(self._clock.sleep(seconds)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()
