"""How far the trailing stops of open positions have come: the best price that each could have been left at.

A trailing stop stands `trail_percent` behind the best price since the position was opened, or since it was told to
follow, and never goes back. How far that is cannot be read from the books alone: it is a ratchet, stored with every
commit and checkpoint beside them. On quotes the price that counts is the one that leaving would get (a long's bid, a
short's ask), and it moves the stop before it is held against it. On bars a stop is held against the range where it
stood before the bar, and only then follows the bar's extreme: nobody knows which of the two came first.
"""

from collections.abc import Mapping
from decimal import Decimal

from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.market import Bar
from desktop_trader.domain.money import canonical
from desktop_trader.domain.order import Direction
from desktop_trader.domain.position import Position
from desktop_trader.domain.protection import trailing_stop
from desktop_trader.engine.bookkeeper import Bookkeeper

_RATCHET = "position:"


class Trails:
    """The best price of every position of one account that trails. One thread."""

    def __init__(self, books: Bookkeeper) -> None:
        """Go on where the last commit on this market left them."""
        self._books = books
        self._best: dict[int, Decimal] = {
            int(key.removeprefix(_RATCHET)): Decimal(value)
            for key, value in books.stored_ratchets.items()
            if key.startswith(_RATCHET)
        }
        books.ratchet_sources.append(self._ratchets)

    def best_of(self, position: Position) -> Decimal:
        """Return the best price of a position so far: its entry price, before it was looked at."""
        best = self._best.get(position.id)
        return position.entry_price if best is None else best

    def stop_of(self, position: Position, instrument: Instrument) -> Decimal | None:
        """Return where a trailing stop stands now; None for a position that does not trail."""
        if position.trail_percent is None:
            return None
        return trailing_stop(position, self.best_of(position), instrument=instrument)

    def follow(self, position: Position, price: Decimal, *, instrument: Instrument) -> None:
        """Take a price that the position could be left at: the stop follows where it is better than any before."""
        if position.trail_percent is None:
            return
        is_long = position.direction is Direction.LONG
        best = self._best.get(position.id)
        if best is None:  # The average of several fills may have no end; a tick is as near as a stop can be.
            entry = position.entry_price
            best = instrument.round_price_up(entry) if is_long else instrument.round_price_down(entry)
        self._best[position.id] = max(best, price) if is_long else min(best, price)

    def follow_bar(self, position: Position, bar: Bar, *, instrument: Instrument) -> None:
        """Take the best price of a bar that is over; of the bar that it was entered inside of, nothing counts."""
        if not (position.entered_within_bar and position.opening_bar_at == bar.opened_at):
            self.follow(position, bar.high if position.direction is Direction.LONG else bar.low, instrument=instrument)

    def begin(self, position: Position, price: Decimal) -> None:
        """Let a position trail from this price on, whatever was before."""
        self._best[position.id] = price

    def forget(self, position_id: int) -> None:
        """It trails no more."""
        self._best.pop(position_id, None)

    def _ratchets(self) -> Mapping[str, str]:
        """Return what has to be stored, and forget positions that are closed."""
        if not self._best:
            return {}
        open_ones = self._books.portfolio.positions
        for position_id in [each for each in self._best if each not in open_ones]:
            del self._best[position_id]
        return {f"{_RATCHET}{position_id}": canonical(best) for position_id, best in self._best.items()}
