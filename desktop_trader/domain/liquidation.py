"""Where a price would have to stand for what answers for positions to fall to their maintenance margin.

One solver for both margin modes. What answers is an amount of money (isolated: the margin of the position; cross: what
the account has free, with the margins of its cross positions) and the unrealized P&L of the positions of one symbol.
Binance publishes the same equation as its liquidation price of USDⓈ-M contracts, with one bracket put in: WB - TMM +
UPNL + cum - side x size x entry, over size x rate - side x size (its support article "How to Calculate Liquidation
Price of USDⓈ-M Futures Contracts"). There the bracket has to be guessed and tried again; here every bracket is solved,
and a solution counts only inside of its own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.margin_brackets import MarginBracket, bracket_of
from desktop_trader.domain.money import ONE, ZERO
from desktop_trader.domain.position import Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """What one position does to the equation: `size` > 0 in base currency, `sign` +1 long, its cost, its tiers."""

    sign: int
    size: Decimal
    cost: Decimal
    brackets: tuple[MarginBracket, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SafeRange:
    """The prices between which nothing is closed by force, exact; None on a side where no price > 0 does it."""

    low: Decimal | None
    high: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stretch:
    """Prices from `begin` to `end` (None: without end) in which no bracket changes: left = base + slope x price."""

    begin: Decimal
    end: Decimal | None
    base: Decimal
    slope: Decimal

    def safe_part(self) -> tuple[Decimal, Decimal | None] | None:
        """Return the part in which more is left than maintenance, None when nowhere."""
        begin, end = self.begin, self.end
        if not self.slope:
            return (begin, end) if self.base > 0 else None
        root = -self.base / self.slope
        if self.slope > 0:
            begin = max(begin, root)
        else:
            end = root if end is None else min(end, root)
        return (begin, end) if end is None or begin < end else None


def exposure_of(position: Position, instrument: Instrument) -> Exposure:
    """Return what a position does to the equation of its symbol."""
    return Exposure(
        sign=position.direction.sign,
        size=position.quantity * position.contract_size,
        cost=position.open_cost,
        brackets=instrument.margin_brackets,
    )


def safe_range(answer: Decimal, exposures: Sequence[Exposure]) -> SafeRange | None:
    """Return between which prices of one symbol its positions are safe; None where they are at no price.

    `answer` is what stands for them besides their own P&L and maintenance. A long alone has only a lower end, a short
    only an upper one; lots of both directions may have both. The brackets have to be continuous: then there is at most
    one such range, because maintenance grows faster with the notional from one bracket to the next.
    """
    parts = [part for stretch in _stretches(answer, exposures) if (part := stretch.safe_part()) is not None]
    if not parts:
        return None
    return SafeRange(low=parts[0][0] or None, high=parts[-1][1])


def level_of_one(answer: Decimal, exposure: Exposure) -> Decimal | None:
    """Return the price at which one position alone is closed by force, exact: the quick way for what is asked often.

    Where two brackets do not continue each other no price may solve the equation; then the careful way answers.
    """
    if exposure.sign > 0 and answer >= exposure.cost:
        return None  # Not even a price of zero loses so much.
    for bracket in exposure.brackets:
        price = (answer - exposure.sign * exposure.cost + bracket.maintenance_amount) / (
            exposure.size * (bracket.maintenance_rate - exposure.sign)
        )
        notional = price * exposure.size
        if price > 0 and notional >= bracket.floor and (bracket.cap is None or notional <= bracket.cap):
            return price
    safe = safe_range(answer, (exposure,))
    if safe is None:
        return None
    return safe.low if exposure.sign > 0 else safe.high


def _stretches(answer: Decimal, exposures: Sequence[Exposure]) -> Iterator[_Stretch]:
    caps = {bracket.cap / each.size for each in exposures for bracket in each.brackets if bracket.cap is not None}
    begin = ZERO
    for end in (*sorted(caps), None):
        inside = begin + ONE if end is None else (begin + end) / 2
        base, slope = answer, ZERO
        for each in exposures:
            bracket = bracket_of(each.brackets, inside * each.size)
            base += bracket.maintenance_amount - each.sign * each.cost
            slope += each.size * (each.sign - bracket.maintenance_rate)
        yield _Stretch(begin=begin, end=end, base=base, slope=slope)
        if end is not None:
            begin = end
