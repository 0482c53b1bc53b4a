"""Restoring a backup: looked at first, then ordered, then carried out by whoever holds the folder's lock.

The order may be given while the books are open: it verifies and stages a copy and changes nothing. It is carried out
by `folder_swap.finish_swap`, at once or by the next start.
"""

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import apsw

from desktop_trader.domain.errors import StorageError
from desktop_trader.domain.ledger import GENESIS, LedgerHead
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.backups import BackupInfo, BackupKind, BooksFacts, RestorePreview, newest_first
from desktop_trader.storage import statements as sql
from desktop_trader.storage.anchor import read_anchor
from desktop_trader.storage.backup import SPARE_BYTES, backup_now, verify_backup
from desktop_trader.storage.backup_files import (
    describe,
    list_backups,
    prepare_folder,
    sha256_of,
    sync_file,
    unfinished_in,
)
from desktop_trader.storage.books_facts import books_id_of, open_source, open_still, read_facts
from desktop_trader.storage.database import check_header
from desktop_trader.storage.folder_swap import CORRUPT, REPLACED, SwapOrder, aside_name, begin_staged, order_swap
from desktop_trader.storage.live_files import refuse_live
from desktop_trader.storage.sqlite_error import storage_error
from desktop_trader.storage.verify import NOBODY, VerifyWatch

_log = logging.getLogger(__name__)


def preview_restore(paths: DataFolderPaths, backup: Path, *, watch: VerifyWatch = NOBODY) -> RestorePreview:
    """Verify a backup and compare it with the present books; nothing is changed.

    Raises:
        BooksDamagedError: the backup does not verify.
        StorageError: it is not there, not ours, or newer than this program.
        VerificationStoppedError: whoever looks on asked to stop.
    """
    with _whole(paths, backup) as whole:
        facts = verify_backup(whole, watch=watch)
    info = replace(describe(backup), facts=facts)
    try:
        connection = open_source(paths.database)
    except StorageError as error:
        return RestorePreview(backup=info, now=None, complaint=error.user_message, lost_entries=None)
    try:
        now = read_facts(connection)
        lost = _entries_after(connection, facts, now)
        return RestorePreview(backup=info, now=now, complaint="", lost_entries=lost)
    except StorageError as error:
        return RestorePreview(backup=info, now=None, complaint=error.user_message, lost_entries=None)
    finally:
        connection.close()


def order_restore(paths: DataFolderPaths, backup: Path, *, at: datetime, watch: VerifyWatch = NOBODY) -> SwapOrder:
    """Let the next start find a backup in the place of the present books, which are moved aside whole.

    The present books are backed up first, if they verify. Works while they are open, and when they are damaged.

    Raises:
        BooksDamagedError: the backup does not verify; nothing has changed.
        StorageError: it is not there, not ours, newer, or the disk refused; nothing has changed.
        VerificationStoppedError: whoever looks on asked to stop; nothing has changed.
    """
    with _whole(paths, backup) as whole:
        verify_backup(whole, watch=watch)
        is_sound = back_up_present(paths, at=at, watch=watch)
        staged, sha256 = _staged(paths, whole)
    # What is ordered is what arrived, not what was read before.
    facts = verify_backup(staged, watch=watch)
    order = SwapOrder(
        source=str(backup),
        aside=aside_name(paths, REPLACED if is_sound else CORRUPT, at=at),
        head=head_of_facts(facts),
        files=((paths.database.name, sha256),),
    )
    order_swap(paths, order)
    return order


def newest_good_backup(
    paths: DataFolderPaths, *, watch: VerifyWatch = NOBODY, second_folder: str = ""
) -> BackupInfo | None:
    """Return the newest backup of these books that verifies now, of the data folder or the second one, or None.

    Those of other books, whose data folder copies to the same second one, are passed over; None as well when nobody can
    say which of several are meant. The newest is that of the latest time, unless another one holds the same journal and
    more: then a clock was wrong.

    Raises:
        VerificationStoppedError: whoever looks on asked to stop.
    """
    own = _listed(paths.backups)
    elsewhere = _listed(Path(second_folder)) if second_folder else []
    books_id = _books_id(paths, own=own, elsewhere=elsewhere)
    found = [each for each in (*own, *elsewhere) if each.facts is not None and each.facts.books_id in ("", books_id)]
    for info in newest_first(found):
        good = _verified(info, books_id=books_id, watch=watch)
        if good is not None:
            return _later_than(good, found, anchor=_anchored(paths), watch=watch) or good
    return None


def _listed(folder: Path) -> list[BackupInfo]:
    try:
        return list(list_backups(folder))
    except StorageError as error:
        _log.warning("%s", error)
        return []


def _books_id(paths: DataFolderPaths, *, own: list[BackupInfo], elsewhere: list[BackupInfo]) -> str:
    """Return which books are those of a folder: what they say, else its own newest backup, else the only ones there."""
    try:
        connection = open_source(paths.database)
        try:
            present = books_id_of(connection)
        finally:
            connection.close()
        if present:
            return present
    except (StorageError, apsw.Error) as error:
        _log.info("The present books do not say which they are: %s", error)
    for info in newest_first(own):
        if info.facts is not None and info.facts.books_id:
            return info.facts.books_id
    told = {info.facts.books_id for info in elsewhere if info.facts is not None} - {""}
    return told.pop() if len(told) == 1 else ""


def _verified(info: BackupInfo, *, books_id: str, watch: VerifyWatch) -> BackupInfo | None:
    try:
        facts = verify_backup(info.path, watch=watch)
    except StorageError as error:
        _log.warning("The backup %s cannot be used: %s", info.path, error)
        return None
    return replace(info, facts=facts) if facts.books_id == books_id else None


def _anchored(paths: DataFolderPaths) -> LedgerHead | None:
    try:
        return read_anchor(paths.anchor)
    except OSError:
        return None


def _later_than(
    good: BackupInfo, found: list[BackupInfo], *, anchor: LedgerHead | None, watch: VerifyWatch
) -> BackupInfo | None:
    """Return the longest backup whose journal goes on from that of `good`, whatever the clock said when it was made.

    None beyond what the anchor knows: that is of books that were given up for older ones.
    """
    assert good.facts is not None
    for info in sorted(newest_first(found), key=lambda each: each.facts.entries if each.facts else 0, reverse=True):
        if info.facts is None or info.facts.entries <= good.facts.entries:
            return None
        if anchor is not None and info.facts.entries > anchor.entry_id:
            continue
        later = _verified(info, books_id=good.facts.books_id, watch=watch)
        if later is not None and _goes_on_from(later.path, head_of_facts(good.facts)):
            return later
    return None


def _goes_on_from(backup: Path, head: LedgerHead) -> bool:
    connection = open_still(backup)
    try:
        return head == GENESIS or connection.execute(sql.HASH_OF, (head.entry_id,)).get == head.hash
    except apsw.Error as error:
        raise storage_error(error, f"{backup} cannot be read") from error
    finally:
        connection.close()


def head_of_facts(facts: BooksFacts) -> LedgerHead:
    """Return the newest entry of books, as an anchor names it."""
    return LedgerHead(entry_id=facts.entries, hash=facts.head_hash) if facts.entries else GENESIS


def _staged(paths: DataFolderPaths, books: Path) -> tuple[Path, str]:
    """Copy books to where they wait for their turn, and return the copy with its SHA-256."""
    try:
        if shutil.disk_usage(paths.root).free < books.stat().st_size + SPARE_BYTES:
            raise StorageError(f"The disk of {paths.root} has no room for the books of this backup; free some space")
        staged = begin_staged(paths, paths.database.name)
        shutil.copyfile(books, staged)
        sync_file(staged)
        return staged, sha256_of(staged)
    except OSError as error:
        raise StorageError(
            f"The backup could not be copied to {paths.root}: {error.strerror or error}; nothing has changed",
            detail=repr(error),
        ) from error


@contextmanager
def _whole(paths: DataFolderPaths, backup: Path) -> Iterator[Path]:
    """Yield a file that has everything of a backup: one with a journal beside it, such as books that were moved aside,
    is copied together with that, and nothing of the copy is left.
    """
    journal = _beside(backup, "-wal")
    for each in (backup, journal):
        refuse_live(paths, each)
    if not journal.exists() or not journal.stat().st_size:
        yield backup
        return
    check_header(backup)
    prepare_folder(paths.backups)
    try:
        copy = unfinished_in(paths.backups)
        try:
            shutil.copyfile(backup, copy)
            shutil.copyfile(journal, _beside(copy, "-wal"))
            connection = apsw.Connection(str(copy), flags=apsw.SQLITE_OPEN_READWRITE)
            try:
                connection.execute("PRAGMA journal_mode = DELETE").fetchall()
            finally:
                connection.close()
            yield copy
        finally:
            for suffix in ("", "-wal", "-shm", "-journal"):
                _beside(copy, suffix).unlink(missing_ok=True)
    except apsw.Error as error:
        raise storage_error(error, f"{backup} cannot be read") from error
    except OSError as error:
        raise StorageError(f"{backup} cannot be read: {error.strerror or error}", detail=repr(error)) from error


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _entries_after(connection: apsw.Connection, backup: BooksFacts, now: BooksFacts) -> int | None:
    """Return how many entries the present books have after a backup; None when they are not the same books."""
    if not backup.entries:
        return now.entries
    same = connection.execute(sql.HASH_OF, (backup.entries,)).get == backup.head_hash
    return now.entries - backup.entries if same else None


def back_up_present(paths: DataFolderPaths, *, at: datetime, watch: VerifyWatch) -> bool:
    """Back up the present books before they are moved aside whole; False when they do not verify."""
    if not os.path.lexists(paths.database):
        return True
    try:
        backup_now(paths, kind=BackupKind.RESTORE, at=at, watch=watch)
    except StorageError as error:
        _log.warning("Before the restore the present books could not be backed up: %s", error)
        return False
    return True
