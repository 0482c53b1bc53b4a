"""What reached the loopback exchange: every REST call and every WebSocket request, in order, for tests to assert on."""

import fnmatch
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

WRITES = ("*order", "*order-by-client-id", "*close-position", "*set-position-*", "assets/transfer", "*-leverage")
"""The routes of POST calls that trade or move money."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call; `at` in seconds of the exchange's clock, `route` without "/v2/", or "ws/spot state.subscribe"."""

    at: float
    method: str
    route: str
    params: Mapping[str, object]


@dataclass(slots=True)
class CallLog:
    """The newest hundred thousand calls."""

    _calls: deque[Call] = field(default_factory=lambda: deque(maxlen=100_000))

    def add(self, call: Call) -> None:
        self._calls.append(call)

    def of(self, pattern: str = "*", since: float = 0.0) -> list[Call]:
        """Return the calls whose route fits the pattern, from an instant on."""
        return [c for c in self._calls if c.at >= since and fnmatch.fnmatchcase(c.route, pattern)]

    def count(self, pattern: str = "*", since: float = 0.0) -> int:
        return len(self.of(pattern, since))

    def writes(self, since: float = 0.0) -> list[Call]:
        """Return the calls that trade or move money: none may be there while a trader is paused."""
        return [
            c
            for c in self._calls
            if c.method == "POST" and c.at >= since and any(fnmatch.fnmatchcase(c.route, w) for w in WRITES)
        ]

    def clear(self) -> None:
        self._calls.clear()
