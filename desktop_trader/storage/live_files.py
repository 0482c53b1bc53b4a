"""Which files a process must not open by plain means: those of the database it may have open.

POSIX gives locks to a process as a whole: to open and close one of these files other than by way of SQLite drops them
all, and the next program that comes and goes takes the journal away from under the writer.
"""

from pathlib import Path

from desktop_trader.domain.errors import InvalidInputError, StorageError
from desktop_trader.locations import DataFolderPaths

_COMPANIONS = ("", "-wal", "-shm", "-journal")


def refuse_live(paths: DataFolderPaths, picked: Path) -> None:
    """Refuse a file that a person picked when it is, by whatever name, one of those of the books in use.

    Raises:
        InvalidInputError: it is one of them.
        StorageError: nobody can say, because the disk refuses to tell.
    """
    try:
        for suffix in _COMPANIONS:
            live = paths.database.with_name(paths.database.name + suffix)
            if live.exists() and picked.exists() and picked.samefile(live):
                raise InvalidInputError(f"{picked} are the present books themselves; name another file")
    except FileNotFoundError:  # a journal went away between two looks
        return
    except OSError as error:
        raise StorageError(f"{picked} cannot be read: {error.strerror or error}", detail=repr(error)) from error
