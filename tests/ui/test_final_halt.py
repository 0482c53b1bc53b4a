"""Finally halted: a restart is offered in the window, and nothing that would have to be booked."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from tests.ui.snapshot_builders import make_snapshot
from tests.ui.window_builders import OpenWindow, make_window


@pytest.fixture
def opened(qtbot: QtBot, dressed_app: QApplication, tmp_path: Path) -> OpenWindow:
    made = make_window(qtbot, tmp_path)
    made.window.show()
    made.model.replace_snapshot(make_snapshot(1))
    return made


def booking(opened: OpenWindow) -> set[bool]:
    """Return whether what books money is offered."""
    actions = opened.window.actions_
    money = (actions.adjust, actions.deposit, actions.withdraw, actions.reset_account)
    return {action.isEnabled() for action in (*money, actions.new_account, actions.import_legacy)}


def restart_button(opened: OpenWindow) -> QPushButton:
    found = opened.window.findChild(QPushButton, "halt-restart-btn")
    assert found is not None
    return found


def test_a_final_halt_offers_a_restart_and_books_nothing(opened: OpenWindow) -> None:
    wanted: list[bool] = []
    opened.window.restart_requested.connect(lambda: wanted.append(True))
    assert booking(opened) == {True}

    opened.model.replace_snapshot(make_snapshot(2, halted="an error of the program"))

    assert booking(opened) == {False}
    assert restart_button(opened).isVisible()
    restart_button(opened).click()
    opened.window.actions_.restart.trigger()
    assert wanted == [True, True]


def test_a_halt_that_passes_offers_no_restart(opened: OpenWindow) -> None:
    opened.model.replace_snapshot(make_snapshot(2, halted="the disk is full", is_halt_passing=True))
    assert booking(opened) == {True}
    assert not restart_button(opened).isVisible()


def test_an_engine_that_is_gone_is_a_final_halt(opened: OpenWindow) -> None:
    opened.model.end("the engine has ended")
    assert booking(opened) == {False}
    assert restart_button(opened).isVisible()
