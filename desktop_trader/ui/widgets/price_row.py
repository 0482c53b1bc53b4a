"""The prices of an order: limit, trigger, and how far a trailing stop follows."""

from collections.abc import Callable
from decimal import Decimal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop_trader.domain.instrument import Instrument
from desktop_trader.ui.models.order_ticket import TicketShape
from desktop_trader.ui.theme import SPACE_M
from desktop_trader.ui.widgets.percent_field import PercentField
from desktop_trader.ui.widgets.price_field import PriceField

_LOOKS_AT = "Triggers look at the ask to buy and at the bid to sell; liquidation looks at the mark"


class PriceRow(QWidget):
    """Those are there which the kind of order has. `last` says what the market shows now."""

    changed = Signal()

    def __init__(self, *, last: Callable[[], Decimal | None]) -> None:
        super().__init__()
        self.setObjectName("futures-prices")
        self.setAccessibleName("Prices of the order")
        self._limit = PriceField(name="futures-limit-price", caption="Limit price", last=last)
        self._trigger = PriceField(name="futures-trigger-price", caption="Trigger price", last=last)
        self._trail = PercentField(name="futures-trail-percent", caption="Trailing %")
        for field in (self._trigger, self._trail):
            field.edit.setToolTip(_LOOKS_AT)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_M)
        for field in (self._trigger, self._limit, self._trail):
            layout.addWidget(field, 1)
            field.edit.value_changed.connect(self.changed)
            field.edit.error_changed.connect(self.changed)

    @property
    def limit(self) -> Decimal | None:
        """The limit typed."""
        return self._limit.value()

    @property
    def trigger(self) -> Decimal | None:
        """The trigger typed."""
        return self._trigger.value()

    @property
    def trail_percent(self) -> Decimal | None:
        """How far the stop follows."""
        return self._trail.value()

    @property
    def named(self) -> Decimal | None:
        """About what the order would fill at: its limit, else its trigger; None for the market's price."""
        return self.limit or self.trigger

    def take_shape(self, shape: TicketShape) -> None:
        """Show the prices of another kind."""
        self._limit.offer(shape.has_limit)
        self._trigger.offer(shape.has_trigger)
        self._trail.offer(shape.has_trail)
        begins = "Starts at" if shape.is_trigger_optional else "Trigger price"
        self._trigger.set_caption(begins)
        self._trigger.edit.setAccessibleName(f"{begins}, optional" if shape.is_trigger_optional else begins)
        self._trigger.edit.setPlaceholderText("at once" if shape.is_trigger_optional else "")
        self.setVisible(shape.has_limit or shape.has_trigger or shape.has_trail)

    def take_grid(self, instrument: Instrument) -> None:
        """Take the tick of another instrument."""
        self._limit.take_grid(instrument)
        self._trigger.take_grid(instrument)

    def set_price(self, price: Decimal) -> None:
        """Put a price where the order has one: its limit, else its trigger."""
        (self._limit if self._limit.is_offered else self._trigger).edit.set_value(price)

    def clear(self) -> None:
        """Forget what was typed."""
        for field in (self._limit, self._trigger, self._trail):
            field.edit.clear()

    def error_text(self) -> str:
        """Say what is typed wrong; empty while nothing is."""
        return next((text for each in (self._trigger, self._limit, self._trail) if (text := each.error_text())), "")
