"""The watchlist's table: sorting by value, a star to press, keys for everything, a menu on a right click."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QApplication, QHeaderView, QTableView, QWidget

from desktop_trader.ui.models.watch_row import OWN_ORDER, WatchColumn, WatchRow
from desktop_trader.ui.models.watchlist_model import WatchlistModel
from desktop_trader.ui.theme import ROW_HEIGHT, SPACE_L, SPACE_XS, active_tokens, ui_font
from desktop_trader.ui.widgets.table_dress import dress_table
from desktop_trader.ui.widgets.watch_cell import WatchCell
from desktop_trader.ui.widgets.watch_column_widths import STAR_WIDTH, WatchColumnWidths
from desktop_trader.ui.widgets.watchlist_menu import WatchlistMenu

_SORT_AGAIN_MS = 2_000
_MEASURE_MS = 1_000
_ROWS_MIN = 6
_ROW_MARGINS = 6
_FONT_PX = 12
"""A step below the rest: six columns stand beside a chart."""


class WatchlistTable(QTableView):
    """`chosen` is a click or Enter on a symbol; the other signals are what menu and keys ask for it.

    `sorted_by` carries a column, -1 for the person's own order, and whether the highest is first. The order follows
    moving prices every two seconds, but never while a button is held or a menu is open. `empty_text` is what stands in
    the middle while there are no rows.
    """

    chosen = Signal(str)
    trade_wanted = Signal(str)
    star_pressed = Signal(str)
    removed = Signal(str)
    moved_up = Signal(str)
    moved_down = Signal(str)
    sorted_by = Signal(object, bool)

    def __init__(self, rows: WatchlistModel, *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = rows
        self.empty_text = ""
        self._current = ""
        self._widths = WatchColumnWidths(self)
        self.setObjectName(name)
        self.setAccessibleName("Watchlist")
        self.setModel(rows)
        dress_table(self)
        self.cells = WatchCell(rows, self)
        self.setItemDelegate(self.cells)
        self._arrange_headers(name)
        self._resort = QTimer(self)
        self._resort.setInterval(_SORT_AGAIN_MS)
        self._resort.timeout.connect(self._sort_again)
        self._measuring = QTimer(self, singleShot=True)
        self._measuring.setInterval(_MEASURE_MS)
        self._measuring.timeout.connect(self._widths.fit)
        self.clicked.connect(self._on_clicked)
        rows.dataChanged.connect(self._on_data_changed)
        rows.modelAboutToBeReset.connect(self._remember_current)
        rows.modelReset.connect(self._on_reset)
        self._widths.fit()

    @property
    def is_in_own_order(self) -> bool:
        """Whether the person's own order is shown, sorted by no column."""
        return self.horizontalHeader().sortIndicatorSection() not in range(len(WatchColumn))

    def sort_by(self, column: int, *, is_descending: bool) -> None:
        """Sort by a column, or with -1 in the person's own order; nobody is told."""
        order = Qt.SortOrder.DescendingOrder if is_descending else Qt.SortOrder.AscendingOrder
        header = self.horizontalHeader()
        header.blockSignals(True)
        header.setSortIndicator(column, order)
        header.blockSignals(False)
        self._rows.sort(column, order)

    def selected_symbols(self) -> list[str]:
        """Return the selected symbols, top to bottom; where none is, the current one."""
        places = sorted(index.row() for index in self.selectionModel().selectedRows())
        if not places and self.currentIndex().isValid():
            places = [self.currentIndex().row()]
        return [self._rows.shown[place].symbol for place in places]

    def select_symbol(self, symbol: str) -> None:
        """Make a symbol the current row, where it is shown."""
        row = self._rows.by_symbol.get(symbol)
        if row is not None and row.place >= 0 and self.currentIndex().row() != row.place:
            self.setCurrentIndex(self._rows.index(row.place, WatchColumn.SYMBOL))

    def copy_selection(self) -> None:
        """Put the selected rows, or all when none is, on the clipboard: a line a row, tabs between cells."""
        chosen = sorted(index.row() for index in self.selectionModel().selectedRows())
        columns = [column for column in WatchColumn if column is not WatchColumn.TREND]
        cells = [[str(self._rows.headerData(column, Qt.Orientation.Horizontal)) for column in columns]]
        for place in chosen or range(self._rows.rowCount()):
            cells.append([str(self._rows.index(place, column).data() or "") for column in columns])
        QGuiApplication.clipboard().setText("\n".join("\t".join(line) for line in cells))

    def menu(self, row: WatchRow) -> WatchlistMenu:
        """Return what can be done with a row."""
        symbol = row.symbol
        wishes = {
            "chart": self.chosen,
            "trade": self.trade_wanted,
            "follow": self.star_pressed,
            "up": self.moved_up,
            "down": self.moved_down,
            "remove": self.removed,
        }
        menu = WatchlistMenu(row, can_move=row.is_favourite and self.is_in_own_order, parent=self)
        menu.picked.connect(lambda name: wishes[name].emit(symbol) if name in wishes else self.copy_selection())
        return menu

    def keyPressEvent(self, event: QKeyEvent) -> None:
        symbols = self.selected_symbols()
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_selection()
            return
        if not symbols or event.isAutoRepeat():
            super().keyPressEvent(event)
            return
        key, is_control = event.key(), bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit(symbols[0])
        elif key == Qt.Key.Key_Space:
            self.star_pressed.emit(symbols[0])
        elif key == Qt.Key.Key_Delete:
            for symbol in symbols:
                self.removed.emit(symbol)
        elif is_control and key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            (self.moved_down if key == Qt.Key.Key_Down else self.moved_up).emit(symbols[0])
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() is QContextMenuEvent.Reason.Keyboard
        index = self.currentIndex() if by_key else self.indexAt(event.pos())
        if not index.isValid():
            return
        menu = self.menu(self._rows.shown[index.row()])
        place = self.visualRect(index).bottomLeft() if by_key else event.pos()
        menu.popup(self.viewport().mapToGlobal(QPoint(place)))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.FontChange:
            self._widths.fit()
        elif event.type() is QEvent.Type.PaletteChange:
            # Another theme, or another size of text.
            self._dress()
            self._rows.refresh()
        super().changeEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._widths.fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._rows.rowCount():
            return
        painter = QPainter(self.viewport())
        painter.setPen(QColor(active_tokens().text_muted))
        area = self.viewport().rect().adjusted(SPACE_L, SPACE_XS, -SPACE_L, -SPACE_XS)
        text = self.empty_text if not self._rows.by_symbol else "Nothing matches the filter."
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, text)
        painter.end()

    def _arrange_headers(self, name: str) -> None:
        rows = self.verticalHeader()
        rows.setObjectName(f"{name}-rows")
        rows.setAccessibleName("Rows")
        rows.setVisible(False)
        rows.setMinimumSectionSize(ROW_HEIGHT)
        self._dress()
        header = self.horizontalHeader()
        header.setObjectName(f"{name}-header")
        header.setAccessibleName("Watchlist: columns")
        header.setSectionsClickable(True)
        header.setSortIndicatorShown(True)
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(OWN_ORDER, Qt.SortOrder.AscendingOrder)
        header.setHighlightSections(False)
        header.setMinimumSectionSize(STAR_WIDTH)
        header.setDefaultSectionSize(STAR_WIDTH)
        header.setResizeContentsPrecision(0)
        header.setSectionsMovable(True)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.sortIndicatorChanged.connect(self._on_sort_asked)

    def _dress(self) -> None:
        self.setFont(ui_font(_FONT_PX))
        self.cells.forget_font()
        height = max(ROW_HEIGHT, self.fontMetrics().height() + _ROW_MARGINS)
        self.verticalHeader().setDefaultSectionSize(height)
        self._widths.forget_font()
        self.setMinimumHeight(self.horizontalHeader().sizeHint().height() + _ROWS_MIN * height + 2 * self.frameWidth())

    def _on_sort_asked(self, column: int, order: Qt.SortOrder) -> None:
        self._rows.sort(column, order)
        self.sorted_by.emit(column, order is Qt.SortOrder.DescendingOrder)

    def _sort_again(self) -> None:
        is_held = bool(QGuiApplication.mouseButtons()) or QApplication.activePopupWidget() is not None
        if not is_held:
            self._rows.sort_again()

    def _on_clicked(self, index: QModelIndex) -> None:
        symbol = self._rows.shown[index.row()].symbol
        if index.column() == WatchColumn.FAVOURITE:
            self.star_pressed.emit(symbol)
        elif not QGuiApplication.keyboardModifiers():
            self.chosen.emit(symbol)

    def _remember_current(self) -> None:
        index = self.currentIndex()
        self._current = self._rows.shown[index.row()].symbol if index.isValid() else ""

    def _on_reset(self) -> None:
        if self._current:
            self.select_symbol(self._current)
        self._widths.fit()

    def _on_data_changed(self) -> None:
        if not self._resort.isActive():
            self._resort.start()
        if not self._measuring.isActive():
            self._measuring.start()
