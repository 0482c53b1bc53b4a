"""Leverage: a slider for the hand, a field for the exact number."""

from decimal import Decimal

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSlider, QWidget

from desktop_trader.domain.money import ONE
from desktop_trader.ui.theme import SPACE_S
from desktop_trader.ui.widgets.decimal_edit import DecimalEdit
from desktop_trader.ui.widgets.plain_label import plain_label
from desktop_trader.ui.widgets.quiet_wheel import QuietWheel

_EDIT_PADDING = 28
"""Borders and padding of a field, in pixels; what is typed needs the rest."""
_PAGE = 5


class LeverageSlider(QWidget):
    """1 to what the market allows at all; above what it allows a position of this size, the field says so.

    On a market without leverage it rests at 1 and takes up its former value when there is leverage again.
    """

    changed = Signal()

    def __init__(self, *, leverage: int) -> None:
        super().__init__()
        self.setObjectName("futures-leverage")
        self.setAccessibleName("Leverage")
        self._is_offered = True
        self._wanted = leverage
        self._is_showing = False
        self._maximum = self._allowed = max(1, leverage)
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setObjectName("futures-leverage-slider")
        self._slider.setAccessibleName("Leverage")
        self._slider.setPageStep(_PAGE)
        self._slider.setMinimum(1)
        QuietWheel(self._slider)
        self._edit = DecimalEdit(decimals=0, minimum=ONE, step=ONE)
        self._edit.setObjectName("futures-leverage-edit")
        self._edit.setAccessibleName("Leverage, times")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_S)
        layout.addWidget(self._slider, 1)
        layout.addWidget(self._edit)
        layout.addWidget(plain_label("×", name="futures-leverage-times", tone="muted", spoken="times"))
        self._slider.valueChanged.connect(self._on_slid)
        self._edit.value_changed.connect(self._on_typed)
        self._edit.error_changed.connect(self.changed)
        self._show(leverage)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()
        super().changeEvent(event)

    def value(self) -> int:
        """The leverage chosen, also while it is more than this size may have."""
        return self._slider.value()

    def error_text(self) -> str:
        """Say why an order cannot be sent with what stands here; empty when it can."""
        if not self._is_offered:
            return ""
        if self._edit.error_text():
            return f"Leverage: {self._edit.error_text()[0].lower()}{self._edit.error_text()[1:]}"
        return "" if self._edit.text() else "Enter a leverage"

    def start_over(self, leverage: int) -> None:
        """Forget what was chosen."""
        self._wanted = leverage
        self._show(min(leverage, self._maximum))

    def offer(self, is_offered: bool) -> None:
        """Show it and let it count, or neither."""
        self._is_offered = is_offered
        self.setVisible(is_offered)

    def take_maximum(self, maximum: int) -> None:
        """Take the leverage that another market allows at all: 1 where there is none."""
        if maximum == self._maximum and self._slider.maximum() == maximum:
            return
        self._maximum = self._allowed = maximum
        with QSignalBlocker(self._slider):
            self._slider.setMaximum(maximum)
        self._edit.set_range(minimum=ONE, maximum=Decimal(maximum))
        for each in (self._slider, self._edit):
            each.setEnabled(maximum > 1)
            each.setToolTip("" if maximum > 1 else "Spot is paid whole: there is no leverage")
        self._show(min(self._wanted, maximum))

    def allow(self, leverage: int) -> None:
        """Take what a position of the size typed may have, `leverage` >= 1."""
        allowed = min(leverage, self._maximum)
        if allowed != self._allowed:
            self._allowed = allowed
            self._edit.set_range(minimum=ONE, maximum=Decimal(allowed))

    def _fit(self) -> None:
        self._edit.setFixedWidth(self._edit.fontMetrics().horizontalAdvance("000") + _EDIT_PADDING)

    def _on_slid(self, leverage: int) -> None:
        self._wanted = leverage
        self._edit.set_value(Decimal(leverage))
        self.changed.emit()

    def _on_typed(self, leverage: Decimal | None) -> None:
        if leverage is not None:
            if not self._is_showing:
                self._wanted = int(leverage)
            with QSignalBlocker(self._slider):
                self._slider.setValue(int(leverage))
        self.changed.emit()

    def _show(self, leverage: int) -> None:
        """Show what nobody chose just now."""
        self._is_showing = True
        with QSignalBlocker(self._slider):
            self._slider.setValue(leverage)
        self._edit.set_value(Decimal(leverage))
        self._is_showing = False
