"""How amounts, prices, quantities and percentages are written for a person.

Works on `Decimal` text alone: no float, no locale and no Qt, so that what is shown is what is in the books. Every view
uses these functions, which is why the same figure reads the same everywhere. None and non-finite values read `—`.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal

UNKNOWN = "—"
RISING = "▲"
FALLING = "▼"

_DOLLAR_CURRENCIES = frozenset({"USD", "USDT", "USDC"})
_CENT = Decimal("0.01")
_TENTH = Decimal("0.1")
_TEN = Decimal(10)
_EXACT = Decimal("0.00000001")
# Wide enough for any amount of the books with eight decimals; the thread's own context may be narrower or trap.
_CONTEXT = Context(prec=80, rounding=ROUND_HALF_EVEN, traps=[])


def format_money(amount: Decimal | None, currency: str) -> str:
    """Write an amount: `$10,000.00` for dollar currencies (cents, half even), else `0.12345678 BTC`."""
    return _money(amount, currency, signed=False)


def format_signed_money(amount: Decimal | None, currency: str) -> str:
    """Write a gain or loss with its sign: `+$12.34`, `-$5.00`; what rounds to zero has no sign."""
    return _money(amount, currency, signed=True)


def format_exact_money(amount: Decimal | None, currency: str) -> str:
    """Write an amount with all eight decimals of the books, as tooltips show it: `10,000.00000000 USDT`."""
    if amount is None or not amount.is_finite():
        return UNKNOWN
    return f"{_fixed(amount, _EXACT)} {currency}"


def format_percent(percent: Decimal | None, *, decimals: int = 2) -> str:
    """Write a change already expressed in percent, with its sign: `+0.31%`."""
    if percent is None or not percent.is_finite():
        return UNKNOWN
    digits = _fixed(percent, Decimal(1).scaleb(-decimals))
    return f"{_with_plus(digits)}%"


def format_price(price: Decimal | None, tick: Decimal) -> str:
    """Write a price with the decimals of its tick, grouped: tick 0.01 gives `45,120.00`."""
    return _stepped(price, tick)


def format_quantity(quantity: Decimal | None, lot: Decimal) -> str:
    """Write a quantity with the decimals of its lot, grouped: lot 0.00001 gives `0.01000`."""
    return _stepped(quantity, lot)


def format_compact(amount: Decimal | None) -> str:
    """Write a large figure short, three to four digits and a letter: `689.8M`, `1.24B`, `950`; rounded half even."""
    if amount is None or not amount.is_finite():
        return UNKNOWN
    for power, letter in ((12, "T"), (9, "B"), (6, "M"), (3, "K")):
        scaled = amount.scaleb(-power, _CONTEXT)
        # What rounds up to the next letter takes it: 999.96K is 1.00M; plain figures have no decimals.
        if abs(scaled) >= Decimal("0.99995" if power > 3 else "0.9995"):
            return f"{_fixed(scaled, _CENT if abs(scaled) < _TEN else _TENTH)}{letter}"
    return _fixed(amount, _CENT if abs(amount) < _TEN else Decimal(1))


def format_plain(value: Decimal | None) -> str:
    """Write a number for an input or the clipboard: no grouping, no exponent, its own decimals; None is empty."""
    if value is None or not value.is_finite():
        return ""
    return format(value, "f")


def direction_arrow(change: Decimal | None) -> str:
    """The arrow that goes with a change, so that direction never rests on color alone; empty for zero or unknown."""
    if change is None or not change.is_finite() or change == 0:
        return ""
    return RISING if change > 0 else FALLING


def decimals_of(step: Decimal) -> int:
    """How many decimals a tick or lot needs: 0.00001 needs 5, 0.50 needs 1, 10 needs none."""
    exponent = step.normalize(_CONTEXT).as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _money(amount: Decimal | None, currency: str, *, signed: bool) -> str:
    if amount is None or not amount.is_finite():
        return UNKNOWN
    if currency not in _DOLLAR_CURRENCIES:
        digits = _fixed(amount, _EXACT)
        return f"{_with_plus(digits) if signed else digits} {currency}"
    digits = _fixed(amount, _CENT)
    if digits.startswith("-"):
        return f"-${digits[1:]}"
    return _with_plus(f"${digits}", is_zero=not digits.strip("0.")) if signed else f"${digits}"


def _stepped(value: Decimal | None, step: Decimal) -> str:
    if value is None or not value.is_finite():
        return UNKNOWN
    return _fixed(value, Decimal(1).scaleb(-decimals_of(step)))


def _fixed(value: Decimal, quantum: Decimal) -> str:
    rounded = value.quantize(quantum, context=_CONTEXT)
    if not rounded.is_finite():
        # Only numbers with more than 70 digits come here; they are no amounts, but the window must not fall over them.
        return format(value, "f")
    # A loss of less than half a cent must not read "-0.00".
    return format(abs(rounded) if rounded.is_zero() else rounded, ",f")


def _with_plus(digits: str, *, is_zero: bool | None = None) -> str:
    if is_zero is None:
        is_zero = not digits.strip("0.,")
    return digits if is_zero or digits.startswith("-") else f"+{digits}"
