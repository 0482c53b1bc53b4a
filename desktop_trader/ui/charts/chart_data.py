"""What the chart draws, as arrays and small values of floats; built from exact prices at this one place.

The series grows in place, so that a new candle costs nothing but its own numbers. GUI thread only.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_COLUMNS = 5
_CAPACITY_MIN = 1024
_ROOM_BEFORE_MAX = 250_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CandleRow:
    """One bar as it is drawn; `opened_at` is the bar's first second, in whole seconds of UTC since 1970."""

    opened_at: int
    open: float
    high: float
    low: float
    close: float
    volume: float

    @classmethod
    def from_decimals(
        cls, *, opened_at: datetime, prices: tuple[Decimal, Decimal, Decimal, Decimal], volume: Decimal
    ) -> CandleRow:
        """Take open, high, low, close as the books know them; the floats are for drawing only."""
        opening, high, low, close = (float(price) for price in prices)
        seconds = int(opened_at.timestamp())
        return cls(opened_at=seconds, open=opening, high=high, low=low, close=close, volume=float(volume))


class FillSide(enum.Enum):
    """Which way a fill went."""

    BUY = "buy"
    SELL = "sell"


@dataclass(frozen=True, slots=True, kw_only=True)
class FillMarker:
    """A fill to mark: ▲ under the bar for a buy, ▼ above it for a sell; `text` shows when the pointer rests on it."""

    at: int
    side: FillSide
    price: float
    text: str


class LevelKind(enum.Enum):
    """What a horizontal line stands for."""

    ENTRY = "entry"
    STOP = "stop"
    TARGET = "target"
    ORDER = "order"
    TRAIL = "trail"
    LIQUIDATION = "liquidation"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceLevel:
    """A horizontal line at a price with a short text at its left end, such as `SL 0.0100`.

    One with a `key` can be dragged; the key says which it is to whoever is told of it. While it is out of view, `aside`
    stands at the edge that it lies beyond; one without is not missed.
    """

    kind: LevelKind
    price: float
    text: str
    key: str = ""
    aside: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisibleBars:
    """The indices of the first and one past the last bar in view."""

    first: int
    last: int

    def is_empty(self) -> bool:
        return self.first >= self.last


class CandleSeries:
    """Bars in time order, addressed by index; the horizontal axis of the chart is this index.

    Indices, not seconds, are the field's way: every bar has the same width and a gap in time takes no room, while the
    labels come from the bars' own times. Where time is missing between two neighbors, `gap_indices` says so and the
    chart marks it, so that a gap is never hidden either.
    """

    def __init__(self) -> None:
        self._first = self._count = 0
        self._times: IntArray = np.zeros(_CAPACITY_MIN, dtype=np.int64)
        self._values: FloatArray = np.zeros((_COLUMNS, _CAPACITY_MIN), dtype=np.float64)

    def __len__(self) -> int:
        return self._count

    @property
    def times(self) -> IntArray:
        """Seconds of UTC at which the bars opened."""
        return self._times[self._first : self._first + self._count]

    @property
    def open(self) -> FloatArray:
        return self._values[0, self._first : self._first + self._count]

    @property
    def high(self) -> FloatArray:
        return self._values[1, self._first : self._first + self._count]

    @property
    def low(self) -> FloatArray:
        return self._values[2, self._first : self._first + self._count]

    @property
    def close(self) -> FloatArray:
        return self._values[3, self._first : self._first + self._count]

    @property
    def volume(self) -> FloatArray:
        return self._values[4, self._first : self._first + self._count]

    def replace(self, rows: Sequence[CandleRow], *, keeps_others: bool = False) -> None:
        """Take these rows, oldest first, and forget everything else; or keep what is older or newer than they are.

        Where they do not touch what is there, bars between the two are unknown: then only the rows stay.
        """
        kept = int(np.searchsorted(self.times, rows[0].opened_at)) if rows and keeps_others else self._count
        newer: list[CandleRow] = []
        if kept < self._count:
            last = int(np.searchsorted(self.times, rows[-1].opened_at, side="right"))
            newer = [self.row(index) for index in range(last, self._count)]
        self._count = kept if kept < self._count else 0
        if not self._count:
            self._move(room_before=0)  # years of another series may have been here
        for row in (*rows, *newer):
            self.upsert(row)

    def replace_arrays(self, times: IntArray, values: FloatArray) -> None:
        """Like `replace`, from times and a 5 x n array of open, high, low, close, volume."""
        self._count = 0
        self._move(room_before=0, capacity=len(times))
        self._count = len(times)
        self._times[: self._count] = times
        self._values[:, : self._count] = values

    def prepend_arrays(self, times: IntArray, values: FloatArray) -> int:
        """Put older bars before the first one; return how many: those that are there already are left out."""
        count = int(np.searchsorted(times, self.times[0])) if self._count else len(times)
        if count > self._first:
            # Room for more, so that looking further and further back does not copy everything each time.
            self._move(room_before=count + min(self._count, _ROOM_BEFORE_MAX))
        self._first -= count
        self._count += count
        there = slice(self._first, self._first + count)
        self._times[there] = times[:count]
        self._values[:, there] = values[:, :count]
        return count

    def upsert(self, row: CandleRow) -> bool:
        """Update the bar that is still forming or append the next one; True when a bar was added.

        A row older than the last bar is ignored: a closed bar does not change.
        """
        last_at = int(self.times[-1]) if self._count else None
        if last_at is not None and row.opened_at < last_at:
            return False
        is_new = last_at is None or row.opened_at > last_at
        if is_new:
            if self._first + self._count == len(self._times):
                self._move(room_before=self._first, capacity=self._first + 2 * self._count)
            self._count += 1
        place = self._first + self._count - 1
        self._times[place] = row.opened_at
        self._values[:, place] = (row.open, row.high, row.low, row.close, row.volume)
        return is_new

    def row(self, index: int) -> CandleRow:
        """The bar at an index, which must exist."""
        opening, high, low, close, volume = (float(value) for value in self._values[:, self._first + index])
        at = int(self._times[self._first + index])
        return CandleRow(opened_at=at, open=opening, high=high, low=low, close=close, volume=volume)

    def index_at(self, seconds: int) -> int | None:
        """The index of the bar in which an instant lies; None before the first bar."""
        found = int(np.searchsorted(self.times, seconds, side="right")) - 1
        return found if found >= 0 else None

    def bar_seconds(self) -> int:
        """The usual distance of two bars in seconds: the smallest one of the newest hundred; 60 while unknown."""
        newest = self.times[-100:]
        return int(np.diff(newest).min()) if len(newest) > 1 else 60

    def gap_indices(self, bars: VisibleBars) -> IntArray:
        """The indices of visible bars before which time is missing."""
        first = max(1, bars.first)
        if first >= bars.last:
            return np.zeros(0, dtype=np.int64)
        steps = np.diff(self.times[first - 1 : bars.last])
        # A little more than one bar, so that a changed clock or a leap second is no gap.
        return np.nonzero(steps > self.bar_seconds() * 1.5)[0].astype(np.int64) + first

    def visible(self, left: float, right: float) -> VisibleBars:
        """The bars that touch a range of the horizontal axis; bar i covers i - 0.5 to i + 0.5."""
        first = max(0, int(np.floor(left + 0.5)))
        last = min(self._count, int(np.ceil(right + 0.5)))
        return VisibleBars(first=first, last=max(first, last))

    def price_bounds(self, bars: VisibleBars) -> tuple[float, float] | None:
        """Lowest low and highest high of some bars; None when there are none."""
        if bars.is_empty():
            return None
        return float(self.low[bars.first : bars.last].min()), float(self.high[bars.first : bars.last].max())

    def _move(self, *, room_before: int, capacity: int = 0) -> None:
        """Take what there is to larger arrays."""
        wanted = max(capacity, room_before + self._count + _CAPACITY_MIN)
        times, values = np.zeros(wanted, dtype=np.int64), np.zeros((_COLUMNS, wanted), dtype=np.float64)
        there = slice(room_before, room_before + self._count)
        times[there] = self.times
        values[:, there] = self._values[:, self._first : self._first + self._count]
        self._times, self._values, self._first = times, values, room_before


def utc_text(seconds: int) -> str:
    """An instant as the read-out and the time axis's tag write it: `2026-01-05 13:00`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")
