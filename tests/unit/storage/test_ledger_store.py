"""What only the real store promises: all or nothing, append-only, refused at the last line of defence."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import apsw
import pytest

from desktop_trader.domain.errors import StorageError, UncertainWriteError
from desktop_trader.domain.ledger import EntryKind
from desktop_trader.domain.money import MAX_UNITS, from_units
from desktop_trader.domain.order import OrderSide
from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage import statements
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from desktop_trader.storage.verify import verify_folder
from tests.booked_account import BookedAccount, small_history


@pytest.fixture
def paths(tmp_path: Path) -> DataFolderPaths:
    return DataFolderPaths(root=tmp_path)


@pytest.fixture
def store(paths: DataFolderPaths) -> Iterator[SqliteLedgerStore]:
    opened = SqliteLedgerStore.open(paths)
    yield opened
    opened.close()


def outsider(paths: DataFolderPaths) -> apsw.Connection:
    """Another program, such as a data browser, that opens the file as it likes."""
    return apsw.Connection(str(paths.database))


def rows_of(paths: DataFolderPaths, statement: str) -> list[tuple[Any, ...]]:
    """What another program reads."""
    return outsider(paths).execute(statement).fetchall()


def deposit_until_refused(account: BookedAccount) -> None:
    """Grow the journal by far more than the disk has left."""
    for _ in range(2_000):
        account.change("1", kind=EntryKind.DEPOSIT)


@pytest.mark.parametrize("table", ["ledger_entries", "postings", "fills"])
@pytest.mark.parametrize("action", ["UPDATE {} SET currency = 'EUR'", "DELETE FROM {}"])
@pytest.mark.requirement("R182")
def test_the_journal_is_append_only(store: SqliteLedgerStore, paths: DataFolderPaths, table: str, action: str) -> None:
    small_history(store)
    statement = action.format(table).replace("currency", "symbol" if table == "fills" else "currency")
    with pytest.raises(apsw.ConstraintError, match="append-only"):
        outsider(paths).execute(statement)


def test_an_entry_cannot_be_replaced_or_put_beyond_the_next_id(
    store: SqliteLedgerStore, paths: DataFolderPaths
) -> None:
    small_history(store)
    columns = '"account", run, kind, occurred_at, reason, author, description, currency, total_after, locked_after'
    for entry_id in (1, 500):
        with pytest.raises(apsw.ConstraintError, match="no gaps"):
            outsider(paths).execute(
                f"INSERT OR REPLACE INTO ledger_entries (id, idempotency_key, previous_hash, hash, {columns}) "
                f"SELECT {entry_id}, 'x', '', '', {columns} FROM ledger_entries WHERE id = 2"
            )


def test_an_entry_cannot_be_replaced_by_way_of_its_key(store: SqliteLedgerStore, paths: DataFolderPaths) -> None:
    head = small_history(store).head.entry_id
    columns = (
        'idempotency_key, "account", run, kind, occurred_at, reason, author, description, currency, total_after, '
        "locked_after, previous_hash, hash"
    )
    with pytest.raises(apsw.ConstraintError, match="written twice"):
        outsider(paths).execute(
            f"INSERT OR REPLACE INTO ledger_entries (id, {columns}) "
            f"SELECT {head + 1}, {columns} FROM ledger_entries WHERE id = 2"
        )


@pytest.mark.parametrize(
    "values",
    [
        "(1, 'cash:available', 'USDT', 5)",
        "(1, 'cash:locked:order:9', 'USDT', 5)",
        "((SELECT max(entry) FROM postings), (SELECT max(ledger_account) FROM postings), 'USDT', 5)",
    ],
)
@pytest.mark.requirement("R182")
def test_a_posting_is_neither_replaced_nor_added_later(
    store: SqliteLedgerStore, paths: DataFolderPaths, values: str
) -> None:
    small_history(store)
    newest = "SELECT entry, ledger_account FROM postings ORDER BY entry DESC, ledger_account DESC LIMIT 1"
    values = values.replace("SELECT max(ledger_account) FROM postings", f"SELECT ledger_account FROM ({newest})")
    with pytest.raises(apsw.ConstraintError, match="append-only"):
        outsider(paths).execute(
            f"INSERT OR REPLACE INTO postings (entry, ledger_account, currency, amount) VALUES {values}"
        )
    assert verify_folder(paths).ok


@pytest.mark.parametrize("new_id", ["id", "999"])
@pytest.mark.requirement("R182")
def test_a_fill_is_not_replaced(store: SqliteLedgerStore, paths: DataFolderPaths, new_id: str) -> None:
    small_history(store)
    columns = (
        '"order", "position", "account", run, trade_id, symbol, side, quantity, price, fee, is_maker, at, realized_pnl'
    )
    with pytest.raises(apsw.ConstraintError, match="append-only"):
        outsider(paths).execute(
            f"INSERT OR REPLACE INTO fills (id, {columns}) SELECT {new_id}, {columns} FROM fills WHERE id = 1"
        )


@pytest.mark.parametrize(
    "change", ["total = total + 1", "available = available + 1", "available = -1, locked = total + 1", "locked = 'x'"]
)
@pytest.mark.requirement("R75", "R173")
def test_the_wallet_refuses_what_does_not_add_up(store: SqliteLedgerStore, paths: DataFolderPaths, change: str) -> None:
    small_history(store)
    with pytest.raises(apsw.ConstraintError):
        outsider(paths).execute(f"UPDATE wallet SET {change}")


@pytest.mark.parametrize(
    "step", ["INSERT_ENTRY", "INSERT_FILL", "UPSERT_WALLET", "UPSERT_RUN_TOTALS", "UPSERT_MARKET", "COMMIT"]
)
def test_what_fails_on_the_way_leaves_nothing_behind(
    store: SqliteLedgerStore, paths: DataFolderPaths, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Row F07 of the fault list: as a kill between two statements."""
    account = BookedAccount(store)
    account.change("10000")
    order = account.order(OrderSide.BUY, "0.01", "45000")
    before, portfolio = (
        outsider(paths).execute("SELECT count(*), max(hash) FROM postings, wallet, ledger_entries").get,
        (account.portfolio),
    )
    monkeypatch.setattr(statements, step, "SELECT * FROM a_table_that_is_not_there")
    with pytest.raises(StorageError, match="could not be stored"):
        account.fill(order, order.quantity, "44999.99")
    monkeypatch.undo()
    assert outsider(paths).execute("SELECT count(*), max(hash) FROM postings, wallet, ledger_entries").get == before
    assert account.portfolio == portfolio == store.load("demo").portfolio
    account.ids = {"order": 2, "fill": 1, "position": 1}
    account.fill(order, order.quantity, "44999.99")
    assert verify_folder(paths).ok


def test_a_killed_transaction_is_gone_at_the_next_start(paths: DataFolderPaths) -> None:
    store = SqliteLedgerStore.open(paths)
    account = BookedAccount(store)
    account.change("10000")
    killed = outsider(paths)
    killed.execute("BEGIN IMMEDIATE")
    killed.execute("UPDATE wallet SET total = total + 5, available = available + 5")
    killed.close()
    store.close()
    again = SqliteLedgerStore.open(paths)
    assert again.notes == ()
    assert again.load("demo").portfolio == account.portfolio


def test_the_largest_amount_comes_back_to_the_last_digit(store: SqliteLedgerStore) -> None:
    largest = from_units(MAX_UNITS - 1)
    account = BookedAccount(store)
    account.change(largest)
    portfolio = store.load("demo").portfolio
    assert portfolio is not None
    assert portfolio.wallet.total == largest == Decimal("46116860184.27387903")


@pytest.mark.requirement("R179", "R180", "R215")
def test_the_transactions_of_the_documents_say_balance_before_and_after(
    store: SqliteLedgerStore, paths: DataFolderPaths
) -> None:
    small_history(store)
    cursor = outsider(paths).execute("SELECT * FROM wallet_transactions ORDER BY id")
    assert [column[0] for column in cursor.get_description()] == [
        "id", "account_type", "transaction_type", "amount", "balance_before", "balance_after", "locked_change",
        "position_id", "description", "reason", "updated_by", "created_at",
    ]  # fmt: skip
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    before = Decimal(0)
    for _, account_type, kind, amount, balance_before, balance_after, _, position_id, *_, created_at in rows:
        assert Decimal(balance_before) == before
        assert Decimal(balance_before) + Decimal(amount) == Decimal(balance_after)
        assert account_type == "demo"
        assert (position_id is not None) == (kind in {"fee", "position_open", "position_close"})
        assert datetime.fromisoformat(created_at).tzinfo == UTC
        before = Decimal(balance_after)
    assert [row[3] for row in rows[:3]] == ["10000.00000000", "500.00000000", "-250.12345678"]


def test_the_transactions_lock_and_unlock_what_is_locked(store: SqliteLedgerStore, paths: DataFolderPaths) -> None:
    account = small_history(store)
    changes = [Decimal(text) for (text,) in rows_of(paths, "SELECT locked_change FROM wallet_transactions")]
    assert sum(changes) == account.portfolio.wallet.locked


def test_the_newest_transaction_is_found_without_reading_the_others(
    store: SqliteLedgerStore, paths: DataFolderPaths
) -> None:
    small_history(store)
    plan = rows_of(paths, "EXPLAIN QUERY PLAN SELECT * FROM wallet_transactions ORDER BY id DESC LIMIT 1")
    assert not [step for *_, step in plan if "TEMP B-TREE" in step or "SCAN p" in step or "MATERIALIZE" in step]


def test_two_entries_of_one_key_and_two_fills_of_one_trade_are_refused(store: SqliteLedgerStore) -> None:
    account = BookedAccount(store)
    account.change("10000")
    position = account.open(OrderSide.BUY, "0.01", "45000")
    account.ids["fill"] -= 1
    with pytest.raises(StorageError):
        account.close(position, position.quantity, "45000")


def test_sessions_tell_how_the_one_before_ended(paths: DataFolderPaths) -> None:
    started = datetime(2026, 5, 1, 12, tzinfo=UTC)
    store = SqliteLedgerStore.open(paths)
    assert store.begin_session(started) is None
    store.end_session("quit", at=started)
    store.close()
    store = SqliteLedgerStore.open(paths)
    ended = store.begin_session(started)
    assert ended is not None
    assert (ended.how_ended, ended.ended_at) == ("quit", started)
    store.close()
    killed = SqliteLedgerStore.open(paths).begin_session(started)
    assert killed is not None
    assert (killed.how_ended, killed.ended_at) == ("", None)


def test_the_sum_of_commit_times_grows(store: SqliteLedgerStore) -> None:
    account = BookedAccount(store)
    account.change("10000")
    first = store.commit_seconds
    account.change("1", kind=EntryKind.DEPOSIT)
    assert store.commit_seconds > first > 0


class FailingAtTheEnd:
    """A connection whose disk reports an error once a transaction is handed to it whole."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def execute(self, statement: str, *bindings: Any) -> Any:
        done = self._connection.execute(statement, *bindings)
        if statement == "COMMIT":
            raise apsw.IOError("disk I/O error")
        return done

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def test_a_disk_that_fails_at_the_very_end_leaves_it_open_whether_the_change_is_stored(
    store: SqliteLedgerStore,
) -> None:
    account = BookedAccount(store)
    account.change("10000")
    connection = store._connection
    store._connection = FailingAtTheEnd(connection)  # type: ignore[assignment]
    with pytest.raises(UncertainWriteError, match="may or may not be stored"):
        account.change("1", kind=EntryKind.DEPOSIT)
    store._connection = connection
    assert store.load("demo").head.entry_id == 2


def test_a_full_disk_refuses_the_commit_whole(store: SqliteLedgerStore, paths: DataFolderPaths) -> None:
    """Row F13 of the fault list."""
    account = BookedAccount(store)
    account.change("10000")
    pages = store._connection.pragma("page_count")
    store._connection.pragma("max_page_count", pages)
    with pytest.raises(StorageError, match="the disk is full"):
        deposit_until_refused(account)
    assert store.load("demo").portfolio == account.portfolio
    store._connection.pragma("max_page_count", pages + 1_000)
    account.change("1", kind=EntryKind.DEPOSIT)
    assert verify_folder(paths).ok
