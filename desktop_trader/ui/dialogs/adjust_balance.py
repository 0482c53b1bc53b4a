"""Move paper money by hand: a new total, a difference, a deposit or a withdrawal, with a reason and an author."""

from dataclasses import replace
from decimal import Decimal

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QButtonGroup, QDialog, QFormLayout, QHBoxLayout, QRadioButton, QVBoxLayout, QWidget

from desktop_trader.domain.money import ZERO
from desktop_trader.messages.commands import AdjustBalance
from desktop_trader.messages.notices import CommandRefused, Notice
from desktop_trader.messages.snapshot import BalanceView
from desktop_trader.ui.dialogs.adjustment_draft import AdjustmentDraft, BalanceChoice
from desktop_trader.ui.models.account_watch import AccountWatch
from desktop_trader.ui.models.balance_model import BalanceModel, SendCommand
from desktop_trader.ui.models.pending_request import PendingRequest
from desktop_trader.ui.number_format import UNKNOWN, format_exact_money, format_money, format_signed_money
from desktop_trader.ui.theme import SPACE_L, SPACE_M
from desktop_trader.ui.widgets.command_box import CommandBox
from desktop_trader.ui.widgets.decimal_edit import DecimalEdit
from desktop_trader.ui.widgets.plain_label import plain_label
from desktop_trader.ui.widgets.reason_fields import ReasonFields

_AMOUNT_MAX = Decimal("46116860184.27387903")  # what the books can hold: below 2^62 units of 10^-8
_WIDTH = 470
_LOOK_AGAIN_MS = 600
"""How long the button rests after the dialog asked again: the second half of a double click must not answer."""


_CHOICES = (
    (BalanceChoice.NEW_TOTAL, "&New total", "New total", "Adjust"),
    (BalanceChoice.DIFFERENCE, "Change &by", "Change by, + or -", "Adjust"),
    (BalanceChoice.DEPOSIT, "&Deposit", "Deposit amount", "Deposit"),
    (BalanceChoice.WITHDRAW, "&Withdraw", "Withdraw amount", "Withdraw"),
)
_MEANINGS = {
    BalanceChoice.NEW_TOTAL: "Booked as an adjustment of the difference.",
    BalanceChoice.DIFFERENCE: "Booked as an adjustment; a minus takes away.",
    BalanceChoice.DEPOSIT: "Booked as a deposit: it is no profit.",
    BalanceChoice.WITHDRAW: "Booked as a withdrawal: it is no loss.",
}


class AdjustBalanceDialog(QDialog):
    """Belongs to the account it was opened on, and closes only when the books have answered.

    `_asked_total` is the balance that the person was last asked about. Whatever is booked, the person has seen from
    where to where: when the balance has moved since, the dialog asks once more and books nothing by itself.
    """

    def __init__(
        self,
        model: BalanceModel,
        *,
        send: SendCommand,
        choice: BalanceChoice = BalanceChoice.NEW_TOTAL,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._send = send
        self._watch = AccountWatch(model, self)
        self._asked_total = self._watch.total
        self._pending = PendingRequest(model, self, repeats=True)
        self._sent: AdjustBalance | None = None
        self._rest = QTimer(self, singleShot=True)
        self._rest.setInterval(_LOOK_AGAIN_MS)
        self.setObjectName("adjust-dialog")
        self.setAccessibleName("Adjust balance")
        self.setMinimumWidth(_WIDTH)
        self._arrange()
        self._connect()
        self.choose(choice)
        self._amount.setFocus()

    def choose(self, choice: BalanceChoice) -> None:
        """Say what the number means; ignored while a request is on its way."""
        if not self._is_held():
            self._choices[choice].setChecked(True)
        self._refresh()

    @property
    def account(self) -> str:
        """The account it was opened on."""
        return self._watch.account

    def accept(self) -> None:
        """Ask the engine; the dialog closes when the answer says that the money moved."""
        if self._problem() or self._pending.is_busy or self._rest.isActive():
            return
        if self._has_moved() and not self._pending.is_unanswered:
            self._ask_again()
            return
        command = self._sent if self._pending.is_unanswered else self._command()
        request_id = self._pending.begin()
        if command is None or not request_id:
            return
        self._sent = replace(command, request_id=request_id)
        self._box.warn("")
        self._box.complain("")
        self._send(self._sent)

    def reject(self) -> None:
        """Leave; not while a request is on its way, whose answer would then be told to nobody."""
        if not self._pending.is_busy:
            super().reject()

    def _arrange(self) -> None:
        account = self._watch.account or UNKNOWN
        self._account = plain_label(f"Account: {account}", name="adjust-account", tone="muted")
        kinds = QHBoxLayout()
        kinds.setSpacing(SPACE_L)
        self._group = QButtonGroup(self)
        self._choices: dict[BalanceChoice, QRadioButton] = {}
        for choice, text, _caption, _verb in _CHOICES:
            radio = QRadioButton(text)
            radio.setObjectName(f"adjust-{choice.value}-radio")
            radio.setAccessibleName(text.replace("&", ""))
            self._group.addButton(radio)
            self._choices[choice] = radio
            kinds.addWidget(radio)
        kinds.addStretch(1)
        self._amount = DecimalEdit(decimals=8, minimum=ZERO, maximum=_AMOUNT_MAX, step=Decimal(100))
        self._amount.setObjectName("adjust-amount-edit")
        self._amount.setAccessibleName("Amount")
        form = QFormLayout()
        form.setSpacing(SPACE_M)
        self._caption = plain_label("New total", name="adjust-amount-caption")
        self._caption.setBuddy(self._amount)
        form.addRow(self._caption, self._amount)
        self._fields = ReasonFields(form, prefix="adjust", parent=self)
        self._preview = plain_label(UNKNOWN, name="adjust-preview", spoken="Balance before and after")
        self._preview.setProperty("figure", "medium")
        self._meaning = plain_label("", name="adjust-meaning", tone="muted")
        self._box = CommandBox(prefix="adjust", text="Adjust")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_L, SPACE_L, SPACE_L, SPACE_L)
        layout.setSpacing(SPACE_L)
        layout.addWidget(self._account)
        layout.addLayout(kinds)
        layout.addLayout(form)
        layout.addWidget(self._preview)
        layout.addWidget(self._meaning)
        self._box.add_to(layout)

    def _connect(self) -> None:
        self._box.accepted.connect(self.accept)
        self._box.rejected.connect(self.reject)
        self._group.buttonToggled.connect(lambda _button, is_on: self._refresh() if is_on else None)
        self._amount.value_changed.connect(self._refresh)
        self._amount.error_changed.connect(self._refresh)
        self._fields.changed.connect(self._refresh)
        self._pending.busy_changed.connect(self._refresh)
        self._pending.answered.connect(self._on_answered)
        self._pending.expired.connect(self._on_expired)
        self._rest.timeout.connect(self._refresh)
        self._watch.changed.connect(self._on_balance_changed)

    @property
    def _choice(self) -> BalanceChoice:
        return next((each for each, radio in self._choices.items() if radio.isChecked()), BalanceChoice.NEW_TOTAL)

    def _is_held(self) -> bool:
        """Whether the fields must stay as they are: a request is on its way, or was never answered."""
        return self._pending.is_busy or self._pending.is_unanswered

    def _draft(self) -> AdjustmentDraft:
        return AdjustmentDraft(choice=self._choice, amount=self._amount.value(), balance=self._watch.balance)

    def _has_moved(self) -> bool:
        return self._watch.total != self._asked_total

    def _command(self) -> AdjustBalance | None:
        draft = self._draft()
        amount = draft.total_after if draft.is_absolute else draft.amount
        if amount is None:
            return None
        return AdjustBalance(
            request_id="",
            kind=draft.kind,
            amount=amount,
            reason=self._fields.reason,
            author=self._fields.author,
            expected_total=self._asked_total,
            account=self._watch.account,
        )

    def _refresh(self) -> None:
        choice = self._choice
        _, _, caption, verb = next(each for each in _CHOICES if each[0] is choice)
        self.setWindowTitle("Adjust balance" if self._draft().is_absolute else f"{verb} money")
        self._caption.setText(caption)
        self._meaning.setText(_MEANINGS[choice])
        self._amount.set_range(
            minimum=-_AMOUNT_MAX if choice is BalanceChoice.DIFFERENCE else ZERO, maximum=_AMOUNT_MAX
        )
        self._show_preview()
        problem = self._problem()
        # A field nobody has filled in yet is no error to shout about; the button alone says that something is missing.
        is_only_reason = self._amount.value() is not None and not self._fields.reason
        self._box.complain("" if not self._amount.text() or is_only_reason else problem)
        self._box.ok.setEnabled(not problem and not self._pending.is_busy and not self._rest.isActive())
        self._box.name_ok(self._ok_text(verb))
        self._box.cancel.setEnabled(not self._pending.is_busy)
        for widget in (*self._choices.values(), self._amount):
            widget.setEnabled(not self._is_held())
        self._fields.set_enabled(not self._is_held())

    def _ok_text(self, verb: str) -> str:
        if self._pending.is_busy:
            return "Booking…"
        return "Ask again" if self._pending.is_unanswered else verb

    def _problem(self) -> str:
        draft = self._draft()
        typed = self._amount.error_text() if draft.balance is not None else ""
        return typed or draft.problem() or self._fields.problem()

    def _show_preview(self) -> None:
        balance, after = self._watch.balance, self._draft().total_after
        if balance is None:
            self._preview.setText(UNKNOWN)
            return
        currency = balance.currency
        before = format_money(balance.total, currency)
        if after is None:
            self._preview.setText(before)
            return
        change = format_signed_money(after - balance.total, currency)
        self._preview.setText(f"{before} → {format_money(after, currency)}  ({change})")
        exact = (format_exact_money(each, currency) for each in (balance.total, after))
        self._preview.setToolTip("\n".join(exact))
        self._preview.setAccessibleName(f"Balance {before} becomes {format_money(after, currency)}")

    def _on_balance_changed(self) -> None:
        if self._asked_total is None:
            self._asked_total = self._watch.total
        self._account.setText(f"Account: {self._watch.account or UNKNOWN}")
        if self._has_moved() and not self._is_held():
            self._box.warn(
                f"{_moved_text(self._asked_total, self._watch.balance)} while this was open. Check the figures again."
            )
        self._refresh()

    def _ask_again(self) -> None:
        """Show old and new, book nothing, and take the next press as the answer."""
        moved = _moved_text(self._asked_total, self._watch.balance)
        self._box.warn(f"{moved}. Nothing was booked. Check the figures and press {self._box.ok.text()}.")
        self._asked_total = self._watch.total
        self._rest.start()
        self._refresh()

    def _on_answered(self, notice: Notice) -> None:
        if not isinstance(notice, CommandRefused):
            super().accept()
            return
        if notice.reason == "balance_moved" and self._has_moved():
            self._ask_again()
            return
        if self._has_moved():
            self._on_balance_changed()
        self._box.complain(notice.detail or notice.reason)

    def _on_expired(self) -> None:
        self._refresh()
        self._box.complain(self._watch.unanswered_text("was booked"))


def _moved_text(was: Decimal | None, balance: BalanceView | None) -> str:
    currency, total = ("", None) if balance is None else (balance.currency, balance.total)
    return f"The balance moved from {format_money(was, currency)} to {format_money(total, currency)}"
