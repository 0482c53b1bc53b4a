"""What stands already beside an entry that is checked: its own lot, its symbol and direction, and all that is open.

Limits are those of what results: an order that grew by edits, or several lots of one symbol, count together.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.money import ZERO
from desktop_trader.domain.order import Direction, Order
from desktop_trader.domain.portfolio import Portfolio
from desktop_trader.domain.position import Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What an account has beside an entry, in its currency (quantities in base currency or contracts).

    Of an order that is edited: how much of it is filled, and the margin of its lot and what the lot loses at its stop.
    `notional` is what is open and ordered in its symbol and direction, `exposure` what is in the whole account.
    """

    filled: Decimal = ZERO
    margin: Decimal = ZERO
    loss: Decimal = ZERO
    notional: Decimal = ZERO
    exposure: Decimal = ZERO


NOTHING = Standing()


def notional_in(
    portfolio: Portfolio, instrument: Instrument, *, direction: Direction, price: Decimal, pair: str = ""
) -> Decimal:
    """Return what is open at `price` and ordered in a symbol and direction; of a pair only one order, of `pair` none.

    Orders without a price of their own count at `price`.
    """
    total, pairs = ZERO, {pair} if pair else set()
    for position in portfolio.positions.values():
        if (position.symbol, position.direction) == (instrument.symbol, direction):
            total += instrument.notional(position.quantity, price)
    for order in _entries(portfolio, pairs):
        if (order.symbol, order.direction) == (instrument.symbol, direction):
            own = order.limit_price or order.trigger_price or price
            total += instrument.notional(order.remaining_quantity, own)
    return total


def exposure_of_all(portfolio: Portfolio, mark: Callable[[str], Decimal | None], *, pair: str = "") -> Decimal:
    """Return what everything open is worth at its mark, or what it cost, and what may be opened by entries.

    Entries count by what they lock, which is a hair more than they are worth.
    """
    total = sum((_worth(each, mark(each.symbol)) for each in portfolio.positions.values()), ZERO)
    return total + sum((each.reserve * each.leverage for each in _entries(portfolio, {pair} if pair else set())), ZERO)


def _worth(position: Position, mark: Decimal | None) -> Decimal:
    return position.open_cost if mark is None else position.quantity * position.contract_size * mark


def _entries(portfolio: Portfolio, pairs: set[str]) -> list[Order]:
    """Return the live entries; of two that end each other the first, of `pairs` none."""
    entries: list[Order] = []
    for order in portfolio.orders.values():
        if order.is_exit or order.oco_id in pairs:
            continue
        if order.oco_id:
            pairs.add(order.oco_id)
        entries.append(order)
    return entries
