"""The watchlist as Qt reads it: rows that change in place, sorted and filtered here rather than in a proxy.

Made for hundreds of symbols with thousands of prices a second: a quote costs one assignment, a cell is written when it
is painted, and the order follows the prices now and then instead of with every tick. GUI thread only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from desktop_trader.ui.models.watch_row import OWN_ORDER, WatchColumn, WatchRow, in_order
from desktop_trader.ui.models.watch_text import FULL_TITLES, TITLES, spoken_of, tone_of, tooltip_of
from desktop_trader.ui.theme import active_tokens

if TYPE_CHECKING:
    from desktop_trader.domain.instrument import Instrument
    from desktop_trader.domain.market import Quote
    from desktop_trader.messages.market_search import OverviewPage

AnyIndex = QModelIndex | QPersistentModelIndex

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_CENTER = Qt.AlignmentFlag.AlignCenter
_NO_INDEX = QModelIndex()
_ALIGNMENTS = (_CENTER, _LEFT, _RIGHT, _RIGHT, _CENTER, _RIGHT)
_LIVE_COLUMNS = frozenset({WatchColumn.PRICE, WatchColumn.CHANGE, WatchColumn.TREND, WatchColumn.VOLUME})
_DISPLAY, _COLOR, _ALIGN = (
    Qt.ItemDataRole.DisplayRole,
    Qt.ItemDataRole.ForegroundRole,
    Qt.ItemDataRole.TextAlignmentRole,
)

AgeOf = Callable[[WatchRow], str]
"""How old a row's price is, in words, when it may not be believed any more; "" while it may."""


class WatchCellView(NamedTuple):
    """How a cell reads: its row, its text and its color."""

    row: WatchRow
    text: str
    color: QColor


class WatchlistModel(QAbstractTableModel):
    """`replace_symbols` says what is shown; quotes and overview pages fill the rows."""

    def __init__(self, *, age_of: AgeOf = lambda row: "", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._age_of = age_of
        self._by_symbol: dict[str, WatchRow] = {}
        self._favourites: tuple[str, ...] = ()
        self._shown: list[WatchRow] = []
        self._words: tuple[str, ...] = ()
        self._sort_column = OWN_ORDER
        self._order = Qt.SortOrder.AscendingOrder
        self._is_order_old = False
        self._colors = _colors()

    @property
    def by_symbol(self) -> Mapping[str, WatchRow]:
        """Every row, whether the filter lets it through or not."""
        return self._by_symbol

    @property
    def shown(self) -> Sequence[WatchRow]:
        """The rows as they are shown."""
        return self._shown

    def replace_symbols(self, symbols: Iterable[str], *, favourites: Sequence[str]) -> None:
        """Show these symbols; what is known of those that stay is kept."""
        wanted = list(dict.fromkeys(symbols))
        loved = frozenset(favourites)
        rows = {symbol: self._by_symbol.get(symbol) or WatchRow(symbol) for symbol in wanted}
        if list(rows) == list(self._by_symbol) and tuple(favourites) == self._favourites:
            return
        self.beginResetModel()
        self._by_symbol = rows
        self._favourites = tuple(favourites)
        for row in rows.values():
            row.is_favourite = row.symbol in loved
            row.forget_texts()
        self._arrange()
        self.endResetModel()

    def take_instruments(self, instruments: Iterable[Instrument]) -> None:
        """Know the price grids of symbols, and that they are listed."""
        for instrument in instruments:
            row = self._by_symbol.get(instrument.symbol)
            if row is not None and row.instrument is not instrument:
                row.is_listed = True
                row.instrument = instrument
                row.forget_texts()

    def take_quotes(self, quotes: Iterable[Quote]) -> None:
        """Show newer quotes; only rows whose quote is another are told of."""
        rows = self._by_symbol
        first, last = len(self._shown), -1
        for quote in quotes:
            row = rows.get(quote.symbol)
            if row is None or row.quote is quote:
                continue
            row.take_quote(quote)
            place = row.place
            if place >= 0:
                first, last = min(first, place), max(last, place)
        if last >= 0:
            self._is_order_old = True
            self._tell(first, last)

    def take_overview(self, page: OverviewPage, *, asked: Iterable[str]) -> None:
        """Show what an overview says of the symbols that were asked for."""
        self.take_instruments(page.instruments)
        for ticker in page.rows:
            row = self._by_symbol.get(ticker.symbol)
            if row is not None:
                row.take_ticker(ticker)
        for line in page.sparklines:
            row = self._by_symbol.get(line.symbol)
            if row is not None:
                row.closes = tuple(float(close) for close in line.closes)
                row.closes_end_at = line.ends_at
        if page.listed:
            listed = {each.symbol for each in page.instruments}
            for symbol in asked:
                row = self._by_symbol.get(symbol)
                if row is not None:
                    row.is_listed = symbol in listed
        self._is_order_old = True
        self.refresh()

    def refresh(self) -> None:
        """Let every cell be read again, in the colors of the theme in force."""
        self._colors = _colors()
        if self._shown:
            self._tell(0, len(self._shown) - 1)

    def set_filter_text(self, text: str) -> None:
        """Keep symbols in which each of these words occurs."""
        words = tuple(text.upper().split())
        if words != self._words:
            self.beginResetModel()
            self._words = words
            self._arrange()
            self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by the values of a column; -1 is the person's own order."""
        self._sort_column = column if 0 <= column < len(WatchColumn) else OWN_ORDER
        self._order = order
        self._reorder()

    def sort_again(self) -> None:
        """Let the order follow the figures, where it goes by them and they have moved."""
        if self._is_order_old and self._sort_column in _LIVE_COLUMNS:
            self._reorder()

    def rowCount(self, parent: AnyIndex = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: AnyIndex = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(WatchColumn)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> Any:
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(WatchColumn):
            return None
        if role == _DISPLAY:
            return TITLES[section]
        if role == _ALIGN:
            return _ALIGNMENTS[section]
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return FULL_TITLES[section]
        return None

    def cell(self, place: int, column: int) -> WatchCellView:
        """Return how a cell of a row that is shown reads now."""
        row = self._shown[place]
        age = self._age_of(row)
        row.take_age(age)
        return WatchCellView(row, row.text(column), self._colors[tone_of(row, column, is_old=age != "")])

    def data(self, index: AnyIndex, role: int = _DISPLAY) -> Any:
        if role == _ALIGN:
            return _ALIGNMENTS[index.column()]
        if not index.isValid() or index.row() >= len(self._shown):
            return None
        row, column = self._shown[index.row()], index.column()
        if role == _DISPLAY:
            return self.cell(index.row(), column).text
        if role == _COLOR:
            return self.cell(index.row(), column).color
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip_of(row, age=self._age_of(row))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return spoken_of(row, column)
        return None

    def _arrange(self) -> None:
        """Choose and order what is shown; places are where rows stand, -1 for those that are not."""
        for row in self._by_symbol.values():
            row.place = -1
        words = self._words
        kept = [row for row in self._by_symbol.values() if all(word in row.symbol for word in words)]
        self._shown = self._ordered(kept)
        for place, row in enumerate(self._shown):
            row.place = place
        self._is_order_old = False

    def _ordered(self, rows: Sequence[WatchRow]) -> list[WatchRow]:
        is_descending = self._order is Qt.SortOrder.DescendingOrder
        return in_order(rows, favourites=self._favourites, column=self._sort_column, is_descending=is_descending)

    def _reorder(self) -> None:
        before = self._shown
        after = self._ordered(before)
        self._is_order_old = False
        if after == before:
            return
        self.layoutAboutToBeChanged.emit()
        self._shown = after
        for place, row in enumerate(after):
            row.place = place
        old = self.persistentIndexList()
        self.changePersistentIndexList(old, [self.index(before[each.row()].place, each.column()) for each in old])
        self.layoutChanged.emit()

    def _tell(self, first: int, last: int) -> None:
        top = self.index(first, WatchColumn.FAVOURITE)
        self.dataChanged.emit(top, self.index(last, WatchColumn.VOLUME), [_DISPLAY, _COLOR])


def _colors() -> dict[str, QColor]:
    tokens = active_tokens()
    return {name: QColor(getattr(tokens, name)) for name in ("text", "text_muted", "up_text", "down_text", "warning")}
