"""Figures of an exchange, one at a time: what is no sane positive number, or no sane instant, does not come in."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

from desktop_trader.domain.errors import BadAnswerError

_LARGEST = Decimal(10) ** 18
_SMALLEST = Decimal(10) ** -18
_LONGEST_TEXT = 60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS_END = 10**11
"""Instants below this count seconds, above it milliseconds; in milliseconds it is 1973."""
_EARLIEST_MS = 1_230_768_000_000  # 2009, before there were any markets
_LATEST_MS = 4_102_444_800_000  # 2100


class StrangeFigureError(BadAnswerError):
    """A figure of an answer cannot be one. Policy: the answer that holds it says nothing."""

    def __init__(self, what: str, value: object) -> None:
        super().__init__(
            "the exchange sent a figure that cannot be one", detail=f"{what} is {str(value)[:_LONGEST_TEXT]!r}"
        )


def positive(value: object, what: str) -> Decimal:
    """Return a number above zero as a plain decimal.

    Raises:
        StrangeFigureError: absent, zero, negative, NaN, infinite, a float, or beyond 10^18 either way.
    """
    number = _number(value, what)
    if not _SMALLEST <= number <= _LARGEST:
        raise StrangeFigureError(what, value)
    return number


def not_negative(value: object, what: str) -> Decimal:
    """Return a number from zero up.

    Raises:
        StrangeFigureError: it is none.
    """
    number = _number(value, what)
    return number if number == 0 else positive(value, what)


def signed(value: object, what: str) -> Decimal:
    """Return a number of either sign.

    Raises:
        StrangeFigureError: it is none.
    """
    number = _number(value, what)
    return number if number == 0 else positive(abs(number), what).copy_sign(number)


def instant(value: object, what: str) -> datetime:
    """Return the instant of a count of milliseconds (or seconds) since 1970.

    Raises:
        StrangeFigureError: no whole number, or before 2009, or after 2100.
    """
    if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) < 20:
        value = int(value)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 20:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise StrangeFigureError(what, value)
    milliseconds = value * 1000 if abs(value) < _SECONDS_END else value
    if not _EARLIEST_MS <= milliseconds <= _LATEST_MS:
        raise StrangeFigureError(what, value)
    return _EPOCH + timedelta(milliseconds=milliseconds)


def _number(value: object, what: str) -> Decimal:
    if isinstance(value, bool | float) or not isinstance(value, Decimal | str | int):
        raise StrangeFigureError(what, value)
    if isinstance(value, str) and len(value) > _LONGEST_TEXT:
        raise StrangeFigureError(what, value)
    try:
        number = Decimal(value)
    except (InvalidOperation, ValueError):
        raise StrangeFigureError(what, value) from None
    if not number.is_finite() or (number != 0 and abs(number.adjusted()) > 20):
        raise StrangeFigureError(what, value)
    # An exponent (1E+5, 1e-7) is spelled out, so that what is kept as text is a plain number.
    return Decimal(format(number, "f")) if number else Decimal(0)
