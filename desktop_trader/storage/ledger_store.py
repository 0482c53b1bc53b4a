"""The books of a data folder: the one writer, owned by the engine's thread.

Every state change is one durable transaction; what raised was not written. The SQL is prepared once, and the laws
are checked in Python before anything gets here: the store itself only makes sure that the chain goes on.
"""

import logging
from datetime import datetime
from pathlib import Path
from time import perf_counter

import apsw

from desktop_trader.crash_points import crash_point
from desktop_trader.domain.errors import InvariantError, StorageError, UncertainWriteError
from desktop_trader.domain.ledger import EntryKind, LedgerHead
from desktop_trader.domain.money import from_units
from desktop_trader.domain.order import Order
from desktop_trader.domain.strategy_run import Decision
from desktop_trader.engine.ports import BookedChange, BookUpdate, MarketState, StoredBooks
from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage import books_file, rows, stored_books, trading_rows
from desktop_trader.storage import statements as sql
from desktop_trader.storage.anchor import AnchorFile
from desktop_trader.storage.closed_seal import seal_closed
from desktop_trader.storage.database import BUSY_TIMEOUT_MS, open_in_memory
from desktop_trader.storage.later_trades import TradeRows
from desktop_trader.storage.opened_file import OpenedFile
from desktop_trader.storage.outage_rows import OutageRows
from desktop_trader.storage.sessions import SessionEnd, SessionLog
from desktop_trader.storage.sqlite_error import storage_error
from desktop_trader.storage.update_writer import UpdateWriter
from desktop_trader.storage.verified_head import VerifiedHead, write_verified_head

_log = logging.getLogger(__name__)
_UNCERTAIN = (
    "The disk reported an error while the change was being stored: it may or may not be stored; look at the history "
    "once trading goes on"
)
_ACCOUNT_NAMES = "SELECT name FROM accounts ORDER BY id"


class SqliteLedgerStore:
    """`LedgerStore` on SQLite. `commit_seconds` sums the time spent in `commit`; `notes` says what a start mended."""

    def __init__(
        self, connection: apsw.Connection, *, anchor: AnchorFile | None = None, notes: tuple[str, ...] = ()
    ) -> None:
        """Take over a writing connection to a file of ours that has been checked."""
        self._connection = connection
        self._anchor = anchor
        self._sessions = SessionLog(connection)
        self.outages = OutageRows(connection)
        self.trades = TradeRows(connection)
        self._folder = Path(connection.filename).parent if connection.filename else None
        self._file = OpenedFile(Path(connection.filename)) if connection.filename else None
        self._head = stored_books.head_of(connection)
        self._writer = UpdateWriter(connection)
        self._seal: bytes | None = None
        self.notes = notes
        self.commit_seconds = 0.0
        self.commits = 0

    @classmethod
    def open(cls, paths: DataFolderPaths) -> "SqliteLedgerStore":
        """Open the books of a data folder whose lock is held, creating them where there are none.

        Raises:
            BooksDamagedError: the file is missing, rolled back, edited or not ours; it was not touched.
            StorageError: it cannot be opened, or comes from a newer version.
        """
        opened = books_file.open_books(paths)
        store = cls(opened.connection, anchor=opened.anchor, notes=opened.notes)
        store._seal = opened.seal
        return store

    @classmethod
    def in_memory(cls) -> "SqliteLedgerStore":
        """Return empty books that live in memory only."""
        return cls(open_in_memory())

    @property
    def head(self) -> LedgerHead:
        """The newest entry of the file."""
        return self._head

    def load(self, account_name: str) -> StoredBooks:
        """Return the state of an account as the books have it."""
        try:
            books = stored_books.load(self._connection, account_name)
        except apsw.Error as error:
            raise storage_error(error, "The books cannot be read") from error
        if books.portfolio is not None:
            self._writer.take_up(books.portfolio)
        return books

    def commit(self, update: BookUpdate) -> None:
        """Write an update in one durable transaction, then the anchor.

        Raises:
            UncertainWriteError: the disk failed at the very end: a later start may find the change.
            StorageError: it could not be written; nothing of it was.
            InvariantError: its first entry does not follow the newest one stored.
        """
        started = perf_counter()
        entries = update.entries
        if entries and (entries[0].previous_hash != self._head.hash or entries[0].id != self._head.entry_id + 1):
            raise InvariantError(f"I13: entry {entries[0].id} does not follow the stored entry {self._head.entry_id}")
        execute, is_complete = self._connection.execute, False
        try:
            execute(sql.BEGIN)
            try:
                self._writer.write(update)
                crash_point("L12" if update.fills else "L2" if update.decisions else "L6")
                is_complete = True
                execute(sql.COMMIT)
            except BaseException:
                if self._connection.in_transaction:
                    execute(sql.ROLLBACK)
                raise
        except apsw.Error as error:
            if is_complete and isinstance(error, apsw.IOError):
                # All of it may lie in the log already, where the next one to open the file takes it from.
                raise UncertainWriteError(_UNCERTAIN, detail=f"{type(error).__name__}: {error}") from error
            raise storage_error(error, "The change could not be stored", folder=self._folder) from error
        self._adopt(update)
        self.commits += 1
        self.commit_seconds += perf_counter() - started

    def checkpoint(self, account_id: int, market: MarketState) -> None:
        """Store where the market stands, and ratchets, outside the journal.

        Raises:
            BooksDamagedError: the file in its place is not the one that is written to.
            StorageError: it could not be stored.
        """
        if self._file is not None:
            self._file.check()
        try:
            self._connection.execute(sql.UPSERT_MARKET, rows.market_row(market, account_id))
        except apsw.Error as error:
            raise storage_error(error, "The market's position could not be stored", folder=self._folder) from error

    def keep_verified_head(self, verified: VerifiedHead) -> None:
        """Remember up to where everything was found in order, outside the journal.

        Raises:
            StorageError: it could not be stored.
        """
        write_verified_head(self._connection, verified)

    def account_names(self) -> tuple[str, ...]:
        """Return the accounts of the books, oldest first."""
        try:
            return tuple(name for (name,) in self._connection.execute(_ACCOUNT_NAMES))
        except apsw.Error as error:
            raise storage_error(error, "The books cannot be read") from error

    def has_entry(self, idempotency_key: str) -> bool:
        """Say whether an entry with this key is booked."""
        return self._row_of(sql.HAS_ENTRY, (idempotency_key,)) is not None

    def booked_change(self, idempotency_key: str) -> BookedChange | None:
        """Return what the entry with this key did; None where there is none."""
        row = self._row_of(sql.BOOKED_CHANGE, (idempotency_key,))
        if row is None:
            return None
        account_id, kind, total_after, amount = row
        return BookedChange(
            account_id=account_id,
            kind=EntryKind(kind),
            amount=from_units(amount),
            total_after=from_units(total_after),
        )

    def order_of_signal(self, signal_key: str, account_id: int) -> Order | None:
        """Return the order of an account that has this signal key; None where there is none."""
        row = self._row_of(sql.ORDER_OF_SIGNAL, (signal_key, account_id))
        return None if row is None else trading_rows.order_from(row)

    def decision_beginning(self, detail: str, account_id: int) -> Decision | None:
        """Return the newest decision whose detail begins so, of the last 10,000 of an account; None without one."""
        row = self._row_of(sql.DECISION_BEGINNING, (account_id, detail))
        return None if row is None else rows.decision_from(row)

    def begin_session(self, at: datetime) -> SessionEnd | None:
        """Note that a process starts, and return how the one before ended; None before the first.

        `at` is the wall clock. Outside the hash and never a condition of recovery.
        """
        return self._sessions.begin(at)

    def is_free(self) -> bool:
        """Say whether another program holds the database, without waiting for it."""
        connection = self._connection
        try:
            connection.set_busy_timeout(0)
            try:
                connection.execute(sql.BEGIN)
                connection.execute(sql.ROLLBACK)
            finally:
                connection.set_busy_timeout(BUSY_TIMEOUT_MS)
        except (apsw.BusyError, apsw.LockedError):
            return False
        except apsw.Error:  # Closed, or something else is wrong: that shows when it is opened again.
            return True
        return True

    def continue_session(self, closed: "SqliteLedgerStore") -> None:
        """Go on with the start that a store of this process has noted before it was closed; that is a first commit.

        Raises:
            StorageError: the books cannot be written to.
        """
        self._sessions.continue_from(closed._sessions)

    def end_session(self, how: str, *, at: datetime) -> None:
        """Note that this process ends, and how; a process that was killed leaves no such note."""
        self._sessions.end(how, at=at)

    def close(self) -> None:
        """Sync the anchor and close the file: nothing is written after this. Closing twice is harmless."""
        anchor, self._anchor = self._anchor, None
        try:
            if anchor is not None:
                anchor.close()
        except OSError as error:
            _log.warning("The anchor could not be synced: %s", error)
        if anchor is None:
            self._connection.close()
            return
        try:
            if self._file is None:
                self._connection.close()
            elif not books_file.close_books(self._connection, self._file.path, seal=self._seal):
                self._file.check()  # what lies there must not get a seal of ours when it is not ours
                seal_closed(self._file.path)
        except (OSError, StorageError, apsw.Error) as error:
            _log.warning("The database could not be tidied up as it was closed: %s", error)

    def _adopt(self, update: BookUpdate) -> None:
        """Remember what is stored now; only after the transaction has succeeded."""
        self._writer.adopt(update)
        if not update.entries:
            return
        newest = update.entries[-1]
        self._head = LedgerHead(entry_id=newest.id, hash=newest.hash)
        if self._anchor is not None:
            try:
                self._anchor.write(self._head)
            except OSError as error:
                # The change is stored; an anchor that lags behind is still an ancestor of the head.
                _log.warning("The anchor could not be written: %s", error)

    def _row_of(self, statement: str, values: tuple[str | int, ...]) -> rows.Row | None:
        try:
            return self._connection.execute(statement, values).fetchone()
        except apsw.Error as error:
            raise storage_error(error, "The books cannot be read") from error
