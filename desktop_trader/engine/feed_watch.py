"""How old the newest price of each symbol is, and how old it may be: measured against the symbol's own cadence.

Times are monotonic seconds, handed in. What a symbol usually takes from one tick to the next is the median of its
newest gaps, or what its feed declares where that is more.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from statistics import median

from desktop_trader.settings import PauseSettings

_GAPS = 64
_NEWS = 8
"""So many gaps are needed before what is usual is looked at anew: a median takes its time."""
_USUAL_SECONDS = 1.0
"""What counts as usual before anything is known."""
_STALE_GAPS = 5.0
_SILENT_GAPS = 2.0
_BAD_TICK_SECONDS = 60.0
_BAD_TICKS = 5


@dataclass(slots=True, kw_only=True)
class SymbolWatch:
    """What is known of one symbol. `since` is when it began to be watched, or to be watched again.

    `received` is when the newest good tick came, `made` when the market made it; `asked` when it began to be needed.
    """

    since: float
    asked: float = -inf
    received: float | None = None
    made: float | None = None
    source_at: datetime | None = None
    gaps: deque[float] = field(default_factory=lambda: deque(maxlen=_GAPS))
    gap_from: float | None = None
    bad_at: deque[float] = field(default_factory=lambda: deque(maxlen=_BAD_TICKS))
    usual: float | None = None
    news: int = 0

    def note(self, now: float, source_at: datetime, *, lag: float = 0.0) -> None:
        """Take a good tick that the market made `lag` seconds ago."""
        if self.gap_from is not None:
            self.gaps.append(now - self.gap_from)
            self.news += 1
            if self.news >= _NEWS or len(self.gaps) < _NEWS:
                self.usual, self.news = None, 0
        self.received = self.gap_from = now
        self.made = now - max(0.0, lag)
        self.source_at = source_at

    def age(self, now: float) -> float:
        """Return for how long nothing good has come."""
        return now - self.newest

    @property
    def newest_made(self) -> float:
        """When the newest good tick was made; one that is needed only now has its time to bring one."""
        return self.newest if self.made is None else min(self.newest, max(self.asked, self.made))

    @property
    def newest(self) -> float:
        """When the newest good tick came; before the first, when the watch began."""
        return self.since if self.received is None else max(self.since, self.received)


class FeedWatch:
    """Every symbol that ticks, and those that are needed: what is held, ordered or traded by a strategy."""

    def __init__(
        self,
        settings: PauseSettings,
        *,
        cadence: Callable[[str], float | None] = lambda symbol: None,
        market_now: Callable[[], datetime | None] = lambda: None,
    ) -> None:
        """Know nothing yet; `cadence` is what the feed declares, in seconds.

        `market_now` is the market's own time, None while that is unknown: what is newly received may be long made.
        """
        self._market_now = market_now
        self._late = float(settings.late_after)
        self._silent = float(settings.silent_after)
        self._stale = float(settings.stale_after)
        self._cadence = cadence
        self._symbols: dict[str, SymbolWatch] = {}
        self._together: deque[float] = deque(maxlen=_GAPS)
        self._together_from: float | None = None
        self.newest = self.received_at = -inf
        self.needed: tuple[str, ...] = ()
        self.rejected: Counter[str] = Counter()

    @property
    def symbols(self) -> Mapping[str, SymbolWatch]:
        """What is known, by symbol."""
        return self._symbols

    def need(self, symbols: Iterable[str], now: float) -> None:
        """Watch over these from now on; one that is new has its time to tick."""
        wanted = tuple(sorted(set(symbols)))
        if wanted == self.needed:
            return
        for symbol in set(wanted) - set(self.needed):
            watch = self._watch(symbol, now)
            watch.since = watch.asked = now
        self.needed = wanted
        self._together.clear()  # of other symbols together
        self._together_from, self.newest = None, max(self.newest, now)

    def note(self, symbol: str, now: float, *, source_at: datetime) -> None:
        """Take a good tick."""
        self.received_at = now
        at = self._market_now()
        self._watch(symbol, now).note(now, source_at, lag=0.0 if at is None else (at - source_at).total_seconds())
        if symbol in self.needed:
            if self._together_from is not None:
                self._together.append(now - self._together_from)
            self._together_from = self.newest = now

    def stand_still(self, symbol: str, now: float, *, source_at: datetime) -> None:
        """Count a price's age from now on, though nobody has noted its ticks until now."""
        watch = self._watch(symbol, now)
        watch.received, watch.made, watch.source_at, watch.gap_from = now, now, source_at, None

    def reject(self, symbol: str, now: float) -> bool:
        """Count a bad tick; True when there were too many within a minute."""
        self.rejected[symbol] += 1
        bad_at = self._watch(symbol, now).bad_at
        bad_at.append(now)
        return len(bad_at) == _BAD_TICKS and now - bad_at[0] <= _BAD_TICK_SECONDS

    def break_off(self) -> None:
        """What follows is an outage: its length is no gap between two ticks."""
        self._together_from = None
        for watch in self._symbols.values():
            watch.gap_from = None

    def start_over(self, now: float) -> None:
        """Count every needed symbol's age from now on."""
        for symbol in self.needed:
            self._watch(symbol, now).since = now
        self.newest = max(self.newest, now)

    def usual_gap(self, symbol: str) -> float:
        """Return how many seconds usually lie between two ticks of a symbol."""
        watch = self._symbols.get(symbol)
        if watch is None:
            return self._cadence(symbol) or _USUAL_SECONDS
        if watch.usual is None:
            declared = self._cadence(symbol)
            if len(watch.gaps) > 2:
                watch.usual = max(median(watch.gaps), declared or 0.0)
            else:
                watch.usual = declared or _USUAL_SECONDS
        return watch.usual

    def stale_limit(self, symbol: str) -> float:
        """Return the age, in seconds, from which a symbol's price counts as stale."""
        return max(self._stale, _STALE_GAPS * self.usual_gap(symbol))

    def stale_at(self, symbol: str) -> float:
        """Return when a needed symbol is stale if nothing newer comes, by when it came and by when it was made."""
        return self._symbols[symbol].newest_made + self.stale_limit(symbol)

    def is_fresh(self, symbol: str, now: float) -> bool:
        """Say whether the newest good tick of a symbol was made lately, not only received."""
        watch = self._symbols.get(symbol)
        return watch is not None and watch.made is not None and now - watch.made < self.stale_limit(symbol)

    def stays_fresh(self, symbol: str, now: float) -> bool:
        """Say whether it still will be when the next one usually comes."""
        return self.is_fresh(symbol, now + self.usual_gap(symbol))

    def late_at(self, symbol: str) -> float:
        """Return when a needed symbol is later than usual if nothing comes."""
        return self._symbols[symbol].newest + self.usual_gap(symbol) + self._late

    def is_live(self, symbol: str, now: float) -> bool:
        """Say whether a symbol has ticked, and is not later with its next tick than usual."""
        watch = self._symbols.get(symbol)
        return watch is not None and watch.received is not None and now < self.late_at(symbol)

    def silent_at(self) -> float:
        """Return when all needed symbols together have been silent for too long: never where nothing is needed.

        That is never sooner than twice the longest of their newest gaps: a quiet market is not a dead one.
        """
        if not self.needed or self.newest == -inf:
            return inf
        longest = max(self._together, default=min(map(self.usual_gap, self.needed)))
        return self.newest + max(self._silent, _SILENT_GAPS * longest)

    def late(self, now: float) -> tuple[str, ...]:
        """Return the needed symbols that are later than usual."""
        return tuple(symbol for symbol in self.needed if now >= self.late_at(symbol))

    def stale(self, now: float) -> tuple[str, ...]:
        """Return the needed symbols that are stale."""
        return tuple(symbol for symbol in self.needed if now >= self.stale_at(symbol))

    def _watch(self, symbol: str, now: float) -> SymbolWatch:
        watch = self._symbols.get(symbol)
        if watch is None:
            watch = self._symbols[symbol] = SymbolWatch(since=now)
        return watch
