"""Trading fees."""

from decimal import Decimal

from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.money import round_up


def trading_fee(instrument: Instrument, quantity: Decimal, *, price: Decimal, is_maker: bool) -> Decimal:
    """Return notional x fee rate, rounded up to 10^-8, >= 0, in settle currency. Takers pay the taker rate."""
    rate = instrument.maker_fee_rate if is_maker else instrument.taker_fee_rate
    return round_up(instrument.notional(quantity, price) * rate)
