"""The question before quitting: only when something is open, the safe answer by default."""

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from desktop_trader.ui.dialogs.confirm_quit import confirm_quit
from desktop_trader.ui.models.balance_model import BalanceModel
from tests.ui.snapshot_builders import make_position, make_snapshot


def press(name: str) -> None:
    """Press a button of the box as soon as it is open."""

    def find_and_press() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        button = box.findChild(QPushButton, name)
        assert button is not None
        button.click()

    QTimer.singleShot(0, find_and_press)


@pytest.fixture
def parent(qtbot: QtBot, dressed_app: QApplication) -> QWidget:
    widget = QWidget()
    qtbot.addWidget(widget)
    return widget


def test_with_nothing_open_nothing_is_asked(parent: QWidget) -> None:
    model = BalanceModel()
    model.replace_snapshot(make_snapshot(1))
    assert confirm_quit(model, parent)


@pytest.mark.parametrize(("button", "leaves"), [("quit-ok-btn", True), ("quit-cancel-btn", False)])
def test_with_an_open_position_the_person_decides(parent: QWidget, button: str, leaves: bool) -> None:
    model = BalanceModel()
    model.replace_snapshot(make_snapshot(1, positions=(make_position(),)))
    press(button)
    assert confirm_quit(model, parent) is leaves


def test_return_and_escape_both_stay(parent: QWidget) -> None:
    model = BalanceModel()
    model.replace_snapshot(make_snapshot(1, positions=(make_position(),)))

    def look() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        assert box.defaultButton().objectName() == "quit-cancel-btn"
        assert box.escapeButton().objectName() == "quit-cancel-btn"
        box.reject()

    QTimer.singleShot(0, look)
    assert not confirm_quit(model, parent)
