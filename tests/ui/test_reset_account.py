"""Resetting a paper account: what must be typed, what stands in the way, what is sent, and when the dialog closes."""

from decimal import Decimal
from typing import TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from desktop_trader.messages.commands import Command, ResetAccount
from desktop_trader.messages.notices import BalanceChanged, CommandRefused
from desktop_trader.ui.dialogs.reset_account import ResetAccountDialog
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.widgets.decimal_edit import DecimalEdit
from tests.ui.snapshot_builders import NOON, make_balance, make_order, make_position, make_snapshot
from tests.ui.test_adjust_balance import expire
from tests.ui.test_main_window import unnamed

Found = TypeVar("Found", bound=QWidget)


class Page:
    """The dialog as a person sees it."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.model = BalanceModel()
        self.model.replace_snapshot(make_snapshot(1, balance=make_balance("9876.54", pnl=Decimal("-123.46"))))
        self.sent: list[ResetAccount] = []
        self.dialog = ResetAccountDialog(self.model, send=self._send, start_amount=Decimal(10_000))
        qtbot.addWidget(self.dialog)
        self.dialog.show()
        self.ok = self._find(QPushButton, "reset-account-ok-btn")
        self.name = self._find(QLineEdit, "reset-account-name-edit")
        self.amount = self._find(DecimalEdit, "reset-account-amount-edit")

    def text(self, name: str) -> str:
        return self._find(QLabel, name).text()

    def press(self) -> None:
        self.qtbot.mouseClick(self.ok, Qt.MouseButton.LeftButton)

    def answer(self) -> None:
        self.model.raise_notice(
            BalanceChanged(
                id=2,
                at=NOON,
                request_id=self.sent[-1].request_id,
                reason="Fresh start",
                kind="reset",
                amount=Decimal("123.46"),
                author="ann",
                current_balance=Decimal(10_000),
            )
        )

    def _send(self, command: Command) -> None:
        assert isinstance(command, ResetAccount)
        self.sent.append(command)

    def _find(self, kind: type[Found], name: str) -> Found:
        found = self.dialog.findChild(kind, name)
        assert isinstance(found, kind), name
        return found


@pytest.fixture
def page(qtbot: QtBot, dressed_app: QApplication) -> Page:
    return Page(qtbot)


@pytest.mark.requirement("R21", "R142")
def test_it_says_what_will_happen_and_sends_it_once_when_the_name_is_typed(page: Page) -> None:
    assert page.amount.text() == "10000"
    effects = page.text("reset-account-effects")
    assert "Run 1 of demo ends with $9,876.54 (P&L -$123.46)." in effects
    assert "The next run begins with $10,000.00" in effects
    assert not page.ok.isEnabled()
    page.qtbot.keyClicks(page.name, "demo")
    page.press()
    page.qtbot.mouseDClick(page.ok, Qt.MouseButton.LeftButton)
    page.qtbot.keyClick(page.name, Qt.Key.Key_Return)
    (command,) = page.sent
    assert (command.account, command.start_amount, command.reason) == ("demo", Decimal(10_000), "Fresh start")
    assert (command.expected_total, command.run_id) == (Decimal("9876.54"), 1)
    assert command.author
    assert page.dialog.isVisible()
    page.answer()
    assert not page.dialog.isVisible()


@pytest.mark.parametrize("typed", ["", "dem", "Demo", "other"])
def test_another_name_resets_nothing(page: Page, typed: str) -> None:
    page.qtbot.keyClicks(page.name, typed)
    page.press()
    page.dialog.accept()
    assert page.sent == []


def test_enter_says_what_is_missing_and_resets_once_nothing_is(page: Page) -> None:
    cancel = page.dialog.findChild(QPushButton, "reset-account-cancel-btn")
    assert cancel is not None
    page.qtbot.keyClicks(page.name, "dem")
    assert cancel.isDefault()
    page.qtbot.keyClick(page.name, Qt.Key.Key_Return)
    assert page.sent == []
    assert page.dialog.isVisible()
    assert page.text("reset-account-error") == "The name is not typed yet."
    page.qtbot.keyClicks(page.name, "o")
    assert page.ok.isDefault()
    assert page.text("reset-account-error") == ""
    page.qtbot.keyClick(page.name, Qt.Key.Key_Return)
    assert [command.account for command in page.sent] == ["demo"]


def test_tab_leads_from_the_name_to_reset_and_then_to_cancel(page: Page) -> None:
    page.qtbot.keyClicks(page.name, "demo")
    seen: list[str] = []
    widget: QWidget = page.name
    while len(seen) < 2:
        following = widget.nextInFocusChain()
        assert following is not None
        widget = following
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            seen.append(widget.objectName())
    assert seen == ["reset-account-ok-btn", "reset-account-cancel-btn"]


@pytest.mark.requirement("R21")
def test_with_open_positions_or_orders_it_says_what_to_do_first(page: Page) -> None:
    page.qtbot.keyClicks(page.name, "demo")
    page.model.replace_snapshot(
        make_snapshot(2, positions=(make_position(1), make_position(2)), orders=(make_order(),))
    )
    assert "2 open positions and 1 live order" in page.text("reset-account-moved")
    assert not page.ok.isEnabled()
    page.dialog.accept()
    assert page.sent == []
    page.model.replace_snapshot(make_snapshot(3))
    assert page.ok.isEnabled()


def test_a_live_account_is_never_reset(page: Page) -> None:
    page.qtbot.keyClicks(page.name, "demo")
    page.model.replace_snapshot(make_snapshot(2, account_type="live"))
    page.dialog.accept()
    assert page.sent == []
    assert "live account" in page.text("reset-account-moved")


def test_a_refusal_is_shown_and_what_was_typed_stays(page: Page) -> None:
    page.qtbot.keyClicks(page.name, "demo")
    page.press()
    page.model.raise_notice(
        CommandRefused(id=0, at=NOON, request_id=page.sent[0].request_id, reason="open", detail="1 position is open")
    )
    assert page.dialog.isVisible()
    assert page.text("reset-account-error") == "1 position is open"
    assert page.name.text() == "demo"
    assert page.ok.isEnabled()


def test_every_control_has_its_names(page: Page) -> None:
    assert unnamed(page.dialog) == []


def test_without_an_answer_the_same_request_is_asked_again(page: Page) -> None:
    page.qtbot.keyClicks(page.name, "demo")
    page.press()
    expire(page.dialog)
    assert page.ok.text() == "Ask again"
    page.press()
    assert page.sent[0] == page.sent[1]


def test_it_stays_with_the_account_it_was_opened_on(page: Page) -> None:
    page.model.replace_snapshot(make_snapshot(2, account_name="other", account_id=2))
    page.qtbot.keyClicks(page.name, "demo")
    page.press()
    assert page.sent[0].account == "demo"
