"""Paints the cells of the watchlist: text straight from the row, without the style's questions for each of them.

A style sheet and Qt's own delegate ask the model seven times a cell; for dozens of rows four times a second that was
most of what the window did.
"""

from __future__ import annotations

from math import ceil

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPalette
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from desktop_trader.ui.models.watch_row import WatchColumn
from desktop_trader.ui.models.watchlist_model import WatchlistModel
from desktop_trader.ui.widgets.sparkline import Sparklines

_MARGIN, _HALF_PX = 4, 0.5
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
        self._widths: dict[str, float] = {}
        self.courses = Sparklines()

    def forget_font(self) -> None:
        """The letters have another size from now on."""
        self._widths.clear()

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
        painter.setPen(cell.color)
        text = cell.text
        if column != WatchColumn.FAVOURITE:
            area.adjust(_MARGIN, 0, -_MARGIN, 0)
            if self._width(text, option) > area.width() + _HALF_PX:
                text = option.fontMetrics.elidedText(text, _ELIDE, area.width())
        painter.drawText(area, _FLAGS[column], text)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        text = self._rows.cell(index.row(), index.column()).text
        return QSize(ceil(self._width(text, option)) + 2 * _MARGIN + 1, option.fontMetrics.height())

    def _width(self, text: str, option: QStyleOptionViewItem) -> float:
        """Return what a text takes at most: the sum of its letters, each measured once."""
        widths = self._widths
        try:
            return sum([widths[letter] for letter in text])
        except KeyError:
            advance = QFontMetricsF(option.font).horizontalAdvance
            widths.update((letter, advance(letter)) for letter in text)
            return self._width(text, option)
