"""Add margin to an isolated position, or take some out."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QRadioButton, QWidget

from desktop_trader.domain.margin import initial_margin
from desktop_trader.messages.commands import ChangeMargin
from desktop_trader.messages.snapshot import PositionView
from desktop_trader.ui.dialogs.command_dialog import DialogWords
from desktop_trader.ui.dialogs.position_dialog import PositionDialog
from desktop_trader.ui.level_checks import liquidation_change
from desktop_trader.ui.models.balance_model import BalanceModel, SendCommand
from desktop_trader.ui.theme import SPACE_L

if TYPE_CHECKING:
    from desktop_trader.messages.commands import Command

_WORDS = DialogWords(prefix="margin", title="Add or remove margin", ok="Add margin")
_DECIMALS = 8


class MarginDialog(PositionDialog):
    """Says what is locked then, and what has to stay."""

    def __init__(
        self, model: BalanceModel, position: PositionView, *, send: SendCommand, parent: QWidget | None = None
    ) -> None:
        super().__init__(model, position, send=send, words=_WORDS, parent=parent)
        self._add = _radio("margin-add-check", "Add")
        self._remove = _radio("margin-remove-check", "Remove")
        self._add.setChecked(True)
        way = QWidget()
        way.setObjectName("margin-way")
        way.setAccessibleName("Add or remove")
        group, layout = QButtonGroup(way), QHBoxLayout(way)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_L)
        for button in (self._add, self._remove):
            group.addButton(button)
            layout.addWidget(button)
        layout.addStretch(1)
        self._amount = self.make_edit("margin-amount-edit", "Amount", step=Decimal(1), decimals=_DECIMALS)
        self.rows.addRow(way)
        self.add_row(f"Amount, {self.currency()}", self._amount)
        self._add.toggled.connect(self.typed)
        self._amount.setFocus()

    def terms_problem(self) -> str:
        amount, balance = self._amount.value(), self.model.balance
        if amount is None:
            return self._amount.error_text()
        if amount <= 0:
            return "The amount has to be above zero." if self._amount.text() else ""
        if self._add.isChecked():
            if balance is not None and amount > balance.available:
                return f"Only {self.money(balance.available)} is available."
            return ""
        row, least = self.position, self._least()
        # Gains do not count before they are realized, losses do.
        spare = row.margin + min(Decimal(0), row.unrealized_pnl or Decimal(0)) - least
        if amount > spare:
            return (
                f"At most {self.money(max(spare, Decimal(0)))} can be taken out: {self.money(least)} has to stay "
                f"beside its loss, which is the initial margin at the mark for {row.leverage}x."
            )
        return ""

    def is_ready(self) -> bool:
        amount = self._amount.value()
        return amount is not None and amount > 0

    def facts(self) -> str:
        amount, row, balance = self._amount.value(), self.position, self.model.balance
        signed = Decimal(0) if amount is None else amount if self._add.isChecked() else -amount
        lines = [f"Margin of the position: {self.money(row.margin)} → {self.money(row.margin + signed)}"]
        if balance is not None:
            lines.append(f"Available: {self.money(balance.available)} → {self.money(balance.available - signed)}")
        liquidation = liquidation_change(row, row.margin + signed, self.instrument)
        if liquidation and signed:
            lines.append(liquidation)
        return "\n".join(lines)

    def command(self, request_id: str) -> Command:
        amount = self._amount.value() or Decimal(0)
        signed = amount if self._add.isChecked() else -amount
        return ChangeMargin(request_id=request_id, position_id=self.position.id, amount=signed)

    def refresh(self) -> None:
        self.box.name_ok("Add margin" if self._add.isChecked() else "Remove margin")
        super().refresh()

    def _least(self) -> Decimal:
        row, instrument = self.position, self.instrument
        if instrument is None or row.mark_price is None:
            return row.margin
        return initial_margin(instrument.notional(row.quantity, row.mark_price), row.leverage)


def _radio(name: str, text: str) -> QRadioButton:
    button = QRadioButton(text)
    button.setObjectName(name)
    button.setAccessibleName(f"{text} margin")
    return button
