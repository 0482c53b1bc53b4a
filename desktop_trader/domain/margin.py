"""Margin of linear instruments: what opening a position locks, and where it is closed by force.

Formulas follow the isolated-margin rules that exchanges publish for linear contracts: initial margin = notional /
leverage; a position is liquidated when margin + unrealized P&L falls to the maintenance margin. (Tiered brackets
and cross margin come with the futures issue.)
"""

from decimal import Decimal

from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.money import ONE, round_up
from desktop_trader.domain.order import Direction
from desktop_trader.domain.position import Position

MAINTENANCE_MARGIN_RATE = Decimal("0.005")
"""Share of the notional at the mark price that must be left as margin: the first tier most exchanges use."""


def initial_margin(notional: Decimal, leverage: int) -> Decimal:
    """Return what a position of this notional locks: notional / leverage, rounded up to 10^-8."""
    return round_up(notional / leverage)


def liquidation_price(position: Position, instrument: Instrument) -> Decimal | None:
    """Return the mark price at which the position is closed by force; None when no price > 0 does it.

    Solves margin + (price - entry) x size x sign = maintenance rate x price x size for the price, rounded to the
    tick on the side that acts earlier. A long at leverage 1 has none.
    """
    size = position.quantity * position.contract_size
    sign = position.direction.sign
    entry_value = position.entry_cost * position.quantity / position.entry_quantity
    price = (position.margin - sign * entry_value) / (size * (MAINTENANCE_MARGIN_RATE - sign * ONE))
    if price <= 0:
        return None
    if position.direction is Direction.LONG:
        return instrument.round_price_up(price)
    return instrument.round_price_down(price)


def bankruptcy_price(position: Position, instrument: Instrument) -> Decimal:
    """Return the price at which loss and taker fee together equal the margin: no exit fills at a worse one.

    An exchange's insurance fund takes what lies beyond; so does ours, by never charging it. Not above zero for a
    long at leverage 1, which cannot lose more than its margin.
    """
    size = position.quantity * position.contract_size
    sign = position.direction.sign
    entry_value = position.entry_cost * position.quantity / position.entry_quantity
    price = (entry_value - sign * position.margin) / (size * (ONE - sign * instrument.taker_fee_rate))
    if position.direction is Direction.LONG:
        return instrument.round_price_up(price) if price > 0 else price
    return instrument.round_price_down(price)
