"""Exact decimals: one context, one parser, one scale.

Amounts of money are `Decimal` with at most eight decimals; the books keep them as INTEGER counts of 10^-8
(`to_units`, `from_units`). Prices, quantities and rates are `Decimal` of any scale, kept as canonical text.
No float ever becomes money: the context traps mixing them.
"""

import decimal
import re
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from desktop_trader.domain.errors import InvalidInputError, InvariantError

DOLLAR_CURRENCIES = frozenset({"USD", "USDT", "USDC"})
_CENT = Decimal("0.01")
_UNITS_PER_ONE = Decimal(10**8)
ZERO = Decimal(0)
ONE = Decimal(1)
HUNDRED = Decimal(100)
SCALE = 8
UNIT = Decimal("0.00000001")
MAX_UNITS = 2**62
"""Amounts are smaller than this in units of 10^-8, so that sums of two never leave a signed 64-bit integer."""

LARGEST_SUM = Decimal(40_000_000_000)
"""Well below the largest amount, so that no sum of it with fees and P&L ever leaves the range of the books."""

LARGEST_AMOUNT = Decimal(46_000_000_000)
"""A balance with all that its positions may gain stays below this, which the books can just hold."""
LARGEST_RISE = 10
"""How many times its price anything may gain before amounts would leave the range of the books."""

CONTEXT = decimal.Context(
    prec=50,
    rounding=decimal.ROUND_HALF_EVEN,
    traps=[decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow, decimal.FloatOperation],
)
_PLAIN_DECIMAL = re.compile(r"[+-]?[0-9]{1,24}(\.[0-9]{1,24})?", re.ASCII)
_LONG_DECIMAL = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?", re.ASCII)


def install_context() -> None:
    """Make `CONTEXT` the decimal context of the calling thread. Every thread that computes money calls it first."""
    decimal.setcontext(CONTEXT.copy())


def parse_decimal(text: str, *, what: str = "number") -> Decimal:
    """Return the value of a plain ASCII decimal such as `-12.50`: the only way in for numbers from outside.

    `Decimal()` itself would take NaN, 1_000, Arabic digits and 1E+400; this does not. At most 24 digits on
    either side of the point. `what` names the number in the error.

    Raises:
        InvalidInputError: the text is anything else.
    """
    if _PLAIN_DECIMAL.fullmatch(text) is None:
        shown = text if len(text) <= 24 else text[:24] + "…"
        if _LONG_DECIMAL.fullmatch(text) is not None:
            raise InvalidInputError(
                f"{what} must be a plain decimal number of 24 digits at most on either side of the point, not {shown}"
            )
        raise InvalidInputError(f"{what} must be a plain decimal number such as 1250.50, not {shown!r}")
    return Decimal(text)


def parse_amount(text: str, *, what: str = "amount") -> Decimal:
    """Return an amount of money from outside: a plain decimal with at most eight decimals, within the books' range.

    Raises:
        InvalidInputError: not a number, more than eight decimals, or too large for the books.
    """
    return check_amount(parse_decimal(text, what=what), what=what)


def check_amount(value: Decimal, *, what: str = "amount") -> Decimal:
    """Return an amount as it came if the books can hold it.

    Raises:
        InvalidInputError: not a finite number, more than eight decimals, or too large for the books.
    """
    if not value.is_finite():
        raise InvalidInputError(f"{what} must be a number, not {value}")
    if abs(value) * 10**SCALE >= MAX_UNITS:
        raise InvalidInputError(f"{what} is too large for the books: {value}")
    if value % UNIT:
        raise InvalidInputError(f"{what} has more than {SCALE} decimals: {value}")
    return value


def check_start_amount(value: Decimal, *, what: str = "the start amount") -> Decimal:
    """Return what a run begins with as it came if it can be.

    Raises:
        InvalidInputError: no amount, not above zero, or more than a balance may be.
    """
    if check_amount(value, what=what) <= 0:
        raise InvalidInputError(f"{what} must be above zero, not {value}")
    if value > LARGEST_SUM:
        raise InvalidInputError(f"{what} must be {LARGEST_SUM:,} at most, not {value}")
    return value


def to_units(amount: Decimal) -> int:
    """Return an amount as an integer count of 10^-8; exact or not at all.

    Raises:
        InvariantError: the amount has more than eight decimals or leaves the range of the books.
    """
    if not amount:
        return 0
    scaled = amount * _UNITS_PER_ONE
    units = int(scaled)
    if units != scaled:
        raise InvariantError(f"an amount of money has more than {SCALE} decimals: {amount}")
    if not -MAX_UNITS < units < MAX_UNITS:
        raise InvariantError(f"an amount of money leaves the range of the books: {amount}")
    return units


def from_units(units: int) -> Decimal:
    """Return the amount of an integer count of 10^-8."""
    return Decimal(units).scaleb(-SCALE, CONTEXT)


def round_up(amount: Decimal) -> Decimal:
    """Round to 10^-8 towards plus infinity: fees and margin, so that nothing is charged short."""
    return amount.quantize(UNIT, rounding=ROUND_CEILING, context=CONTEXT)


def round_down(amount: Decimal) -> Decimal:
    """Round to 10^-8 towards minus infinity: realized P&L, so that no gain is invented."""
    return amount.quantize(UNIT, rounding=ROUND_FLOOR, context=CONTEXT)


def floor_to_step(value: Decimal, step: Decimal) -> Decimal:
    """Return the largest multiple of `step` that is not above `value` (both >= 0, step > 0), by integer division."""
    return (value // step) * step


def ceil_to_step(value: Decimal, step: Decimal) -> Decimal:
    """Return the smallest multiple of `step` that is not below `value` (both >= 0, step > 0)."""
    floor = floor_to_step(value, step)
    return floor if floor == value else floor + step


def canonical(value: Decimal) -> str:
    """Return a decimal as canonical text: no exponent, no trailing zeros, no negative zero."""
    if not value:
        return "0"
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def amount_text(amount: Decimal) -> str:
    """Return an amount with two decimals at least and eight at most, exact: `10000.00`, `0.12345678`."""
    whole, _, fraction = canonical(amount).partition(".")
    return f"{whole}.{fraction.ljust(2, '0')}"


def display_amount(amount: Decimal, currency: str) -> str:
    """Return an amount as people read it: `$10,000.00` for dollar currencies, else `0.12345678 BTC`.

    Rounded half to even for display only; what is rounded here never flows back.
    """
    if currency not in DOLLAR_CURRENCIES:
        return f"{amount.quantize(UNIT, context=CONTEXT):f} {currency}"
    cents = amount.quantize(_CENT, context=CONTEXT)
    return f"{'-' if cents < 0 else ''}${abs(cents):,}"
