"""The lines of an order's receipt, made where the order goes a step: what was checked, sent, filled and paid."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from desktop_trader.domain.entry_rules import Check, Rule
from desktop_trader.domain.fill import Fill
from desktop_trader.domain.money import DOLLAR_CURRENCIES, amount_text, canonical
from desktop_trader.domain.order import Order, OrderType, TimeInForce
from desktop_trader.domain.order_receipt import OrderEvent, ReceiptStep

_NAME_OF = {rule: rule.value for rule in Rule}


def receipt_of_placing(
    order: Order, checks: Iterable[Check], *, currency: str, note: str = ""
) -> tuple[OrderEvent, ...]:
    """Return the beginning of a receipt: every rule with its figures, then stored and sent. `note` may be empty."""
    order_id, at, step = order.id, order.created_at, ReceiptStep.CHECKED
    lines = [OrderEvent(order_id, at, step, _NAME_OF[rule], f"{value}; {limit}") for rule, value, limit, _ in checks]
    if note:
        lines.append(_line(order, at, ReceiptStep.NOTE, "", note))
    reserve = f"; locked {_money(order.reserve, currency)}" if order.reserve else ""
    lines.append(_line(order, at, ReceiptStep.STORED, order.client_order_id, f"{terms_text(order)}{reserve}"))
    lines.append(OrderEvent(order_id=order_id, at=at, step=ReceiptStep.SENT))
    return tuple(lines)


def accepted(order: Order, at: datetime) -> OrderEvent:
    """Return the line of an exchange that holds the order."""
    return _line(order, at, ReceiptStep.ACCEPTED, "", "")


def triggered(order: Order, price: Decimal, *, at: datetime) -> OrderEvent:
    """Return the line of a trigger that was reached at a price."""
    wanted = "the trailing trigger" if order.type is OrderType.TRAILING_STOP else _price(order.trigger_price)
    then = f"rests at {_price(order.limit_price)}" if order.type.has_limit else "at the market"
    return _line(order, at, ReceiptStep.TRIGGERED, "", f"{wanted} reached at {_price(price)}; {then} from now on")


def edited(before: Order, after: Order, *, at: datetime, currency: str) -> OrderEvent:
    """Return the line of an edit: from what to what, and what is locked for it now."""
    locked = f"; locked {_money(after.reserve, currency)}" if after.reserve else ""
    return _line(after, at, ReceiptStep.EDITED, str(after.revision), f"{change_text(before, after)}{locked}")


def filled(order: Order, fill: Fill, *, notional: Decimal, currency: str, model: str) -> OrderEvent:
    """Return the line of one fill: quantity, price, worth, fee, maker or taker, and the model that filled it."""
    liquidity = "maker" if fill.is_maker else "taker"
    worth, fee = _money(notional, currency), _money(fill.fee, currency)
    how = f"; {model}" if model else ""
    text = f"{canonical(fill.quantity)} @ {fill.price:,f} = {worth}; fee {fee} {liquidity}{how}"
    return _line(order, fill.at, ReceiptStep.FILLED, fill.trade_id, text)


def ended(order: Order, at: datetime) -> OrderEvent:
    """Return the last line: how an order ended without (further) fill, and why."""
    left = f"{canonical(order.remaining_quantity)} not filled"
    return _line(order, at, ReceiptStep(order.status.value), left, order.detail)


def terms_text(order: Order) -> str:
    """Say what an order is: `buy 0.1 stop limit, trigger 105, limit 105.5, GTC`."""
    parts = [f"{order.side.value} {canonical(order.quantity)} {order.type.value.replace('_', ' ')}"]
    if order.trigger_price is not None:
        parts.append(f"trigger {_price(order.trigger_price)}")
    if order.limit_price is not None:
        parts.append(f"limit {_price(order.limit_price)}")
    if order.trail_percent is not None:
        parts.append(f"{canonical(order.trail_percent)} % behind")
    if order.expires_at is not None:
        parts.append(f"until {order.expires_at:%Y-%m-%d %H:%M:%S} UTC")
    elif order.time_in_force is not TimeInForce.GTC:
        parts.append(order.time_in_force.value.upper())
    if order.is_post_only:
        parts.append("post-only")
    if order.is_exit:
        parts.append(f"reduce-only for position {order.position_id}")
    elif order.leverage > 1:
        parts.append(f"{order.leverage}x {order.margin_mode.value}")
    if order.oco_id:
        parts.append("one of a pair")
    return ", ".join(parts)


def change_text(before: Order, after: Order) -> str:
    """Say what an edit changed: `quantity 1 to 2, limit 90 to 85`; "nothing" where nothing did."""
    pairs: list[tuple[str, Decimal | None, Decimal | None]] = [("quantity", before.quantity, after.quantity)]
    pairs += [(name, old, new) for (name, old), (_, new) in zip(_prices(before), _prices(after), strict=True)]
    pairs.append(("trailing distance", before.trail_percent, after.trail_percent))
    return ", ".join(f"{name} {_price(old)} to {_price(new)}" for name, old, new in pairs if old != new) or "nothing"


def _prices(order: Order) -> tuple[tuple[str, Decimal | None], ...]:
    return ("trigger", order.trigger_price), ("limit", order.limit_price)


def _money(amount: Decimal, currency: str) -> str:
    """Say an amount exactly: a receipt is where somebody adds up."""
    text = f"{Decimal(amount_text(amount)):,}"
    return f"${text}" if currency in DOLLAR_CURRENCIES else f"{text} {currency}"


def _price(value: Decimal | None) -> str:
    return "none" if value is None else f"{value:,f}"


def _line(order: Order, at: datetime, step: ReceiptStep, subject: str, detail: str) -> OrderEvent:
    return OrderEvent(order.id, at, step, subject, detail)
