"""Exact decimals as whole numbers with a scale, for rows of bars; the same digits come out that went in."""

from collections.abc import Sequence
from decimal import Decimal

from desktop_trader.domain.money import CONTEXT

_LARGEST = 2**63 - 1
Stored = int | str
"""A whole number, or its digits where SQLite's integers are too small for it."""


def to_stored(values: Sequence[Decimal]) -> tuple[int, Sequence[Stored]]:
    """Return the smallest scale that holds every digit of `values`, and each counted in 10^-scale.

    Raises:
        ValueError: one of them is not a finite number.
    """
    texts = [str(value) for value in values]
    scale = _same_scale(texts)
    if scale:
        return scale, [_fitting(int(text.replace(".", "", 1))) for text in texts]
    parts = [_split(text if "E" not in text else format(value, "f")) for text, value in zip(texts, values, strict=True)]
    scale = max([len(fraction) for _whole, fraction in parts])
    return scale, [_fitting(int(whole + fraction.ljust(scale, "0"))) for whole, fraction in parts]


def from_stored(number: Stored, scale: int) -> Decimal:
    """Return the decimal of a stored number."""
    return Decimal(number).scaleb(-scale, CONTEXT) if scale else Decimal(number)


def _same_scale(texts: Sequence[str]) -> int:
    """Return how many decimals all of them have, if one of them needs them all; else 0. Prices mostly come like this."""
    together = "".join(texts)
    if together.count(".") != len(texts) or "E" in together:
        return 0
    scales = {len(text) - text.index(".") - 1 for text in texts}
    return scales.pop() if len(scales) == 1 and any([text[-1] != "0" for text in texts]) else 0


def _split(text: str) -> tuple[str, str]:
    whole, _, fraction = text.partition(".")
    return whole, fraction.rstrip("0")


def _fitting(number: int) -> Stored:
    return number if -_LARGEST <= number <= _LARGEST else str(number)
