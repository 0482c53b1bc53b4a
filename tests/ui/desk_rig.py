"""Open swaps and orders for the tests of what a person does with them, and hands for tables and dialogs."""

from decimal import Decimal
from typing import Any, TypeVar

from PySide6.QtCore import QCoreApplication, QEvent, QModelIndex, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDialog, QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from desktop_trader.domain.order import Order, OrderSide, OrderType
from desktop_trader.messages.notices import CommandRefused, PositionChanged
from desktop_trader.messages.snapshot import PositionView
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.widgets.data_table import DataTable
from tests.ui.snapshot_builders import NOON, make_balance, make_order, make_position, make_snapshot

SWAP = "BTC/USDT:USDT"
Widget = TypeVar("Widget", bound=QWidget)


def swap_position(position_id: int = 1, **changes: Any) -> PositionView:
    """A long of 0.01 at 45,000 with ten times leverage; the mark stands at 45,120."""
    plain: dict[str, Any] = {
        "leverage": 10,
        "margin": Decimal(45),
        "liquidation_price": Decimal("40700.00"),
        "liquidation_percent": Decimal("9.79"),
        "entry_order_id": 70 + position_id,
    }
    return make_position(position_id, SWAP, **(plain | changes))


def exit_order(order_id: int = 6, **changes: Any) -> Order:
    """A stop limit that closes position 1."""
    plain: dict[str, Any] = {
        "symbol": SWAP,
        "side": OrderSide.SELL,
        "type": OrderType.STOP_LIMIT,
        "trigger_price": Decimal("44500.00"),
        "limit_price": Decimal("44480.00"),
        "is_exit": True,
        "position_id": 1,
        "reserve": Decimal(0),
    }
    return make_order(order_id, **(plain | changes))


class Desk:
    """A model over nothing, what was sent, and hands."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.model = BalanceModel()
        self.sent: list[Any] = []
        self._sequence = 0
        self._notices = 0

    def show(self, **state: Any) -> None:
        """Show a newer snapshot at once."""
        self._sequence += 1
        state.setdefault("balance", make_balance(available=Decimal("9500")))
        self.model.replace_snapshot(make_snapshot(self._sequence, **state))
        self.model.show_newest()

    def refuse(self, detail: str) -> None:
        """Answer the last command with a no."""
        self._notices += 1
        self.model.raise_notice(
            CommandRefused(
                id=self._notices, at=NOON, request_id=self.sent[-1].request_id, reason="limits", detail=detail
            )
        )

    def agree(self) -> None:
        """Answer the last command with a yes; the snapshot that shows it has not come yet."""
        self._notices += 1
        self.model.raise_notice(
            PositionChanged(
                id=self._notices,
                at=NOON,
                request_id=self.sent[-1].request_id,
                symbol=SWAP,
                position_id=1,
                detail="changed",
                current_balance=Decimal(10000),
            )
        )

    def put(self, widget: Widget, width: int = 1500, height: int = 240) -> Widget:
        """Show a widget."""
        self.qtbot.addWidget(widget)
        widget.resize(width, height)
        with self.qtbot.waitExposed(widget):
            widget.show()
        return widget

    def close(self, dialog: QDialog) -> None:
        """Close a dialog for good."""
        dialog.close()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def cell(table: DataTable, row: int, title: str) -> QModelIndex:
    """Return the cell of a column."""
    titles = [table.model().headerData(each, Qt.Orientation.Horizontal) for each in range(table.model().columnCount())]
    return table.sorted_rows.index(row, titles.index(title))


def text(table: DataTable, row: int, title: str) -> str:
    """Return what a cell reads."""
    return str(cell(table, row, title).data())


def column(table: DataTable, title: str) -> list[str]:
    """Return what the cells of a column read, top to bottom."""
    return [text(table, row, title) for row in range(table.sorted_rows.rowCount())]


def action(table: QWidget, name: str) -> QAction:
    """Return one of a table's actions."""
    found = table.findChild(QAction, f"{table.objectName()}-{name}")
    assert found is not None, name
    return found


def dialog_of(parent: QWidget, prefix: str) -> QDialog:
    """Return the dialog that is open."""
    found = [each for each in parent.window().findChildren(QDialog, f"{prefix}-dialog") if each.isVisible()]
    assert len(found) == 1, prefix
    return found[0]


def is_open(parent: QWidget, prefix: str) -> bool:
    """Say whether such a dialog is open."""
    return any(each.isVisible() for each in parent.window().findChildren(QDialog, f"{prefix}-dialog"))


def field(parent: QWidget, name: str) -> QLineEdit:
    """Return a field."""
    found = parent.findChild(QLineEdit, name)
    assert found is not None, name
    return found


def button(parent: QWidget, name: str) -> QPushButton:
    """Return a button."""
    found = parent.findChild(QPushButton, name)
    assert found is not None, name
    return found


def label(parent: QWidget, name: str) -> str:
    """Return what a label says."""
    found = parent.findChild(QLabel, name)
    assert found is not None, name
    return found.text()


def type_into(qtbot: QtBot, edit: QLineEdit, typed: str) -> None:
    """Replace what stands in a field, key by key."""
    edit.setFocus()
    edit.selectAll()
    qtbot.keyClick(edit, Qt.Key.Key_Delete)
    qtbot.keyClicks(edit, typed)
