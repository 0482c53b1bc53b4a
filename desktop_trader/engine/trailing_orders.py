"""Where the triggers of trailing orders stand now, as the broker remembers how far they have come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.money import parse_decimal
from desktop_trader.domain.order import Order
from desktop_trader.domain.protection import trail_level

Ratchets = Callable[[], Mapping[str, str]]


def trail_levels(
    orders: Iterable[Order], sources: Iterable[Ratchets], *, instruments: Mapping[str, Instrument]
) -> tuple[tuple[int, Decimal], ...]:
    """Return the trigger of each order that follows the price, by its id; one that has not begun yet has none."""
    trailing = [order for order in orders if order.trail_percent is not None and not order.is_triggered]
    if not trailing:
        return ()
    notes: dict[str, str] = {}
    for source in sources:
        notes.update(source() or {})
    levels = []
    for order in trailing:
        best, instrument = notes.get(f"trail:{order.id}", "").split()[:1], instruments.get(order.symbol)
        if best and instrument is not None and order.trail_percent is not None:
            level = trail_level(parse_decimal(best[0]), order.trail_percent, side=order.side, instrument=instrument)
            levels.append((order.id, level))
    return tuple(levels)
