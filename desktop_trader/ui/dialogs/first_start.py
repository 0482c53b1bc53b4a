"""The first-start page: what the account begins with, and whether an older balance is to be taken over next.

Shown only while there is no account.
"""

from dataclasses import dataclass
from decimal import Decimal

from PySide6.QtWidgets import QCheckBox, QDialog, QDialogButtonBox, QFormLayout, QVBoxLayout, QWidget

from desktop_trader.settings import PaperSettings
from desktop_trader.ui.models.legacy_columns import shown_path
from desktop_trader.ui.number_format import format_money
from desktop_trader.ui.theme import SPACE_L, SPACE_XL
from desktop_trader.ui.widgets.decimal_edit import DecimalEdit
from desktop_trader.ui.widgets.plain_label import plain_label
from desktop_trader.ui.widgets.room_to_read import give_room

START_AMOUNT_MIN = Decimal(1)
START_AMOUNT_MAX = Decimal(1_000_000_000)
_WIDTH = 460
_EXPLANATION = (
    "Desktop Trader starts with paper money: {prices}, orders never leave this computer, and nothing here can be lost "
    "or won. Every fill, fee and deposit is still booked to the cent, as if it were real."
)
_PRICES = {"simulated": "prices are simulated", "replay": "prices are those of a recording"}
_REAL_PRICES = "prices are real ones"
_IMPORT = "I have a balance of an earlier program: look for it next"
_FOUND = "Balance files of an earlier program are in the working folder: look at them next"
_LATER = "You can deposit, withdraw or set a new total at any time with Adjust balance."


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstStart:
    """What the person chose; `start_amount` None: to leave."""

    start_amount: Decimal | None
    wants_import: bool


class FirstStartDialog(QDialog):
    """Asks for the first deposit; `start_amount` is what was accepted.

    Where `legacy_folder` holds balance files of an earlier program, their import is offered. `market` is where prices
    come from, as `--market` names it.
    """

    def __init__(
        self,
        paper: PaperSettings,
        *,
        market: str = "simulated",
        legacy_folder: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._currency = paper.currency
        self.setObjectName("first-start-dialog")
        self.setAccessibleName("First start")
        self.setWindowTitle("Welcome to Desktop Trader")
        self.setMinimumWidth(_WIDTH)
        heading = plain_label("Welcome to Desktop Trader", name="first-start-heading", tone="heading")
        prices = _PRICES.get(market.partition(":")[0], _REAL_PRICES)
        explanation = plain_label(_EXPLANATION.format(prices=prices), name="first-start-explanation")
        later = plain_label(_LATER, name="first-start-later", tone="muted")
        self._error = plain_label("", name="first-start-error", tone="error", spoken="What is wrong")
        for label in (explanation, later, self._error):
            label.setWordWrap(True)
        self._amount = DecimalEdit(minimum=START_AMOUNT_MIN, maximum=START_AMOUNT_MAX, step=Decimal(1000))
        self._amount.setObjectName("first-start-amount-edit")
        self._amount.setAccessibleName(f"Start amount in {paper.currency}")
        self._amount.set_value(paper.initial_balance)
        self._amount.selectAll()
        self._preview = plain_label("", name="first-start-preview", tone="balance", spoken="Start balance")
        self._preview.setProperty("figure", "large")
        form = QFormLayout()
        caption = plain_label(f"Start amount ({paper.currency})", name="first-start-amount-caption")
        caption.setBuddy(self._amount)
        form.addRow(caption, self._amount)
        self._import = QCheckBox(_FOUND if legacy_folder else _IMPORT)
        self._import.setObjectName("first-start-import-check")
        self._import.setAccessibleName(self._import.text())
        self._import.setToolTip(shown_path(legacy_folder))
        self._import.setChecked(bool(legacy_folder))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_XL, SPACE_XL, SPACE_XL, SPACE_XL)
        layout.setSpacing(SPACE_L)
        for label in (heading, explanation):
            layout.addWidget(label)
        layout.addLayout(form)
        for widget in (self._preview, self._error, self._import, later):
            layout.addWidget(widget)
        layout.addWidget(self._build_buttons())
        self._amount.textChanged.connect(self._refresh)
        self._amount.refused.connect(self._refresh)
        self._refresh()

    def start_amount(self) -> Decimal:
        """Return the amount the person chose.

        Raises:
            ValueError: the field holds no good amount, so the page cannot have been accepted.
        """
        value = self._amount.value()
        if value is None:
            raise ValueError("the page has no amount; it was not accepted")
        return value

    def wants_import(self) -> bool:
        """Say whether an older balance is to be looked for next."""
        return self._import.isChecked()

    def accept(self) -> None:
        """Close with the amount, if there is a good one."""
        if self._amount.value() is not None and not self._amount.refusal_text():
            super().accept()

    def _build_buttons(self) -> QDialogButtonBox:
        box = QDialogButtonBox()
        box.setObjectName("first-start-buttons")
        box.setAccessibleName("Start or quit")
        self._start = box.addButton("Start with paper money", QDialogButtonBox.ButtonRole.AcceptRole)
        self._start.setObjectName("first-start-ok-btn")
        self._start.setAccessibleName("Start with this amount")
        self._start.setProperty("tone", "primary")
        self._start.setDefault(True)
        leave = box.addButton("Quit", QDialogButtonBox.ButtonRole.RejectRole)
        leave.setObjectName("first-start-quit-btn")
        leave.setAccessibleName("Quit without an account")
        leave.setAutoDefault(False)
        box.accepted.connect(self.accept)
        box.rejected.connect(self.reject)
        return box

    def _refresh(self) -> None:
        value = self._amount.value()
        self._preview.setText(format_money(value, self._currency))
        wrong = self._amount.error_text() or self._amount.refusal_text()
        self._error.setText(wrong)
        self._error.setVisible(bool(wrong))
        if wrong:
            give_room(self._error)
        self._start.setEnabled(value is not None and not wrong)


def ask_first_start(
    paper: PaperSettings, *, market: str, legacy_folder: str = "", parent: QWidget | None = None
) -> FirstStart:
    """Show the page and return what the person chose."""
    dialog = FirstStartDialog(paper, market=market, legacy_folder=legacy_folder, parent=parent)
    is_accepted = dialog.exec() == QDialog.DialogCode.Accepted
    chosen = FirstStart(
        start_amount=dialog.start_amount() if is_accepted else None,
        wants_import=is_accepted and dialog.wants_import(),
    )
    dialog.deleteLater()
    return chosen
