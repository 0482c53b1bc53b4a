"""A digest of the whole database file, written beside it when it is closed and taken away before it is written again.

The laws of the books and the hash chain cover money. What no law ties to it (when an order was made, how a process
ended, a sentence of the decision log) is covered by this while the file lies closed: any byte that turns over is
noticed. No seal says nothing: a process that was killed leaves none.

A start compares a small file, and a large one whose size or time is another than when it was closed: to digest 700 MB
takes a second, which a start has not got. What a failing disk does to a large file without touching its time is left
to *Verify books* while it lies closed, to the hash chain, and to the check of all rows in the background.
"""

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import apsw

from desktop_trader.domain.errors import StorageError
from desktop_trader.storage.sqlite_error import storage_error

_log = logging.getLogger(__name__)
_MARK = "DTRS2"
_CHUNK_BYTES = 1 << 20
_START_BYTES = 8 << 20
"""Read and digested in some ten milliseconds."""
_CHANGED = "is not byte for byte the one that was closed: it was changed, replaced or damaged since"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seal:
    """What a file was when it was closed: its digest, its size, and when it was changed last, in nanoseconds."""

    digest: str
    size: int
    changed_ns: int


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
    digest, found = _digest(database), database.stat()
    text = f"{_MARK} {digest} {found.st_size} {found.st_mtime_ns} "
    put_seal_back(database, f"{text}{_checksum(text)}\n".encode())


def seal_as_found(database: Path) -> bytes | None:
    """Return the seal of a database as it lies there; None where there is none, or it cannot be read."""
    try:
        return seal_path(database).read_bytes()
    except OSError:
        return None


def put_seal_back(database: Path, content: bytes) -> None:
    """Write a seal: for a file nothing was written to since it was found, the one it was found with.

    Raises:
        OSError: it could not be written; the database is as good without.
    """
    descriptor = os.open(seal_path(database), os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    try:
        os.write(descriptor, content)
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
    sealed = _sealed(database)
    if sealed is None:
        return None
    try:
        digest = _digest(database, on_chunk)
    except apsw.InterruptError:
        raise
    except apsw.Error as error:
        raise storage_error(error, f"{database} cannot be read") from error
    # A process that opened it meanwhile has taken the seal away first.
    if digest == sealed.digest or _sealed(database) != sealed:
        return None
    return f"the file {_CHANGED}"


def changed_since_closed(database: Path) -> str:
    """Return the sentence about a file that is not the one that was closed; "" where it is, or nobody can say.

    To be asked before the file is opened to be written.
    """
    sealed = _sealed(database)
    if sealed is None:
        return ""
    try:
        found = database.stat()
        if (found.st_size, found.st_mtime_ns) == (sealed.size, sealed.changed_ns) and found.st_size > _START_BYTES:
            _log.info("%s has the size and time it was closed with; it was not compared byte for byte", database.name)
            return ""
        if seal_complaint(database) is None:
            return ""
    except (OSError, StorageError):
        return ""  # Whoever opens it says why it cannot be read.
    return f"{database} {_CHANGED}"


def _sealed(database: Path) -> _Seal | None:
    content = seal_as_found(database)
    if content is None:
        return None
    match content.decode("ascii", errors="replace").split():
        case [mark, digest, size, changed, checksum] if mark == _MARK:
            if checksum == _checksum(f"{mark} {digest} {size} {changed} "):
                return _Seal(digest=digest, size=int(size), changed_ns=int(changed))
    return None


def _digest(database: Path, on_chunk: Callable[[], None] = lambda: None) -> str:
    """Read by way of SQLite: to open and close the file otherwise would drop the locks of the whole process."""
    import hashlib

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
    import hashlib  # a first look at the books, which the window's first paint waits for, digests nothing

    return hashlib.sha256(text.encode()).hexdigest()[:32]
