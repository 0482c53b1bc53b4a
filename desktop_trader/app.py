"""The window's composition root: builds the Qt side once, connects it to the engine's thread, and owns the shutdown.

Nothing here trades or computes. GUI thread only, except the import of the chart, which runs in a thread of its own.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication, QDockWidget, QWidget

from desktop_trader import __version__
from desktop_trader.domain.errors import (
    BooksDamagedError,
    DataFolderInUseError,
    DeclinedError,
    InvalidInputError,
    RefusedError,
    StorageError,
    TraderError,
)
from desktop_trader.domain.money import install_context
from desktop_trader.domain.wallet import DEMO
from desktop_trader.engine_thread import EngineChoice, EngineThread
from desktop_trader.gui_options import GuiOptions
from desktop_trader.locations import APPLICATION_NAME, DataFolderPaths, data_folder
from desktop_trader.relaunch import address_in_use, finish_restore, market_hint, start_again, with_stored_market
from desktop_trader.settings import DisplaySettings, Settings, WatchlistSettings
from desktop_trader.storage.first_glance import read_first_glance
from desktop_trader.storage.schema_version import SCHEMA_VERSION
from desktop_trader.storage.settings_file import load_settings
from desktop_trader.trouble_view import TroubleView
from desktop_trader.ui import theme
from desktop_trader.ui.failure_desk import HALT_REASON, FailureDesk
from desktop_trader.ui.main_window import MainWindow, WindowSetup
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.models.first_view import FirstView
from desktop_trader.ui.models.snapshot_pace import SnapshotPace
from desktop_trader.ui.theme_choice import theme_choice
from desktop_trader.ui.window_layout import WindowLayout
from desktop_trader.ui.window_state import bring_to_front

if TYPE_CHECKING:  # what the first paint does not show is imported after it
    from desktop_trader.messages.strategy_info import StrategyInfo
    from desktop_trader.ui.chart_import import ChartImport
    from desktop_trader.ui.dialogs.failure import Failure
    from desktop_trader.ui.layout_keeper import LayoutKeeper
    from desktop_trader.ui.qt_log import QtLogFeed
    from desktop_trader.ui.tray_icon import TrayIcon

_SWITCH_SECONDS = 0.001
"""How long the engine's thread may hold the interpreter before the window gets its turn: a repaint waits no longer."""
_ENDING_MS_MAX = 10_000
_PAINT_MS_MAX = 1_000
"""A window that nobody sees is not painted; the engine starts nevertheless."""
_DOCKS = 9
_EXIT_CODES: tuple[tuple[type[TraderError], int], ...] = (
    (DeclinedError, 0),
    (RefusedError, 5),
    (InvalidInputError, 2),
    (DataFolderInUseError, 3),
    (BooksDamagedError, 4),
)


def main(options: GuiOptions) -> int:
    """Open the window and return the exit code once it is closed."""
    if not _has_display():
        sys.stderr.write("desktop-trader: no display here; use `desktop-trader run`\n")
        return 1
    app, paths = make_application(), data_folder(options.data_dir)
    try:
        restored = finish_restore(paths)
        loaded = load_settings(paths.settings_file)
    except TraderError as error:
        _say_refused(app, error, parent=None)
        return 1
    told, options = (*restored, *loaded.complaints), with_stored_market(options, loaded.settings.market)
    desktop = DesktopApp(app, options=options, paths=paths, settings=loaded.settings, complaints=told)
    desktop.start()
    app.exec()
    if desktop.wants_restart:
        start_again(drops_market=desktop.window.network.is_market_chosen)
    return desktop.exit_code


def make_application() -> QApplication:
    """Return the Qt application with its names set, so that desktop, tray and settings know it."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    if not isinstance(app, QApplication):
        raise TypeError("another kind of Qt application exists already")
    app.setApplicationName("Desktop Trader")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName(APPLICATION_NAME)
    return app


def _has_display() -> bool:
    """Whether Qt has anything to draw on: on Linux it aborts the process where there is nothing."""
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return not sys.platform.startswith("linux") or any(os.environ.get(name) for name in names)


def somebody_looks(app: QApplication) -> bool:
    """Whether there is a screen with a person before it; a dialog elsewhere would never be answered."""
    return app.platformName() != "offscreen"


def _say_refused(app: QApplication, error: TraderError, *, parent: QWidget | None) -> None:
    """Say why there is no start: to whoever sees the window and to whoever reads standard error."""
    sys.stderr.write(f"desktop-trader: {error.user_message}\n")
    if somebody_looks(app):
        from PySide6.QtWidgets import QMessageBox

        box = QMessageBox(QMessageBox.Icon.Critical, "Desktop Trader", error.user_message, parent=parent)
        box.setObjectName("start-refused-dialog")
        box.exec()


def _are_only_read(paths: DataFolderPaths, error: TraderError) -> bool:
    """Whether there are books that a folder has refused which cannot be written to: they can be looked at."""
    is_there, is_writable = os.access(paths.database, os.R_OK), os.access(paths.root, os.W_OK)
    return isinstance(error, StorageError) and is_there and not is_writable


class DesktopApp(QObject):
    """One window over one engine thread. `exit_code` is valid once the event loop has ended."""

    def __init__(
        self,
        app: QApplication,
        *,
        options: GuiOptions,
        paths: DataFolderPaths,
        settings: Settings,
        complaints: tuple[str, ...] = (),
    ) -> None:
        """Build and connect what the first paint shows; nothing is shown or started before `start`.

        `complaints` is what of the settings file was not understood.
        """
        super().__init__()
        install_context()
        self._app = app
        self._options = options
        self._paths = paths
        self._settings = settings
        self._complaints = complaints
        self._is_engine_started = False
        self._is_quitting = False
        self._is_refused = False
        self.wants_restart = False
        self._last_failure = ""
        self._layout_keeper: LayoutKeeper | None = None
        self._feed: QtLogFeed | None = None
        self._chart: ChartImport | None = None
        self.exit_code = 0
        self.tray: TrayIcon | None = None
        theme.apply(app, theme_choice(settings.display))
        self.model = BalanceModel(repaint_interval_ms=settings.display.repaint_interval_ms, parent=self)
        self.thread_ = EngineThread(EngineChoice(paths=paths, options=options, settings=settings), self)
        self._gate = TroubleView(paths, self.model, send=self.thread_.send)
        self.window = MainWindow(
            self.model,
            send=self._gate.send,
            request=self._gate.send,
            setup=WindowSetup(
                settings=settings,
                strategies=_strategies,
                folder=paths,
                log_feed=self._log_feed,
                first_view=FirstView(symbol=options.symbol or "", timeframe=options.timeframe),
                address_in_use=address_in_use(options, settings),
                schema_version=SCHEMA_VERSION,
            ),
        )
        self.failures = FailureDesk(self.window, paths, halt=self.thread_.halt)
        self._connect()

    def start(self) -> None:
        """Show the window with the balance that the books have, then start the engine and load the chart behind it."""
        layout = WindowLayout(self._paths.layout_file)
        account, balance = self._options.account, None
        if account == DEMO and layout.account:
            # Nobody named another one: the account that was shown last is shown again, if it is still there.
            account, balance = layout.account, read_first_glance(self._paths, layout.account)
        if balance is None:
            account, balance = self._options.account, read_first_glance(self._paths, self._options.account)
        self.model.choose_account(account)
        if balance is not None:
            self.model.show_stored(balance)
        self.window.restore_layout(layout)
        if self._options.minimized:
            self._start_engine()
            if self.tray is None:
                self.window.showMinimized()
        else:
            self.window.show()
        QTimer.singleShot(_PAINT_MS_MAX, self, self._complete)

    def is_complete(self) -> bool:
        """Whether every dock is filled and the chart is in its place."""
        docks = self.window.findChildren(QDockWidget)
        has_rooms = any(dock.widget().objectName().endswith("-room") for dock in docks)
        chart = self.window.findChild(QWidget, "chart-view")
        return len(docks) == _DOCKS and not has_rooms and chart is not None

    def quit(self) -> None:
        """End: the engine finishes what it is doing, the layout is kept, positions stay open."""
        self._is_quitting = True
        self._keep_layout()
        if not self.thread_.isRunning():
            self._end()
            return
        self.thread_.stop()
        QTimer.singleShot(_ENDING_MS_MAX, self, self._on_ending_too_long)

    def restart(self) -> None:
        """End as `quit` does, and let `main` start the program again."""
        self.wants_restart = True
        self.quit()

    def _connect(self) -> None:
        thread, window = self.thread_, self.window
        thread.snapshot_published.connect(SnapshotPace(self.model).take)
        thread.notice_raised.connect(self.model.raise_notice)
        thread.reply_ready.connect(window.show_reply)
        thread.start_amount_needed.connect(self._on_start_amount_needed)
        thread.start_refused.connect(self._on_start_refused)
        thread.failed.connect(lambda failure: self.failures.take(*failure))
        thread.finished.connect(self._on_engine_finished)
        thread.window_raise_requested.connect(lambda: bring_to_front(self.window))
        window.first_painted.connect(self._start_engine)
        window.filled.connect(self._on_filled)
        window.quit_requested.connect(self.quit)
        window.restart_requested.connect(self.restart)
        self._gate.stand_before(window)
        self._gate.restart_wanted.connect(self.restart)
        self._gate.quit_wanted.connect(self.quit)
        self._gate.failed.connect(lambda failure: self.failures.take(*failure))
        self.failures.failed.connect(self._on_failed)
        self.failures.restart_wanted.connect(self.restart)
        window.display_changed.connect(self._on_settings_changed)
        window.watchlist_changed.connect(self._on_settings_changed)

    def _on_filled(self) -> None:
        from desktop_trader.ui.cycle_collector import CycleCollector
        from desktop_trader.ui.layout_keeper import LayoutKeeper
        from desktop_trader.ui.settings_complaints import SettingsComplaints

        CycleCollector(self)
        self._layout_keeper = LayoutKeeper(self.window, self._keep_layout)
        self.window.view_changed.connect(self._layout_keeper.note_change)
        SettingsComplaints(self._complaints, self.model, self)
        # Not earlier: three threads that import at once would only change turns.
        sys.setswitchinterval(_SWITCH_SECONDS)

    def _complete(self) -> None:
        self._start_engine()
        self.window.fill_docks()

    def _start_engine(self) -> None:
        """Start everything that is no part of the first paint; again is harmless."""
        if self._is_engine_started or self._is_quitting:
            return
        self._is_engine_started = True
        from desktop_trader.ui.chart_import import ChartImport

        self.thread_.start()
        self._chart = ChartImport(self)
        self._chart.imported.connect(self.window.attach_chart)
        self._chart.start()
        from desktop_trader.diagnostics import install_exception_hooks
        from desktop_trader.ui.termination import TerminationSignals
        from desktop_trader.ui.tray_icon import TrayIcon

        install_exception_hooks(self.failures.take)
        self._log_feed().start()
        TerminationSignals(self).requested.connect(self.quit)
        if TrayIcon.is_available():
            self.tray = TrayIcon(self.model, self.window)
            self.tray.show()

    def _log_feed(self) -> QtLogFeed:
        if self._feed is None:
            from desktop_trader.ui.qt_log import QtLogFeed

            self._feed = QtLogFeed(self)
        return self._feed

    def _on_start_amount_needed(self) -> None:
        from desktop_trader.storage.legacy_files import working_folder_with_files
        from desktop_trader.ui.dialogs.first_start import ask_first_start
        from desktop_trader.ui.first_import import import_when_known

        folder = working_folder_with_files()
        paper, market = self._settings.paper, self._options.market
        chosen = ask_first_start(paper, market=market, legacy_folder=folder, parent=self.window)
        if chosen.wants_import:
            import_when_known(self.model, self.window, folder)
        self.thread_.answer_start_amount(chosen.start_amount)

    def _on_start_refused(self, error: TraderError) -> None:
        self._is_refused = True
        self.model.forget_stored()
        self.exit_code = next((code for kind, code in _EXIT_CODES if isinstance(error, kind)), 1)
        if isinstance(error, DeclinedError):
            self._end()
            return
        if isinstance(error, DataFolderInUseError) and self._raise_first_window():
            root = self._paths.root
            sys.stderr.write(f"desktop-trader: already running on {root}; its window was brought to the front\n")
        elif (isinstance(error, BooksDamagedError) or _are_only_read(self._paths, error)) and somebody_looks(self._app):
            self._gate.show(error.user_message, settings=self._settings, account=self._options.account)
            return
        else:
            _say_refused(self._app, market_hint(error, self._options, stored=self._settings.market), parent=self.window)
        self._end()

    def _raise_first_window(self) -> bool:
        """Ask the instance that holds the folder to show its window; False when it does not answer."""
        from desktop_trader.api.client import find_instance  # only a second start needs it

        try:
            instance = find_instance(self._paths)
            return instance is not None and instance.raise_window()
        except TraderError:
            return False

    def _on_engine_finished(self) -> None:
        if self._is_quitting:
            self._end()
        elif not self._is_refused:
            # Nobody asked it to end: whoever looks must not take the last figures for those of now.
            self.exit_code = 1
            why = self._last_failure or "the engine has ended"
            sys.stderr.write(f"desktop-trader: {why}\n")
            self.model.end(why)

    def _on_failed(self, failure: Failure) -> None:
        self.exit_code = 1
        self._last_failure = f"{HALT_REASON} ({failure.what})"

    def _on_ending_too_long(self) -> None:
        import logging

        logging.getLogger(__name__).critical(
            "The engine did not end in %d ms; the books are safe, the process ends now", _ENDING_MS_MAX
        )
        self._end()

    def _end(self) -> None:
        if self.tray is not None:
            self.tray.hide()
        if self._layout_keeper is not None:
            self._layout_keeper.stop()
        self._gate.close()
        self.window.end()
        if not self.thread_.wait(_ENDING_MS_MAX):
            self._leave_at_once()
        if self._chart is not None:
            self._chart.end()
        if self._feed is not None:
            self._feed.stop()
        from desktop_trader.diagnostics import stop_logging

        stop_logging()
        self._app.quit()

    def _leave_at_once(self) -> None:
        """End the process over a thread that does not end: Qt would abort it, and the books are safe either way."""
        from desktop_trader.diagnostics import stop_logging

        stop_logging()
        if self.wants_restart:
            start_again(drops_market=self.window.network.is_market_chosen)
        os._exit(self.exit_code or 1)

    def _keep_layout(self) -> None:
        if self._paths.root.is_dir():
            self.window.save_layout(WindowLayout(self._paths.layout_file))

    def _on_settings_changed(self, part: DisplaySettings | WatchlistSettings) -> None:
        import logging

        from desktop_trader.storage.settings_file import save_part

        try:
            self._settings = save_part(self._paths.settings_file, part)
        except TraderError as error:
            logging.getLogger(__name__).warning("The settings could not be kept: %s", error)


def _strategies() -> tuple[StrategyInfo, ...]:
    from desktop_trader.strategies.catalog import strategy_infos

    return strategy_infos()
