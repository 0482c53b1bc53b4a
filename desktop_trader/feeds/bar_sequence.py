"""Which closed bars of a real market are news: each once, in order, and none from before somebody asked for them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from desktop_trader.domain.market import Bar, Timeframe

_NEWS_FOR = timedelta(seconds=30)
"""A bar fetched later than this after its end closed while nobody looked: history, on which nothing is decided."""


class BarSequence:
    """Follows the bars of one symbol and timeframe.

    The first answer of all is history: its newest bar closed before anybody looked. From there on every bar that
    comes soon after its end is an event; one that closed during an outage is not.
    """

    __slots__ = ("newest_at", "timeframe")

    def __init__(self, timeframe: Timeframe) -> None:
        """Know no bar yet."""
        self.timeframe = timeframe
        self.newest_at: datetime | None = None

    def take(self, bars: Sequence[Bar], *, now: datetime) -> list[Bar]:
        """Return those of `bars` (oldest first) that are news at the exchange's present time, and remember them."""
        if not bars:
            return []
        before, newest_at = self.newest_at, bars[-1].opened_at
        self.newest_at = newest_at if before is None else max(before, newest_at)
        if before is None:
            return []
        return [bar for bar in bars if bar.opened_at > before and now - bar.closed_at <= _NEWS_FOR]

    def is_due(self, now: datetime) -> bool:
        """Say whether a bar has closed that is not here yet."""
        newest_closed_at = self.timeframe.bar_start(now) - self.timeframe.duration
        return self.newest_at is None or self.newest_at < newest_closed_at

    def wanted_from(self, now: datetime, *, limit: int) -> datetime:
        """Return when the first bar opened that is missing here, at most `limit` bars before the newest."""
        opened_at = self.timeframe.bar_start(now)
        earliest = opened_at - limit * self.timeframe.duration
        return earliest if self.newest_at is None else max(earliest, self.newest_at + self.timeframe.duration)
