"""Whether prices have been stable for long enough: uninterrupted, with fresh ticks of everything needed, no jumps."""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

from desktop_trader.settings import PauseSettings

FRESH_TICKS = 3
"""So many of every needed symbol, at least."""
_HUNDRED = Decimal(100)

Book = tuple[Decimal, Decimal]
"""The best bid and the best ask."""


class Stability:
    """One attempt at becoming stable; `began_at` is None while there is none. Times are monotonic seconds."""

    def __init__(self, settings: PauseSettings) -> None:
        """Stand still."""
        self.needed_seconds = float(settings.stable_for)
        self._cap = float(settings.stable_cap)
        self._jump = settings.jump_percent / _HUNDRED
        self._ticks: Counter[str] = Counter()
        self._prices: dict[str, Decimal] = {}
        self._books: dict[str, Book] = {}
        self.began_at: float | None = None

    def begin(self, now: float) -> None:
        """Count from zero."""
        self.stop()
        self.began_at = now

    def stop(self) -> None:
        """Forget what was counted."""
        self.began_at = None
        self._ticks.clear()
        self._prices.clear()
        self._books.clear()

    def count(self, symbol: str) -> None:
        """Take a fresh tick."""
        self._ticks[symbol] += 1

    def jump(self, symbol: str, price: Decimal, *, book: Book | None = None) -> bool:
        """Take a price, with its bid and ask if it has them; say whether it lies too far from the one before it.

        Orders are filled at the bid and the ask: either may move between what both were, but not far beyond.
        """
        before = self._prices.get(symbol)
        self._prices[symbol] = price
        is_jump = before is not None and abs(price - before) > before * self._jump
        if book is None:
            return is_jump
        old = self._books.get(symbol)
        self._books[symbol] = book
        return is_jump or (old is not None and self._is_far(old, book))

    def _is_far(self, old: Book, new: Book) -> bool:
        lowest, highest = old[0] * (1 - self._jump), old[1] * (1 + self._jump)
        return min(new) < lowest or max(new) > highest

    def seconds(self, now: float) -> float:
        """Return for how long everything has been stable."""
        return 0.0 if self.began_at is None else now - self.began_at

    def lacking(self, needed: Iterable[str]) -> tuple[str, ...]:
        """Return the needed symbols that have not ticked often enough."""
        return tuple(symbol for symbol in needed if self._ticks[symbol] < FRESH_TICKS)

    def is_reached(self, now: float, needed: Iterable[str]) -> bool:
        """Say whether it is long enough, and of every needed symbol."""
        return self.began_at is not None and self.seconds(now) >= self.needed_seconds and not self.lacking(needed)

    def is_given_up(self, now: float) -> bool:
        """Say whether this attempt takes too long."""
        return self.seconds(now) >= self._cap

    def deadline(self, now: float) -> float:
        """Return when to look again: at the end of the time needed, then of the time allowed."""
        began = now if self.began_at is None else self.began_at
        reached = began + self.needed_seconds
        return reached if now < reached else began + self._cap
