"""Close a position and open one of the same size the other way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from desktop_trader.domain.level_result import close_fee, result_at
from desktop_trader.domain.order import Direction
from desktop_trader.messages.commands import ReversePosition
from desktop_trader.messages.snapshot import PositionView
from desktop_trader.ui.dialogs.command_dialog import DialogWords
from desktop_trader.ui.dialogs.position_dialog import PositionDialog
from desktop_trader.ui.level_checks import holding_of
from desktop_trader.ui.models.balance_model import BalanceModel, SendCommand
from desktop_trader.ui.models.table_columns import direction_text
from desktop_trader.ui.network_text import refusal_text
from desktop_trader.ui.number_format import format_signed_money

if TYPE_CHECKING:
    from desktop_trader.messages.commands import Command

_WORDS = DialogWords(prefix="reverse", title="Reverse the position", ok="Reverse", is_cancel_default=True)


class ReverseDialog(PositionDialog):
    """Says both halves before anything is asked; Enter cancels."""

    def __init__(
        self, model: BalanceModel, position: PositionView, *, send: SendCommand, parent: QWidget | None = None
    ) -> None:
        super().__init__(model, position, send=send, words=_WORDS, parent=parent)

    def terms_problem(self) -> str:
        shut = refusal_text(self.model.network)
        snapshot = self.model.snapshot
        if not shut and snapshot is not None and snapshot.close_only:
            return "CLOSE ONLY: nothing can be entered, so it can only be closed."
        return shut

    def facts(self) -> str:
        row, instrument = self.position, self.instrument
        other = Direction.SHORT if row.direction == Direction.LONG else Direction.LONG
        size = self.quantity(row.quantity)
        figures = ""
        if instrument is not None and row.mark_price is not None:
            held = holding_of(row)
            gross = result_at(held, row.mark_price, instrument=instrument)
            fee = close_fee(held, row.mark_price, instrument=instrument)
            figures = (
                f"About {format_signed_money(gross, self.currency())} at the mark, less a fee of about "
                f"{self.money(fee)}.\n"
            )
        return (
            f"1. Closes the {row.direction.upper()} of {size} at the market. {figures}"
            f"2. Opens a {direction_text(other)} of {size} with {row.leverage}x, {row.margin_mode}, without stop and "
            f"target. If a rule denies that, only the close happens."
        )

    def command(self, request_id: str) -> Command:
        return ReversePosition(request_id=request_id, position_id=self.position.id)
