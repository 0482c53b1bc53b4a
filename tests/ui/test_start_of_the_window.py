"""What the window says when it cannot start, what it shows first, and what it keeps."""

import os
import stat
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QScrollArea, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from desktop_trader.app import DesktopApp
from desktop_trader.domain.market import Timeframe
from desktop_trader.messages.chart_data import ChartRequest
from desktop_trader.messages.notices import LogNotice
from desktop_trader.messages.snapshot import AccountSnapshot
from desktop_trader.ui.dialogs.confirm_quit import quit_warning
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.models.first_view import FirstView
from desktop_trader.ui.models.replay_source import replay_source
from desktop_trader.ui.settings_complaints import SettingsComplaints
from desktop_trader.ui.widgets.state_bar import market_title
from desktop_trader.ui.window_layout import WindowLayout
from desktop_trader.ui.window_state import bring_to_front
from tests.ui.snapshot_builders import make_balance, make_instrument, make_order, make_position, make_snapshot
from tests.ui.window_builders import OpenWindow, make_window

OFFSCREEN = os.environ | {"QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(Path(__file__).parents[2])}
HASH = "68f26f3f" + "0" * 56
REPLAY = f"replay:{HASH}:BTC/USDT:1h"


def make_replay(sequence: int = 1, source_id: str = REPLAY) -> AccountSnapshot:
    plain = make_snapshot(sequence, quotes=(), instruments=(make_instrument(),))
    return replace(plain, market=replace(plain.market, source_id=source_id))


def text(opened: OpenWindow | DesktopApp, name: str) -> str:
    found = opened.window.findChild(QLabel, name)
    assert found is not None, name
    return found.text()


def run_window(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program of its own, as a person's start is: an application in this process would outlive its test."""
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, timeout=60, check=False, env=OFFSCREEN
    )


def test_a_log_that_cannot_be_written_refuses_the_start(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("in the way", encoding="utf-8")
    ended = run_window("-m", "desktop_trader", "--data-dir", str(tmp_path), "--initial-balance", "100")
    assert ended.returncode == 1
    assert "cannot be written" in ended.stderr
    assert "Traceback" not in ended.stderr


BREAKS_WHILE_STARTING = """
import sys
import desktop_trader.assembly
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLabel
from desktop_trader.app import DesktopApp, make_application
from desktop_trader.gui_options import GuiOptions
from desktop_trader.locations import data_folder
from desktop_trader.settings import Settings


def break_down(*_, **__):
    raise ZeroDivisionError("the moon is full")


desktop_trader.assembly.open_trader = break_down
app = make_application()
options = GuiOptions(data_dir=sys.argv[1])
desktop = DesktopApp(app, options=options, paths=data_folder(sys.argv[1]), settings=Settings())
desktop.start()


def look():
    if desktop.model.halted:
        for name in ("halt-banner-text", "virtual-balance"):
            print(desktop.window.findChild(QLabel, name).text())
        desktop.window.quit_requested.emit()


timer = QTimer()
timer.timeout.connect(look)
timer.start(20)
app.exec()
sys.exit(desktop.exit_code)
"""


def test_an_error_of_the_program_while_starting_is_told_in_the_window(tmp_path: Path) -> None:
    ended = run_window("-c", BREAKS_WHILE_STARTING, str(tmp_path))
    assert ended.returncode == 1, ended.stderr
    banner, balance = ended.stdout.splitlines()[:2]
    assert "ZeroDivisionError: the moon is full" in banner
    assert balance == "—"


def test_books_that_were_refused_are_not_shown(qtbot: QtBot, dressed_app: QApplication, tmp_path: Path) -> None:
    opened = make_window(qtbot, tmp_path)
    opened.model.show_stored(make_balance("777"))
    assert text(opened, "virtual-balance") == "$777.00"
    opened.model.forget_stored()
    assert [text(opened, name) for name in ("virtual-balance", "virtual-pnl", "futures-total-balance")] == ["—"] * 3


@pytest.mark.parametrize(
    ("source_id", "symbol", "timeframe"),
    [
        (REPLAY, "BTC/USDT", Timeframe.H1),
        (f"replay:{HASH}:XRP/USDT:USDT:5m", "XRP/USDT:USDT", Timeframe.M5),
    ],
)
def test_a_recording_says_what_it_holds(source_id: str, symbol: str, timeframe: Timeframe) -> None:
    source = replay_source(source_id)
    assert source is not None
    assert (source.digest, source.symbol, source.timeframe) == (HASH, symbol, timeframe)
    assert market_title(source_id) == f"Replay {symbol} {timeframe} · 68f26f3f"
    assert replay_source("simulated:1:7") is None
    assert replay_source("replay:x") is None


def test_of_a_recording_only_its_own_bars_can_be_asked_for(
    qtbot: QtBot, dressed_app: QApplication, tmp_path: Path
) -> None:
    opened = make_window(qtbot, tmp_path)
    opened.window.fill_docks()
    opened.window.attach_chart()
    opened.model.replace_snapshot(make_replay())
    asked = [each for each in opened.requested if isinstance(each, ChartRequest)]
    assert {each.timeframe for each in asked} == {Timeframe.H1}
    for timeframe in Timeframe:
        button = opened.window.findChild(QToolButton, f"chart-{timeframe}-btn")
        assert button is not None
        assert button.isEnabled() is (timeframe is Timeframe.H1)
        assert opened.window.actions_.timeframes[timeframe].isEnabled() is (timeframe is Timeframe.H1)
    combo = opened.window.findChild(QComboBox, "auto-timeframe-combo")
    assert combo is not None
    assert combo.currentText() == "1h"
    items = combo.model()
    assert isinstance(items, QStandardItemModel)
    assert [items.item(row).text() for row in range(items.rowCount()) if items.item(row).isEnabled()] == ["1h"]
    estimate = opened.window.findChild(QLabel, "futures-estimate")
    assert estimate is not None
    assert "next bar" in estimate.text()


def test_symbol_and_bars_are_those_of_last_time_unless_others_are_typed(
    qtbot: QtBot, dressed_app: QApplication, tmp_path: Path
) -> None:
    layout = tmp_path / "layout.ini"
    first = make_window(qtbot, tmp_path)
    first.window.fill_docks()
    first.model.replace_snapshot(make_snapshot(1))
    first.window.choose_symbol("ETH/USDT")
    first.window.actions_.timeframes[Timeframe.M15].trigger()
    first.window.save_layout(WindowLayout(layout))
    if sys.platform != "win32":
        assert stat.S_IMODE(layout.stat().st_mode) == 0o600

    again = make_window(qtbot, tmp_path)
    again.window.restore_layout(WindowLayout(layout))
    again.window.fill_docks()
    again.model.replace_snapshot(make_snapshot(1))
    ticket = again.window.findChild(QComboBox, "futures-symbol-combo")
    assert ticket is not None
    assert ticket.currentText() == text(again, "chart-symbol") == "ETH/USDT"
    assert again.window.actions_.timeframes[Timeframe.M15].isChecked()

    typed = make_window(qtbot, tmp_path, first_view=FirstView(symbol="SOL/USDT", timeframe=Timeframe.H4))
    typed.window.restore_layout(WindowLayout(layout))
    typed.window.fill_docks()
    typed.model.replace_snapshot(make_snapshot(1))
    assert text(typed, "chart-symbol") == "SOL/USDT"
    combo = typed.window.findChild(QComboBox, "auto-timeframe-combo")
    assert combo is not None
    assert combo.currentText() == "4h"


def test_a_window_comes_back_as_large_as_it_was(qtbot: QtBot, dressed_app: QApplication, tmp_path: Path) -> None:
    opened = make_window(qtbot, tmp_path)
    window = opened.window
    window.showMaximized()
    window.actions_.full_screen.setChecked(True)
    assert window.isFullScreen()
    window.actions_.full_screen.setChecked(False)
    assert not window.isFullScreen()
    assert window.isMaximized()
    window.setWindowState(window.windowState() | Qt.WindowState.WindowMinimized)
    bring_to_front(window)
    assert window.isMaximized()
    assert not window.isMinimized()


def test_what_of_the_settings_was_not_understood_is_told_after_the_start(qtbot: QtBot) -> None:
    model = BalanceModel()
    told: list[object] = []
    model.notice_raised.connect(told.append)
    complaints = SettingsComplaints(("settings.toml: unknown setting colour",), model, model)
    assert told == []
    model.replace_snapshot(make_snapshot(1))
    model.replace_snapshot(make_snapshot(2, halted="x"))
    assert [each.message for each in told if isinstance(each, LogNotice)] == ["settings.toml: unknown setting colour"]
    assert complaints.parent() is model


def test_quitting_names_orders_and_promises_no_stop_that_is_not_there(qtbot: QtBot) -> None:
    model = BalanceModel()
    model.replace_snapshot(make_snapshot(1, orders=(make_order(),)))
    assert "1 order is waiting" in quit_warning(model)
    model.replace_snapshot(make_snapshot(2, positions=(make_position(stop_loss=None),)))
    assert "without a stop" in quit_warning(model)
    assert "Stops and targets" not in quit_warning(model)
    both = (make_position(1), make_position(2, stop_loss=None))
    model.replace_snapshot(make_snapshot(3, positions=both))
    assert "1 of them without a stop" in quit_warning(model)


def has_room(area: QScrollArea, panel: QWidget) -> bool:
    return area.width() >= panel.minimumSizeHint().width() + area.verticalScrollBar().sizeHint().width()


def test_figures_have_room_beside_the_scroll_bar(qtbot: QtBot, dressed_app: QApplication, tmp_path: Path) -> None:
    opened = make_window(qtbot, tmp_path)
    opened.window.show()
    opened.window.fill_docks()
    opened.model.replace_snapshot(make_snapshot(1, balance=make_balance("123456789")))
    for name in ("sidebar", "auto-trading", "futures"):
        area = opened.window.findChild(QScrollArea, f"{name}-scroll")
        panel = opened.window.findChild(QWidget, f"{name}-panel")
        assert area is not None
        assert panel is not None
        qtbot.waitUntil(partial(has_room, area, panel), timeout=3000)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is always a display")
def test_without_a_display_one_line_says_what_to_do(tmp_path: Path) -> None:
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    command = [sys.executable, "-m", "desktop_trader", "--data-dir", str(tmp_path / "data")]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert ended.stderr == "desktop-trader: no display here; use `desktop-trader run`\n"
