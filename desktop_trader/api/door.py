"""What the API needs of whoever runs an engine; the window's engine thread and the headless run each make one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from desktop_trader.messages.backups import BackupKind
from desktop_trader.messages.commands import Command
from desktop_trader.messages.ledger_page import LedgerFilter, LedgerPage
from desktop_trader.messages.notices import Notice
from desktop_trader.messages.snapshot import AccountSnapshot


class History(Protocol):
    """The read-only side of the books, used and closed in one worker thread."""

    def page(self, wanted: LedgerFilter, *, limit: int = 50) -> LedgerPage:
        """Return up to `limit` entries that match, newest first."""
        ...

    def close(self) -> None:
        """Close it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """The way to one engine, as callables.

    All but `open_history` and `back_up` are called in the loop that hosts the engine.

    `snapshot` returns the newest one of an account, None before the first or where there is no such account; "" is the
    account the process was started with. `accounts` are the names there are. `ask` carries a command out and returns
    its notices.
    `back_up` backs the books up before what cannot be undone, and raises a `TraderError` where that failed.
    `raise_window` brings the window to the front and says whether there is one.
    """

    snapshot: Callable[[str], AccountSnapshot | None]
    accounts: Callable[[], tuple[str, ...]]
    ask: Callable[[Command], list[Notice]]
    open_history: Callable[[], History]
    back_up: Callable[[BackupKind], None]
    raise_window: Callable[[], bool]
