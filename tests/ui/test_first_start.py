"""The first start: 10,000 filled in, any good amount accepted, nothing else."""

from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QCheckBox, QDialog, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from desktop_trader.messages.jobs import StartJob
from desktop_trader.messages.legacy_import import FindLegacyFiles
from desktop_trader.settings import PaperSettings
from desktop_trader.ui.dialogs.first_start import FirstStartDialog
from desktop_trader.ui.dialogs.legacy_import import LegacyImportDialog
from desktop_trader.ui.first_import import import_when_known
from desktop_trader.ui.widgets.decimal_edit import DecimalEdit
from tests.ui.snapshot_builders import make_snapshot
from tests.ui.window_builders import make_window


@pytest.fixture
def page(qtbot: QtBot, dressed_app: QApplication) -> FirstStartDialog:
    dialog = FirstStartDialog(PaperSettings())
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


@pytest.mark.parametrize(
    ("market", "words"),
    [
        ("simulated", "prices are simulated"),
        ("replay:bars.csv", "prices are those of a recording"),
        ("coinex", "prices are real ones"),
    ],
)
def test_it_says_where_prices_come_from(qtbot: QtBot, dressed_app: QApplication, market: str, words: str) -> None:
    page = FirstStartDialog(PaperSettings(), market=market)
    qtbot.addWidget(page)
    explanation = page.findChild(QLabel, "first-start-explanation")
    assert explanation is not None
    assert f"paper money: {words}, orders never leave this computer" in explanation.text()


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


@pytest.mark.requirement("R29")
@pytest.mark.parametrize(("folder", "is_checked"), [("", False), ("/old-bot", True)])
def test_an_older_balance_is_offered_and_preselected_where_its_files_are_at_hand(
    qtbot: QtBot, dressed_app: QApplication, folder: str, is_checked: bool
) -> None:
    page = FirstStartDialog(PaperSettings(), legacy_folder=folder)
    qtbot.addWidget(page)
    page.show()
    box = page.findChild(QCheckBox, "first-start-import-check")
    assert box is not None
    assert box.isChecked() is page.wants_import() is is_checked
    qtbot.mouseClick(box, Qt.MouseButton.LeftButton, pos=box.rect().center() - QPoint(box.width() // 2 - 8, 0))
    assert page.wants_import() is not is_checked
    assert page.start_amount() == Decimal(10000)


@pytest.mark.requirement("R29")
def test_the_wizard_opens_once_the_account_is_known(qtbot: QtBot, dressed_app: QApplication, tmp_path: Path) -> None:
    opened = make_window(qtbot, tmp_path / "home")
    opened.window.show()
    import_when_known(opened.model, opened.window, str(tmp_path))
    assert opened.window.findChild(LegacyImportDialog, "legacy-import-dialog") is None
    opened.model.replace_snapshot(make_snapshot(1))
    dialog = opened.window.findChild(LegacyImportDialog, "legacy-import-dialog")
    assert dialog is not None
    assert dialog.isVisible()
    (job,) = [each.job for each in opened.requested if isinstance(each, StartJob)]
    assert job == FindLegacyFiles(folder=str(tmp_path))
    dialog.close()
    opened.model.replace_snapshot(make_snapshot(2))
    assert not dialog.isVisible()
