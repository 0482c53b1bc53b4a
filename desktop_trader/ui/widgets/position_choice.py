"""The open position that a reduce-only order closes."""

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox

from desktop_trader.domain.instrument import Instrument
from desktop_trader.messages.snapshot import PositionView
from desktop_trader.ui.number_format import format_price, format_quantity
from desktop_trader.ui.widgets.captioned_field import CaptionedField
from desktop_trader.ui.widgets.quiet_wheel import QuietWheel


class PositionChoice(CaptionedField):
    """The open positions of the ticket's symbol, by their ids; the one chosen stays chosen while it is open."""

    changed = Signal()

    def __init__(self) -> None:
        self._combo = QComboBox()
        self._combo.setObjectName("futures-position-combo")
        self._combo.setAccessibleName("Position to close")
        self._combo.setPlaceholderText("No open position")
        QuietWheel(self._combo)
        super().__init__(self._combo, "Closes")
        self._positions: dict[int, PositionView] = {}
        self._combo.currentIndexChanged.connect(self.changed)

    def position(self) -> PositionView | None:
        """The position chosen; None without one."""
        return self._positions.get(self._combo.currentData() or 0) if self.is_offered else None

    def choose(self, position_id: int) -> None:
        """Choose a position by its id, if it is offered."""
        place = self._combo.findData(position_id)
        if place >= 0:
            self._combo.setCurrentIndex(place)

    def take(self, positions: tuple[PositionView, ...], instrument: Instrument | None) -> None:
        """Offer the open positions of a symbol, which are all of `instrument`."""
        self._positions = {each.id: each for each in positions}
        texts = {each.id: _text(each, instrument) for each in positions if instrument is not None}
        shown = {self._combo.itemData(place): self._combo.itemText(place) for place in range(self._combo.count())}
        if texts == shown:
            return
        chosen = self._combo.currentData()
        with QSignalBlocker(self._combo):
            self._combo.clear()
            for position_id, text in texts.items():
                self._combo.addItem(text, position_id)
            self._combo.setCurrentIndex(max(0, self._combo.findData(chosen)) if texts else -1)
        self.changed.emit()


def _text(position: PositionView, instrument: Instrument) -> str:
    quantity = format_quantity(position.quantity, instrument.lot_size)
    price = format_price(position.entry_price, instrument.tick_size)
    return f"#{position.id} {position.direction.upper()} {quantity} @ {price}"
