"""Opens the file of stored candles. What is lost of it is downloaded again, so a damaged one is set aside, not mended.

Several threads may each have a connection; only processes that hold the data folder's lock open it to write. The books
are another file, and nothing here ever touches them.
"""

import logging
import os
import shutil
import threading
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import apsw

from desktop_trader.domain.errors import DatabaseBusyError, DiskError, StorageError
from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage import candle_schema
from desktop_trader.storage.database import BUSY_TIMEOUT_MS, open_for_reading
from desktop_trader.storage.folder_swap import aside_name
from desktop_trader.storage.sqlite_error import storage_error

_log = logging.getLogger(__name__)
DAMAGED = "damaged"
ROOM_FOR_BOOKS = 64_000_000
"""Free bytes of the disk that candles never take."""
_DAMAGE = (apsw.CorruptError, apsw.NotADBError)
_COMPANIONS = ("-wal", "-shm", "-journal")
_PRAGMAS = ("journal_mode = WAL", "synchronous = NORMAL", "trusted_schema = OFF", "journal_size_limit = 16000000")
_lock = threading.Lock()
_connections: Counter[Path] = Counter()
"""How many writing connections this process has: what somebody uses is not set aside under him."""


class CandleFile:
    """One connection, for one thread. `notes` say what had to be set aside to open it."""

    def __init__(
        self, path: Path, connection: apsw.Connection, *, is_writer: bool, notes: tuple[str, ...] = ()
    ) -> None:
        """Take over a connection."""
        self.path = path
        self.connection = connection
        self.notes = notes
        self._is_writer = is_writer
        self._is_open = True

    def failure(self, error: Exception, what: str) -> StorageError:
        """Return SQLite's complaint as one clear line; damage is noted for whoever opens the file next."""
        if isinstance(error, _DAMAGE):
            if self._is_writer:
                _mark(self.path)
            return _damage(self.path, error)
        if isinstance(error, apsw.Error):
            return storage_error(error, what, folder=self.path.parent)
        return StorageError(f"{what}: {error}", detail=repr(error))

    def check_room(self) -> None:
        """Refuse to write where that could take the last room from the books.

        Raises:
            DiskError: too little is left.
        """
        if not self._is_writer:
            return
        try:
            free = shutil.disk_usage(self.path.parent).free
        except OSError:
            return  # whoever writes hears of it
        if free < ROOM_FOR_BOOKS:
            raise DiskError(
                f"No candles are stored while the disk of {self.path.parent} has only {free // 1_000_000} MB left: the "
                f"last {ROOM_FOR_BOOKS // 1_000_000} MB are for the books. Free some space"
            )

    def close(self) -> None:
        """Let go of the file; again is harmless."""
        if not self._is_open:
            return
        self._is_open = False
        with _lock:
            self.connection.close()
            if self._is_writer:
                _connections[self.path] -= 1


def open_to_write(paths: DataFolderPaths) -> CandleFile:
    """Open the candles, new ones where there are none, and in the place of those that are damaged.

    Raises:
        StorageError: the disk refuses, or the file is of a newer version or of another program.
    """
    path = paths.candles
    with _lock:
        notes: tuple[str, ...] = ()
        try:
            if is_marked(path) and not _connections[path]:
                notes = (_set_aside(paths),)
            try:
                connection = _writer(path)
            except _DAMAGE as error:
                if _connections[path]:
                    raise _damage(path, error) from error
                notes = (_set_aside(paths),)
                connection = _writer(path)
        except apsw.Error as error:
            raise storage_error(error, f"The stored candles {path} cannot be opened", folder=path.parent) from error
        except OSError as error:
            raise DiskError(
                f"The stored candles {path} cannot be opened: {error.strerror or error}", detail=repr(error)
            ) from error
        _connections[path] += 1
    return CandleFile(path, connection, is_writer=True, notes=notes)


def open_to_read(paths: DataFolderPaths) -> CandleFile | None:
    """Open the candles to look at them, also while somebody writes; None where there are none.

    Raises:
        StorageError: they cannot be read, or are of another version or program.
    """
    path = paths.candles
    if not path.exists():
        return None
    try:
        connection, application, version = open_for_reading(path)
    except _DAMAGE as error:
        raise _damage(path, error) from error
    except apsw.Error as error:
        raise storage_error(error, f"The stored candles {path} cannot be opened", folder=path.parent) from error
    if application != candle_schema.APPLICATION_ID or version != candle_schema.VERSION:
        is_new = _is_new(connection)
        connection.close()
        if is_new:
            return None  # somebody is just making it
        raise _foreign(path, application, version)
    return CandleFile(path, connection, is_writer=False)


def open_in_memory() -> CandleFile:
    """Return a file that lives in memory only: for tests and benchmarks."""
    connection = apsw.Connection(":memory:")
    candle_schema.migrate(connection)
    return CandleFile(Path(":memory:"), connection, is_writer=False)


def _writer(path: Path) -> apsw.Connection:
    if not path.exists():
        # SQLite gives its companion files the mode of the database.
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        connection.set_busy_timeout(BUSY_TIMEOUT_MS)
        application, version = connection.pragma("application_id"), connection.pragma("user_version")
        if _is_new(connection):
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # only while there is no table
        elif application != candle_schema.APPLICATION_ID or version > candle_schema.VERSION:
            raise _foreign(path, application, version)
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").fetchall()
        candle_schema.migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _is_new(connection: apsw.Connection) -> bool:
    return not connection.execute("SELECT COUNT(*) FROM sqlite_schema").get


def _set_aside(paths: DataFolderPaths) -> str:
    """Move a damaged file out of the way, in the place of the one moved before, and return what a person is told."""
    path = paths.candles
    kept = path.with_name(path.name + aside_name(paths, DAMAGED, at=datetime.now(UTC)))
    for earlier in path.parent.glob(f"{path.name}.{DAMAGED}-*"):
        earlier.unlink(missing_ok=True)
    path.replace(kept)
    for suffix in _COMPANIONS:
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    _marker(path).unlink(missing_ok=True)
    note = (
        f"The stored candles were damaged and are kept as {kept.name}; they are downloaded anew where they are needed. "
        "The books are another file and were not touched"
    )
    _log.warning("%s", note)
    return note


def _marker(path: Path) -> Path:
    return path.with_name(path.name + ".is-damaged")


def is_marked(path: Path) -> bool:
    """Say whether damage was found that the next start sets aside."""
    return _marker(path).exists() and path.exists()


def _mark(path: Path) -> None:
    try:
        _marker(path).touch(mode=0o600)
    except OSError as error:
        _log.warning("That %s is damaged could not be noted: %s", path, error)


def _damage(path: Path, error: Exception) -> StorageError:
    return StorageError(
        f"The stored candles {path} are damaged; the next start sets them aside, and they are downloaded anew. "
        "The books are another file and are not concerned",
        detail=repr(error),
    )


def _foreign(path: Path, application: int, version: int) -> StorageError:
    if application != candle_schema.APPLICATION_ID:
        return StorageError(f"{path} is a database of another program; it was left untouched. Move it away")
    return (
        DatabaseBusyError(f"{path} is being made; try again")
        if not version
        else StorageError(
            f"{path} has version {version}, this program knows version {candle_schema.VERSION}; it was left untouched. "
            "Use a newer Desktop Trader, or move the file away: what was in it can be downloaded again"
        )
    )
