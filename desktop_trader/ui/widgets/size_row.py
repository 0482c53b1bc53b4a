"""How large an order is: a quantity, a margin, or a share of what is free; and buttons for shares."""

from decimal import Decimal

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.money import HUNDRED, ONE, UNIT
from desktop_trader.ui.models.ticket_size import SizeUnit
from desktop_trader.ui.theme import SPACE_S
from desktop_trader.ui.widgets.captioned_field import CaptionedField
from desktop_trader.ui.widgets.decimal_edit import DecimalEdit
from desktop_trader.ui.widgets.percent_buttons import PercentButtons
from desktop_trader.ui.widgets.quiet_wheel import QuietWheel

_CENTS = 2
_PERCENT_DECIMALS = 2


class SizeRow(QWidget):
    """`share_chosen` brings the percentage of a button: whoever knows what is free says what it comes to."""

    changed = Signal()
    share_chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("futures-size")
        self.setAccessibleName("Size")
        self.edit = DecimalEdit(minimum=UNIT, step=ONE)
        self.edit.setObjectName("futures-quantity-edit")
        self._unit = QComboBox()
        self._unit.setObjectName("futures-size-unit-combo")
        self._unit.setAccessibleName("Unit of the size")
        self._unit.setToolTip("What the size counts")
        for unit in SizeUnit:
            self._unit.addItem(unit.value, unit)
        QuietWheel(self._unit)
        self._pair = CaptionedField(self.edit, "Size", beside=(self._unit,))
        self._shares = PercentButtons(prefix="futures-size", of="what is available")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_S)
        layout.addWidget(self._pair)
        layout.addWidget(self._shares)
        self._instrument: Instrument | None = None
        self._is_exit = False
        self._bound = ""
        self.edit.value_changed.connect(self._forget_bound)
        self._unit.currentIndexChanged.connect(self._on_unit_changed)
        self._shares.chosen.connect(self.share_chosen)
        self.edit.value_changed.connect(self.changed)
        self.edit.error_changed.connect(self.changed)

    @property
    def unit(self) -> SizeUnit:
        """What the number counts."""
        return SizeUnit.QUANTITY if self._is_exit else SizeUnit(self._unit.currentData())

    def start_over(self) -> None:
        """Count quantities again, and none yet."""
        self._unit.setCurrentIndex(0)
        self.edit.clear()

    def take_grid(self, instrument: Instrument) -> None:
        """Take lot and currencies of another instrument."""
        self._instrument = instrument
        counted = instrument.base if instrument.contract_size == ONE else "contracts"
        paid = "margin" if instrument.max_leverage > 1 else "cost"
        with QSignalBlocker(self._unit):
            for place, text in enumerate((counted, f"{instrument.settle} {paid}", "% available")):
                self._unit.setItemText(place, text)
        self._fit()

    def close_part(self, is_exit: bool) -> None:
        """Count quantities only, and shares of the open position: the order closes it or a part of it."""
        if is_exit != self._is_exit:
            self._is_exit = is_exit
            self._unit.setVisible(not is_exit)
            self._shares.name("the open position" if is_exit else "what is available")
            self.edit.clear()
            self._fit()
            self.changed.emit()

    def show_room(self, room: str) -> None:
        """Say beside the caption how much there is to order with, or to close; or what a share was cut down by."""
        said = f"at most, by {self._bound}" if self._bound else room
        self._pair.set_caption(f"Size · {said}" if said else "Size")

    def take_share(self, amount: Decimal | None, *, bound: str) -> None:
        """Fill in what a button's share comes to, and say what bounds it until another size is typed."""
        self.edit.set_value(amount)
        self._bound = bound
        self.changed.emit()

    def _forget_bound(self) -> None:
        self._bound = ""

    def _on_unit_changed(self) -> None:
        self.edit.clear()
        self._fit()
        self.changed.emit()

    def _fit(self) -> None:
        instrument = self._instrument
        if instrument is None:
            return
        if self.unit is SizeUnit.QUANTITY:
            self.edit.setAccessibleName("Order quantity")
            self.edit.set_grid(instrument.lot_size)
        elif self.unit is SizeUnit.MARGIN:
            self.edit.setAccessibleName(f"Order margin in {instrument.settle}")
            self.edit.set_precision(decimals=_CENTS, step=ONE)
            self.edit.set_range(minimum=Decimal("0.01"), maximum=None)
        else:
            self.edit.setAccessibleName("Order size in percent of what is available")
            self.edit.set_precision(decimals=_PERCENT_DECIMALS, step=ONE)
            self.edit.set_range(minimum=Decimal("0.01"), maximum=HUNDRED)
