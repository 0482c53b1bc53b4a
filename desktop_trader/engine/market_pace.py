"""How fast a market passes: which of its events are due now, and how long nothing is."""

from collections.abc import Callable
from datetime import datetime, timedelta

_FAR_SECONDS = 50 * 365 * 86_400
"""No market is watched for fifty years; beyond lies the end of the calendar."""


class MarketPace:
    """`speed` is market seconds per second; None is as fast as it can. `monotonic` is the host's, in seconds."""

    def __init__(self, speed: float | None, *, monotonic: Callable[[], float]) -> None:
        """Let a market pass at a speed, once it begins."""
        self._speed = speed
        self._monotonic = monotonic
        self._begins_at: datetime | None = None
        self._started = 0.0

    def begin(self, at: datetime | None) -> None:
        """Let the market go on from a time of its own now; None for wherever its next event is."""
        self._begins_at, self._started = at, self._monotonic()

    def due(self, next_at: datetime, until: datetime | None) -> datetime | None:
        """Return up to which market time events are due now, `until` at most; None for all there are."""
        if self._begins_at is None:
            self.begin(next_at)
        if self._speed is None:
            return until
        begins_at = self._begins_at or next_at
        passed = min((self._monotonic() - self._started) * self._speed, _FAR_SECONDS)
        due = begins_at + timedelta(seconds=passed)
        return due if until is None else min(due, until)

    def seconds_before(self, next_at: datetime | None, due: datetime | None) -> float:
        """Return for how many seconds nothing is due after what was due until now."""
        if self._speed is None or next_at is None or due is None or next_at <= due:
            return 0.0
        return (next_at - due).total_seconds() / self._speed
