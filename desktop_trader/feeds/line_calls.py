"""The one way in which a line asks an exchange anything: told to its listener, and cut off for a simulated loss."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeVar

from desktop_trader.domain.errors import ExchangeError, ExchangeRefusedError, NetworkDownError, RateLimitedError
from desktop_trader.domain.market import Quote
from desktop_trader.exchange.async_clock import AsyncClock
from desktop_trader.feeds.market_line import LineListener
from desktop_trader.feeds.market_session import MarketSession

_T = TypeVar("_T")
_LOSS = "No network: the loss is simulated"


class SilentListener:
    """Hears nothing: stands in until somebody listens."""

    def on_tick(self, symbol: str, now: float, *, source_at: datetime) -> None:
        """Hear nothing."""

    def on_bad_tick(self, symbol: str, now: float, *, why: str, holds: bool = False) -> None:
        """Hear nothing."""

    def on_call_succeeded(self, now: float, *, latency_seconds: float) -> None:
        """Hear nothing."""

    def on_call_failed(self, error: ExchangeError, now: float) -> None:
        """Hear nothing."""

    def on_clock_compared(self, skew_seconds: float, now: float) -> None:
        """Hear nothing."""


class LineCalls:
    """Opens the session when the first question comes. Belongs to one loop."""

    def __init__(self, open_session: Callable[[], Awaitable[MarketSession]], clock: AsyncClock) -> None:
        """Ask nothing yet."""
        self._open_session = open_session
        self._clock = clock
        self._session: MarketSession | None = None
        self._opening = asyncio.Lock()
        self._is_cut = asyncio.Event()
        self.listener: LineListener = SilentListener()
        self.works = asyncio.Event()
        self.succeeded_at: float | None = None
        self._left_alone_until = 0.0
        self.works.set()

    def cut(self) -> None:
        """Let every call fail, those under way too."""
        self._is_cut.set()
        self.works.clear()

    def mend(self) -> None:
        """Let calls reach the exchange again."""
        self._is_cut.clear()
        self.works.set()

    def seconds_to_be_left_alone(self) -> float:
        """Return for how long the exchange asked that nobody knocks, a stream neither."""
        return max(0.0, self._left_alone_until - self._clock.monotonic())

    @property
    def is_open(self) -> bool:
        """Whether the session is there, so that nobody waits for it to be opened."""
        return self._session is not None

    async def session(self) -> MarketSession:
        """Return the session, opened once.

        Raises:
            ExchangeError: it cannot be opened.
        """
        async with self._opening:
            if self._session is None:
                self._session = await self._open_session()
            return self._session

    async def ask(
        self,
        question: Callable[[MarketSession], Awaitable[_T]],
        *,
        is_told: bool = True,
        own: tuple[type[ExchangeError], ...] = (),
    ) -> _T:
        """Ask something; `works` and the listener learn how it went (a failure only if `is_told`).

        A failure of the kinds in `own` says something of what was asked for alone, and nothing of the exchange.

        Raises:
            ExchangeError: it was not answered.
        """
        return await self._told(self._ask(question), is_told=is_told, own=own)

    async def ask_without_session(self, question: Callable[[], Awaitable[_T]]) -> _T:
        """Ask something in another way than through the session, which need not be open; told as everything is.

        Raises:
            ExchangeError: it was not answered.
        """
        return await self._told(self._ask_without_session(question), is_told=True)

    async def _told(self, asking: Awaitable[_T], *, is_told: bool, own: tuple[type[ExchangeError], ...] = ()) -> _T:
        sent_at = self._clock.monotonic()
        try:
            answer = await self._unless_cut(asking)
        except own:
            raise
        except ExchangeError as error:
            if not isinstance(error, ExchangeRefusedError):  # which is an answer like any other
                self.works.clear()
            if isinstance(error, RateLimitedError):
                self._left_alone_until = self._clock.monotonic() + error.retry_after_seconds
            if is_told:
                self.listener.on_call_failed(error, self._clock.monotonic())
            raise
        now = self.succeeded_at = self._clock.monotonic()
        self.works.set()
        self.listener.on_call_succeeded(now, latency_seconds=now - sent_at)
        return answer

    async def stream(
        self, symbols: Sequence[str], take: Callable[[Quote], None], *, rejected: Callable[[str, str], None]
    ) -> None:
        """Hand the quotes of a stream to `take`, and what is none to `rejected`, until it breaks, or is cut.

        Raises:
            ExchangeError: it broke, was silent for too long, or was cut.
        """
        await self._unless_cut(self._pump(symbols, take, rejected))

    async def close(self) -> None:
        """Close the session; the next question opens another."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _pump(
        self, symbols: Sequence[str], take: Callable[[Quote], None], rejected: Callable[[str, str], None]
    ) -> None:
        self._refuse_if_cut()
        session = await self.session()
        async for quote in session.stream_quotes(symbols, rejected=rejected):
            if self._is_cut.is_set():
                return
            take(quote)
        raise NetworkDownError("The stream of prices ended")

    async def _ask(self, question: Callable[[MarketSession], Awaitable[_T]]) -> _T:
        self._refuse_if_cut()
        return await question(await self.session())

    async def _ask_without_session(self, question: Callable[[], Awaitable[_T]]) -> _T:
        self._refuse_if_cut()
        return await question()

    def _refuse_if_cut(self) -> None:
        if self._is_cut.is_set():
            raise NetworkDownError(_LOSS)

    async def _unless_cut(self, answer: Awaitable[_T]) -> _T:
        """Wait for an answer, or for the cut; what was asked is over in either case."""
        asked = asyncio.ensure_future(answer)
        cut = asyncio.ensure_future(self._is_cut.wait())
        try:
            await asyncio.wait({asked, cut}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            cut.cancel()
            if not asked.done():
                asked.cancel()
                await asyncio.wait({asked})
            # Looked at, so that nobody misses it, even where whoever asked has been cancelled meanwhile.
            failed = asked.done() and (asked.cancelled() or asked.exception() is not None)
        if self._is_cut.is_set() or (failed and asked.cancelled()):
            raise NetworkDownError(_LOSS)
        return asked.result()
