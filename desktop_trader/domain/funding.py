"""Funding: what longs and shorts of a perpetual swap pay one another every few hours, so that it follows its index.

funding = notional at the mark x rate: longs pay it to shorts while the rate is positive, and get it while it is
negative (Binance, "Introduction to Binance Futures Funding Rates"; Bybit, "Introduction to Funding Rate"). Leverage and
margin do not matter, and the exchange keeps nothing.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from desktop_trader.domain.fill import Fill
from desktop_trader.domain.instrument import Instrument, InstrumentKind
from desktop_trader.domain.market import FundingRate, instant_text
from desktop_trader.domain.money import round_down
from desktop_trader.domain.order import Direction
from desktop_trader.domain.position import Position

_DAY = timedelta(days=1)


def funding_amount(position: Position, rate: FundingRate, *, quantity: Decimal | None = None) -> Decimal:
    """Return what a position is paid (+) or pays (-) at this rate, in the account's currency.

    `quantity` is what was open of it at the instant, None where that is what is open now.

    Rounded to 10^-8 towards minus infinity: what is paid goes up, what is received down, so that of a long and a short
    of one size together at most one unit is lost and none is made.
    """
    open_then = position.quantity if quantity is None else quantity
    notional = rate.mark_price * open_then * position.contract_size
    return round_down(-position.direction.sign * rate.rate * notional)


def is_due(position: Position, rate: FundingRate, *, instrument: Instrument) -> bool:
    """Say whether a position takes part: one of that swap that was open at the instant, at a rate that is final.

    Whoever opens or closes at the very instant does not take part: a bar that ends at it has been traded by then.
    """
    return (
        instrument.kind is InstrumentKind.SWAP
        and position.symbol == rate.symbol
        and position.opened_at < rate.at
        and (position.closed_at is None or position.closed_at > rate.at)
        and not rate.is_estimate
    )


def quantity_at(position: Position, at: datetime, *, later: Iterable[Fill]) -> Decimal:
    """Return how much of a position was open at an instant; `later` has the fills since, maybe of others too.

    What was filled at the very instant counts: a bar that ends at it has been traded by then.
    """
    quantity = position.quantity
    for fill in later:
        if fill.position_id == position.id and fill.at > at:
            quantity += -fill.quantity if fill.side is position.direction.entry_side else fill.quantity
    return quantity


def funding_key(position: Position, rate: FundingRate) -> str:
    """Return the idempotency key of this position's funding at this instant: booked once, whoever asks again."""
    return f"funding:{position.account_id}:{position.symbol}:{instant_text(rate.at)}:{position.id}"


def funding_per_day(notional: Decimal, direction: Direction, *, rate: Decimal, interval: timedelta) -> Decimal:
    """Return what a day brings (+) or costs (-) if rate and mark stay as they are; rounded as a payment is."""
    return round_down(-direction.sign * rate * notional * (_DAY // timedelta(seconds=1)) / _seconds(interval))


def _seconds(interval: timedelta) -> int:
    return interval // timedelta(seconds=1)
