"""Backups as everybody but the disk sees them: what a file of books holds, told without opening it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path


class BackupKind(StrEnum):
    """Why a backup was made; part of its file's name."""

    SCHEDULED = "scheduled"
    QUIT = "quit"
    MIGRATION = "migration"
    IMPORT = "import"
    RESET = "reset"
    RESTORE = "restore"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFacts:
    """One account of a file of books. `total` in `currency`."""

    name: str
    type: str
    currency: str
    total: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksFacts:
    """What a file of books holds: its schema, how many entries and the newest of them, and the money of each account.

    `last_entry_at` is market time; None and "" where there is no entry. `state` tells two moments of the same books
    apart, also where no entry came between them. `books_id` is the same in every copy of the same books and in no
    others, "" where nobody has said.
    """

    schema_version: int
    entries: int
    head_hash: str
    last_entry_at: datetime | None
    accounts: tuple[AccountFacts, ...]
    state: str = ""
    books_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupInfo:
    """One backup. `at` is the wall clock when it was made, `kind` a `BackupKind` or "" for a file somebody put there.

    `sha256` is that of the file that was verified when it was made, "" where nobody has said so. `facts` is None when
    the file cannot be read; `complaint` says why.
    """

    path: Path
    kind: str
    at: datetime
    size_bytes: int
    facts: BooksFacts | None
    sha256: str = ""
    complaint: str = ""

    @property
    def was_verified(self) -> bool:
        """Whether it was verified when it was made."""
        return bool(self.sha256)


def newest_first(backups: Iterable[BackupInfo]) -> list[BackupInfo]:
    """Return backups in the order of their time; of one second, the one that had to be given a number came later."""
    return sorted(backups, key=lambda each: (each.at, len(each.path.name), each.path.name), reverse=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class RestorePreview:
    """What a restore would bring and what it would take. `backup` was verified in full for it.

    `now` is what the books hold at present, None when they cannot be read: `complaint` says why. `lost_entries` are
    those of the present books that came after the backup; None when the two have no history in common, or nobody
    can say.
    """

    backup: BackupInfo
    now: BooksFacts | None
    complaint: str
    lost_entries: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveFileInfo:
    """What a file for another computer holds. `members` names its parts, `version` is that of who packed it."""

    path: Path
    at: datetime
    version: str
    size_bytes: int
    members: tuple[str, ...]
    facts: BooksFacts
