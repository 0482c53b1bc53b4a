"""Field types of the tables, strict about what they take: no float becomes money and no text a number."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from peewee import Field

from desktop_trader.domain.errors import InvariantError
from desktop_trader.domain.money import canonical, from_units, to_units


class MoneyField(Field):
    """An amount of money: `Decimal` with at most eight decimals outside, INTEGER count of 10^-8 inside."""

    field_type = "INTEGER"

    def db_value(self, value: Any) -> int | None:
        """Return the integer that is stored; anything but a `Decimal` is refused."""
        return None if value is None else to_units(_decimal(value, self.name))

    def python_value(self, value: Any) -> Decimal | None:
        """Return the amount of a stored integer."""
        return None if value is None else from_units(value)


class DecimalTextField(Field):
    """A price, quantity or rate: `Decimal` of any scale outside, canonical text inside."""

    field_type = "TEXT"

    def db_value(self, value: Any) -> str | None:
        """Return the text that is stored; anything but a `Decimal` is refused."""
        return None if value is None else canonical(_decimal(value, self.name))

    def python_value(self, value: Any) -> Decimal | None:
        """Return the number of a stored text."""
        return None if value is None else Decimal(value)


class InstantField(Field):
    """A moment: aware UTC `datetime` outside, ISO 8601 text inside, which sorts as time does."""

    field_type = "TEXT"

    def db_value(self, value: Any) -> str | None:
        """Return the text that is stored; a moment without UTC is refused."""
        if value is None:
            return None
        if type(value) is not datetime or value.tzinfo is not UTC:
            raise InvariantError(f"{self.name} must be an aware UTC datetime, not {value!r}")
        return value.isoformat()

    def python_value(self, value: Any) -> datetime | None:
        """Return the moment of a stored text."""
        return None if value is None else datetime.fromisoformat(value)


class FlagField(Field):
    """True or false: stored as 1 or 0, and nothing else taken for either."""

    field_type = "INTEGER"

    def db_value(self, value: Any) -> int | None:
        """Return 1 or 0; anything but a `bool` is refused."""
        if value is not None and type(value) is not bool:
            raise InvariantError(f"{self.name} must be true or false, not {value!r}")
        return None if value is None else int(value)

    def python_value(self, value: Any) -> bool | None:
        """Return the truth of a stored 1 or 0."""
        return None if value is None else value == 1


def _decimal(value: Any, name: str) -> Decimal:
    if type(value) is not Decimal or not value.is_finite():
        raise InvariantError(f"{name} must be a finite Decimal, not {value!r}")
    return value
