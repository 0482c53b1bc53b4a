"""The price of one pair at any instant, years back and now, as a function of a seed and of what a script has set.

The generated path is a sum of linear noise whose corners all lie on a grid of 30 s, so the highest and lowest price of
a candle are those of its corners, exactly; candles of every timeframe fit together. A script replaces it piecewise:
`set_price` holds a price from an instant on, `walk` lets the generated movement go on from the price held.
"""

import bisect
import hashlib
import math
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from tests.exchange.loopback.listing import Pair

GRID_SECONDS = 30
LISTED_AT = 1546300800
"""2019-01-01: no pair has candles before it."""

_OCTAVES = (
    (30, 0.0003),
    (60, 0.0004),
    (300, 0.0008),
    (1800, 0.002),
    (10800, 0.005),
    (86400, 0.02),
    (7 * 86400, 0.06),
    (56 * 86400, 0.2),
)
_Floats = npt.NDArray[np.float64]
_Ints = npt.NDArray[np.int64]
_Arrays = tuple[_Ints, _Floats, _Floats, _Floats, _Floats, _Floats]
_ALL = (1 << 64) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Candle:
    """One candle; `open_at` in seconds since 1970, `volume` in base, `value` in quote."""

    open_at: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stretch:
    """From `start` on the price is `held`, or the generated one times `scale`."""

    start: float
    held: float | None = None
    scale: float = 1.0


@dataclass(slots=True)
class PricePath:
    """The one path of a pair; not thread-safe: it belongs to the exchange's loop."""

    pair: Pair
    seed: int
    _keys: list[int] = field(init=False)
    _stretches: list[_Stretch] = field(init=False)

    def __post_init__(self) -> None:
        digest = hashlib.sha256(f"{self.seed}:{self.pair.symbol}".encode()).digest()
        root = int.from_bytes(digest[:7], "big")
        self._keys = [root + 7919 * number for number in range(len(_OCTAVES) + 1)]
        self._stretches = [_Stretch(start=float("-inf"))]

    def price(self, at: float) -> Decimal:
        """Return the price at an instant, in the pair's price step."""
        stretch = self._stretches[self._index(at)]
        return self._decimal(self._value(stretch, at))

    def set_price(self, price: Decimal, at: float) -> None:
        """Hold a price from an instant on; whatever a script had set after it is dropped."""
        self._append(_Stretch(start=at, held=float(price)))

    def walk(self, at: float) -> None:
        """Let the generated movement go on from the price at the instant."""
        now = self._value(self._stretches[self._index(at)], at)
        self._append(_Stretch(start=at, scale=now / self._generated_at(at)))

    def set_back(self) -> list[tuple[float, str | None, float]]:
        """Return what scripts have set, to give to another process (`restore`)."""
        return [(s.start, None if s.held is None else repr(s.held), s.scale) for s in self._stretches[1:]]

    def restore(self, stretches: list[tuple[float, str | None, float]]) -> None:
        """Take up what `set_back` gave."""
        for start, held, scale in stretches:
            self._append(_Stretch(start=start, held=None if held is None else float(held), scale=scale))

    def candles(self, period: int, first_open: int, last_open: int, now: float) -> list[Candle]:
        """Return the candles that open between the two instants (inclusive, multiples of the period), the forming one
        as far as it has come by `now`."""
        first, last = _clip(period, first_open, last_open, now)
        if last < first:
            return []
        found = self._arrays(period, first, last, now)
        return [
            self._candle(int(o), (float(p), float(h), float(lo), float(c)), float(v))
            for o, p, h, lo, c, v in zip(*found, strict=True)
        ]

    def span(self, period: int, first_open: int, now: float) -> Candle:
        """Return everything since an instant as one candle, looked at every `period` seconds only: a day of thousands
        of pairs has to be told in no time.
        """
        first, last = _clip(period, first_open, int(now), now)
        opens, starts, highs, lows, closes, volumes = self._arrays(period, first, max(first, last), now, grid=period)
        prices = (float(starts[0]), float(highs.max()), float(lows.min()), float(closes[-1]))
        return self._candle(int(opens[0]), prices, float(volumes.sum()))

    def _arrays(self, period: int, first: int, last: int, now: float, *, grid: int = GRID_SECONDS) -> _Arrays:
        """Return opening times, first, highest, lowest and last prices and volumes of candles."""
        opens = np.arange(first, last + 1, period, dtype=np.int64)
        steps = period // grid
        corners = (opens[:, None] + np.arange(steps + 1, dtype=np.int64)[None, :] * grid).astype(np.float64)
        corners = np.minimum(corners, now)
        flat = corners.ravel()
        prices = self._scripted(self._generated(flat), flat).reshape(corners.shape)
        ends = np.minimum(corners[:, -1], now)
        highs, lows = prices[:, :-1].max(axis=1), prices[:, :-1].min(axis=1)
        closes = np.array([self._value_before(end, float(p)) for end, p in zip(ends, prices[:, -1], strict=True)])
        highs, lows = np.maximum(highs, closes), np.minimum(lows, closes)
        self._touch(opens, period, highs, lows)
        return opens, prices[:, 0], highs, lows, closes, self._volumes(opens, steps)

    def _candle(self, open_at: int, prices: tuple[float, float, float, float], volume: float) -> Candle:
        opened, high, low, close = (self._decimal(price) for price in prices)
        amount = Decimal(f"{volume:.4f}")
        return Candle(
            open_at=open_at, open=opened, high=high, low=low, close=close, volume=amount, value=amount * close
        )

    def _append(self, stretch: _Stretch) -> None:
        while self._stretches[-1].start >= stretch.start:
            self._stretches.pop()
        self._stretches.append(stretch)

    def _index(self, at: float) -> int:
        return bisect.bisect_right([stretch.start for stretch in self._stretches], at) - 1

    def _value(self, stretch: _Stretch, at: float) -> float:
        if stretch.held is not None:
            return stretch.held
        return self._generated_at(at) * stretch.scale

    def _value_before(self, end: float, at_end: float) -> float:
        """Return the price an instant before `end`: a price set exactly at the end belongs to the next candle."""
        index = self._index(end)
        stretch = self._stretches[index]
        return self._value(self._stretches[index - 1], end) if index and stretch.start == end else at_end

    def _scripted(self, values: _Floats, at: _Floats) -> _Floats:
        for number, stretch in enumerate(self._stretches[1:], start=1):
            last = number + 1 == len(self._stretches)
            until = float("inf") if last else self._stretches[number + 1].start
            inside = (at >= stretch.start) & (at < until)
            if stretch.held is not None:
                values[inside] = stretch.held
            else:
                values[inside] *= stretch.scale
        return values

    def _touch(self, opens: _Ints, period: int, highs: _Floats, lows: _Floats) -> None:
        """Widen the candles in which a script set a price between two corners of the grid."""
        for stretch in self._stretches[1:]:
            row = int((stretch.start - opens[0]) // period)
            if 0 <= row < len(opens):
                for value in (self._value(stretch, stretch.start), self._value_before(stretch.start, np.nan)):
                    highs[row], lows[row] = np.fmax(highs[row], value), np.fmin(lows[row], value)

    def _generated(self, at: _Floats) -> _Floats:
        total = np.zeros_like(at)
        for key, (period, size) in zip(self._keys, _OCTAVES, strict=False):
            position = at / period
            cell = np.floor(position).astype(np.int64)
            share = position - cell
            total += size * (_noise(key, cell) * (1 - share) + _noise(key, cell + 1) * share)
        return np.exp(total) * float(self.pair.start_price)

    def _generated_at(self, at: float) -> float:
        """Return what `_generated` does for one instant, without the cost of arrays: it is asked for at every tick."""
        total = 0.0
        for key, (period, size) in zip(self._keys, _OCTAVES, strict=False):
            cell = int(at // period)
            share = at / period - cell
            total += size * (_noise_of(key, cell) * (1 - share) + _noise_of(key, cell + 1) * share)
        return math.exp(total) * float(self.pair.start_price)

    def _volumes(self, opens: _Ints, steps: int) -> _Floats:
        cells = opens[:, None] // GRID_SECONDS + np.arange(steps, dtype=np.int64)[None, :]
        noise = _noise(self._keys[-1], cells.ravel()).reshape(cells.shape)
        return np.asarray((1.1 + noise).sum(axis=1) * (3000 / float(self.pair.start_price)))

    def _decimal(self, value: float) -> Decimal:
        price = Decimal(f"{value:.{self.pair.price_digits}f}")
        return max(price, self.pair.price_step)


def _clip(period: int, first_open: int, last_open: int, now: float) -> tuple[int, int]:
    first = max(first_open, LISTED_AT + (-LISTED_AT) % period)
    return first, min(last_open, int(now) // period * period)


def _noise_of(key: int, cell: int) -> float:
    z = (cell * 0x9E3779B97F4A7C15 + key) & _ALL
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _ALL
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _ALL
    z ^= z >> 31
    return z / float(2**63) - 1.0


def _noise(key: int, cells: _Ints) -> _Floats:
    """Return one number in -1..1 for each cell (splitmix64)."""
    with np.errstate(over="ignore"):
        z = cells.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(key)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return np.asarray(z / float(2**63) - 1.0)
