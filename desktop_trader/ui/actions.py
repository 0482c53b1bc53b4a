"""What a person can do, once each: shared by menus, toolbar, tray and panels. No action knows what it triggers."""

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup, QKeySequence

from desktop_trader.domain.market import Timeframe
from desktop_trader.settings import Theme
from desktop_trader.ui.widgets.icon import icon

SYNC_HINT = "Sync: read the account from the books again and verify them"


class Actions(QObject):
    """Actions named by what they do; whoever owns the doing connects itself."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        make = self._make
        self.run = make("action-run", "&Run strategy", icon_name="play", hint="Start the strategy of Auto trading")
        self.pause = make("action-pause", "&Pause entries", icon_name="pause", hint="Hold back new entries")
        self.close_all = make(
            "action-close-all", "CLOSE &ALL…", icon_name="warning", shortcut="Ctrl+Shift+X", hint="Cancel and close all"
        )
        self.close_all.setToolTip("Cancel every order, close every position, enter nothing more (Ctrl+Shift+X)")
        self.stop = make("action-stop", "&Stop strategy", icon_name="stop", hint="Stop the strategy; positions stay")
        self._add_money()
        self.books = make("action-books", "&Books…", shortcut="Ctrl+Shift+B", hint="Runs, backups, checks")
        self.performance = make("action-performance", "&Performance…", hint="The curve of this run and of others")
        self.backups = make("action-backups", "Back&ups…", hint="Back up, verify, restore, move to another computer")
        self.export_history = make("action-export-history", "&Export history…", hint="Write the history to a file")
        self.verify_books = make("action-verify-books", "&Verify books…", hint="Every entry against every law")
        self.crash_drill = make("action-crash-drill", "&Crash drill…", hint="Kill what trades on a copy of the books")
        self.new_account = make(
            "action-new-account", "&New paper account…", hint="Open one more paper account beside the others"
        )
        self._add_network()
        self.restart = make("action-restart", "Re&start", hint="Quit, and start again with the same options")
        self.quit = make("action-quit", "&Quit", shortcut="Ctrl+Q")
        self.refresh = make("action-refresh", "&Refresh", icon_name="refresh", shortcut="F5")
        self.find_symbol = make(
            "action-find-symbol", "Find sy&mbol…", icon_name="search", shortcut="/", hint="Search all markets (/)"
        )
        self.lock_layout = make("action-lock-layout", "&Lock layout", shortcut="Ctrl+Shift+L")
        self.lock_layout.setCheckable(True)
        self.reset_layout = make("action-reset-layout", "Reset la&yout")
        self.full_screen = make("action-full-screen", "&Full screen", shortcut="F11")
        self.full_screen.setCheckable(True)
        self.import_legacy = make(
            "action-import-legacy", "&Import legacy balance…", hint="From an older program's balance files"
        )
        self.open_folder = make("action-open-folder", "Open &data folder")
        self.about = make("action-about", "&About Desktop Trader", icon_name="info")
        self.about.setMenuRole(QAction.MenuRole.AboutRole)
        self.quit.setMenuRole(QAction.MenuRole.QuitRole)
        self.chart_latest = make("action-chart-latest", "Go to the &latest candle")
        self.chart_autoscale = make("action-chart-autoscale", "&Fit prices")
        self.chart_levels = make(
            "action-chart-levels",
            "&Levels…",
            shortcut="Ctrl+Alt+S",
            hint="Stops, targets and orders of the symbol shown",
        )
        self.chart_zoom_in = make("action-chart-zoom-in", "Zoom &in", icon_name="plus", shortcut="Ctrl++")
        self.chart_zoom_out = make("action-chart-zoom-out", "Zoom &out", icon_name="minus", shortcut="Ctrl+-")
        self.net_change = make(
            "action-net-change", "24h change &net of deposits", hint="Leave deposits and withdrawals out of the change"
        )
        self.net_change.setCheckable(True)
        self.net_change.setChecked(True)
        self._add_themes()
        self._add_timeframes()
        for action in (self.run, self.pause, self.stop):
            action.setEnabled(False)

    def limit_timeframe(self, only: Timeframe | None) -> None:
        """Offer bars of one length alone; None offers them all."""
        for timeframe, action in self.timeframes.items():
            action.setEnabled(only in (None, timeframe))

    def _add_network(self) -> None:
        """What is about the way to the market."""
        make = self._make
        self.market = make("action-market", "&Market…", hint="Simulated, a recording, or an exchange")
        self.simulate_loss = make(
            "action-simulate-loss", "Simulate network &loss…", hint="See what a pause does without pulling a cable"
        )
        self.outages = make("action-outages", "&Outages…", hint="When nothing traded, why, and what was held back")
        self.health = make("action-health", "&Health…", hint="Books, feed, exchange, disk, clock: state and what to do")

    def _add_money(self) -> None:
        """What moves money by hand; the short texts are those of buttons."""
        make = self._make
        self.adjust = make(
            "action-adjust", "&Adjust balance…", icon_name="adjust", shortcut="Ctrl+B", hint="Adjust: set a new total"
        )
        self.deposit = make("action-deposit", "&Deposit…", icon_name="plus", hint="Deposit: put money in")
        self.withdraw = make("action-withdraw", "&Withdraw…", icon_name="minus", hint="Withdraw: take money out")
        self.reset_account = make(
            "action-reset-account",
            "R&eset paper account…",
            icon_name="reset",
            hint="Reset: end this run, keep it, and begin the next",
        )
        self.sync = make(
            "action-sync",
            "S&ync with the books",
            icon_name="refresh",
            shortcut="Shift+F5",
            hint=SYNC_HINT,
        )
        for action, short in (
            (self.adjust, "Adjust…"),
            (self.deposit, "Deposit"),
            (self.withdraw, "Withdraw"),
            (self.reset_account, "Reset…"),
            (self.sync, "Sync"),
        ):
            action.setIconText(short)
        self.money = (self.deposit, self.withdraw, self.adjust, self.reset_account, self.sync)

    def _add_themes(self) -> None:
        self._theme_group = QActionGroup(self)
        self.themes: dict[Theme, QAction] = {}
        for theme, text in ((Theme.DARK, "&Dark"), (Theme.LIGHT, "&Light"), (Theme.SYSTEM, "Like the &system")):
            action = self._make(f"action-theme-{theme.value}", text)
            action.setCheckable(True)
            self._theme_group.addAction(action)
            self.themes[theme] = action

    def _add_timeframes(self) -> None:
        self._timeframe_group = QActionGroup(self)
        self.timeframes: dict[Timeframe, QAction] = {}
        for place, timeframe in enumerate(Timeframe, start=1):
            action = self._make(f"action-timeframe-{timeframe.value}", timeframe.value, shortcut=f"Alt+{place}")
            action.setCheckable(True)
            self._timeframe_group.addAction(action)
            self.timeframes[timeframe] = action

    def _make(self, name: str, text: str, *, icon_name: str = "", shortcut: str = "", hint: str = "") -> QAction:
        action = QAction(text, self)
        action.setObjectName(name)
        if icon_name:
            action.setIcon(icon(icon_name))
        if shortcut:
            action.setShortcut(QKeySequence(shortcut))
        if hint:
            # No status tip: it would hide whose money it is for as long as the pointer rests here.
            action.setToolTip(hint)
        return action
