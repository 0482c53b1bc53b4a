"""A stop or a target of an entry: so many percent from the price it fills at, or a price."""

from decimal import Decimal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton

from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.money import HUNDRED
from desktop_trader.ui.widgets.captioned_field import CaptionedField
from desktop_trader.ui.widgets.decimal_edit import DecimalEdit

_PERCENT_STEP = Decimal("0.1")
_PERCENT_MIN = Decimal("0.01")
_PERCENT_DECIMALS = 2


class ProtectionField(CaptionedField):
    """Begins with the percentage of the settings. Empty is none; the button beside it changes the unit."""

    unit_changed = Signal()

    def __init__(self, *, name: str, caption: str, percent: Decimal) -> None:
        self.edit = DecimalEdit()
        self.edit.setObjectName(f"{name}-edit")
        self.edit.setPlaceholderText("none")
        self._unit = QPushButton()
        self._unit.setObjectName(f"{name}-unit-btn")
        self._unit.setProperty("look", "small-button")
        super().__init__(self.edit, caption, beside=(self._unit,))
        self._what = caption
        self._default = percent
        self._is_percent = True
        self._instrument: Instrument | None = None
        self._unit.clicked.connect(lambda: self.use_percent(not self._is_percent))
        self.use_percent(True)

    @property
    def percent(self) -> Decimal | None:
        """How far from the entry, in percent; None without one, or where it is a price."""
        return self.edit.value() if self._is_percent else None

    @property
    def price(self) -> Decimal | None:
        """Where it is; None without one, or where it is a percentage."""
        return None if self._is_percent else self.edit.value()

    def use_percent(self, is_percent: bool) -> None:
        """Ask for a percentage, beginning with the one of the settings, or for a price, beginning with none."""
        self._is_percent = is_percent
        self._fit()
        self.edit.set_value(self._default if is_percent else None)
        self.unit_changed.emit()

    def error_text(self) -> str:
        """Say what is wrong with it; empty while nothing is."""
        error = self.edit.error_text() if self.is_offered else ""
        return f"{self._what}: {error}" if error else ""

    def take_grid(self, instrument: Instrument) -> None:
        """Take tick and currency of another instrument."""
        self._instrument = instrument
        self._fit()

    def _fit(self) -> None:
        quote = self._instrument.quote if self._instrument else "price"
        unit = "%" if self._is_percent else quote
        self._unit.setText(unit)
        other = f"a price in {quote}" if self._is_percent else "percent"
        self._unit.setAccessibleName(f"{self._what} in {unit}: press for {other}")
        self._unit.setToolTip(f"Press for {other}")
        self.edit.setAccessibleName(f"{self._what} in {unit}, optional")
        if self._is_percent:
            self.edit.set_precision(decimals=_PERCENT_DECIMALS, step=_PERCENT_STEP)
            self.edit.set_range(minimum=_PERCENT_MIN, maximum=HUNDRED)
        elif self._instrument is not None:
            self.edit.set_grid(self._instrument.tick_size)
