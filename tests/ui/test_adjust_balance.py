"""Adjusting the balance: what may be asked, what is sent, and when the dialog closes."""

from decimal import Decimal
from typing import TypeVar

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QLineEdit, QPushButton, QRadioButton, QWidget
from pytestqt.qtbot import QtBot

from desktop_trader.messages.commands import AdjustBalance, AdjustmentKind, Command
from desktop_trader.messages.notices import BalanceChanged, CommandRefused, TradingHalted
from desktop_trader.ui.dialogs.adjust_balance import AdjustBalanceDialog
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.models.pending_request import PendingRequest
from desktop_trader.ui.widgets.decimal_edit import DecimalEdit
from tests.ui.snapshot_builders import NOON, make_balance, make_snapshot

Found = TypeVar("Found", bound=QWidget)


class Page:
    """The dialog as a person sees it."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.model = BalanceModel()
        self.model.replace_snapshot(make_snapshot(1))
        self.sent: list[AdjustBalance] = []
        self.dialog = AdjustBalanceDialog(self.model, send=self._send)
        qtbot.addWidget(self.dialog)
        self.dialog.show()
        self.amount = self.find(DecimalEdit, "adjust-amount-edit")
        self.reason = self.find(QLineEdit, "adjust-reason-edit")
        self.ok = self.find(QPushButton, "adjust-ok-btn")

    def _send(self, command: Command) -> None:
        assert isinstance(command, AdjustBalance)
        self.sent.append(command)

    def find(self, kind: type[Found], name: str) -> Found:
        found = self.dialog.findChild(kind, name)
        assert isinstance(found, kind), name
        return found

    def text(self, name: str) -> str:
        return self.find(QLabel, name).text()

    def choose(self, name: str) -> None:
        self.qtbot.mouseClick(self.find(QRadioButton, name), Qt.MouseButton.LeftButton)

    def type(self, amount: str, reason: str = "top up") -> None:
        self.amount.clear()
        self.qtbot.keyClicks(self.amount, amount)
        self.reason.clear()
        self.qtbot.keyClicks(self.reason, reason)

    def refuse(self, reason: str, detail: str) -> None:
        request_id = self.sent[-1].request_id
        self.model.raise_notice(CommandRefused(id=0, at=NOON, request_id=request_id, reason=reason, detail=detail))

    def answer(self, total: str) -> None:
        self.model.replace_snapshot(make_snapshot(2, balance=make_balance(total)))
        self.model.raise_notice(
            BalanceChanged(
                id=2,
                at=NOON,
                request_id=self.sent[-1].request_id,
                reason="top up",
                kind="adjustment",
                amount=Decimal(5000),
                author="ann",
                current_balance=Decimal(total),
            )
        )


def expire(dialog: QDialog) -> None:
    """Let the time for an answer be over."""
    pending = dialog.findChild(PendingRequest)
    assert isinstance(pending, PendingRequest)
    limit = pending.findChild(QTimer)
    assert isinstance(limit, QTimer)
    limit.stop()
    limit.timeout.emit()


@pytest.fixture
def page(qtbot: QtBot, dressed_app: QApplication) -> Page:
    return Page(qtbot)


def test_a_new_total_is_previewed_sent_and_closes_when_it_is_booked(page: Page) -> None:
    page.type("15,000.00")
    assert page.text("adjust-preview") == "$10,000.00 → $15,000.00  (+$5,000.00)"
    page.qtbot.mouseClick(page.ok, Qt.MouseButton.LeftButton)
    assert len(page.sent) == 1
    command = page.sent[0]
    assert (command.kind, command.amount, command.reason) == (AdjustmentKind.SET_TOTAL, Decimal(15000), "top up")
    assert command.expected_total == Decimal(10000)
    assert command.author
    assert page.dialog.isVisible()
    page.answer("15000")
    assert not page.dialog.isVisible()


def test_enter_and_click_and_double_click_send_one_command(page: Page) -> None:
    page.type("15000")
    page.qtbot.keyClick(page.reason, Qt.Key.Key_Return)
    page.qtbot.mouseClick(page.ok, Qt.MouseButton.LeftButton)
    page.qtbot.mouseDClick(page.ok, Qt.MouseButton.LeftButton)
    page.qtbot.keyClick(page.reason, Qt.Key.Key_Enter)
    assert len(page.sent) == 1


def test_a_refusal_is_shown_and_the_dialog_stays(page: Page) -> None:
    page.type("15000")
    page.qtbot.mouseClick(page.ok, Qt.MouseButton.LeftButton)
    page.model.raise_notice(
        CommandRefused(
            id=0, at=NOON, request_id=page.sent[0].request_id, reason="total_moved", detail="the total has moved"
        )
    )
    assert page.dialog.isVisible()
    assert page.text("adjust-error") == "The total has moved"
    assert page.ok.isEnabled()


def test_answers_to_others_do_not_close_it(page: Page) -> None:
    page.type("15000")
    page.qtbot.mouseClick(page.ok, Qt.MouseButton.LeftButton)
    page.model.raise_notice(CommandRefused(id=0, at=NOON, request_id="another", reason="x", detail="y"))
    assert page.dialog.isVisible()
    assert not page.ok.isEnabled()


@pytest.mark.requirement("R60")
def test_a_total_that_moves_while_it_is_open_is_said_and_asked_about_once_more(page: Page) -> None:
    page.type("15000")
    page.model.replace_snapshot(make_snapshot(2, balance=make_balance("9500")))
    assert "from $10,000.00 to $9,500.00" in page.text("adjust-moved")
    assert page.text("adjust-preview") == "$9,500.00 → $15,000.00  (+$5,500.00)"
    page.qtbot.mouseDClick(page.ok, Qt.MouseButton.LeftButton)
    page.qtbot.mouseClick(page.ok, Qt.MouseButton.LeftButton)
    page.qtbot.keyClick(page.reason, Qt.Key.Key_Return)
    assert page.sent == []
    assert "Nothing was booked" in page.text("adjust-moved")
    page.qtbot.waitUntil(page.ok.isEnabled)
    page.qtbot.mouseClick(page.ok, Qt.MouseButton.LeftButton)
    assert [command.expected_total for command in page.sent] == [Decimal(9500)]


@pytest.mark.requirement("R60")
def test_an_engine_that_knows_of_another_balance_makes_the_dialog_show_both_and_ask_again(page: Page) -> None:
    page.type("15000")
    page.qtbot.mouseClick(page.ok, Qt.MouseButton.LeftButton)
    page.model.replace_snapshot(make_snapshot(2, balance=make_balance("9000")))
    page.refuse("balance_moved", "the balance is $9,000.00 by now; look again")
    assert page.dialog.isVisible()
    assert "from $10,000.00 to $9,000.00. Nothing was booked" in page.text("adjust-moved")
    assert (page.amount.text(), page.reason.text()) == ("15000", "top up")
    page.qtbot.waitUntil(page.ok.isEnabled)
    page.qtbot.mouseClick(page.ok, Qt.MouseButton.LeftButton)
    first, second = page.sent
    assert second.expected_total == Decimal(9000)
    assert second.request_id != first.request_id


def test_a_refusal_that_is_here_before_the_new_balance_asks_once_that_has_come(page: Page) -> None:
    page.type("15000")
    page.qtbot.mouseClick(page.ok, Qt.MouseButton.LeftButton)
    page.refuse("balance_moved", "the balance is $9,000.00 by now; look again")
    assert "$9,000.00" in page.text("adjust-error")
    page.model.replace_snapshot(make_snapshot(2, balance=make_balance("9000")))
    page.qtbot.waitUntil(page.ok.isEnabled)
    page.qtbot.mouseClick(page.ok, Qt.MouseButton.LeftButton)
    assert len(page.sent) == 1
    page.qtbot.waitUntil(page.ok.isEnabled)
    page.qtbot.mouseClick(page.ok, Qt.MouseButton.LeftButton)
    assert page.sent[-1].expected_total == Decimal(9000)


@pytest.mark.requirement("R60")
def test_a_difference_is_signed_and_sent_as_the_total_that_it_leads_to(page: Page) -> None:
    page.choose("adjust-difference-radio")
    page.type("-250.5")
    assert page.text("adjust-preview") == "$10,000.00 → $9,749.50  (-$250.50)"
    page.qtbot.mouseClick(page.ok, Qt.MouseButton.LeftButton)
    command = page.sent[0]
    assert (command.kind, command.amount) == (AdjustmentKind.SET_TOTAL, Decimal("9749.5"))
    assert command.expected_total == Decimal(10000)


def test_an_unanswered_request_is_asked_again_as_the_same_request_and_a_late_answer_counts(page: Page) -> None:
    page.type("15000")
    page.qtbot.mouseClick(page.ok, Qt.MouseButton.LeftButton)
    expire(page.dialog)
    assert "nobody knows whether this was booked" in page.text("adjust-error")
    assert not page.amount.isEnabled()
    page.model.replace_snapshot(make_snapshot(2, balance=make_balance("15000")))
    assert page.ok.text() == "Ask again"
    page.qtbot.mouseClick(page.ok, Qt.MouseButton.LeftButton)
    assert len(page.sent) == 2
    assert page.sent[0] == page.sent[1]
    expire(page.dialog)
    page.answer("15000")
    assert not page.dialog.isVisible()


@pytest.mark.parametrize(("reason", "is_kept"), [("uncertain", True), ("halted", False)])
def test_what_may_have_been_booked_before_a_halt_is_asked_again_as_the_same_request(
    page: Page, reason: str, is_kept: bool
) -> None:
    page.type("15000")
    page.qtbot.mouseClick(page.ok, Qt.MouseButton.LeftButton)
    page.model.raise_notice(TradingHalted(id=1, at=NOON, reason="disk", detail="it failed"))
    request_id = page.sent[0].request_id
    page.model.raise_notice(CommandRefused(id=2, at=NOON, request_id=request_id, reason=reason, detail="perhaps"))
    assert page.dialog.isVisible()
    page.qtbot.mouseClick(page.ok, Qt.MouseButton.LeftButton)
    assert len(page.sent) == 2
    assert (page.sent[1].request_id == request_id) is is_kept


def test_it_stays_with_the_account_it_was_opened_on(page: Page) -> None:
    other = make_snapshot(2, account_name="other", account_id=2, balance=make_balance("77"))
    page.type("15000")
    page.model.replace_snapshot(other)
    assert page.text("adjust-account") == "Account: demo"
    assert page.text("adjust-preview") == "$10,000.00 → $15,000.00  (+$5,000.00)"
    page.qtbot.mouseClick(page.ok, Qt.MouseButton.LeftButton)
    assert (page.sent[0].account, page.sent[0].expected_total) == ("demo", Decimal(10000))


def test_locked_money_cannot_be_withdrawn(page: Page) -> None:
    balance = make_balance("10000", available=Decimal(400), locked=Decimal(9600))
    page.model.replace_snapshot(make_snapshot(2, balance=balance))
    page.choose("adjust-withdraw-radio")
    page.type("500")
    assert page.text("adjust-error") == "Only $400.00 is available; $9,600.00 is locked in positions and orders."
    assert not page.ok.isEnabled()


def test_deposits_and_withdrawals_name_an_amount(page: Page) -> None:
    page.choose("adjust-deposit-radio")
    page.type("250.5")
    assert page.text("adjust-preview") == "$10,000.00 → $10,250.50  (+$250.50)"
    page.choose("adjust-withdraw-radio")
    assert page.text("adjust-preview") == "$10,000.00 → $9,749.50  (-$250.50)"
    page.qtbot.mouseClick(page.ok, Qt.MouseButton.LeftButton)
    assert (page.sent[0].kind, page.sent[0].amount) == (AdjustmentKind.WITHDRAW, Decimal("250.5"))
    assert page.sent[0].expected_total == Decimal(10000)


@pytest.mark.requirement("R60")
@pytest.mark.parametrize(
    ("radio", "after"),
    [
        ("adjust-difference-radio", "$9,500.00 → $9,600.00  (+$100.00)"),
        ("adjust-deposit-radio", "$9,500.00 → $9,600.00  (+$100.00)"),
        ("adjust-withdraw-radio", "$9,500.00 → $9,400.00  (-$100.00)"),
    ],
)
def test_whatever_is_asked_for_is_asked_about_once_more_when_the_balance_moved(
    page: Page, radio: str, after: str
) -> None:
    page.choose(radio)
    page.type("100")
    page.model.replace_snapshot(make_snapshot(2, balance=make_balance("9500")))
    assert "from $10,000.00 to $9,500.00" in page.text("adjust-moved")
    page.qtbot.mouseClick(page.ok, Qt.MouseButton.LeftButton)
    assert page.sent == []
    assert page.text("adjust-preview") == after
    page.qtbot.waitUntil(page.ok.isEnabled)
    page.qtbot.mouseClick(page.ok, Qt.MouseButton.LeftButton)
    assert [command.expected_total for command in page.sent] == [Decimal(9500)]
    # And where the engine knows better than the window.
    page.model.replace_snapshot(make_snapshot(3, balance=make_balance("9000")))
    page.refuse("balance_moved", "the balance is $9,000.00 by now; look again")
    assert "Nothing was booked" in page.text("adjust-moved")
    page.qtbot.waitUntil(page.ok.isEnabled)
    page.qtbot.mouseClick(page.ok, Qt.MouseButton.LeftButton)
    assert page.sent[-1].expected_total == Decimal(9000)


def test_more_than_there_is_cannot_be_withdrawn(page: Page) -> None:
    page.choose("adjust-withdraw-radio")
    page.type("10000.00000001")
    assert page.text("adjust-error") == "That is more than there is."
    assert not page.ok.isEnabled()


@pytest.mark.requirement("R163")
@pytest.mark.parametrize("typed", ["abc", "-1", "NaN", "1e9", "", "1.123456789", "99999999999999"])
def test_bad_amounts_cannot_be_sent(page: Page, typed: str) -> None:
    page.type(typed)
    page.qtbot.keyClick(page.reason, Qt.Key.Key_Return)
    page.qtbot.mouseClick(page.ok, Qt.MouseButton.LeftButton)
    # Signs, letters and exponents cannot even be typed; what is left of them is a number the person sees.
    assert all(str(command.amount) in ("1", "19") for command in page.sent)
    assert page.sent == [] or typed in ("-1", "1e9")


@pytest.mark.requirement("R80")
def test_a_reason_is_required_and_counted(page: Page) -> None:
    page.type("15000", reason="   ")
    assert not page.ok.isEnabled()
    page.type("15000", reason="x" * 250)
    assert page.text("adjust-reason-counter") == "200 / 200 · no more fits"
    page.qtbot.mouseClick(page.ok, Qt.MouseButton.LeftButton)
    assert page.sent[0].reason == "x" * 200


def test_nobody_leaves_while_an_answer_is_on_its_way(page: Page) -> None:
    page.type("15000")
    page.qtbot.mouseClick(page.ok, Qt.MouseButton.LeftButton)
    page.qtbot.keyClick(page.dialog, Qt.Key.Key_Escape)
    assert page.dialog.isVisible()
    expire(page.dialog)
    page.qtbot.keyClick(page.dialog, Qt.Key.Key_Escape)
    assert not page.dialog.isVisible()


def test_escape_leaves_without_sending(page: Page) -> None:
    page.type("15000")
    page.qtbot.keyClick(page.dialog, Qt.Key.Key_Escape)
    assert not page.dialog.isVisible()
    assert page.sent == []


def test_without_a_known_balance_nothing_can_be_sent(qtbot: QtBot, dressed_app: QApplication) -> None:
    dialog = AdjustBalanceDialog(BalanceModel(), send=lambda _command: pytest.fail("sent"))
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.accept()
    assert dialog.isVisible()
