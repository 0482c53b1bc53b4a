"""Panic: what will be canceled and closed, said before anything is done; Enter does nothing."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QPlainTextEdit, QWidget

from desktop_trader.domain.level_result import close_fee, result_at
from desktop_trader.messages.commands import CloseAll
from desktop_trader.messages.notices import CommandRefused, OrderDenied
from desktop_trader.messages.snapshot import PositionView
from desktop_trader.ui.balance_text import account_badge
from desktop_trader.ui.dialogs.command_dialog import CommandDialog, DialogWords
from desktop_trader.ui.level_checks import holding_of
from desktop_trader.ui.models.balance_model import BalanceModel, SendCommand
from desktop_trader.ui.models.table_columns import price_text, quantity_text
from desktop_trader.ui.network_text import refusal_text
from desktop_trader.ui.number_format import format_money, format_signed_money
from desktop_trader.ui.time_text import words
from desktop_trader.ui.widgets.plain_label import plain_label
from desktop_trader.ui.widgets.room_to_read import give_room

if TYPE_CHECKING:
    from desktop_trader.messages.commands import Command

_WORDS = DialogWords(prefix="close-all", title="Close all?", ok="CLOSE ALL", is_cancel_default=True)
_WIDTH = 560
_LINES_LEAST, _LINES_MOST = 4, 14
_SPARE = 14
"""Pixels for the padding that the style sheet gives a text."""


class CloseAllDialog(CommandDialog):
    """Names its account and lists what is open in it now; the list follows what happens while it is read."""

    def __init__(self, model: BalanceModel, *, send: SendCommand, parent: QWidget | None = None) -> None:
        super().__init__(model, send=send, words=_WORDS, parent=parent)
        self.setMinimumWidth(_WIDTH)
        self.box.ok.setProperty("tone", "sell")
        self.box.ok.style().unpolish(self.box.ok)
        self.box.ok.style().polish(self.box.ok)
        self._title = plain_label("", name="close-all-account", tone="heading", spoken="Account")
        self._list = QPlainTextEdit()
        self._list.setObjectName("close-all-list-edit")
        self._list.setAccessibleName("What will be canceled and closed")
        self._list.setReadOnly(True)
        self._list.setTabChangesFocus(True)
        self._total = plain_label("", name="close-all-total", spoken="Estimated together")
        self._total.setProperty("weight", "strong")
        self.rows.addRow(self._title)
        self.rows.addRow(self._list)
        self.rows.addRow(self._total)
        self.box.cancel.setFocus()
        self.request_id = ""
        self.refresh()

    def problem(self) -> str:
        return "" if self.model.snapshot is not None else "Nothing is known of the account yet."

    def facts(self) -> str:
        snapshot = self.model.snapshot
        shut = refusal_text(self.model.network)
        latch = (
            f"Nothing can be entered already: {snapshot.close_only}."
            if snapshot is not None and snapshot.close_only
            else "From then on nothing can be entered, by hand or by a strategy, until you allow it again with a "
            "reason; a restart changes nothing of that."
        )
        if shut:
            latch += (
                f"\n{shut}. The orders are canceled and entries end now; the positions are NOT closed, and nothing is "
                "kept for later: press it again when trading goes on."
            )
        return latch

    def command(self, request_id: str) -> Command:
        self.request_id = request_id
        return CloseAll(request_id=request_id)

    def tell_left(self, notice: CommandRefused) -> None:
        """Say what could not be closed; that is told after the rest was done."""
        self.refuse(self.refusal(notice))

    def refusal(self, notice: CommandRefused | OrderDenied) -> str:
        return f"{notice.detail or notice.reason}. Look at the tables: what they do not list any more is done."

    def refresh(self) -> None:
        snapshot = self.model.snapshot
        name = ""
        if snapshot is not None:
            name = f"Account {snapshot.account_name} · {account_badge(snapshot.account_type)}"
        self._title.setText(name)
        self._title.setAccessibleName(name)
        lines = [*self._order_lines(), *self._position_lines()]
        text = "\n".join(lines)
        if text != self._list.toPlainText():
            self._list.setPlainText(text)
            self._give_lines_room(len(lines))
        # Below the list, so that it is seen however long that is.
        self._total.setText(self._together())
        self._total.setAccessibleName(self._total.text() or "Nothing is open")
        self._total.setVisible(bool(self._total.text()))
        super().refresh()

    def _order_lines(self) -> Iterator[str]:
        model = self.model
        yield f"Cancels {_count(len(model.orders), 'order', 'orders')}" + (":" if model.orders else ".")
        for order in model.orders:
            instrument = model.instrument(order.symbol)
            at = order.limit_price or order.trigger_price
            price = f" at {price_text(at, instrument)}" if at is not None else ""
            left = quantity_text(order.remaining_quantity, instrument)
            yield f"    {words(order.type)} {order.side.upper()} {left} {order.symbol}{price}"

    def _position_lines(self) -> Iterator[str]:
        model = self.model
        yield f"Closes {_count(len(model.positions), 'position', 'positions')} at the market" + (
            ":" if model.positions else "."
        )
        for position in model.positions:
            result = self._result(position)
            size = quantity_text(position.quantity, model.instrument(position.symbol))
            about = f"about {self._signed(result)}" if result is not None else "result unknown: no price"
            state = ", is being closed already" if position.is_closing else ""
            yield f"    {position.direction.upper()} {size} {position.symbol}: {about}{state}"

    def _together(self) -> str:
        results = [self._result(position) for position in self.model.positions]
        known = [result for result in results if result is not None]
        if not results:
            return ""
        total = self._signed(sum(known, Decimal(0))) if len(known) == len(results) else "—"
        return f"Estimated together, at the mark and after fees: {total}"

    def _give_lines_room(self, count: int) -> None:
        """Let the list be as high as its lines, within reason; the rest is scrolled."""
        lines = min(max(count, _LINES_LEAST), _LINES_MOST)
        edit = self._list
        frame = 2 * edit.frameWidth() + edit.contentsMargins().top() + edit.contentsMargins().bottom()
        around = round(2 * edit.document().documentMargin()) + frame
        edit.setFixedHeight(lines * edit.fontMetrics().lineSpacing() + around + _SPARE)
        give_room(edit)

    def _result(self, position: PositionView) -> Decimal | None:
        """What closing it at the mark comes to, less the fee of the close."""
        instrument, mark = self.model.instrument(position.symbol), position.mark_price
        if instrument is None or mark is None:
            return None
        held = holding_of(position)
        return result_at(held, mark, instrument=instrument) - close_fee(held, mark, instrument=instrument)

    def _signed(self, amount: Decimal) -> str:
        balance = self.model.balance
        currency = balance.currency if balance is not None else "USDT"
        return format_signed_money(amount, currency) if amount else format_money(amount, currency)


def _count(number: int, one: str, many: str) -> str:
    return f"{number or 'no'} {one if number == 1 else many}"
