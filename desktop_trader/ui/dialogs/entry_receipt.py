"""The receipt of one entry: everything the books know of it, exact, to read and to copy."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPlainTextEdit, QVBoxLayout, QWidget

from desktop_trader.domain.money import canonical
from desktop_trader.messages.entry_receipt import EntryReceipt, EntryReceiptReply
from desktop_trader.ui.models.ledger_columns import shown_text
from desktop_trader.ui.models.table_columns import local_time, utc_time, words
from desktop_trader.ui.number_format import format_exact_money
from desktop_trader.ui.theme import MONO_FONT_FAMILY, SPACE_L

_SIZE = (760, 560)
_CAPTION_WIDTH = 18


class EntryReceiptDialog(QDialog):
    """Not modal, so that several lie side by side."""

    def __init__(self, reply: EntryReceiptReply, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        receipt = reply.receipt
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("receipt-dialog")
        self.setAccessibleName("Receipt of an entry")
        self.setWindowTitle("Receipt" if receipt is None else f"Receipt of entry {receipt.row.id}")
        self.resize(*_SIZE)
        self._text = QPlainTextEdit(reply.error if receipt is None else receipt_text(receipt))
        self._text.setObjectName("receipt-text-edit")
        self._text.setAccessibleName("Receipt")
        self._text.setReadOnly(True)
        self._text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        font = self._text.font()
        font.setFamily(MONO_FONT_FAMILY)
        self._text.setFont(font)
        buttons = QDialogButtonBox()
        copy = buttons.addButton("Copy", QDialogButtonBox.ButtonRole.ActionRole)
        copy.setObjectName("receipt-copy-btn")
        copy.setAccessibleName("Copy the receipt")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._text.toPlainText()))
        close = buttons.addButton("Close", QDialogButtonBox.ButtonRole.RejectRole)
        close.setObjectName("receipt-close-btn")
        close.setAccessibleName("Close")
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_L, SPACE_L, SPACE_L, SPACE_L)
        layout.setSpacing(SPACE_L)
        layout.addWidget(self._text, 1)
        layout.addWidget(buttons)


def receipt_text(receipt: EntryReceipt) -> str:
    """Write a receipt as lines of captions and values, exact to the last digit."""
    return "\n".join(_lines(receipt))


def _lines(receipt: EntryReceipt) -> Iterator[str]:
    row, currency = receipt.row, receipt.currency

    def money(amount: Decimal) -> str:
        return format_exact_money(amount, currency)

    yield f"ENTRY {row.id}"
    yield from _listed(
        {
            "time": utc_time(row.created_at),
            "local time": local_time(row.created_at),
            "account, run": f"{receipt.account}, run {row.run_id}",
            "kind": words(row.transaction_type),
            "amount": money(row.amount),
            "balance before": money(row.balance_before),
            "balance after": money(row.balance_after),
            "locked change": money(row.locked_change),
            "locked after": money(receipt.locked_after),
            "reason": shown_text(row.reason),
            "description": shown_text(row.description),
            "by": shown_text(row.updated_by),
            "corrects entry": receipt.corrects,
            "key": receipt.idempotency_key,
        }
    )
    yield "\nPOSTINGS (they sum to zero)"
    yield from _listed({each.ledger_account: money(each.amount) for each in receipt.postings}, width=30)
    yield from _trade_lines(receipt)
    yield "\nPLACE IN THE CHAIN"
    yield from _listed({"previous hash": receipt.previous_hash, "hash": receipt.hash})


def _trade_lines(receipt: EntryReceipt) -> Iterator[str]:
    def money(amount: Decimal) -> str:
        return format_exact_money(amount, receipt.currency)

    fill, order, position = receipt.fill, receipt.order, receipt.position
    if fill is not None:
        yield f"\nFILL {fill.id}"
        what = f"{fill.side} {canonical(fill.quantity)} {fill.symbol} at {canonical(fill.price)}"
        role = "maker" if fill.is_maker else "taker"
        yield from _listed(
            {
                "executed": what,
                "fee": f"{money(fill.fee)} ({role})",
                "realized P&L": money(fill.realized_pnl),
                "trade id": fill.trade_id,
                "at": utc_time(fill.at),
            }
        )
    if order is not None:
        yield f"\nORDER {order.id}"
        what = f"{order.type} {order.side} {canonical(order.quantity)} {order.symbol}"
        yield from _listed(
            {
                "what": what,
                "status": words(order.status),
                "filled": canonical(order.filled_quantity),
                "why": words(order.reason),
                "limit price": order.limit_price,
                "trigger price": order.trigger_price,
                "client id": order.client_order_id,
                "created": utc_time(order.created_at),
            }
        )
    if position is not None:
        yield f"\nPOSITION {position.id}"
        yield from _listed(
            {
                "what": f"{position.direction} {canonical(position.entry_quantity)} {position.symbol}",
                "entry price": position.entry_price,
                "opened": utc_time(position.opened_at),
                "closed": position.closed_at,
                "closed by": words(position.close_reason or ""),
                "realized P&L": money(position.realized_pnl),
                "fees": money(position.fees),
            }
        )
    if receipt.decisions:
        yield "\nDECISIONS"
        for each in receipt.decisions:
            yield f"  {utc_time(each.at)}  {words(each.action)}: {words(each.outcome)}  {shown_text(each.detail)}"


def _listed(fields: dict[str, object], *, width: int = _CAPTION_WIDTH) -> Iterator[str]:
    for caption, value in fields.items():
        if value is None or value == "":
            continue
        text = canonical(value) if isinstance(value, Decimal) else value
        told = utc_time(text) if isinstance(text, datetime) else str(text)
        yield f"  {caption:<{width}} {told}"
