"""Profit and loss of a position, gross of fees and funding."""

from decimal import Decimal

from desktop_trader.domain.money import round_down
from desktop_trader.domain.position import Position


def realized_pnl(position: Position, quantity: Decimal, *, exit_price: Decimal) -> Decimal:
    """Return what closing `quantity` at `exit_price` earns: (exit - entry) x quantity x contract size x sign.

    Rounded to 10^-8 towards minus infinity; gains are positive for longs when the price rose, for shorts when it fell.
    """
    return round_down(_gross(position, quantity, exit_price))


def unrealized_pnl(position: Position, mark_price: Decimal) -> Decimal:
    """Return what closing the whole position at `mark_price` would earn before fees, rounded as `realized_pnl`."""
    return round_down(_gross(position, position.quantity, mark_price))


def _gross(position: Position, quantity: Decimal, price: Decimal) -> Decimal:
    entry_cost = position.entry_cost * quantity / position.entry_quantity
    return (quantity * price * position.contract_size - entry_cost) * position.direction.sign
