"""Between which prices nothing happens: so that most quotes cost a comparison each, however many orders rest.

Every order says at which bid or ask it wants to be looked at next, and when. A quote inside all of that is passed over;
any other one is shown to the orders, and the band is drawn anew.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal

from desktop_trader.brokers.trails import trail_level
from desktop_trader.brokers.waiting import Waiting
from desktop_trader.domain.market import Quote
from desktop_trader.domain.money import CONTEXT
from desktop_trader.domain.order import OrderSide, OrderType

_LOWEST, _HIGHEST = Decimal("-Infinity"), Decimal("Infinity")
_NEVER = datetime.max.replace(tzinfo=UTC)


class PriceBand:
    """The band of one symbol. At its edges, and from `wakes_at` on, orders want to be looked at."""

    __slots__ = ("high_ask", "high_bid", "low_ask", "low_bid", "wakes_at")

    def __init__(self, orders: Iterable[Waiting]) -> None:
        """Draw the band that leaves all these orders in peace."""
        self.low_bid = self.low_ask = _LOWEST
        self.high_bid = self.high_ask = _HIGHEST
        self.wakes_at = _NEVER
        for each in orders:
            self._heed(each)

    def is_quiet(self, quote: Quote) -> bool:
        """Say whether nothing happens at a quote."""
        return (
            self.low_ask < quote.ask < self.high_ask
            and self.low_bid < quote.bid < self.high_bid
            and quote.at < self.wakes_at
        )

    def _heed(self, waiting: Waiting) -> None:
        order = waiting.order
        if order.expires_at is not None and order.expires_at < self.wakes_at:
            self.wakes_at = order.expires_at
        if order.type.has_trigger and not order.is_triggered:
            self._heed_trigger(waiting)
        elif waiting.joined is None or waiting.credit > 0 or order.limit_price is None:
            self._wake(waiting)
        else:
            self._edge(order.side, order.limit_price, is_below=order.side is OrderSide.BUY)

    def _heed_trigger(self, waiting: Waiting) -> None:
        order, trail = waiting.order, waiting.trail
        sells = order.side is OrderSide.SELL
        if waiting.is_liquidation:
            self._wake(waiting)
        elif order.type is not OrderType.TRAILING_STOP:
            if order.trigger_price is None:
                self._wake(waiting)
            else:
                self._edge(order.side, order.trigger_price, is_below=sells == order.type.is_stop)
        elif trail is not None:
            self._edge(order.side, trail_level(waiting, trail.best), is_below=sells)
            # A price that equals the best one moves nothing: the edge is the next price there is beyond it.
            beyond = trail.best.next_plus(CONTEXT) if sells else trail.best.next_minus(CONTEXT)
            self._edge(order.side, beyond, is_below=not sells)
        elif order.trigger_price is None:
            self._wake(waiting)
        else:
            self._edge(order.side, order.trigger_price, is_below=not sells)

    def _wake(self, waiting: Waiting) -> None:
        """Look at every quote from the moment on at which the order is due."""
        self.wakes_at = min(self.wakes_at, waiting.due_at)

    def _edge(self, side: OrderSide, price: Decimal, *, is_below: bool) -> None:
        if side is OrderSide.BUY:
            if is_below:
                self.low_ask = max(self.low_ask, price)
            else:
                self.high_ask = min(self.high_ask, price)
        elif is_below:
            self.low_bid = max(self.low_bid, price)
        else:
            self.high_bid = min(self.high_bid, price)
