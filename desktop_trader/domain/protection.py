"""When a position's stop, target or liquidation level is hit, by a quote or inside a bar.

Within one bar the stop comes before the target, because nobody knows which came first. On the bar in which a
position was entered somewhere inside, only what can only have come later counts: the stop.
"""

from dataclasses import dataclass
from decimal import Decimal

from desktop_trader.domain.errors import InvariantError
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.margin import liquidation_price
from desktop_trader.domain.market import Bar, Quote
from desktop_trader.domain.order import Direction, Order, OrderReason, OrderSide, OrderType
from desktop_trader.domain.position import Position


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectiveHit:
    """A level that was reached: how to leave, why, and the level itself."""

    type: OrderType
    reason: OrderReason
    trigger_price: Decimal


def hit_by_quote(position: Position, quote: Quote, *, instrument: Instrument) -> ProtectiveHit | None:
    """Return the level that this quote reaches: a long is closed at the bid, a short at the ask."""
    price = quote.bid if position.direction is Direction.LONG else quote.ask
    return _hit(position, instrument, worst=price, best=price)


def hit_by_bar(position: Position, bar: Bar, *, instrument: Instrument) -> ProtectiveHit | None:
    """Return the level that this bar's range reaches, the stop before the target."""
    is_long = position.direction is Direction.LONG
    worst, best = (bar.low, bar.high) if is_long else (bar.high, bar.low)
    is_entry_bar = position.entered_within_bar and position.opening_bar_at == bar.opened_at
    return _hit(position, instrument, worst=worst, best=None if is_entry_bar else best)


def reaches_trigger(order: Order, price: Decimal) -> bool:
    """Say whether a price is the order's trigger or beyond it: a stop of a long and a target of a short lie below.

    Raises:
        InvariantError: the order has no trigger.
    """
    if order.trigger_price is None:
        raise InvariantError(f"order {order.id} has no trigger")
    lies_below = (order.side is OrderSide.SELL) == order.type.is_stop
    return price <= order.trigger_price if lies_below else price >= order.trigger_price


def _hit(position: Position, instrument: Instrument, *, worst: Decimal, best: Decimal | None) -> ProtectiveHit | None:
    level, target = position.stop_loss, position.take_profit
    reason = OrderReason.STOP_LOSS
    if position.direction is Direction.SHORT or position.leverage > 1:
        forced = liquidation_price(position, instrument)
        if forced is not None and (level is None or (forced - level) * position.direction.sign > 0):
            # The nearer of the two comes first: a stop beyond the liquidation never has its turn.
            level, reason = forced, OrderReason.LIQUIDATION
    if level is not None and _reached_against(position, worst, level):
        return ProtectiveHit(type=OrderType.STOP_LOSS, reason=reason, trigger_price=level)
    if target is not None and best is not None and _reached_in_favour(position, best, target):
        return ProtectiveHit(type=OrderType.TAKE_PROFIT, reason=OrderReason.TAKE_PROFIT, trigger_price=target)
    return None


def _reached_against(position: Position, price: Decimal, level: Decimal) -> bool:
    return price <= level if position.direction is Direction.LONG else price >= level


def _reached_in_favour(position: Position, price: Decimal, level: Decimal) -> bool:
    return price >= level if position.direction is Direction.LONG else price <= level
