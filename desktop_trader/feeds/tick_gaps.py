"""How far apart the quotes of a symbol come: what its feed declares as its cadence."""

from collections import deque
from datetime import timedelta
from statistics import median

_REMEMBERED = 31
_NEEDED = 5


class TickGaps:
    """Times are the monotonic seconds at which quotes were believed. One thread."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._gaps: dict[str, deque[float]] = {}
        self._came_at: dict[str, float] = {}

    def came(self, symbol: str, at: float) -> None:
        """Take note of a quote."""
        before = self._came_at.get(symbol)
        self._came_at[symbol] = at
        if before is not None:
            self._gaps.setdefault(symbol, deque(maxlen=_REMEMBERED)).append(at - before)

    def came_at(self, symbol: str) -> float | None:
        """Return when the newest quote came."""
        return self._came_at.get(symbol)

    def cadence(self, symbol: str) -> timedelta | None:
        """Return the median of the last gaps; None before there are enough of them."""
        gaps = self._gaps.get(symbol, ())
        return timedelta(seconds=median(gaps)) if len(gaps) >= _NEEDED else None

    def begin_anew(self) -> None:
        """After an outage: its length says nothing about how often quotes come."""
        self._came_at.clear()
