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

    def pass_to(self, at: datetime) -> None:
        """Time has passed until `at` by itself, whatever the market says."""
        self.advance_to(at)

    def present(self) -> datetime:
        """Return the time that prices of now have: `now`, but where books stand later than that."""
        return self._now


class LiveMarketClock(MarketClock):
    """The clock of a live market, which passes by itself: what the market says never moves it ahead of that.

    Books that were written while a clock was wrong may begin it in the future. Nothing is booked before that time;
    prices are judged by `present`, which is right all the while.
    """

    def __init__(self, start: datetime, *, ours: datetime) -> None:
        """Start at an aware UTC time; `ours` is what our own clock says meanwhile."""
        super().__init__(start)
        self._present = min(start, ours).astimezone(UTC)
        self._latest: datetime | None = None

    def advance_to(self, at: datetime) -> None:
        """Move on to `at`, but not beyond the time that is known to have passed."""
        if self._latest is not None:
            at = min(at, self._latest)
        self._present = max(self._present, at)
        super().advance_to(at)

    def pass_to(self, at: datetime) -> None:
        """Time has passed until `at`: from now on nothing is later."""
        self._latest = self._present = at
        super().advance_to(at)

    def present(self) -> datetime:
        """Return the market's time as far as it is known."""
        return self._present
