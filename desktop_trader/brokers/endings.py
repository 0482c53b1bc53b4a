"""How an order ends by its own terms, in words: its time, what it wanted at once, what it would not do."""

from decimal import Decimal

from desktop_trader.brokers.waiting import Waiting
from desktop_trader.domain.money import canonical
from desktop_trader.domain.order import TimeInForce
from desktop_trader.engine.broker_port import Expired, Rejected

AT_ONCE = frozenset({TimeInForce.IOC, TimeInForce.FOK})


def expired(waiting: Waiting) -> Expired:
    """Return that the order's time is up."""
    return Expired(
        order_id=waiting.order.id, reason=f"its time was up at {waiting.order.expires_at:%Y-%m-%d %H:%M:%S} UTC"
    )


def refused_to_take(waiting: Waiting, price: Decimal) -> Rejected:
    """Return that a post-only order would take."""
    order = waiting.order
    return Rejected(order_id=order.id, reason=f"post-only: it would take at {canonical(price)} instead of rest")


def not_at_once(waiting: Waiting, had: Decimal | None = None) -> Expired:
    """Return that what was wanted at once could not be had at once; `had` is how much a fill-or-kill could have had."""
    order = waiting.order
    if order.time_in_force is TimeInForce.FOK:
        found = "nothing" if had is None else f"only {canonical(had)} of {canonical(order.quantity)}"
        return Expired(order_id=order.id, reason=f"fill or kill: {found} was there at once")
    left = f"{canonical(waiting.remaining)} of {canonical(order.quantity)}"
    return Expired(order_id=order.id, reason=f"immediate or cancel: {left} was not there at once")
