"""Market time: moved by what the market says, never by the machine."""

from datetime import UTC, datetime


class MarketClock:
    """The engine's clock. It stands still between events and never goes back."""

    def __init__(self, start: datetime) -> None:
        """Start at an aware UTC time."""
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """Return the present market time."""
        return self._now

    def advance_to(self, at: datetime) -> None:
        """Move on to `at`; an earlier time changes nothing."""
        if at > self._now:  # noqa: PLR1730  # twice a bar: half the time that max() takes
            self._now = at
