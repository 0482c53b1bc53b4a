"""The positions dock, and its table, which the futures dock shows in short."""

from collections.abc import Collection
from dataclasses import replace
from decimal import Decimal

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QVBoxLayout, QWidget

from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.order import Protection
from desktop_trader.messages.snapshot import PositionView
from desktop_trader.ui.level_checks import level_problem
from desktop_trader.ui.models.balance_model import BalanceModel, SendCommand
from desktop_trader.ui.models.position_columns import STOP, TARGET, PositionLook, position_columns
from desktop_trader.ui.models.row_table_model import RowTableModel
from desktop_trader.ui.network_text import refusal_text
from desktop_trader.ui.position_commands import PositionCommands, levels_of
from desktop_trader.ui.position_menu import PositionMenu
from desktop_trader.ui.widgets.column_chooser import ColumnChooser
from desktop_trader.ui.widgets.data_table import DataTable
from desktop_trader.ui.widgets.level_cell import LevelCell
from desktop_trader.ui.widgets.table_bar import TableBar
from desktop_trader.ui.widgets.table_note import TableNote

_CLOSE_HINT = "Close the selected positions"
_EMPTY = "No positions yet. Start the strategy under Auto trading, or open one by hand under Futures."
_ENTERING = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class PositionsTable(DataTable):
    """The open positions with live marks; stop and target are typed in their cells.

    The cell *Close* closes a position; each is asked about once until the answer came. `receipt_wanted` carries the
    order that opened one.
    """

    receipt_wanted = Signal(object)

    def __init__(self, model: BalanceModel, *, send: SendCommand, name: str, parent: QWidget | None = None) -> None:
        self._model = model
        look = PositionLook(
            find=model.instrument,
            currency=lambda: model.balance.currency if model.balance else "",
            old=lambda symbol: model.ages.staleness_of((symbol,)),
            shut=lambda: refusal_text(model.network),
            waited=self._waited_levels,
        )
        self._positions = RowTableModel(position_columns(look), key=lambda row: row.id)
        super().__init__(self._positions, name=name, spoken="Open positions", empty_text=_EMPTY, parent=parent)
        self._positions.setParent(self)
        self._commands = PositionCommands(model, send=send, parent=self)
        self._note = TableNote(self)
        self._commands.changed.connect(self._positions.refresh)
        self._commands.refused.connect(self._note.say)
        self.action_pressed.connect(self.close_position)
        self._menu = PositionMenu(
            model, self, send=send, commands=self._commands, chosen=lambda: next(iter(self.selected_rows()), None)
        )
        self._menu.receipt_wanted.connect(self.receipt_wanted)
        self.selectionModel().selectionChanged.connect(self._menu.refresh)
        self._edit_levels()
        self._shut = refusal_text(model.network)
        model.positions_changed.connect(self._on_positions_changed)
        self._was_old = False
        model.ages.changed.connect(self._on_ages_changed)
        model.network_changed.connect(self._on_network_changed)
        self._on_positions_changed()

    def show_only(self, titles: Collection[str]) -> None:
        """Hide every column whose title is not named; what can be pressed stands before the figures, which grow."""
        header = self.horizontalHeader()
        figures = [place for place, column in enumerate(self._positions.columns) if column.is_number]
        for place, column in enumerate(self._positions.columns):
            self.setColumnHidden(place, column.title not in titles)
            if column.is_action:
                header.moveSection(header.visualIndex(place), header.visualIndex(figures[0]))

    def close_position(self, position: PositionView) -> None:
        """Ask for the close of a position, unless that is under way or nothing trades now."""
        self._commands.close(position)

    def edit_level(self, title: str) -> None:
        """Open the cell of a level of the row that is selected."""
        place = next(place for place, column in enumerate(self._positions.columns) if column.title == title)
        for row in self.selectionModel().selectedRows()[:1]:
            self._note.say("")
            cell = self.sorted_rows.index(row.row(), place)
            self.scrollTo(cell)
            self.edit(cell)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        current = self.currentIndex()
        column = self._positions.columns[current.column()] if current.isValid() else None
        is_level = column is not None and column.is_editable and self.state() != self.State.EditingState
        if event.key() == Qt.Key.Key_F2 or (event.key() in _ENTERING and is_level and not event.isAutoRepeat()):
            self.edit_level(column.title if column is not None and is_level else STOP)
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._note.place()

    def _waited_levels(self, position_id: int) -> Protection | None:
        return self._commands.waited_levels(position_id)

    def _edit_levels(self) -> None:
        self.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked)
        for title in (STOP, TARGET):
            place = next(place for place, column in enumerate(self._positions.columns) if column.title == title)
            cell = LevelCell(
                self,
                name=f"{self.objectName()}-{'stop' if title == STOP else 'target'}",
                read=lambda index, title=title: self._read_level(index, title),  # type: ignore[misc]
                check=lambda row_id, price, title=title: self._check_level(row_id, price, title),  # type: ignore[misc]
            )
            cell.typed.connect(lambda row_id, price, title=title: self._on_typed(row_id, price, title))
            self.setItemDelegateForColumn(place, cell)

    def _read_level(
        self, index: QModelIndex | QPersistentModelIndex, title: str
    ) -> tuple[int, Decimal | None, Instrument | None]:
        row = self._positions.row_at(self.sorted_rows.mapToSource(index).row())
        price = row.stop_loss if title == STOP else row.take_profit
        return row.id, price, self._model.instrument(row.symbol)

    def _row(self, row_id: int) -> PositionView | None:
        return next((row for row in self._model.positions if row.id == row_id), None)

    def _check_level(self, row_id: int, price: Decimal, title: str) -> str:
        row = self._row(row_id)
        if row is None:
            return "This position is closed."
        return level_problem(self._model, row, price, is_stop=title == STOP)

    def _on_typed(self, row_id: int, price: Decimal | None, title: str) -> None:
        row = self._row(row_id)
        self.setFocus()
        if row is not None:
            levels = levels_of(row)
            changed = replace(levels, stop_loss=price) if title == STOP else replace(levels, take_profit=price)
            self._commands.protect(row, changed)

    def _on_ages_changed(self) -> None:
        self._positions.refresh()
        is_old = self._model.ages.staleness_of(row.symbol for row in self._positions.rows) is not None
        if self._was_old and not is_old:
            # The ages behind the figures have gone, and with them the need for their room.
            self.narrow_columns()
        self._was_old = is_old

    def _on_network_changed(self) -> None:
        shut = refusal_text(self._model.network)
        if shut != self._shut:
            self._shut = shut
            self._positions.refresh()

    def _on_positions_changed(self) -> None:
        self._positions.replace_rows(self._model.positions)


class PositionsPanel(QWidget):
    """The table with a filter and a button that closes what is selected."""

    symbol_chosen = Signal(str)

    def __init__(self, model: BalanceModel, *, send: SendCommand, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.setObjectName("positions-panel")
        self.setAccessibleName("Positions")
        self._table = PositionsTable(model, send=send, name="positions-table")
        self._table.row_chosen.connect(lambda row: self.symbol_chosen.emit(row.symbol))
        bar = TableBar(self._table, place="positions", spoken="Positions")
        bar.add_widget(ColumnChooser(self._table, place="positions", spoken="Positions"))
        self._close = bar.add_button("positions-close-btn", "Close selected", _CLOSE_HINT)
        self._close.setEnabled(False)
        self._close.clicked.connect(self._on_close_clicked)
        self._table.selectionModel().selectionChanged.connect(self._refresh_button)
        model.positions_changed.connect(self._refresh_button)
        model.network_changed.connect(self._refresh_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(bar)
        layout.addWidget(self._table, 1)

    def _refresh_button(self) -> None:
        shut = refusal_text(self._model.network)
        self._close.setEnabled(not shut and any(not row.is_closing for row in self._table.selected_rows()))
        self._close.setToolTip(shut or _CLOSE_HINT)

    def _on_close_clicked(self) -> None:
        for row in self._table.selected_rows():
            self._table.close_position(row)
