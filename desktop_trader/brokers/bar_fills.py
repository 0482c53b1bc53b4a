"""What whole bars do to one order: nothing that is better than the bar allows.

At the open fill market orders, and limit orders that it meets, at the open; a trigger that the open is beyond is pulled
there. Inside the bar fill limit orders at their limit, and triggers at their price; stops come before everything else
(`paper`), because nobody knows what came first. What was triggered inside the bar and wants a limit that the trigger
does not meet waits for the next bar. There is no depth, no queue and no latency here: a bar is filled whole.

Orders that a level of a position made the engine send come after the open has passed; where the open is beyond their
trigger they fill at it, inside the bar as all of them.
"""

from decimal import Decimal

from desktop_trader.brokers.clearing import Deal
from desktop_trader.brokers.endings import AT_ONCE, expired, not_at_once, refused_to_take
from desktop_trader.brokers.trails import begin_bar, level_of, pass_inside
from desktop_trader.brokers.waiting import Waiting
from desktop_trader.domain.market import Bar
from desktop_trader.domain.money import ZERO, canonical
from desktop_trader.domain.order import OrderSide, OrderType
from desktop_trader.domain.protection import reaches_trigger
from desktop_trader.engine.broker_port import Accepted, BrokerReport, Triggered


def look_at_open(waiting: Waiting, bar: Bar) -> BrokerReport | Deal | None:
    """Return what the open of a bar does to an order."""
    order = waiting.order
    if waiting.has_expired(bar.opened_at):
        return expired(waiting)
    if bar.opened_at < waiting.due_at:
        return None
    if order.type.has_trigger and not waiting.is_triggered:
        return _look_at_trigger(waiting, bar)
    if not order.type.has_limit:
        return _deal_at_open(waiting, bar, model="open of the bar")
    if waiting.meets_limit(bar.open):
        is_arriving = waiting.joined is None
        if is_arriving and order.is_post_only:
            return refused_to_take(waiting, bar.open)
        model = "open of the bar" if is_arriving else "open of the bar, beyond the limit that rested"
        return _deal_at_open(waiting, bar, model=model, is_maker=not is_arriving)
    if order.time_in_force in AT_ONCE:
        return not_at_once(waiting)
    if waiting.joined is None:
        waiting.rest(ZERO)
    if waiting.is_accepted:
        return None
    waiting.is_accepted = True
    return Accepted(order_id=order.id)


def look_inside(waiting: Waiting, bar: Bar) -> BrokerReport | Deal | None:
    """Return what the range of a bar does to an order."""
    order = waiting.order
    if waiting.has_expired(bar.closed_at):
        return expired(waiting)
    if bar.opened_at < waiting.due_at or order.type is OrderType.MARKET:
        return None
    if order.type.has_trigger and not waiting.is_triggered:
        if not _is_reached_inside(waiting, bar):
            return None
        waiting.is_triggered, waiting.hit_at = True, bar.opened_at
        if not waiting.is_of_a_position:
            return Triggered(order_id=order.id, price=_price_of_trigger(waiting, bar))
    if waiting.hit_at == bar.opened_at:
        return _fill_triggered(waiting, bar)
    limit = order.limit_price
    if not order.type.has_limit or limit is None:
        return _deal(waiting, bar, bar.open, model="open of the bar")
    best = bar.low if order.side is OrderSide.BUY else bar.high
    return (
        _deal(waiting, bar, limit, model="limit inside the bar", is_maker=True) if waiting.meets_limit(best) else None
    )


def _look_at_trigger(waiting: Waiting, bar: Bar) -> BrokerReport | None:
    order = waiting.order
    if waiting.is_of_a_position:
        return None
    is_trail = order.type is OrderType.TRAILING_STOP
    if not (begin_bar(waiting, bar) if is_trail else reaches_trigger(order, bar.open)):
        return None
    waiting.is_triggered = True
    return Triggered(order_id=order.id, price=bar.open)


def _is_reached_inside(waiting: Waiting, bar: Bar) -> bool:
    if waiting.is_liquidation:
        return True
    if waiting.order.type is OrderType.TRAILING_STOP:
        return pass_inside(waiting, bar)
    return reaches_trigger(waiting.order, bar.low) or reaches_trigger(waiting.order, bar.high)


def _fill_triggered(waiting: Waiting, bar: Bar) -> BrokerReport | Deal | None:
    """Fill what this very bar has triggered inside, as far as its limit lets it."""
    order = waiting.order
    price = _price_of_trigger(waiting, bar)
    if not order.type.has_limit:
        is_open = price == bar.open
        model = "open of the bar, beyond the trigger" if is_open else f"trigger {canonical(price)} inside the bar"
        return _deal(waiting, bar, price, model=model)
    if waiting.meets_limit(price):
        if order.is_post_only:
            return refused_to_take(waiting, price)
        return _deal(waiting, bar, price, model=f"trigger {canonical(price)} inside the bar, within the limit")
    return not_at_once(waiting) if order.time_in_force in AT_ONCE else None


def _price_of_trigger(waiting: Waiting, bar: Bar) -> Decimal:
    """The trigger itself, or the open of a bar that opens beyond it.

    A forced close may lie outside the bar, because the mark price decided it: then it is the bar's end on that side.
    """
    order = waiting.order
    trigger = order.trigger_price
    if order.type is OrderType.TRAILING_STOP and waiting.trail is not None:
        return level_of(waiting, waiting.trail.best)
    if trigger is None or reaches_trigger(order, bar.open):
        return bar.open
    return min(max(trigger, bar.low), bar.high)


def _deal_at_open(waiting: Waiting, bar: Bar, *, model: str, is_maker: bool = False) -> Deal:
    return Deal(
        price=bar.open,
        quantity=waiting.remaining,
        is_maker=is_maker,
        model=model,
        at=bar.opened_at,
        bar_opened_at=bar.opened_at,
    )


def _deal(waiting: Waiting, bar: Bar, price: Decimal, *, model: str, is_maker: bool = False) -> Deal:
    """Return a deal somewhere inside the bar."""
    return Deal(
        price=price,
        quantity=waiting.remaining,
        is_maker=is_maker,
        model=model,
        at=bar.closed_at,
        bar_opened_at=bar.opened_at,
    )
