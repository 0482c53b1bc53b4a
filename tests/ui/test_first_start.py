"""The first start: 10,000 filled in, any good amount accepted, nothing else."""

from decimal import Decimal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from desktop_trader.settings import PaperSettings
from desktop_trader.ui.dialogs.first_start import FirstStartDialog
from desktop_trader.ui.widgets.decimal_edit import DecimalEdit


@pytest.fixture
def page(qtbot: QtBot, dressed_app: QApplication) -> FirstStartDialog:
    dialog = FirstStartDialog(PaperSettings())
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def amount_edit(page: FirstStartDialog) -> DecimalEdit:
    found = page.findChild(DecimalEdit, "first-start-amount-edit")
    assert found is not None
    return found


def ok_button(page: FirstStartDialog) -> QPushButton:
    found = page.findChild(QPushButton, "first-start-ok-btn")
    assert found is not None
    return found


def test_ten_thousand_is_filled_in_and_one_press_accepts_it(qtbot: QtBot, page: FirstStartDialog) -> None:
    qtbot.keyClick(amount_edit(page), Qt.Key.Key_Return)
    assert page.result() == QDialog.DialogCode.Accepted
    assert page.start_amount() == Decimal(10000)


def test_another_amount_is_shown_as_it_will_be_and_returned_exactly(qtbot: QtBot, page: FirstStartDialog) -> None:
    amount_edit(page).selectAll()
    qtbot.keyClicks(amount_edit(page), "1,250.12345678")
    preview = page.findChild(QLabel, "first-start-preview")
    assert preview is not None
    assert preview.text() == "$1,250.12"
    qtbot.mouseClick(ok_button(page), Qt.MouseButton.LeftButton)
    assert page.start_amount() == Decimal("1250.12345678")


@pytest.mark.requirement("R163")
@pytest.mark.parametrize("typed", ["0", "0.5", "1000000001", "", "1.123456789"])
def test_amounts_out_of_bounds_cannot_be_accepted(qtbot: QtBot, page: FirstStartDialog, typed: str) -> None:
    amount_edit(page).clear()
    qtbot.keyClicks(amount_edit(page), typed)
    qtbot.keyClick(amount_edit(page), Qt.Key.Key_Return)
    qtbot.mouseClick(ok_button(page), Qt.MouseButton.LeftButton)
    assert page.isVisible()
    assert not ok_button(page).isEnabled()
