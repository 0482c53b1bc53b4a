"""A window over a real engine in one thread: what is pressed is carried out, and its answer is shown at once."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QDialog, QLabel, QLineEdit, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from desktop_trader.domain.ledger import EntryKind, LedgerEntry
from desktop_trader.engine.snapshot_publisher import build_snapshot
from desktop_trader.locations import data_folder
from desktop_trader.messages import commands as c
from desktop_trader.settings import Settings
from desktop_trader.ui.dialogs.adjust_balance import AdjustBalanceDialog
from desktop_trader.ui.main_window import MainWindow, WindowSetup
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.qt_log import QtLogFeed
from tests.engine_rig import EngineRig
from tests.ui.snapshot_builders import STRATEGIES


class Room:
    """The window and the engine, in one thread. `hold_answers` is an engine whose answers are lost."""

    def __init__(self, qtbot: QtBot, folder: Path, *, rig: EngineRig | None = None) -> None:
        self.qtbot = qtbot
        self.rig = rig or EngineRig()
        self.model = BalanceModel()
        self.hold_answers = False
        self.before_command: Callable[[], object] = lambda: None
        self._sequence = 0
        self.window = MainWindow(
            self.model,
            send=self._send,
            request=self.take_request,
            setup=WindowSetup(
                settings=Settings(), strategies=lambda: STRATEGIES, folder=data_folder(folder), log_feed=QtLogFeed
            ),
        )
        qtbot.addWidget(self.window, before_close_func=lambda each: each.end())
        self.window.show()
        self.window.fill_docks()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        self.show()

    def take_request(self, request: object) -> None:
        """What the window asks to be read for it: here nobody answers."""

    def show(self) -> None:
        self._sequence += 1
        self.model.replace_snapshot(build_snapshot(self.rig.engine, sequence=self._sequence))
        self.model.show_newest()

    def _send(self, command: c.Command) -> None:
        self.before_command()
        notices = self.rig.step(command)
        if self.hold_answers:
            return
        self.show()
        for notice in notices:
            self.model.raise_notice(notice)

    def open(self, button: str, kind: type[QDialog]) -> QDialog:
        found = self.window.findChild(QToolButton, button)
        assert found is not None
        self.qtbot.mouseClick(found, Qt.MouseButton.LeftButton)
        return next(each for each in self.window.findChildren(kind) if each.isVisible())

    def type(self, dialog: QDialog, name: str, text: str) -> QLineEdit:
        edit = dialog.findChild(QLineEdit, name)
        assert edit is not None
        edit.clear()
        self.qtbot.keyClicks(edit, text)
        return edit

    def press(self, dialog: QDialog, name: str) -> None:
        button = dialog.findChild(QPushButton, name)
        assert button is not None
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def deposit(self, amount: str) -> None:
        dialog = self.open("sidebar-deposit-btn", AdjustBalanceDialog)
        self.type(dialog, "adjust-amount-edit", amount)
        self.type(dialog, "adjust-reason-edit", "savings")
        self.press(dialog, "adjust-ok-btn")
        assert not dialog.isVisible()

    def text(self, name: str) -> str:
        label = self.window.findChild(QLabel, name)
        assert label is not None
        return label.text()

    def entries(self, kind: EntryKind) -> list[LedgerEntry]:
        return [entry for entry in self.rig.memory.entries if entry.draft.kind is kind]
