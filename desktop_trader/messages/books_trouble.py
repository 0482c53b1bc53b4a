"""Books that a start has refused: what is known of them, what is offered, and the way to look at them."""

from dataclasses import dataclass
from pathlib import Path

from desktop_trader.messages.backups import BooksFacts, RestorePreview
from desktop_trader.messages.snapshot import AccountSnapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamineBooks:
    """A job: keep a copy of what is damaged, and look for a backup that verifies. Its result is a `BooksTrouble`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksTrouble:
    """What was found. Nothing of the books was changed.

    `present` is what the file says of itself, unverified, None when there is none or it cannot be read; `missing` how
    many entries it lacks that were written once, 0 where nobody can say. `kept_as` is the copy that was made of a
    damaged file. `offer` is the newest backup that verifies, None when there is none; `complaint` says what else went
    wrong. `is_fixed`: nothing is said against the books, but their folder cannot be written to.
    """

    is_there: bool
    present: BooksFacts | None
    missing: int
    kept_as: Path | None
    offer: RestorePreview | None
    complaint: str = ""
    is_fixed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenReadOnly:
    """A job: show books without an engine: those of the data folder, or of a backup. Its result is `ReadOnlyBooks`."""

    account: str
    backup: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOnlyBooks:
    """A copy of books in a folder of its own, and one account of it, halted for good."""

    root: Path
    snapshot: AccountSnapshot
