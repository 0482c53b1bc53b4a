"""The tables as they are stored: every one, every row, and no way to change any."""

from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from desktop_trader.domain.errors import InvalidInputError, StorageError
from desktop_trader.domain.ledger import EntryKind
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.table_page import Key, TablePage
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from desktop_trader.storage.table_reader import TableReader
from tests.booked_account import BookedAccount, small_history


@pytest.fixture
def account(tmp_path: Path) -> BookedAccount:
    return small_history(SqliteLedgerStore.open(DataFolderPaths(root=tmp_path)))


@pytest.fixture
def reader(account: BookedAccount, tmp_path: Path) -> Iterator[TableReader]:
    reader = TableReader(tmp_path / "desktop_trader.db")
    yield reader
    reader.close()


def stored(tmp_path: Path, sql: str) -> list[tuple[object, ...]]:
    connection = apsw.Connection(str(tmp_path / "desktop_trader.db"), flags=apsw.SQLITE_OPEN_READONLY)
    rows = connection.execute(sql).fetchall()
    connection.close()
    return rows


@pytest.mark.requirement("R73", "R100")
def test_every_table_and_view_is_there_with_its_columns_and_sql(reader: TableReader, tmp_path: Path) -> None:
    wanted = {
        name
        for (name,) in stored(tmp_path, "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')")
        if not str(name).startswith("sqlite")
    }
    tables = {table.name: table for table in reader.tables()}
    assert set(tables) == wanted
    assert {"accounts", "ledger_entries", "postings", "wallet", "wallet_transactions"} <= wanted
    assert "currency" in tables["accounts"].columns
    assert "TEXT" in tables["accounts"].types
    assert "ledger_entries_refuse_update" in tables["ledger_entries"].schema
    assert "CREATE VIEW wallet_transactions" in tables["wallet_transactions"].schema
    assert [name for name, table in tables.items() if table.is_view] == ["wallet_transactions"]


@pytest.mark.parametrize("limit", [1, 3, 1_000])
def test_pages_of_every_table_give_each_row_once_both_ways(reader: TableReader, tmp_path: Path, limit: int) -> None:
    for table in reader.tables():
        (count,) = stored(tmp_path, f'SELECT count(*) FROM "{table.name}"')[0]
        back = turned(reader, table.name, limit=limit, forward=False)
        assert len(back) == len(set(back)) == count, table.name
        if count:
            last = reader.page(table.name, limit=1_000)
            forward = turned(reader, table.name, limit=limit, forward=True, start=last.last)
            assert [*forward, last.rows[-1]] == back, table.name


def turned(
    reader: TableReader, table: str, *, limit: int, forward: bool, start: Key | None = None
) -> list[tuple[str | None, ...]]:
    rows: list[tuple[str | None, ...]] = []
    page: TablePage = reader.page(table, after=start, limit=limit) if forward else reader.page(table, limit=limit)
    while True:
        rows = [*page.rows, *rows] if forward else [*rows, *page.rows]
        if not (page.has_later if forward else page.has_earlier):
            return rows
        page = (
            reader.page(table, after=page.first, limit=limit)
            if forward
            else reader.page(table, before=page.last, limit=limit)
        )


def test_values_are_told_as_they_are_stored(reader: TableReader, account: BookedAccount) -> None:
    columns = {table.name: table.columns for table in reader.tables()}
    newest = dict(zip(columns["ledger_entries"], reader.page("ledger_entries", limit=1).rows[0], strict=True))
    assert newest["id"] == str(account.head.entry_id)
    assert newest["hash"] == account.head.hash
    assert newest["position"] is None
    total = account.portfolio.wallet.total
    assert newest["total_after"] == str(int(total * 10**8))


@pytest.mark.parametrize("name", ["nothing", "sqlite_schema", 'accounts" --', "ledger_entries; DROP TABLE wallet", ""])
def test_a_name_that_is_no_table_is_refused(reader: TableReader, name: str) -> None:
    with pytest.raises(InvalidInputError, match="There is no table"):
        reader.page(name)


def test_a_key_that_does_not_fit_is_refused(reader: TableReader) -> None:
    with pytest.raises(InvalidInputError, match="is named by"):
        reader.page("postings", before=(1,))


@pytest.mark.requirement("R100", "R182")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE wallet SET total = 1",
        "DELETE FROM ledger_entries",
        "INSERT INTO decisions (account) VALUES (1)",
        "DROP TABLE postings",
        "PRAGMA user_version = 9",
        "CREATE TABLE t (a)",
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = ''",
    ],
)
def test_its_connection_cannot_change_anything(reader: TableReader, tmp_path: Path, statement: str) -> None:
    before = (tmp_path / "desktop_trader.db").read_bytes()
    with pytest.raises(apsw.ReadOnlyError):
        reader._connection.execute(statement).fetchall()
    assert (tmp_path / "desktop_trader.db").read_bytes() == before


def test_rows_written_meanwhile_are_seen(reader: TableReader, account: BookedAccount) -> None:
    account.change("7", kind=EntryKind.DEPOSIT)
    assert reader.page("ledger_entries", limit=1).first == (account.head.entry_id,)


def test_no_file_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        TableReader(tmp_path / "nothing.db")
