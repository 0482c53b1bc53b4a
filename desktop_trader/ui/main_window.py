"""The main window: docks over one model, menus, toolbar, status bar, and what happens when it is closed.

Built in one go for the first paint with the three balance cards; docks that are not seen then are filled right after
it. Emits wishes as signals and answers to slots; threads, files and the engine belong to `app`. GUI thread only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QPaintEvent
from PySide6.QtWidgets import QMainWindow

from desktop_trader.locations import DataFolderPaths
from desktop_trader.settings import ExchangeAddress, Settings
from desktop_trader.ui.account_choice import AccountChoice
from desktop_trader.ui.actions import Actions
from desktop_trader.ui.balance_text import account_badge
from desktop_trader.ui.docks import Docks
from desktop_trader.ui.menus import MainToolBar, build_menus
from desktop_trader.ui.models.addressed_commands import addressed
from desktop_trader.ui.models.balance_model import BalanceModel, RequestData, SendCommand, is_halt_final
from desktop_trader.ui.models.first_view import FirstView
from desktop_trader.ui.money_dialogs import MoneyDialogs
from desktop_trader.ui.network_desk import NetworkDesk
from desktop_trader.ui.theme_choice import ThemeSwitch
from desktop_trader.ui.trading_desk import TradingDesk
from desktop_trader.ui.widgets.asleep_band import AsleepBand
from desktop_trader.ui.widgets.halt_banner import HaltBanner
from desktop_trader.ui.widgets.recovery_band import RecoveryBand
from desktop_trader.ui.window_panels import PanelDoors, WindowPanels
from desktop_trader.ui.window_state import FullScreenSwitch, bring_to_front

if TYPE_CHECKING:  # what the first paint does not show is imported after it
    from desktop_trader.messages.ledger_page import LedgerFilter
    from desktop_trader.messages.notices import Notice
    from desktop_trader.messages.strategy_info import StrategyInfo
    from desktop_trader.ui.books_window import BooksWindow
    from desktop_trader.ui.qt_log import QtLogFeed
    from desktop_trader.ui.widgets.state_bar import StateBar
    from desktop_trader.ui.window_layout import WindowLayout

DEFAULT_SIZE = (1280, 800)
MINIMUM_SIZE = (1024, 640)
_FRAME = (16, 48)
"""Borders and title of the largest frames of common desktops: the true one is known only once the window is shown."""


def default_size(available: QSize) -> QSize:
    """Return the size of a window that nobody has sized yet: with its frame it fits into what the screen has free."""
    fitting = QSize(available.width() - _FRAME[0], available.height() - _FRAME[1])
    return QSize(*DEFAULT_SIZE).boundedTo(fitting).expandedTo(QSize(*MINIMUM_SIZE))


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowSetup:
    """What the window is told once, at its start."""

    settings: Settings
    strategies: Callable[[], tuple[StrategyInfo, ...]]
    folder: DataFolderPaths
    log_feed: Callable[[], QtLogFeed]
    first_view: FirstView = field(default_factory=FirstView)
    address_in_use: ExchangeAddress | None = None
    schema_version: int = 0


class MainWindow(QMainWindow):
    """`quit_requested` comes after the person was asked; `hidden_to_tray` when closing only hid the window.

    `first_painted` comes once, when the cards have been painted; the panels are built then, one at a time, and
    `filled` says that all are there.
    """

    quit_requested = Signal()
    restart_requested = Signal()
    hidden_to_tray = Signal()
    display_changed = Signal(object)
    watchlist_changed = Signal(object)
    view_changed = Signal()
    first_painted = Signal()
    filled = Signal()

    def __init__(self, model: BalanceModel, *, send: SendCommand, request: RequestData, setup: WindowSetup) -> None:
        super().__init__()
        self._model = model
        self._send = send = addressed(model, send)
        self._request = request
        self._setup = setup
        self._books: BooksWindow | None = None
        self._is_painted = False
        self._is_ending = False
        self.keeps_running_in_tray = False
        self.setObjectName("main-window")
        self.setAccessibleName("Desktop Trader")
        self.setMinimumSize(*MINIMUM_SIZE)
        self.resize(default_size(self.screen().availableGeometry().size()))
        self.actions_ = Actions(self)
        self._docks = Docks(self)
        self.money = MoneyDialogs(
            model, self, send=send, request=request, start_amount=setup.settings.paper.initial_balance
        )
        self.network = NetworkDesk(model, self, send=send, request=request, settings=setup.settings)
        self.network.address_in_use = setup.address_in_use
        self.trading = TradingDesk(model, self, send=send, request=request)
        self.account_choice = AccountChoice(model, self, send=send, start_amount=setup.settings.paper.initial_balance)
        doors = PanelDoors(
            model=model,
            send=send,
            request=request,
            tools=self.money.card_tools(self.actions_),
            strategies=setup.strategies,
            log_feed=setup.log_feed,
            watchlist=setup.settings.watchlist,
            futures=setup.settings.futures,
            risk=setup.settings.risk,
        )
        self._panels = WindowPanels(self._docks, doors, parent=self)
        self._panels.first_view = setup.first_view
        self._panels.filled.connect(self._on_filled)
        self._panels.symbol_chosen.connect(self.choose_symbol)
        self._panels.watchlist_changed.connect(self.watchlist_changed)
        self._docks.arrange()
        self._tool_bar = MainToolBar(self.actions_, self)
        self._tool_bar.addWidget(self.account_choice.switch)
        self._tool_bar.add_panic(self.actions_.close_all)
        self.addToolBar(self._tool_bar)
        self._asleep, self._banner = AsleepBand(model, self), HaltBanner(model, self)
        self._recovery = RecoveryBand(model, self)
        for band in (self._asleep, self._banner, self._recovery):
            self.addToolBarBreak()
            self.addToolBar(band)
        self._state_bar: StateBar | None = None
        self.statusBar()
        build_menus(self, self.actions_, self._docks)
        self._connect_actions()
        model.state_changed.connect(self._on_state_changed)
        model.notice_raised.connect(self._on_notice)
        self._on_state_changed()

    def show_reply(self, reply: object) -> None:
        """Hand an answer to the panel that asked."""
        from desktop_trader.messages.chart_data import ChartData

        if isinstance(reply, ChartData):
            self._panels.show_chart_data(reply)
        elif self._panels.is_filled:
            self._panels.history.show_reply(reply)
        self.money.sync.take(reply)
        self.network.show_reply(reply)
        self.trading.show_reply(reply)
        self._panels.take_market_reply(reply)
        self._panels.take_candles(reply)
        if self._books is not None:
            self._books.show_reply(reply)

    def attach_chart(self) -> None:
        """Put the chart in place of its placeholder, once pyqtgraph is imported."""
        self._panels.attach_chart()
        self.network.follow_chart(self._panels.chart)
        self.trading.draw_on_chart()

    def fill_docks(self) -> None:
        """Build all panels that are not there yet; after the first paint they come one by one by themselves."""
        self._panels.fill()

    def choose_symbol(self, symbol: str) -> None:
        """Show a symbol in chart, ticket and title."""
        if not self._panels.is_filled:
            return
        self._panels.choose_symbol(symbol)
        self._tool_bar.show_symbol(symbol)
        self._show_title()

    def open_books(self, page: str = "") -> BooksWindow:
        """Open the Books window on a page, or bring it to the front."""
        from desktop_trader.ui.books_window import BooksWindow
        from desktop_trader.ui.pages.page import PageDoors

        if self._books is None:
            doors = PageDoors(
                model=self._model,
                send=self._send,
                request=self._request,
                folder=self._setup.folder,
                settings=self._setup.settings,
                show_history=self.show_history,
                restart=self.restart_requested.emit,
            )
            self._books = BooksWindow(doors, self)
        self._books.open_page(page)
        return self._books

    def show_history(self, chosen: LedgerFilter) -> None:
        """Bring the history dock to the front, on what a filter lets through; its account becomes the one shown."""
        self.fill_docks()
        before = self._model.account
        if chosen.account and chosen.account != before:
            self._model.choose_account(chosen.account)
        self._docks.show("history")
        self._panels.history.show_filter(chosen)
        if self._books is not None and self._books.isVisible():
            # A window of this one always stands before it: the history would stay behind it.
            self._books.hide()
            bring_to_front(self)
        if self._state_bar is not None and before not in ("", self._model.account):
            text = f"The window shows account {self._model.account} now, before it was {before}: its history is open"
            self._state_bar.show_notice(text, is_bad=True)

    def _show_row(self, dock: str, number: int) -> None:
        from desktop_trader.ui.widgets.data_table import DataTable

        self._docks.show(dock)
        table = self.findChild(DataTable, f"{dock}-table")
        if isinstance(table, DataTable):
            table.select_where(lambda row: bool(row.id == number))

    def restore_layout(self, layout: WindowLayout) -> None:
        """Put window and docks where they stood; without a usable file they stay at their defaults."""
        if layout.restore(self):
            self._docks.restore_edges(layout.edges)
        else:
            self._docks.arrange()
        self.actions_.lock_layout.setChecked(layout.is_locked)
        typed = self._setup.first_view
        self._panels.first_view = FirstView(
            symbol=typed.symbol or layout.symbol, timeframe=typed.timeframe or layout.timeframe
        )
        for band in (self._asleep, self._banner, self._recovery):
            band.refresh()
        self.trading.refresh_band()

    def save_layout(self, layout: WindowLayout) -> None:
        """Remember where window and docks stand, and what the chart shows."""
        layout.is_locked = self.actions_.lock_layout.isChecked()
        layout.account = self._model.account
        layout.edges = self._docks.edges
        if self._panels.is_filled and self._panels.chart.symbol:
            layout.keep_chart(self._panels.chart.symbol, self._panels.chart.timeframe)
        layout.save(self)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._is_painted:
            self._is_painted = True
            # The children are painted in the same turn of the loop, after this.
            QTimer.singleShot(0, self, self.first_painted.emit)
            QTimer.singleShot(0, self._panels, self._panels.fill_in_turns)

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._is_ending:
            event.accept()
            return
        event.ignore()
        if self.keeps_running_in_tray:
            self.hide()
            self.hidden_to_tray.emit()
            return
        self.request_quit()

    def request_quit(self) -> None:
        """Ask the person if something is open, then tell the application to end."""
        from desktop_trader.ui.dialogs.confirm_quit import confirm_quit

        if confirm_quit(self._model, self):
            self.quit_requested.emit()

    def end(self) -> None:
        """Close for good and ask nothing: the application is ending."""
        self._is_ending = True
        if self._panels.is_filled:
            self._panels.markets.keep_at_end()
        self.close()

    def _connect_actions(self) -> None:
        actions = self.actions_
        self.money.connect_actions(actions)
        self.network.connect_actions(actions, self.open_books)
        self.trading.connect_actions(actions)
        self.network.restart_wanted.connect(self.restart_requested)
        actions.books.triggered.connect(lambda: self.open_books(""))
        actions.performance.triggered.connect(lambda: self.open_books("runs"))
        actions.backups.triggered.connect(lambda: self.open_books("backups"))
        actions.export_history.triggered.connect(self._panels.open_export)
        actions.verify_books.triggered.connect(lambda: self.open_books("verify"))
        actions.crash_drill.triggered.connect(lambda: self.open_books("crash-drill"))
        actions.import_legacy.triggered.connect(lambda: begin_import(self))
        actions.quit.triggered.connect(self.request_quit)
        actions.restart.triggered.connect(self.restart_requested)
        self._banner.restart_wanted.connect(self.restart_requested)
        actions.refresh.triggered.connect(self._panels.refresh)
        actions.find_symbol.triggered.connect(self._panels.open_search)
        actions.lock_layout.toggled.connect(self._docks.lock)
        actions.reset_layout.triggered.connect(lambda: actions.lock_layout.setChecked(False))
        actions.reset_layout.triggered.connect(self._docks.arrange)
        FullScreenSwitch(self, actions.full_screen)
        actions.lock_layout.toggled.connect(self.view_changed)
        actions.open_folder.triggered.connect(lambda: _open_folder(self._setup.folder))
        actions.about.triggered.connect(lambda: _show_about(self._setup, self))
        self._theme = ThemeSwitch(self._setup.settings.display, actions, self)
        self._theme.display_changed.connect(self.display_changed)
        actions.new_account.triggered.connect(self.account_choice.open_dialog)
        self._model.account_switched.connect(self.view_changed)
        self._tool_bar.symbol.currentTextChanged.connect(self.choose_symbol)

    def _on_filled(self) -> None:
        from desktop_trader.ui.explain_figures import ExplainFigures
        from desktop_trader.ui.widgets.state_bar import StateBar

        self._state_bar = StateBar(self._model)
        self.setStatusBar(self._state_bar)
        actions, auto = self.actions_, self._panels.auto
        actions.run.triggered.connect(auto.start)
        actions.pause.triggered.connect(auto.toggle_pause)
        actions.stop.triggered.connect(auto.stop)
        self._panels.availability_changed.connect(self._on_availability_changed)
        self._panels.history.row_wanted.connect(self._show_row)
        self._panels.sidebar.history_wanted.connect(self.show_history)
        self._explain = ExplainFigures(self._model, show_history=self.show_history, window=self)
        self._panels.chart.connect_actions(actions)
        self.trading.follow_panels(self._panels)
        self._panels.chart.symbol_changed.connect(self._tool_bar.show_symbol)
        self._panels.chart.symbol_changed.connect(self._show_title)
        self._panels.chart.symbol_changed.connect(self.view_changed)
        self._panels.chart.timeframe_changed.connect(self.view_changed)
        if self._setup.first_view.timeframe is not None:
            auto.choose_timeframe(self._setup.first_view.timeframe)
        self._on_availability_changed()
        self._on_state_changed()
        self.filled.emit()

    def _on_state_changed(self) -> None:
        snapshot = self._model.snapshot
        if snapshot is not None:
            self._tool_bar.show_symbols([each.symbol for each in snapshot.instruments])
            if self._panels.is_filled:
                self._tool_bar.show_symbol(self._panels.chart.symbol)
        for action in (self.actions_.new_account, self.actions_.import_legacy):
            action.setEnabled(not is_halt_final(self._model))
        self._show_title()

    def _on_notice(self, notice: Notice) -> None:
        if self._state_bar is None:
            return
        from desktop_trader.messages.notice_text import notice_level, notice_text

        balance = self._model.balance
        text = notice_text(notice, balance.currency if balance is not None else "USDT")
        if notice.account not in ("", self._model.account):
            text = f"[{notice.account}] {text}"
        self._state_bar.show_notice(text, is_bad=notice_level(notice) in ("warning", "error"))

    def _on_availability_changed(self) -> None:
        actions, auto = self.actions_, self._panels.auto
        actions.run.setEnabled(auto.can_start)
        actions.stop.setEnabled(auto.can_stop)
        actions.pause.setEnabled(auto.can_pause)
        actions.pause.setText(auto.pause_text)

    def _show_title(self) -> None:
        snapshot = self._model.snapshot
        kind = "" if snapshot is None else f" - {account_badge(snapshot.account_type)} - {snapshot.account_name}"
        shown = self._panels.chart.symbol if self._panels.is_filled else ""
        symbol = f" - {shown}" if shown else ""
        self.setWindowTitle(f"Desktop Trader{kind}{symbol}")


def begin_import(window: MainWindow, folder: str = "") -> None:
    """Open the wizard that takes over an older balance; it searches `folder` at once where one is given."""
    from desktop_trader.ui.pages.legacy_import import LegacyImportPage

    page = window.open_books("legacy-import").page("legacy-import")
    if isinstance(page, LegacyImportPage):
        page.open_wizard(folder)


def _open_folder(folder: DataFolderPaths) -> None:
    from PySide6.QtCore import QUrl
    from PySide6.QtGui import QDesktopServices

    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder.root)))


def _show_about(setup: WindowSetup, parent: QMainWindow) -> None:
    from desktop_trader.ui.dialogs.about import AboutDialog

    AboutDialog(setup.folder, schema_version=setup.schema_version, parent=parent).exec()
