"""The orders dock: what is live, and what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop_trader.domain.order import Order
from desktop_trader.messages.commands import CancelOrder
from desktop_trader.messages.notices import CommandRefused, Notice
from desktop_trader.ui.models.balance_model import BalanceModel, SendCommand
from desktop_trader.ui.models.order_columns import order_columns, trail_level
from desktop_trader.ui.models.pending_request import PendingRequest
from desktop_trader.ui.models.row_table_model import RowTableModel
from desktop_trader.ui.position_menu import show_dialog
from desktop_trader.ui.widgets.column_chooser import ColumnChooser
from desktop_trader.ui.widgets.data_table import DataTable
from desktop_trader.ui.widgets.table_bar import TableBar
from desktop_trader.ui.widgets.table_note import TableNote

_EMPTY = "No open orders. Limit orders rest here until their price comes."


class OrdersTable(DataTable):
    """The live orders. Each is asked to be canceled once until the answer came.

    `receipt_wanted` carries the order on which Enter or a double click was made.
    """

    receipt_wanted = Signal(object)

    def __init__(self, model: BalanceModel, *, send: SendCommand, name: str, parent: QWidget | None = None) -> None:
        self._model = model
        self._send = send
        self._pending: dict[int, PendingRequest] = {}
        self._orders = RowTableModel(
            order_columns(
                model.instrument,
                lambda: model.balance.currency if model.balance else "",
                partner=self._partner_of,
                is_busy=lambda order_id: order_id in self._pending and self._pending[order_id].is_busy,
                trail_level=lambda order_id: trail_level(model.snapshot, order_id),
            ),
            key=lambda row: row.id,
        )
        super().__init__(self._orders, name=name, spoken="Open orders", empty_text=_EMPTY, parent=parent)
        self._orders.setParent(self)
        self._note = TableNote(self)
        self.action_pressed.connect(self.cancel_order)
        self.entered_row.connect(lambda row: self.receipt_wanted.emit(row.id))
        self.doubleClicked.connect(lambda _index: self._open_receipt())
        self._receipt = self._add_action("receipt", "&Receipt…", self._open_receipt)
        self._edit = self._add_action("edit", "&Edit…", self.edit_chosen, key="F2")
        self._cancel = self._add_action("cancel", "&Cancel", self.cancel_chosen, key="Del")
        self._cancel_symbol = self._add_action(
            "cancel-symbol", "Cancel all of this &symbol", self._cancel_all_of_symbol
        )
        self.selectionModel().selectionChanged.connect(self._refresh_actions)
        model.orders_changed.connect(self._on_orders_changed)
        self._on_orders_changed()

    def cancel_order(self, order: Order) -> None:
        """Ask for the end of an order, unless that is under way."""
        pending = self._pending.get(order.id)
        if pending is None:
            pending = self._pending[order.id] = PendingRequest(self._model, self)
            pending.answered.connect(self._on_answered)
            pending.expired.connect(self._orders.refresh)
        request_id = pending.begin()
        if request_id:
            self._send(CancelOrder(request_id=request_id, order_id=order.id))
            self._orders.refresh()

    def cancel_chosen(self) -> None:
        """Ask for the end of every selected order."""
        self._cancel_each(self.selected_rows())

    def edit_chosen(self) -> None:
        """Open the dialog that changes the first selected order."""
        for order in self.selected_rows()[:1]:
            from desktop_trader.ui.dialogs.edit_order import EditOrderDialog

            show_dialog(EditOrderDialog(self._model, order, send=self._send, parent=self.window()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._note.place()

    def _open_receipt(self) -> None:
        for order in self.selected_rows()[:1]:
            self.receipt_wanted.emit(order.id)

    def _cancel_all_of_symbol(self) -> None:
        for chosen in self.selected_rows()[:1]:
            self._cancel_each([order for order in self._model.orders if order.symbol == chosen.symbol])

    def _cancel_each(self, orders: Sequence[Order]) -> None:
        """Ask once for both of a pair: with one of them the other ends, and a question of its own would be refused."""
        asked: set[str] = set()
        for order in orders:
            if not order.oco_id or order.oco_id not in asked:
                self.cancel_order(order)
            asked.add(order.oco_id)

    def _partner_of(self, order: Order) -> Order | None:
        return next((each for each in self._model.orders if each.oco_id == order.oco_id and each.id != order.id), None)

    def _add_action(self, name: str, text: str, act: object, *, key: str = "") -> QAction:
        action = QAction(text, self)
        action.setObjectName(f"{self.objectName()}-{name}")
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        if key:
            action.setShortcut(QKeySequence(key))
        action.triggered.connect(act)
        self.addAction(action)
        return action

    def _refresh_actions(self) -> None:
        chosen = self.selected_rows()
        for action in (self._receipt, self._edit, self._cancel, self._cancel_symbol):
            action.setEnabled(bool(chosen))
        if chosen:
            self._cancel_symbol.setText(f"Cancel all of {chosen[0].symbol}")

    def _on_answered(self, notice: Notice) -> None:
        if isinstance(notice, CommandRefused):
            self._note.say(f"Refused: {notice.detail or notice.reason}. The order stays as it is.")
        self._orders.refresh()

    def _on_orders_changed(self) -> None:
        self._orders.replace_rows(self._model.orders)
        if self._model.snapshot is not None and self._model.snapshot.trail_levels:
            self._orders.refresh()  # where a trigger has come to is no part of its order
        live = {order.id for order in self._model.orders}
        for ended in [order_id for order_id in self._pending if order_id not in live]:
            self._pending.pop(ended).deleteLater()
        self._refresh_actions()


class OrdersPanel(QWidget):
    """The table with a filter, and buttons for what is selected."""

    def __init__(self, model: BalanceModel, *, send: SendCommand, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("orders-panel")
        self.setAccessibleName("Orders")
        self._table = OrdersTable(model, send=send, name="orders-table")
        bar = TableBar(self._table, place="orders", spoken="Orders")
        bar.add_widget(ColumnChooser(self._table, place="orders", spoken="Orders"))
        self._edit = bar.add_button("orders-edit-btn", "Edit…", "Change the selected order (F2)")
        self._edit.clicked.connect(self._table.edit_chosen)
        self._cancel = bar.add_button("orders-cancel-btn", "Cancel selected", "Cancel the selected orders")
        self._cancel.clicked.connect(self._table.cancel_chosen)
        self._table.selectionModel().selectionChanged.connect(self._refresh_buttons)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(bar)
        layout.addWidget(self._table, 1)
        model.orders_changed.connect(self._refresh_buttons)
        self._refresh_buttons()

    def _refresh_buttons(self) -> None:
        count = len(self._table.selected_rows())
        self._edit.setEnabled(count == 1)
        self._cancel.setEnabled(count > 0)
