"""The columns of the symbol search. They write what was found; nothing here computes prices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from desktop_trader.ui.models.row_table_model import Column
from desktop_trader.ui.models.watch_row import NO_STAR, STAR
from desktop_trader.ui.number_format import UNKNOWN, direction_arrow, format_compact, format_percent, format_price

if TYPE_CHECKING:
    from desktop_trader.domain.instrument import Instrument
    from desktop_trader.messages.market_overview import TickerRow


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRow:
    """A market that was found. `age` is how old its price is where that is too old, "" while it may be believed."""

    instrument: Instrument
    ticker: TickerRow | None
    is_favourite: bool
    age: str = ""

    @property
    def symbol(self) -> str:
        """The market's name."""
        return self.instrument.symbol

    @property
    def last(self) -> Decimal | None:
        """The newest price; None while it is unknown."""
        return None if self.ticker is None else self.ticker.last

    @property
    def change(self) -> Decimal | None:
        """The change over 24 hours in percent."""
        return None if self.ticker is None else self.ticker.change_percent_24h

    @property
    def volume(self) -> Decimal | None:
        """What was traded in 24 hours, in quote currency."""
        return None if self.ticker is None else self.ticker.quote_volume_24h


def found_columns() -> Sequence[Column[FoundRow]]:
    """Star, symbol, kind, price, change and volume."""
    return (
        Column(
            title=STAR,
            text=lambda row: STAR if row.is_favourite else NO_STAR,
            sort_key=lambda row: not row.is_favourite,
            tooltip=lambda row: "Not a favourite any more" if row.is_favourite else "Follow as a favourite",
            is_action=True,
            full_title="Favourite",
        ),
        Column(title="Symbol", text=lambda row: row.symbol, sort_key=lambda row: row.symbol, is_wide=True),
        Column(
            title="Kind", text=lambda row: row.instrument.kind.value, sort_key=lambda row: row.instrument.kind.value
        ),
        Column(
            title="Price",
            text=_price,
            sort_key=lambda row: row.last,
            is_number=True,
            tone=lambda row: "text_muted" if row.age else "",
        ),
        Column(
            title="24 h",
            text=_change,
            sort_key=lambda row: row.change,
            is_number=True,
            tone=_change_tone,
            full_title="Change over 24 hours",
        ),
        Column(
            title="Volume",
            text=lambda row: _with_unit(format_compact(row.volume), row.instrument.quote),
            sort_key=lambda row: row.volume,
            is_number=True,
            tone=lambda row: "text_muted",
            full_title="Traded in 24 hours, in quote currency",
        ),
    )


def _price(row: FoundRow) -> str:
    text = format_price(row.last, row.instrument.tick_size)
    return f"{text} · {row.age}" if row.age and text != UNKNOWN else text


def _change(row: FoundRow) -> str:
    text = format_percent(row.change)
    return f"{direction_arrow(row.change)} {text}" if text[0] in "+-" else text


def _change_tone(row: FoundRow) -> str:
    if row.age or not row.change:
        return "text_muted"
    return "up_text" if row.change > 0 else "down_text"


def _with_unit(text: str, unit: str) -> str:
    return text if text == UNKNOWN else f"{text} {unit}"
