"""The search among all markets: type, choose with the arrow keys, press Enter. The mouse is not needed.

The searching is done in the requests' worker; here is at most one question on its way, and the newest text follows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from desktop_trader.messages.market_search import SearchSort, SymbolSearchPage
from desktop_trader.ui.models.found_columns import FoundRow, found_columns
from desktop_trader.ui.models.overview_age import old_text
from desktop_trader.ui.models.row_table_model import RowTableModel
from desktop_trader.ui.theme import SPACE_L, SPACE_M
from desktop_trader.ui.widgets.data_table import DataTable
from desktop_trader.ui.widgets.plain_label import plain_label
from desktop_trader.ui.widgets.symbol_filters import SymbolFilters

if TYPE_CHECKING:
    from desktop_trader.ui.market_desk import MarketDesk
    from desktop_trader.ui.models.balance_model import BalanceModel, RequestData

_SIZE = (680, 540)
_REFRESH_MS, _GIVE_UP_MS = 5_000, 2_000
_COLUMN_SORTS = {"Symbol": SearchSort.NAME, "24 h": SearchSort.CHANGE, "Volume": SearchSort.VOLUME}
_KEYS = "↑ ↓ choose  ·  Enter shows the chart  ·  Ctrl+D follows  ·  Ctrl+T trades  ·  Esc closes"


class SymbolSearchDialog(QDialog):
    """`symbol_chosen` is the one to show, `trade_wanted` the one to trade; who is a favourite the desk knows."""

    symbol_chosen = Signal(str)
    trade_wanted = Signal(str)

    def __init__(
        self, model: BalanceModel, desk: MarketDesk, *, request: RequestData, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._desk = desk
        self._request = request
        self._request_id = ""
        self._has_changed = False
        self._selects_first = True
        self._page: SymbolSearchPage | None = None
        self.setObjectName("symbol-search-dialog")
        self.setAccessibleName("Symbol search")
        self.setWindowTitle("Symbols")
        self.resize(*_SIZE)
        self._rows = RowTableModel(found_columns(), key=lambda row: row.symbol, parent=self)
        self.filters = SymbolFilters(self)
        self.table = DataTable(
            self._rows, name="symbol-search-table", spoken="Markets found", empty_text="Searching…", parent=self
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_L, SPACE_L, SPACE_L, SPACE_L)
        layout.setSpacing(SPACE_M)
        layout.addWidget(self.filters)
        layout.addWidget(self.table, 1)
        layout.addWidget(plain_label(_KEYS, name="symbol-search-keys", tone="muted", spoken="Keys"))
        layout.addLayout(self._build_buttons())
        self._refresh = QTimer(self)
        self._refresh.setInterval(_REFRESH_MS)
        self._refresh.timeout.connect(self._ask)
        self._giving_up = QTimer(self, singleShot=True)
        self._giving_up.setInterval(_GIVE_UP_MS)
        self._giving_up.timeout.connect(self._on_no_answer)
        self._connect()
        self._show_buttons()

    def begin(self, text: str) -> None:
        """Open, or come to the front, with a text to search for."""
        self.filters.text.setText(text)
        self.show()
        self.raise_()
        self.activateWindow()
        self.filters.text.setFocus()
        self.filters.text.selectAll()
        self._on_changed()

    def take_page(self, page: SymbolSearchPage) -> None:
        """Show an answer, if it is the one to the last question; then ask what was typed meanwhile."""
        if page.request_id != self._request_id:
            return
        self._request_id = ""
        self._giving_up.stop()
        self._page = page
        self.filters.offer_quotes(page.quotes)
        kept = "" if self._selects_first else self._current_symbol()
        self._show_page()
        if not (kept and self._select(kept)):
            self._select(page.found[0].instrument.symbol if page.found else "")
        if self._has_changed:
            self._ask()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_control = event.modifiers() == Qt.KeyboardModifier.ControlModifier
        if is_control and event.key() == Qt.Key.Key_D:
            self._on_follow()
        elif is_control and event.key() == Qt.Key.Key_T:
            self._on_trade()
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._refresh.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._refresh.stop()

    def _build_buttons(self) -> QHBoxLayout:
        self.follow = _button("symbol-search-follow-btn", "Follow", "Follow as a favourite, or not any more")
        self.trade = _button("symbol-search-trade-btn", "Trade…", "Open the order form for this symbol")
        self.chart = _button("symbol-search-chart-btn", "Show in the chart", "Show this symbol in the chart")
        self.chart.setProperty("tone", "primary")
        self.chart.setDefault(True)
        close = _button("symbol-search-close-btn", "Close", "Close the symbol search")
        close.clicked.connect(self.reject)
        row = QHBoxLayout()
        row.setSpacing(SPACE_M)
        row.addWidget(self.follow)
        row.addWidget(self.trade)
        row.addStretch(1)
        row.addWidget(close)
        row.addWidget(self.chart)
        return row

    def _connect(self) -> None:
        # The worker sorts all markets, not the few that are shown.
        self.table.setSortingEnabled(False)
        self.table.setSelectionMode(DataTable.SelectionMode.SingleSelection)
        header = self.table.horizontalHeader()
        header.setSortIndicatorShown(False)
        header.setSectionsClickable(True)
        header.sectionClicked.connect(self._on_header_clicked)
        self.filters.changed.connect(self._on_changed)
        self.filters.steered.connect(self._on_steered)
        self.follow.clicked.connect(self._on_follow)
        self.trade.clicked.connect(self._on_trade)
        self.chart.clicked.connect(self._on_chart)
        self.table.action_pressed.connect(lambda row: self._desk.toggle(row.symbol))
        self.table.doubleClicked.connect(lambda _index: self._on_chart())
        self.table.entered_row.connect(lambda _row: self._on_chart())
        self.table.selectionModel().selectionChanged.connect(lambda _new, _old: self._show_buttons())
        self._desk.changed.connect(self._show_page)

    def _on_changed(self) -> None:
        self._selects_first = self._has_changed = True
        self._ask()

    def _ask(self) -> None:
        if self._request_id or self._model.snapshot is None:
            return
        self._has_changed = False
        self._request_id = uuid4().hex
        self._giving_up.start()
        self._request(self.filters.question(self._request_id, favourites=self._desk.favourites))

    def _on_no_answer(self) -> None:
        """The engine was not ready, or is busy: the question is asked once more with the next refresh."""
        self._request_id = ""
        if self._has_changed:
            self._ask()

    def _on_steered(self, event: QKeyEvent) -> None:
        self._selects_first = False
        self.table.keyPressEvent(event)

    def _on_header_clicked(self, column: int) -> None:
        sort = _COLUMN_SORTS.get(self._rows.columns[column].title)
        if sort is not None:
            self.filters.sort_by(sort)

    def _show_page(self) -> None:
        page = self._page
        if page is None:
            return
        loved = frozenset(self._desk.favourites)
        is_live = self._model.replay is None
        rows = []
        for each in page.found:
            at = None if each.ticker is None else each.ticker.at
            rows.append(
                FoundRow(
                    instrument=each.instrument,
                    ticker=each.ticker,
                    is_favourite=each.instrument.symbol in loved,
                    age=old_text(at, page.now) if is_live else "",
                )
            )
        self._rows.replace_rows(rows)
        empty = "No market matches." if page.listed else "The list of markets has not come yet."
        self.table.set_empty_text(empty)
        shown = f"{len(rows):,} of " if len(rows) < page.matching else ""
        self.filters.count.setText(f"{shown}{page.matching:,} found, {page.listed:,} markets")
        self._show_buttons()

    def _current_symbol(self) -> str:
        chosen = self.table.selected_rows()
        return str(chosen[0].symbol) if chosen else ""

    def _select(self, symbol: str) -> bool:
        for place, row in enumerate(self._rows.rows):
            if row.symbol == symbol:
                self.table.setCurrentIndex(self.table.sorted_rows.index(place, 1))
                return True
        return False

    def _show_buttons(self) -> None:
        symbol = self._current_symbol()
        for button in (self.follow, self.trade, self.chart):
            button.setEnabled(bool(symbol))
        self.follow.setText("Unfollow" if symbol in self._desk.favourites else "Follow")

    def _on_follow(self) -> None:
        symbol = self._current_symbol()
        if symbol:
            self._desk.toggle(symbol)

    def _on_trade(self) -> None:
        symbol = self._current_symbol()
        if symbol:
            self.accept()
            self.trade_wanted.emit(symbol)

    def _on_chart(self) -> None:
        symbol = self._current_symbol()
        if symbol:
            self.accept()
            self.symbol_chosen.emit(symbol)


def _button(name: str, text: str, spoken: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setAccessibleName(spoken)
    button.setToolTip(spoken)
    button.setAutoDefault(False)
    return button
