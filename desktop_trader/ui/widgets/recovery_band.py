"""The band after a start that says what was found in the books and taken up again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QPushButton, QWidget

from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.number_format import format_money
from desktop_trader.ui.widgets.message_band import MessageBand

if TYPE_CHECKING:  # the first paint knows of no notices
    from desktop_trader.messages.notices import BooksRecovered, Notice


class RecoveryBand(MessageBand):
    """Shown when a start recovered open positions, until it is dismissed: it never goes by itself.

    The notice comes before the first snapshot, which alone knows how many of the positions are protected.
    """

    def __init__(self, model: BalanceModel, parent: QWidget) -> None:
        super().__init__("recovery-banner", "What was recovered", tone="muted", parent=parent)
        self._model = model
        self._notice: BooksRecovered | None = None
        dismiss = QPushButton("Dismiss")
        dismiss.setObjectName("recovery-dismiss-btn")
        dismiss.setAccessibleName("Dismiss what was recovered")
        dismiss.clicked.connect(lambda: self.say(""))
        self.addWidget(dismiss)
        model.notice_raised.connect(self._on_notice)
        model.state_changed.connect(self._tell)

    def _on_notice(self, notice: Notice) -> None:
        from desktop_trader.messages.notices import BooksRecovered

        is_shown = notice.account in ("", self._model.account) or not self._model.account
        if isinstance(notice, BooksRecovered) and notice.open_positions and is_shown:
            self._notice = notice
            self._tell()

    def _tell(self) -> None:
        notice, snapshot = self._notice, self._model.snapshot
        if notice is None or snapshot is None:
            return
        self._notice = None
        count = notice.open_positions
        lots = "1 open position" if count == 1 else f"{count} open positions"
        balance = format_money(notice.current_balance, snapshot.balance.currency)
        self.say(f"Recovered {lots}{self._protection()}, and a balance of {balance}, from the previous session.")

    def _protection(self) -> str:
        positions = self._model.positions
        held = sum(each.stop_loss is not None for each in positions)
        if not positions:
            return ""  # Closed again since: there is nothing left to say about stops.
        if held == len(positions):
            return " with its stop" if held == 1 else ", all with a stop"
        return " WITHOUT A STOP" if not held else f", {held} of {len(positions)} with a stop"
