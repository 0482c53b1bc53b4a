"""A second set of books, as plain as can be: whole numbers, dictionaries and fractions, written from BOOKS.md alone.

Shares no code with the package. Money is counted in 10^-8 of the currency, prices in cents, quantities in 10^-5; one
account on one linear contract at leverage 1, as its orders by hand have it.
"""

from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor

_UNITS = 10
"""A price times a quantity is counted in 10^-7; ten times that is counted as money."""
MAKER, TAKER = Fraction(5, 10_000), Fraction(1, 1_000)
MAINTENANCE = LIQUIDATION = Fraction(5, 1_000)
MINIMUM = 5 * 10**8


@dataclass
class PlainOrder:
    """An order that waits. `limit` None is a market order; `closes` names the position that an exit leaves.

    A limit order takes what the market shows when it arrives; one that rested is filled at its limit, as a maker.
    """

    number: int
    buys: bool
    quantity: int
    reserve: int = 0
    limit: int | None = None
    closes: int = 0
    stop: int | None = None
    target: int | None = None
    worst: int | None = None
    is_triggered: bool = False
    is_new: bool = True
    has_rested: bool = False
    is_forced: bool = False


@dataclass
class PlainPosition:
    """An open position."""

    number: int
    is_long: bool
    quantity: int
    price: int
    stop: int | None
    target: int | None

    @property
    def margin(self) -> int:
        """At leverage 1 all that it cost."""
        return self.quantity * self.price * _UNITS


@dataclass
class PlainBooks:
    """The account. Every method returns whether it did what was asked; if not, nothing has changed."""

    total: int
    deposits: int = 0
    withdrawals: int = 0
    earned: int = 0
    runs: int = 1
    orders: dict[int, PlainOrder] = field(default_factory=dict)
    positions: dict[int, PlainPosition] = field(default_factory=dict)
    imported: set[str] = field(default_factory=set)
    bid: int = 0
    ask: int = 0
    next_order: int = 1
    next_position: int = 1

    @property
    def locked(self) -> int:
        """Margins of what is open and reserves of what waits."""
        margins = sum(position.margin for position in self.positions.values())
        return margins + sum(order.reserve for order in self.orders.values())

    @property
    def available(self) -> int:
        """What is not locked."""
        return self.total - self.locked

    def move(self, change: int, *, kind: str) -> bool:
        """Put money in (+) or take it out (-)."""
        if change == 0 or self.available + change < 0:
            return False
        self.total += change
        if kind == "deposit":
            self.deposits += change
        elif kind == "withdrawal":
            self.withdrawals -= change
        return True

    def take_over(self, new_total: int, content: str) -> bool:
        """Import a total, once for each content."""
        if content in self.imported or not self.move(new_total - self.total, kind="import"):
            return False
        self.imported.add(content)
        return True

    def reset(self, start: int) -> bool:
        """End the run and begin another, with nothing open."""
        if self.positions or self.orders or start <= 0:
            return False
        self.total = start
        self.runs += 1
        return True

    def enter(self, buys: bool, quantity: int, *, limit: int | None, stop: int | None, target: int | None) -> bool:
        """Place an entry: its margin and taker's fee are locked at its limit, or at what it would pay now."""
        price = limit if limit is not None else (self.ask if buys else self.bid)
        if price <= 0 or quantity <= 0:
            return False
        value = quantity * price * _UNITS
        if value < MINIMUM or not self._protects(buys, price, stop, target):
            return False
        reserve = value + ceil(value * TAKER)
        if reserve > self.available:
            return False
        self._place(PlainOrder(self.next_order, buys, quantity, reserve, limit=limit, stop=stop, target=target))
        return True

    def _protects(self, buys: bool, price: int, stop: int | None, target: int | None) -> bool:
        sign = 1 if buys else -1
        stop_is_fine = stop is None or (stop > 0 and (price - stop) * sign > 0)
        return stop_is_fine and (target is None or (target > 0 and (target - price) * sign > 0))

    def cancel(self, number: int) -> bool:
        """End an order; its reserve is free again."""
        return self.orders.pop(number, None) is not None

    def close(self, number: int) -> bool:
        """Leave a position at the market, unless it is being left already."""
        position = self.positions.get(number)
        if position is None or any(order.closes == number for order in self.orders.values()):
            return False
        self._leave(position, is_triggered=False)
        return True

    def quote(self, bid: int, ask: int) -> None:
        """The next price: first what it hits is left, then it is traded on, the oldest order first."""
        self.bid, self.ask = bid, ask
        for order in self.orders.values():
            order.is_new = False
        for position in list(self.positions.values()):
            is_left = any(order.closes == position.number for order in self.orders.values())
            if not is_left and self._is_hit(position):
                self._leave(position, is_triggered=True, is_forced=self._is_forced(position))
        while any(self._trade(order) for order in sorted(self.orders.values(), key=lambda each: each.number)):
            pass

    def _is_hit(self, position: PlainPosition) -> bool:
        if position.is_long:
            price, stop = self.bid, position.stop
            return (stop is not None and price <= stop) or (position.target is not None and price >= position.target)
        is_stopped = position.stop is not None and self.ask >= position.stop
        is_at_target = position.target is not None and self.ask <= position.target
        return self._is_forced(position) or is_stopped or is_at_target

    def _is_forced(self, position: PlainPosition) -> bool:
        """The mark is at the level of a liquidation, and no stop that lies nearer is hit."""
        if position.is_long or self.bid < self._forced(position):  # the last price is the bid here, and the mark
            return False
        stop = position.stop
        return stop is None or stop > self._forced(position) or self.ask < stop

    def _forced(self, short: PlainPosition) -> int:
        """Where a short is liquidated: what is left of its margin is the maintenance margin."""
        return floor(
            Fraction(short.margin + short.quantity * short.price * _UNITS, short.quantity * _UNITS) / (1 + MAINTENANCE)
        )

    def _leave(self, position: PlainPosition, *, is_triggered: bool, is_forced: bool = False) -> None:
        worst = None
        if not position.is_long:
            # No exit costs more than the margin, fee included.
            most = Fraction(2 * position.margin, position.quantity * _UNITS)
            worst = floor(most if is_forced else most / (1 + TAKER))
        self._place(
            PlainOrder(
                self.next_order,
                not position.is_long,
                position.quantity,
                closes=position.number,
                worst=worst,
                is_triggered=is_triggered,
                is_forced=is_forced,
            )
        )

    def _place(self, order: PlainOrder) -> None:
        order.is_new = not order.is_triggered
        self.orders[order.number] = order
        self.next_order += 1

    def _trade(self, order: PlainOrder) -> bool:
        price = self.ask if order.buys else self.bid
        if order.is_new:
            return False
        is_maker = order.has_rested
        if order.limit is not None:
            if price > order.limit if order.buys else price < order.limit:
                order.has_rested = True
                return False
            price = order.limit if is_maker else price
        del self.orders[order.number]
        if order.worst is not None:
            price = min(price, order.worst)
        value = order.quantity * price * _UNITS
        fee = ceil(value * (MAKER if is_maker else TAKER))
        if order.is_forced:
            # What is left of the margin pays for it, and no more than that.
            short = self.positions[order.closes]
            left = short.margin - (price - short.price) * short.quantity * _UNITS
            fee = min(ceil(value * LIQUIDATION), left)
        if order.closes:
            self._book_exit(self.positions.pop(order.closes), price, fee)
        elif value + fee <= self.available:
            self._book_entry(order, price, fee)
        return True

    def _book_entry(self, order: PlainOrder, price: int, fee: int) -> None:
        self.total -= fee
        self.earned -= fee
        self.positions[self.next_position] = PlainPosition(
            self.next_position, order.buys, order.quantity, price, order.stop, order.target
        )
        self.next_position += 1

    def _book_exit(self, position: PlainPosition, price: int, fee: int) -> None:
        sign = 1 if position.is_long else -1
        profit = (price - position.price) * position.quantity * _UNITS * sign
        self.total += profit - fee
        self.earned += profit - fee
