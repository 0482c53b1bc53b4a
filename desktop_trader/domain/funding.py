"""Funding: what longs and shorts of a perpetual swap pay one another every few hours, so that it follows its index.

funding = notional at the mark x rate: longs pay it to shorts while the rate is positive, and get it while it is
negative (Binance, "Introduction to Binance Futures Funding Rates"; Bybit, "Introduction to Funding Rate"). Leverage and
margin do not matter, and the exchange keeps nothing.
"""

from datetime import timedelta
from decimal import Decimal

from desktop_trader.domain.instrument import Instrument, InstrumentKind
from desktop_trader.domain.market import FundingRate, instant_text
from desktop_trader.domain.money import round_down
from desktop_trader.domain.order import Direction
from desktop_trader.domain.position import Position

_DAY = timedelta(days=1)


def funding_amount(position: Position, rate: FundingRate) -> Decimal:
    """Return what a position is paid (+) or pays (-) at this rate, in the account's currency.

    Rounded to 10^-8 towards minus infinity: what is paid goes up, what is received down, so that of a long and a short
    of one size together at most one unit is lost and none is made.
    """
    notional = rate.mark_price * position.quantity * position.contract_size
    return round_down(-position.direction.sign * rate.rate * notional)


def is_due(position: Position, rate: FundingRate, *, instrument: Instrument) -> bool:
    """Say whether a position takes part: an open one of that swap, opened before the instant, at a rate that is final.

    Whoever opens at the very instant does not take part, as on an exchange.
    """
    return (
        instrument.kind is InstrumentKind.SWAP
        and position.is_open
        and position.symbol == rate.symbol
        and position.opened_at < rate.at
        and not rate.is_estimate
    )


def funding_key(position: Position, rate: FundingRate) -> str:
    """Return the idempotency key of this position's funding at this instant: booked once, whoever asks again."""
    return f"funding:{position.account_id}:{position.symbol}:{instant_text(rate.at)}:{position.id}"


def funding_per_day(notional: Decimal, direction: Direction, *, rate: Decimal, interval: timedelta) -> Decimal:
    """Return what a day brings (+) or costs (-) if rate and mark stay as they are; rounded as a payment is."""
    return round_down(-direction.sign * rate * notional * (_DAY // timedelta(seconds=1)) / _seconds(interval))


def _seconds(interval: timedelta) -> int:
    return interval // timedelta(seconds=1)
