"""The receipt of an order: its terms, every step of its life with time and figures, every fill and fee, the sums."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPlainTextEdit, QVBoxLayout, QWidget

from desktop_trader.domain.fill import Fill
from desktop_trader.domain.money import canonical
from desktop_trader.domain.order import Order, OrderStatus
from desktop_trader.domain.order_receipt import OrderEvent, ReceiptStep
from desktop_trader.messages.order_receipt import OrderReceipt, OrderReceiptReply
from desktop_trader.ui.number_format import format_exact_money
from desktop_trader.ui.theme import SPACE_L, mono_font
from desktop_trader.ui.time_text import local_time, utc_time, words

_SIZE = (820, 560)
_CAPTION_WIDTH = 18
_STEP_WIDTH = 11


class OrderReceiptDialog(QDialog):
    """Not modal, so that several lie side by side."""

    def __init__(self, reply: OrderReceiptReply, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        receipt = reply.receipt
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("order-receipt-dialog")
        self.setAccessibleName("Receipt of an order")
        self.setWindowTitle("Receipt" if receipt is None else f"Receipt of order {receipt.order.id}")
        self.resize(*_SIZE)
        self._text = QPlainTextEdit(reply.error if receipt is None else receipt_text(receipt))
        self._text.setObjectName("order-receipt-text-edit")
        self._text.setAccessibleName("Receipt")
        self._text.setReadOnly(True)
        self._text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._text.setFont(mono_font())
        buttons = QDialogButtonBox()
        buttons.setObjectName("order-receipt-buttons")
        buttons.setAccessibleName("Copy or close")
        copy = buttons.addButton("Copy", QDialogButtonBox.ButtonRole.ActionRole)
        copy.setObjectName("order-receipt-copy-btn")
        copy.setAccessibleName("Copy the receipt")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._text.toPlainText()))
        close = buttons.addButton("Close", QDialogButtonBox.ButtonRole.RejectRole)
        close.setObjectName("order-receipt-close-btn")
        close.setAccessibleName("Close")
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_L, SPACE_L, SPACE_L, SPACE_L)
        layout.setSpacing(SPACE_L)
        layout.addWidget(self._text, 1)
        layout.addWidget(buttons)


def receipt_text(receipt: OrderReceipt) -> str:
    """Write a receipt as lines of captions and values, exact to the last digit."""
    return "\n".join(_lines(receipt))


def _lines(receipt: OrderReceipt) -> Iterator[str]:
    order = receipt.order
    yield f"ORDER {order.id}"
    head = {"account, run": f"{receipt.account}, run {order.run_id}", **_terms(order, receipt.currency)}
    yield from _listed({**head, **_origin_and_end(order)})
    yield "\nCHECKED BEFORE IT WAS STORED"
    checks = [each for each in receipt.events if each.step is ReceiptStep.CHECKED]
    yield from _checks(checks)
    yield "\nWHAT BECAME OF IT"
    yield from _steps([each for each in receipt.events if each.step is not ReceiptStep.CHECKED])
    yield "\nFILLS"
    yield from _fills(receipt.fills, receipt.currency)


def _terms(order: Order, currency: str) -> dict[str, object]:
    protection = order.protection
    force = order.time_in_force.upper() + (" post-only" if order.is_post_only else "")

    def percent(value: Decimal | None) -> str:
        return "" if value is None else f"{canonical(value)} %"

    return {
        "what": f"{words(order.type)} {order.side} {canonical(order.quantity)} {order.symbol}",
        "status": words(order.status) + (", triggered" if order.is_triggered else ""),
        "filled": canonical(order.filled_quantity),
        "why": words(order.reason),
        "limit price": order.limit_price,
        "trigger price": order.trigger_price,
        "trails": percent(order.trail_percent),
        "works": force,
        "until": order.expires_at,
        "reduce-only": f"closes position {order.position_id}" if order.is_exit else "",
        "pair": order.oco_id,
        "leverage": "" if order.is_exit else f"{order.leverage}x, {order.margin_mode}",
        "stop loss": protection.stop_loss or percent(protection.stop_loss_percent),
        "take profit": protection.take_profit or percent(protection.take_profit_percent),
        "trailing stop": percent(protection.trail_percent),
        "locked now": format_exact_money(order.reserve, currency),
        "client id": order.client_order_id,
        "created": f"{utc_time(order.created_at)} ({local_time(order.created_at)} here)",
        "edited": f"{order.revision} times" if order.revision else "",
    }


def _origin_and_end(order: Order) -> dict[str, object]:
    """Say where an order came from, until it ends without being filled: from then on the books keep why it ended."""
    if order.status.is_live or order.status is OrderStatus.FILLED:
        ended = "" if order.status.is_live else words(order.status)
        return {"came from": order.detail, "how it ended": ended}
    return {"how it ended": words(order.status) + (f": {order.detail}" if order.detail else "")}


def _checks(events: Sequence[OrderEvent]) -> Iterator[str]:
    if not events:
        yield "  nothing is recorded: an exit needs no check, and orders of older books have none"
    width = max((len(words(each.subject)) for each in events), default=0)
    for each in events:
        yield f"  {words(each.subject):<{width}}  {each.detail}"


def _steps(events: Sequence[OrderEvent]) -> Iterator[str]:
    if not events:
        yield "  nothing is recorded"
    for each in events:
        told = "  ".join(part for part in (each.subject, each.detail) if part)
        yield f"  {utc_time(each.at)}  {words(each.step):<{_STEP_WIDTH}} {told}".rstrip()


def _fills(fills: Sequence[Fill], currency: str) -> Iterator[str]:
    if not fills:
        yield "  none"
        return
    for fill in fills:
        role = "maker" if fill.is_maker else "taker"
        earned = f"  P&L {format_exact_money(fill.realized_pnl, currency)}" if fill.realized_pnl else ""
        yield (
            f"  {utc_time(fill.at)}  {canonical(fill.quantity)} @ {canonical(fill.price)}  "
            f"fee {format_exact_money(fill.fee, currency)} {role}{earned}"
        )
    quantity = sum((fill.quantity for fill in fills), Decimal(0))
    average = sum((fill.quantity * fill.price for fill in fills), Decimal(0)) / quantity
    yield "\nTOTAL"
    yield from _listed(
        {
            "filled": canonical(quantity),
            "average price": f"{average:.8f}".rstrip("0").rstrip("."),
            "fees": format_exact_money(sum((fill.fee for fill in fills), Decimal(0)), currency),
            "realized P&L": format_exact_money(sum((fill.realized_pnl for fill in fills), Decimal(0)), currency),
        }
    )


def _listed(fields: dict[str, object]) -> Iterator[str]:
    for caption, value in fields.items():
        if value is None or value == "":
            continue
        text = canonical(value) if isinstance(value, Decimal) else value
        told = utc_time(text) if isinstance(text, datetime) else str(text)
        yield f"  {caption:<{_CAPTION_WIDTH}} {told}"
