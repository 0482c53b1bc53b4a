"""What a position would come to at a price that is not there: for lines on a chart, and before something is asked."""

from dataclasses import dataclass
from decimal import Decimal

from desktop_trader.domain.fees import trading_fee
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.money import round_up
from desktop_trader.domain.order import Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What is open of a symbol: `quantity` > 0 entered at an average of `entry_price`."""

    direction: Direction
    quantity: Decimal
    entry_price: Decimal


def result_at(held: Holding, price: Decimal, *, instrument: Instrument) -> Decimal:
    """Return what closing all of it at `price` earns before fees: (price - entry) x quantity x contract size x sign."""
    return instrument.notional(held.quantity, price - held.entry_price) * held.direction.sign


def close_fee(held: Holding, price: Decimal, *, instrument: Instrument) -> Decimal:
    """Return what a taker pays for closing all of it at `price`."""
    return trading_fee(instrument, held.quantity, price=price, is_maker=False)


def liquidation_result(held: Holding, price: Decimal, *, left: Decimal, instrument: Instrument) -> Decimal:
    """Return what a liquidation at the mark `price` books: the P&L there and the liquidation fee as far as it is paid.

    `left` is what still answers at that price: isolated the margin with the P&L, on cross what all cross positions
    have to have left. A fee takes no more than that, and a price beyond all that answers takes nothing more.
    """
    fee = round_up(instrument.notional(held.quantity, price) * instrument.liquidation_fee_rate)
    return result_at(held, price, instrument=instrument) - min(fee, left)


def snapped(price: Decimal, instrument: Instrument) -> Decimal:
    """Return the multiple of the tick that is nearest to a price, the upper one of two; at least one tick."""
    return max(instrument.round_price_down(price + instrument.tick_size / 2), instrument.tick_size)
