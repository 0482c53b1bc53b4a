"""The widths of a table's columns: what their texts in view need, measured only where one is longer than before."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSortFilterProxyModel
from PySide6.QtWidgets import QTableView

from desktop_trader.ui.models.row_table_model import RowTableModel

_WIDTH_MAX = 260
_TITLE_MARGINS = 18


class ColumnRoom:
    """Widens the columns of one table, whose rows `shown` sorts and filters."""

    def __init__(self, table: QTableView, rows: RowTableModel[Any], shown: QSortFilterProxyModel) -> None:
        self._table = table
        self._rows = rows
        self._shown = shown
        self._own_widths: dict[int, int] = {}
        self._longest: dict[int, int] = {}
        self._narrows = False

    def forget(self) -> None:
        """The letters have another size from now on, or the columns are others."""
        self._longest.clear()

    def give_back(self) -> None:
        """With the next fitting, give back what columns need no more, but no width that a person chose."""
        self._narrows = True

    def fit(self) -> None:
        """Widen what is too narrow: a figure is never cut off, and columns do not jump about under the pointer."""
        table = self._table
        if not table.isVisible() and self._rows.rowCount():
            return  # What nobody sees is measured when it is shown: until then Qt would measure every row.
        if self._narrows:
            self._narrow()
        rows = self._rows_in_view()
        for place, column in enumerate(self._rows.columns):
            if not column.is_wide and not table.isColumnHidden(place) and self._is_longer(place, rows):
                title = table.fontMetrics().horizontalAdvance(column.title) + _TITLE_MARGINS
                needed = max(table.sizeHintForColumn(place), title)
                if needed > table.columnWidth(place):
                    table.setColumnWidth(place, min(needed, _WIDTH_MAX))
                    self._own_widths[place] = table.columnWidth(place)

    def _narrow(self) -> None:
        self._narrows = False
        self._longest.clear()
        for place, width in self._own_widths.items():
            if self._table.columnWidth(place) == width:
                self._table.setColumnWidth(place, 0)

    def _rows_in_view(self) -> list[Any]:
        first, last = self._table.rowAt(0), self._table.rowAt(self._table.viewport().height() - 1)
        end = self._shown.rowCount() if last < 0 else last + 1
        places = [self._shown.index(line, 0) for line in range(max(0, first), end)]
        return [self._rows.row_at(self._shown.mapToSource(place).row()) for place in places]

    def _is_longer(self, place: int, rows: list[Any]) -> bool:
        """Say whether a text is longer than when Qt measured the column, for which it takes ten times as long."""
        text, advance = self._rows.columns[place].text, self._table.fontMetrics().horizontalAdvance
        longest, before = max((advance(text(row)) for row in rows), default=0), self._longest.get(place, -1)
        self._longest[place] = max(longest, before)
        return longest > before
