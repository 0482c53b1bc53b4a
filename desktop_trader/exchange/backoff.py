"""Waiting between tries: longer each time, and never in step with everybody else."""

from random import Random

_FIRST_SECONDS = 1.0
_LONGEST_SECONDS = 60.0


class FullJitterBackoff:
    """A wait between nothing and a bound that doubles from 1 to 60 s, chosen evenly; the caller seeds `random`."""

    def __init__(self, random: Random, *, longest_seconds: float = _LONGEST_SECONDS) -> None:
        self._random = random
        self._longest = longest_seconds
        self._bound = _FIRST_SECONDS

    def next_seconds(self) -> float:
        """Return how long to wait before the next try; the bound after it is twice as high."""
        wait = self._random.uniform(0, self._bound)
        self._bound = min(self._bound * 2, self._longest)
        return wait

    def succeeded(self) -> None:
        """Begin again at one second."""
        self._bound = _FIRST_SECONDS
