"""Confirming from the keyboard: what has the focus is what Enter presses, and nothing by accident."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

from desktop_trader.messages.commands import ClearCloseOnly, CloseAll, ReversePosition, SimulateLoss
from desktop_trader.ui.dialogs.clear_close_only import ClearCloseOnlyDialog
from desktop_trader.ui.dialogs.close_all import CloseAllDialog
from desktop_trader.ui.dialogs.reverse_position import ReverseDialog
from desktop_trader.ui.dialogs.set_leverage import LeverageDialog
from desktop_trader.ui.dialogs.simulate_loss import SimulateLossDialog
from tests.ui.desk_rig import Desk, button, field, swap_position, type_into

KEYS = pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter])


@pytest.fixture
def desk(qtbot: QtBot, dressed_app: QApplication) -> Desk:
    made = Desk(qtbot)
    made.show(positions=(swap_position(),))
    return made


def focused(desk: Desk, dialog: QDialog) -> None:
    desk.put(dialog, 600, 400)
    dialog.activateWindow()
    desk.qtbot.waitUntil(dialog.isActiveWindow)


@KEYS
def test_enter_presses_close_all_once_it_has_the_focus(desk: Desk, key: Qt.Key) -> None:
    dialog = CloseAllDialog(desk.model, send=desk.sent.append)
    focused(desk, dialog)
    cancel, ok = button(dialog, "close-all-cancel-btn"), button(dialog, "close-all-ok-btn")
    assert cancel.isDefault()
    assert cancel.hasFocus()
    desk.qtbot.keyClick(cancel, Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert ok.hasFocus()
    desk.qtbot.keyClick(ok, key)
    assert [type(each) for each in desk.sent] == [CloseAll]


@KEYS
def test_enter_presses_reverse_only_when_it_has_the_focus(desk: Desk, key: Qt.Key) -> None:
    dialog = ReverseDialog(desk.model, swap_position(), send=desk.sent.append)
    focused(desk, dialog)
    assert button(dialog, "reverse-cancel-btn").hasFocus()
    desk.qtbot.keyClick(dialog, key)
    assert desk.sent == []
    assert not dialog.isVisible()
    again = ReverseDialog(desk.model, swap_position(), send=desk.sent.append)
    focused(desk, again)
    ok = button(again, "reverse-ok-btn")
    ok.setFocus()
    desk.qtbot.keyClick(ok, key)
    assert [type(each) for each in desk.sent] == [ReversePosition]


@KEYS
def test_enter_on_a_focused_cancel_leaves_where_the_other_button_is_the_default(desk: Desk, key: Qt.Key) -> None:
    dialog = LeverageDialog(desk.model, swap_position(), send=desk.sent.append)
    focused(desk, dialog)
    type_into(desk.qtbot, field(dialog, "leverage-edit"), "5")
    cancel = button(dialog, "leverage-cancel-btn")
    cancel.setFocus()
    desk.qtbot.keyClick(cancel, key)
    assert desk.sent == []
    assert not dialog.isVisible()


@KEYS
def test_a_typed_reason_and_enter_allow_entries_again(desk: Desk, key: Qt.Key) -> None:
    desk.show(close_only="close all")
    dialog = ClearCloseOnlyDialog(desk.model, send=desk.sent.append)
    focused(desk, dialog)
    reason = field(dialog, "clear-close-only-reason-edit")
    type_into(desk.qtbot, reason, "it was a drill")
    desk.qtbot.keyClick(reason, key)
    assert [(type(each), each.reason) for each in desk.sent] == [(ClearCloseOnly, "it was a drill")]


def test_without_a_reason_enter_allows_nothing(desk: Desk) -> None:
    desk.show(close_only="close all")
    dialog = ClearCloseOnlyDialog(desk.model, send=desk.sent.append)
    focused(desk, dialog)
    reason = field(dialog, "clear-close-only-reason-edit")
    type_into(desk.qtbot, reason, "a")
    type_into(desk.qtbot, reason, "  ")
    desk.qtbot.keyClick(reason, Qt.Key.Key_Return)
    assert desk.sent == []


@KEYS
def test_enter_in_the_seconds_starts_the_simulated_loss(desk: Desk, key: Qt.Key) -> None:
    dialog = SimulateLossDialog(desk.model, send=desk.sent.append)
    focused(desk, dialog)
    seconds = field(dialog, "simulate-loss-seconds-edit")
    type_into(desk.qtbot, seconds, "20")
    desk.qtbot.keyClick(seconds, key)
    assert [(type(each), each.seconds) for each in desk.sent] == [(SimulateLoss, 20)]
