"""How old every price is at this moment, from what the market's connection said last; one for all views.

The age of a price is the time since the market made it. Between two snapshots it goes on by this computer's monotonic
clock, so that a price turns stale also when nothing comes any more. GUI thread only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal

if TYPE_CHECKING:  # the first paint does not wait for the classes of messages
    from desktop_trader.domain.market import Quote
    from desktop_trader.messages.network import NetworkView, SymbolAge

_LOOK_MS = 1_000
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Staleness:
    """Why a figure may not be believed any more: its price's age, None when nobody knows it, and when it was made."""

    age_seconds: float | None
    since: datetime | None

    @property
    def text(self) -> str:
        """The age in short words, as it stands behind a figure."""
        return "age unknown" if self.age_seconds is None else age_text(self.age_seconds)


class PriceAges(QObject):
    """`changed` comes at most once a second, and when a price becomes stale or fresh again."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._view: NetworkView | None = None
        self._ages: dict[str, SymbolAge] = {}
        self._made_at: dict[str, datetime] = {}
        self._since_view = QElapsedTimer()
        self._told: tuple[object, ...] = ()
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._look)

    def take(self, view: NetworkView | None, quotes: Iterable[Quote] = ()) -> None:
        """Count from a newer view on; None while nothing is known.

        Where the view does not say when a price was made, as before the first one of this start, its quote does.
        """
        if view is self._view:
            return
        self._view = view
        self._made_at = {quote.symbol: quote.at for quote in quotes}
        self._ages = {} if view is None else {each.symbol: each for each in view.ages}
        self._since_view.start()
        if view is not None and not self._timer.isActive():
            self._timer.start()
        self._look()

    @property
    def seconds_since_view(self) -> float:
        """How long ago the newest view came; what counts down in it goes on from there."""
        return self._since_view.elapsed() / 1000 if self._since_view.isValid() else 0.0

    def seconds_of(self, symbol: str) -> float | None:
        """Return how old the newest price of a symbol is; None while nobody knows."""
        age = self._ages.get(symbol)
        made_at = None if age is None else self._made(age)
        if self._view is None or made_at is None:
            return None
        return max(0.0, (self._view.at - made_at).total_seconds()) + self.seconds_since_view

    def staleness_of(self, symbols: Iterable[str]) -> Staleness | None:
        """Return the oldest of these symbols' prices that is past its limit; None while all may be believed."""
        stale = [found for symbol in symbols if (found := self._stale(symbol)) is not None]
        return max(stale, key=lambda each: float("inf") if each.age_seconds is None else each.age_seconds, default=None)

    def _stale(self, symbol: str) -> Staleness | None:
        age = self._ages.get(symbol)
        if age is None:
            return None
        seconds = self.seconds_of(symbol)
        if age.is_stale and age.received_at is None and seconds is not None and seconds <= age.limit_seconds:
            return None  # This start has not heard of it yet, but its last price is no older than it may be.
        if not age.is_stale and (seconds is None or seconds <= age.limit_seconds):
            return None
        return Staleness(age_seconds=seconds, since=self._made(age))

    def _made(self, age: SymbolAge) -> datetime | None:
        return age.source_at or age.received_at or self._made_at.get(age.symbol)

    def _look(self) -> None:
        stale = ((symbol, self._stale(symbol)) for symbol in self._ages)
        told = tuple((symbol, found.text) for symbol, found in stale if found is not None)
        if told != self._told:
            self._told = told
            self.changed.emit()


def age_text(seconds: float) -> str:
    """Write an age in its largest unit: `14 s`, `5 min`, `2 h`, `3 d`."""
    whole = int(seconds)
    for unit, name in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if whole >= unit:
            return f"{whole // unit} {name}"
    return f"{whole} s"
