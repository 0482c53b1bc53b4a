"""How an exchange is asked: within a deadline and the budget, with typed errors, knowing its time."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from decimal import Context, localcontext
from typing import Any, TypeVar

from desktop_trader.domain.errors import BadAnswerError, ClockSkewError, ExchangeError, ExchangeRefusedError
from desktop_trader.exchange import failures
from desktop_trader.exchange.async_clock import AsyncClock
from desktop_trader.exchange.call_limits import READ_DEADLINE_SECONDS, CallPurpose, calls_for, within
from desktop_trader.exchange.rate_budget import Priority
from desktop_trader.exchange.stumbles import STUMBLES
from desktop_trader.exchange.translation import server_time_from

PROBE_DEADLINE_SECONDS = 3.0

Result = TypeVar("Result")


class Caller:
    """Asks one instance of ccxt's; what fails is an `ExchangeError`, always."""

    def __init__(
        self, exchange: Any, clock: AsyncClock, *, any_symbol: Callable[[], Awaitable[str]] | None = None
    ) -> None:
        self._exchange = exchange
        self._any_symbol = any_symbol
        self._clock = clock
        self._time_known: tuple[datetime, float] | None = None

    async def server_time(self, *, deadline_seconds: float = PROBE_DEADLINE_SECONDS) -> datetime:
        """Return the exchange's time, asked now.

        Raises:
            ExchangeError: it was not answered with a sane time.
        """
        if self._exchange.has.get("fetchTime") is not True:
            return await self._time_of_an_answer(deadline_seconds)
        asked_at = self._clock.monotonic()
        answer = await self._ask_once(self._exchange.fetch_time, Priority.SAFETY, deadline_seconds)
        return self._remember(server_time_from(answer), asked_at)

    async def _time_of_an_answer(self, deadline_seconds: float) -> datetime:
        """Ask for prices, and look at when the answer was made: many exchanges have no question for their time."""
        asked = self._exchange.link.asked()
        if self._any_symbol is None:
            raise failures.make_error(ExchangeRefusedError, asked, detail="it does not tell its time")
        symbol = await self._any_symbol()
        asked_at = self._clock.monotonic()
        await self._ask_once(lambda: self._exchange.fetch_order_book(symbol), Priority.SAFETY, deadline_seconds)
        if self._exchange.answered_at is None:
            raise failures.make_error(BadAnswerError, asked, detail="an answer without a date")
        # Dates count whole seconds, cut off: half of one is lost on average.
        return self._remember(self._exchange.answered_at + timedelta(milliseconds=500), asked_at)

    def _remember(self, at: datetime, asked_at: float) -> datetime:
        # The answer was made about half way through the round trip.
        self._time_known = (at, (asked_at + self._clock.monotonic()) / 2)
        return at

    def time_now(self) -> datetime | None:
        """Return the exchange's time as far as it is known from the last answer; None before the first."""
        if self._time_known is None:
            return None
        at, known_at = self._time_known
        return at + timedelta(seconds=self._clock.monotonic() - known_at)

    async def now(self) -> datetime:
        """Return the exchange's time, asking for it where it is not known yet.

        Raises:
            ExchangeError: as `server_time`.
        """
        return self.time_now() or await self.server_time()

    async def ask(
        self,
        call: Callable[[], Awaitable[Result]],
        *,
        priority: Priority = Priority.MARKET,
        deadline_seconds: float = READ_DEADLINE_SECONDS,
    ) -> Result:
        """Return what a read returns; one that the exchange refuses because of our clock is asked once more.

        Raises:
            ExchangeError: of the kind that says what failed.
        """
        try:
            return await self._ask_once(call, priority, deadline_seconds)
        except ClockSkewError:
            at = await self.server_time()
            self._exchange.clock_offset_ms += int(at.timestamp() * 1000) - self._exchange.milliseconds()
            return await self._ask_once(call, priority, deadline_seconds)

    async def _ask_once(
        self, call: Callable[[], Awaitable[Result]], priority: Priority, deadline_seconds: float
    ) -> Result:
        asked = self._exchange.link.asked()
        # ccxt changes the decimal context that it finds, and mixes floats in, which ours would refuse.
        with calls_for(CallPurpose(priority=priority, is_write=False)), localcontext(Context()):
            try:
                return await within(deadline_seconds, call, asked=asked)
            except ExchangeError:
                raise
            except self._exchange.failures_of_ccxt as error:
                raise failures.from_answer(error, asked) from None
            except STUMBLES as error:
                raise failures.make_error(BadAnswerError, asked, detail=f"{type(error).__name__}: {error}") from None
