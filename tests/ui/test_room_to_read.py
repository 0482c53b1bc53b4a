"""A sentence that appears makes its dialog higher: no field is squashed for it and no other sentence is cut."""

from decimal import Decimal

from PySide6.QtWidgets import QApplication, QDialog, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from desktop_trader.settings import PaperSettings
from desktop_trader.ui.dialogs.first_start import FirstStartDialog
from desktop_trader.ui.dialogs.new_account import NewAccountDialog
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.widgets.decimal_edit import DecimalEdit
from tests.ui.snapshot_builders import make_snapshot


def squashed(dialog: QDialog) -> list[str]:
    """Return what has less height than it needs."""
    QApplication.processEvents()
    cut = [each.objectName() for each in dialog.findChildren(QLineEdit) if each.height() < each.sizeHint().height()]
    for label in dialog.findChildren(QLabel):
        needed = label.heightForWidth(label.width()) if label.wordWrap() else label.minimumSizeHint().height()
        if label.isVisible() and label.text() and label.height() < needed:
            cut.append(label.objectName())
    return cut


def test_the_new_account_dialog_grows_for_its_complaint(qtbot: QtBot, dressed_app: QApplication) -> None:
    model = BalanceModel()
    model.replace_snapshot(make_snapshot(1))
    dialog = NewAccountDialog(model, send=lambda _command: None, start_amount=Decimal(10_000))
    qtbot.addWidget(dialog)
    dialog.show()
    assert squashed(dialog) == []
    name = dialog.findChild(QLineEdit, "new-account-name-edit")
    assert name is not None
    name.setText("a name that is far too long for an account, and then some more of it")
    assert squashed(dialog) == []


def test_the_welcome_page_grows_for_its_complaint(qtbot: QtBot, dressed_app: QApplication) -> None:
    dialog = FirstStartDialog(PaperSettings())
    qtbot.addWidget(dialog)
    dialog.show()
    assert squashed(dialog) == []
    amount = dialog.findChild(DecimalEdit, "first-start-amount-edit")
    assert amount is not None
    amount.setText("1,5")
    assert squashed(dialog) == []


def test_an_exponent_on_the_welcome_page_starts_nothing_unseen(qtbot: QtBot, dressed_app: QApplication) -> None:
    dialog = FirstStartDialog(PaperSettings())
    qtbot.addWidget(dialog)
    dialog.show()
    amount = dialog.findChild(DecimalEdit, "first-start-amount-edit")
    start = dialog.findChild(QPushButton, "first-start-ok-btn")
    error = dialog.findChild(QLabel, "first-start-error")
    assert amount is not None
    assert start is not None
    assert error is not None
    amount.clear()
    qtbot.keyClicks(amount, "1e9")
    assert "“e” was not taken" in error.text()
    assert not start.isEnabled()
    amount.clear()
    qtbot.keyClicks(amount, "1000")
    assert start.isEnabled()
