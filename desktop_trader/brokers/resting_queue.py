"""The place of a limit order among those that wait at the same price.

Who comes to rest stands behind the size that the book shows at that price; at a price beyond what the book shows,
behind as much as its last level holds. What the other side shows at the price goes to the queue in front first, then to
the order: at every quote once, because sellers at a price have met everybody who bid it. What an order got is taken
(`book_walk`). Own orders at one price share that queue, the oldest first. A price beyond that of the order ends its
queue: nobody is before it any more (`quote_fills`).
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from desktop_trader.brokers.waiting import Waiting
from desktop_trader.domain.market import OrderBook
from desktop_trader.domain.money import ZERO, floor_to_step
from desktop_trader.domain.order import OrderSide


def size_ahead(book: OrderBook | None, side: OrderSide, *, price: Decimal) -> Decimal:
    """Return what waits before an order that comes to rest at a price; zero where nothing is known of it."""
    if book is None:
        return ZERO
    levels = book.bids if side is OrderSide.BUY else book.asks
    for level in levels:
        if level.price == price:
            return level.size
    if not levels:
        return ZERO
    last = levels[-1]
    is_deeper = price < last.price if side is OrderSide.BUY else price > last.price
    return last.size if is_deeper else ZERO


def let_through(resting: Sequence[Waiting], size: Decimal, *, at: datetime) -> Decimal:
    """Let `size` > 0 come to a price at a time, and return how much of it the orders that rest there get.

    They have their turn oldest first, each for what the queue before it leaves; none twice at one time.
    """
    granted = ZERO
    for each in resting:
        if each.seen_at == at:
            continue
        each.seen_at = at
        had = min(each.remaining, max(ZERO, size - granted - each.ahead))
        each.credit = floor_to_step(had, each.instrument.lot_size)
        each.ahead = max(ZERO, each.ahead - (size - granted))
        granted += each.credit
    return granted
