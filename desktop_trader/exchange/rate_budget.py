"""How often an exchange may be asked: a budget with a part that only calls for safety may spend.

Two token buckets. Ordinary calls live on the first; what protects the money (cancelling, looking up, verifying) takes
from the first too and has the second for itself. After a 429 or a ban nothing is asked until its time is over.
"""

import asyncio
import math
from dataclasses import dataclass, field
from enum import IntEnum

from desktop_trader.domain.errors import RateLimitedError
from desktop_trader.exchange.async_clock import AsyncClock

_RESERVED_SHARE = 0.25
_CHART_SHARE = 0.5
"""Charts and overviews begin to wait when this much of the ordinary bucket is left; prices do not."""
_ROUNDING = 1e-9


class Priority(IntEnum):
    """What a call is for; a higher one is served first."""

    CHART = 0
    MARKET = 1
    SAFETY = 2


@dataclass(slots=True)
class _Bucket:
    """Tokens that grow by `per_second` up to `capacity`; a call dearer than the bucket leaves it in debt."""

    capacity: float
    per_second: float
    level: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self.level = self.capacity

    def grow(self, seconds: float) -> None:
        self.level = min(self.capacity, self.level + seconds * self.per_second)

    def seconds_until(self, cost: float, *, kept: float = 0.0) -> float:
        missing = min(cost + kept, self.capacity) - self.level
        return 0.0 if missing <= _ROUNDING else missing / self.per_second


class RateBudget:
    """The budget of one exchange, shared by all calls to it; `per_second` and `burst` in its own units of cost."""

    def __init__(self, clock: AsyncClock, *, name: str, per_second: float, burst: float) -> None:
        self._clock = clock
        self._name = name
        self._ordinary = _Bucket(burst * (1 - _RESERVED_SHARE), per_second * (1 - _RESERVED_SHARE))
        self._reserve = _Bucket(burst * _RESERVED_SHARE, per_second * _RESERVED_SHARE)
        self._grown_at = clock.monotonic()
        self._closed_until = self._grown_at
        self._waiting = dict.fromkeys(Priority, 0)
        self._turns = {priority: asyncio.Lock() for priority in Priority}

    def close_for(self, seconds: float) -> None:
        """Ask nothing for this long: the exchange said so."""
        self._closed_until = max(self._closed_until, self._clock.monotonic() + seconds)

    def closed_for(self) -> float:
        """Return for how many seconds nothing may be asked; 0 when it may."""
        return max(0.0, self._closed_until - self._clock.monotonic())

    async def take(self, cost: float, priority: Priority) -> None:
        """Return when a call of this cost may be made, and count it. Calls of one priority go in the order they came.

        However long it takes, a full budget is no failure of the exchange; whoever cannot wait gives up by itself.

        Raises:
            RateLimitedError: the exchange's ban lasts.
        """
        self._waiting[priority] += 1
        try:
            async with self._turns[priority]:
                while (wait := self._seconds_until(cost, priority)) > 0:
                    await self._clock.sleep(wait)
                self._spend(cost, priority)
        finally:
            self._waiting[priority] -= 1

    def _seconds_until(self, cost: float, priority: Priority) -> float:
        closed = self.closed_for()
        if closed > 0:
            raise self._too_many(closed)
        self._grow()
        ordinary = self._ordinary.seconds_until(cost, kept=self._kept(priority))
        if priority is Priority.SAFETY:
            return min(ordinary, self._reserve.seconds_until(cost))
        is_behind = any(self._waiting[each] for each in Priority if each > priority)
        return max(ordinary, 1 / self._ordinary.per_second) if is_behind and ordinary > 0 else ordinary

    def _kept(self, priority: Priority) -> float:
        return self._ordinary.capacity * _CHART_SHARE if priority is Priority.CHART else 0.0

    def _spend(self, cost: float, priority: Priority) -> None:
        is_reserved = priority is Priority.SAFETY and self._ordinary.seconds_until(cost) > 0
        bucket = self._reserve if is_reserved else self._ordinary
        bucket.level -= cost

    def _grow(self) -> None:
        now = self._clock.monotonic()
        for bucket in (self._ordinary, self._reserve):
            bucket.grow(now - self._grown_at)
        self._grown_at = now

    def _too_many(self, seconds: float) -> RateLimitedError:
        whole = math.ceil(seconds)
        message = f"{self._name} has been asked too often; it is asked again in {whole} s"
        return RateLimitedError(message, retry_after_seconds=whole)
