"""Adjust the paper balance by hand: a new total, a deposit or a withdrawal, with a reason and an author."""

import getpass
from decimal import Decimal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.money import canonical, parse_amount
from desktop_trader.messages.commands import AdjustBalance, AdjustmentKind
from desktop_trader.messages.notices import CommandRefused, Notice
from desktop_trader.ui.models.balance_model import BalanceModel, SendCommand
from desktop_trader.ui.models.pending_request import PendingRequest
from desktop_trader.ui.number_format import UNKNOWN, format_exact_money, format_money, format_signed_money
from desktop_trader.ui.theme import SPACE_L, SPACE_M
from desktop_trader.ui.widgets.decimal_edit import DecimalEdit
from desktop_trader.ui.widgets.plain_label import plain_label

REASON_LENGTH_MAX = 200
AUTHOR_LENGTH_MAX = 80
_AMOUNT_MAX = Decimal("46116860184.27387903")  # what the books can hold: below 2^62 units of 10^-8
_WIDTH = 440
_CHOICES = (
    (AdjustmentKind.SET_TOTAL, "New total", "adjust-set-total-radio", "&New total"),
    (AdjustmentKind.DEPOSIT, "Deposit", "adjust-deposit-radio", "&Deposit"),
    (AdjustmentKind.WITHDRAW, "Withdraw", "adjust-withdraw-radio", "&Withdraw"),
)


class AdjustBalanceDialog(QDialog):
    """Remembers the total it was opened on, and says so when that moves; closes only when the books have answered."""

    def __init__(self, model: BalanceModel, *, send: SendCommand, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._send = send
        self._seen_total = model.balance.total if model.balance is not None else None
        self._pending = PendingRequest(model, self)
        self.setObjectName("adjust-dialog")
        self.setAccessibleName("Adjust balance")
        self.setWindowTitle("Adjust balance")
        self.setMinimumWidth(_WIDTH)
        self._build_kinds()
        self._build_fields()
        self._build_texts()
        self._build_buttons()
        self._arrange()
        self._connect()
        self._refresh()
        self._amount.setFocus()

    def accept(self) -> None:
        """Ask the engine; the dialog closes when the answer says that the money moved."""
        kind, amount = self._kind(), self._amount.value()
        if amount is None or self._problem():
            return
        request_id = self._pending.begin()
        if not request_id:
            return
        self._say("")
        self._send(
            AdjustBalance(
                request_id=request_id,
                kind=kind,
                amount=amount,
                reason=self._reason.text().strip(),
                author=self._author.text().strip(),
                expected_total=self._seen_total if kind is AdjustmentKind.SET_TOTAL else None,
            )
        )

    def _build_kinds(self) -> None:
        self._group = QButtonGroup(self)
        self._kinds: dict[AdjustmentKind, QRadioButton] = {}
        for kind, spoken, name, text in _CHOICES:
            radio = QRadioButton(text)
            radio.setObjectName(name)
            radio.setAccessibleName(spoken)
            self._group.addButton(radio)
            self._kinds[kind] = radio
        self._kinds[AdjustmentKind.SET_TOTAL].setChecked(True)

    def _build_fields(self) -> None:
        self._amount = DecimalEdit(decimals=8, minimum=Decimal(0), maximum=_AMOUNT_MAX, step=Decimal(100))
        self._amount.setObjectName("adjust-amount-edit")
        self._amount.setAccessibleName("Amount")
        self._reason = QLineEdit()
        self._reason.setObjectName("adjust-reason-edit")
        self._reason.setAccessibleName("Reason, required")
        self._reason.setMaxLength(REASON_LENGTH_MAX)
        self._reason.setPlaceholderText("Required: why the money moves")
        self._author = QLineEdit(_operating_system_user())
        self._author.setObjectName("adjust-author-edit")
        self._author.setAccessibleName("Author")
        self._author.setMaxLength(AUTHOR_LENGTH_MAX)

    def _build_texts(self) -> None:
        self._counter = plain_label(f"0 / {REASON_LENGTH_MAX}", name="adjust-reason-counter", tone="muted")
        self._preview = plain_label(UNKNOWN, name="adjust-preview", spoken="Balance before and after")
        self._preview.setProperty("figure", "medium")
        self._moved = plain_label("", name="adjust-moved", tone="warning", spoken="The balance moved")
        self._error = plain_label("", name="adjust-error", tone="error", spoken="What is wrong")
        for label in (self._moved, self._error):
            label.setWordWrap(True)
            label.hide()

    def _build_buttons(self) -> None:
        self._box = QDialogButtonBox()
        self._box.setObjectName("adjust-buttons")
        self._box.setAccessibleName("Adjust or cancel")
        self._ok = self._box.addButton("Adjust", QDialogButtonBox.ButtonRole.AcceptRole)
        self._ok.setObjectName("adjust-ok-btn")
        self._ok.setAccessibleName("Adjust the balance")
        self._ok.setProperty("tone", "primary")
        self._ok.setDefault(True)
        self._cancel = self._box.addButton("Cancel", QDialogButtonBox.ButtonRole.RejectRole)
        self._cancel.setObjectName("adjust-cancel-btn")
        self._cancel.setAccessibleName("Cancel")
        self._cancel.setAutoDefault(False)

    def _arrange(self) -> None:
        kinds = QHBoxLayout()
        kinds.setSpacing(SPACE_L)
        for radio in self._kinds.values():
            kinds.addWidget(radio)
        kinds.addStretch(1)
        form = QFormLayout()
        form.setSpacing(SPACE_M)
        self._amount_caption = plain_label("New total", name="adjust-amount-caption")
        for caption, field in (
            (self._amount_caption, self._amount),
            (plain_label("Reason", name="adjust-reason-caption"), self._reason),
            (plain_label("Author", name="adjust-author-caption"), self._author),
        ):
            caption.setBuddy(field)
            form.addRow(caption, field)
        form.insertRow(2, "", self._counter)
        self._counter.setAlignment(Qt.AlignmentFlag.AlignRight)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_L, SPACE_L, SPACE_L, SPACE_L)
        layout.setSpacing(SPACE_L)
        layout.addLayout(kinds)
        layout.addLayout(form)
        for widget in (self._preview, self._moved, self._error, self._box):
            layout.addWidget(widget)

    def _connect(self) -> None:
        self._box.accepted.connect(self.accept)
        self._box.rejected.connect(self.reject)
        self._group.buttonToggled.connect(lambda _button, is_on: self._on_kind_changed() if is_on else None)
        self._amount.value_changed.connect(self._refresh)
        self._amount.error_changed.connect(self._refresh)
        self._reason.textChanged.connect(self._refresh)
        self._author.textChanged.connect(self._refresh)
        self._pending.busy_changed.connect(self._refresh)
        self._pending.answered.connect(self._on_answered)
        self._pending.expired.connect(self._on_expired)
        self._model.balance_changed.connect(self._on_balance_changed)

    def _kind(self) -> AdjustmentKind:
        return next(kind for kind, radio in self._kinds.items() if radio.isChecked())

    def _on_kind_changed(self) -> None:
        text = next(spoken for kind, spoken, _name, _text in _CHOICES if kind is self._kind())
        self._amount_caption.setText(text if self._kind() is AdjustmentKind.SET_TOTAL else f"{text} amount")
        self._refresh()

    def _refresh(self) -> None:
        self._counter.setText(f"{len(self._reason.text())} / {REASON_LENGTH_MAX}")
        self._show_preview()
        problem = self._problem()
        # A field nobody has filled in yet is no error to shout about; the button alone says that something is missing.
        is_untouched = not self._amount.text()
        self._say("" if is_untouched or self._is_only_reason_missing() else problem)
        self._ok.setEnabled(not problem and not self._pending.is_busy)
        self._ok.setText("Booking…" if self._pending.is_busy else "Adjust")
        for widget in (*self._kinds.values(), self._amount, self._reason, self._author):
            widget.setEnabled(not self._pending.is_busy)

    def _is_only_reason_missing(self) -> bool:
        return self._amount.value() is not None and not self._reason.text().strip()

    def _problem(self) -> str:
        amount, after = self._amount.value(), self._total_after()
        if self._seen_total is None:
            return "The balance is not known yet."
        if amount is None or after is None:
            return self._amount.error_text() or "An amount is needed."
        if self._kind() is not AdjustmentKind.SET_TOTAL and amount == 0:
            return "The amount must be more than zero."
        if after < 0:
            return "That is more than there is."
        try:
            parse_amount(canonical(after), what="the new total")
        except InvalidInputError as error:
            return error.user_message
        if not self._reason.text().strip():
            return "A reason is needed."
        return "" if self._author.text().strip() else "An author is needed."

    def _total_after(self) -> Decimal | None:
        amount = self._amount.value()
        if amount is None or self._seen_total is None:
            return None
        if self._kind() is AdjustmentKind.SET_TOTAL:
            return amount
        return self._seen_total + (amount if self._kind() is AdjustmentKind.DEPOSIT else -amount)

    def _show_preview(self) -> None:
        balance, after = self._model.balance, self._total_after()
        if balance is None or self._seen_total is None:
            self._preview.setText(UNKNOWN)
            return
        currency = balance.currency
        before = format_money(self._seen_total, currency)
        if after is None:
            self._preview.setText(before)
            return
        change = format_signed_money(after - self._seen_total, currency)
        self._preview.setText(f"{before} → {format_money(after, currency)}  ({change})")
        self._preview.setToolTip(
            f"{format_exact_money(self._seen_total, currency)}\n{format_exact_money(after, currency)}"
        )
        self._preview.setAccessibleName(f"Balance {before} becomes {format_money(after, currency)}")

    def _on_balance_changed(self) -> None:
        balance = self._model.balance
        if balance is None or balance.total == self._seen_total:
            return
        if self._pending.is_busy:
            return
        was = "unknown" if self._seen_total is None else format_money(self._seen_total, balance.currency)
        now = format_money(balance.total, balance.currency)
        self._seen_total = balance.total
        self._moved.setText(f"The balance moved from {was} to {now} while this was open. Check the figures again.")
        self._moved.setAccessibleName(self._moved.text())
        self._moved.show()
        self._refresh()

    def _on_answered(self, notice: Notice) -> None:
        if not isinstance(notice, CommandRefused):
            super().accept()
            return
        self._on_balance_changed()
        self._say(notice.detail or notice.reason)

    def _on_expired(self) -> None:
        self._on_balance_changed()
        self._say("No answer came. Look at the history before you try again: the change may have been booked.")

    def _say(self, text: str) -> None:
        self._error.setText(text)
        self._error.setAccessibleName(text or "No error")
        self._error.setVisible(bool(text))


def _operating_system_user() -> str:
    try:
        return getpass.getuser()[:AUTHOR_LENGTH_MAX]
    except (KeyError, OSError):
        # A user without a name, as in some containers: the person types one.
        return ""
