"""Margin of linear instruments: what a position locks, what has to be left of it, and the prices that follow.

The formulas are those that Binance (USDⓈ-M: "Leverage and Margin of USDⓈ-M Futures", "How to Calculate Liquidation
Price of USDⓈ-M Futures Contracts") and Bybit (linear: "Initial Margin (USDT Contract)", "Maintenance Margin (USDT
Contract)", "Liquidation Price Calculation under Isolated Mode") publish:

* initial margin = notional / leverage;
* maintenance margin = notional at the mark x rate of its bracket - maintenance amount of the bracket (Bybit calls it
  deduction);
* an isolated position is closed by force when margin + unrealized P&L at the mark falls to the maintenance margin.

Bybit adds the estimated fee of the close to both margins, Binance and we do not: here the fee comes out of what is
left. What answers for cross positions is in `cross_margin`.
"""

from decimal import Decimal

from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.liquidation import exposure_of, level_of_one
from desktop_trader.domain.margin_brackets import bracket_of
from desktop_trader.domain.money import ONE, ZERO, round_up
from desktop_trader.domain.order import Direction
from desktop_trader.domain.position import Position


def initial_margin(notional: Decimal, leverage: int) -> Decimal:
    """Return what a position of this notional locks: notional / leverage, rounded up to 10^-8."""
    return round_up(notional / leverage)


def maintenance_margin(notional: Decimal, instrument: Instrument) -> Decimal:
    """Return what has to be left at this notional (at the mark), by the bracket it falls into; rounded up to 10^-8."""
    return round_up(bracket_of(instrument.margin_brackets, notional).maintenance_margin(notional))


def leverage_limit(notional: Decimal, instrument: Instrument) -> int:
    """Return the most leverage that a position of this notional may have."""
    return bracket_of(instrument.margin_brackets, notional).max_leverage


def notional_limit(leverage: int, instrument: Instrument) -> Decimal | None:
    """Return the largest notional that may have this leverage: None without a limit, zero where none may."""
    fitting = [bracket for bracket in instrument.margin_brackets if bracket.max_leverage >= leverage]
    return fitting[-1].cap if fitting else ZERO


def liquidation_price(position: Position, instrument: Instrument) -> Decimal | None:
    """Return the mark price at which an isolated position is closed by force; None when no price > 0 does it.

    The price at which margin + (price - entry) x size x sign equals the maintenance margin of the bracket that the
    notional falls into at that very price, rounded to the tick on the side that acts earlier. A long at leverage 1 has
    none while its margin is whole. Of a cross position it says what its own margin would bear
    (`cross_margin.cross_liquidation_price` is what counts).
    """
    level = level_of_one(position.margin, exposure_of(position, instrument))
    if level is None:
        return None
    if position.direction is Direction.LONG:
        return instrument.round_price_up(level)
    return instrument.round_price_down(level)


def bankruptcy_price(
    position: Position,
    instrument: Instrument,
    *,
    cover: Decimal | None = None,
    quantity: Decimal | None = None,
    fee_rate: Decimal | None = None,
) -> Decimal:
    """Return the price at which loss and fee of a close together equal what answers: no exit fills at a worse one.

    An exchange's insurance fund takes what lies beyond; so does ours, by never charging it. `cover` is what answers
    (the margin), `quantity` what is closed (all of it), `fee_rate` that of a taker; a liquidation, whose fee is only
    what is left, has a rate of zero. Not above zero for a long that cannot lose so much.
    """
    closed = position.quantity if quantity is None else quantity
    answers = position.margin if cover is None else cover
    rate = instrument.taker_fee_rate if fee_rate is None else fee_rate
    sign = position.direction.sign
    entry_value = position.entry_cost * closed / position.entry_quantity
    price = (entry_value - sign * answers) / (closed * position.contract_size * (ONE - sign * rate))
    if position.direction is Direction.LONG:
        return instrument.round_price_up(price) if price > 0 else price
    return instrument.round_price_down(price) if price > 0 else price


def break_even_price(position: Position, instrument: Instrument) -> Decimal | None:
    """Return the price at which closing what is open leaves the whole lot at zero, in the tick that pays for all.

    It pays the fees so far, the taker fee of the close and the funding so far, and counts what parts of the lot earned
    already (exchanges show the same as "break-even price"). None when it lies at no price > 0: a long that has earned
    more than it still costs, a short that has lost more than its price can fall.
    """
    sign = position.direction.sign
    owed = position.fees - position.funding - position.realized_pnl
    size = position.quantity * position.contract_size
    price = (position.open_cost + sign * owed) / (size * (ONE - sign * instrument.taker_fee_rate))
    if price <= 0:
        return None
    rounded = (
        instrument.round_price_up(price) if position.direction is Direction.LONG else instrument.round_price_down(price)
    )
    return rounded if rounded > 0 else None
