"""How SQLite's complaints are told to a person."""

import shutil
from pathlib import Path

import apsw

from desktop_trader.domain.errors import BooksDamagedError, DatabaseBusyError, DiskError, StorageError

RESTORE = "restore a backup: open the window, or run `desktop-trader db restore`"
"""What a person can do about books that are gone or damaged."""


def storage_error(error: apsw.Error, what: str, *, folder: Path | None = None) -> StorageError:
    """Return SQLite's complaint as one clear line that begins with `what`; `folder` is whose free space it tells."""
    detail = f"{type(error).__name__}: {error}"
    for kind, explanation, make in _EXPLANATIONS:
        if isinstance(error, kind):
            left = free_space(folder) if make is DiskError else ""
            return make(f"{what}: {explanation}{left}", detail=detail)
    return StorageError(f"{what}: {error}", detail=detail)


def free_space(folder: Path | None) -> str:
    """Return ` (12.3 MB are free)`; nothing where that cannot be found out."""
    try:
        free = 0 if folder is None else shutil.disk_usage(folder).free
    except OSError:
        return ""
    return "" if folder is None else f" ({free / 1_000_000:,.1f} MB are free)"


_EXPLANATIONS: tuple[tuple[type[apsw.Error], str, type[StorageError]], ...] = (
    (apsw.BusyError, "another program holds the database; close it and try again", DatabaseBusyError),
    (apsw.LockedError, "another program holds the database; close it and try again", DatabaseBusyError),
    (apsw.FullError, "the disk is full; free some space", DiskError),
    (apsw.ReadOnlyError, "the database or its folder may not be written to", DiskError),
    (apsw.CantOpenError, "the file or its folder may not be opened or written to", DiskError),
    (apsw.CorruptError, f"the file is damaged; {RESTORE}", BooksDamagedError),
    (apsw.NotADBError, f"the file is not a database; {RESTORE}", BooksDamagedError),
    (apsw.IOError, "the disk reported an error", DiskError),
)
