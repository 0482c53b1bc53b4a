"""Opens the database file: who may write, what is refused untouched, and how SQLite's complaints are told."""

import os
from pathlib import Path
from urllib.parse import quote

import apsw

from desktop_trader.crash_points import crash_point
from desktop_trader.domain.errors import BooksDamagedError, StorageError
from desktop_trader.storage.closed_seal import break_seal
from desktop_trader.storage.schema_version import APPLICATION_ID, SCHEMA_VERSION
from desktop_trader.storage.sqlite_error import RESTORE, storage_error

BUSY_TIMEOUT_MS = 5_000
_WRITER_PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "trusted_schema = OFF")
_CHECKPOINT_PAGES = 4_000
"""Four times SQLite's own: a commit touches a dozen pages, and every checkpoint syncs twice more."""
_MAGIC = b"SQLite format 3\0"
_HEADER_BYTES = 100


def open_writer(path: Path) -> apsw.Connection:
    """Open the writing connection of an existing file of ours, migrated to the present schema.

    Raises:
        StorageError: not ours, newer, locked or unreadable; the file is untouched then.
    """
    version = check_header(path)
    _unseal(path)
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            _prepare_writer(connection)
            if version < SCHEMA_VERSION or connection.pragma("user_version") != SCHEMA_VERSION:
                _migrate(connection)
        except BaseException:
            connection.close()
            raise
    except apsw.Error as error:
        raise storage_error(error, f"{path} cannot be opened") from error
    return connection


def open_reader(path: Path) -> apsw.Connection:
    """Open a read-only connection; works while the application runs, in the same process too, and when nothing does.

    Everything is asked of SQLite: to open and close the file by other means would drop the locks that POSIX gives a
    process as a whole, and another program's next read could take the journal away from under the writer.

    Books that were closed are read in a folder that cannot be written to as well.

    Raises:
        StorageError: there is no such file, or it is not ours, of another version or unreadable.
    """
    _check_there(path)
    try:
        connection, application, version = open_for_reading(path)
    except apsw.NotADBError as error:
        raise BooksDamagedError(_not_a_database(path)) from error
    except apsw.Error as error:
        raise storage_error(error, f"{path} cannot be opened") from error
    if application != APPLICATION_ID or version != SCHEMA_VERSION:
        connection.close()
        if application != APPLICATION_ID:
            raise BooksDamagedError(_another_program(path))
        raise _wrong_version(path, version)
    return connection


def is_fixed(path: Path) -> bool:
    """Whether a file stands in a folder that cannot be written to, as on a medium that is only read."""
    return not os.access(path.parent, os.W_OK)


def open_for_reading(path: Path) -> tuple[apsw.Connection, int, int]:
    """Open a database whose-ever it is, and return it with its application id and schema version.

    Raises:
        StorageError: its folder cannot be written to, and it was not closed.
        apsw.Error: it cannot be read otherwise.
    """
    try:
        return _reading(str(path))
    except (apsw.CantOpenError, apsw.ReadOnlyError):
        # Beside a journal in -wal SQLite keeps an index, even to read. Where it cannot, nobody writes the file either.
        if not is_fixed(path):
            raise
        _refuse_journal(path)
        return _reading(f"file:{quote(str(path.absolute()))}?immutable=1", apsw.SQLITE_OPEN_URI)


def _reading(name: str, how: int = 0) -> tuple[apsw.Connection, int, int]:
    """Open for reading; return the connection, whose file it is and of which version."""
    connection = apsw.Connection(name, flags=apsw.SQLITE_OPEN_READONLY | how)
    try:
        connection.set_busy_timeout(BUSY_TIMEOUT_MS)
        connection.execute("PRAGMA query_only = ON")
        return connection, connection.pragma("application_id"), connection.pragma("user_version")
    except BaseException:
        connection.close()
        raise


def _refuse_journal(path: Path) -> None:
    """Refuse to read a file without what was booked last: without its index, SQLite would leave out the journal."""
    journal = path.with_name(path.name + "-wal")
    try:
        size = journal.stat().st_size
    except FileNotFoundError:
        return
    except OSError as error:
        raise StorageError(f"{journal} cannot be read: {error.strerror or error}", detail=repr(error)) from error
    if size:
        raise StorageError(
            f"{path} cannot be read where it is: the newest entries are still in {journal.name}, and its folder cannot "
            "be written to. Copy the whole folder to a place that can be written to, and name the copy with --data-dir"
        )


def create(path: Path) -> None:
    """Create an empty file of ours: made under another name and put in place whole, so that no half one is found.

    Raises:
        StorageError: it could not be written.
    """
    unfinished = path.with_name(path.name + ".new")
    try:
        for name in (unfinished, *_companions(unfinished)):
            name.unlink(missing_ok=True)
        # SQLite gives its companion files the mode of the database.
        os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        connection = apsw.Connection(str(unfinished), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            _prepare_writer(connection)
            _migrate(connection)
            # Closing moves what is left in the -wal too, but says nothing when the disk refuses it.
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        finally:
            connection.close()
        crash_point("L25.made")
        unfinished.replace(path)
        sync_folder(path.parent)
    except apsw.Error as error:
        raise storage_error(error, f"{path} cannot be created") from error
    except OSError as error:
        raise StorageError(f"{path} cannot be created: {error.strerror or error}", detail=repr(error)) from error


def open_in_memory() -> apsw.Connection:
    """Open an empty database that lives in memory only: for tests and benchmarks."""
    connection = apsw.Connection(":memory:")
    connection.execute("PRAGMA foreign_keys = ON")
    _migrate(connection)
    return connection


def check_header(path: Path) -> int:
    """Return the schema version of a file of ours without opening it as a database.

    Raises:
        StorageError: it does not exist, is not ours, or comes from a newer version of the program.
    """
    header = _read_header(path)
    if not header:
        raise BooksDamagedError(_empty(path))
    if not header.startswith(_MAGIC) or len(header) < _HEADER_BYTES:
        raise BooksDamagedError(_not_a_database(path))
    if int.from_bytes(header[68:72], "big") != APPLICATION_ID:
        raise BooksDamagedError(_another_program(path))
    version = int.from_bytes(header[60:64], "big")
    if version > SCHEMA_VERSION:
        raise _wrong_version(path, version)
    return version


def _read_header(path: Path) -> bytes:
    """Read by way of SQLite: to open and close the file otherwise would drop the locks of the whole process."""
    flags = [apsw.SQLITE_OPEN_MAIN_DB | apsw.SQLITE_OPEN_READONLY, 0]  # the second is SQLite's answer
    try:
        file = apsw.VFSFile(apsw.vfs_names()[0], str(path), flags)
        try:
            return bytes(file.xRead(min(_HEADER_BYTES, file.xFileSize()), 0))
        finally:
            file.xClose()
    except apsw.Error as error:
        raise storage_error(error, f"{path} cannot be read") from error


def _unseal(path: Path) -> None:
    try:
        if break_seal(path):
            sync_folder(path.parent)
    except OSError as error:
        raise StorageError(f"{path.parent} cannot be written: {error.strerror or error}", detail=repr(error)) from error


def _check_there(path: Path) -> None:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise StorageError(f"{path} cannot be read: {error.strerror or error}", detail=repr(error)) from error
    if not size:
        raise BooksDamagedError(_empty(path))


def _empty(path: Path) -> str:
    return f"{path} is empty; it was left untouched; {RESTORE}"


def _not_a_database(path: Path) -> str:
    return f"{path} is not a database; it was left untouched; {RESTORE}"


def _another_program(path: Path) -> str:
    return f"{path} is a database of another program; it was left untouched"


def sync_folder(folder: Path) -> None:
    """Make renames in a folder durable, where the system lets a folder be opened."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _prepare_writer(connection: apsw.Connection) -> None:
    connection.set_busy_timeout(BUSY_TIMEOUT_MS)
    for pragma in (*_WRITER_PRAGMAS, f"wal_autocheckpoint = {_CHECKPOINT_PAGES}"):
        connection.execute(f"PRAGMA {pragma}").fetchall()


def _migrate(connection: apsw.Connection) -> None:
    from desktop_trader.storage.migrations import migrate

    migrate(connection)


def _wrong_version(path: Path, version: int) -> StorageError:
    if version < SCHEMA_VERSION:
        return StorageError(
            f"{path} has schema version {version}, this program works with version {SCHEMA_VERSION}; nothing was "
            "changed. Open Desktop Trader once, or run `desktop-trader db migrate`: either makes a verified backup "
            "first"
        )
    return StorageError(
        f"{path} has schema version {version}, this program knows version {SCHEMA_VERSION}; it was left untouched. "
        f"Use a version of Desktop Trader that knows schema version {version}"
    )


def _companions(path: Path) -> tuple[Path, ...]:
    return tuple(path.with_name(path.name + suffix) for suffix in ("-wal", "-shm", "-journal"))
