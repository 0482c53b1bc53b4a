"""The import of an older balance: what is looked for, found, prepared and known, between the window and the desks."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from desktop_trader.domain.legacy_balance import LegacyChoice, LegacyFile


@dataclass(frozen=True, slots=True, kw_only=True)
class FindLegacyFiles:
    """A job: look for balance files in `folder` and below it. Its result is `LegacyFound`; nothing is written."""

    folder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacySearch:
    """What lies below a folder: files in the order of the known folders, then by path.

    `is_complete` is False where a limit ended the search; `closed_folders` could not be looked into.
    """

    folder: str
    files: tuple[LegacyFile, ...]
    folders: int
    closed_folders: int = 0
    is_complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierImport:
    """One import in the journal: its entry, and what it took over. `content_hash` is that of the file it came from."""

    entry_id: int
    account: str
    at: datetime
    amount: Decimal
    total_after: Decimal
    currency: str
    description: str
    author: str
    content_hash: str
    is_archived: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyFound:
    """What a search found, which file is preselected, and which imports the journal has already."""

    search: LegacySearch
    choice: LegacyChoice
    earlier: tuple[EarlierImport, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareImport:
    """A job: back the books up and archive all `files`, before `chosen` (its content hash) is booked for `account`.

    Its result is `ImportPrepared`. It may be done again; nothing is booked by it.
    """

    files: tuple[LegacyFile, ...]
    chosen: str
    account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPrepared:
    """Everything is kept: `archive` is the folder, `archived` the names in it, `skipped` the paths nothing is kept of.

    `backup` is the path of the backup, "" where there are no books yet.
    """

    archive: str
    archived: tuple[str, ...]
    skipped: tuple[str, ...]
    backup: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierImportsRequest:
    """A question: which imports does the journal have?"""

    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierImports:
    """The answer, newest first; `error` says why there is none."""

    request_id: str
    imports: tuple[EarlierImport, ...] = ()
    archive: str = ""
    error: str = ""


def already_imported(earlier: tuple[EarlierImport, ...], file: LegacyFile) -> EarlierImport | None:
    """Return the import of the same content, under whatever name it lay then."""
    return next((each for each in earlier if each.content_hash == file.sha256), None)
