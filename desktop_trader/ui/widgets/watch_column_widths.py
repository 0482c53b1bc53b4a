"""How wide the columns of the watchlist are: what their figures need, in the little room beside a chart."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QTableView

from desktop_trader.ui.models.watch_row import WatchColumn

_WIDTH_MAX = 190
_TITLE_MARGINS, _CELL_MARGINS = 14, 9
STAR_WIDTH, _TREND_WIDTH, _TREND_WIDTH_TITLED, _TREND_WIDTH_MIN = 24, 48, 34, 24
_FIXED = {WatchColumn.FAVOURITE: STAR_WIDTH, WatchColumn.TREND: _TREND_WIDTH}
_SYMBOL = "BTC/USDT"
_SAMPLES = {
    WatchColumn.SYMBOL: _SYMBOL,
    WatchColumn.PRICE: "62,800.00",
    WatchColumn.CHANGE: "▼ -10.15%",
    WatchColumn.VOLUME: "120.4M",
}
_LITTLE_PX = 12
"""A digit more or less moves no column; the age behind a price does, when it comes and when it goes."""


class WatchColumnWidths:
    """Fits the columns of one table; widths that a person chose stay."""

    def __init__(self, table: QTableView) -> None:
        self._table = table
        self._kept: dict[WatchColumn, int] = {}
        self._fitted: dict[WatchColumn, int] = {}

    def forget_font(self) -> None:
        """The letters have another size from now on."""
        self._kept.clear()

    def fit(self) -> None:
        """Give every column what it needs, and the course and the longest symbols less where that is too much."""
        widths = {column: self._needed(column) for column in WatchColumn}
        excess = sum(widths.values()) - self._table.viewport().width()
        for column, least in (
            (WatchColumn.TREND, _TREND_WIDTH_TITLED),
            (WatchColumn.SYMBOL, self._sample(_SYMBOL)),
            (WatchColumn.TREND, _TREND_WIDTH_MIN),
        ):
            given = min(max(0, excess), max(0, widths[column] - least))
            widths[column] -= given
            excess -= given
        for column, width in widths.items():
            before = self._fitted.get(column)
            if before is not None and self._table.columnWidth(column) != before:
                continue  # as a person wants it
            if width != before:
                self._table.setColumnWidth(column, width)
                self._fitted[column] = self._table.columnWidth(column)

    def _needed(self, column: WatchColumn) -> int:
        """Return a width for figures of the usual length and longer ones; they may shrink a little and grow again."""
        if column in _FIXED:
            return _FIXED[column]
        title = str(self._table.model().headerData(column, Qt.Orientation.Horizontal))
        least = max(self._sample(_SAMPLES[column]), self._table.fontMetrics().horizontalAdvance(title) + _TITLE_MARGINS)
        needed = min(max(self._table.sizeHintForColumn(column), least), _WIDTH_MAX)
        kept = self._kept.get(column, 0)
        if needed > kept or kept - needed > _LITTLE_PX:
            self._kept[column] = needed
        return self._kept[column]

    def _sample(self, text: str) -> int:
        return self._table.fontMetrics().horizontalAdvance(text) + _CELL_MARGINS
