"""JSON with exact numbers: a `Decimal` is written as the number literal it is, and read as the text it was.

No amount ever passes through a float, on the way out or in.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from json.encoder import encode_basestring_ascii
from typing import NoReturn

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.money import canonical


class NumberText(str):
    """A number as it stood in the JSON, not yet believed: `domain.money` parses it."""

    __slots__ = ()


def dumps(value: object) -> str:
    """Return a value as one line of ASCII JSON. Decimals are exact, instants ISO 8601, enums their values."""
    kind = type(value)
    if kind is str:
        return encode_basestring_ascii(value)  # type: ignore[arg-type]  # narrowed by `kind`, the fast way
    if kind is Decimal:
        return canonical(value)  # type: ignore[arg-type]
    if value is None or kind is bool:
        return _WORDS[value]  # type: ignore[index]
    if kind is int:
        return str(value)
    if kind is datetime:
        return f'"{value.isoformat()}"'  # type: ignore[attr-defined]
    if isinstance(value, Mapping):
        return "{" + ", ".join([f"{encode_basestring_ascii(key)}: {dumps(each)}" for key, each in value.items()]) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join([dumps(each) for each in value]) + "]"
    if isinstance(value, str):
        return encode_basestring_ascii(str(value))
    if isinstance(value, float):
        return json.dumps(value, allow_nan=False)
    raise TypeError(f"{kind.__name__} has no place in our JSON")


def loads_object(text: bytes) -> dict[str, object]:
    """Return a JSON object whose numbers are `NumberText`; names must not repeat.

    Raises:
        InvalidInputError: not JSON, not an object, NaN or infinity, or a name twice.
    """
    try:
        value = json.loads(
            text.decode("utf-8"),
            parse_float=NumberText,
            parse_int=NumberText,
            parse_constant=_refuse_constant,
            object_pairs_hook=_without_repetition,
        )
    except (ValueError, RecursionError) as error:
        if isinstance(error, InvalidInputError):
            raise
        raise InvalidInputError("the body is not valid JSON") from error
    if not isinstance(value, dict):
        raise InvalidInputError("the body must be a JSON object")
    return value


_WORDS = {None: "null", True: "true", False: "false"}


def _refuse_constant(name: str) -> NoReturn:
    raise InvalidInputError(f"{name} is not a number that JSON knows")


def _without_repetition(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise InvalidInputError("the body names something twice")
    return found
