"""*Verify books* from the window: what is asked for, and what came of it."""

from dataclasses import dataclass
from datetime import datetime

from desktop_trader.messages.verify_report import VerifyReport


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyBooks:
    """A job: verify the whole books, from the first entry on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksVerified:
    """What was found at a moment of this computer's clock (UTC), and how much room the disk has.

    `verified` is for the engine, which remembers it in the books when it is sent there; None when something was found.
    """

    report: VerifyReport
    at: datetime
    file_bytes: int
    free_bytes: int
    verified: object | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksStateRequest:
    """A question: what is known of the books without verifying them now?"""

    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksState:
    """`verified_at` and `verified_entry` are of the last check in the background, `whole_at` of the last whole one.

    None and 0 when nothing was verified yet, or the books cannot be read: `error` says why then.
    """

    request_id: str
    entries: int = 0
    verified_at: datetime | None = None
    verified_entry: int = 0
    whole_at: datetime | None = None
    schema_version: int = 0
    sqlite_version: str = ""
    file_bytes: int = 0
    free_bytes: int = 0
    error: str = ""
