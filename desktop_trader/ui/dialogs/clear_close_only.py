"""Allow entries again after CLOSE ALL; it takes a reason, which is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QLineEdit, QWidget

from desktop_trader.messages.commands import ClearCloseOnly
from desktop_trader.ui.dialogs.command_dialog import CommandDialog, DialogWords
from desktop_trader.ui.models.balance_model import BalanceModel, SendCommand
from desktop_trader.ui.widgets.reason_fields import REASON_LENGTH_MAX

if TYPE_CHECKING:
    from desktop_trader.messages.commands import Command

_WORDS = DialogWords(
    prefix="clear-close-only", title="Allow entries again", ok="Allow entries again", is_cancel_default=True
)


class ClearCloseOnlyDialog(CommandDialog):
    """The reason has 1 to 200 characters, blanks around it not counted."""

    def __init__(self, model: BalanceModel, *, send: SendCommand, parent: QWidget | None = None) -> None:
        super().__init__(model, send=send, words=_WORDS, parent=parent)
        self._reason = QLineEdit()
        self._reason.setObjectName("clear-close-only-reason-edit")
        self._reason.setAccessibleName("Reason, required")
        self._reason.setMaxLength(REASON_LENGTH_MAX)
        self._reason.setPlaceholderText("Required: why it is safe to trade again")
        self._reason.textChanged.connect(self.typed)
        self.add_row("Reason", self._reason)
        self._reason.setFocus()

    def problem(self) -> str:
        snapshot = self.model.snapshot
        if snapshot is not None and not snapshot.close_only:
            return "Entries are allowed already."
        return ""

    def is_ready(self) -> bool:
        return bool(self._reason.text().strip())

    def facts(self) -> str:
        snapshot = self.model.snapshot
        if snapshot is None:
            return ""
        runs = "" if snapshot.auto_trading.state == "stopped" else " The strategy may enter at its next signal."
        return (
            f"Account {snapshot.account_name} is CLOSE ONLY: {snapshot.close_only}. After this, orders by hand and "
            f"strategies may open positions again.{runs}"
        )

    def refresh(self) -> None:
        super().refresh()
        # Whoever types a reason and presses Enter means it.
        self.box.make_default(is_ok=self.box.ok.isEnabled())

    def command(self, request_id: str) -> Command:
        return ClearCloseOnly(request_id=request_id, reason=self._reason.text().strip())
