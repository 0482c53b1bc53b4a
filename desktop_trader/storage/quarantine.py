"""Damaged books: a copy is kept as it was found, before anybody tries anything; and a copy to look at."""

import shutil
import tempfile
from datetime import datetime
from pathlib import Path

from desktop_trader.domain.errors import StorageError
from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage.backup import SPARE_BYTES
from desktop_trader.storage.backup_files import sha256_of, sync_file, unfinished_in
from desktop_trader.storage.books_facts import open_source
from desktop_trader.storage.database import check_header, open_writer, sync_folder
from desktop_trader.storage.folder_swap import CORRUPT, aside_name
from desktop_trader.storage.schema_version import SCHEMA_VERSION

_WAL = "-wal"


def keep_damaged(paths: DataFolderPaths, *, at: datetime) -> Path | None:
    """Copy the database with its journal beside itself as `.corrupt-<time>`, and return the copy.

    None when there is no file of ours. A copy of the very same bytes is not made again. Under the folder's lock, and
    only when no connection of this process is open.

    Raises:
        StorageError: the disk refused.
    """
    database = paths.database
    if not _is_ours(database):
        return None
    try:
        for earlier in sorted(paths.root.glob(f"{database.name}.{CORRUPT}-*")):
            if not earlier.name.endswith((_WAL, "-shm")) and _are_same(database, earlier):
                return earlier
        size = sum(each.stat().st_size for each in (database, _wal_of(database)) if each.exists())
        if shutil.disk_usage(paths.root).free < size + SPARE_BYTES:
            raise StorageError(f"The disk of {paths.root} has no room for a copy of the damaged books; free some space")
        kept = paths.root / f"{database.name}{aside_name(paths, CORRUPT, at=at)}"
        if _wal_of(database).exists():
            _copy(_wal_of(database), _wal_of(kept))
        _copy(database, kept)
        sync_folder(paths.root)
    except OSError as error:
        raise StorageError(
            f"The damaged books could not be copied: {error.strerror or error}", detail=repr(error)
        ) from error
    return kept


def copy_to_look_at(books: Path) -> Path:
    """Copy books, damaged or not, into a new private folder, as its database, and return the folder.

    Whoever asked removes it. The books are not touched; in the copy an older schema is brought to the present one.

    Raises:
        StorageError: they cannot be read, or the disk refused.
    """
    check_header(books)
    root = Path(tempfile.mkdtemp(prefix="desktop-trader-view-"))
    copy = DataFolderPaths(root=root).database
    try:
        for source, target in ((books, copy), (_wal_of(books), _wal_of(copy))):
            if source.exists():
                shutil.copyfile(source, target)
                target.chmod(0o600)
        connection = open_source(copy)
        version = connection.pragma("user_version")
        connection.close()
        if version != SCHEMA_VERSION:
            open_writer(copy).close()
    except (OSError, StorageError) as error:
        shutil.rmtree(root, ignore_errors=True)
        if isinstance(error, StorageError):
            raise
        raise StorageError(f"{books} cannot be copied: {error.strerror or error}", detail=repr(error)) from error
    return root


def _is_ours(database: Path) -> bool:
    try:
        check_header(database)
    except StorageError:
        return False
    return True


def _wal_of(database: Path) -> Path:
    return database.with_name(database.name + _WAL)


def _are_same(first: Path, second: Path) -> bool:
    pairs = ((first, second), (_wal_of(first), _wal_of(second)))
    return all(_digest(one) == _digest(other) for one, other in pairs)


def _digest(path: Path) -> str:
    return sha256_of(path) if path.exists() and path.stat().st_size else ""


def _copy(source: Path, target: Path) -> None:
    unfinished = unfinished_in(target.parent)
    try:
        shutil.copyfile(source, unfinished)
        sync_file(unfinished)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
