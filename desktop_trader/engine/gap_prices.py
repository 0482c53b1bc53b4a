"""Which symbols have had no price since trading went on: what their first one fills is flagged as a gap.

Between an outage and that price nobody looked: whatever it hits is filled at it, not at the level that was wanted.
"""

from collections.abc import Collection
from decimal import Decimal

from desktop_trader.domain.market import Bar
from desktop_trader.domain.order import Order
from desktop_trader.domain.portfolio import Portfolio
from desktop_trader.domain.protection import reaches_trigger


class GapPrices:
    """The symbols of one account that wait for their first price, and what stood in the gap. One thread."""

    __slots__ = ("_now", "_opened", "_orders", "_positions", "waiting")

    def __init__(self) -> None:
        """Begin without a gap."""
        self.waiting: set[str] = set()
        self._orders: frozenset[int] = frozenset()
        self._positions: frozenset[int] = frozenset()
        self._now = ""
        self._opened: Decimal | None = None

    def open(self, portfolio: Portfolio) -> None:
        """Trading goes on, and everything that is held or ordered has had no price since."""
        lots = [*portfolio.positions.values()], [*portfolio.orders.values()]
        self._positions, self._orders = (frozenset(each.id for each in kind) for kind in lots)
        self.waiting = {each.symbol for kind in lots for each in kind}

    def reopen(self, portfolio: Portfolio, symbols: Collection[str]) -> None:
        """These symbols have had no price for a while; the others wait for what they waited for."""
        lots = [*portfolio.positions.values()], [*portfolio.orders.values()]
        positions, orders = (frozenset(each.id for each in kind if each.symbol in symbols) for kind in lots)
        self._positions, self._orders = self._positions | positions, self._orders | orders
        self.waiting |= {each.symbol for kind in lots for each in kind if each.symbol in symbols}

    def begin(self, symbol: str) -> None:
        """Every fill is at the first price now: a quote, or the open of a bar."""
        self._now, self._opened = symbol, None

    def begin_range(self, bar: Bar) -> None:
        """Fills are somewhere inside the first bar now."""
        self._now, self._opened = bar.symbol, bar.open

    def end(self) -> None:
        """The first price of a symbol has done what it does."""
        self.waiting.discard(self._now)
        self._now = ""

    def is_gap(self, order: Order) -> bool:
        """Say whether a fill of this order now is at the first price after a gap that it or its position stood in."""
        if order.symbol != self._now:
            return False
        if order.id not in self._orders and not (order.is_exit and order.position_id in self._positions):
            return False
        if self._opened is None:
            return True
        # Of what fills inside a bar, only what its open has gone beyond already is filled at that open.
        return order.trigger_price is not None and reaches_trigger(order, self._opened)
