"""Copies of frozen values that differ in a field or two, for those that are copied with every fill."""

from collections.abc import Callable
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

_T = TypeVar("_T")
_Copying = tuple[Callable[[Any], tuple[Any, ...]], tuple[Callable[[Any, Any], None], ...], dict[str, int]]


def changed(value: _T, **changes: object) -> _T:
    """Return what `dataclasses.replace` does, in less than half of its time: for dataclasses with slots, of two fields
    at least, that check nothing when they are made.

    Raises:
        TypeError: there is no such field.
    """
    kind = type(value)
    values_of, setters, places = _copying(kind)  # type: ignore[arg-type]  # every class is hashable
    copy = object.__new__(kind)
    values = list(values_of(value))
    for name, new in changes.items():
        if name not in places:
            raise TypeError(f"{kind.__name__} has no field {name}")
        values[places[name]] = new
    for set_value, each in zip(setters, values, strict=True):
        set_value(copy, each)
    return copy


@cache
def _copying(kind: type) -> _Copying:
    names = [field.name for field in fields(kind)]
    setters = tuple(kind.__dict__[name].__set__ for name in names)
    return attrgetter(*names), setters, {name: place for place, name in enumerate(names)}
