"""Reads history for pages and the command line over a read-only connection: beside the writer, or alone.

One reader belongs to one thread at a time. Pages go by id, newest first, so that a long history costs no more than
a short one (`history_search`).
"""

from datetime import datetime

import apsw

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.money import from_units
from desktop_trader.messages.entry_receipt import DecisionRow, EntryReceipt, PostingRow
from desktop_trader.messages.ledger_page import (
    MAX_PAGE_ROWS,
    DatabaseInfo,
    EquityPoint,
    FillRow,
    LedgerFilter,
    LedgerPage,
    OrderRow,
    PositionRow,
    RunCounts,
)
from desktop_trader.messages.network import Outage
from desktop_trader.messages.order_receipt import OrderReceipt
from desktop_trader.storage import history_search, stored_books, trading_rows
from desktop_trader.storage import statements as sql
from desktop_trader.storage.books_reader import BooksReader
from desktop_trader.storage.order_receipts import read_order_receipt
from desktop_trader.storage.outage_rows import read_outages
from desktop_trader.storage.readable_rows import fill_row, ledger_row, order_row, position_row
from desktop_trader.storage.rows import Row, moment
from desktop_trader.storage.schema_extras import LIVE_STATUSES

_COUNTS = """
SELECT (SELECT count(*) FROM orders WHERE run = ?1), (SELECT count(*) FROM fills WHERE run = ?1),
       (SELECT count(*) FROM positions WHERE run = ?1),
       (SELECT count(*) FROM positions WHERE run = ?1 AND closed_at IS NULL)
"""
SEARCH_SECONDS = 0.04
"""How long a search for a page looks before it answers with what it has found."""
_CHAIN_OF = """
SELECT currency, idempotency_key, corrects, locked_after, previous_hash, hash FROM ledger_entries WHERE id = ?
"""
_POSTINGS_OF = "SELECT ledger_account, amount FROM postings WHERE entry = ? ORDER BY ledger_account"
_DECISIONS_OF = 'SELECT at, action, outcome, detail FROM decisions WHERE "order" = ? ORDER BY id LIMIT 20'
_AT_OF = "SELECT occurred_at FROM ledger_entries WHERE id = ?"
_AUTHORS = """
WITH RECURSIVE names(name) AS (
    SELECT (SELECT min(author) FROM ledger_entries WHERE account = ?1 AND author <> 'system')
    UNION ALL
    SELECT (SELECT min(author) FROM ledger_entries WHERE account = ?1 AND author <> 'system' AND author > names.name)
    FROM names WHERE names.name IS NOT NULL LIMIT 200
)
SELECT name FROM names WHERE name IS NOT NULL
"""


class LedgerReader(BooksReader):
    """The read-only side of the books. Every method is one consistent read."""

    def page(self, wanted: LedgerFilter, *, limit: int = 50, seconds: float | None = SEARCH_SECONDS) -> LedgerPage:
        """Return up to `limit` entries (1 to 1,000) that match, newest first.

        A search that takes longer than `seconds` pauses, and the page says where; with None it goes on to the end.

        Raises:
            InvalidInputError: there is no such account, the limit is out of range or the text too long.
        """
        limit = _checked(limit)
        with self._reading():
            account_id = self._account_id(wanted.account)
            found = history_search.find(
                self._connection, wanted, account_id=account_id, limit=limit + 1, seconds=seconds
            )
            paused_at = found.paused_at
            at = None if paused_at is None else self._connection.execute(_AT_OF, (paused_at,)).get
        rows = [ledger_row(row) for row in found.rows[:limit]]
        if wanted.after_id is not None:
            rows.reverse()
        return LedgerPage(
            rows=tuple(rows),
            has_more=len(found.rows) > limit or paused_at is not None,
            searched_to_id=paused_at,
            searched_to_at=moment(at),
        )

    def authors(self, account_name: str) -> tuple[str, ...]:
        """Return who has changed the balance by hand, in the order of their names, 200 at most."""
        with self._reading():
            found = self._connection.execute(_AUTHORS, (self._account_id(account_name),))
            return tuple(name for (name,) in found)

    def receipt(self, account_name: str, entry_id: int) -> EntryReceipt:
        """Return everything the books know of an entry.

        Raises:
            InvalidInputError: the account has no such entry.
        """
        with self._reading():
            account_id = self._account_id(account_name)
            found = history_search.entry(self._connection, account_id=account_id, entry_id=entry_id)
            if found is None:
                raise InvalidInputError(f"Account {account_name} has no entry {entry_id}")
            row = ledger_row(found)
            chain: Row = self._connection.execute(_CHAIN_OF, (entry_id,)).fetchall()[0]
            postings: list[Row] = self._connection.execute(_POSTINGS_OF, (entry_id,)).fetchall()
            decisions: list[Row] = self._connection.execute(_DECISIONS_OF, (row.order_id,)).fetchall()
            position = _one(self._connection, "positions", trading_rows.POSITION, row.position_id)
            order = _one(self._connection, "orders", trading_rows.ORDER, row.order_id)
            fill = _one(self._connection, "fills", trading_rows.FILL, row.fill_id)
        currency, key, corrects, locked_after, previous_hash, entry_hash = chain
        return EntryReceipt(
            account=account_name,
            currency=currency,
            row=row,
            locked_after=from_units(locked_after),
            idempotency_key=key,
            corrects=corrects,
            previous_hash=previous_hash,
            hash=entry_hash,
            postings=tuple(PostingRow(ledger_account=name, amount=from_units(units)) for name, units in postings),
            position=None if position is None else position_row(trading_rows.position_from(position)),
            order=None if order is None else order_row(trading_rows.order_from(order)),
            fill=None if fill is None else fill_row(trading_rows.fill_from(fill)),
            decisions=tuple(
                DecisionRow(at=datetime.fromisoformat(at), action=action, outcome=outcome, detail=detail)
                for at, action, outcome, detail in decisions
            ),
        )

    def positions(
        self, account_name: str, *, only_open: bool = False, run_id: int | None = None, limit: int = 200
    ) -> tuple[PositionRow, ...]:
        """Return the newest positions, newest first: all, the open ones, or those of one run."""
        condition = " AND closed_at IS NULL" if only_open else ""
        condition += "" if run_id is None else f" AND run = {run_id:d}"
        found = self._newest("positions", trading_rows.POSITION, account_name, condition=condition, limit=limit)
        return tuple(position_row(trading_rows.position_from(row)) for row in found)

    def orders(self, account_name: str, *, only_live: bool = False, limit: int = 200) -> tuple[OrderRow, ...]:
        """Return the newest orders, newest first: all, or those to which more can happen."""
        condition = f" AND status IN {LIVE_STATUSES}" if only_live else ""
        found = self._newest("orders", trading_rows.ORDER, account_name, condition=condition, limit=limit)
        return tuple(order_row(trading_rows.order_from(row)) for row in found)

    def order_receipt(self, account_name: str, order_id: int) -> OrderReceipt:
        """Return everything the books know of an order.

        Raises:
            InvalidInputError: the account has no such order.
        """
        with self._reading():
            account_id = self._account_id(account_name)
            return read_order_receipt(self._connection, account_name, account_id=account_id, order_id=order_id)

    def fills(self, account_name: str, *, limit: int = 200) -> tuple[FillRow, ...]:
        """Return the newest fills, newest first."""
        found = self._newest("fills", trading_rows.FILL, account_name, condition="", limit=limit)
        return tuple(fill_row(trading_rows.fill_from(row)) for row in found)

    def outages(self, *, limit: int = 200) -> tuple[Outage, ...]:
        """Return the newest outages of every market, newest first."""
        with self._reading():
            return read_outages(self._connection, "", limit=_checked(limit))

    def equity(self, account_name: str, *, limit: int = MAX_PAGE_ROWS) -> tuple[EquityPoint, ...]:
        """Return the newest points of the equity curve in the order in which they were booked, oldest first."""
        statement = "SELECT at, equity, total FROM equity_points WHERE account = ? ORDER BY entry DESC LIMIT ?"
        with self._reading():
            values = (self._account_id(account_name), _checked(limit))
            found = self._connection.execute(statement, values).fetchall()
        return tuple(
            EquityPoint(at=datetime.fromisoformat(at), equity=from_units(equity), total=from_units(total))
            for at, equity, total in reversed(found)
        )

    def counts(self, run_id: int) -> RunCounts:
        """Return how many orders, fills and positions a run of an account has; none for an unknown one."""
        with self._reading():
            row: Row = self._connection.execute(_COUNTS, (run_id,)).fetchall()[0]
        return RunCounts(orders=row[0], fills=row[1], positions=row[2], open_positions=row[3])

    def info(self) -> DatabaseInfo:
        """Return facts about the file."""
        with self._reading():
            head = stored_books.head_of(self._connection)
            session = self._connection.execute(sql.LAST_SESSION).get or (0, None, None, None)
            return DatabaseInfo(
                path=str(self._path),
                size_bytes=self._path.stat().st_size,
                application_id=self._connection.pragma("application_id"),
                schema_version=self._connection.pragma("user_version"),
                sqlite_version=apsw.sqlite_lib_version(),
                entries=head.entry_id,
                head_hash=head.hash,
                accounts=tuple(name for (name,) in self._connection.execute("SELECT name FROM accounts ORDER BY id")),
                last_session_start=moment(session[1]),
                last_session_end=moment(session[2]),
                last_session_how_ended=session[3] or "",
            )

    def _newest(
        self, table: str, columns: tuple[str, ...], account_name: str, *, condition: str, limit: int
    ) -> list[Row]:
        names = ", ".join(f'"{column}"' for column in columns)
        # The plus keeps SQLite from collecting a whole account by index only to sort it; walking back by id ends early.
        account = "account" if condition else "+account"
        statement = f"SELECT {names} FROM {table} WHERE {account} = ?{condition} ORDER BY id DESC LIMIT ?"
        with self._reading():
            values = (self._account_id(account_name), _checked(limit))
            return self._connection.execute(statement, values).fetchall()


def _one(connection: apsw.Connection, table: str, columns: tuple[str, ...], row_id: int | None) -> Row | None:
    names = ", ".join(f'"{column}"' for column in columns)
    return connection.execute(f"SELECT {names} FROM {table} WHERE id = ?", (row_id,)).fetchone()


def _checked(limit: int) -> int:
    if not 1 <= limit <= MAX_PAGE_ROWS:
        raise InvalidInputError(f"limit must be between 1 and {MAX_PAGE_ROWS}, not {limit}")
    return limit
