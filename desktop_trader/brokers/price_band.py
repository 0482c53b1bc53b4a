"""Between which prices nothing happens: so that most quotes cost a comparison each, however many orders rest.

Every order says at which price of its side it wants to be looked at next, and when (`Reach`). A quote that is out of
everybody's reach (`PriceBand`) is passed over; of any other one only those are looked at whose reach it is in.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from desktop_trader.brokers.trails import level_of
from desktop_trader.brokers.waiting import Waiting
from desktop_trader.domain.market import Quote
from desktop_trader.domain.money import CONTEXT
from desktop_trader.domain.order import OrderSide, OrderType

_LOWEST, _HIGHEST = Decimal("-Infinity"), Decimal("Infinity")
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Reach:
    """An order sleeps while the price of its side is between `low` and `high`, and until `wakes_at`."""

    buys: bool
    low: Decimal
    high: Decimal
    wakes_at: datetime

    def is_missed_by(self, quote: Quote) -> bool:
        """Say whether a quote leaves the order asleep."""
        return self.low < (quote.ask if self.buys else quote.bid) < self.high and quote.at < self.wakes_at


class PriceBand:
    """What is out of the reach of all orders of one symbol."""

    __slots__ = ("high_ask", "high_bid", "low_ask", "low_bid", "wakes_at")

    def __init__(self, reaches: Iterable[Reach]) -> None:
        """Draw the band that leaves all these orders asleep."""
        self.low_bid = self.low_ask = _LOWEST
        self.high_bid = self.high_ask = _HIGHEST
        self.wakes_at = _NEVER
        for each in reaches:
            self.wakes_at = min(self.wakes_at, each.wakes_at)
            if each.buys:
                self.low_ask, self.high_ask = max(self.low_ask, each.low), min(self.high_ask, each.high)
            else:
                self.low_bid, self.high_bid = max(self.low_bid, each.low), min(self.high_bid, each.high)

    def is_missed_by(self, quote: Quote) -> bool:
        """Say whether nothing happens at a quote."""
        return (
            self.low_ask < quote.ask < self.high_ask
            and self.low_bid < quote.bid < self.high_bid
            and quote.at < self.wakes_at
        )


def reach_of(waiting: Waiting) -> Reach:
    """Return when an order wants to be looked at next, as it stands now."""
    order = waiting.order
    low, high, wakes_at = _LOWEST, _HIGHEST, order.expires_at or _NEVER
    if order.type.has_trigger and not waiting.is_triggered:
        edges = _edges_of_trigger(waiting)
    elif waiting.joined is None or waiting.credit > 0 or order.limit_price is None:
        edges = None
    else:
        is_below = order.side is OrderSide.BUY
        edges = (order.limit_price, _HIGHEST) if is_below else (_LOWEST, order.limit_price)
    if edges is None:  # It waits for no price, but for its time.
        wakes_at = min(wakes_at, waiting.due_at)
    else:
        low, high = edges
    return Reach(order.side is OrderSide.BUY, low, high, wakes_at)


def _edges_of_trigger(waiting: Waiting) -> tuple[Decimal, Decimal] | None:
    """Between which prices a trigger sleeps; None where every price has to be looked at."""
    order, trail = waiting.order, waiting.trail
    sells, trigger = order.side is OrderSide.SELL, order.trigger_price
    is_trail = order.type is OrderType.TRAILING_STOP
    if is_trail and trail is not None:
        level = level_of(waiting, trail.best)
        # A price that equals the best one moves nothing: the edge is the next price there is beyond it.
        if sells:
            return level, trail.best.next_plus(CONTEXT)
        return trail.best.next_minus(CONTEXT), level
    if trigger is None or waiting.is_liquidation:
        return None
    lies_below = not sells if is_trail else sells == order.type.is_stop
    return (trigger, _HIGHEST) if lies_below else (_LOWEST, trigger)
