"""An exchange that only has bars: every page it was asked for is noted, and it fails when it is told to."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from desktop_trader.domain.errors import ExchangeError
from desktop_trader.domain.market import Bar, Timeframe

LISTED_AT = datetime(2024, 1, 1, tzinfo=UTC)


def minute_bar(at: datetime, symbol: str = "BTC/USDT") -> Bar:
    """The bar of a minute, with prices that only that minute has."""
    minutes = (at - LISTED_AT) // timedelta(minutes=1)
    price = Decimal(10_000 + minutes % 5_000)
    return Bar(
        symbol=symbol,
        timeframe=Timeframe.M1,
        opened_at=at,
        open=price,
        high=price + Decimal("0.5"),
        low=price - Decimal("0.25"),
        close=price + Decimal("0.1"),
        volume=Decimal(minutes % 7) + Decimal("0.001"),
    )


class ScriptedCandles:
    """Has a bar for every minute from `listed_at` to `now` but the `quiet` ones; days are days with a minute in them.

    `answers_at_most` is how many bars a page of its own holds. What is in `failures` is raised, one a call.
    """

    def __init__(
        self,
        *,
        now: datetime,
        listed_at: datetime = LISTED_AT,
        quiet: Iterable[datetime] = (),
        answers_at_most: int = 1_000,
    ) -> None:
        self.now = now
        self.pages: list[tuple[Timeframe, datetime, int]] = []
        self.failures: deque[ExchangeError | None] = deque()
        self.on_page: Callable[[], None] = lambda: None
        self.is_closed = False
        self._listed_at = listed_at
        self._quiet = set(quiet)
        self._answers_at_most = answers_at_most

    async def server_time(self) -> datetime:
        """Return the time it was given."""
        return self.now

    async def bars(self, symbol: str, timeframe: Timeframe, *, since: datetime | None, limit: int) -> Sequence[Bar]:
        """Return closed bars of the window that begins at `since`, as CoinEx does."""
        assert since is not None
        assert not self.is_closed
        await asyncio.sleep(0)
        self.pages.append((timeframe, since, limit))
        self.on_page()
        failure = self.failures.popleft() if self.failures else None
        if failure is not None:
            raise failure
        step = timeframe.duration
        openings = [since + number * step for number in range(limit)]
        found = [at for at in openings if at + step <= self.now and self._has(at, step)][: self._answers_at_most]
        if timeframe is Timeframe.M1:
            return [minute_bar(at, symbol) for at in found]
        return [self._long_bar(at, timeframe, symbol) for at in found]

    async def close(self) -> None:
        """Take note."""
        self.is_closed = True

    def _has(self, at: datetime, step: timedelta) -> bool:
        if at + step <= self._listed_at:
            return False
        return step > timedelta(minutes=1) or (at >= self._listed_at and at not in self._quiet)

    def _long_bar(self, at: datetime, timeframe: Timeframe, symbol: str) -> Bar:
        minute = minute_bar(max(at, self._listed_at), symbol)
        return Bar(
            symbol=symbol,
            timeframe=timeframe,
            opened_at=at,
            open=minute.open,
            high=minute.high,
            low=minute.low,
            close=minute.close,
            volume=minute.volume,
        )


class SkippingClock:
    """Time passes only by waiting; how long was waited is noted."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self._now = 0.0

    def monotonic(self) -> float:
        """Return the seconds that were waited."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Be there at once."""
        self.waits.append(seconds)
        self._now += seconds
        await asyncio.sleep(0)
