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
    """Shown when a start recovered open positions of any account, until it is dismissed: it never goes by itself.

    The notice comes before the first snapshot, which alone knows how many of the positions are protected.
    """

    def __init__(self, model: BalanceModel, parent: QWidget) -> None:
        super().__init__("recovery-banner", "What was recovered", tone="muted", parent=parent)
        self._model = model
        self._notices: dict[str, BooksRecovered] = {}
        self._parts: dict[str, str] = {}
        dismiss = QPushButton("Dismiss")
        dismiss.setObjectName("recovery-dismiss-btn")
        dismiss.setAccessibleName("Dismiss what was recovered")
        dismiss.clicked.connect(self._dismiss)
        self.addWidget(dismiss)
        model.notice_raised.connect(self._on_notice)
        model.state_changed.connect(self._tell)

    def _on_notice(self, notice: Notice) -> None:
        from desktop_trader.messages.notices import BooksRecovered

        if isinstance(notice, BooksRecovered) and notice.open_positions:
            self._notices[notice.account] = notice
            self._tell()

    def _tell(self) -> None:
        snapshot = self._model.snapshot
        if not self._notices or snapshot is None:
            return
        notices, self._notices = self._notices, {}
        shown = notices.pop(snapshot.account_name, None) or notices.pop("", None)
        if shown is not None:
            balance = format_money(shown.current_balance, snapshot.balance.currency)
            held = f"{_lots(shown.open_positions)}{self._protection()}"
            self._parts.pop(snapshot.account_name, None)
            self._parts = {snapshot.account_name: f"{held}, and a balance of {balance}", **self._parts}
        for name, notice in notices.items():
            self._parts[name] = f"{_lots(notice.open_positions)} in account {name}"
        self.say(f"Recovered {'; '.join(self._parts.values())}, from the previous session.")

    def _dismiss(self) -> None:
        self._parts.clear()
        self.say("")

    def _protection(self) -> str:
        positions = self._model.positions
        held = sum(each.stop_loss is not None for each in positions)
        if not positions:
            return ""  # Closed again since: there is nothing left to say about stops.
        if held == len(positions):
            return " with its stop" if held == 1 else ", all with a stop"
        return " WITHOUT A STOP" if not held else f", {held} of {len(positions)} with a stop"


def _lots(count: int) -> str:
    return "1 open position" if count == 1 else f"{count} open positions"
