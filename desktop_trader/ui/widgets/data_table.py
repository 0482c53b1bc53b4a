"""A table view with the house's manners: value sorting, copying as TSV, a sentence when empty, cells that act."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAction,
    QColor,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from desktop_trader.ui.models.row_table_model import RowTableModel, SortedRows
from desktop_trader.ui.theme import ROW_HEIGHT, SPACE_L, SPACE_XS, active_tokens
from desktop_trader.ui.widgets.column_room import ColumnRoom
from desktop_trader.ui.widgets.table_dress import dress_table

_MEASURE_MS = 100


class DataTable(QTableView):
    """Shows a `RowTableModel`. `action_pressed` carries the row of a clicked action cell, `row_chosen` of any other.

    `entered_row` carries the row on which Enter was pressed, besides `row_chosen`.
    """

    action_pressed = Signal(object)
    row_chosen = Signal(object)
    entered_row = Signal(object)

    def __init__(
        self, rows: RowTableModel[Any], *, name: str, spoken: str, empty_text: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._rows = rows
        self._empty_text = empty_text
        self.sorted_rows = SortedRows(rows, self)
        self.setObjectName(name)
        self.setAccessibleName(spoken)
        self.setModel(self.sorted_rows)
        dress_table(self)
        self.setSortingEnabled(True)
        self._arrange_headers(name)
        self._add_copy_action(name)
        for place, column in enumerate(rows.columns):
            if column.is_action:
                self.setItemDelegateForColumn(place, _ActionCell(self))
        self._room = ColumnRoom(self, rows, self.sorted_rows)
        self.clicked.connect(self._on_clicked)
        # Measuring waits for the paint of what has just changed: prices come many times a second.
        self._measuring = QTimer(self, singleShot=True)
        self._measuring.setInterval(_MEASURE_MS)
        self._measuring.timeout.connect(self._room.fit)
        rows.dataChanged.connect(self._on_data_changed)
        rows.rowsInserted.connect(self._on_rows_inserted)
        rows.modelReset.connect(self._on_reset)
        self._room.fit()

    def set_empty_text(self, text: str) -> None:
        """What to say in the middle while there are no rows."""
        self._empty_text = text
        self.viewport().update()

    def selected_rows(self) -> list[Any]:
        """Return the selected rows, top to bottom."""
        places = sorted(self.selectionModel().selectedRows(), key=QModelIndex.row)
        return [self._rows.row_at(self.sorted_rows.mapToSource(place).row()) for place in places]

    def select_where(self, is_wanted: Callable[[Any], bool]) -> bool:
        """Select the first row that is wanted and bring it into view; say whether there is one."""
        for place in range(self.sorted_rows.rowCount()):
            index = self.sorted_rows.index(place, 0)
            if is_wanted(self._rows.row_at(self.sorted_rows.mapToSource(index).row())):
                self.selectRow(place)
                self.scrollTo(index)
                self.setFocus()
                return True
        return False

    def copy_selection(self) -> None:
        """Put the selected rows, or all when none is, on the clipboard: a line a row, tabs between cells."""
        QGuiApplication.clipboard().setText(self.selection_text())

    def selection_text(self) -> str:
        """Return what `copy_selection` copies: the titles, then the cells as shown, without action cells."""
        chosen = sorted({index.row() for index in self.selectionModel().selectedRows()})
        lines = chosen or range(self.sorted_rows.rowCount())
        columns = [
            place
            for place, column in enumerate(self._rows.columns)
            if not column.is_action and not self.isColumnHidden(place)
        ]
        cells = [[self._rows.columns[place].title for place in columns]]
        cells += [[str(self.sorted_rows.index(line, place).data() or "") for place in columns] for line in lines]
        return "\n".join("\t".join(line) for line in cells)

    def narrow_columns(self) -> None:
        """Give back soon what columns were widened for and need no more, but no width that a person chose."""
        self._room.give_back()
        self._on_data_changed()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_selection()
            return
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.isAutoRepeat():
            for row in self.selected_rows()[:1]:
                self.row_chosen.emit(row)
                self.entered_row.emit(row)
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.sorted_rows.rowCount():
            return
        painter = QPainter(self.viewport())
        painter.setPen(QColor(active_tokens().text_muted))
        area = self.viewport().rect().adjusted(SPACE_L, SPACE_XS, -SPACE_L, -SPACE_XS)
        text = self._empty_text if not self._rows.rowCount() else "Nothing matches the filter."
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text)
        painter.end()

    def _arrange_headers(self, name: str) -> None:
        rows = self.verticalHeader()
        rows.setObjectName(f"{name}-rows")
        rows.setAccessibleName("Rows")
        rows.setVisible(False)
        rows.setDefaultSectionSize(ROW_HEIGHT)
        rows.setMinimumSectionSize(ROW_HEIGHT)
        header = self.horizontalHeader()
        header.setObjectName(f"{name}-header")
        header.setAccessibleName(f"{self.accessibleName()}: columns")
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.setHighlightSections(False)
        header.setMinimumSectionSize(24)
        header.setDefaultSectionSize(24)
        # Only rows in view are measured.
        header.setResizeContentsPrecision(0)
        header.setSectionsMovable(True)
        for place, column in enumerate(self._rows.columns):
            if column.is_wide:
                header.setSectionResizeMode(place, QHeaderView.ResizeMode.Stretch)

    def _add_copy_action(self, name: str) -> None:
        copy = QAction("Copy rows", self)
        copy.setObjectName(f"{name}-copy")
        copy.triggered.connect(self.copy_selection)
        self.addAction(copy)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def _on_reset(self) -> None:
        self._room.forget()
        self._room.fit()

    def _on_rows_inserted(self, _parent: QModelIndex, first: int, last: int) -> None:
        # The first rows find their room at once; further ones, which come while somebody scrolls, when he rests.
        if self._rows.rowCount() == last - first + 1:
            self._room.fit()
        else:
            self._on_data_changed()

    def _on_data_changed(self) -> None:
        if not self._measuring.isActive():
            self._measuring.start()

    def _on_clicked(self, index: QModelIndex) -> None:
        row = self._rows.row_at(self.sorted_rows.mapToSource(index).row())
        if self._rows.columns[index.column()].is_action:
            self.action_pressed.emit(row)
        else:
            self.row_chosen.emit(row)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._room.fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # Only rows in view are measured, and a dock behind another tab has room for none.
        if event.size().height() > event.oldSize().height():
            self._on_data_changed()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.FontChange:
            self._on_reset()
        super().changeEvent(event)


class _ActionCell(QStyledItemDelegate):
    """Paints a cell as a small button; the table sends the press."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        own = QStyleOptionViewItem(option)
        self.initStyleOption(own, index)
        text, own.text = own.text, ""
        style = own.widget.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, own, painter, own.widget)
        tokens = active_tokens()
        is_hot = bool(own.state & QStyle.StateFlag.State_MouseOver)
        box = own.rect.adjusted(3, 3, -4, -4)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(tokens.text_muted if is_hot else tokens.border_strong))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, 3, 3)
        painter.setPen(QColor(tokens.text))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
        painter.restore()
