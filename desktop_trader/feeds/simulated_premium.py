"""How far a simulated swap stands above the index of other markets, and the funding that follows from it.

The premium is a slow noise, a function of (seed, symbol, hour) alone: hashed values on grids of hours with straight
lines between them, up to 0.12 % either way. Computed in integers: every machine and thread gets the same rates.

The rate of an interval is the published one of Binance ("Introduction to Binance Futures Funding Rates"):
F = P + clamp(I - P, -0.05 %, 0.05 %), with the interest rate I = 0.01 % for 8 hours and P the mean premium of the
interval, held within 0.75 % either way, to eight decimals.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

FUNDING_INTERVAL = timedelta(hours=8)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR = timedelta(hours=1)
_PERIODS = ((7, 3), (31, 4), (127, 5))
"""Period of each noise in hours, and its amplitude in hundredths of a percent."""
_INTEREST = Decimal("0.0001")
_DAMPER = Decimal("0.0005")
_CAP = Decimal("0.0075")
_STEP = Decimal("0.00000001")
_SCALE = 14
_HUNDREDTH_OF_PERCENT = 10**10
_HASH_BYTES = 8
_HALF_OF_HASHES = 2**63


def funding_rate(premium: Decimal) -> Decimal:
    """Return the rate of an interval with this mean premium."""
    damped = premium + min(max(_INTEREST - premium, -_DAMPER), _DAMPER)
    return min(max(damped, -_CAP), _CAP).quantize(_STEP)


def last_funding(at: datetime) -> datetime:
    """Return the newest time at or before `at` at which funding is due."""
    return at - (at - _EPOCH) % FUNDING_INTERVAL


def mean_premium(seed: int, symbol: str, *, since: datetime, until: datetime) -> Decimal:
    """Return the mean of the premiums at every whole hour from `since` on and before `until`; of one at least."""
    first = (since - _EPOCH) // _HOUR
    stop = max(-((_EPOCH - until) // _HOUR), first + 1)
    total = sum(_premium(seed, symbol, hour) for hour in range(first, stop))
    return Decimal(total // (stop - first)).scaleb(-_SCALE)


@lru_cache(maxsize=4_096)
def _premium(seed: int, symbol: str, hour: int) -> int:
    """Return the premium at a whole hour since the epoch, as a count of 10^-14."""
    total = 0
    for period, amplitude in _PERIODS:
        node, offset = divmod(hour, period)
        before, after = (_node(f"{seed}|{symbol}|premium {period}|{each}") for each in (node, node + 1))
        line = before * (period - offset) + after * offset
        total += amplitude * _HUNDREDTH_OF_PERCENT * line // (period * _HALF_OF_HASHES)
    return total


def _node(name: str) -> int:
    """Return the hashed value of a node, from -2^63 to below 2^63."""
    digest = hashlib.sha256(name.encode()).digest()
    return int.from_bytes(digest[:_HASH_BYTES], "big") - _HALF_OF_HASHES
