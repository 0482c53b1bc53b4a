"""What a size typed in one unit or the other comes to as a quantity, and what a share button writes. No Qt."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.margin import initial_margin
from desktop_trader.domain.money import HUNDRED, ZERO, floor_to_step
from desktop_trader.domain.order_preview import largest_quantity
from desktop_trader.domain.order_size import part_of, quantity_for_margin

_CENT = Decimal("0.01")


class SizeUnit(StrEnum):
    """What the number in the field counts."""

    QUANTITY = "quantity"
    MARGIN = "margin"
    PERCENT = "percent"


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeGround:
    """What a size depends on: the price of the order (None while unknown), its leverage, and what is free for it.

    `open_quantity` is what a reduce-only order can close, None where the order opens something.
    """

    instrument: Instrument
    price: Decimal | None
    leverage: int
    available: Decimal | None
    open_quantity: Decimal | None = None

    def quantity_of(self, unit: SizeUnit, amount: Decimal | None) -> Decimal | None:
        """Return what is to be ordered; None while that is unknown, zero where it is less than a lot."""
        if amount is None or unit is SizeUnit.QUANTITY:
            return amount
        if self.price is None:
            return None
        if unit is SizeUnit.MARGIN:
            return quantity_for_margin(self.instrument, amount, price=self.price, leverage=self.leverage)
        return None if self.available is None else self._of_available(amount, self.price)

    def share(self, unit: SizeUnit, percent: Decimal) -> Decimal | None:
        """Return what a share of the position, or of what is free, is in a unit; None while that is unknown."""
        if self.open_quantity is not None:
            return part_of(self.instrument, self.open_quantity, percent=percent)
        if unit is SizeUnit.PERCENT:
            return percent
        if self.available is None:
            return None
        if unit is SizeUnit.MARGIN:
            return floor_to_step(max(ZERO, self.available) * percent / HUNDRED, _CENT)
        return None if self.price is None else self._of_available(percent, self.price)

    def amount_of(self, unit: SizeUnit, quantity: Decimal) -> Decimal:
        """Return a quantity in a unit, rounded down: what a share comes to that was cut down to what is accepted."""
        if unit is SizeUnit.QUANTITY or not self.price:
            return quantity
        notional = self.instrument.notional(quantity, self.price)
        margin = initial_margin(notional, self.leverage)
        if unit is SizeUnit.MARGIN:
            return floor_to_step(margin, _CENT)
        needed = margin + notional * self.instrument.taker_fee_rate
        return floor_to_step(needed / self.available * HUNDRED, _CENT) if self.available else ZERO

    def _of_available(self, percent: Decimal, price: Decimal) -> Decimal:
        budget = max(ZERO, self.available or ZERO) * percent / HUNDRED
        most = largest_quantity(self.instrument, budget, price=price, leverage=self.leverage)
        return ZERO if most is None else self.instrument.round_quantity(most)
