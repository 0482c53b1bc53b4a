"""Cross positions stand together: whether the account can still answer for them, and which one is closed first.

Isolated positions have a level of their own, which `domain.protection` holds against the mark. What answers for cross
positions moves with every one of them: on quotes it is looked at after everything else that the quote did, on bars at
the lowest and the highest mark of the bar. When it has fallen to what is needed, the position with the largest loss is
closed, at this very price if it is of this symbol, else at the next price of its own; then it is looked at again.
Nothing more is closed by force while such a close is on its way. Of a symbol that is reviewed the old mark counts, but
there is no price to close at: its positions are never picked, those of the others are.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from desktop_trader.domain.cross_margin import cross_health, cross_liquidation_price, cross_positions
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.market import Bar, Quote
from desktop_trader.domain.order import Direction, OrderReason, OrderType
from desktop_trader.domain.portfolio import Portfolio
from desktop_trader.domain.position import Position
from desktop_trader.domain.protection import ProtectiveHit
from desktop_trader.engine.bookkeeper import Bookkeeper, Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class ForcedClose:
    """The position that is closed first, and how; `hit` is None where the next price of its symbol closes it."""

    position: Position
    hit: ProtectiveHit | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Calm:
    """Between these marks of one symbol nothing is due while the account stays as it is."""

    portfolio: Portfolio
    symbol: str
    low: Decimal | None
    high: Decimal | None

    def holds(self, portfolio: Portfolio, symbol: str, *, mark: Decimal) -> bool:
        if self.portfolio is not portfolio or self.symbol != symbol:
            return False
        return (self.low is None or mark > self.low) and (self.high is None or mark < self.high)


class LiquidationDesk:
    """Watches over the cross positions of one account. One thread."""

    def __init__(self, books: Bookkeeper, desk: Desk, instruments: Mapping[str, Instrument]) -> None:
        """Look at the account of these books, at its own marks."""
        self._books = books
        self._marks = desk.marks
        self._gate = desk.gate
        self._instruments = instruments
        self._calm: _Calm | None = None

    def due_at_quote(self, quote: Quote) -> ForcedClose | None:
        """Return what is closed by force now, at a quote that is the newest mark of its symbol; None while all is well.

        Where all cross positions are of one symbol, as mostly, a mark inside of the safe range costs two comparisons.
        """
        portfolio, mark = self._books.portfolio, quote.mark_price
        if self._calm is not None and self._calm.holds(portfolio, quote.symbol, mark=mark):
            return None
        position = self._first_to_close(portfolio, self._marks.mark)
        if position is None:
            self._calm = self._range_of(portfolio, quote.symbol)
            return None
        if position.symbol != quote.symbol:
            return ForcedClose(position=position, hit=None)
        leaves_at = quote.bid if position.direction is Direction.LONG else quote.ask
        return ForcedClose(position=position, hit=_hit(leaves_at, level=mark))

    def due_in_bar(self, bar: Bar, mark_bar: Bar | None) -> ForcedClose | None:
        """Return what is closed by force first inside a bar; ask again when that is done.

        A position of this symbol is closed where the account falls short, or at the price of the bar nearest to it;
        at the open of a bar that opens beyond.
        """
        portfolio, marks = self._books.portfolio, mark_bar or bar
        if not any(each.symbol == bar.symbol for each in cross_positions(portfolio)):
            return None
        for extreme, falling in ((marks.open, None), (marks.low, Direction.LONG), (marks.high, Direction.SHORT)):
            position = self._first_to_close(portfolio, self._with(bar.symbol, extreme))
            if position is None:
                continue
            if position.symbol != bar.symbol:
                return ForcedClose(position=position, hit=None)
            level = None if falling is None else self._ends(portfolio, bar.symbol).get(falling)
            trigger = bar.open if level is None else min(max(level, bar.low), bar.high)
            return ForcedClose(position=position, hit=_hit(trigger, level=level or extreme))
        return None

    def _first_to_close(self, portfolio: Portfolio, marks: Callable[[str], Decimal | None]) -> Position | None:
        frozen = self._gate.reviewed
        health = cross_health(portfolio, marks, instruments=self._instruments, frozen=frozen)
        if health is None or not health.is_liquidated or health.first_to_close is None:
            return None
        held = {position.id for position in cross_positions(portfolio) if position.symbol not in frozen}
        for order in portfolio.orders.values():
            if order.reason is OrderReason.LIQUIDATION and order.position_id in held:
                return None
        return portfolio.positions[health.first_to_close]

    def _with(self, symbol: str, mark: Decimal) -> Callable[[str], Decimal | None]:
        return lambda each: mark if each == symbol else self._marks.mark(each)

    def _range_of(self, portfolio: Portfolio, symbol: str) -> _Calm | None:
        """Return the marks between which nothing happens; None where other symbols have a say, or nobody knows."""
        held = cross_positions(portfolio)
        if not held or any(each.symbol != symbol for each in held):
            return None
        ends = self._ends(portfolio, symbol)
        low, high = ends.get(Direction.LONG), ends.get(Direction.SHORT)
        if len(ends) > 1 and (low is None or high is None):
            return None  # What one lot loses the other earns: the end may lie on either side.
        return _Calm(portfolio=portfolio, symbol=symbol, low=low, high=high)

    def _ends(self, portfolio: Portfolio, symbol: str) -> dict[Direction, Decimal | None]:
        """Return where the account falls short if only this symbol moves, against longs and against shorts of it."""
        ends: dict[Direction, Decimal | None] = {}
        for position in cross_positions(portfolio):
            if position.symbol == symbol and position.direction not in ends:
                ends[position.direction] = cross_liquidation_price(
                    portfolio, position, marks=self._marks.mark, instruments=self._instruments
                )
        return ends


def _hit(trigger: Decimal, *, level: Decimal) -> ProtectiveHit:
    return ProtectiveHit(type=OrderType.STOP_LOSS, reason=OrderReason.LIQUIDATION, trigger_price=trigger, level=level)
