"""Open one more paper account: its name and what it starts with."""

from decimal import Decimal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QFormLayout, QLineEdit, QVBoxLayout, QWidget

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.wallet import check_account_name
from desktop_trader.messages.commands import OpenAccount
from desktop_trader.messages.notices import CommandRefused, Notice
from desktop_trader.ui.dialogs.first_start import START_AMOUNT_MAX, START_AMOUNT_MIN
from desktop_trader.ui.models.balance_model import BalanceModel, SendCommand
from desktop_trader.ui.models.pending_request import PendingRequest
from desktop_trader.ui.theme import SPACE_L
from desktop_trader.ui.widgets.command_box import CommandBox
from desktop_trader.ui.widgets.decimal_edit import DecimalEdit
from desktop_trader.ui.widgets.plain_label import plain_label

_WIDTH = 440
_EXPLANATION = (
    "The account trades paper money beside the others, on the same market. Each has its own balance, positions, "
    "strategy and history; all of them trade on whichever is shown."
)
_NO_ANSWER = "No answer came. Look at the list of accounts before you press again."


class NewAccountDialog(QDialog):
    """Closes only when the books have the account; `account_opened` names it."""

    account_opened = Signal(str)

    def __init__(
        self, model: BalanceModel, *, send: SendCommand, start_amount: Decimal, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._send = send
        self._pending = PendingRequest(model, self, repeats=True)
        self.setObjectName("new-account-dialog")
        self.setAccessibleName("New paper account")
        self.setWindowTitle("New paper account")
        self.setMinimumWidth(_WIDTH)
        self._arrange(start_amount)
        self._name.textChanged.connect(self._refresh)
        self._amount.textChanged.connect(self._refresh)
        self._pending.busy_changed.connect(self._refresh)
        self._pending.answered.connect(self._on_answered)
        self._pending.expired.connect(lambda: self._box.complain(_NO_ANSWER))
        self._refresh()
        self._name.setFocus()

    def accept(self) -> None:
        """Ask the engine; the dialog closes when the account is stored."""
        amount = self._amount.value()
        if self._problem() is not None or amount is None:
            return
        request_id = self._pending.begin()
        if request_id:
            self._box.complain("")
            self._send(OpenAccount(request_id=request_id, name=self._name.text(), start_amount=amount))

    def reject(self) -> None:
        """Leave; not while a request is on its way, whose answer would then be told to nobody."""
        if not self._pending.is_busy:
            super().reject()

    def _arrange(self, start_amount: Decimal) -> None:
        explanation = plain_label(_EXPLANATION, name="new-account-explanation", tone="muted")
        explanation.setWordWrap(True)
        self._name = QLineEdit()
        self._name.setObjectName("new-account-name-edit")
        self._name.setAccessibleName("Name of the account")
        self._name.setPlaceholderText("such as second or breakout")
        self._amount = DecimalEdit(minimum=START_AMOUNT_MIN, maximum=START_AMOUNT_MAX, step=Decimal(1000))
        self._amount.setObjectName("new-account-amount-edit")
        self._amount.setAccessibleName("Start amount")
        self._amount.set_value(start_amount)
        form = QFormLayout()
        for text, field, name in (("Name", self._name, "name"), ("Start amount", self._amount, "amount")):
            caption = plain_label(text, name=f"new-account-{name}-caption")
            caption.setBuddy(field)
            form.addRow(caption, field)
        self._box = CommandBox(prefix="new-account", text="Open account")
        self._box.accepted.connect(self.accept)
        self._box.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_L, SPACE_L, SPACE_L, SPACE_L)
        layout.setSpacing(SPACE_L)
        layout.addWidget(explanation)
        layout.addLayout(form)
        self._box.add_to(layout)

    def _problem(self) -> str | None:
        """What is wrong with the fields; empty while the name is not typed yet, None when all is well."""
        name = self._name.text()
        if not name:
            return ""
        try:
            check_account_name(name)
        except InvalidInputError as error:
            return error.user_message
        if any(each.name.casefold() == name.casefold() for each in self._model.accounts):
            return f"There is an account {name!r} already."
        return self._amount.error_text() or (None if self._amount.value() is not None else "")

    def _refresh(self) -> None:
        problem = self._problem()
        self._box.complain(problem or "")
        is_busy = self._pending.is_busy
        self._box.ok.setEnabled(problem is None and not is_busy)
        self._box.cancel.setEnabled(not is_busy)
        for field in (self._name, self._amount):
            field.setEnabled(not is_busy)

    def _on_answered(self, notice: Notice) -> None:
        if isinstance(notice, CommandRefused):
            self._box.complain(notice.detail)
            return
        super().accept()
        self.account_opened.emit(self._name.text())
