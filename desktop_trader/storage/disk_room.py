"""How large the books are, and how much room their disk has left."""

import shutil
from dataclasses import dataclass

from desktop_trader.domain.errors import StorageError
from desktop_trader.locations import DataFolderPaths


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskRoom:
    """In bytes; the size counts what is not yet in the file itself."""

    file_bytes: int
    free_bytes: int


def disk_room(paths: DataFolderPaths) -> DiskRoom:
    """Measure.

    Raises:
        StorageError: the folder cannot be looked at.
    """
    try:
        free = shutil.disk_usage(paths.root).free
        written = paths.database.with_name(paths.database.name + "-wal")
        sizes = [path.stat().st_size for path in (paths.database, written) if path.exists()]
    except OSError as error:
        raise StorageError(f"{paths.root} cannot be read: {error.strerror or error}", detail=repr(error)) from error
    return DiskRoom(file_bytes=sum(sizes), free_bytes=free)
