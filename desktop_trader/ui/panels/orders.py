"""The orders dock: what is live, and a way to cancel it."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop_trader.domain.order import Order
from desktop_trader.messages.commands import CancelOrder
from desktop_trader.ui.models.balance_model import BalanceModel, SendCommand
from desktop_trader.ui.models.pending_request import PendingRequest
from desktop_trader.ui.models.row_table_model import RowTableModel
from desktop_trader.ui.models.table_columns import order_columns
from desktop_trader.ui.widgets.data_table import DataTable
from desktop_trader.ui.widgets.table_bar import TableBar

_EMPTY = "No open orders. Limit orders rest here until their price comes."


class OrdersPanel(QWidget):
    """Each order is asked to be canceled once until the answer came."""

    def __init__(self, model: BalanceModel, *, send: SendCommand, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._send = send
        self._pending: dict[int, PendingRequest] = {}
        self.setObjectName("orders-panel")
        self.setAccessibleName("Orders")
        self._orders = RowTableModel(
            order_columns(model.instrument, lambda: model.balance.currency if model.balance else ""),
            key=lambda row: row.id,
            parent=self,
        )
        self._table = DataTable(self._orders, name="orders-table", spoken="Open orders", empty_text=_EMPTY)
        self._table.action_pressed.connect(self._cancel_order)
        bar = TableBar(self._table, place="orders", spoken="Orders")
        self._cancel = bar.add_button("orders-cancel-btn", "Cancel selected", "Cancel the selected orders")
        self._cancel.clicked.connect(self._on_cancel_clicked)
        self._table.selectionModel().selectionChanged.connect(self._refresh_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(bar)
        layout.addWidget(self._table, 1)
        model.orders_changed.connect(self._on_orders_changed)
        self._on_orders_changed()

    def _on_orders_changed(self) -> None:
        self._orders.replace_rows(self._model.orders)
        live = {order.id for order in self._model.orders}
        for ended in [order_id for order_id in self._pending if order_id not in live]:
            self._pending.pop(ended).deleteLater()
        self._refresh_button()

    def _refresh_button(self) -> None:
        self._cancel.setEnabled(bool(self._table.selected_rows()))

    def _on_cancel_clicked(self) -> None:
        for order in self._table.selected_rows():
            self._cancel_order(order)

    def _cancel_order(self, order: Order) -> None:
        pending = self._pending.setdefault(order.id, PendingRequest(self._model, self))
        request_id = pending.begin()
        if request_id:
            self._send(CancelOrder(request_id=request_id, order_id=order.id))
