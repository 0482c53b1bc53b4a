"""Whether time passed that nobody lived through: a machine that slept, a process that stood, a clock that was moved."""

from dataclasses import dataclass

from desktop_trader.engine import pause_reasons as r
from desktop_trader.messages.network import PauseReason

_LONG_SECONDS = 60.0
"""Nothing stalls for so long: a monotonic clock that goes on in sleep looks like this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What a heartbeat came too late for, in words for a person."""

    reason: PauseReason
    detail: str


class Heartbeat:
    """Compares two clocks from beat to beat. Monotonic time decides; the wall's only says what it was."""

    def __init__(self, stall_after: float) -> None:
        """Expect the first beat."""
        self._stall_after = stall_after
        self._last: tuple[float, float] | None = None

    def start_over(self) -> None:
        """Expect a first beat again: what took so long was our own work."""
        self._last = None

    def seconds_since(self, now: float, wall: float) -> float:
        """Return how long ago the last beat was, by whichever clock says more; 0 before the first."""
        return 0.0 if self._last is None else max(now - self._last[0], wall - self._last[1])

    def is_late(self, now: float) -> bool:
        """Say whether a beat is overdue."""
        return self._last is not None and now - self._last[0] > self._stall_after

    def beat(self, now: float, wall: float) -> Gap | None:
        """Take a beat; `wall` is seconds since 1970. Return what happened since the last one, None for nothing."""
        last, self._last = self._last, (now, wall)
        if last is None:
            return None
        gap = now - last[0]
        moved = wall - last[1] - gap
        if moved < -self._stall_after:
            return Gap(reason=r.CLOCK, detail=f"the computer's clock was set back by {-moved:.0f} s")
        if moved > self._stall_after:
            return Gap(
                reason=r.RESUME, detail=f"the computer slept, or its clock was set forward, by {moved + gap:.0f} s"
            )
        if gap > _LONG_SECONDS:
            return Gap(reason=r.RESUME, detail=f"the computer slept for {gap:.0f} s")
        if gap > self._stall_after:
            return Gap(reason=r.STALL, detail=f"the program stood still for {gap:.1f} s")
        return None
