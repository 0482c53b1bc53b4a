"""The table of the page *Market data*."""

from __future__ import annotations

from collections.abc import Sequence

from desktop_trader.messages.candles import CandleSeriesRow
from desktop_trader.messages.market_name import market_name
from desktop_trader.ui.backup_text import size_text
from desktop_trader.ui.models.row_table_model import Column
from desktop_trader.ui.models.table_columns import utc_time


def candle_columns() -> Sequence[Column[CandleSeriesRow]]:
    """Which bars, how far they reach, how many, and what is missing of them."""
    return (
        Column(
            title="Market",
            text=lambda row: market_name(row.name.source),
            sort_key=lambda row: row.name.source,
            tooltip=lambda row: row.name.source,
            is_wide=True,
        ),
        Column(title="Symbol", text=lambda row: row.name.symbol, sort_key=lambda row: row.name.symbol),
        Column(
            title="Bars of",
            text=lambda row: row.name.timeframe.value,
            sort_key=lambda row: row.name.timeframe.seconds,
        ),
        Column(
            title="From (UTC)",
            text=lambda row: f"{row.span.first_at:%Y-%m-%d %H:%M}",
            sort_key=lambda row: row.span.first_at,
            full_title="When the first bar opened",
            tooltip=lambda row: utc_time(row.span.first_at),
        ),
        Column(
            title="To (UTC)",
            text=lambda row: f"{row.span.last_at:%Y-%m-%d %H:%M}",
            sort_key=lambda row: row.span.last_at,
            full_title="When the last bar opened",
            tooltip=lambda row: utc_time(row.span.last_at),
        ),
        Column(title="Bars", text=lambda row: f"{row.span.bars:,}", sort_key=lambda row: row.span.bars, is_number=True),
        Column(
            title="Gaps",
            text=lambda row: f"{row.gaps:,}" if row.gaps else "none",
            sort_key=lambda row: row.gaps,
            tone=lambda row: "warning" if row.gaps else "",
            full_title="Stretches in which bars are missing; those that the exchange itself has no bars for are none",
            tooltip=gap_text,
            is_number=True,
        ),
        Column(
            title="Size",
            text=lambda row: size_text(row.size_bytes),
            sort_key=lambda row: row.size_bytes,
            full_title="Its share of the file of stored bars",
            is_number=True,
        ),
    )


def gap_text(row: CandleSeriesRow) -> str:
    """Say what is missing of a series."""
    if not row.gaps:
        return "Nothing is missing between its first and its last bar"
    gaps = "1 gap" if row.gaps == 1 else f"{row.gaps:,} gaps"
    bars = "1 bar is" if row.missing == 1 else f"{row.missing:,} bars are"
    return f"{gaps}: {bars} missing between its first and its last bar"
