"""The equity curve of a run, thinned out to what a screen can show without losing a peak or a trough."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from desktop_trader.domain.money import HUNDRED, ZERO, from_units
from desktop_trader.domain.performance import Performance
from desktop_trader.messages.run_rows import CurvePoint
from desktop_trader.storage.run_progress import RETURN_PLACES
from desktop_trader.storage.run_span import Flows

_Row = tuple[int, int, str]
"""A point as it is stored: entry, equity in 10^-8, moment. A million of them go by; only those kept become values."""


@dataclass(frozen=True, slots=True)
class _Kept:
    row: _Row
    flow: int = 0


def thinned(rows: Iterable[_Row], flows: Flows, *, stored: int, points_max: int) -> tuple[CurvePoint, ...]:
    """Return `points_max` (at least 4) of `stored` points at most; the first and the last are always among them."""
    kept = list(_told(_extremes(rows, flows, size=max(1, -(-2 * stored // points_max)))))
    if len(kept) <= points_max:
        return tuple(kept)
    # People moved money more often than there is room for on the screen.
    size = -(-(len(kept) - 2) // ((points_max - 2) // 2))
    middle = [kept[at : min(at + size, len(kept) - 1)] for at in range(1, len(kept) - 1, size)]
    return (kept[0], *(point for some in middle for point in _lowest_and_highest(some)), kept[-1])


def _extremes(rows: Iterable[_Row], flows: Flows, *, size: int) -> Iterator[_Kept]:
    """Of every `size` points in a row yield the lowest and the highest, and the ends of every stretch between flows."""
    low = high = last = None
    seen, flow_at = 0, flows.next_at
    for row in rows:
        if row[0] >= flow_at or last is None:
            yield from _in_order(low, high, last)
            flow = flows.up_to(row[0])
            flow_at = flows.next_at
            yield _Kept(row, flow)
            low, high, seen = None, None, 0
        elif low is None or high is None or seen >= size:
            yield from _in_order(low, high)
            low, high, seen = row, row, 1
        else:
            seen += 1
            if row[1] < low[1]:
                low = row
            elif row[1] > high[1]:
                high = row
        last = row
    yield from _in_order(low, high, last)


def _in_order(*rows: _Row | None) -> Iterator[_Kept]:
    """Yield each row once, oldest first; nothing when there is no lowest: the last one has been told then."""
    if rows[0] is not None:
        for row in sorted({row for row in rows if row is not None}):
            yield _Kept(row)


def _lowest_and_highest(some: Sequence[CurvePoint]) -> Sequence[CurvePoint]:
    if len(some) < 3:
        return some
    low = min(some, key=lambda point: point.return_percent)
    high = max(some, key=lambda point: point.return_percent)
    return (low,) if low is high else sorted((low, high), key=lambda point: point.entry_id)


def _told(points: Iterable[_Kept]) -> Iterator[CurvePoint]:
    performance, contributed = Performance(), ZERO
    is_first = True
    for kept in points:
        entry_id, equity, at = kept.row
        if kept.flow or is_first:
            performance.add(equity, kept.flow)
            contributed += from_units(kept.flow)
            is_first = False
        yield CurvePoint(
            at=datetime.fromisoformat(at),
            entry_id=entry_id,
            equity=from_units(equity),
            contributed=contributed,
            return_percent=(performance.return_at(equity) * HUNDRED).quantize(RETURN_PLACES),
        )
