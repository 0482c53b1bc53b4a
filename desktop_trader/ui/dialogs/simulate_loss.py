"""Simulate a network loss, so that everybody can see what a pause does without pulling a cable."""

from __future__ import annotations

from decimal import Decimal

from PySide6.QtWidgets import QButtonGroup, QDialog, QHBoxLayout, QRadioButton, QVBoxLayout, QWidget

from desktop_trader.messages.commands import SimulateLoss
from desktop_trader.messages.notices import CommandRefused, Notice
from desktop_trader.ui.models.balance_model import BalanceModel, SendCommand
from desktop_trader.ui.models.pending_request import PendingRequest
from desktop_trader.ui.network_text import is_paused
from desktop_trader.ui.theme import SPACE_L, SPACE_M, SPACE_S
from desktop_trader.ui.widgets.command_box import CommandBox
from desktop_trader.ui.widgets.decimal_edit import DecimalEdit
from desktop_trader.ui.widgets.plain_label import plain_label

_WIDTH = 480
_SECONDS, _SECONDS_MAX = Decimal(15), Decimal(3_600)
_EXPLANATION = (
    "The program behaves as if the network were gone. Prices go stale, and everything freezes: no signals, no "
    "position checks, no orders; stops and targets do not act. When it is over, everything is verified, prices have "
    "to be stable for 5 seconds, and only then trading goes on, at the prices of then. An exchange is not told of it, "
    "and no price is made up."
)
_NO_ANSWER = "No answer came. The status bar says whether the loss has begun."


class SimulateLossDialog(QDialog):
    """Closes when the loss has begun, which the band under the toolbar says from then on."""

    def __init__(self, model: BalanceModel, *, send: SendCommand, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._send = send
        self._pending = PendingRequest(model, self)
        self.setObjectName("simulate-loss-dialog")
        self.setAccessibleName("Simulate network loss")
        self.setWindowTitle("Simulate network loss")
        self.setMinimumWidth(_WIDTH)
        self._arrange()
        self._pending.busy_changed.connect(self._refresh)
        self._pending.answered.connect(self._on_answered)
        self._pending.expired.connect(lambda: self._box.complain(_NO_ANSWER))
        model.network_changed.connect(self._refresh)
        model.positions_changed.connect(self._refresh)
        self._refresh()
        self._seconds.setFocus()
        self._seconds.selectAll()

    def accept(self) -> None:
        """Ask for the loss."""
        if not self._box.ok.isEnabled():
            return
        request_id = self._pending.begin()
        if request_id:
            seconds = self._seconds.value() if self._for.isChecked() else None
            self._send(SimulateLoss(request_id=request_id, seconds=seconds))

    def _arrange(self) -> None:
        explanation = plain_label(_EXPLANATION, name="simulate-loss-explanation", tone="muted")
        explanation.setWordWrap(True)
        self._for = _radio("simulate-loss-for-check", "For", "Lose the network for some seconds")
        self._until = _radio("simulate-loss-until-check", "Until I end it", "Lose the network until I end it")
        self._for.setChecked(True)
        group = QButtonGroup(self)
        group.addButton(self._for)
        group.addButton(self._until)
        self._seconds = DecimalEdit(decimals=1, minimum=Decimal(1), maximum=_SECONDS_MAX)
        self._seconds.setObjectName("simulate-loss-seconds-edit")
        self._seconds.setAccessibleName("Seconds")
        self._seconds.setMaximumWidth(90)
        self._seconds.set_value(_SECONDS)
        self._for.toggled.connect(self._refresh)
        self._seconds.textChanged.connect(self._refresh)
        row = QHBoxLayout()
        row.setSpacing(SPACE_S)
        row.addWidget(self._for)
        row.addWidget(self._seconds)
        row.addWidget(plain_label("seconds", name="simulate-loss-unit"))
        row.addStretch(1)
        self._box = CommandBox(prefix="simulate-loss", text="Lose the network", is_cancel_default=True)
        self._box.accepted.connect(self.accept)
        self._box.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_L, SPACE_L, SPACE_L, SPACE_L)
        layout.setSpacing(SPACE_M)
        layout.addWidget(explanation)
        layout.addLayout(row)
        layout.addWidget(self._until)
        self._box.add_to(layout)

    def _refresh(self) -> None:
        is_timed = self._for.isChecked()
        self._seconds.setEnabled(is_timed and not self._pending.is_busy)
        count = len(self._model.positions)
        lots = "1 open position" if count == 1 else f"{count} open positions"
        self._box.warn(f"{lots} will NOT be watched meanwhile" if count else "")
        error = self._seconds.error_text() if is_timed else ""
        if is_paused(self._model.network):
            error = "Trading is paused already; a loss can be simulated once it goes on"
        self._box.complain(error)
        is_ready = not error and (not is_timed or self._seconds.value() is not None)
        self._box.ok.setEnabled(is_ready and not self._pending.is_busy and not self._model.halted)
        self._box.make_default(is_ok=self._box.ok.isEnabled())

    def _on_answered(self, notice: Notice) -> None:
        if isinstance(notice, CommandRefused):
            self._box.complain(notice.detail or notice.reason)
            return
        super().accept()


def _radio(name: str, text: str, spoken: str) -> QRadioButton:
    button = QRadioButton(text)
    button.setObjectName(name)
    button.setAccessibleName(spoken)
    return button
