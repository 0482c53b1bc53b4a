"""A percentage under its caption; empty is none."""

from decimal import Decimal

from desktop_trader.ui.widgets.captioned_field import CaptionedField
from desktop_trader.ui.widgets.decimal_edit import DecimalEdit

_STEP = Decimal("0.1")
_MIN = Decimal("0.01")
_MAX = Decimal(50)
_DECIMALS = 2


class PercentField(CaptionedField):
    """How far a stop follows the price, 0.01 to 50 %."""

    def __init__(self, *, name: str, caption: str, placeholder: str = "") -> None:
        self.edit = DecimalEdit(decimals=_DECIMALS, minimum=_MIN, maximum=_MAX, step=_STEP)
        self.edit.setObjectName(f"{name}-edit")
        self.edit.setAccessibleName(caption)
        self.edit.setPlaceholderText(placeholder)
        super().__init__(self.edit, caption)
        self._what = caption

    def value(self) -> Decimal | None:
        """The percentage typed; None without one, or while it is not one of the order's."""
        return self.edit.value() if self.is_offered else None

    def error_text(self) -> str:
        """Say what is wrong with it; empty while nothing is."""
        error = self.edit.error_text() if self.is_offered else ""
        return f"{self._what}: {error}" if error else ""
