"""The receipt of an order, for people and for programs."""

from dataclasses import fields as fields_of

from desktop_trader.api.payloads import Fields
from desktop_trader.cli.table import table
from desktop_trader.domain.fill import Fill
from desktop_trader.domain.money import ZERO, amount_text, canonical
from desktop_trader.domain.order import Order
from desktop_trader.messages.order_receipt import OrderReceipt

_STEPS = {"at": "time (UTC)", "step": "step", "subject": "what", "detail": "figures"}


def text(receipt: OrderReceipt) -> str:
    """Return the receipt as lines: the order, every step of its life, and the sums of its fills."""
    order = receipt.order
    closes = f"closes position {order.position_id}, and opens nothing" if order.is_exit else _opens(order)
    steps: list[Fields] = [
        {"at": event.at, "step": event.step.value, "subject": event.subject, "detail": event.detail}
        for event in receipt.events
    ]
    terms = f"{order.side.value} {canonical(order.quantity)} {order.symbol}, {order.type.value.replace('_', ' ')}"
    head = [
        f"Order {order.id} of account {receipt.account}: {terms}",
        f"Client id {order.client_order_id}; {order.status.value.replace('_', ' ')}; {closes}",
    ]
    if order.revision:
        head.append("Edited once" if order.revision == 1 else f"Edited {order.revision} times")
    told = table(steps, _STEPS, empty="No steps are kept of it: it is from before there were receipts.")
    return "\n".join((*head, "", told, *_sums(receipt)))


def fields(receipt: OrderReceipt) -> Fields:
    """Return the receipt as public keys, amounts exact."""
    order = receipt.order
    terms = {each.name: getattr(order, each.name) for each in fields_of(order) if each.name != "protection"}
    protection = order.protection
    return {
        "account": receipt.account,
        "currency": receipt.currency,
        "order": {
            **terms,
            "protection": {each.name: getattr(protection, each.name) for each in fields_of(protection)},
        },
        "events": [
            {"at": each.at, "step": each.step.value, "subject": each.subject, "detail": each.detail}
            for each in receipt.events
        ],
        "fills": [{each.name: getattr(fill, each.name) for each in fields_of(fill)} for fill in receipt.fills],
    }


def _opens(order: Order) -> str:
    where = "opens a position" if order.position_id is None else f"opened position {order.position_id}"
    return f"{where} at {order.leverage}x, {order.margin_mode.value}"


def _sums(receipt: OrderReceipt) -> tuple[str, ...]:
    fills = receipt.fills
    if not fills:
        return ()
    fees = sum((fill.fee for fill in fills), ZERO)
    filled = sum((fill.quantity for fill in fills), ZERO)
    pnl = sum((fill.realized_pnl for fill in fills), ZERO)
    earned = f"; P&L {amount_text(pnl)} {receipt.currency}" if receipt.order.is_exit else ""
    count = "1 fill" if len(fills) == 1 else f"{len(fills)} fills"
    paid = f"fees {amount_text(fees)} {receipt.currency}{earned}"
    return ("", f"{count}: {canonical(filled)} of {canonical(receipt.order.quantity)} at {_average(fills)}; {paid}")


def _average(fills: tuple[Fill, ...]) -> str:
    if len(fills) == 1:
        return f"{fills[0].price:,f}"
    quantity = sum((fill.quantity for fill in fills), ZERO)
    average = sum((fill.quantity * fill.price for fill in fills), ZERO) / quantity
    return f"{average.quantize(fills[0].price):,f} on average"
