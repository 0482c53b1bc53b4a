"""Change a live order: its size, its limit, its trigger or how far it trails."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.order import Order, OrderType
from desktop_trader.messages.commands import EditOrder
from desktop_trader.ui.dialogs.command_dialog import CommandDialog, DialogWords
from desktop_trader.ui.models.balance_model import BalanceModel, SendCommand
from desktop_trader.ui.models.table_columns import price_text, quantity_text
from desktop_trader.ui.number_format import decimals_of, format_money, format_plain
from desktop_trader.ui.time_text import words
from desktop_trader.ui.widgets.decimal_edit import DecimalEdit
from desktop_trader.ui.widgets.plain_label import plain_label

if TYPE_CHECKING:
    from desktop_trader.messages.commands import Command

_WORDS = DialogWords(prefix="edit-order", title="Edit the order", ok="Change the order")
_SMALLEST = Decimal("0.00000001")


class EditOrderDialog(CommandDialog):
    """Offers the terms that the order has. `chosen` fills in what somebody chose: `limit` or `trigger`, a price."""

    def __init__(
        self,
        model: BalanceModel,
        order: Order,
        *,
        send: SendCommand,
        chosen: tuple[str | None, Decimal | None] = (None, None),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(model, send=send, words=_WORDS, parent=parent)
        self._last = order
        self._title = plain_label("", name="edit-order-order", tone="title", spoken="Order")
        self._title.setWordWrap(True)
        self.rows.addRow(self._title)
        instrument = model.instrument(order.symbol)
        lot = instrument.lot_size if instrument is not None else _SMALLEST
        tick = instrument.tick_size if instrument is not None else _SMALLEST
        self._quantity = self._add("quantity", "Quantity", step=lot, value=order.quantity)
        self._limit = self._trigger = self._trail = None
        if order.type.has_limit:
            limit = chosen[1] if chosen[0] == "limit" else order.limit_price
            self._limit = self._add("limit", "Limit price", step=tick, value=limit)
        if order.trigger_price is not None or (order.type.has_trigger and order.type is not OrderType.TRAILING_STOP):
            trigger = chosen[1] if chosen[0] == "trigger" else order.trigger_price
            self._trigger = self._add("trigger", "Trigger price", step=tick, value=trigger)
            self._trigger.setEnabled(not order.is_triggered)
        if order.trail_percent is not None:
            self._trail = self._add("trail", "Trailing, %", step=Decimal("0.1"), value=order.trail_percent)
            self._trail.set_range(minimum=Decimal("0.01"), maximum=Decimal("99.99"))
        first = self._limit or self._trigger or self._quantity
        first.setFocus()
        first.selectAll()

    @property
    def order(self) -> Order:
        """The order as it was seen last."""
        self._last = next((each for each in self.model.orders if each.id == self._last.id), self._last)
        return self._last

    def problem(self) -> str:
        order = self.order
        if all(each.id != order.id for each in self.model.orders):
            return "This order is over."
        instrument = self.model.instrument(order.symbol)
        for edit in self._edits():
            value = edit.value()
            if value is None:
                return edit.error_text() and f"{edit.accessibleName()}: {edit.error_text()}"
            problem = "" if instrument is None else self._off_grid(edit, value, instrument)
            if value <= 0 or problem:
                return problem or f"{edit.accessibleName()} has to be above zero."
        quantity = self._quantity.value()
        if quantity is not None and quantity <= order.filled_quantity:
            return f"{quantity_text(order.filled_quantity, instrument)} is filled already; it has to be more than that."
        return ""

    def is_ready(self) -> bool:
        return all(edit.value() is not None for edit in self._edits()) and bool(self._changes())

    def facts(self) -> str:
        order, balance = self.order, self.model.balance
        lines = [f"{name}: {before} → {after}" for name, before, after in self._changes()]
        if not lines:
            return "Nothing is changed yet."
        if order.reserve:
            currency = balance.currency if balance is not None else "USDT"
            lines.append(f"What is locked for it ({format_money(order.reserve, currency)}) follows.")
        lines.append("It loses its place in the queue, and its number stays.")
        return "\n".join(lines)

    def command(self, request_id: str) -> Command:
        order = self.order

        def new(edit: DecimalEdit | None, before: Decimal | None) -> Decimal | None:
            value = None if edit is None else edit.value()
            return None if value == before else value

        return EditOrder(
            request_id=request_id,
            order_id=order.id,
            quantity=new(self._quantity, order.quantity),
            limit_price=new(self._limit, order.limit_price),
            trigger_price=new(self._trigger, order.trigger_price),
            trail_percent=new(self._trail, order.trail_percent),
        )

    def refresh(self) -> None:
        order = self.order
        instrument = self.model.instrument(order.symbol)
        self._title.setText(
            f"#{order.id} {words(order.type)} {order.side.upper()} {quantity_text(order.quantity, instrument)} "
            f"{order.symbol}, {words(order.status)}"
        )
        self._title.setAccessibleName(self._title.text())
        super().refresh()

    def _edits(self) -> list[DecimalEdit]:
        return [edit for edit in (self._quantity, self._limit, self._trigger, self._trail) if edit is not None]

    def _changes(self) -> list[tuple[str, str, str]]:
        order = self.order
        instrument = self.model.instrument(order.symbol)

        def price(value: Decimal | None) -> str:
            return price_text(value, instrument)

        listed = []
        for edit, before, write in (
            (self._quantity, order.quantity, lambda value: quantity_text(value, instrument)),
            (self._limit, order.limit_price, price),
            (self._trigger, order.trigger_price, price),
            (self._trail, order.trail_percent, lambda value: f"{format_plain(value)} %"),
        ):
            if edit is not None and edit.value() is not None and edit.value() != before:
                listed.append((edit.accessibleName(), write(before), write(edit.value())))
        return listed

    def _off_grid(self, edit: DecimalEdit, value: Decimal, instrument: Instrument) -> str:
        if edit is self._quantity:
            is_on, step = instrument.is_on_quantity_grid(value), instrument.lot_size
        elif edit is self._trail:
            return ""
        else:
            is_on, step = instrument.is_on_price_grid(value), instrument.tick_size
        return "" if is_on or value <= 0 else f"{edit.accessibleName()}: only multiples of {format_plain(step)}."

    def _add(self, name: str, spoken: str, *, step: Decimal, value: Decimal | None) -> DecimalEdit:
        edit = DecimalEdit(decimals=max(decimals_of(step), 2 if name == "trail" else 0), step=step)
        edit.setObjectName(f"edit-order-{name}-edit")
        edit.setAccessibleName(spoken)
        edit.set_value(value)
        edit.textChanged.connect(self.typed)
        self.add_row(spoken, edit)
        return edit
