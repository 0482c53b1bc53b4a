"""The books of a data folder: the one writer, owned by the engine's thread.

Every state change is one durable transaction; what raised was not written. The SQL is prepared once, and the laws
are checked in Python before anything gets here: the store itself only makes sure that the chain goes on.
"""

import logging
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from time import perf_counter

import apsw

from desktop_trader.crash_points import crash_point
from desktop_trader.domain.errors import InvariantError
from desktop_trader.domain.ledger import EntryKind, LedgerEntry, LedgerHead
from desktop_trader.domain.market import instant_text
from desktop_trader.domain.money import to_units
from desktop_trader.domain.order import Order
from desktop_trader.domain.portfolio import EndedRun, Portfolio
from desktop_trader.domain.position import Position
from desktop_trader.domain.wallet import Run, RunTotals, Wallet
from desktop_trader.engine.ports import BookUpdate, MarketState, StoredBooks
from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage import books_file, rows, stored_books, trading_rows
from desktop_trader.storage import statements as sql
from desktop_trader.storage.anchor import AnchorFile
from desktop_trader.storage.closed_seal import seal_closed
from desktop_trader.storage.database import BUSY_TIMEOUT_MS, open_in_memory
from desktop_trader.storage.sessions import SessionEnd, SessionLog
from desktop_trader.storage.sqlite_error import storage_error
from desktop_trader.storage.verified_head import VerifiedHead, write_verified_head

_log = logging.getLogger(__name__)
_ACCOUNT_NAMES = "SELECT name FROM accounts ORDER BY id"
_LOCKS_ONLY = frozenset({EntryKind.ORDER_LOCK, EntryKind.ORDER_RELEASE})


class SqliteLedgerStore:
    """`LedgerStore` on SQLite. `commit_seconds` sums the time spent in `commit`; `notes` says what a start mended."""

    def __init__(
        self, connection: apsw.Connection, *, anchor: AnchorFile | None = None, notes: tuple[str, ...] = ()
    ) -> None:
        """Take over a writing connection to a file of ours that has been checked."""
        self._connection = connection
        self._anchor = anchor
        self._sessions = SessionLog(connection)
        self._folder = Path(connection.filename).parent if connection.filename else None
        self._head = stored_books.head_of(connection)
        self._stored_orders: set[int] = set()
        self._stored_positions: set[int] = set()
        self._wallets: dict[int, Wallet] = {}
        self._totals: dict[int, RunTotals] = {}
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
        return cls(opened.connection, anchor=opened.anchor, notes=opened.notes)

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
            self._stored_orders |= books.portfolio.orders.keys()
            self._stored_positions |= books.portfolio.positions.keys()
            self._remember_caches(books.portfolio)
        return books

    def commit(self, update: BookUpdate) -> None:
        """Write an update in one durable transaction, then the anchor.

        Raises:
            StorageError: it could not be written; nothing of it was.
            InvariantError: its first entry does not follow the newest one stored.
        """
        started = perf_counter()
        entries = update.entries
        if entries and (entries[0].previous_hash != self._head.hash or entries[0].id != self._head.entry_id + 1):
            raise InvariantError(f"I13: entry {entries[0].id} does not follow the stored entry {self._head.entry_id}")
        execute = self._connection.execute
        try:
            execute(sql.BEGIN)
            try:
                self._write(update)
                crash_point("L12" if update.fills else "L2" if update.decisions else "L6")
                execute(sql.COMMIT)
            except BaseException:
                if self._connection.in_transaction:
                    execute(sql.ROLLBACK)
                raise
        except apsw.Error as error:
            raise storage_error(error, "The change could not be stored", folder=self._folder) from error
        self._adopt(update)
        self.commits += 1
        self.commit_seconds += perf_counter() - started

    def checkpoint(self, account_id: int, market: MarketState) -> None:
        """Store where the market stands, and ratchets, outside the journal."""
        try:
            self._connection.execute(sql.UPSERT_MARKET, rows.market_row(market, account_id))
        except apsw.Error as error:
            raise storage_error(error, "The market's position could not be stored") from error

    def keep_verified_head(self, verified: VerifiedHead) -> None:
        """Remember up to where everything was found in order, outside the journal.

        Raises:
            StorageError: it could not be stored.
        """
        write_verified_head(self._connection, verified)

    def has_entry(self, idempotency_key: str) -> bool:
        """Say whether an entry with this key is booked."""
        return self._finds(sql.HAS_ENTRY, idempotency_key)

    def has_signal(self, signal_key: str) -> bool:
        """Say whether an order with this signal key is stored."""
        return self._finds(sql.HAS_SIGNAL, signal_key)

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
        database = Path(self._connection.db_filename("main"))
        try:
            self._connection.close()
            seal_closed(database)
        except (OSError, apsw.Error) as error:
            _log.warning("The database could not be tidied up as it was closed: %s", error)

    def _write(self, update: BookUpdate) -> None:
        execute, portfolio = self._connection.execute, update.portfolio
        if update.opens_account:
            execute(sql.INSERT_ACCOUNT, rows.account_row(portfolio.account))
            execute(sql.INSERT_RUN, rows.run_row(portfolio.run))
        if update.ended_run is not None:
            self._begin_next_run(portfolio.run, update.ended_run)
        for run in update.strategy_runs:
            execute(sql.UPSERT_STRATEGY_RUN, rows.strategy_run_row(run))
        for order in update.orders:
            self._write_order(order)
        for position in update.positions:
            self._write_position(position)
        for fill in update.fills:
            execute(sql.INSERT_FILL, trading_rows.fill_row(fill))
        self._write_caches(portfolio)
        if update.entries:
            self._write_entries(update.entries)
            if update.equity is not None and (update.fills or update.entries[-1].draft.kind not in _LOCKS_ONLY):
                self._write_equity(portfolio, update.equity, entry_id=update.entries[-1].id)
        for decision in update.decisions:
            execute(sql.INSERT_DECISION, rows.decision_row(decision, portfolio.account.id))
        if update.market is not None:
            execute(sql.UPSERT_MARKET, rows.market_row(update.market, portfolio.account.id))

    def _begin_next_run(self, run: Run, ended: EndedRun) -> None:
        execute, old = self._connection.execute, ended.run
        execute(sql.END_RUN, (rows.iso(old.ended_at), old.how_ended, old.id))
        execute(sql.UPSERT_RUN_TOTALS, (old.id, *rows.run_totals_row(ended.totals)))
        execute(sql.INSERT_RUN, rows.run_row(run))

    def _write_entries(self, entries: tuple[LedgerEntry, ...]) -> None:
        execute = self._connection.execute
        values: list[object] = []
        for entry in entries:
            execute(sql.INSERT_ENTRY, rows.entry_row(entry))
            currency = entry.draft.currency
            for posting in entry.draft.postings:
                values += (entry.id, posting.ledger_account, currency, to_units(posting.amount))
        execute(sql.insert_postings(len(values) // 4), values)

    def _write_order(self, order: Order) -> None:
        if order.id in self._stored_orders or self._finds(sql.HAS_ORDER, order.id):
            self._connection.execute(sql.UPDATE_ORDER, (*trading_rows.order_changes(order), order.id))
        else:
            self._connection.execute(sql.INSERT_ORDER, trading_rows.order_row(order))

    def _write_position(self, position: Position) -> None:
        if position.id in self._stored_positions or self._finds(sql.HAS_POSITION, position.id):
            self._connection.execute(sql.UPDATE_POSITION, (*trading_rows.position_changes(position), position.id))
        else:
            self._connection.execute(sql.INSERT_POSITION, trading_rows.position_row(position))

    def _write_caches(self, portfolio: Portfolio) -> None:
        # Frozen values: the same object is the same row, so what did not change is not written again.
        if portfolio.wallet is not self._wallets.get(portfolio.account.id):
            self._connection.execute(sql.UPSERT_WALLET, rows.wallet_row(portfolio.wallet, portfolio.account))
        if portfolio.totals is not self._totals.get(portfolio.account.id):
            self._connection.execute(sql.UPSERT_RUN_TOTALS, (portfolio.run.id, *rows.run_totals_row(portfolio.totals)))

    def _write_equity(self, portfolio: Portfolio, equity: Decimal, *, entry_id: int) -> None:
        wallet = portfolio.wallet
        self._connection.execute(
            sql.INSERT_EQUITY,
            (
                wallet.account_id,
                entry_id,
                instant_text(wallet.updated_at),
                portfolio.run.id,
                to_units(equity),
                to_units(wallet.total),
            ),
        )

    def _adopt(self, update: BookUpdate) -> None:
        """Remember what is stored now; only after the transaction has succeeded."""
        for order in update.orders:
            (self._stored_orders.add if order.status.is_live else self._stored_orders.discard)(order.id)
        for position in update.positions:
            (self._stored_positions.add if position.is_open else self._stored_positions.discard)(position.id)
        self._remember_caches(update.portfolio)
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

    def _remember_caches(self, portfolio: Portfolio) -> None:
        self._wallets[portfolio.account.id] = portfolio.wallet
        self._totals[portfolio.account.id] = portfolio.totals

    def account_names(self) -> tuple[str, ...]:
        """Return the accounts of the books, oldest first."""
        try:
            return tuple(name for (name,) in self._connection.execute(_ACCOUNT_NAMES))
        except apsw.Error as error:
            raise storage_error(error, "The books cannot be read") from error

    def _finds(self, statement: str, value: object) -> bool:
        try:
            return self._connection.execute(statement, (value,)).get is not None
        except apsw.Error as error:
            raise storage_error(error, "The books cannot be read") from error
