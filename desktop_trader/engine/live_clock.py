"""The time of a live market: the exchange's as far as it is known, going on with the machine's monotonic clock."""

from datetime import UTC, datetime, timedelta


class LiveClock:
    """`now` is monotonic seconds, handed in. It never goes back: corrected backwards, it stands until it is right.

    Only the first answer of the exchange may set it back: before, it is a guess that nothing should be booked with.
    """

    def __init__(self, wall: datetime, now: float) -> None:
        """Begin with our own clock: nobody has been asked yet."""
        self._at = wall.astimezone(UTC)
        self._from = now
        self._newest = self._at
        self.is_known = False

    def read(self, now: float) -> datetime:
        """Return the market's time."""
        self._newest = max(self._newest, self._at + timedelta(seconds=now - self._from))
        return self._newest

    def correct(self, exchange_at: datetime, now: float) -> None:
        """Take the exchange's time."""
        self._at, self._from = exchange_at.astimezone(UTC), now
        if not self.is_known:
            self._newest, self.is_known = self._at, True
