"""Where the parts of the engine pin what happened, numbered, until the step that caused it returns."""

from collections.abc import Callable
from typing import TypeVar

from desktop_trader.engine.ports import Clock
from desktop_trader.messages.notices import LogNotice, Notice

_N = TypeVar("_N", bound=Notice)


class NoticeBoard:
    """Collects the notices of a step. Ids go on counting across restarts (`sent` is stored with each commit)."""

    def __init__(self, clock: Clock, *, sent: int, account: str = "") -> None:
        """Continue after `sent` notices of an account."""
        self._clock = clock
        self._account = account
        self._pinned: list[Notice] = []
        self.sent = sent
        self.request_id = ""

    def pin(self, make: Callable[..., _N], **fields: object) -> _N:
        """Pin a notice of class `make`; its id, time and the request being answered are filled in."""
        self.sent += 1
        notice = make(id=self.sent, at=self._clock.now(), request_id=self.request_id, account=self._account, **fields)
        self._pinned.append(notice)
        return notice

    def log(self, message: str, *, level: str = "info") -> None:
        """Pin a sentence."""
        self.pin(LogNotice, message=message, level=level)

    def has_answered(self, request_id: str) -> bool:
        """Say whether a notice that answers this request is pinned."""
        return any(notice.request_id == request_id for notice in self._pinned)

    def take(self) -> list[Notice]:
        """Return what is pinned, in order, and clear the board."""
        if not self._pinned:
            return []
        taken, self._pinned = self._pinned, []
        return taken
