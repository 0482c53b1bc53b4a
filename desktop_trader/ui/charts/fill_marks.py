"""Fills as the chart marks them: those of one order in one bar are one mark, however many parts it took."""

from __future__ import annotations

from collections.abc import Iterable

from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.market import Timeframe
from desktop_trader.domain.money import ZERO, canonical
from desktop_trader.messages.chart_data import FillMark
from desktop_trader.ui.charts.chart_data import FillMarker, FillSide
from desktop_trader.ui.models.table_columns import price_text


def drawn_fills(fills: Iterable[FillMark], timeframe: Timeframe, instrument: Instrument | None) -> list[FillMarker]:
    """Return a marker for each order and bar: the quantities summed, at their average price."""
    parts: dict[object, list[FillMark]] = {}
    for place, fill in enumerate(fills):
        order = fill.order_id or f"unknown-{place}"
        parts.setdefault((order, fill.side, timeframe.bar_start(fill.at)), []).append(fill)
    return [_marker(group, instrument) for group in parts.values()]


def _marker(group: list[FillMark], instrument: Instrument | None) -> FillMarker:
    first = group[0]
    quantity = sum((fill.quantity for fill in group), ZERO)
    price = sum((fill.price * fill.quantity for fill in group), ZERO) / quantity if len(group) > 1 else first.price
    text = f"{first.side.upper()} {canonical(quantity)} @ {price_text(price, instrument)}"
    if len(group) > 1:
        text += f", {len(group)} fills"
    return FillMarker(at=int(first.at.timestamp()), side=FillSide(first.side), price=float(price), text=text)
