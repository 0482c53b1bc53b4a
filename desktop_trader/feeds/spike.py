"""A price ten times the last, or a tenth of it: who has to say it again, and for how long, before it counts."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from desktop_trader.domain.market import Quote

_FACTOR = 10
_SAME_LEVEL = Decimal("1.1")
_TWO_SOURCES_FOR = timedelta(seconds=3)
_ONE_SOURCE_FOR = timedelta(seconds=10)
_ONE_SOURCE_TICKS = 5


def is_far(quote: Quote, last: Quote) -> bool:
    """Say whether one of the prices is ten times what it was, or a tenth."""
    return any(price >= before * _FACTOR or before >= price * _FACTOR for price, before in _pairs(quote, last))


@dataclass(slots=True, kw_only=True)
class Spike:
    """A level that waits to be believed, since a time of ours; `quote` and `said_at` are its newest tick.

    Two wrong ticks half a second apart are one mistake. It takes a stream and an answer to a question that say the
    same for seconds, or five ticks of one source over a longer time.
    """

    since: datetime
    quote: Quote
    said_at: datetime
    ticks: int = 1
    is_asked: bool = False
    is_pushed: bool = False

    def is_same_level(self, quote: Quote) -> bool:
        """Say whether a quote says again what the newest tick says."""
        return all(max(pair) <= min(pair) * _SAME_LEVEL for pair in _pairs(quote, self.quote))

    def take(self, quote: Quote, *, answered_at: datetime | None) -> None:
        """Take a tick of this level; one that was here already counts only for its source."""
        said_at = quote.at if answered_at is None else max(quote.at, answered_at)
        if said_at > self.said_at:
            self.ticks += 1
            self.quote, self.said_at = quote, said_at
        self.is_asked = self.is_asked or answered_at is not None
        self.is_pushed = self.is_pushed or answered_at is None

    def is_confirmed(self, now: datetime) -> bool:
        """Say whether it was said by enough for long enough."""
        waited = now - self.since
        if self.is_asked and self.is_pushed:
            return waited >= _TWO_SOURCES_FOR
        return waited >= _ONE_SOURCE_FOR and self.ticks >= _ONE_SOURCE_TICKS


def _pairs(one: Quote, other: Quote) -> tuple[tuple[Decimal, Decimal], ...]:
    return (one.bid, other.bid), (one.ask, other.ask), (one.last, other.last)
