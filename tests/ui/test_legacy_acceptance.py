"""The story of the two balances to its end: the newer file in every panel, then one adjustment that all follow."""

import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from desktop_trader.locations import data_folder
from desktop_trader.messages.commands import AdjustBalance, AdjustmentKind
from desktop_trader.settings import Settings
from desktop_trader.ui.dialogs.legacy_import import LegacyImportDialog
from desktop_trader.ui.main_window import MainWindow, WindowSetup, begin_import
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.qt_log import QtLogFeed
from tests.command_line import ROOT, desktop_trader
from tests.legacy_folder import write_four_contradicting, write_legacy
from tests.ui.legacy_desk import LegacyDesk
from tests.ui.snapshot_builders import STRATEGIES

PANELS = ("virtual-balance", "auto-balance-display", "futures-virtual-balance")


class WholeWindow:
    """The main window over a real engine in memory and the real jobs."""

    def __init__(self, qtbot: QtBot, home: Path) -> None:
        self.qtbot = qtbot
        self.model = BalanceModel()
        self.desk = LegacyDesk(home, self.model)
        setup = WindowSetup(
            settings=Settings(), strategies=lambda: STRATEGIES, folder=data_folder(home), log_feed=QtLogFeed
        )
        self.window = MainWindow(self.model, send=self.desk.send, request=self.desk.request, setup=setup)
        qtbot.addWidget(self.window, before_close_func=lambda each: each.end())
        self.window.show()
        self.window.fill_docks()

    def deliver(self) -> None:
        while self.desk.replies:
            self.window.show_reply(self.desk.replies.pop(0))

    def press(self, name: str) -> None:
        button = self.window.findChild(QPushButton, name)
        assert button is not None
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        self.deliver()

    def balances(self) -> set[str]:
        self.model.show_newest()
        labels = [self.window.findChild(QLabel, name) for name in PANELS]
        return {label.text() for label in labels if label is not None}

    def import_from(self, folder: Path) -> None:
        begin_import(self.window, str(folder))
        self.deliver()
        self.press("legacy-next-btn")
        self.press("legacy-import-start-btn")
        dialog = self.window.findChild(LegacyImportDialog, "legacy-import-dialog")
        assert dialog is not None
        dialog.close()


@pytest.mark.requirement("R120", "R121", "R128")
@pytest.mark.parametrize(("virtual_day", "auto_day", "shown"), [("24", "23", "$12,346.00"), ("23", "24", "$9,989.76")])
def test_the_newer_of_two_is_in_every_panel_and_all_follow_an_adjustment(
    qtbot: QtBot, dressed_app: QApplication, tmp_path: Path, virtual_day: str, auto_day: str, shown: str
) -> None:
    old = tmp_path / "old-bot"
    write_legacy(old / "backend/virtual_balance.json", "12346", f"2025-06-{virtual_day}T07:19:44.944435")
    write_legacy(old / "backend/auto_trading_state.json", "9989.76", f"2025-06-{auto_day}T07:19:44.944435")
    window = WholeWindow(qtbot, tmp_path / "home")
    assert window.balances() == {"$10,000.00"}

    window.import_from(old)

    assert window.balances() == {shown}
    adjusted = AdjustBalance(
        request_id="15000", kind=AdjustmentKind.SET_TOTAL, amount=Decimal(15_000), reason="one balance", author="ann"
    )
    window.desk.send(adjusted)
    assert window.balances() == {"$15,000.00"}


IMPORTS_AT_ITS_FIRST_START = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QPushButton
from desktop_trader.app import DesktopApp, make_application
from desktop_trader.gui_options import GuiOptions
from desktop_trader.locations import data_folder
from desktop_trader.settings import Settings

app = make_application()
desktop = DesktopApp(
    app, options=GuiOptions(data_dir=sys.argv[1]), paths=data_folder(sys.argv[1]), settings=Settings()
)
desktop.start()
told = []
looks = 0


def say(text):
    if text not in told:
        told.append(text)
        print(text, flush=True)


def press(dialog, name):
    button = dialog.findChild(QPushButton, name)
    if button is not None and button.isVisible() and button.isEnabled():
        button.click()


def look():
    global looks
    dialogs = {each.objectName(): each for each in app.allWidgets() if isinstance(each, QDialog) and each.isVisible()}
    if "first-start-dialog" in dialogs:
        say("first start")
        QTimer.singleShot(0, lambda: press(dialogs["first-start-dialog"], "first-start-ok-btn"))
    elif "legacy-import-dialog" in dialogs:
        wizard = dialogs["legacy-import-dialog"]
        result = wizard.findChild(QLabel, "legacy-result")
        if result.isVisible():
            say(result.text())
            wizard.close()
        else:
            press(wizard, "legacy-next-btn")
            press(wizard, "legacy-import-start-btn")
    elif desktop.model.snapshot is not None:
        looks += 1
        if looks == 25:
            desktop.model.show_newest()
            say(desktop.window.findChild(QLabel, "virtual-balance").text())
            desktop.window.quit_requested.emit()


timer = QTimer()
timer.timeout.connect(look)
timer.start(20)
app.exec()
sys.exit(desktop.exit_code)
"""


@pytest.mark.slow
@pytest.mark.requirement("R29", "R122", "R131")
def test_a_first_start_beside_old_files_leads_to_the_wizard_and_a_second_does_not(tmp_path: Path) -> None:
    old, home = tmp_path / "old", tmp_path / "home"
    write_four_contradicting(old)
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
    ended = [
        subprocess.run(
            [sys.executable, "-c", IMPORTS_AT_ITS_FIRST_START, str(home)],
            cwd=old, env=environment, capture_output=True, text=True, timeout=90, check=False,
        )
        for _ in range(2)
    ]  # fmt: skip
    assert [each.returncode for each in ended] == [0, 0], [each.stderr for each in ended]
    assert ended[0].stdout.splitlines() == ["first start", "✓  The balance of demo is $50.00 now.", "$50.00"]
    assert ended[1].stdout.splitlines() == ["$50.00"]
    rows = desktop_trader("balance", "history", "--json", data_dir=home).json
    assert [row["transaction_type"] for row in rows] == ["import", "opening"]
    assert len(list((home / "archive").glob("[av]*"))) == 4
    assert list((home / "backups").glob("*-import.db"))
    assert desktop_trader("db", "verify", data_dir=home).code == 0
