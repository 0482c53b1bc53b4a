"""Give an open position another leverage."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSlider, QWidget

from desktop_trader.domain.margin import initial_margin, leverage_limit
from desktop_trader.messages.commands import SetLeverage
from desktop_trader.messages.snapshot import PositionView
from desktop_trader.ui.dialogs.command_dialog import DialogWords
from desktop_trader.ui.dialogs.position_dialog import PositionDialog
from desktop_trader.ui.level_checks import liquidation_change
from desktop_trader.ui.models.balance_model import BalanceModel, SendCommand

if TYPE_CHECKING:
    from desktop_trader.messages.commands import Command

_WORDS = DialogWords(prefix="leverage", title="Leverage", ok="Set leverage")


class LeverageDialog(PositionDialog):
    """The slider and the field say the same; the margin is locked anew at the entry's cost."""

    def __init__(
        self, model: BalanceModel, position: PositionView, *, send: SendCommand, parent: QWidget | None = None
    ) -> None:
        super().__init__(model, position, send=send, words=_WORDS, parent=parent)
        self._most = self._limit()
        self._edit = self.make_edit("leverage-edit", "Leverage", step=Decimal(1), decimals=0)
        self._edit.set_range(minimum=Decimal(1), maximum=Decimal(self._most))
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setObjectName("leverage-slider")
        self._slider.setAccessibleName("Leverage")
        self._slider.setRange(1, self._most)
        self._edit.value_changed.connect(self._on_typed)
        self._slider.valueChanged.connect(self._on_slid)
        self._edit.set_value(Decimal(position.leverage))
        self.add_row(f"Leverage, 1 to {self._most}", self._edit)
        self.rows.addRow(self._slider)
        self._edit.setFocus()
        self._edit.selectAll()

    def terms_problem(self) -> str:
        if self._edit.value() is None:
            return self._edit.error_text()
        balance, missing = self.model.balance, self._margin() - self.position.margin
        if balance is not None and missing > balance.available:
            return f"{self.money(missing)} more has to be locked; {self.money(balance.available)} is available."
        return self._too_little_left() if missing < 0 else ""

    def is_ready(self) -> bool:
        value = self._edit.value()
        return value is not None and value != self.position.leverage

    def facts(self) -> str:
        row, balance = self.position, self.model.balance
        if self._edit.value() is None:
            return ""
        after = self._margin()
        lines = [f"Margin of the position: {self.money(row.margin)} → {self.money(after)}"]
        if balance is not None:
            left = balance.available - (after - row.margin)
            lines.append(f"Available: {self.money(balance.available)} → {self.money(left)}")
        added = self._added()
        if added > 0 and self.is_ready():
            lines.append(f"{self.money(added)} of its margin was added to the initial margin; it is given back.")
        liquidation = liquidation_change(row, after, self.instrument)
        if liquidation:
            lines.append(liquidation)
        return "\n".join(lines)

    def command(self, request_id: str) -> Command:
        leverage = int(self._edit.value() or self.position.leverage)
        return SetLeverage(request_id=request_id, position_id=self.position.id, leverage=leverage)

    def _margin(self) -> Decimal:
        """What is locked then: the initial margin of what the open quantity cost."""
        row, instrument, leverage = self.position, self.instrument, self._edit.value()
        if instrument is None or leverage is None:
            return row.margin
        return initial_margin(instrument.notional(row.quantity, row.entry_price), int(leverage))

    def _added(self) -> Decimal:
        """What is locked beyond the initial margin that the position's own leverage asks for."""
        row, instrument = self.position, self.instrument
        if instrument is None:
            return Decimal(0)
        return row.margin - initial_margin(instrument.notional(row.quantity, row.entry_price), row.leverage)

    def _too_little_left(self) -> str:
        """Say that an isolated position which gives margin back would keep less than its initial margin at the mark."""
        row, instrument, leverage = self.position, self.instrument, self._edit.value()
        if row.margin_mode != "isolated" or instrument is None or row.mark_price is None or leverage is None:
            return ""
        need = initial_margin(instrument.notional(row.quantity, row.mark_price), int(leverage))
        left = self._margin() + (row.unrealized_pnl or Decimal(0))
        if left >= need:
            return ""
        return (
            f"At {leverage}x it would be left with {self.money(left)}; its initial margin at the mark is "
            f"{self.money(need)}."
        )

    def _limit(self) -> int:
        row, instrument = self.position, self.instrument
        if instrument is None:
            return row.leverage
        notional = instrument.notional(row.quantity, row.mark_price or row.entry_price)
        return max(leverage_limit(notional, instrument), 1)

    def _on_typed(self, value: Decimal | None) -> None:
        if value is not None:
            self._slider.setValue(int(value))

    def _on_slid(self, value: int) -> None:
        if self._edit.value() != value:
            self._edit.set_value(Decimal(value))
