"""How SQLite's complaints are told to a person."""

import apsw

from desktop_trader.domain.errors import BooksDamagedError, StorageError

RESTORE = "restore a backup: open the window, or run `desktop-trader db restore`"
"""What a person can do about books that are gone or damaged."""


def storage_error(error: apsw.Error, what: str) -> StorageError:
    """Return SQLite's complaint as one clear line that begins with `what`."""
    detail = f"{type(error).__name__}: {error}"
    for kind, explanation in _EXPLANATIONS:
        if isinstance(error, kind):
            is_damage = kind in (apsw.CorruptError, apsw.NotADBError)
            return (BooksDamagedError if is_damage else StorageError)(f"{what}: {explanation}", detail=detail)
    return StorageError(f"{what}: {error}", detail=detail)


_EXPLANATIONS: tuple[tuple[type[apsw.Error], str], ...] = (
    (apsw.BusyError, "another program holds the database; close it and try again"),
    (apsw.LockedError, "another program holds the database; close it and try again"),
    (apsw.FullError, "the disk is full; free some space"),
    (apsw.ReadOnlyError, "the database or its folder may not be written to"),
    (apsw.CantOpenError, "the file or its folder may not be opened or written to"),
    (apsw.CorruptError, f"the file is damaged; {RESTORE}"),
    (apsw.NotADBError, f"the file is not a database; {RESTORE}"),
    (apsw.IOError, "the disk reported an error"),
)
