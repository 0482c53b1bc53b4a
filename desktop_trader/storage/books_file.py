"""The way from a data folder to books that may be written: found or created, identified, checked, anchored."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import apsw

from desktop_trader.crash_points import crash_point
from desktop_trader.domain.errors import BooksDamagedError, StorageError
from desktop_trader.domain.ledger import GENESIS, LedgerHead
from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage import database
from desktop_trader.storage import statements as sql
from desktop_trader.storage.anchor import AnchorFile, read_anchor
from desktop_trader.storage.closed_seal import changed_since_closed, put_seal_back, seal_as_found, seal_path
from desktop_trader.storage.schema_version import SCHEMA_VERSION
from desktop_trader.storage.sqlite_error import RESTORE, storage_error
from desktop_trader.storage.start_check import check_at_start
from desktop_trader.storage.stored_books import head_of

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedBooks:
    """A writing connection to checked books, their anchor, and what the start found worth telling.

    `seal` is the one they were found with: as long as nothing is written, it is theirs.
    """

    connection: apsw.Connection
    anchor: AnchorFile
    notes: tuple[str, ...]
    seal: bytes | None = None


def open_books(paths: DataFolderPaths) -> OpenedBooks:
    """Open the books of a folder whose lock is held; create them only where nothing says that there were any.

    Raises:
        BooksDamagedError: they are missing, rolled back, edited or not ours; nothing was touched.
        StorageError: they cannot be opened, or come from a newer version.
    """
    restored = _finish_restore(paths)
    anchored = read_anchor(paths.anchor)
    if not paths.database.exists():
        check_never_used(paths, anchored)
        database.create(paths.database)
        crash_point("L25.created")
    changed, seal = changed_since_closed(paths.database), seal_as_found(paths.database)
    before = _back_up_before_migration(paths, anchored)
    seal = None if before else seal
    connection = database.open_writer(paths.database)
    try:
        crash_point("L25.opened")
        check_anchor(connection, anchored)
        notes = (*restored, *before, *_checked(connection, paths, changed))
        crash_point("L25.checked")
        head = head_of(connection)
        if anchored is None and head != GENESIS:
            notes = (*notes, "The anchor beside the database was missing or unreadable; it was written anew")
        anchor = _open_anchor(paths, head)
    except apsw.Error as error:
        close_books(connection, paths.database, seal=seal)
        raise storage_error(error, f"{paths.database} cannot be read") from error
    except BaseException:
        close_books(connection, paths.database, seal=seal)
        raise
    return OpenedBooks(connection=connection, anchor=anchor, notes=notes, seal=seal)


def close_books(connection: apsw.Connection, database: Path, *, seal: bytes | None) -> bool:
    """Close books; where nothing was written to them they get the seal back they were found with. Say whether so.

    A start that was refused must not take away what says why.
    """
    is_untouched = seal is not None and not connection.total_changes()
    connection.close()
    if seal is None or not is_untouched:
        return False
    try:
        put_seal_back(database, seal)
    except OSError as error:
        _log.warning("The seal of %s could not be put back: %s", database.name, error)
    return True


def _checked(connection: apsw.Connection, paths: DataFolderPaths, changed: str) -> tuple[str, ...]:
    """Check the books and return what was mended; a change that nothing of it explains is damage.

    Raises:
        BooksDamagedError: the books do not hold, or are `changed` and nobody knows where.
    """
    mended = check_at_start(connection)
    if not changed:
        return mended
    if not mended:
        raise BooksDamagedError(
            f"{changed}. If `desktop-trader db verify` complains of nothing else and you know who changed it, delete "
            f"{seal_path(paths.database).name} beside it and start again, or {RESTORE}"
        )
    return (*mended, f"{changed}. What was rebuilt may not be all of it; look at Verify books, and at the backups")


def check_anchor(connection: apsw.Connection, anchored: LedgerHead | None) -> None:
    """Check that the anchor is the head of the journal or an ancestor of it (I8).

    Raises:
        BooksDamagedError: the journal lacks entries it once had, or has others.
    """
    if anchored is None or anchored == GENESIS:
        return
    stored_hash = connection.execute(sql.HASH_OF, (anchored.entry_id,)).get
    if stored_hash is None:
        raise BooksDamagedError(
            f"The database ends before entry {anchored.entry_id}, which it once had: it was rolled back, or copied "
            f"without its -wal file. Put the right files in their place, or {RESTORE}"
        )
    if stored_hash != anchored.hash:
        raise BooksDamagedError(
            f"Entry {anchored.entry_id} of the database is not the one that was written: the file was edited or "
            f"replaced. Put the right file in its place, or {RESTORE}"
        )


def check_never_used(paths: DataFolderPaths, anchored: LedgerHead | None) -> None:
    """Check that nothing in a folder without a database says that it once had one.

    Raises:
        BooksDamagedError: the anchor does, backups do, or what belongs to a database or was moved aside does. An
            archive of imports alone does not: an import into an empty folder that was killed leaves one.
    """
    if paths.swap_order.exists():
        raise BooksDamagedError(f"A restore into {paths.root} is half done; the next start of the program finishes it")
    if paths.anchor.exists() and anchored != GENESIS and paths.anchor.stat().st_size > 0:
        raise BooksDamagedError(
            f"{paths.database} is missing, but {paths.anchor.name} says that there were books. Put the file back in "
            f"its place, or {RESTORE}; to begin anew, name another folder with --data-dir"
        )
    if any(paths.backups.glob("desktop_trader-*.db")):
        raise BooksDamagedError(
            f"{paths.database} is missing, but there are backups of it in {paths.backups}. Put the file back in its "
            f"place, or {RESTORE}; to begin anew, name another folder with --data-dir"
        )
    left = _left_of_a_database(paths)
    if left is not None:
        raise BooksDamagedError(
            f"{paths.database} is missing, but {left.name} is there, which only comes with a database. A new one "
            f"beside it would be mixed up with the old. Put the file back in its place, or {RESTORE}; to begin anew, "
            "name another folder with --data-dir"
        )


def _left_of_a_database(paths: DataFolderPaths) -> Path | None:
    """Return a file that is only there where there was a database: its journal, its seal, or what was moved aside."""
    seal = seal_path(paths.database)
    if seal.exists():
        return seal
    for journal in (paths.database.with_name(paths.database.name + suffix) for suffix in ("-wal", "-journal")):
        if journal.exists() and journal.stat().st_size:
            return journal
    aside = (paths.root.glob(f"{paths.database.name}.{kind}-*") for kind in ("replaced", "corrupt"))
    return next((each for found in aside for each in sorted(found)), None)


def _finish_restore(paths: DataFolderPaths) -> tuple[str, ...]:
    """Carry out a restore that was ordered, before anybody looks at the books; return what to tell."""
    if not paths.swap_order.exists():
        return ()
    from desktop_trader.storage.folder_swap import finish_swap

    return finish_swap(paths)


def _back_up_before_migration(paths: DataFolderPaths, anchored: LedgerHead | None) -> tuple[str, ...]:
    """Keep books of an older schema as they are, verified, before anything is changed in them; return what to tell.

    Raises:
        BooksDamagedError: they do not verify.
        StorageError: the backup could not be made; nothing was migrated.
    """
    if database.check_header(paths.database) == SCHEMA_VERSION:
        return ()
    # Once in the life of a version.
    from desktop_trader.messages.backups import BackupKind
    from desktop_trader.storage.backup import backup_now
    from desktop_trader.storage.books_facts import open_source

    connection = open_source(paths.database)
    try:
        version = connection.pragma("user_version")
        if version == SCHEMA_VERSION:  # what the header says is from before the last checkpoint
            return ()
        check_anchor(connection, anchored)
    finally:
        connection.close()
    backup = backup_now(paths, kind=BackupKind.MIGRATION, at=datetime.now(UTC))
    note = f"The books were brought from schema version {version} to {SCHEMA_VERSION}; as they were, they are in "
    return (f"{note}{backup.path}",)


def _open_anchor(paths: DataFolderPaths, head: LedgerHead) -> AnchorFile:
    try:
        anchor = AnchorFile(paths.anchor)
        anchor.write(head)
    except OSError as error:
        raise StorageError(
            f"{paths.anchor} cannot be written: {error.strerror or error}", detail=repr(error)
        ) from error
    return anchor
