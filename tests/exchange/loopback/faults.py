"""The faults a test can put into the loopback exchange, and which of them meets a call.

A fault of the *line* meets whole calls (`HANG`, `HTTP_502`, `EMPTY_OBJECT` ...), chosen by a pattern over the path
without "/v2/" ("spot/ticker", "spot/*", "*"), a number of times or until it is cleared. A fault of the *data* changes
what is told (`NAN`, `CROSSED`, `STALE` ...), chosen by the market's id ("time" for `CLOCK` and `NAN_TIME`) or all.
WebSocket connections are made at "ws/spot" and "ws/futures"; a pattern "*" meets the making of them too, while one that
already runs is met by `SILENT_SOCKET` and `LoopbackExchange.disconnect()`.
"""

import asyncio
import fnmatch
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum


class Fault(Enum):
    """What goes wrong; the value is the word of the control route."""

    HANG = "hang"
    """Accepted, then nothing until the fault is cleared."""
    SLOW = "slow"
    """Answered after `seconds`."""
    TRICKLE = "trickle"
    """The answer comes one byte a second."""
    HUGE = "huge"
    """An answer of `size` bytes (300 MB), streamed."""
    RESET = "reset"
    """The connection is reset instead of an answer."""
    HTTP_502 = "502"
    HTTP_503 = "503"
    """With a JSON body, as a proxy of the exchange's own sends it."""
    HTTP_429 = "429"
    """With Retry-After: `seconds`."""
    HTTP_418 = "418"
    HTTP_401 = "401"
    """A portal's HTML with 401: looks like a revoked key."""
    MAINTENANCE = "maintenance"
    CODE = "code"
    """HTTP 200 with the exchange's own error `code` and `text` (4005 wrong key, 4006 wrong sign, 4007 banned ...)."""
    PORTAL = "portal"
    """HTTP 200 with a captive portal's HTML."""
    EMPTY_OBJECT = "{}"
    NULL = "null"
    EMPTY_BODY = "empty"
    TRUNCATED = "truncated"
    """HTTP 200 with the right answer cut in half."""
    LOST_ANSWER = "lost_answer"
    """The call is carried out; its answer is lost with the connection."""
    SILENT_SOCKET = "silent_socket"
    """WebSockets stay open (pings are answered), no data comes."""
    NAN_TIME = "nan_time"
    STALE = "stale"
    """Data: the market repeats what it last told, with its old time."""
    REPLAYED = "replayed"
    """Data: ticks of `seconds` ago with their old times come again, mixed with the new ones."""
    SILENT = "silent"
    """Data: this market pushes nothing and its REST answers do not change."""
    NAN = "nan"
    CROSSED = "crossed"
    ZERO = "zero"
    NEGATIVE = "negative"
    SPIKE = "spike"
    """Data: prices are `factor` times what they are."""
    CLOCK = "clock"
    """Data: every time the exchange tells is `seconds` off."""


DATA_FAULTS = frozenset(
    {
        Fault.STALE,
        Fault.REPLAYED,
        Fault.SILENT,
        Fault.NAN,
        Fault.CROSSED,
        Fault.ZERO,
        Fault.NEGATIVE,
        Fault.SPIKE,
        Fault.CLOCK,
        Fault.SILENT_SOCKET,
        Fault.NAN_TIME,
    }
)


@dataclass(slots=True, kw_only=True)
class Injected:
    """One fault in force: where, how often still (`None`: until cleared) and its own figures."""

    fault: Fault
    where: str = "*"
    left: int | None = None
    seconds: float = 1.0
    size: int = 300_000_000
    factor: float = 10.0
    code: int = 4001
    text: str = ""
    since: float = 0.0
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def meets(self, place: str) -> bool:
        return fnmatch.fnmatchcase(place, self.where)

    def use(self) -> None:
        if self.left is not None:
            self.left -= 1


@dataclass(slots=True)
class Faults:
    """What is in force. Belongs to the exchange's loop."""

    now: Callable[[], float]
    _injected: list[Injected] = field(default_factory=list)

    def inject(self, fault: Fault, where: str = "*", count: int | None = None, **figures: float | str) -> Injected:
        """Put a fault into force and return it, to be given to `remove`; `figures` are the fields of `Injected`."""
        injected = Injected(fault=fault, where=where, left=count, since=self.now())
        for name, value in figures.items():
            setattr(injected, name, type(getattr(injected, name))(value))
        self._injected.append(injected)
        return injected

    def remove(self, injected: Injected) -> None:
        """End one fault; no matter if it has ended."""
        self._end([injected])

    def clear(self, fault: Fault | None = None) -> None:
        """End all faults, or all of one sort."""
        self._end([injected for injected in self._injected if fault is None or injected.fault is fault])

    def _end(self, ended: list[Injected]) -> None:
        self._injected = [other for other in self._injected if not any(other is one for one in ended)]
        for injected in ended:
            injected.ended.set()

    def of_line(self, route: str) -> Injected | None:
        """Return the first fault that meets this call and use it up once."""
        for injected in self._in_force():
            if injected.fault not in DATA_FAULTS and injected.meets(route):
                injected.use()
                return injected
        return None

    def of_data(self, fault: Fault, market_id: str) -> Injected | None:
        """Return the fault of this sort that is in force for a market; pushes and answers do not use it up."""
        return next((i for i in self._in_force() if i.fault is fault and i.meets(market_id)), None)

    def is_in_force(self, injected: Injected) -> bool:
        return any(other is injected for other in self._injected)

    def _in_force(self) -> Iterator[Injected]:
        return (injected for injected in self._injected if injected.left is None or injected.left > 0)
