"""All levels of a symbol in a list: the keyboard's way to what the mouse drags on the chart."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from desktop_trader.ui.chart_levels import ChartLevel, LevelRole, chart_levels, level_line
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.theme import SPACE_L, SPACE_M, active_tokens
from desktop_trader.ui.widgets.plain_label import plain_label

_SIZE = (460, 320)


class LevelListDialog(QDialog):
    """From the highest price down; Enter, a double click or the button opens one (`chosen`)."""

    chosen = Signal(object)

    def __init__(self, model: BalanceModel, symbol: str, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._symbol = symbol
        self._levels: list[ChartLevel] = []
        self.setObjectName("level-list-dialog")
        self.setAccessibleName(f"Levels of {symbol}")
        self.setWindowTitle(f"Levels of {symbol}")
        self.resize(*_SIZE)
        self._hint = plain_label("", name="level-list-hint", tone="muted", spoken="What is listed")
        self._hint.setWordWrap(True)
        self._list = QListWidget()
        self._list.setObjectName("level-list-table")
        self._list.setAccessibleName("Entries, stops, targets, liquidation and orders")
        buttons = QDialogButtonBox()
        buttons.setObjectName("level-list-buttons")
        buttons.setAccessibleName("Change or close")
        self._change = buttons.addButton("Change…", QDialogButtonBox.ButtonRole.ActionRole)
        self._change.setObjectName("level-list-change-btn")
        self._change.setAccessibleName("Change the chosen level")
        self._change.setDefault(True)
        self._change.clicked.connect(self._open_current)
        close = buttons.addButton("Close", QDialogButtonBox.ButtonRole.RejectRole)
        close.setObjectName("level-list-close-btn")
        close.setAccessibleName("Close")
        close.setAutoDefault(False)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_L, SPACE_L, SPACE_L, SPACE_L)
        layout.setSpacing(SPACE_M)
        for widget in (self._hint, self._list, buttons):
            layout.addWidget(widget)
        self._list.itemDoubleClicked.connect(lambda _item: self._open_current())
        self._list.currentRowChanged.connect(self._refresh_button)
        model.positions_changed.connect(self._show)
        model.orders_changed.connect(self._show)
        model.account_switched.connect(self.reject)
        self._show()
        self._list.setFocus()

    def _show(self) -> None:
        kept = self._current()
        levels = chart_levels(self._model, self._symbol)
        listed = {(level.role, level.owner.id) for level in levels}
        # A position without a stop or a target lists the place where one can be set.
        levels += [
            ChartLevel(role=role, owner=position, price=position.entry_price, text=f"no {role.value} is set: set one")
            for position in self._model.positions
            if position.symbol == self._symbol
            for role in (LevelRole.STOP, LevelRole.TARGET)
            if (role, position.id) not in listed
        ]
        self._levels = sorted(levels, key=lambda level: level.price, reverse=True)
        self._list.clear()
        for level in self._levels:
            is_set = not level.text.startswith("no ")
            item = QListWidgetItem(level_line(self._model, level) if is_set else f"—   {level.text}")
            if not level.role.is_movable:
                item.setForeground(QColor(active_tokens().text_muted))
            self._list.addItem(item)
        self._hint.setText(
            "Enter changes the chosen level; entries and liquidation follow from the others."
            if self._levels
            else f"Nothing is open in {self._symbol}."
        )
        places = [place for place, level in enumerate(self._levels) if level.role.is_movable]
        same = [
            place for place in places if kept and self._levels[place].role is kept[0] and self._id(place) == kept[1]
        ]
        if places:
            self._list.setCurrentRow((same or places)[0])
        self._refresh_button()

    def _id(self, place: int) -> int:
        return self._levels[place].owner.id

    def _current(self) -> tuple[LevelRole, int] | None:
        place = self._list.currentRow()
        return (self._levels[place].role, self._id(place)) if 0 <= place < len(self._levels) else None

    def _refresh_button(self) -> None:
        place = self._list.currentRow()
        self._change.setEnabled(0 <= place < len(self._levels) and self._levels[place].role.is_movable)

    def _open_current(self) -> None:
        place = self._list.currentRow()
        if 0 <= place < len(self._levels) and self._levels[place].role.is_movable:
            self.chosen.emit(self._levels[place])
