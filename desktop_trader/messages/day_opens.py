"""What everything cost when the market's day began: asked of its history once a day, for the watchlist."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOpensRequest:
    """Ask for the opening prices of the present UTC day of the market."""

    symbols: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOpens:
    """The answer: prices by symbol, of those that have any history on that day."""

    day: date
    opens: tuple[tuple[str, Decimal], ...]
