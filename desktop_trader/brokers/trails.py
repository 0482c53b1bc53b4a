"""Trailing stops: a trigger that follows the best price at a distance and never goes back.

One that sells follows the bid upwards, one that buys the ask downwards, from its activation price on where it has one.
The level is the best price less (buying: plus) the distance, rounded to the tick towards the best price: the side that
acts earlier.

On bars it is not known what came first. So the level is checked with the best price from before the bar and its open,
which surely came first; what the bar itself reached counts from the next one on. An activation inside a bar too.
"""

from decimal import Decimal

from desktop_trader.brokers.waiting import Trail, Waiting
from desktop_trader.domain.errors import InvariantError
from desktop_trader.domain.market import Bar
from desktop_trader.domain.order import OrderSide
from desktop_trader.domain.protection import trail_level


def level_of(waiting: Waiting, best: Decimal) -> Decimal:
    """Return where the stop stands for a best price so far.

    Raises:
        InvariantError: the order has no distance to follow at.
    """
    order = waiting.order
    if order.trail_percent is None:
        raise InvariantError(f"order {order.id} trails at no distance")
    return trail_level(best, order.trail_percent, side=order.side, instrument=waiting.instrument)


def follow(waiting: Waiting, price: Decimal) -> bool:
    """Let a trailing stop see one price and say whether it has reached the level."""
    trail = waiting.trail
    if trail is None:
        if _is_activated(waiting, price):
            waiting.trail = Trail(price)
        return False
    trail.best = _better(waiting, trail.best, price)
    return is_at_level(waiting, price)


def is_at_level(waiting: Waiting, price: Decimal) -> bool:
    """Say whether a price has fallen back to the level; never before the trail is active."""
    if waiting.trail is None:
        return False
    level = level_of(waiting, waiting.trail.best)
    return price <= level if waiting.order.side is OrderSide.SELL else price >= level


def begin_bar(waiting: Waiting, bar: Bar) -> bool:
    """Let what the bar before reached count, then see the open; say whether that has reached the level."""
    trail = waiting.trail
    if trail is not None and trail.coming is not None and trail.bar_at is not None and trail.bar_at < bar.opened_at:
        trail.best, trail.coming, trail.bar_at = _better(waiting, trail.best, trail.coming), None, None
    return follow(waiting, bar.open)


def pass_inside(waiting: Waiting, bar: Bar) -> bool:
    """Say whether the range reached the level; if not, what it reached counts from the next bar on."""
    sells = waiting.order.side is OrderSide.SELL
    worst, best = (bar.low, bar.high) if sells else (bar.high, bar.low)
    trail = waiting.trail
    if trail is None:
        if _is_activated(waiting, best):
            waiting.trail = Trail(best, coming=best, bar_at=bar.opened_at)
        return False
    if trail.bar_at == bar.opened_at:
        return False  # It was looked at before, and is shown once more.
    if is_at_level(waiting, worst):
        return True
    trail.coming, trail.bar_at = best, bar.opened_at
    return False


def _is_activated(waiting: Waiting, price: Decimal) -> bool:
    """A trail that sells waits for a price at or above its activation, one that buys for one at or below."""
    start = waiting.order.trigger_price
    if start is None:
        return True
    return price >= start if waiting.order.side is OrderSide.SELL else price <= start


def _better(waiting: Waiting, one: Decimal, other: Decimal) -> Decimal:
    return max(one, other) if waiting.order.side is OrderSide.SELL else min(one, other)
