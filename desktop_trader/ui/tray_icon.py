"""The tray icon: its shape says the state, its menu shows, pauses, moves money and quits. Only where a tray is."""

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QMenu, QSystemTrayIcon

from desktop_trader.messages.network import NO_NEW_TRADES, NOT_CHECKED, RESUMED
from desktop_trader.messages.notice_text import notice_text
from desktop_trader.messages.notices import Notice
from desktop_trader.ui.balance_text import account_badge, balance_text
from desktop_trader.ui.main_window import MainWindow
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.network_text import is_paused, pause_title, reasons_text
from desktop_trader.ui.widgets.icon import icon
from desktop_trader.ui.window_state import bring_to_front

_ICONS = {
    "running": "tray-running",
    "paused": "tray-paused",
    "stopped": "tray-stopped",
    "halted": "tray-error",
    "offline": "tray-offline",
}
_PAUSED = "⏸️  SYSTEM PAUSED"
_A_NEW_WAIT_SECONDS = 1.0
_HIDDEN_BALANCE = "Balance hidden: click to show"
_STILL_HERE = "Desktop Trader goes on in the tray. Quit from the menu of this icon."


class TrayIcon(QObject):
    """While it exists, closing the window only hides it.

    The tooltip never shows money, and the menu only after the person asked for it: hidden again at every start.
    """

    def __init__(self, model: BalanceModel, window: MainWindow) -> None:
        super().__init__(window)
        self._model = model
        self._window = window
        self._has_explained = False
        self._is_pause_told = False
        self._wait: tuple[int, float] | None = None
        self._open_shown = ""
        self._icon = QSystemTrayIcon(self)
        self._icon.setObjectName("tray-icon")
        self._fill_menu()
        self._icon.setContextMenu(self._menu)
        self._icon.activated.connect(self._on_activated)
        self._icon.messageClicked.connect(self._show_window)
        window.hidden_to_tray.connect(self._on_hidden)
        model.auto_trading_changed.connect(self._refresh)
        model.positions_changed.connect(self._refresh)
        model.snapshot_kept.connect(self._on_others_changed)
        model.state_changed.connect(self._refresh)
        model.network_changed.connect(self._on_network_changed)
        model.notice_raised.connect(self._on_notice)

    def _fill_menu(self) -> None:
        window = self._window
        self._menu = QMenu(window)
        self._menu.setObjectName("tray-menu")
        self._menu.setAccessibleName("Desktop Trader")
        self._title = QAction("Desktop Trader", self._menu)
        self._title.setObjectName("tray-title")
        self._title.setEnabled(False)
        self._toggle = QAction("Hide window", self._menu)
        self._toggle.setObjectName("tray-toggle")
        self._toggle.triggered.connect(self.toggle_window)
        self._menu.addAction(self._title)
        self._menu.addAction(self._toggle)
        self._menu.addSeparator()
        self._balance = QAction(_HIDDEN_BALANCE, self._menu)
        self._balance.setObjectName("tray-balance")
        self._balance.setToolTip("Show the balance in this menu, or hide it again")
        self._balance.setCheckable(True)
        self._balance.toggled.connect(self._refresh)
        self._menu.addAction(self._balance)
        self._menu.addAction(window.actions_.pause)
        self._menu.addSeparator()
        close_all = QAction("Close all positions…", self._menu)
        close_all.setObjectName("tray-close-all")
        close_all.triggered.connect(window.actions_.close_all.trigger)
        self._menu.addAction(close_all)
        self._menu.addSeparator()
        self._menu.addActions(list(window.actions_.money))
        self._menu.addSeparator()
        self._menu.addAction(window.actions_.quit)
        self._menu.aboutToShow.connect(self._refresh)

    @staticmethod
    def is_available() -> bool:
        """Whether this desktop shows tray icons at all; `isVisible` alone would claim so without any tray."""
        return QSystemTrayIcon.isSystemTrayAvailable()

    @property
    def state(self) -> str:
        """What the icon says: running, paused, stopped, offline or halted."""
        if self._model.halted:
            return "halted"
        if is_paused(self._model.network):
            return "offline"
        auto = self._model.auto_trading
        return auto.state if auto is not None else "stopped"

    @property
    def menu(self) -> QMenu:
        """The menu of the icon."""
        return self._menu

    def tool_tip(self) -> str:
        """Return what resting on the icon says."""
        return self._icon.toolTip()

    def show(self) -> None:
        """Show the icon; from now on closing the window keeps the application alive."""
        self._refresh()
        self._icon.show()
        QApplication.setQuitOnLastWindowClosed(False)
        self._window.keeps_running_in_tray = True

    def hide(self) -> None:
        """Take the icon away; closing the window ends the application again."""
        self._icon.hide()
        QApplication.setQuitOnLastWindowClosed(True)
        self._window.keeps_running_in_tray = False

    def toggle_window(self) -> None:
        """Show the window, or hide it when it is seen."""
        if self._window.isVisible() and not self._window.isMinimized():
            self._window.hide()
            self._refresh()
        else:
            self._show_window()

    def _show_window(self) -> None:
        bring_to_front(self._window)
        self._refresh()

    def _on_activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason in (QSystemTrayIcon.ActivationReason.Trigger, QSystemTrayIcon.ActivationReason.DoubleClick):
            self.toggle_window()

    def _on_hidden(self) -> None:
        self._refresh()
        if not self._has_explained:
            self._has_explained = True
            self._icon.showMessage("Desktop Trader", _STILL_HERE, icon(_ICONS["running"]))

    def _on_notice(self, notice: Notice) -> None:
        """Tell a pause and its end once each, however many accounts are told of it."""
        text = notice_text(notice, "")
        if text.startswith(_PAUSED) and not self._is_pause_told:
            self._is_pause_told = True
            self._tell("\n".join((text, NOT_CHECKED, NO_NEW_TRADES)))
        elif text == RESUMED and self._is_pause_told:
            self._is_pause_told = False
            self._tell(RESUMED)

    def _on_network_changed(self) -> None:
        """Tell, after every wait that was in vain, that another one begins."""
        network, before, self._wait = self._model.network, self._wait, None
        if network is not None and network.wait_ends_in_seconds is not None and is_paused(network):
            self._wait = (network.epoch, network.wait_ends_in_seconds)
            if before is not None and before[0] == network.epoch and self._wait[1] > before[1] + _A_NEW_WAIT_SECONDS:
                self._tell(f"{pause_title(network).capitalize()} goes on: {reasons_text(network)}. Waiting again.")
        self._refresh()

    def _tell(self, text: str) -> None:
        self._icon.showMessage("Desktop Trader", text, icon(_ICONS[self.state]))

    def _on_others_changed(self) -> None:
        if self._open_shown != self._model.open_text():
            self._refresh()

    def _refresh(self) -> None:
        snapshot = self._model.snapshot
        kind = "" if snapshot is None else f" - {account_badge(snapshot.account_type)} - {snapshot.account_name}"
        self._open_shown = self._model.open_text()
        network = self._model.network
        why = f" ({pause_title(network).lower()})" if network is not None and self.state == "offline" else ""
        latch = ", CLOSE ONLY" if snapshot is not None and snapshot.close_only else ""
        text = f"Desktop Trader{kind} - {self.state}{why}{latch}, {self._open_shown or '0 open'}"
        self._title.setText(text)
        self._icon.setToolTip(text)
        self._icon.setIcon(icon(_ICONS.get(self.state, "tray-error")))
        is_seen = self._window.isVisible() and not self._window.isMinimized()
        self._toggle.setText("Hide window" if is_seen else "Show window")
        balance = self._model.balance
        is_shown = self._balance.isChecked() and balance is not None
        self._balance.setText(f"Balance {balance_text(balance)}" if is_shown and balance else _HIDDEN_BALANCE)
