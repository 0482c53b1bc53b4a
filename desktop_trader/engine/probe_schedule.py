"""When to ask next whether a lost connection is back: back-off with full jitter, in waits that are counted down."""

from random import Random

from desktop_trader.settings import PauseSettings

_FIRST_SECONDS = 1.0
_SHORTEST_SECONDS = 0.25
_HINT_SECONDS = 0.5
"""How soon a sign of life is followed up: not at once, for where one thing comes back others are about to."""


class ProbeSchedule:
    """Counts attempts since everything was well. `next_at` is None while nothing is planned. All times monotonic."""

    def __init__(self, settings: PauseSettings, rng: Random) -> None:
        """Plan nothing yet; `rng` decides the jitter."""
        self._longest = float(settings.backoff_max)
        self._wait = float(settings.wait)
        self._rng = rng
        self._attempts = 0
        self._not_before = 0.0
        self._has_hint = False
        self.next_at: float | None = None
        self.wait_ends_at: float | None = None

    @property
    def backoff_seconds(self) -> float:
        """The longest that the next delay may be: 1, 2, 4 … s."""
        return min(self._longest, _FIRST_SECONDS * 2.0 ** min(self._attempts, 16))

    def begin_wait(self, now: float) -> None:
        """Begin to count a wait down."""
        self.wait_ends_at = now + self._wait

    def end_wait(self) -> None:
        """Plan nothing any more; how many attempts were in vain is remembered."""
        self.next_at = self.wait_ends_at = None

    def forget(self) -> None:
        """Begin anew: everything is well."""
        self.end_wait()
        self._attempts = 0
        self._not_before = 0.0
        self._has_hint = False

    def delay(self) -> float:
        """Return how long to wait before the next attempt, which counts as one from now on."""
        longest = self.backoff_seconds
        self._attempts += 1
        return max(_SHORTEST_SECONDS, self._rng.uniform(0.0, longest))

    def plan(self, now: float) -> None:
        """Plan the next attempt after one in vain."""
        self._has_hint = False
        self.next_at = max(now + self.delay(), self._not_before)

    def hold_until(self, at: float) -> None:
        """Ask nothing before: the other side said so."""
        self._not_before = max(self._not_before, at)
        if self.next_at is not None:
            self.next_at = max(self.next_at, at)

    def hurry(self, now: float) -> None:
        """Ask now, as a person wants it; only what the other side forbade still waits."""
        self.next_at = max(now, self._not_before)

    def take_hint(self, now: float) -> None:
        """Ask a little earlier, for there was a sign of life; once between two attempts in vain."""
        soon = max(now + _HINT_SECONDS, self._not_before)
        if not self._has_hint and self.next_at is not None and soon < self.next_at:
            self._has_hint = True
            self.next_at = soon
