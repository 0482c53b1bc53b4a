"""What columns of tables share, and those of small tables. They write what a row holds; nothing here computes money."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.money import UNIT
from desktop_trader.domain.order import Direction
from desktop_trader.domain.strategy_run import Decision
from desktop_trader.messages.snapshot import BalanceRow
from desktop_trader.ui.models.price_ages import Staleness
from desktop_trader.ui.models.row_table_model import Column
from desktop_trader.ui.number_format import (
    UNKNOWN,
    direction_arrow,
    format_money,
    format_price,
    format_quantity,
)
from desktop_trader.ui.time_text import local_time, short_time, utc_time, words

__all__ = ["local_time", "short_time", "utc_time", "words"]

FindInstrument = Callable[[str], Instrument | None]
FindStale = Callable[[str], Staleness | None]
"""Says how old the price of a symbol is where it may not be believed any more."""
TONES = {"up": "up_text", "down": "down_text", "": ""}


def direction_text(direction: str) -> str:
    """Write LONG or SHORT with its arrow, so that it never rests on color alone."""
    is_long = direction == Direction.LONG
    return f"{direction.upper()} {direction_arrow(Decimal(1 if is_long else -1))}"


def price_text(price: Decimal | None, instrument: Instrument | None) -> str:
    """Write a price on its symbol's grid."""
    return format_price(price, instrument.tick_size if instrument else UNIT)


def quantity_text(quantity: Decimal | None, instrument: Instrument | None) -> str:
    """Write a quantity on its symbol's grid."""
    return format_quantity(quantity, instrument.lot_size if instrument else UNIT)


def aged(figure: str, old: Staleness | None) -> str:
    """Write the age of the price behind a figure that is known, once it is too old to be believed."""
    return figure if old is None or figure == UNKNOWN else f"{figure} · {old.text}"


def since_text(old: Staleness | None) -> str:
    """Say since when a price is stale; empty while it is not."""
    return "" if old is None else f"Stale since {utc_time(old.since) or 'an unknown time'}: it triggers nothing"


def decision_columns() -> Sequence[Column[Decision]]:
    """What a strategy wanted and what became of it."""
    return (
        Column(
            title="Time",
            text=lambda row: local_time(row.at, has_date=False),
            sort_key=lambda row: row.at,
            tooltip=lambda row: utc_time(row.at),
        ),
        Column(title="Decision", text=lambda row: words(row.action), sort_key=lambda row: row.action),
        Column(
            title="Outcome",
            text=lambda row: words(row.outcome),
            sort_key=lambda row: row.outcome,
            tooltip=lambda row: f"{row.symbol}: {row.detail}" if row.detail else row.symbol,
            is_wide=True,
        ),
    )


_TOLD_BY_PEOPLE = frozenset({"opening", "deposit", "withdrawal", "adjustment", "import"})
"""Kinds of entries whose reason a person wrote; the others are named by their kind."""


def change_columns(currency: Callable[[], str]) -> Sequence[Column[BalanceRow]]:
    """The newest changes of the balance."""
    return (
        Column(
            title="Time",
            text=lambda row: local_time(row.at, has_date=False),
            sort_key=lambda row: row.at,
            tooltip=lambda row: utc_time(row.at),
        ),
        Column(
            title="Change",
            text=lambda row: row.reason if row.kind in _TOLD_BY_PEOPLE else words(row.kind),
            sort_key=lambda row: row.kind,
            tooltip=lambda row: f"{words(row.kind)}: {words(row.reason)}",
            is_wide=True,
        ),
        Column(
            title="Balance",
            text=lambda row: format_money(row.total, currency()),
            sort_key=lambda row: row.total,
            is_number=True,
        ),
    )
