"""The panels of the main window, built after its first paint: the balance cards stand already and are taken over.

What a panel needs is imported when its turn comes, so that a person sees the balance before tables, forms and log
exist. GUI thread only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop_trader.ui.models.first_view import FirstView
from desktop_trader.ui.theme import SPACE_M
from desktop_trader.ui.widgets.balance_card import AUTO_CARD, FUTURES_CARD, SIDEBAR_CARD, BalanceCard, CardTools
from desktop_trader.ui.widgets.plain_label import plain_label

if TYPE_CHECKING:
    from decimal import Decimal

    from desktop_trader.domain.order import OrderSide, OrderType
    from desktop_trader.messages.chart_data import ChartData
    from desktop_trader.messages.strategy_info import StrategyInfo
    from desktop_trader.settings import FuturesSettings, RiskSettings, WatchlistSettings
    from desktop_trader.ui.docks import Docks
    from desktop_trader.ui.market_views import MarketViews
    from desktop_trader.ui.models.balance_model import BalanceModel, RequestData, SendCommand
    from desktop_trader.ui.panels.auto_trading import AutoTradingPanel
    from desktop_trader.ui.panels.chart import ChartPanel
    from desktop_trader.ui.panels.futures import FuturesPanel
    from desktop_trader.ui.panels.history import HistoryPanel
    from desktop_trader.ui.panels.sidebar import SidebarPanel
    from desktop_trader.ui.qt_log import QtLogFeed

_WIDTHS = {"sidebar": 250, "auto-trading": 316, "futures": 316}
_CARDS = {"sidebar": SIDEBAR_CARD, "auto-trading": AUTO_CARD, "futures": FUTURES_CARD}
_CHART_FIRST_MS, _LOOK_MS = 700, 20
"""How long the other panels let the chart, which takes longest to import, go first."""
_EMPTY = ("positions", "orders", "assets", "history", "log")


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelDoors:
    """What panels are given: the model, the ways to send and to ask, the cards' tools, and what the last ones need."""

    model: BalanceModel
    send: SendCommand
    request: RequestData
    tools: CardTools
    strategies: Callable[[], tuple[StrategyInfo, ...]]
    log_feed: Callable[[], QtLogFeed]
    watchlist: WatchlistSettings | None = None
    futures: FuturesSettings | None = None
    risk: RiskSettings | None = None


class WindowPanels(QObject):
    """Fills the docks: at once with the three cards, then panel by panel, in turns or all together.

    The attributes named after panels exist once `filled` was emitted.
    """

    filled = Signal()
    symbol_chosen = Signal(str)
    availability_changed = Signal()
    watchlist_changed = Signal(object)

    markets: MarketViews
    sidebar: SidebarPanel
    auto: AutoTradingPanel
    futures: FuturesPanel
    chart: ChartPanel
    history: HistoryPanel

    def __init__(self, docks: Docks, doors: PanelDoors, *, parent: QObject) -> None:
        """Put the three cards where their panels will be."""
        super().__init__(parent)
        self._docks = docks
        self._doors = doors
        self._model = doors.model
        self._building: Iterator[None] | None = None
        self._since_start = QElapsedTimer()
        self._has_bars = False
        self.is_filled = False
        self.first_view = FirstView()
        self._cards: dict[str, BalanceCard] = {}
        for name, names in _CARDS.items():
            card = self._cards[name] = BalanceCard(doors.model, names=names)
            room = _room(name)
            layout = QVBoxLayout(room)
            layout.setContentsMargins(SPACE_M, SPACE_M, SPACE_M, SPACE_M)
            layout.addWidget(card)
            layout.addStretch(1)
            docks.fill(name, room, minimum_width=_WIDTHS[name])
        for name in _EMPTY:
            docks.fill(name, _room(name))
        waiting = plain_label("Loading chart…", name="chart-placeholder", tone="muted")
        waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        docks.fill("chart", waiting)

    def fill(self) -> None:
        """Build every panel that is not there yet."""
        while not self.is_filled:
            self._fill_next()

    def fill_in_turns(self) -> None:
        """Build one panel after the other; between two of them the window does what else is to be done."""
        if self.is_filled:
            return
        if not self._since_start.isValid():
            self._since_start.start()
        waits = self._building is not None and not self._has_bars
        if waits and self._since_start.elapsed() < _CHART_FIRST_MS:
            QTimer.singleShot(_LOOK_MS, self, self.fill_in_turns)
            return
        self._fill_next()
        QTimer.singleShot(0, self, self.fill_in_turns)

    def attach_chart(self) -> None:
        """Put the chart in place of its placeholder; its panel is the first to be built."""
        if self._building is None:
            self._fill_next()
        self.chart.attach_chart()

    def show_chart_data(self, data: ChartData) -> None:
        """Draw bars; the other panels wait for this no longer."""
        self.chart.show_chart_data(data)
        self._has_bars = True

    def take_candles(self, reply: object) -> None:
        """Hand news of stored bars to the chart."""
        if self._building is not None:
            self.chart.take_candles(reply)

    def choose_symbol(self, symbol: str) -> None:
        """Show a symbol in chart, ticket and strategy form."""
        self.chart.choose_symbol(symbol)
        self.futures.choose_symbol(symbol)
        self.auto.choose_symbol(symbol)

    def take_market_reply(self, reply: object) -> None:
        """Hand an answer about markets to watchlist and search, where they are there."""
        if self.is_filled:
            self.markets.take_reply(reply)

    def open_search(self) -> None:
        """Open the search among all markets."""
        self.fill()
        self.markets.open_search()

    def refresh(self) -> None:
        """Show what is newest: prices that wait, bars and history."""
        self._model.show_newest()
        if self.is_filled:
            self.chart.request_bars()
            self.history.request_newest()

    def open_export(self) -> None:
        """Open the dialog that writes the history to a file."""
        self.fill()
        self.history.open_export()

    def _fill_next(self) -> None:
        if self._building is None:
            self._building = chain(self._build_sides(), self._build_tables())
        # A turn is over when one more panel is there.
        for _ in self._building:
            return
        self.is_filled = True
        # Connected last, so that every form has its symbols when it is told of one.
        self._model.state_changed.connect(self._follow_chart)
        self._follow_chart()
        self.filled.emit()

    def _follow_chart(self) -> None:
        """Ticket and strategy begin with what the chart begins with."""
        if self.chart.symbol:
            self._model.state_changed.disconnect(self._follow_chart)
            self.choose_symbol(self.chart.symbol)

    def _build_sides(self) -> Iterator[None]:
        for card in self._cards.values():
            card.add_tools(self._doors.tools)
        from desktop_trader.ui.panels.chart import ChartPanel

        self.chart = ChartPanel(self._model, request=self._doors.request, first_view=self.first_view)
        self._docks.fill("chart", self.chart)
        yield
        from desktop_trader.ui.market_views import MarketViews
        from desktop_trader.ui.panels.sidebar import SidebarPanel

        doors = self._doors
        self.markets = MarketViews(
            self._model, send=doors.send, request=doors.request, settings=doors.watchlist, parent=self
        )
        self.markets.symbol_chosen.connect(self.symbol_chosen)
        self.markets.trade_wanted.connect(self._open_ticket)
        self.markets.settings_changed.connect(self.watchlist_changed)
        self.chart.symbol_changed.connect(self.markets.watchlist.show_symbol)
        self.markets.watchlist.show_symbol(self.chart.symbol)
        sidebar = SidebarPanel(self._model, card=self._cards["sidebar"], watchlist=self.markets.watchlist)
        self.sidebar = sidebar
        self._docks.fill("sidebar", sidebar, minimum_width=_WIDTHS["sidebar"])
        yield
        from desktop_trader.ui.panels.auto_trading import AutoTradingPanel

        self.auto = AutoTradingPanel(
            self._model,
            send=doors.send,
            strategies=doors.strategies(),
            card=self._cards["auto-trading"],
            risk=doors.risk,
        )
        self.auto.availability_changed.connect(self.availability_changed)
        self._docks.fill("auto-trading", self.auto, minimum_width=_WIDTHS["auto-trading"])
        yield
        from desktop_trader.ui.panels.futures import FuturesPanel

        self.futures = FuturesPanel(
            self._model, send=doors.send, card=self._cards["futures"], defaults=doors.futures, risk=doors.risk
        )
        self._docks.fill("futures", self.futures, minimum_width=_WIDTHS["futures"], footer=self.futures.footer)
        yield

    def open_ticket(self, side: OrderSide, order_type: OrderType, price: Decimal) -> None:
        """Fill the ticket in for the symbol of the chart, and show it; nothing is sent."""
        self._docks.show("futures")
        self.futures.prefill(symbol=self.chart.symbol, side=side, order_type=order_type, price=price)

    def _open_ticket(self) -> None:
        self._docks.show("futures")
        self.futures.begin_order()

    def _build_tables(self) -> Iterator[None]:
        from desktop_trader.ui.panels.positions import PositionsPanel

        positions = PositionsPanel(self._model, send=self._doors.send)
        positions.symbol_chosen.connect(self.symbol_chosen)
        self._docks.fill("positions", positions)
        yield
        from desktop_trader.ui.panels.orders import OrdersPanel

        self._docks.fill("orders", OrdersPanel(self._model, send=self._doors.send))
        yield
        from desktop_trader.ui.panels.assets import AssetsPanel

        self._docks.fill("assets", AssetsPanel(self._model))
        yield
        from desktop_trader.ui.panels.history import HistoryPanel

        self.history = HistoryPanel(self._model, request=self._doors.request)
        self._docks.fill("history", self.history)
        yield
        from desktop_trader.ui.panels.log import LogPanel

        self._docks.fill("log", LogPanel(self._doors.log_feed()))
        yield


def _room(name: str) -> QWidget:
    room = QWidget()
    room.setObjectName(f"{name}-room")
    return room
