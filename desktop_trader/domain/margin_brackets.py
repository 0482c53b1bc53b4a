"""Tiers of a swap: the larger a position, the less leverage it may have and the more margin has to be left.

Exchanges publish a table for each contract. Where a market names none, `STANDARD_BRACKETS` count; they are the
simulated exchange's own, and a receipt names the bracket that was used.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.money import ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginBracket:
    """One tier: notionals from `floor` (exclusive, except 0) up to `cap` (inclusive; None: without end).

    The maintenance margin of a notional in it is notional x `maintenance_rate` - `maintenance_amount`; the amount makes
    the margin continuous from one tier to the next. Amounts in settle currency.
    """

    floor: Decimal
    cap: Decimal | None
    max_leverage: int
    maintenance_rate: Decimal
    maintenance_amount: Decimal = ZERO

    def maintenance_margin(self, notional: Decimal) -> Decimal:
        """Return what has to be left of the margin of such a position, exact."""
        return notional * self.maintenance_rate - self.maintenance_amount


def make_brackets(rows: Sequence[tuple[Decimal | None, int, Decimal]]) -> tuple[MarginBracket, ...]:
    """Return the tiers of a table of (cap, maximum leverage, maintenance rate), each continuing the one before.

    amount(n) = amount(n-1) + floor(n) x (rate(n) - rate(n-1)): the formula that Binance publishes for its brackets.

    Raises:
        InvalidInputError: the caps do not grow, the last one ends somewhere, or a figure is out of range.
    """
    if not rows or rows[-1][0] is not None:
        raise InvalidInputError("a table of margin brackets ends with one that has no upper end")
    brackets: list[MarginBracket] = []
    floor = amount = rate_before = ZERO
    for cap, max_leverage, rate in rows:
        if (cap is not None and cap <= floor) or max_leverage < 1 or not rate_before <= rate < 1 or rate <= 0:
            raise InvalidInputError(
                f"margin bracket from {floor} on: {cap}, {max_leverage}x, {rate} do not continue it"
            )
        amount += floor * (rate - rate_before)
        brackets.append(
            MarginBracket(
                floor=floor, cap=cap, max_leverage=max_leverage, maintenance_rate=rate, maintenance_amount=amount
            )
        )
        floor, rate_before = cap or floor, rate
    return tuple(brackets)


def bracket_of(brackets: Sequence[MarginBracket], notional: Decimal) -> MarginBracket:
    """Return the tier that a notional >= 0 falls into."""
    for bracket in brackets:
        if bracket.cap is None or notional <= bracket.cap:
            return bracket
    return brackets[-1]


def is_continuous(brackets: Sequence[MarginBracket]) -> bool:
    """Say whether every tier begins where the one before ends."""
    return all(lower.cap == upper.floor for lower, upper in pairwise(brackets))


STANDARD_BRACKETS = make_brackets(
    (
        (Decimal(250_000), 125, Decimal("0.005")),
        (Decimal(1_000_000), 100, Decimal("0.0065")),
        (Decimal(5_000_000), 50, Decimal("0.01")),
        (Decimal(20_000_000), 20, Decimal("0.025")),
        (Decimal(50_000_000), 10, Decimal("0.05")),
        (None, 5, Decimal("0.1")),
    )
)
"""What a swap has whose market names no tiers."""
SPOT_BRACKETS = (MarginBracket(floor=ZERO, cap=None, max_leverage=1, maintenance_rate=Decimal("0.005")),)
"""Spot is paid whole; the rate is never reached by a long at leverage 1."""
