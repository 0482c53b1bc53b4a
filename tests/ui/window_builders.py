"""The main window as the tests open it: fake doors to the engine that only remember what went through."""

from dataclasses import dataclass, field
from pathlib import Path

from pytestqt.qtbot import QtBot

from desktop_trader.locations import data_folder
from desktop_trader.settings import Settings
from desktop_trader.ui.main_window import MainWindow, WindowSetup
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.models.first_view import FirstView
from desktop_trader.ui.qt_log import QtLogFeed
from tests.ui.snapshot_builders import STRATEGIES


@dataclass
class OpenWindow:
    """A window, its model, and what it asked for."""

    window: MainWindow
    model: BalanceModel
    sent: list[object] = field(default_factory=list)
    requested: list[object] = field(default_factory=list)


def make_window(
    qtbot: QtBot, folder: Path, *, settings: Settings | None = None, first_view: FirstView | None = None
) -> OpenWindow:
    """Build the window over an empty model; nothing is shown yet."""
    model = BalanceModel()
    sent: list[object] = []
    requested: list[object] = []
    setup = WindowSetup(
        settings=settings or Settings(),
        strategies=lambda: STRATEGIES,
        folder=data_folder(folder),
        log_feed=QtLogFeed,
        first_view=first_view or FirstView(),
    )
    window = MainWindow(model, send=sent.append, request=requested.append, setup=setup)
    qtbot.addWidget(window, before_close_func=lambda each: each.end())
    return OpenWindow(window=window, model=model, sent=sent, requested=requested)
