"""What is known of the swaps of a real market besides their quotes: marks, what was due, and what is due next."""

from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from operator import attrgetter

from desktop_trader.domain.market import FundingRate, Quote

_MARK_FOR = timedelta(seconds=30)
"""A mark price older than this is none: positions are valued with the last print then."""
_DUE_NEAR = timedelta(seconds=60)
"""So long before an instant the mark may have been told that counts for it."""
_FARTHEST = 2
"""A mark at twice the last print or half of it is a mistake."""
_MARKS_KEPT = 64
_MARK_EVERY = timedelta(seconds=10)
_at = attrgetter("at")


@dataclass(slots=True)
class _Swap:
    """What is known of one symbol; `marks` are told times and prices, oldest first, `wanted_from` the oldest wish.

    `due` is what was estimated last for the instant before the coming one.
    """

    marks: deque[tuple[datetime, Decimal]] = field(default_factory=lambda: deque(maxlen=_MARKS_KEPT))
    newest_mark: tuple[datetime, Decimal] | None = None
    rates: list[FundingRate] = field(default_factory=list)
    coming: FundingRate | None = None
    due: FundingRate | None = None
    known_from: datetime | None = None
    wanted_from: datetime | None = None


class LiveFunding:
    """Belongs to the engine's thread. Every time in it is the exchange's."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._swaps: dict[str, _Swap] = {}

    def take_mark(self, symbol: str, price: Decimal, *, at: datetime) -> None:
        """Take a mark price that was told at a time."""
        swap = self._of(symbol)
        if swap.newest_mark is None or at >= swap.newest_mark[0]:
            swap.newest_mark = (at, price)
        if not swap.marks or at - swap.marks[-1][0] >= _MARK_EVERY:
            swap.marks.append((at, price))

    def marked(self, quote: Quote) -> Quote:
        """Return a quote with the mark price that counts at its time: its own, else a fresh one, else none."""
        if ":" not in quote.symbol:
            return quote
        if quote.mark is not None and not _is_sane(quote.mark, quote.last):
            quote = replace(quote, mark=None)
        if quote.mark is not None:
            self.take_mark(quote.symbol, quote.mark, at=quote.at)
            return quote
        newest = self._of(quote.symbol).newest_mark
        if newest is None or abs(quote.at - newest[0]) > _MARK_FOR or not _is_sane(newest[1], quote.last):
            return quote
        return replace(quote, mark=newest[1])

    def mark_at(self, symbol: str, at: datetime) -> Decimal | None:
        """Return the mark price told last before a time, a minute before it at most."""
        told = [price for when, price in self._of(symbol).marks if at - _DUE_NEAR <= when <= at]
        return told[-1] if told else None

    def take_coming(self, rate: FundingRate) -> None:
        """Take what is due next, an estimate."""
        swap = self._of(rate.symbol)
        if swap.coming is not None and rate.at > swap.coming.at:
            swap.due = swap.coming
        swap.coming = rate

    def take_rates(self, symbol: str, rates: Sequence[FundingRate], *, since: datetime) -> list[FundingRate]:
        """Take all rates that were due from `since` on; return those that are news, oldest first."""
        swap = self._of(symbol)
        swap.known_from = since if swap.known_from is None else min(swap.known_from, since)
        news = []
        for rate in sorted(rates, key=_at):
            if not self.has_rate(symbol, rate.at):
                insort(swap.rates, rate, key=_at)
                news.append(rate)
        return news

    def has_rate(self, symbol: str, at: datetime) -> bool:
        """Say whether the rate of an instant is known."""
        rates = self._of(symbol).rates
        index = bisect_left(rates, at, key=_at)
        return index < len(rates) and rates[index].at == at

    def rates(self, symbol: str, *, after: datetime, until: datetime) -> Sequence[FundingRate]:
        """Return the known rates after one time and until another, and want those that are not known."""
        swap = self._of(symbol)
        swap.wanted_from = after if swap.wanted_from is None else min(swap.wanted_from, after)
        return swap.rates[bisect_right(swap.rates, after, key=_at) : bisect_right(swap.rates, until, key=_at)]

    def missing_from(self, symbol: str) -> datetime | None:
        """Return since when somebody wants rates that are not known; None when nothing lacks."""
        swap = self._of(symbol)
        if swap.wanted_from is None or (swap.known_from is not None and swap.known_from <= swap.wanted_from):
            return None
        return swap.wanted_from

    def due_before(self, symbol: str, at: datetime) -> FundingRate | None:
        """Return the last estimate of the newest instant that came by a time; None where none is known."""
        swap = self._swaps.get(symbol)
        known = () if swap is None else (swap.coming, swap.due)
        return next((each for each in known if each is not None and each.at <= at), None)

    def coming(self, symbol: str, *, at: datetime) -> FundingRate | None:
        """Return what is due next, as it was estimated last, at the newest mark; None once its time has come."""
        swap = self._swaps.get(symbol)
        if swap is None or swap.coming is None or swap.coming.at <= at:
            return None
        return swap.coming if swap.newest_mark is None else replace(swap.coming, mark_price=swap.newest_mark[1])

    def _of(self, symbol: str) -> _Swap:
        return self._swaps.setdefault(symbol, _Swap())


def _is_sane(mark: Decimal, last: Decimal) -> bool:
    return last / _FARTHEST <= mark <= last * _FARTHEST
