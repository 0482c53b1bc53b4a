"""ccxt's accessors of texts in answers, so that a `Decimal` counts as a number there; ccxt itself would pass it over.

With them ccxt can calculate in `Decimal` throughout (`Transport.number`), and no number of an exchange becomes a float.
"""

from decimal import Decimal
from typing import Any


def text_at(table: Any, key: Any, *default: Any) -> Any:
    """Return the text of a cell; numbers are spelled out; the default (None) where there is nothing."""
    try:
        value = table[key]
    except (KeyError, IndexError, TypeError):
        value = None
    text = value if type(value) is str and value else text_of(value)
    return text if text is not None else default[0] if default else None


def text_at_either(table: Any, first: Any, *second_and_default: Any) -> Any:
    """Return the text of the first of two cells that has one."""
    second, *default = second_and_default
    text = text_at(table, first)
    return text if text is not None else text_at(table, second, *default)


def text_at_any(table: Any, keys: Any, *default: Any) -> Any:
    """Return the text of the first of many cells that has one."""
    for key in keys:
        text = text_at(table, key)
        if text is not None:
            return text
    return default[0] if default else None


def text_of(value: object) -> str | None:
    """Return a number or a text as text; None for anything else, and for nothing."""
    if isinstance(value, Decimal):
        is_plain = value.is_finite() and abs(value.adjusted()) < _LONGEST_NUMBER
        return format(value, "f") if is_plain else str(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float) or value == "":
        return None
    return str(value)


_LONGEST_NUMBER = 100
