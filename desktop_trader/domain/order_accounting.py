"""Orders without fills: placed with what they lock, accepted, triggered, edited, ended with what is released.

As in `accounting`, every function takes the account as it stands and returns a `Movement`; nothing here has effects.
Each step of an order leaves its line on the order's receipt, in the same movement.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from desktop_trader.domain import ledger, receipts
from desktop_trader.domain.drafting import EntryEvent, Wording, draft_entry
from desktop_trader.domain.entry_rules import Check
from desktop_trader.domain.ledger import EntryKind
from desktop_trader.domain.money import ZERO
from desktop_trader.domain.order import Order, OrderStatus
from desktop_trader.domain.portfolio import Movement, Portfolio


def place_order(portfolio: Portfolio, order: Order, *, checks: Iterable[Check] = (), note: str = "") -> Movement:
    """Book a new order: lock its reserve (entries), or nothing but the order itself (exits lock nothing).

    `checks` are what it was checked by, for its receipt; `note` is kept there too.
    """
    lines = receipts.receipt_of_placing(order, checks, currency=portfolio.account.currency, note=note)
    if not order.reserve:
        return Movement(orders=(order,), receipt=lines)
    event = EntryEvent(key=f"order:{order.id}:lock", at=order.created_at, order_id=order.id)
    legs = ((ledger.AVAILABLE, -order.reserve), (ledger.locked_for_order(order.id), order.reserve))
    wording = Wording(
        f"order_{order.reason.value}", f"Locked for {order.type.value} {order.side.value} order of {order.symbol}"
    )
    draft = draft_entry(portfolio, EntryKind.ORDER_LOCK, event=event, legs=legs, wording=wording)
    return Movement(drafts=(draft,), orders=(order,), receipt=lines)


def accept_order(order: Order, *, at: datetime) -> Movement:
    """Note that the exchange holds an order; nothing where that was known."""
    if order.status not in (OrderStatus.SENT, OrderStatus.UNKNOWN):
        return Movement()
    opened = order.moved_to(OrderStatus.OPEN, at=at)
    return Movement(orders=(opened,), receipt=(receipts.accepted(opened, at),))


def trigger_order(order: Order, price: Decimal, *, at: datetime) -> Movement:
    """Note that the trigger of an order was reached; nothing where that was known."""
    if order.is_triggered:
        return Movement()
    line = receipts.triggered(order, price, at=at)
    return Movement(orders=(replace(order, is_triggered=True, updated_at=at),), receipt=(line,))


def edit_order(portfolio: Portfolio, before: Order, *, after: Order) -> Movement:
    """Book new terms of a live order: what it needs more is locked, what it needs less is released."""
    at, more = after.updated_at, after.reserve - before.reserve
    line = receipts.edited(before, after, at=at, currency=portfolio.account.currency)
    if not more:
        return Movement(orders=(after,), receipt=(line,))
    kind = EntryKind.ORDER_LOCK if more > 0 else EntryKind.ORDER_RELEASE
    event = EntryEvent(key=f"order:{after.id}:edit:{after.revision}", at=at, order_id=after.id)
    legs = ((ledger.AVAILABLE, -more), (ledger.locked_for_order(after.id), more))
    verb = "Locked for" if more > 0 else "Released from"
    wording = Wording("order_edited", f"{verb} edited {after.type.value} {after.side.value} order of {after.symbol}")
    draft = draft_entry(portfolio, kind, event=event, legs=legs, wording=wording)
    return Movement(drafts=(draft,), orders=(after,), receipt=(line,))


def end_order(portfolio: Portfolio, order: Order, *, status: OrderStatus, at: datetime, detail: str = "") -> Movement:
    """Book the end of an order that fills no more (CANCELED, EXPIRED, REJECTED, NOT_PLACED); its lock is released."""
    ended = replace(order.moved_to(status, at=at, detail=detail), reserve=ZERO)
    line = receipts.ended(ended, at)
    if not order.reserve:
        return Movement(orders=(ended,), receipt=(line,))
    event = EntryEvent(key=f"order:{order.id}:release", at=at, order_id=order.id)
    legs = ((ledger.locked_for_order(order.id), -order.reserve), (ledger.AVAILABLE, order.reserve))
    wording = Wording(
        f"order_{status.value}", f"Released from {status.value.replace('_', ' ')} order of {order.symbol}"
    )
    draft = draft_entry(portfolio, EntryKind.ORDER_RELEASE, event=event, legs=legs, wording=wording)
    return Movement(drafts=(draft,), orders=(ended,), receipt=(line,))
