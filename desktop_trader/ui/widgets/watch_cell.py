"""Paints the cells of the watchlist: text straight from the row, without the style's questions for each of them.

A style sheet and Qt's own delegate ask the model seven times a cell; for dozens of rows four times a second that was
most of what the window did.
"""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QPainter, QPalette
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from desktop_trader.ui.models.watch_row import WatchColumn
from desktop_trader.ui.models.watchlist_model import WatchlistModel
from desktop_trader.ui.widgets.sparkline import Sparklines

_MARGIN = 5
_SELECTED = QStyle.StateFlag.State_Selected
_ELIDE = Qt.TextElideMode.ElideRight
_FLAGS = tuple(
    int(side | Qt.AlignmentFlag.AlignVCenter)
    for side in (
        Qt.AlignmentFlag.AlignHCenter,
        Qt.AlignmentFlag.AlignLeft,
        Qt.AlignmentFlag.AlignRight,
        Qt.AlignmentFlag.AlignRight,
        Qt.AlignmentFlag.AlignHCenter,
        Qt.AlignmentFlag.AlignRight,
    )
)


class WatchCell(QStyledItemDelegate):
    """One for all columns; `courses` are the little pictures of the trend column."""

    def __init__(self, rows: WatchlistModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows = rows
        self.courses = Sparklines()

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        column, area = index.column(), option.rect
        if option.state & _SELECTED:
            painter.fillRect(area, option.palette.brush(QPalette.ColorRole.Highlight))
        cell = self._rows.cell(index.row(), column)
        if column == WatchColumn.TREND:
            self.courses.paint(painter, QRectF(area), cell.row)
            return
        painter.setFont(option.font)
        painter.setPen(cell.color or option.palette.color(QPalette.ColorRole.Text))
        margin = 0 if column == WatchColumn.FAVOURITE else _MARGIN
        room = area.adjusted(margin, 0, -margin, 0)
        painter.drawText(room, _FLAGS[column], option.fontMetrics.elidedText(cell.text, _ELIDE, room.width()))
