"""A loss of the network that a person asked for, to see what happens then."""

from math import inf


class SimulatedLoss:
    """`is_on` from `begin` to `end`; `ends_at` is monotonic seconds, inf for "until ended"."""

    def __init__(self) -> None:
        """Nothing is lost."""
        self.is_on = False
        self.ends_at = inf

    def begin(self, now: float, seconds: float | None) -> None:
        """Lose the network now; None for until it is ended."""
        self.is_on = True
        self.ends_at = inf if seconds is None else now + seconds

    def end(self) -> None:
        """Let it be there again."""
        self.is_on = False
        self.ends_at = inf

    def is_over(self, now: float) -> bool:
        """Say whether its time is over."""
        return self.is_on and now >= self.ends_at
