"""The main window: docks over one model, menus, toolbar, status bar, and what happens when it is closed.

Built in one go for the first paint with the three balance cards; docks that are not seen then are filled right after
it. Emits wishes as signals and answers to slots; threads, files and the engine belong to `app`. GUI thread only.
"""

from dataclasses import dataclass

from PySide6.QtCore import QTimer, QUrl, Signal
from PySide6.QtGui import QCloseEvent, QDesktopServices, QShowEvent
from PySide6.QtWidgets import QMainWindow, QWidget

from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.chart_data import ChartData
from desktop_trader.messages.ledger_request import LedgerPageReply
from desktop_trader.messages.notice_text import notice_level, notice_text
from desktop_trader.messages.notices import Notice
from desktop_trader.messages.strategy_info import StrategyInfo
from desktop_trader.settings import Settings
from desktop_trader.ui.actions import Actions
from desktop_trader.ui.balance_text import account_badge
from desktop_trader.ui.dialogs.about import AboutDialog
from desktop_trader.ui.dialogs.adjust_balance import AdjustBalanceDialog
from desktop_trader.ui.dialogs.confirm_quit import confirm_quit
from desktop_trader.ui.docks import Docks
from desktop_trader.ui.menus import MainToolBar, build_menus
from desktop_trader.ui.models.balance_model import BalanceModel, RequestData, SendCommand
from desktop_trader.ui.panels.auto_trading import AutoTradingPanel
from desktop_trader.ui.panels.chart import ChartPanel
from desktop_trader.ui.panels.futures import FuturesPanel
from desktop_trader.ui.panels.history import HistoryPanel
from desktop_trader.ui.panels.log import LogPanel
from desktop_trader.ui.panels.orders import OrdersPanel
from desktop_trader.ui.panels.positions import PositionsPanel
from desktop_trader.ui.panels.sidebar import SidebarPanel
from desktop_trader.ui.qt_log import QtLogFeed
from desktop_trader.ui.theme_choice import ThemeSwitch
from desktop_trader.ui.widgets.halt_banner import HaltBanner
from desktop_trader.ui.widgets.state_bar import StateBar
from desktop_trader.ui.window_layout import WindowLayout

DEFAULT_SIZE = (1280, 800)
MINIMUM_SIZE = (1024, 640)
_SIDEBAR_WIDTH_MIN = 250
_RIGHT_WIDTH_MIN = 316


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowSetup:
    """What the window is told once, at its start."""

    settings: Settings
    strategies: tuple[StrategyInfo, ...]
    folder: DataFolderPaths
    log_feed: QtLogFeed


class MainWindow(QMainWindow):
    """`quit_requested` comes after the person was asked; `hidden_to_tray` when closing only hid the window."""

    quit_requested = Signal()
    hidden_to_tray = Signal()
    display_changed = Signal(object)

    def __init__(self, model: BalanceModel, *, send: SendCommand, request: RequestData, setup: WindowSetup) -> None:
        super().__init__()
        self._model = model
        self._send = send
        self._request = request
        self._setup = setup
        self._history: HistoryPanel | None = None
        self._adjust_dialog: AdjustBalanceDialog | None = None
        self._is_filled = False
        self._is_ending = False
        self.keeps_running_in_tray = False
        self.setObjectName("main-window")
        self.setAccessibleName("Desktop Trader")
        self.setMinimumSize(*MINIMUM_SIZE)
        self.resize(*DEFAULT_SIZE)
        self.actions_ = Actions(self)
        self._docks = Docks(self)
        self._build_first_panels()
        self._docks.arrange()
        self._tool_bar = MainToolBar(self.actions_, self)
        self.addToolBar(self._tool_bar)
        self.addToolBarBreak()
        self._banner = HaltBanner(model, self)
        self.addToolBar(self._banner)
        self._state_bar = StateBar(model)
        self.setStatusBar(self._state_bar)
        build_menus(self, self.actions_, self._docks)
        self._connect_actions()
        model.state_changed.connect(self._on_state_changed)
        model.notice_raised.connect(self._on_notice)
        self._on_state_changed()

    def show_reply(self, reply: object) -> None:
        """Hand an answer to the panel that asked."""
        if isinstance(reply, ChartData):
            self._chart.show_chart_data(reply)
        elif isinstance(reply, LedgerPageReply) and self._history is not None:
            self._history.show_page(reply)

    def attach_chart(self) -> None:
        """Put the chart in place of its placeholder, once pyqtgraph is imported."""
        self._chart.attach_chart()

    def fill_docks(self) -> None:
        """Build the panels that the first paint did not need; called by itself right after it."""
        if self._is_filled:
            return
        self._is_filled = True
        positions = PositionsPanel(self._model, send=self._send)
        positions.symbol_chosen.connect(self.choose_symbol)
        self._docks.fill("positions", positions)
        self._docks.fill("orders", OrdersPanel(self._model, send=self._send))
        self._history = HistoryPanel(self._model, request=self._request)
        self._docks.fill("history", self._history)
        self._docks.fill("log", LogPanel(self._setup.log_feed))

    def choose_symbol(self, symbol: str) -> None:
        """Show a symbol in chart, ticket and title."""
        self._chart.choose_symbol(symbol)
        self._futures.choose_symbol(symbol)
        self._auto.choose_symbol(symbol)
        self._tool_bar.show_symbol(symbol)
        self._show_title()

    def open_adjust_dialog(self) -> AdjustBalanceDialog:
        """Open the dialog, or bring the open one to the front."""
        dialog = self._adjust_dialog
        if dialog is None or not dialog.isVisible():
            if dialog is not None:
                dialog.deleteLater()
            self._adjust_dialog = dialog = AdjustBalanceDialog(self._model, send=self._send, parent=self)
        dialog.show()
        dialog.activateWindow()
        return dialog

    def restore_layout(self, layout: WindowLayout) -> None:
        """Put window and docks where they stood; without a usable file they stay at their defaults."""
        if not layout.restore(self):
            self._docks.arrange()
        self.actions_.lock_layout.setChecked(layout.is_locked)
        self._banner.refresh()

    def save_layout(self, layout: WindowLayout) -> None:
        """Remember where window and docks stand."""
        layout.is_locked = self.actions_.lock_layout.isChecked()
        layout.save(self)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        # After the first paint: the person sees the balance before tables and log exist.
        QTimer.singleShot(0, self, self.fill_docks)

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
        if confirm_quit(self._model, self):
            self.quit_requested.emit()

    def end(self) -> None:
        """Close for good and ask nothing: the application is ending."""
        self._is_ending = True
        self.close()

    def _build_first_panels(self) -> None:
        self._sidebar = SidebarPanel(self._model)
        self._sidebar.symbol_chosen.connect(self.choose_symbol)
        self._auto = AutoTradingPanel(self._model, send=self._send, strategies=self._setup.strategies)
        self._futures = FuturesPanel(self._model, send=self._send)
        self._chart = ChartPanel(self._model, request=self._request)
        for panel in (self._sidebar, self._auto, self._futures):
            panel.adjust_requested.connect(self.open_adjust_dialog)
        self._docks.fill("sidebar", self._sidebar, minimum_width=_SIDEBAR_WIDTH_MIN)
        self._docks.fill("chart", self._chart)
        self._docks.fill("auto-trading", self._auto, minimum_width=_RIGHT_WIDTH_MIN)
        self._docks.fill("futures", self._futures, minimum_width=_RIGHT_WIDTH_MIN)
        for name in ("positions", "orders", "history", "log"):
            room = QWidget()
            room.setObjectName(f"{name}-room")
            self._docks.fill(name, room)

    def _connect_actions(self) -> None:
        actions = self.actions_
        actions.run.triggered.connect(self._auto.start)
        actions.pause.triggered.connect(self._auto.toggle_pause)
        actions.stop.triggered.connect(self._auto.stop)
        self._auto.availability_changed.connect(self._on_availability_changed)
        actions.adjust.triggered.connect(self.open_adjust_dialog)
        actions.quit.triggered.connect(self.request_quit)
        actions.refresh.triggered.connect(self._on_refresh)
        actions.lock_layout.toggled.connect(self._docks.lock)
        actions.reset_layout.triggered.connect(lambda: actions.lock_layout.setChecked(False))
        actions.reset_layout.triggered.connect(self._docks.arrange)
        actions.full_screen.toggled.connect(lambda is_on: self.showFullScreen() if is_on else self.showNormal())
        folder = self._setup.folder
        actions.open_folder.triggered.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder.root))))
        actions.about.triggered.connect(lambda: AboutDialog(folder, parent=self).exec())
        self._theme = ThemeSwitch(self._setup.settings.display, actions, self)
        self._theme.display_changed.connect(self.display_changed)
        self._chart.connect_actions(actions)
        self._tool_bar.symbol.currentTextChanged.connect(self.choose_symbol)
        self._on_availability_changed()

    def _on_state_changed(self) -> None:
        snapshot = self._model.snapshot
        if snapshot is not None:
            self._tool_bar.badge.setText(account_badge(snapshot.account_type))
            self._tool_bar.show_symbols([each.symbol for each in snapshot.instruments])
            self._tool_bar.show_symbol(self._chart.symbol)
        self._show_title()

    def _on_notice(self, notice: Notice) -> None:
        balance = self._model.balance
        text = notice_text(notice, balance.currency if balance is not None else "USDT")
        self._state_bar.show_notice(text, is_bad=notice_level(notice) in ("warning", "error"))

    def _on_availability_changed(self) -> None:
        actions = self.actions_
        actions.run.setEnabled(self._auto.can_start)
        actions.stop.setEnabled(self._auto.can_stop)
        actions.pause.setEnabled(self._auto.can_pause)
        actions.pause.setText(self._auto.pause_text)

    def _on_refresh(self) -> None:
        self._model.show_newest()
        self._chart.request_bars()
        if self._history is not None:
            self._history.request_newest()

    def _show_title(self) -> None:
        snapshot = self._model.snapshot
        kind = "" if snapshot is None else f" - {account_badge(snapshot.account_type)}"
        symbol = f" - {self._chart.symbol}" if self._chart.symbol else ""
        self.setWindowTitle(f"Desktop Trader{kind}{symbol}")
