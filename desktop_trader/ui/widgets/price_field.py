"""A price of an order, with a button that takes what the market shows last."""

from collections.abc import Callable
from decimal import Decimal

from PySide6.QtWidgets import QPushButton

from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.money import ONE, UNIT
from desktop_trader.ui.widgets.captioned_field import CaptionedField
from desktop_trader.ui.widgets.decimal_edit import DecimalEdit


class PriceField(CaptionedField):
    """Prices on the tick of an instrument. `last` says what the market shows now, None while it shows nothing."""

    def __init__(self, *, name: str, caption: str, last: Callable[[], Decimal | None]) -> None:
        self.edit = DecimalEdit(minimum=UNIT, step=ONE)
        self.edit.setObjectName(f"{name}-edit")
        self.edit.setAccessibleName(caption)
        button = QPushButton("Last")
        button.setObjectName(f"{name}-last-btn")
        button.setAccessibleName(f"{caption}: take the last price")
        button.setToolTip("Take the last price")
        button.setProperty("look", "small-button")
        super().__init__(self.edit, caption, beside=(button,))
        self._last = last
        self._what = caption
        button.clicked.connect(self._take_last)

    def value(self) -> Decimal | None:
        """The price typed; None while there is none, or while the field is not one of the order's."""
        return self.edit.value() if self.is_offered else None

    def error_text(self) -> str:
        """Say what is wrong with the price; empty while nothing is."""
        error = self.edit.error_text() if self.is_offered else ""
        return f"{self._what}: {error}" if error else ""

    def take_grid(self, instrument: Instrument) -> None:
        """Take the tick of another instrument."""
        self.edit.set_grid(instrument.tick_size)

    def _take_last(self) -> None:
        last = self._last()
        if last is not None:
            self.edit.set_value(last)
            self.edit.setFocus()
