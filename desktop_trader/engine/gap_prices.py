"""Which symbols have had no price since trading went on: what their first one fills is flagged as a gap.

Between an outage and that price nobody looked: whatever it hits is filled at it, not at the level that was wanted.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from desktop_trader.domain.market import Bar
from desktop_trader.domain.order import Order
from desktop_trader.domain.portfolio import Portfolio
from desktop_trader.domain.protection import reaches_trigger


class GapPrices:
    """The symbols of one account that wait for their first price. One thread."""

    __slots__ = ("_now", "_opened", "_since", "waiting")

    def __init__(self) -> None:
        """Begin without a gap."""
        self.waiting: set[str] = set()
        self._since: datetime | None = None
        self._now = ""
        self._opened: Decimal | None = None

    def open(self, symbols: Iterable[str], *, at: datetime) -> None:
        """Trading goes on at `at`, and these symbols have had no price since."""
        self.waiting = set(symbols)
        self._since = at

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

    def is_gap(self, order: Order, portfolio: Portfolio) -> bool:
        """Say whether a fill of this order now is at the first price after a gap that it or its position stood in."""
        since = self._since
        if order.symbol != self._now or since is None:
            return False
        position = portfolio.positions.get(order.position_id or 0) if order.is_exit else None
        if (order.created_at if position is None else position.opened_at) > since:
            return False
        if self._opened is None:
            return True
        # Of what fills inside a bar, only what its open has gone beyond already is filled at that open.
        return order.trigger_price is not None and reaches_trigger(order, self._opened)
