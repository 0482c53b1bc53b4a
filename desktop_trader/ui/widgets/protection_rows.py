"""What an entry gives its position: stop, target and a stop that follows."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.order import NO_PROTECTION, Protection
from desktop_trader.settings import FuturesSettings
from desktop_trader.ui.theme import SPACE_M, SPACE_S
from desktop_trader.ui.widgets.percent_field import PercentField
from desktop_trader.ui.widgets.protection_field import ProtectionField


class ProtectionRows(QWidget):
    """Begins with the percentages of the settings. `beside` stands right of the stop that follows."""

    changed = Signal()

    def __init__(self, defaults: FuturesSettings, *, beside: QWidget) -> None:
        super().__init__()
        self.setObjectName("futures-protection")
        self.setAccessibleName("Stop and target")
        self._stop = ProtectionField(name="futures-stop-loss", caption="Stop loss", percent=defaults.stop_loss_percent)
        self._target = ProtectionField(
            name="futures-take-profit", caption="Take profit", percent=defaults.take_profit_percent
        )
        self._trail = PercentField(name="futures-trailing-stop", caption="Trailing stop %", placeholder="none")
        self._fields = (self._stop, self._target, self._trail)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_S)
        for row in ((self._stop, self._target), (self._trail, beside)):
            line = QHBoxLayout()
            line.setSpacing(SPACE_M)
            for field in row:
                line.addWidget(field, 1)
            layout.addLayout(line)
        for each in self._fields:
            each.edit.value_changed.connect(self.changed)
            each.edit.error_changed.connect(self.changed)
        for level in (self._stop, self._target):
            level.unit_changed.connect(self.changed)

    def value(self) -> Protection:
        """Stop, target and trail as typed; nothing while they are not offered."""
        if not self._stop.is_offered:
            return NO_PROTECTION
        return Protection(
            stop_loss=self._stop.price,
            stop_loss_percent=self._stop.percent,
            take_profit=self._target.price,
            take_profit_percent=self._target.percent,
            trail_percent=self._trail.value(),
        )

    def offer(self, is_offered: bool) -> None:
        """Show them for an order that opens a position, hide them for one that closes."""
        for field in self._fields:
            field.offer(is_offered)

    def take_grid(self, instrument: Instrument) -> None:
        """Take tick and currency of another instrument."""
        self._stop.take_grid(instrument)
        self._target.take_grid(instrument)

    def start_over(self) -> None:
        """Go back to the percentages of the settings."""
        self._stop.use_percent(True)
        self._target.use_percent(True)
        self._trail.edit.clear()

    def error_text(self) -> str:
        """Say what is typed wrong; empty while nothing is."""
        return next((text for field in self._fields if (text := field.error_text())), "")
