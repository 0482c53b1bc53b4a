"""The watchlist: favourites and whatever else is followed, with prices, the last 24 hours, and their age.

Prices come from the snapshot's quotes for what is followed; change, volume and course, and the prices of the rest, from
the market's overview, which is asked for every few seconds while somebody can see it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from PySide6.QtCore import QElapsedTimer, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QToolButton, QVBoxLayout, QWidget

from desktop_trader.messages.market_search import OverviewRequest
from desktop_trader.ui.models.overview_age import old_text
from desktop_trader.ui.models.watch_row import OWN_ORDER, WatchColumn, WatchRow
from desktop_trader.ui.models.watchlist_model import WatchlistModel
from desktop_trader.ui.theme import SPACE_S
from desktop_trader.ui.widgets.icon import icon
from desktop_trader.ui.widgets.plain_label import plain_label
from desktop_trader.ui.widgets.watchlist_table import WatchlistTable

if TYPE_CHECKING:
    from desktop_trader.messages.market_search import OverviewPage
    from desktop_trader.ui.market_desk import MarketDesk
    from desktop_trader.ui.models.balance_model import BalanceModel, RequestData

_ASK_MS, _FIRST_ASK_MS = 5_000, 2_500
"""The first question comes late: what a start needs goes first."""
_ROWS_ASKED_MAX = 500
_COURSES_AT_ONCE, _NEXT_COURSES_MS = 12, 400
_COURSE_OLD = timedelta(minutes=30)
_COURSE_ASKED_AGAIN_MS = 60_000
"""A course that nobody knows yet is asked for again after this; bars of real markets are fetched when asked for."""
_WAITING = "Waiting for the first prices."
_EMPTY = "Nothing is watched. Press / to search all markets, and follow some."


class WatchlistPanel(QWidget):
    """`symbol_chosen` is a row that was clicked, `trade_wanted` one to trade, `search_wanted` text to search for."""

    symbol_chosen = Signal(str)
    trade_wanted = Signal(str)
    search_wanted = Signal(str)

    def __init__(
        self, model: BalanceModel, desk: MarketDesk, *, request: RequestData, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._desk = desk
        self._request = request
        self._request_id = ""
        self._asked: tuple[str, ...] = ()
        self._market = self._marked = ""
        self._now: datetime | None = None
        self._since = QElapsedTimer()
        self._since.start()
        self._courses_asked: dict[str, int] = {}
        self.setObjectName("watchlist-panel")
        self.setAccessibleName("Watchlist")
        self.rows = WatchlistModel(age_of=self._age_of, parent=self)
        self.table = WatchlistTable(self.rows, name="sidebar-watchlist-table")
        self.table.empty_text = _WAITING
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_S)
        layout.addLayout(self._build_bar())
        layout.addWidget(self.table, 1)
        self._asking = QTimer(self)
        self._asking.setInterval(_ASK_MS)
        self._asking.timeout.connect(self.ask)
        self._first = QTimer(self, singleShot=True)
        self._first.timeout.connect(self.ask)
        self._connect()
        column, is_descending = _column_named(desk.settings.sort_column), desk.settings.is_descending
        self.table.sort_by(column, is_descending=is_descending)
        self._on_symbols_changed()

    def ask(self) -> None:
        """Ask what the rows cost and did, if anybody can see them."""
        window = self.window()
        self._tell_time()
        self.rows.refresh()
        if self._model.snapshot is None or not self.isVisible() or window.isMinimized():
            return
        shown = [row.symbol for row in self.rows.shown[:_ROWS_ASKED_MAX]]
        if not shown:
            return
        self._asked = tuple(shown)
        self._request_id = uuid4().hex
        courses = self._courses_wanted()
        self._courses_asked.update(dict.fromkeys(courses, self._since.elapsed()))
        self._request(OverviewRequest(request_id=self._request_id, symbols=self._asked, sparklines_of=courses))

    def take_overview(self, page: OverviewPage) -> None:
        """Show an answer, if it is the one to the last question."""
        if page.request_id != self._request_id:
            return
        self.rows.take_overview(page, asked=self._asked)
        if page.listed:
            listed = {each.symbol for each in page.instruments}
            # What is not listed would only be refused, at every start anew.
            self._desk.follow(symbol for symbol in self._desk.favourites if symbol in listed)
        if self._courses_wanted():
            self._first.start(_NEXT_COURSES_MS)

    def forget_course(self, symbol: str) -> None:
        """Ask for the course of a symbol again, if it has none yet: there are new bars of it."""
        row = self.rows.by_symbol.get(symbol)
        if row is not None and not row.closes and self._courses_asked.pop(symbol, None) is not None:
            self._first.start(_NEXT_COURSES_MS)

    def show_symbol(self, symbol: str) -> None:
        """Mark the symbol that the chart shows, now or when it comes."""
        self._marked = symbol
        self.table.select_symbol(symbol)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._asking.start()
        self._first.start(_FIRST_ASK_MS)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._asking.stop()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.filter.text():
            self.filter.clear()
            return
        super().keyPressEvent(event)

    def _build_bar(self) -> QHBoxLayout:
        bar = QHBoxLayout()
        bar.setSpacing(SPACE_S)
        bar.addWidget(plain_label("Watchlist", name="sidebar-watchlist-title", tone="title"))
        self.filter = QLineEdit()
        self.filter.setObjectName("watchlist-filter-edit")
        self.filter.setAccessibleName("Watchlist: filter; Enter searches all markets")
        self.filter.setPlaceholderText("Filter…")
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self.rows.set_filter_text)
        self.filter.returnPressed.connect(self._on_filter_entered)
        bar.addWidget(self.filter, 1)
        search = QToolButton()
        search.setObjectName("watchlist-search-btn")
        search.setAccessibleName("Search all markets")
        search.setToolTip("Search all markets (/)")
        search.setIcon(icon("search"))
        search.clicked.connect(lambda: self.search_wanted.emit(self.filter.text()))
        bar.addWidget(search)
        return bar

    def _connect(self) -> None:
        model, desk, table = self._model, self._desk, self.table
        table.chosen.connect(self._on_chosen)
        table.trade_wanted.connect(self.trade_wanted)
        table.star_pressed.connect(desk.toggle)
        table.removed.connect(desk.remove)
        table.moved_up.connect(lambda symbol: desk.move(symbol, -1))
        table.moved_down.connect(lambda symbol: desk.move(symbol, 1))
        table.sorted_by.connect(self._on_sorted_by)
        desk.changed.connect(self._on_symbols_changed)
        model.state_changed.connect(self._on_symbols_changed)
        model.quotes_changed.connect(self._on_quotes_changed)
        model.ages.changed.connect(self.rows.refresh)

    def _on_symbols_changed(self) -> None:
        model, desk = self._model, self._desk
        if desk.market != self._market:
            # Another market's prices are no prices of these symbols.
            self._market = desk.market
            self._courses_asked.clear()
            self.rows.replace_symbols((), favourites=())
        before = len(self.rows.by_symbol)
        self.rows.replace_symbols(desk.symbols, favourites=desk.favourites)
        self.rows.take_instruments(model.instruments)
        self._on_quotes_changed()
        self.rows.sort_again()
        if model.snapshot is not None:
            self.table.empty_text = _EMPTY
            self.table.viewport().update()
        if len(self.rows.by_symbol) > before:
            self.table.select_symbol(self._marked)
            self._first.start(_FIRST_ASK_MS)

    def _on_quotes_changed(self) -> None:
        snapshot = self._model.snapshot
        self._tell_time()
        if snapshot is not None:
            self.rows.take_quotes(snapshot.market.quotes)

    def _tell_time(self) -> None:
        """The market's time, going on by this computer's clock where its connection is told of."""
        network, now = self._model.network, self._model.market_now
        if network is not None and (now is None or network.at >= now):
            now = network.at + timedelta(seconds=self._model.ages.seconds_since_view)
        self._now = now

    def _on_chosen(self, symbol: str) -> None:
        row = self.rows.by_symbol.get(symbol)
        if row is not None and row.is_listed is not False:
            self.symbol_chosen.emit(symbol)

    def _on_sorted_by(self, column: int, is_descending: bool) -> None:
        name = WatchColumn(column).name.lower() if 0 <= column < len(WatchColumn) else ""
        self._desk.keep_sorting(name, is_descending=is_descending)

    def _on_filter_entered(self) -> None:
        """Enter takes the one symbol that is left; where none is, all markets are searched."""
        if self.rows.shown:
            self._on_chosen(self.rows.shown[0].symbol)
        else:
            self.search_wanted.emit(self.filter.text())

    def _age_of(self, row: WatchRow) -> str:
        """How old a price is that may not be believed: its symbol's limit for what is followed, one for all the rest.

        A newer price of the overview changes nothing of that: card and positions go by what is followed, too.
        """
        at, ages = row.priced_at, self._model.ages
        if row.quote is not None and ages.seconds_of(row.symbol) is not None:
            stale = ages.staleness_of((row.symbol,))
            return "" if stale is None else stale.text
        return old_text(at, self._now) if self._model.replay is None else ""

    def _courses_wanted(self) -> tuple[str, ...]:
        """The next symbols whose course is not known, or old by now."""
        market_now, now = self._model.market_now, self._since.elapsed()
        if market_now is None:
            return ()
        wanted = []
        for row in self.rows.shown[:_ROWS_ASKED_MAX]:
            ends_at, asked = row.closes_end_at, self._courses_asked.get(row.symbol)
            is_old = ends_at is None or market_now - ends_at > _COURSE_OLD
            if is_old and (asked is None or now - asked > _COURSE_ASKED_AGAIN_MS):
                wanted.append(row.symbol)
        return tuple(wanted[:_COURSES_AT_ONCE])


def _column_named(name: str) -> int:
    return WatchColumn[name.upper()] if name.upper() in WatchColumn.__members__ else OWN_ORDER
