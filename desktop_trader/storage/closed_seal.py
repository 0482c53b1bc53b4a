"""A digest of the whole database file, written beside it when it is closed and taken away before it is written again.

The laws of the books and the hash chain cover money. What no law ties to it (when an order was made, how a process
ended, a sentence of the decision log) is covered by this while the file lies closed: any byte that turns over is
noticed. No seal says nothing: a process that was killed leaves none.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import apsw

from desktop_trader.domain.errors import StorageError
from desktop_trader.storage.sqlite_error import storage_error

_MARK = "DTRS1"
_CHUNK_BYTES = 1 << 20
_START_BYTES = 8 << 20
"""Read and digested in some ten milliseconds."""
_CHANGED = (
    "The database is not byte for byte the one that was closed: it was changed, replaced or damaged since. Money and "
    "journal are checked as at every start; look at Verify books, and at the backups"
)


def seal_path(database: Path) -> Path:
    """Return where the seal of a database lies."""
    return database.with_suffix(".seal")


def seal_closed(database: Path) -> None:
    """Seal a database that was just closed; one whose journal is still in use by a reader stays without.

    Raises:
        OSError: the seal could not be written; the database is as good without.
    """
    if database.with_name(database.name + "-wal").exists():
        return
    text = f"{_MARK} {_digest(database)} "
    path = seal_path(database)
    descriptor = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    try:
        os.write(descriptor, f"{text}{_checksum(text)}\n".encode())
    finally:
        os.close(descriptor)


def break_seal(database: Path) -> bool:
    """Take the seal away, before the file is opened to be written; say whether there was one.

    The folder has to be synced before the first write: after a power cut the seal must not be found again.

    Raises:
        OSError: it cannot be removed.
    """
    try:
        seal_path(database).unlink()
    except FileNotFoundError:
        return False
    return True


def seal_complaint(database: Path, *, on_chunk: Callable[[], None] = lambda: None) -> str | None:
    """Compare a file with its seal; None where they agree, or there is no seal that could be read.

    `on_chunk` is called before each megabyte; what it raises ends the reading.

    Raises:
        StorageError: the file cannot be read.
    """
    sealed = _sealed_digest(database)
    if sealed is None:
        return None
    try:
        digest = _digest(database, on_chunk)
    except apsw.InterruptError:
        raise
    except apsw.Error as error:
        raise storage_error(error, f"{database} cannot be read") from error
    # A process that opened it meanwhile has taken the seal away first.
    if digest == sealed or _sealed_digest(database) != sealed:
        return None
    return "the file is not byte for byte the one that was closed: it was changed, replaced or damaged since"


def told_at_start(database: Path) -> tuple[str, ...]:
    """Return what to tell of a small file before it is opened to be written; a large one would keep the start waiting.

    What the journal and the caches say is checked all the same: this is about the rest.
    """
    try:
        if not seal_path(database).exists() or database.stat().st_size > _START_BYTES:
            return ()
        is_whole = seal_complaint(database) is None
    except (OSError, StorageError):
        return ()  # Whoever opens it says why it cannot be read.
    if is_whole:
        return ()
    return (_CHANGED,)


def _sealed_digest(database: Path) -> str | None:
    try:
        text = seal_path(database).read_bytes().decode("ascii", errors="replace")
    except OSError:
        return None
    match text.split():
        case [mark, digest, checksum] if mark == _MARK and checksum == _checksum(f"{mark} {digest} "):
            return digest
    return None


def _digest(database: Path, on_chunk: Callable[[], None] = lambda: None) -> str:
    """Read by way of SQLite: to open and close the file otherwise would drop the locks of the whole process."""
    digest = hashlib.blake2b(digest_size=32)
    flags = [apsw.SQLITE_OPEN_MAIN_DB | apsw.SQLITE_OPEN_READONLY, 0]  # the second is SQLite's answer
    file = apsw.VFSFile(apsw.vfs_names()[0], str(database), flags)
    try:
        size, offset = file.xFileSize(), 0
        while offset < size:
            on_chunk()
            chunk = file.xRead(min(_CHUNK_BYTES, size - offset), offset)
            digest.update(chunk)
            offset += len(chunk)
    finally:
        file.xClose()
    return digest.hexdigest()


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
