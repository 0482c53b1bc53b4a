"""Exact decimals as whole numbers with a scale, for rows of bars; the same digits come out that went in."""

from collections.abc import Sequence
from decimal import Decimal

from desktop_trader.domain.money import CONTEXT

_LARGEST = 2**63 - 1
_SHORT = 18
Stored = int | str
"""A whole number, or its digits where SQLite's integers are too small for it."""


def to_stored(values: Sequence[Decimal], *, guess: int = 0) -> tuple[int, Sequence[Stored]]:
    """Return the smallest scale that holds every digit of `values`, and each counted in 10^-scale.

    `guess` is what the scale may be: the one of the bar before, mostly. Where it is right, this is twice as fast.

    Raises:
        ValueError: one of them is not a finite number.
    """
    texts = [str(value) for value in values]
    numbers = _guessed(texts, guess) if guess else None
    if numbers is not None:
        return guess, numbers
    parts = [
        (text if "E" not in text else format(value, "f")).partition(".")
        for text, value in zip(texts, values, strict=True)
    ]
    fractions = [fraction.rstrip("0") for _whole, _point, fraction in parts]
    scale = max(map(len, fractions))
    padded = [whole + fraction.ljust(scale, "0") for (whole, _, _), fraction in zip(parts, fractions, strict=True)]
    return scale, [_fitting(int(digits)) for digits in padded]


def from_stored(number: Stored, scale: int) -> Decimal:
    """Return the decimal of a stored number."""
    return Decimal(number).scaleb(-scale, CONTEXT) if scale else Decimal(number)


def _guessed(texts: Sequence[str], scale: int) -> list[Stored] | None:
    """Return the numbers of plain texts that all have `scale` decimals, and need them; None for any others."""
    numbers: list[Stored] = []
    is_needed = False
    for text in texts:
        if text[-scale - 1 : -scale] != "." or len(text) > _SHORT or "E" in text:
            return None
        numbers.append(int(text.replace(".", "", 1)))
        is_needed = is_needed or text[-1] != "0"
    return numbers if is_needed else None


def _fitting(number: int) -> Stored:
    return number if -_LARGEST <= number <= _LARGEST else str(number)
