"""Decides which quotes of a real market are believed. Exact and synchronous; it has no clock and asks nobody.

What is rejected is counted by kind and moves nothing, so that a single wrong figure triggers no order and no exit.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from desktop_trader.domain.market import Quote
from desktop_trader.feeds.spike import Spike, is_far

_LAG = timedelta(seconds=10)
"""An answer that is further behind what has happened does not say what a price is now."""
_APART = timedelta(seconds=1)
"""Two answers of one moment are one, and their times count whole seconds: a later one has to be further away."""
_NEWS = 3
"""Before so many changes nobody knows how lively a market is."""
_LULLS = 2
_LULL_HALVES_SECONDS = 900.0
_HIGHEST = Decimal(10) ** 12
_LOWEST = Decimal(10) ** -18
"""Beyond these nothing is priced; a figure there is a mistake of whoever wrote it."""


class TickFault(StrEnum):
    """Why a quote was rejected. The values are shown to people."""

    NOT_A_NUMBER = "not a number"
    NOT_POSITIVE = "zero or negative"
    OUT_OF_RANGE = "beyond any price"
    CROSSED = "crossed book"
    FUTURE = "from the future"
    SEQUENCE_GAP = "gap in the sequence"
    OLD = "older than the last"
    REPEATED = "repeated"
    SPIKE = "ten times the last"
    UNREADABLE = "unreadable"

    @property
    def is_bad(self) -> bool:
        """Whether one alone says that the market cannot be believed; late and repeated ones come all the time."""
        return self not in _ORDINARY


_ORDINARY = frozenset({TickFault.OLD, TickFault.REPEATED, TickFault.SEQUENCE_GAP})


@dataclass(slots=True, kw_only=True)
class _Known:
    """What is believed of a symbol. `spike` waits to be confirmed; `sequence` is None after a gap.

    `made_at` is when the exchange made the prices of `last`, whose own time may be that of a later answer; None where
    no time is believed. `seen_at` is the exchange's time of the first answer that had them. `told` is what an answer
    said otherwise of that same time, and waits for a second one like it. `is_lagging` after answers that were not up
    to date, as later ones showed: those confirm nothing. `lull` is for how many seconds nothing changed, at the longest
    as of `lull_at`, while answers said so, of which `heard_at` is the newest; `news` counts changes.
    """

    last: Quote | None = None
    made_at: datetime | None = None
    seen_at: datetime | None = None
    told: Quote | None = None
    is_lagging: bool = False
    lull: float = 0.0
    lull_at: datetime | None = None
    heard_at: datetime | None = None
    news: int = 0

    def usual_lull(self, at: datetime) -> float:
        """Return for how many seconds nothing changes at times; long ones are forgotten by and by."""
        passed = 0.0 if self.lull_at is None else max(0.0, (at - self.lull_at).total_seconds())
        return float(self.lull * 0.5 ** (passed / _LULL_HALVES_SECONDS))

    def note_lull(self, seconds: float, at: datetime) -> None:
        """Nothing has changed for so long."""
        if seconds >= self.usual_lull(at):
            self.lull, self.lull_at = seconds, at

    def believe(self, quote: Quote, *, at: datetime, answered_at: datetime | None) -> None:
        """Take a quote as true at a time."""
        said_at = answered_at or quote.at
        if self.made_at != quote.at:
            if self.made_at is not None and self.heard_at is not None and quote.at - self.heard_at <= _LAG:
                self.news += 1
                self.note_lull((quote.at - self.made_at).total_seconds(), quote.at)
            self.seen_at = said_at
        self.heard_at = said_at
        self.last = quote if at == quote.at else replace(quote, at=at)
        self.made_at, self.spike, self.told = quote.at, None, None

    spike: Spike | None = None
    sequence: int | None = None
    is_lost: bool = False


class TickFilter:
    """Judges quotes symbol by symbol, in the order in which they arrive. One thread.

    What is pushed has to be newer than the last: a time that was here already is a repetition. What was asked for now
    may say the same again, as it does where nothing has changed: then the exchange has confirmed the price, which is
    believed as of the time of the answer, by the exchange's own clock. An older time is old either way. Where news
    turns out to have been made long before an answer that did not have it, the answers lag, and confirm nothing. Nor
    does anybody confirm a market in which something always happened, and now nothing for twice as long as ever of late:
    its prices are stuck. That it was a lull after all is known with the next change, and counts from then on.
    """

    def __init__(self) -> None:
        """Know nothing yet: the first sound quote of a symbol is believed."""
        self._known: dict[str, _Known] = {}
        self._counts: Counter[TickFault] = Counter()

    @property
    def counts(self) -> Mapping[TickFault, int]:
        """How many quotes were rejected since the start, by kind."""
        return self._counts

    def last(self, symbol: str) -> Quote | None:
        """Return the newest quote that was believed."""
        known = self._known.get(symbol)
        return None if known is None else known.last

    def needs_resync(self, symbol: str) -> bool:
        """Say whether numbered quotes of a symbol are missing: none is believed before `resync`."""
        known = self._known.get(symbol)
        return known is not None and known.is_lost

    def resync(self, symbol: str) -> None:
        """Begin the numbering of a symbol anew, once its book was fetched whole or its stream opened again."""
        known = self._of(symbol)
        known.sequence, known.is_lost = None, False

    def count_unreadable(self) -> None:
        """Count what came in the place of a quote and could not be read as one."""
        self._counts[TickFault.UNREADABLE] += 1

    def judge(
        self,
        quote: Quote,
        *,
        horizon: datetime | None = None,
        sequence: int | None = None,
        answered_at: datetime | None = None,
    ) -> TickFault | None:
        """Return None for a quote that is believed from now on, else why it is not; then it is counted and forgotten.

        `horizon` is the latest time that a market can have by now: one tick from beyond would make every later one
        old, and where one was believed because a clock was wrong, its time says nothing any more. `sequence` is the
        stream's own number, if it has one: each is one more than the one before. `answered_at` is the exchange's time
        of the answer to a question; None for what was pushed. `last` is then what is believed, and as of when.
        """
        known = self._of(quote.symbol)
        if horizon is not None and known.last is not None and known.last.at > horizon:
            known.made_at = None
        confirmed_at = _confirmed_at(known, quote, answered_at=answered_at, horizon=horizon)
        disorder = None if confirmed_at is not None else _out_of_order(known, quote, sequence)
        fault = _unsound(quote, horizon) or disorder or _late_news(known, quote, answered_at)
        fault = fault or _too_far(known, quote, answered_at=answered_at, horizon=horizon)
        if fault is not None:
            self._counts[fault] += 1
            return fault
        at = confirmed_at or quote.at
        if known.last is not None and known.made_at is not None:
            at = max(at, known.last.at)  # it may be news from before the answer that confirmed the last
        known.believe(quote, at=at, answered_at=answered_at)
        return None

    def _of(self, symbol: str) -> _Known:
        known = self._known.get(symbol)
        if known is None:
            known = self._known[symbol] = _Known()
        return known


def _unsound(quote: Quote, horizon: datetime | None) -> TickFault | None:
    """Say what is wrong with a quote by itself."""
    prices = (quote.bid, quote.ask, quote.last)
    if not all(price.is_finite() for price in prices):
        return TickFault.NOT_A_NUMBER
    if min(prices) <= 0:
        return TickFault.NOT_POSITIVE
    if max(prices) > _HIGHEST or min(prices) < _LOWEST:
        return TickFault.OUT_OF_RANGE
    if quote.bid >= quote.ask:  # orders at one price would have met: such a book does not exist
        return TickFault.CROSSED
    return TickFault.FUTURE if horizon is not None and quote.at > horizon else None


def _out_of_order(known: _Known, quote: Quote, sequence: int | None) -> TickFault | None:
    """Say whether a quote belongs before one that is here already, or others are missing before it."""
    if sequence is not None:
        before, known.sequence = known.sequence, sequence
        if before is not None and sequence <= before:
            known.sequence = before
            return TickFault.REPEATED if sequence == before else TickFault.OLD
        known.is_lost = known.is_lost or (before is not None and sequence != before + 1)
        if known.is_lost:
            return TickFault.SEQUENCE_GAP
    if known.made_at is None or quote.at > known.made_at:
        return None
    return TickFault.REPEATED if quote.at == known.made_at else TickFault.OLD


def _confirmed_at(
    known: _Known, quote: Quote, *, answered_at: datetime | None, horizon: datetime | None
) -> datetime | None:
    """Return as of when an answer of now confirms a price; None where it does not.

    It says again what is believed, or it says of the same time what the answer before it said.
    """
    last = known.last
    if answered_at is None or last is None or quote.at != known.made_at or answered_at <= last.at or known.is_lagging:
        return None
    if known.seen_at is not None and answered_at - known.seen_at <= _APART:
        return None
    if horizon is not None and answered_at > horizon:
        return None
    told, known.told, known.heard_at = known.told, quote, answered_at
    is_said_again = _prices(quote) == _prices(last) or (told is not None and _prices(told) == _prices(quote))
    lull = (answered_at - quote.at).total_seconds()
    if known.news < _NEWS:
        known.note_lull(lull, answered_at)
    is_usual = lull <= _LULLS * known.usual_lull(answered_at)
    return answered_at if is_said_again and is_usual else None


def _late_news(known: _Known, quote: Quote, answered_at: datetime | None) -> TickFault | None:
    """Say whether a quote shows that answers lag: it is newer than the last, and older than what confirmed that."""
    if known.last is None or known.made_at is None or quote.at <= known.made_at:
        return None
    if known.last.at - quote.at > _LAG:
        known.is_lagging = True
        return TickFault.OLD
    if answered_at is not None and answered_at - quote.at <= _LAG:
        known.is_lagging = False
    return None


def _prices(quote: Quote) -> tuple[Decimal, Decimal, Decimal]:
    return quote.bid, quote.ask, quote.last


def _too_far(
    known: _Known, quote: Quote, *, answered_at: datetime | None, horizon: datetime | None
) -> TickFault | None:
    """Say whether a quote is ten times the last, or a tenth of it, and not confirmed yet."""
    if known.last is None or not is_far(quote, known.last):
        return None
    now, spike = horizon or quote.at, known.spike
    if spike is None or now < spike.since or not spike.is_same_level(quote):
        spike = known.spike = Spike(since=now, quote=quote, said_at=quote.at)
    spike.take(quote, answered_at=answered_at)
    return None if spike.is_confirmed(now) else TickFault.SPIKE
