"""What is known of the books without verifying them: how long and large they are, and what was verified when."""

import apsw

from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.books_verified import BooksState
from desktop_trader.storage.database import open_reader
from desktop_trader.storage.disk_room import disk_room
from desktop_trader.storage.schema_version import SCHEMA_VERSION
from desktop_trader.storage.sqlite_error import storage_error
from desktop_trader.storage.verified_head import read_verified_head


def read_books_state(paths: DataFolderPaths, *, request_id: str) -> BooksState:
    """Read it as the answer to a request.

    Raises:
        StorageError: there are no books, or they cannot be read.
    """
    room = disk_room(paths)
    connection = open_reader(paths.database)
    try:
        verified = read_verified_head(connection)
        entries = connection.execute("SELECT max(id) FROM ledger_entries").get or 0
    except apsw.Error as error:
        raise storage_error(error, "The books cannot be read") from error
    finally:
        connection.close()
    return BooksState(
        request_id=request_id,
        entries=entries,
        verified_at=None if verified is None else verified.verified_at,
        verified_entry=0 if verified is None else verified.head.entry_id,
        whole_at=None if verified is None else verified.whole_at,
        schema_version=SCHEMA_VERSION,
        sqlite_version=apsw.sqlite_lib_version(),
        file_bytes=room.file_bytes,
        free_bytes=room.free_bytes,
    )
