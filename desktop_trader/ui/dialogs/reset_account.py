"""Reset a paper account: end its run, keep it with its figures, and begin the next with fresh money."""

from dataclasses import replace
from decimal import Decimal

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QFormLayout, QLineEdit, QVBoxLayout, QWidget

from desktop_trader.messages.commands import ResetAccount
from desktop_trader.messages.notices import CommandRefused, Notice
from desktop_trader.ui.dialogs.first_start import START_AMOUNT_MAX, START_AMOUNT_MIN
from desktop_trader.ui.models.account_watch import AccountWatch
from desktop_trader.ui.models.balance_model import BalanceModel, SendCommand
from desktop_trader.ui.models.pending_request import PendingRequest
from desktop_trader.ui.number_format import UNKNOWN, format_money, format_signed_money
from desktop_trader.ui.theme import SPACE_L, SPACE_M
from desktop_trader.ui.widgets.command_box import CommandBox
from desktop_trader.ui.widgets.decimal_edit import DecimalEdit
from desktop_trader.ui.widgets.plain_label import plain_label
from desktop_trader.ui.widgets.reason_fields import ReasonFields

_WIDTH = 500
_REASON = "Fresh start"


class ResetAccountDialog(QDialog):
    """Says what will happen before it can be asked for, and closes only when the books have answered.

    Belongs to the account it was opened on: its name must be typed. Cancel is the default until all is well, then
    Reset; Enter in a field before that says what is missing.
    """

    def __init__(
        self, model: BalanceModel, *, send: SendCommand, start_amount: Decimal, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._send = send
        self._watch = AccountWatch(model, self)
        self._pending = PendingRequest(model, self, repeats=True)
        self._sent: ResetAccount | None = None
        self.setObjectName("reset-account-dialog")
        self.setAccessibleName("Reset paper account")
        self.setWindowTitle("Reset paper account")
        self.setMinimumWidth(_WIDTH)
        self._arrange(start_amount)
        self._connect()
        self._refresh()
        self._name.setFocus()

    @property
    def account(self) -> str:
        """The account it was opened on."""
        return self._watch.account

    def accept(self) -> None:
        """Ask the engine; the dialog closes when the answer says that the next run has begun."""
        amount = self._amount.value()
        if self._problem() or amount is None:
            return
        command = self._sent if self._pending.is_unanswered else None
        request_id = self._pending.begin()
        if not request_id:
            return
        self._sent = replace(
            command
            or ResetAccount(
                request_id="",
                start_amount=amount,
                author=self._fields.author,
                reason=self._fields.reason,
                expected_total=self._watch.total,
                run_id=None if self._watch.snapshot is None else self._watch.snapshot.run_id,
                account=self._watch.account,
            ),
            request_id=request_id,
        )
        self._box.complain("")
        self._send(self._sent)

    def reject(self) -> None:
        """Leave; not while a request is on its way, whose answer would then be told to nobody."""
        if not self._pending.is_busy:
            super().reject()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Whoever types the name and presses Enter means to reset, not to leave.
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and self._problem():
            self._box.complain(self._problem())
            return
        super().keyPressEvent(event)

    def _arrange(self, start_amount: Decimal) -> None:
        self._effects = plain_label("", name="reset-account-effects", spoken="What a reset does")
        self._effects.setWordWrap(True)
        self._amount = DecimalEdit(minimum=START_AMOUNT_MIN, maximum=START_AMOUNT_MAX, step=Decimal(1000))
        self._amount.setObjectName("reset-account-amount-edit")
        self._amount.setAccessibleName("Start amount of the next run")
        self._amount.set_value(start_amount)
        self._name = QLineEdit()
        self._name.setObjectName("reset-account-name-edit")
        self._name_caption = plain_label("", name="reset-account-name-caption")
        self._name_caption.setBuddy(self._name)
        caption = plain_label("Start amount", name="reset-account-amount-caption")
        caption.setBuddy(self._amount)
        form = QFormLayout()
        form.setSpacing(SPACE_M)
        form.addRow(caption, self._amount)
        self._fields = ReasonFields(form, prefix="reset-account", parent=self)
        self._fields.set_reason(_REASON)
        form.addRow(self._name_caption, self._name)
        self._box = CommandBox(prefix="reset-account", text="Reset", is_cancel_default=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_L, SPACE_L, SPACE_L, SPACE_L)
        layout.setSpacing(SPACE_L)
        layout.addWidget(self._effects)
        layout.addLayout(form)
        self._box.add_to(layout)

    def _connect(self) -> None:
        self._box.accepted.connect(self.accept)
        self._box.rejected.connect(self.reject)
        for edit in (self._amount, self._name):
            edit.textChanged.connect(self._refresh)
        self._fields.changed.connect(self._refresh)
        self._pending.busy_changed.connect(self._refresh)
        self._pending.answered.connect(self._on_answered)
        self._pending.expired.connect(self._on_expired)
        self._watch.changed.connect(self._refresh)

    def _refresh(self) -> None:
        account = self._watch.account or UNKNOWN
        self._effects.setText(self._effects_text())
        self._effects.setAccessibleName(f"What a reset does. {self._effects.text()}")
        self._name_caption.setText(f"Type “{account}” to confirm")
        self._name.setAccessibleName(f"Type the account's name, {account}, to confirm")
        self._box.warn(self._obstacle())
        self._box.complain(self._amount.error_text())
        self._box.ok.setEnabled(not self._problem() and not self._pending.is_busy)
        self._box.make_default(is_ok=self._box.ok.isEnabled())
        self._box.cancel.setEnabled(not self._pending.is_busy)
        text = "Ask again" if self._pending.is_unanswered else f"Reset {account}"
        self._box.name_ok("Resetting…" if self._pending.is_busy else text)
        is_held = self._pending.is_busy or self._pending.is_unanswered
        for edit in (self._amount, self._name):
            edit.setEnabled(not is_held)
        self._fields.set_enabled(not is_held)

    def _effects_text(self) -> str:
        snapshot, balance, amount = self._watch.snapshot, self._watch.balance, self._amount.value()
        if snapshot is None or balance is None:
            return "The account is not known yet."
        currency = balance.currency
        total, start = format_money(balance.total, currency), format_money(amount, currency)
        pnl = format_signed_money(balance.pnl, currency)
        effects = [
            f"Run {snapshot.run_id} of {snapshot.account_name} ends with {total} (P&L {pnl}).",
            "It is kept with its history and figures: Tools > Books > Accounts and runs.",
            f"The next run begins with {start} and no P&L.",
            "A running strategy is stopped.",
            "Nothing is deleted. A reset cannot be taken back.",
        ]
        return "\n".join(f"•  {effect}" for effect in effects)

    def _obstacle(self) -> str:
        """Say what stands in the way of a reset, and what to do about it; empty when nothing does."""
        snapshot = self._watch.snapshot
        if snapshot is None:
            return ""
        if snapshot.account_type == "live":
            return "A live account cannot be reset: its money is at the exchange."
        positions, orders = len(snapshot.positions), len(snapshot.orders)
        if not positions and not orders:
            return ""
        counts = ((positions, "open position"), (orders, "live order"))
        held = " and ".join(f"{count} {what}{'' if count == 1 else 's'}" for count, what in counts if count)
        return f"The account holds {held}. Close and cancel first (tabs Positions and Orders), then reset."

    def _problem(self) -> str:
        if self._watch.snapshot is None:
            return "The account is not known yet."
        if self._amount.value() is None:
            return self._amount.error_text() or "A start amount is needed."
        if self._name.text().strip() != self._watch.account:
            return "The name is not typed yet."
        return self._obstacle() or self._fields.problem()

    def _on_answered(self, notice: Notice) -> None:
        if isinstance(notice, CommandRefused):
            self._box.complain(notice.detail or notice.reason)
        else:
            super().accept()

    def _on_expired(self) -> None:
        self._refresh()
        self._box.complain(self._watch.unanswered_text("was carried out"))
