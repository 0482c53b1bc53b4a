"""Up to which entry everything was verified, with the sums that a walk needs to go on from there.

One row, written through the writing connection, and only after a verification that found nothing. It saves work, it
proves nothing: it can be no better than the file it lies in, and whoever edits a file can edit this row too. So it
is never believed by itself:

* It carries a checksum over all it says, and the hash of its entry. A row whose checksum is wrong, or that no longer
  reads, counts as none: everything is then verified from the first entry. One that names an entry that the journal
  does not have, or has with another hash, is damage and told as such, as with the anchor.
* What goes on from it looks at every newer entry, and at all caches against the sums carried on.
* Once a day, before every backup and whenever someone asks, everything is verified from the first entry. That walk
  takes nothing from here; it compares this row with what it found at its entry. A row that was edited with its checksum
  can hide damage among the older entries for a day at the most, and is told then itself.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

import apsw

from desktop_trader.domain.errors import BooksDamagedError
from desktop_trader.domain.ledger import LedgerHead
from desktop_trader.domain.market import instant_text
from desktop_trader.storage.sqlite_error import RESTORE, storage_error

CREATE_VERIFIED_HEADS = """
CREATE TABLE verified_heads (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    entry INTEGER NOT NULL,
    hash TEXT NOT NULL,
    verified_at TEXT NOT NULL,
    whole_at TEXT NOT NULL,
    sums TEXT NOT NULL,
    checksum TEXT NOT NULL
) STRICT
"""
WHOLE_EVERY = timedelta(days=1)
_HAS_TABLE = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'verified_heads'"
_COLUMNS = "entry, hash, verified_at, whole_at, sums, checksum"
_SELECT = f"SELECT {_COLUMNS} FROM verified_heads WHERE id = 1"
_WRITE = f"INSERT OR REPLACE INTO verified_heads (id, {_COLUMNS}) VALUES (1, ?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedHead:
    """The newest entry that was verified. `sums` is the text of `JournalWalk.sums` there.

    `verified_at` is when that was done, `whole_at` when everything was verified from the first entry on: the wall
    clock, as the market's may stand still.
    """

    head: LedgerHead
    verified_at: datetime
    whole_at: datetime
    sums: str

    def is_whole_due(self, now: datetime) -> bool:
        """Say whether everything has to be looked at again; a clock that was set back counts as a day."""
        return not self.whole_at <= now < self.whole_at + WHOLE_EVERY


def read_verified_head(connection: apsw.Connection) -> VerifiedHead | None:
    """Return the stored head; None when there is none, or it is not what its checksum says."""
    row = _row(connection)
    return None if row is None or not _is_sound(row) else _head_of(row)


def is_damaged(connection: apsw.Connection) -> bool:
    """Say whether there is a row that is not what its checksum says."""
    row = _row(connection)
    return row is not None and not _is_sound(row)


def check_known(connection: apsw.Connection, verified: VerifiedHead) -> None:
    """Check that the journal still has the entry of a verified head (I8).

    Raises:
        BooksDamagedError: it lacks the entry, or has another one in its place.
    """
    complaint = complaint_of(connection, verified)
    if complaint is not None:
        raise BooksDamagedError(f"The journal does not verify, I8: {complaint}; {RESTORE}")


def complaint_of(connection: apsw.Connection, verified: VerifiedHead) -> str | None:
    """Return what is wrong with the journal where it was verified, None when its entry is there."""
    head = verified.head
    if not head.entry_id:
        return None
    stored = connection.execute("SELECT hash FROM ledger_entries WHERE id = ?", (head.entry_id,)).get
    if stored is None:
        return f"entry {head.entry_id}, which was once verified, is missing"
    return None if stored == head.hash else f"entry {head.entry_id} is not the one that was once verified"


def write_verified_head(connection: apsw.Connection, verified: VerifiedHead) -> None:
    """Store a head through the writing connection.

    Raises:
        StorageError: it could not be written.
    """
    head = verified.head
    values = (head.entry_id, head.hash, instant_text(verified.verified_at), instant_text(verified.whole_at))
    row = (*values, verified.sums)
    try:
        connection.execute(_WRITE, (*row, _checksum(row)))
    except apsw.Error as error:
        raise storage_error(error, "What was verified could not be noted") from error


def forget_verified_head(connection: apsw.Connection) -> None:
    """Remove the stored head: everything will be verified from the first entry on."""
    connection.execute("DELETE FROM verified_heads")


def _row(connection: apsw.Connection) -> tuple[object, ...] | None:
    # A file of schema version 1 has no such table.
    if connection.execute(_HAS_TABLE).get is None:
        return None
    row: tuple[object, ...] | None = connection.execute(_SELECT).get
    return row


def _is_sound(row: tuple[object, ...]) -> bool:
    return row[-1] == _checksum(row[:-1])


def _head_of(row: tuple[object, ...]) -> VerifiedHead:
    entry_id, entry_hash, verified_at, whole_at, sums, _ = row
    return VerifiedHead(
        head=LedgerHead(entry_id=int(str(entry_id)), hash=str(entry_hash)),
        verified_at=datetime.fromisoformat(str(verified_at)),
        whole_at=datetime.fromisoformat(str(whole_at)),
        sums=str(sums),
    )


def _checksum(row: tuple[object, ...]) -> str:
    return hashlib.sha256(json.dumps(row, ensure_ascii=True, separators=(",", ":")).encode()).hexdigest()
