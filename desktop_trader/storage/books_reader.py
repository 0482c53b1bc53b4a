"""A read-only connection to the books: beside the writer, or alone, and what every reader of it needs."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Self

from desktop_trader.domain.errors import InvalidInputError, StorageError
from desktop_trader.domain.ledger import GENESIS, LedgerHead
from desktop_trader.engine.ports import StoredBooks
from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage import books_file, stored_books
from desktop_trader.storage import statements as sql
from desktop_trader.storage.anchor import read_anchor
from desktop_trader.storage.damage import reading_snapshot
from desktop_trader.storage.database import open_reader


class BooksReader:
    """Belongs to one thread at a time. Every method is one consistent read."""

    def __init__(self, path: Path) -> None:
        """Open the file for reading.

        Raises:
            StorageError: there is no such file, or it is not ours, of another version or unreadable.
        """
        self._path = path
        self._connection = open_reader(path)

    @classmethod
    def open(cls, paths: DataFolderPaths) -> Self:
        """Open the books of a data folder.

        Raises:
            BooksDamagedError: there are none any more, though there were.
            StorageError: there are none yet, or they cannot be read.
        """
        try:
            is_there = paths.database.exists()
            anchored = None if is_there else read_anchor(paths.anchor)
        except OSError as error:
            raise StorageError(f"{paths.root} cannot be read: {error.strerror or error}", detail=repr(error)) from error
        if not is_there:
            books_file.check_never_used(paths, anchored)
            raise StorageError(f"There are no books in {paths.root} yet; `desktop-trader run` begins them")
        return cls(paths.database)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def load(self, account_name: str) -> StoredBooks:
        """Return the state of an account as the books have it; `portfolio` is None for an unknown one."""
        with self._reading():
            return stored_books.load(self._connection, account_name)

    def head(self) -> LedgerHead:
        """Return the newest entry."""
        with self._reading():
            return stored_books.head_of(self._connection)

    def has(self, head: LedgerHead) -> bool:
        """Say whether an entry is in the journal as its head names it."""
        with self._reading():
            return head == GENESIS or self._connection.execute(sql.HASH_OF, (head.entry_id,)).get == head.hash

    def account_names(self) -> tuple[str, ...]:
        """Return the names of all accounts, oldest first."""
        with self._reading():
            return tuple(name for (name,) in self._connection.execute("SELECT name FROM accounts ORDER BY id"))

    def _account_id(self, name: str) -> int:
        found = self._connection.execute("SELECT id FROM accounts WHERE name = ?", (name,)).get
        if found is None:
            known = ", ".join(known for (known,) in self._connection.execute("SELECT name FROM accounts ORDER BY id"))
            raise InvalidInputError(f"There is no account {name!r}; known: {known or 'none yet'}")
        return int(found)

    def _reading(self) -> AbstractContextManager[None]:
        return reading_snapshot(self._connection, self._path)
