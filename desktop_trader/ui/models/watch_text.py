"""What a row of the watchlist looks and sounds like: colors by meaning, tooltips, words for screen readers."""

from __future__ import annotations

from desktop_trader.ui.models.watch_row import WatchColumn, WatchRow
from desktop_trader.ui.number_format import UNKNOWN, format_exact_money, format_percent, format_price

TITLES = ("★", "Symbol", "Price", "24 h", "Day", "Vol")
FULL_TITLES = (
    "Favourite",
    "Symbol",
    "Newest price",
    "Change over 24 hours",
    "Course over the last 24 hours",
    "Traded in 24 hours, in quote currency",
)


def tone_of(row: WatchRow, column: int, *, is_old: bool) -> str:
    """Return the name of a cell's color token. Old prices and unlisted symbols are gray."""
    if column == WatchColumn.FAVOURITE:
        return "warning" if row.is_favourite else "text_muted"
    if row.is_listed is False or (is_old and column != WatchColumn.SYMBOL):
        return "text_muted"
    if column == WatchColumn.CHANGE:
        return {"+": "up_text", "-": "down_text"}.get(row.text(column)[2:3], "text")
    return "text_muted" if column == WatchColumn.VOLUME else "text"


def tooltip_of(row: WatchRow, *, age: str) -> str:
    """Write everything known of a row, a line each."""
    if row.is_listed is False:
        return f"{row.symbol} is not traded on this market"
    lines = [row.symbol]
    quote, instrument = row.quote, row.instrument
    if instrument is not None:
        if quote is not None:
            bid, ask = (format_price(price, instrument.tick_size) for price in (quote.bid, quote.ask))
            lines.append(f"Bid {bid}   Ask {ask}")
        if row.volume is not None:
            lines.append(f"Traded in 24 h: {format_exact_money(row.volume, instrument.quote)}")
    lines.append(f"24 h: {format_percent(row.change_percent)}")
    if row.priced_at is None:
        lines.append("No price yet")
    else:
        lines.append(f"{row.priced_at:%Y-%m-%d %H:%M:%S} UTC{f', {age} old: not to be relied on' if age else ''}")
    return "\n".join(lines)


def spoken_of(row: WatchRow, column: int) -> str:
    """Write a cell for a screen reader."""
    if column == WatchColumn.FAVOURITE:
        return f"{row.symbol} is {'a' if row.is_favourite else 'no'} favourite"
    if column == WatchColumn.TREND:
        if len(row.closes) < 2:
            return "course unknown"
        low, high = (f"{value:,.8g}" for value in (min(row.closes), max(row.closes)))
        return f"24 hours between {low} and {high}"
    text = row.text(column)
    if column == WatchColumn.PRICE and row.age_text:
        return f"{text} old"
    return "unknown" if text == UNKNOWN else text
