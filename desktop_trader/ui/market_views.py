"""Watchlist and symbol search over one desk of favourites; built when the sidebar is. GUI thread only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from desktop_trader.messages.candles import CandlesStored
from desktop_trader.messages.market_search import OverviewPage, SymbolSearchPage
from desktop_trader.ui.market_desk import MarketDesk
from desktop_trader.ui.panels.watchlist import WatchlistPanel

if TYPE_CHECKING:
    from desktop_trader.settings import WatchlistSettings
    from desktop_trader.ui.dialogs.symbol_search import SymbolSearchDialog
    from desktop_trader.ui.models.balance_model import BalanceModel, RequestData, SendCommand

_KEEP_MS = 400


class MarketViews(QObject):
    """`symbol_chosen` is one to show, `trade_wanted` one to open the order form for; both are followed by then.

    `settings_changed` carries favourites and sorting a moment after they changed, so that a row of presses is one save.
    """

    symbol_chosen = Signal(str)
    trade_wanted = Signal(str)
    settings_changed = Signal(object)

    def __init__(
        self,
        model: BalanceModel,
        *,
        send: SendCommand,
        request: RequestData,
        settings: WatchlistSettings | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._request = request
        self._search: SymbolSearchDialog | None = None
        self._to_trade = ""
        self.desk = MarketDesk(model, send=send, settings=settings, parent=self)
        self.watchlist = WatchlistPanel(model, self.desk, request=request)
        self.watchlist.symbol_chosen.connect(self._show)
        self.watchlist.trade_wanted.connect(self._trade)
        self.watchlist.search_wanted.connect(self.open_search)
        self.desk.symbol_ready.connect(self._on_symbol_ready)
        self._keeping = QTimer(self, singleShot=True)
        self._keeping.setInterval(_KEEP_MS)
        self._keeping.timeout.connect(self.keep)
        self.desk.settings_changed.connect(lambda _settings: self._keeping.start())

    def open_search(self, text: str = "") -> None:
        """Open the search, or bring it to the front."""
        if self._search is None:
            from desktop_trader.ui.dialogs.symbol_search import SymbolSearchDialog

            window = self.watchlist.window()
            self._search = SymbolSearchDialog(self._model, self.desk, request=self._request, parent=window)
            self._search.symbol_chosen.connect(self._show)
            self._search.trade_wanted.connect(self._trade)
        self._search.begin(text)

    def take_reply(self, reply: object) -> None:
        """Hand an answer to whoever asked."""
        if isinstance(reply, OverviewPage):
            self.watchlist.take_overview(reply)
        elif isinstance(reply, SymbolSearchPage) and self._search is not None:
            self._search.take_page(reply)
        elif isinstance(reply, CandlesStored):
            self.watchlist.forget_course(reply.symbol)

    def keep(self) -> None:
        """Tell now what is to be kept, if something changed since it was told."""
        self._keeping.stop()
        self.settings_changed.emit(self.desk.settings)

    def keep_at_end(self) -> None:
        """The window ends: a change that waits is told now."""
        if self._keeping.isActive():
            self.keep()

    def _show(self, symbol: str) -> None:
        self._to_trade = ""
        self.desk.show(symbol)

    def _trade(self, symbol: str) -> None:
        self._to_trade = symbol
        self.desk.show(symbol)

    def _on_symbol_ready(self, symbol: str) -> None:
        self.symbol_chosen.emit(symbol)
        if symbol == self._to_trade:
            self._to_trade = ""
            self.trade_wanted.emit(symbol)
