"""Bars as arrays of floats, for charts and indicators. This imports numpy, so it is imported where it is needed."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_ROW = np.dtype(
    [("opened_at", "i8"), ("price_scale", "i4"), ("volume_scale", "i4")]
    + [(name, "f8") for name in ("open", "high", "low", "close", "volume")]
)
_TENS = 10.0 ** np.arange(23)
"""The powers of ten that a float holds exactly."""

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CandleArrays:
    """Columns of the same length, oldest first. `opened_at` is in whole seconds since 1970."""

    opened_at: NDArray[np.int64]
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    volume: FloatArray

    def __len__(self) -> int:
        """How many bars there are."""
        return len(self.opened_at)


def arrays_of_rows(rows: Iterable[tuple[Any, ...]]) -> CandleArrays:
    """Return stored rows (opening, two scales, four prices, volume) as arrays."""
    table = np.fromiter(rows, dtype=_ROW)
    prices, volumes = _powers(table["price_scale"]), _powers(table["volume_scale"])
    return CandleArrays(
        opened_at=np.ascontiguousarray(table["opened_at"]),
        open=table["open"] / prices,
        high=table["high"] / prices,
        low=table["low"] / prices,
        close=table["close"] / prices,
        volume=table["volume"] / volumes,
    )


def _powers(scales: NDArray[np.int32]) -> FloatArray:
    return np.where(scales < len(_TENS), _TENS[np.minimum(scales, len(_TENS) - 1)], 10.0 ** scales.astype(np.float64))
