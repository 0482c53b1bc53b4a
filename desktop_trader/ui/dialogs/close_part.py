"""Close a part of a position at the market."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from desktop_trader.domain.level_result import Holding, close_fee, result_at
from desktop_trader.domain.order import Direction
from desktop_trader.messages.commands import ClosePosition
from desktop_trader.messages.snapshot import PositionView
from desktop_trader.ui.dialogs.command_dialog import DialogWords
from desktop_trader.ui.dialogs.position_dialog import PositionDialog
from desktop_trader.ui.models.balance_model import BalanceModel, SendCommand
from desktop_trader.ui.network_text import refusal_text
from desktop_trader.ui.number_format import decimals_of, format_signed_money
from desktop_trader.ui.theme import SPACE_S

if TYPE_CHECKING:
    from desktop_trader.messages.commands import Command

_WORDS = DialogWords(prefix="close-part", title="Close a part", ok="Close this part")
_PERCENTS = (25, 50, 75, 100)
_SMALLEST = Decimal("0.00000001")


class ClosePartDialog(PositionDialog):
    """The part is typed, or taken as a percentage of what is open, rounded down to the lot."""

    def __init__(
        self, model: BalanceModel, position: PositionView, *, send: SendCommand, parent: QWidget | None = None
    ) -> None:
        super().__init__(model, position, send=send, words=_WORDS, parent=parent)
        lot = self.instrument.lot_size if self.instrument is not None else _SMALLEST
        self._quantity = self.make_edit("close-part-quantity-edit", "Quantity", step=lot, decimals=decimals_of(lot))
        self.add_row("Quantity", self._quantity)
        self.add_row("of what is open", self._percents())
        self._take_percent(50)
        self._quantity.setFocus()
        self._quantity.selectAll()

    def terms_problem(self) -> str:
        shut = refusal_text(self.model.network)
        quantity, instrument = self._quantity.value(), self.instrument
        if shut or quantity is None:
            return shut or self._quantity.error_text()
        if quantity > self.position.quantity:
            return f"Only {self.quantity(self.position.quantity)} is open."
        if instrument is not None and not instrument.is_on_quantity_grid(quantity):
            return f"Quantities of {instrument.symbol} are multiples of {instrument.lot_size:f}."
        return "" if quantity > 0 else "The part has to be above zero."

    def is_ready(self) -> bool:
        return self._quantity.value() is not None

    def facts(self) -> str:
        quantity, row, instrument = self._quantity.value(), self.position, self.instrument
        if quantity is None:
            return ""
        rest = row.quantity - quantity
        stays = f"{self.quantity(rest)} stays open." if rest else "Nothing stays open."
        if instrument is None or row.mark_price is None:
            return f"Closes {self.quantity(quantity)} at the market. {stays}"
        part = Holding(direction=Direction(row.direction), quantity=quantity, entry_price=row.entry_price)
        gross = result_at(part, row.mark_price, instrument=instrument)
        fee = close_fee(part, row.mark_price, instrument=instrument)
        return (
            f"Closes {self.quantity(quantity)} at the market: about {format_signed_money(gross, self.currency())} at "
            f"the mark, less a fee of about {self.money(fee)}. {stays}"
        )

    def command(self, request_id: str) -> Command:
        quantity = self._quantity.value()
        is_all = quantity == self.position.quantity
        return ClosePosition(request_id=request_id, position_id=self.position.id, quantity=None if is_all else quantity)

    def _percents(self) -> QWidget:
        row = QWidget()
        row.setObjectName("close-part-percents")
        row.setAccessibleName("A part in percent")
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_S)
        for percent in _PERCENTS:
            button = QPushButton(f"{percent} %")
            button.setObjectName(f"close-part-{percent}-btn")
            button.setAccessibleName(f"{percent} percent of what is open")
            button.setProperty("look", "small-button")
            button.setAutoDefault(False)
            button.clicked.connect(lambda _on, part=percent: self._take_percent(part))
            layout.addWidget(button)
        layout.addStretch(1)
        return row

    def _take_percent(self, percent: int) -> None:
        part = self.position.quantity * percent / 100
        self._quantity.set_value(part if self.instrument is None else self.instrument.round_quantity(part))
