"""The equity curve of a run, thinned out to what a screen can show without losing a peak or a trough."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from desktop_trader.domain.money import HUNDRED, ZERO, from_units
from desktop_trader.domain.performance import Performance
from desktop_trader.messages.run_rows import CurvePoint

_PLACES = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class StoredPoint:
    """What a run was worth after entry `entry_id`; `flow` of it people moved since the point before. In 10^-8."""

    entry_id: int
    at: str
    equity: int
    flow: int


def thinned(points: Iterable[StoredPoint], *, stored: int, points_max: int) -> tuple[CurvePoint, ...]:
    """Return `points_max` (at least 4) of `stored` points at most; the first and the last are always among them."""
    kept = list(_told(_extremes(points, size=max(1, -(-2 * stored // points_max)))))
    if len(kept) <= points_max:
        return tuple(kept)
    # People moved money more often than there is room for on the screen.
    size = -(-(len(kept) - 2) // ((points_max - 2) // 2))
    middle = [kept[at : min(at + size, len(kept) - 1)] for at in range(1, len(kept) - 1, size)]
    return (kept[0], *(point for some in middle for point in _ends_of(some)), kept[-1])


def _extremes(points: Iterable[StoredPoint], *, size: int) -> Iterator[StoredPoint]:
    """Of every `size` points in a row yield the lowest and the highest, and every point at which money was moved."""
    some: list[StoredPoint] = []
    last: StoredPoint | None = None
    is_first = True
    for point in points:
        if point.flow or is_first:
            yield from _low_and_high(some)
            if last is not None and (not some or last.entry_id not in (each.entry_id for each in _low_and_high(some))):
                yield last
            yield point
            some, last, is_first = [], None, False
            continue
        if len(some) >= size:
            yield from _low_and_high(some)
            some = []
        some.append(point)
        last = point
    yield from _low_and_high(some)
    if last is not None and last.entry_id not in (each.entry_id for each in _low_and_high(some)):
        yield last


def _low_and_high(some: Sequence[StoredPoint]) -> Sequence[StoredPoint]:
    if len(some) < 3:
        return some
    low, high = min(some, key=lambda point: point.equity), max(some, key=lambda point: point.equity)
    return (low,) if low is high else sorted((low, high), key=lambda point: point.entry_id)


def _ends_of(some: Sequence[CurvePoint]) -> Sequence[CurvePoint]:
    if len(some) < 3:
        return some
    low = min(some, key=lambda point: point.return_percent)
    high = max(some, key=lambda point: point.return_percent)
    return (low,) if low is high else sorted((low, high), key=lambda point: point.entry_id)


def _told(points: Iterable[StoredPoint]) -> Iterator[CurvePoint]:
    performance, contributed = Performance(), ZERO
    is_first = True
    for point in points:
        if point.flow or is_first:
            performance.add(point.equity, point.flow)
            contributed += from_units(point.flow)
            is_first = False
        yield CurvePoint(
            at=datetime.fromisoformat(point.at),
            entry_id=point.entry_id,
            equity=from_units(point.equity),
            contributed=contributed,
            return_percent=(performance.return_at(point.equity) * HUNDRED).quantize(_PLACES),
        )
