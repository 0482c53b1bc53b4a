"""What time it is at the exchange: asked now and then, and carried on with the monotonic clock between."""

from datetime import UTC, datetime, timedelta
from math import copysign, inf

_EARLIEST = datetime(2020, 1, 1, tzinfo=UTC)
_LATEST = datetime(2100, 1, 1, tzinfo=UTC)
_DRIFT = 1e-4
"""Seconds that two clocks may drift apart in a second: more than any that works."""


class ServerClock:
    """One thread. Half of a question's round trip counts as the way of the answer, and is what may be wrong with it.

    So of answers that agree the quickest one counts, until what clocks may drift apart has made it the worse one: a
    question that waited here before it was sent would else move the exchange's time ahead by half of that wait.
    """

    def __init__(self, *, limit_seconds: float = inf) -> None:
        """Know nothing before the first answer; one further from our own clock than the limit is never adopted."""
        self._limit = limit_seconds
        self._at: datetime | None = None
        self._read_at = 0.0
        self._doubt = 0.0

    def take(self, server_at: datetime, *, sent_at: float, came_at: float, ours: datetime) -> float:
        """Take an answer asked for and received at monotonic times, `ours` being our own clock when it came.

        Return how far the exchange is certainly ahead (+) of us, in seconds: what a slow way may explain is none of it.
        Beyond the limit one of the two clocks is wrong, and nobody knows which: then `now` stays what it was.
        """
        doubt = max(0.0, came_at - sent_at) / 2
        now = server_at + timedelta(seconds=doubt)
        skew = _certain(now - ours, doubt)
        if abs(skew) > self._limit:
            return skew
        known, known_doubt = self.now(came_at), self.doubt_seconds(came_at)
        is_agreed = known is not None and abs((known - now).total_seconds()) <= doubt + known_doubt
        if known is not None and is_agreed and known_doubt < doubt:
            now, doubt = known, known_doubt
        else:
            self._at, self._read_at, self._doubt = now, came_at, doubt
        return _certain(now - ours, doubt)

    def doubt_seconds(self, monotonic: float) -> float:
        """Return by how much `now` may be wrong at a monotonic time; inf before the first answer."""
        return inf if self._at is None else self._doubt + _DRIFT * max(0.0, monotonic - self._read_at)

    def now(self, monotonic: float) -> datetime | None:
        """Return the exchange's time at a monotonic time; None before the first answer."""
        return None if self._at is None else self._at + timedelta(seconds=monotonic - self._read_at)


def nonsense(server_at: datetime) -> str:
    """Say why an answer cannot be a time at all; "" when it can."""
    return "" if _EARLIEST <= server_at < _LATEST else f"the exchange says that it is {server_at:%Y-%m-%d}"


def _certain(difference: timedelta, doubt: float) -> float:
    """Return the seconds of a difference that a doubt does not explain, with its sign."""
    seconds = difference.total_seconds()
    return copysign(max(0.0, abs(seconds) - doubt), seconds)
