"""The price of a simulated market as a pure function of (seed, name, market second).

Nothing here remembers anything: any second of any year can be asked for, in any order and in pieces of any size,
and the answer is the same to the last bit. The logarithm of the price is a sum of octaves of value noise: hashed
values on a grid of seconds, with straight lines between them. Amplitudes grow with the square root of the octave's
period, as those of a random walk do, up to a period of 18 days; beyond that the price returns to its level, so it
never drifts away. A slower noise scales the hashed values, which makes volatility cluster.

Only additions, multiplications, divisions and rounding are used, all of which IEEE 754 defines exactly, so that
every machine computes the same ticks. This module imports numpy, which takes longer than everything else in a feed:
import it on first use, not at start-up.
"""

import hashlib
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_SHIFT_11, _SHIFT_27, _SHIFT_30, _SHIFT_31 = (np.uint64(bits) for bits in (11, 27, 30, 31))

_OCTAVES = 14
_PERIOD_RATIO = 3
_FINE_OCTAVES = 4
"""Octaves with several nodes in a minute: periods 1, 3, 9 and 27."""

_STEP_AMPLITUDE = 0.000070
"""Amplitude of the one-second octave at volatility 1; gives one-minute returns of about 0.07 %."""

_VOLATILITY_OCTAVES = ((47, 0.55), (411, 0.55), (3203, 0.50))
"""Period in minutes and amplitude of the noise that scales volatility, in logarithms."""

_BASIS_PERIOD = 1800
_BASIS_AMPLITUDE = 0.00015
_SPREAD_MIN = 0.0001
_SPREAD_RANGE = 0.0001


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteTicks:
    """Bids, last prices and asks of consecutive seconds, in price ticks; bid <= last <= ask and bid < ask."""

    bid: list[int]
    last: list[int]
    ask: list[int]


@dataclass(frozen=True, slots=True)
class _Octave:
    period: int
    phase: int
    key: np.uint64
    amplitude: float


class PricePath:
    """The ticks of one symbol: one price a second, as integer counts of the tick size.

    Values depend on the constructor's arguments and the second alone; seconds count from the epoch and may be
    negative. Instances hold no mutable state and may be shared between threads.
    """

    def __init__(self, *, seed: int, name: str, level_ticks: int, volatility: float, basis_name: str = "") -> None:
        """Describe a path around `level_ticks`.

        `volatility` 1 moves the price about 0.07 % in a minute and 2.5 % in a day. Paths of one name and seed move
        alike; a `basis_name` adds a slow difference of at most 1.5 basis points, as between a swap and its spot.
        """
        self._level = float(level_ticks)
        self._octaves = [
            _Octave(period, key % period, np.uint64(key), volatility * _STEP_AMPLITUDE * period**0.5)
            for period, key in ((_PERIOD_RATIO**index, _key(seed, name, f"price {index}")) for index in range(_OCTAVES))
        ]
        self._volatility_octaves = [
            _Octave(period, key % period, np.uint64(key), amplitude)
            for period, amplitude, key in (
                (period, amplitude, _key(seed, name, f"volatility {period}"))
                for period, amplitude in _VOLATILITY_OCTAVES
            )
        ]
        self._basis = _Octave(_BASIS_PERIOD, 0, np.uint64(_key(seed, basis_name, "basis")), _BASIS_AMPLITUDE)
        self._has_basis = bool(basis_name)
        own_name = basis_name or name
        self._spread_key = np.uint64(_key(seed, own_name, "spread"))
        self._volume_key = np.uint64(_key(seed, own_name, "volume"))

    def last_ticks(self, start: int, stop: int) -> NDArray[np.int64]:
        """Return the last price of every second from `start` to before `stop`; at least one tick each."""
        exponent = self._log_offsets(start, stop)
        prices = np.rint(_exponential(exponent) * self._level)
        return np.maximum(prices, 1.0).astype(np.int64)

    def quote_ticks(self, start: int, stop: int) -> QuoteTicks:
        """Return bid, last and ask of every second from `start` to before `stop`.

        The spread is one to two basis points, one tick at least; the last print lies anywhere within it.
        """
        last = self.last_ticks(start, stop)
        mixed = _hash(np.arange(start, stop), self._spread_key)
        width = _SPREAD_MIN + _SPREAD_RANGE * _unit(mixed)
        spread = np.maximum(np.rint(last * width).astype(np.int64), 1)
        below = (mixed & np.uint64(0xFFFFFF)).astype(np.int64) % (spread + 1)
        bid = np.maximum(last - below, 1)
        ask = bid + spread
        return QuoteTicks(bid=bid.tolist(), last=last.tolist(), ask=ask.tolist())

    def volumes(self, first_minute: int, stop_minute: int, *, typical: int) -> NDArray[np.int64]:
        """Return the volume of every minute, at least 1: around `typical`, and more when volatility is high."""
        minutes = np.arange(first_minute, stop_minute)
        share = 0.1 + 1.8 * _unit(_hash(minutes, self._volume_key))
        volumes = np.rint(share * self._volatility(minutes) * float(typical)).astype(np.int64)
        return np.maximum(volumes, 1)

    def _log_offsets(self, start: int, stop: int) -> NDArray[np.float64]:
        total = np.zeros(stop - start)
        for octave, values in zip(self._octaves, self._scaled_nodes(start, stop), strict=True):
            _add_lines(total, values, period=octave.period, skip=(start + octave.phase) % octave.period)
        if self._has_basis:
            values = _node_values(self._basis, _nodes(self._basis, start, stop))
            _add_lines(total, values, period=self._basis.period, skip=start % self._basis.period)
        return total

    def _scaled_nodes(self, start: int, stop: int) -> list[NDArray[np.float64]]:
        """Return the node values of each octave around these seconds, scaled by the volatility at each node.

        The volatility of all nodes is computed at once, because on short arrays a call costs more than its work;
        nodes closer than a minute share that of their minute.
        """
        grids = [_nodes(octave, start, stop) for octave in self._octaves]
        minutes = [
            (nodes * octave.period - octave.phase) // 60 for octave, nodes in zip(self._octaves, grids, strict=True)
        ]
        first = min(int(minutes[index][0]) for index in range(_FINE_OCTAVES))
        last = max(int(minutes[index][-1]) for index in range(_FINE_OCTAVES))
        volatility = self._volatility(np.concatenate([np.arange(first, last + 1), *minutes[_FINE_OCTAVES:]]))
        scales = [volatility[minutes[index] - first] for index in range(_FINE_OCTAVES)]
        begin = last + 1 - first
        for coarse in minutes[_FINE_OCTAVES:]:
            scales.append(volatility[begin : begin + len(coarse)])
            begin += len(coarse)
        return [
            _node_values(octave, nodes) * scale
            for octave, nodes, scale in zip(self._octaves, grids, scales, strict=True)
        ]

    def _volatility(self, minutes: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the factor on volatility in each of these minutes, which need not be consecutive."""
        total = np.zeros(len(minutes))
        for octave in self._volatility_octaves:
            nodes = (minutes + octave.phase) // octave.period
            offsets = (minutes + octave.phase) - nodes * octave.period
            before = _node_values(octave, nodes)
            after = _node_values(octave, nodes + 1)
            total += before + (after - before) * (offsets * (1.0 / octave.period))
        return _exponential(total)


def _key(seed: int, name: str, purpose: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}|{name}|{purpose}".encode()).digest()[:8], "big")


def _hash(numbers: NDArray[np.int64], key: np.uint64) -> NDArray[np.uint64]:
    """Return 64 well mixed bits of each number: the finalizer of splitmix64 (Steele, Lea and Flood, 2014)."""
    bits = numbers.astype(np.uint64)
    bits *= _GOLDEN
    bits += key
    bits ^= bits >> _SHIFT_30
    bits *= _MIX_1
    bits ^= bits >> _SHIFT_27
    bits *= _MIX_2
    bits ^= bits >> _SHIFT_31
    return bits


def _unit(bits: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Return bits as numbers in [0, 1)."""
    return (bits >> _SHIFT_11).astype(np.float64) * 2.0**-53


def _nodes(octave: _Octave, start: int, stop: int) -> NDArray[np.int64]:
    """Return the numbers of the grid nodes around the seconds from `start` to before `stop`."""
    return np.arange((start + octave.phase) // octave.period, (stop - 1 + octave.phase) // octave.period + 2)


def _node_values(octave: _Octave, nodes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the hashed values at these grid nodes, symmetric around zero."""
    return (_unit(_hash(nodes, octave.key)) * 2.0 - 1.0) * octave.amplitude


def _add_lines(total: NDArray[np.float64], values: NDArray[np.float64], *, period: int, skip: int) -> None:
    """Add the straight lines between `values`, which stand `period` apart; the first lies `skip` before `total`.

    Both ways below do the same arithmetic on each element, so that the result does not depend on the length asked.
    """
    count = len(total)
    if period == 1:
        total += values[:count]
        return
    steps = values[1:] - values[:-1]
    if 2 * period <= count:
        lines = values[:-1, None] + steps[:, None] * _fractions(period)
        total += lines.ravel()[skip : skip + count]
        return
    for index, step in enumerate(steps):
        begin = max(index * period - skip, 0)
        end = min((index + 1) * period - skip, count)
        offset = skip - index * period
        total[begin:end] += values[index] + step * (np.arange(begin + offset, end + offset) * (1.0 / period))


@cache
def _fractions(period: int) -> NDArray[np.float64]:
    return np.arange(period, dtype=np.float64) * (1.0 / period)


def _exponential(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ((1 + x/16) / (1 - x/16))^8: e^x within 0.2 % for |x| < 1, and exactly its own reciprocal at -x.

    Written out because the last bit of a library's exponential differs from machine to machine.
    """
    y = x * 0.0625
    y = (1.0 + y) / (1.0 - y)
    y *= y
    y *= y
    y *= y
    return y
