"""Backups: made while the books are written, verified before they count, put in place whole.

A copy is made through SQLite's online backup over a read-only connection of its own, under a name that is never taken
for a backup; it is opened and verified, synced and renamed. Killed at any moment, there is one backup more or none.
Any thread and any process may make one.
"""

import logging
import os
import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import apsw

from desktop_trader.crash_points import crash_point
from desktop_trader.domain.errors import BooksDamagedError, InvalidInputError, StorageError
from desktop_trader.domain.ledger import LedgerHead
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.backups import BackupInfo, BackupKind, BooksFacts
from desktop_trader.storage import backup_files as files
from desktop_trader.storage.anchor import read_anchor
from desktop_trader.storage.backup_retention import to_prune
from desktop_trader.storage.books_facts import complaints_of, open_source, open_still, read_facts
from desktop_trader.storage.closed_seal import seal_complaint
from desktop_trader.storage.database import sync_folder
from desktop_trader.storage.sqlite_error import storage_error
from desktop_trader.storage.verify import NOBODY, VerificationStoppedError, VerifyWatch

_log = logging.getLogger(__name__)
_PAGES_AT_ONCE = 500
SPARE_BYTES = 64 * 1024 * 1024
"""What a backup leaves free on the disk: trading goes before its copies."""


def backup_now(
    paths: DataFolderPaths, *, kind: str, target: Path | None = None, at: datetime, watch: VerifyWatch = NOBODY
) -> BackupInfo:
    """Make one verified backup of the books of a folder, of this schema or an older one, and return what it holds.

    It goes to the backups of the folder, or to the file `target`, which must not exist. `at` is the wall clock.

    Raises:
        BooksDamagedError: the books do not verify; no backup was made.
        StorageError: there are no books, or the disk refused; no backup was made.
        InvalidInputError: there is a file `target` already.
        VerificationStoppedError: whoever looks on asked to stop; no backup was made.
    """
    why = BackupKind(kind)
    folder = paths.backups if target is None else target.parent
    if target is not None and os.path.lexists(target):
        raise InvalidInputError(f"There is a file {target} already; name another one")
    files.prepare_folder(folder)
    # Read first: an anchor from before the copy can only be an ancestor of what the copy holds.
    anchor = read_anchor(paths.anchor)
    try:
        unfinished = files.unfinished_in(folder)
        try:
            _copy(paths.database, unfinished, watch)
            facts = _verified(unfinished, anchor=anchor, watch=watch)
            changed = seal_complaint(paths.database)
            if changed is not None:
                raise BooksDamagedError(f"{paths.database}: {changed}; no backup is made of it")
            files.sync_file(unfinished)
            path = target or files.free_name(folder, kind=why, at=at)
            info = BackupInfo(
                path=path,
                kind=why,
                at=at,
                size_bytes=unfinished.stat().st_size,
                facts=facts,
                sha256=files.sha256_of(unfinished),
            )
            _put_in_place(unfinished, info, is_ours=target is None)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(
            f"The backup in {folder} could not be written: {error.strerror or error}", detail=repr(error)
        ) from error
    return info


def copy_to(info: BackupInfo, folder: Path) -> BackupInfo:
    """Put a backup into a second folder, byte for byte, and return it there; no file there is replaced.

    It keeps its name, or gets a number where another one has it.

    Raises:
        StorageError: the folder or the disk refused, or what arrived there is not what was sent.
    """
    files.prepare_folder(folder)
    path, is_there = files.place_for(info, folder)
    there = replace(info, path=path)
    if is_there:
        return there
    try:
        if shutil.disk_usage(folder).free < info.size_bytes + SPARE_BYTES:
            raise StorageError(f"The disk of {folder} has no room for a backup of {_megabytes(info.size_bytes)}")
        unfinished = files.unfinished_in(folder)
        try:
            shutil.copyfile(info.path, unfinished)
            files.sync_file(unfinished)
            if files.sha256_of(unfinished) != info.sha256:
                raise StorageError(f"What arrived in {folder} is not what was sent; the disk there cannot be trusted")
            _put_in_place(unfinished, there, is_ours=True)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(
            f"The backup could not be copied to {folder}: {error.strerror or error}", detail=repr(error)
        ) from error
    return there


def verify_backup(path: Path, *, watch: VerifyWatch = NOBODY) -> BooksFacts:
    """Verify a backup in full, as it is now, and return what it holds; the file is not touched.

    Raises:
        BooksDamagedError: it does not verify; the message says what does not hold.
        StorageError: there is no such file, it is not ours, or newer than this program.
        VerificationStoppedError: whoever looks on asked to stop.
    """
    told = files.told_of(path)
    try:
        if told is not None and (path.stat().st_size, files.sha256_of(path)) != (told.size_bytes, told.sha256):
            raise BooksDamagedError(f"{path.name} has changed since it was made: it is damaged; use another backup")
    except OSError as error:
        raise StorageError(f"{path} cannot be read: {error.strerror or error}", detail=repr(error)) from error
    return _verified(path, anchor=None, watch=watch)


def prune_backups(folder: Path, *, books_id: str, now: datetime) -> tuple[BackupInfo, ...]:
    """Delete what nobody needs any more of the backups of some books, as `to_prune` has it, and return it.

    Those of other books, whose data folder copies to the same place, are not counted and not touched.

    Raises:
        StorageError: the folder cannot be read, or a file cannot be deleted.
    """
    found = files.list_backups(folder)
    ours = [each for each in found if each.facts is not None and each.facts.books_id == books_id]
    pruned = to_prune(ours, now=now)
    for info in pruned:
        try:
            files.remove(info)
        except OSError as error:
            raise StorageError(
                f"The old backup {info.path} cannot be deleted: {error.strerror or error}", detail=repr(error)
            ) from error
    if pruned:
        _log.info("Deleted %d old backups from %s", len(pruned), folder)
    return pruned


def has_changed_since(paths: DataFolderPaths, backup: BackupInfo | None) -> bool:
    """Say whether the books hold something that a backup does not.

    Raises:
        StorageError: the books cannot be read.
    """
    if backup is None or backup.facts is None:
        return True
    connection = open_source(paths.database)
    try:
        return read_facts(connection).state != backup.facts.state
    finally:
        connection.close()


def _copy(database: Path, unfinished: Path, watch: VerifyWatch) -> None:
    source = open_source(database)
    try:
        # One moment of the books from the first page to the last, whatever is written meanwhile.
        source.execute("BEGIN")
        pages = source.execute("SELECT page_count FROM pragma_page_count").get
        _check_room(unfinished.parent, pages * source.execute("SELECT page_size FROM pragma_page_size").get)
        destination = apsw.Connection(str(unfinished), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            # It is synced once, at its end, and nobody ever sees it before.
            destination.execute("PRAGMA synchronous = OFF")
            with destination.backup("main", source, "main") as job:
                while not job.done:
                    job.step(_PAGES_AT_ONCE)
                    crash_point("L17")
                    _go_on(watch, done=job.page_count - job.remaining, total=job.page_count)
            # One file, without companions, that can be read where nothing may be written.
            destination.execute("PRAGMA journal_mode = DELETE").fetchall()
        finally:
            destination.close()
    except apsw.Error as error:
        raise storage_error(error, f"{database} cannot be copied to {unfinished.parent}") from error
    finally:
        source.close()


def _check_room(folder: Path, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < size + SPARE_BYTES:
        raise StorageError(
            f"The disk of {folder} has {_megabytes(free)} left; a backup needs {_megabytes(size)} and leaves "
            f"{_megabytes(SPARE_BYTES)} free. Free some space, or delete old backups there"
        )


def _verified(path: Path, *, anchor: LedgerHead | None, watch: VerifyWatch) -> BooksFacts:
    connection = open_still(path)
    try:
        complaints = complaints_of(connection, anchor=anchor, watch=watch)
        facts = read_facts(connection)
    except apsw.Error as error:
        raise storage_error(error, f"{path} cannot be read") from error
    finally:
        connection.close()
    crash_point("L17.verified")
    if complaints:
        raise BooksDamagedError(f"The books do not verify ({'; '.join(complaints)}); this is no backup")
    return facts


def _put_in_place(unfinished: Path, info: BackupInfo, *, is_ours: bool) -> None:
    """Rename a finished copy. Its manifest is there before it: a backup is never without one."""
    if is_ours:
        files.write_manifest(info)
    crash_point("L18")
    unfinished.replace(info.path)
    crash_point("L18.renamed")
    sync_folder(info.path.parent)


def _go_on(watch: VerifyWatch, *, done: int, total: int) -> None:
    if watch.should_stop():
        raise VerificationStoppedError("The backup was stopped; nothing of it was kept")
    watch.tell_progress(done, total, "Copying the books")


def _megabytes(size: int) -> str:
    return f"{size / 1024 / 1024:,.1f} MB"
