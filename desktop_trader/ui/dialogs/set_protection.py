"""Stop, target and trailing distance of a position, exact, with what each would come to."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from desktop_trader.domain.level_result import result_at
from desktop_trader.domain.order import Protection
from desktop_trader.messages.commands import SetProtection
from desktop_trader.messages.snapshot import PositionView
from desktop_trader.ui.dialogs.command_dialog import DialogWords
from desktop_trader.ui.dialogs.position_dialog import PositionDialog
from desktop_trader.ui.level_checks import holding_of, level_problem, level_text, liquidation_note, percent_text
from desktop_trader.ui.models.balance_model import BalanceModel, SendCommand
from desktop_trader.ui.number_format import decimals_of, format_plain
from desktop_trader.ui.position_commands import levels_of

if TYPE_CHECKING:
    from desktop_trader.messages.commands import Command

_WORDS = DialogWords(prefix="levels", title="Stop and target", ok="Set")
_SMALLEST = Decimal("0.00000001")
_TRAIL_MAX = Decimal("99.99")


class LevelsDialog(PositionDialog):
    """What is empty is taken away. `levels` fills in what somebody has chosen already, for a last look."""

    def __init__(
        self,
        model: BalanceModel,
        position: PositionView,
        *,
        send: SendCommand,
        levels: Protection | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(model, position, send=send, words=_WORDS, parent=parent)
        shown = levels or levels_of(position)
        tick = self.instrument.tick_size if self.instrument is not None else _SMALLEST
        decimals = decimals_of(tick)
        self._stop = self.make_edit("levels-stop-edit", "Stop loss", step=tick, decimals=decimals)
        self._target = self.make_edit("levels-target-edit", "Take profit", step=tick, decimals=decimals)
        self._trail = self.make_edit("levels-trail-edit", "Trailing, percent", step=Decimal("0.1"), decimals=2)
        self._trail.set_range(minimum=Decimal("0.01"), maximum=_TRAIL_MAX)
        for caption, edit, value in (
            ("Stop loss", self._stop, shown.stop_loss),
            ("Take profit", self._target, shown.take_profit),
            ("Trailing, %", self._trail, shown.trail_percent),
        ):
            edit.setPlaceholderText("none")
            edit.set_value(value)
            self.add_row(caption, edit)
        self._stop.setFocus()
        self._stop.selectAll()

    def terms_problem(self) -> str:
        for edit in (self._stop, self._target, self._trail):
            if edit.error_text():
                return f"{edit.accessibleName()}: {edit.error_text()}"
        for edit, is_stop in ((self._stop, True), (self._target, False)):
            value = edit.value()
            problem = level_problem(self.model, self.position, value, is_stop=is_stop) if value is not None else ""
            if problem:
                return problem
        return ""

    def is_ready(self) -> bool:
        return self._levels() != levels_of(self.position)

    def facts(self) -> str:
        row, after = self.position, self._levels()
        before = levels_of(row)
        lines = [
            self._line("Stop", before.stop_loss, after.stop_loss),
            self._line("Target", before.take_profit, after.take_profit),
        ]
        if after.trail_percent != before.trail_percent:
            was = f"{format_plain(before.trail_percent)} %" if before.trail_percent else "none"
            wanted = f"{format_plain(after.trail_percent)} %" if after.trail_percent else "none"
            lines.append(
                f"Trailing: {was} → {wanted}. The stop follows the best price at this distance, and only ahead."
            )
        note = liquidation_note(row, after.stop_loss, instrument=self.instrument)
        if note:
            lines.append(note)
        if after.stop_loss is None and after.trail_percent is None:
            lines.append("Without a stop nothing limits the loss but the margin.")
        return "\n".join(lines)

    def command(self, request_id: str) -> Command:
        levels = self._levels()
        return SetProtection(
            request_id=request_id,
            position_id=self.position.id,
            stop_loss=levels.stop_loss,
            take_profit=levels.take_profit,
            trail_percent=levels.trail_percent,
        )

    def _levels(self) -> Protection:
        return Protection(
            stop_loss=self._stop.value(), take_profit=self._target.value(), trail_percent=self._trail.value()
        )

    def _line(self, name: str, before: Decimal | None, after: Decimal | None) -> str:
        change = f"{self.price(after)}" if before == after else f"{self.price(before)} → {self.price(after)}"
        if after is None or self.instrument is None:
            return f"{name}: {change}"
        row = self.position
        text = level_text(row, after, instrument=self.instrument, currency=self.currency())
        total = self.model.balance.total if self.model.balance is not None else Decimal(0)
        share = percent_text(result_at(holding_of(row), after, instrument=self.instrument), total)
        return f"{name}: {change}, which comes to {text}" + (f" ({share})" if share else "")
