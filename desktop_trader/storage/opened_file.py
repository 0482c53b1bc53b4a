"""Whether the path of the database still leads to the file that was opened.

A file that was moved, deleted or replaced goes on taking commits, which nobody finds again; SQLite does not notice.
Only the folder is asked, never the file: to open and close it would drop the locks of the whole process.
"""

from pathlib import Path

from desktop_trader.domain.errors import BooksDamagedError, DiskError

PUT_BACK = (
    "quit the program, put the file back in its place together with its -wal file, or restore a backup. Nothing more "
    "is traded or booked until then"
)


class OpenedFile:
    """The file behind a path, as it was when it was opened for writing."""

    def __init__(self, path: Path) -> None:
        """Look at the file.

        Raises:
            DiskError: it is not there, or nobody may look.
        """
        self.path = path
        try:
            found = path.stat()
        except OSError as error:
            raise _unknown(path, error) from error
        self._identity = (found.st_dev, found.st_ino)

    def check(self) -> None:
        """Look again; a few microseconds.

        Raises:
            BooksDamagedError: the file is missing, is another one, or was cut off.
            DiskError: nobody can say.
        """
        complaint = self._complaint()
        if complaint:
            raise BooksDamagedError(f"{self.path} {complaint} while the program runs; {PUT_BACK}")

    def _complaint(self) -> str:
        try:
            found = self.path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return "is missing: it was moved or deleted"
        except OSError as error:
            raise _unknown(self.path, error) from error
        if (found.st_dev, found.st_ino) != self._identity:
            return "is not the file that was opened: it was replaced"
        return "" if found.st_size else "is empty: it was cut off"


def _unknown(path: Path, error: OSError) -> DiskError:
    return DiskError(f"{path} cannot be found: {error.strerror or error}", detail=repr(error))


def is_missing(path: Path) -> bool:
    """Say whether there is certainly no such file."""
    try:
        path.stat()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return False
