"""What the line to a market has met: ticks, calls, clocks. The evidence that the network pause decides on."""

from collections.abc import Callable
from datetime import datetime
from math import inf

from desktop_trader.domain.errors import ExchangeError
from desktop_trader.engine.feed_watch import FeedWatch
from desktop_trader.settings import PauseSettings


class LineWatch:
    """Keeps what was met last. `good_at` is when anything came that can be believed. Times are monotonic seconds."""

    def __init__(
        self,
        settings: PauseSettings,
        *,
        cadence: Callable[[str], float | None],
        market_now: Callable[[], datetime | None] = lambda: None,
    ) -> None:
        """Know nothing yet."""
        self.feed = FeedWatch(settings, cadence=cadence, market_now=market_now)
        self._silent = float(settings.silent_after)
        self._keep_alive = max(0.5, self._silent - float(settings.probe_deadline))
        self.good_at = -inf
        self.answered_at = -inf
        self.latency_seconds: float | None = None
        self.skew_seconds: float | None = None
        self.compared_at = -inf
        self.error: ExchangeError | None = None
        self.failures = 0
        self._told: ExchangeError | None = None
        self._failing_since = inf

    def start_over(self, now: float) -> None:
        """Judge from now on."""
        self.good_at = now
        self.failures = 0
        self.error = None
        self.feed.start_over(now)

    def tick(self, symbol: str, now: float, *, source_at: datetime) -> None:
        """Take a good tick."""
        self.good_at = now
        self.feed.note(symbol, now, source_at=source_at)

    def answer(self, now: float, latency_seconds: float | None = None) -> None:
        """Take an answer that can be believed."""
        self.good_at = self.answered_at = now
        self._failing_since = inf
        if latency_seconds is not None:
            self.latency_seconds = latency_seconds

    def fail(self, error: ExchangeError, now: float) -> bool:
        """Take a failure; False for one that was told already: a line and whoever probes may both tell of it."""
        if error is self._told:
            return False
        self.error = self._told = error
        self.failures += 1
        self._failing_since = min(self._failing_since, now)
        return True

    def forget_failures(self) -> None:
        """What failed until now has been found out about."""
        self.failures = 0
        self.error = None

    @property
    def heard_at(self) -> float:
        """When anything was really heard last, an answer or a price; -inf for never."""
        return max(self.answered_at, self.feed.received_at)

    @property
    def dead_at(self) -> float:
        """When the line counts as dead if nothing at all comes."""
        return self.good_at + self._silent

    @property
    def ask_at(self) -> float:
        """When somebody should be asked if nothing comes: so early that no answer is known before `dead_at`."""
        return self.good_at + self._keep_alive

    @property
    def is_ticking(self) -> bool:
        """Whether prices go on arriving since calls fail: then it cannot be the whole network."""
        return self.feed.newest > self._failing_since
