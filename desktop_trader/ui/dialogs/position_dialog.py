"""What dialogs share that are about one open position."""

from __future__ import annotations

from decimal import Decimal

from PySide6.QtWidgets import QWidget

from desktop_trader.domain.instrument import Instrument
from desktop_trader.messages.snapshot import PositionView
from desktop_trader.ui.dialogs.command_dialog import CommandDialog, DialogWords
from desktop_trader.ui.models.balance_model import BalanceModel, SendCommand
from desktop_trader.ui.models.table_columns import direction_text, price_text, quantity_text
from desktop_trader.ui.number_format import format_money, format_quantity
from desktop_trader.ui.widgets.decimal_edit import DecimalEdit
from desktop_trader.ui.widgets.plain_label import plain_label

_GONE = "This position is closed."
_CLOSING = "This position is being closed."


class PositionDialog(CommandDialog):
    """Follows its position: what it says is of the newest snapshot, and nothing can be asked of a closed one."""

    def __init__(
        self,
        model: BalanceModel,
        position: PositionView,
        *,
        send: SendCommand,
        words: DialogWords,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(model, send=send, words=words, parent=parent)
        self._last = position
        self._title = plain_label("", name=f"{words.prefix}-position", tone="title", spoken="Position")
        self._title.setWordWrap(True)
        self.rows.addRow(self._title)

    @property
    def position(self) -> PositionView:
        """The position as it was seen last."""
        self._last = next((each for each in self.model.positions if each.id == self._last.id), self._last)
        return self._last

    @property
    def instrument(self) -> Instrument | None:
        """The rules of its symbol."""
        return self.model.instrument(self._last.symbol)

    def problem(self) -> str:
        if all(each.id != self._last.id for each in self.model.positions):
            return _GONE
        return _CLOSING if self.position.is_closing else self.terms_problem()

    def terms_problem(self) -> str:
        """Say why what is typed cannot be; empty when it can."""
        return ""

    def refresh(self) -> None:
        row = self.position
        self._title.setText(
            f"{direction_text(row.direction)} {quantity_text(row.quantity, self.instrument)} {row.symbol}\n"
            f"entry {self.price(row.entry_price)} · mark {self.price(row.mark_price)} · "
            f"{row.margin_mode} {row.leverage}x"
        )
        self._title.setAccessibleName(self._title.text())
        super().refresh()

    def price(self, price: Decimal | None) -> str:
        """Write a price on the symbol's grid."""
        return price_text(price, self.instrument)

    def money(self, amount: Decimal | None) -> str:
        """Write an amount of the account."""
        balance = self.model.balance
        return format_money(amount, balance.currency if balance is not None else "USDT")

    def currency(self) -> str:
        """The account's currency."""
        return self.model.balance.currency if self.model.balance is not None else "USDT"

    def quantity(self, quantity: Decimal) -> str:
        """Write a quantity on the symbol's grid."""
        instrument = self.instrument
        return format_quantity(quantity, instrument.lot_size if instrument is not None else Decimal("0.00000001"))

    def make_edit(self, name: str, spoken: str, *, step: Decimal, decimals: int) -> DecimalEdit:
        """Return a field for an exact number."""
        edit = DecimalEdit(decimals=decimals, step=step)
        edit.setObjectName(name)
        edit.setAccessibleName(spoken)
        edit.textChanged.connect(self.typed)
        return edit
