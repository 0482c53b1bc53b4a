"""Which stored bars somebody waits for: charts, strategies, the verification. From any thread."""

from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock

from desktop_trader.domain.market import Timeframe

_LONGEST = 2_000
"""Bars that one wish brings at most; whole years are downloaded by a job of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BarWish:
    """The newest `limit` closed bars of a market; with `before` the newest of those that closed by then."""

    symbol: str
    timeframe: Timeframe
    limit: int
    before: datetime | None = None


class BarWishes:
    """Keeps one wish for the newest bars of each series, the largest, and the last one for older bars. Thread-safe."""

    def __init__(self) -> None:
        """Begin without any."""
        self._lock = Lock()
        self._wishes: dict[tuple[str, Timeframe, bool], BarWish] = {}

    def put(self, wish: BarWish) -> None:
        """Take a wish; a larger one of the same series includes it."""
        key = (wish.symbol, wish.timeframe, wish.before is not None)
        limit = min(wish.limit, _LONGEST)
        with self._lock:
            waiting = self._wishes.get(key)
            if limit > 0 and (waiting is None or waiting.limit < limit or waiting.before != wish.before):
                self._wishes[key] = replace(wish, limit=limit)

    def take(self) -> BarWish | None:
        """Return the oldest wish and forget it; None when there is none."""
        with self._lock:
            key = next(iter(self._wishes), None)
            return None if key is None else self._wishes.pop(key)

    @property
    def is_empty(self) -> bool:
        """Whether nobody waits."""
        return not self._wishes
