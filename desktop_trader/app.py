"""The window's composition root: builds the Qt side once, connects it to the engine's thread, and owns the shutdown.

Nothing here trades or computes. GUI thread only, except the import of the chart, which runs in a thread of its own.
"""

import logging
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication, QDockWidget, QMessageBox, QWidget

from desktop_trader import __version__
from desktop_trader.assembly import MarketChoice
from desktop_trader.diagnostics import install_exception_hooks, keep_failure_report, stop_logging
from desktop_trader.domain.errors import (
    BooksDamagedError,
    DataFolderInUseError,
    InvalidInputError,
    RefusedError,
    TraderError,
)
from desktop_trader.domain.money import install_context
from desktop_trader.engine_thread import EngineChoice, EngineThread
from desktop_trader.gui_options import GuiOptions
from desktop_trader.locations import APPLICATION_NAME, DataFolderPaths, data_folder
from desktop_trader.settings import DisplaySettings, Settings
from desktop_trader.storage.settings_file import load_settings, save_settings
from desktop_trader.strategies.catalog import strategy_infos
from desktop_trader.ui import theme
from desktop_trader.ui.dialogs.first_start import ask_start_amount
from desktop_trader.ui.main_window import MainWindow, WindowSetup
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.qt_log import QtLogFeed
from desktop_trader.ui.theme_choice import theme_choice
from desktop_trader.ui.tray_icon import TrayIcon
from desktop_trader.ui.window_layout import WindowLayout

_log = logging.getLogger(__name__)
_SWITCH_SECONDS = 0.001
"""How long the engine's thread may hold the interpreter before the window gets its turn: a repaint waits no longer."""
_ENDING_MS_MAX = 5_000
_DOCKS = 8
_EXIT_CODES: tuple[tuple[type[TraderError], int], ...] = (
    (RefusedError, 0),
    (InvalidInputError, 2),
    (DataFolderInUseError, 3),
    (BooksDamagedError, 4),
)


def main(options: GuiOptions) -> int:
    """Open the window and return the exit code once it is closed."""
    if options.selftest:
        from desktop_trader.selftest import run_selftest  # builds an application of its own

        return run_selftest()
    sys.setswitchinterval(_SWITCH_SECONDS)
    app = make_application()
    paths = data_folder(options.data_dir)
    try:
        settings = load_settings(paths.settings_file).settings
    except TraderError as error:
        sys.stderr.write(f"desktop-trader: {error.user_message}\n")
        return 1
    desktop = DesktopApp(app, options=options, paths=paths, settings=settings)
    desktop.start()
    app.exec()
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


class DesktopApp(QObject):
    """One window over one engine thread. `exit_code` is valid once the event loop has ended."""

    _chart_imported = Signal()

    def __init__(self, app: QApplication, *, options: GuiOptions, paths: DataFolderPaths, settings: Settings) -> None:
        """Build and connect everything; nothing is read, shown or started before `start`."""
        super().__init__()
        install_context()
        self._app = app
        self._options = options
        self._paths = paths
        self._settings = settings
        self.exit_code = 0
        theme.apply(app, theme_choice(settings.display))
        self._log_feed = QtLogFeed(self)
        self.model = BalanceModel(repaint_interval_ms=settings.display.repaint_interval_ms, parent=self)
        self.thread_ = EngineThread(_engine_choice(options, paths, settings), self)
        self.window = MainWindow(
            self.model,
            send=self.thread_.send,
            request=self.thread_.send,
            setup=WindowSetup(settings=settings, strategies=strategy_infos(), folder=paths, log_feed=self._log_feed),
        )
        self.tray: TrayIcon | None = None
        self._connect()

    def start(self) -> None:
        """Start the engine, show the window, and load the chart behind it."""
        install_exception_hooks(self._on_failure)
        self.thread_.start()
        self.window.restore_layout(WindowLayout(self._paths.layout_file))
        if TrayIcon.is_available():
            self.tray = TrayIcon(self.model, self.window)
            self.tray.show()
        if not (self._options.minimized and self.tray is not None):
            self.window.show()
        QTimer.singleShot(0, self, self._load_chart)

    def is_complete(self) -> bool:
        """Whether every dock is filled and the chart is in its place."""
        docks = self.window.findChildren(QDockWidget)
        has_rooms = any(dock.widget().objectName().endswith("-room") for dock in docks)
        chart = self.window.findChild(QWidget, "chart-view")
        return len(docks) == _DOCKS and not has_rooms and chart is not None

    def quit(self) -> None:
        """End: the engine finishes what it is doing, the layout is kept, positions stay open."""
        self._keep_layout()
        self.thread_.stop()
        QTimer.singleShot(_ENDING_MS_MAX, self, self._on_ending_too_long)

    def _connect(self) -> None:
        thread, window = self.thread_, self.window
        thread.snapshot_published.connect(self.model.replace_snapshot)
        thread.notice_raised.connect(self.model.raise_notice)
        thread.reply_ready.connect(window.show_reply)
        thread.start_amount_needed.connect(self._on_start_amount_needed)
        thread.start_refused.connect(self._on_start_refused)
        thread.failed.connect(lambda failure: self._keep_report(*failure))
        thread.finished.connect(self._on_engine_finished)
        thread.window_raise_requested.connect(self._raise_window)
        window.quit_requested.connect(self.quit)
        window.display_changed.connect(self._on_display_changed)
        self._chart_imported.connect(window.attach_chart)
        self._is_quitting = False
        window.quit_requested.connect(self._on_quit_requested)

    def _on_quit_requested(self) -> None:
        self._is_quitting = True

    def _load_chart(self) -> None:
        def load() -> None:
            import desktop_trader.ui.charts.chart_view  # noqa: F401  # half a second that the first paint does not wait

            self._chart_imported.emit()

        threading.Thread(target=load, name="chart-import", daemon=True).start()

    def _on_start_amount_needed(self) -> None:
        self.thread_.answer_start_amount(ask_start_amount(self._settings.paper, parent=self.window))

    def _on_start_refused(self, error: TraderError) -> None:
        self.exit_code = next((code for kind, code in _EXIT_CODES if isinstance(error, kind)), 1)
        if isinstance(error, RefusedError):
            self._end()
            return
        sys.stderr.write(f"desktop-trader: {error.user_message}\n")
        if isinstance(error, DataFolderInUseError) and self._raise_first_window():
            self._end()
            return
        if self._app.platformName() != "offscreen":
            box = QMessageBox(QMessageBox.Icon.Critical, "Desktop Trader", error.user_message, parent=self.window)
            box.setObjectName("start-refused-dialog")
            box.exec()
        self._end()

    def _raise_first_window(self) -> bool:
        """Ask the instance that holds the folder to show its window; False when it does not answer."""
        from desktop_trader.api.client import raise_window  # only a second start needs it

        return raise_window(self._paths)

    def _raise_window(self) -> None:
        self.window.showNormal()
        self.window.raise_()
        self.window.activateWindow()

    def _on_engine_finished(self) -> None:
        if self._is_quitting:
            self._end()

    def _on_ending_too_long(self) -> None:
        _log.critical("The engine did not end in %d ms; the books are safe, the process ends now", _ENDING_MS_MAX)
        self._end()

    def _end(self) -> None:
        if self.tray is not None:
            self.tray.hide()
        self.window.end()
        self.thread_.wait(_ENDING_MS_MAX)
        stop_logging()
        self._app.quit()

    def _keep_layout(self) -> None:
        if self._paths.root.is_dir():
            self.window.save_layout(WindowLayout(self._paths.layout_file))

    def _on_display_changed(self, display: DisplaySettings) -> None:
        from dataclasses import replace

        self._settings = replace(self._settings, display=display)
        try:
            save_settings(self._paths.settings_file, self._settings)
        except TraderError as error:
            _log.warning("The settings could not be kept: %s", error)

    def _on_failure(self, where: str, error: BaseException) -> None:
        """Told by the hooks, in whichever thread it happened: trading halts, the window stays."""
        self.thread_.halt("an error of the program", f"{where}: {type(error).__name__}: {error}")
        self._keep_report(where, error)

    def _keep_report(self, where: str, error: BaseException) -> Path:
        return keep_failure_report(self._paths.logs, where=where, error=error)


def _engine_choice(options: GuiOptions, paths: DataFolderPaths, settings: Settings) -> EngineChoice:
    market = MarketChoice(
        market=options.market,
        symbol=options.symbol,
        timeframe=options.timeframe,
        seed=options.seed,
        anchor=datetime.now(UTC).replace(microsecond=0),
    )
    return EngineChoice(
        paths=paths,
        market=market,
        account_name=options.account,
        start_amount=options.start_amount,
        settings=settings,
    )
