"""The size of an order from what it may cost: a margin, or a share of what is free. Exact, down to the lot.

What comes out is a quantity somebody may order. Whether it may be placed is for `risk` to say.
"""

from decimal import Decimal

from desktop_trader.domain.fees import trading_fee
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.margin import initial_margin
from desktop_trader.domain.money import HUNDRED, ONE, ZERO


def quantity_for_margin(instrument: Instrument, margin: Decimal, *, price: Decimal, leverage: int) -> Decimal:
    """Return the largest quantity at `price` whose initial margin is `margin` (>= 0) at most; its fee comes on top."""
    if margin <= 0 or price <= 0:
        return ZERO
    return instrument.round_quantity(margin * leverage / (price * instrument.contract_size))


def quantity_for_budget(instrument: Instrument, budget: Decimal, *, price: Decimal, leverage: int) -> Decimal:
    """Return the largest quantity at `price` whose initial margin and taker fee are `budget` (>= 0) at most."""
    if budget <= 0 or price <= 0:
        return ZERO
    cost_of_one = price * instrument.contract_size * (ONE / leverage + instrument.taker_fee_rate)
    quantity = instrument.round_quantity(budget / cost_of_one)
    # Margin and fee are rounded up each, which can cost a hair more than there is.
    while quantity > 0 and _reserve(instrument, quantity, price=price, leverage=leverage) > budget:
        quantity = instrument.round_quantity(max(ZERO, quantity - instrument.lot_size))
    return quantity


def part_of(instrument: Instrument, quantity: Decimal, *, percent: Decimal) -> Decimal:
    """Return `percent` of an open quantity, rounded down to the lot; 100 is the whole, also where it is off the lot."""
    return quantity if percent >= HUNDRED else instrument.round_quantity(quantity * percent / HUNDRED)


def _reserve(instrument: Instrument, quantity: Decimal, *, price: Decimal, leverage: int) -> Decimal:
    fee = trading_fee(instrument, quantity, price=price, is_maker=False)
    return initial_margin(instrument.notional(quantity, price), leverage) + fee
