"""A table of frozen rows: columns say how a row reads, sorts and is colored; the model only tells Qt what changed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QSortFilterProxyModel, Qt
from PySide6.QtGui import QColor

from desktop_trader.ui.theme import active_tokens

Row = TypeVar("Row")
AnyIndex = QModelIndex | QPersistentModelIndex

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_NO_INDEX = QModelIndex()


def _nothing(_row: Any) -> str:
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Generic[Row]):
    """How one column reads. `sort_key` gives a value to compare (None sorts first); `tone` names a color token.

    `is_wide` columns take the room that is left; `is_action` cells are pressed, not read, `is_editable` ones typed
    into; `full_title` spells a short title out.
    """

    title: str
    text: Callable[[Row], str]
    sort_key: Callable[[Row], Any]
    is_number: bool = False
    tone: Callable[[Row], str] = _nothing
    tooltip: Callable[[Row], str] = _nothing
    is_wide: bool = False
    is_action: bool = False
    full_title: str = ""
    is_editable: bool = False


class RowTableModel(QAbstractTableModel, Generic[Row]):
    """Shows rows in the order given. Rows are told apart by `key`; replacing them keeps selections alive."""

    def __init__(
        self, columns: Sequence[Column[Row]], *, key: Callable[[Row], Any], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self._key = key
        self._rows: list[Row] = []

    @property
    def rows(self) -> Sequence[Row]:
        """The rows shown, in the model's own order."""
        return self._rows

    def row_at(self, index: int) -> Row:
        """Return one row."""
        return self._rows[index]

    def replace_rows(self, rows: Sequence[Row]) -> None:
        """Show these rows; Qt hears only of those that came, went or changed."""
        new_keys = [self._key(row) for row in rows]
        old_keys = [self._key(row) for row in self._rows]
        wanted, known = set(new_keys), set(old_keys)
        if [key for key in old_keys if key in wanted] != [key for key in new_keys if key in known]:
            self.beginResetModel()
            self._rows = list(rows)
            self.endResetModel()
            return
        self._remove_all_but(wanted)
        place = 0
        while place < len(rows):
            if new_keys[place] in known:
                self._replace_row(place, rows[place])
                place += 1
                continue
            end = place + 1
            while end < len(rows) and new_keys[end] not in known:
                end += 1
            self.beginInsertRows(_NO_INDEX, place, end - 1)
            self._rows[place:place] = rows[place:end]
            self.endInsertRows()
            place = end

    def replace_columns(self, columns: Sequence[Column[Row]]) -> None:
        """Begin anew with other columns, and no rows: those there were may not fit them."""
        self.beginResetModel()
        self.columns = tuple(columns)
        self._rows = []
        self.endResetModel()

    def refresh(self) -> None:
        """Let every cell be read again, for columns that look beyond their row."""
        if self._rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, len(self.columns) - 1))

    def rowCount(self, parent: AnyIndex = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: AnyIndex = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        known = super().flags(index)
        is_editable = index.isValid() and self.columns[index.column()].is_editable
        return known | Qt.ItemFlag.ItemIsEditable if is_editable else known

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section].title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if self.columns[section].is_number else _LEFT
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.columns[section].full_title or None
        return None

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        column = self.columns[index.column()]
        row = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(row)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if column.is_number else _LEFT
        if role == Qt.ItemDataRole.ForegroundRole:
            tone = column.tone(row)
            return QColor(getattr(active_tokens(), tone)) if tone else None
        if role == Qt.ItemDataRole.ToolTipRole:
            return column.tooltip(row) or None
        return None

    def _replace_row(self, place: int, row: Row) -> None:
        """Tell of the cells alone that read or sort otherwise: painting one costs far more than reading it twice."""
        before = self._rows[place]
        if before is row or before == row:
            return
        changed = [
            number
            for number, column in enumerate(self.columns)
            if column.text(before) != column.text(row)
            or column.tone(before) != column.tone(row)
            or column.sort_key(before) != column.sort_key(row)
        ]
        self._rows[place] = row
        first = changed[0] if changed else 0
        for number, following in zip(changed, [*changed[1:], -1], strict=True):
            if following != number + 1:
                self.dataChanged.emit(self.index(place, first), self.index(place, number))
                first = following

    def _remove_all_but(self, keys: set[Any]) -> None:
        end = len(self._rows)
        while end > 0:
            if self._key(self._rows[end - 1]) in keys:
                end -= 1
                continue
            first = end - 1
            while first > 0 and self._key(self._rows[first - 1]) not in keys:
                first -= 1
            self.beginRemoveRows(_NO_INDEX, first, end - 1)
            del self._rows[first:end]
            self.endRemoveRows()
            end = first


class SortedRows(QSortFilterProxyModel):
    """Sorts by the columns' values, never by their text, and keeps rows that contain every word of the filter."""

    def __init__(self, source: RowTableModel[Any], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows = source
        self._words: tuple[str, ...] = ()
        self.setSourceModel(source)
        self.setDynamicSortFilter(True)

    def set_filter_text(self, text: str) -> None:
        """Keep rows in which each of these words occurs, in any column, in upper or lower case."""
        self.beginFilterChange()
        self._words = tuple(text.lower().split())
        self.endFilterChange()

    def lessThan(self, left: AnyIndex, right: AnyIndex) -> bool:
        key = self._rows.columns[left.column()].sort_key
        first, second = key(self._rows.row_at(left.row())), key(self._rows.row_at(right.row()))
        if first is None or second is None:
            return first is None and second is not None
        return bool(first < second)

    def filterAcceptsRow(self, source_row: int, source_parent: AnyIndex) -> bool:
        if not self._words:
            return True
        row = self._rows.row_at(source_row)
        text = "\n".join(column.text(row) for column in self._rows.columns).lower()
        return all(word in text for word in self._words)
