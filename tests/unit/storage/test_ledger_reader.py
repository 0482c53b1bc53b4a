"""History for pages and the command line: right, paged, and readable while somebody writes."""

import threading
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from desktop_trader.domain.errors import InvalidInputError, StorageError
from desktop_trader.domain.ledger import EntryKind
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.ledger_page import LedgerFilter, LedgerRow
from desktop_trader.storage.ledger_reader import LedgerReader
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from desktop_trader.storage.schema_version import SCHEMA_VERSION
from desktop_trader.storage.verify import verify_folder
from tests.booked_account import START, BookedAccount, small_history

DEMO = LedgerFilter(account="demo")


@pytest.fixture
def paths(tmp_path: Path) -> DataFolderPaths:
    return DataFolderPaths(root=tmp_path)


@pytest.fixture
def account(paths: DataFolderPaths) -> BookedAccount:
    return small_history(SqliteLedgerStore.open(paths))


@pytest.fixture
def reader(paths: DataFolderPaths, account: BookedAccount) -> LedgerReader:
    return LedgerReader.open(paths)


def all_rows(reader: LedgerReader, *, limit: int) -> list[LedgerRow]:
    """Turn the pages to the end."""
    rows: list[LedgerRow] = []
    before_id = None
    while True:
        page = reader.page(LedgerFilter(account="demo", before_id=before_id), limit=limit)
        rows += page.rows
        if not page.has_more:
            return rows
        before_id = page.rows[-1].id


def test_no_books_yet_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="There are no books"):
        LedgerReader.open(DataFolderPaths(root=tmp_path))


@pytest.mark.parametrize("limit", [1, 3, 7, 1_000])
def test_pages_of_any_size_give_every_entry_once_newest_first(
    reader: LedgerReader, account: BookedAccount, limit: int
) -> None:
    assert [row.id for row in all_rows(reader, limit=limit)] == list(range(account.head.entry_id, 0, -1))


@pytest.mark.requirement("R179")
def test_balances_go_on_from_row_to_row(reader: LedgerReader, account: BookedAccount) -> None:
    balance = Decimal(0)
    for row in reversed(all_rows(reader, limit=50)):
        assert row.balance_before == balance
        assert row.balance_before + row.amount == row.balance_after
        balance = row.balance_after
    assert balance == account.portfolio.wallet.total


def test_a_page_shows_one_kind_one_run_or_one_position(reader: LedgerReader) -> None:
    kinds = {row.transaction_type for row in reader.page(LedgerFilter(account="demo", kinds=("fee",))).rows}
    positions = {row.position_id for row in reader.page(LedgerFilter(account="demo", position_id=2)).rows}
    assert (kinds, positions) == ({"fee"}, {2})
    assert reader.page(LedgerFilter(account="demo", run_id=77)).rows == ()


@pytest.mark.requirement("R180")
def test_rows_of_a_trade_name_its_position_order_and_fill(reader: LedgerReader) -> None:
    row = next(row for row in all_rows(reader, limit=50) if row.transaction_type == "position_close")
    assert (row.position_id, row.order_id, row.fill_id) == (1, 5, 4)
    assert row.description.startswith("Closed LONG position for BTC/USDT:USDT, PnL: -$5.00")


def test_an_unknown_account_is_named_with_those_that_exist(reader: LedgerReader) -> None:
    with pytest.raises(InvalidInputError, match="no account 'dmeo'; known: demo"):
        reader.page(LedgerFilter(account="dmeo"))


@pytest.mark.parametrize("limit", [0, -1, 1_001])
def test_a_page_has_a_limit(reader: LedgerReader, limit: int) -> None:
    with pytest.raises(InvalidInputError, match="limit must be between"):
        reader.page(DEMO, limit=limit)


def test_open_and_all_positions_and_orders(reader: LedgerReader, account: BookedAccount) -> None:
    portfolio = account.portfolio
    assert {row.id for row in reader.positions("demo", only_open=True)} == set(portfolio.positions)
    assert {row.id for row in reader.orders("demo", only_live=True)} == set(portfolio.orders)
    assert [row.id for row in reader.positions("demo")] == [3, 2, 1]
    assert [row.id for row in reader.orders("demo")] == [7, 6, 5, 4, 3, 2, 1]
    assert [row.id for row in reader.fills("demo", limit=2)] == [5, 4]
    closed = reader.positions("demo")[-1]
    assert (closed.is_open, closed.close_reason, closed.entry_price) == (False, "stop_loss", Decimal("45000.01"))


def test_the_equity_curve_is_oldest_first(reader: LedgerReader, account: BookedAccount) -> None:
    points = reader.equity("demo")
    assert [point.at for point in points] == sorted(point.at for point in points)
    assert points[-1].total == account.portfolio.wallet.total
    assert reader.equity("demo", limit=1) == points[-1:]


def test_the_equity_curve_keeps_every_point_when_the_same_times_are_played_twice(
    reader: LedgerReader, account: BookedAccount, paths: DataFolderPaths
) -> None:
    before = reader.equity("demo")
    account.now = START
    for amount in ("1", "2"):
        account.change(amount, kind=EntryKind.DEPOSIT)
    points = reader.equity("demo")
    assert points[: len(before)] == before
    totals = [point.total for point in points]
    assert totals[len(before) :] == [totals[len(before) - 1] + 1, totals[len(before) - 1] + 3]
    assert points[-1].at < points[0].at + timedelta(minutes=5)
    assert verify_folder(paths).ok


def test_the_state_is_what_the_writer_has(reader: LedgerReader, account: BookedAccount) -> None:
    assert reader.load("demo") == account.store.load("demo")


def test_facts_about_the_file(reader: LedgerReader, account: BookedAccount, paths: DataFolderPaths) -> None:
    info = reader.info()
    assert (info.entries, info.head_hash, info.accounts) == (account.head.entry_id, account.head.hash, ("demo",))
    assert (info.schema_version, info.path) == (SCHEMA_VERSION, str(paths.database))


def test_a_reader_sees_commits_as_they_come_and_after_the_writer_has_gone(
    reader: LedgerReader, account: BookedAccount
) -> None:
    account.change("7", kind=EntryKind.DEPOSIT)
    assert reader.page(DEMO, limit=1).rows[0].amount == 7
    account.store.close()
    assert reader.page(DEMO, limit=1).rows[0].amount == 7


def test_the_file_alone_can_be_read(paths: DataFolderPaths, account: BookedAccount) -> None:
    account.store.close()
    names = {path.name for path in paths.root.iterdir()}
    assert names == {"desktop_trader.db", "desktop_trader.anchor", "desktop_trader.seal"}
    assert LedgerReader.open(paths).load("demo").portfolio == account.portfolio


def test_a_snapshot_is_whole_while_another_thread_writes(reader: LedgerReader, account: BookedAccount) -> None:
    stop = threading.Event()
    seen: list[bool] = []

    def read() -> None:
        while not stop.is_set():
            books = reader.load("demo")
            assert books.portfolio is not None
            seen.append(books.recent_balances[-1].total == books.portfolio.wallet.total)

    thread = threading.Thread(target=read)
    thread.start()
    for _ in range(100):
        account.change("1", kind=EntryKind.DEPOSIT)
    stop.set()
    thread.join()
    assert seen
    assert all(seen)


@pytest.mark.requirement("R108")
def test_a_receipt_has_everything_the_books_know_of_an_entry(reader: LedgerReader, account: BookedAccount) -> None:
    closing = next(row for row in all_rows(reader, limit=50) if row.transaction_type == "position_close")
    receipt = reader.receipt("demo", closing.id)
    assert receipt.row == closing
    assert sum((posting.amount for posting in receipt.postings), Decimal(0)) == 0
    assert receipt.position is not None
    assert receipt.order is not None
    assert receipt.fill is not None
    assert (receipt.position.id, receipt.order.id, receipt.fill.id) == (1, 5, 4)
    newest = reader.receipt("demo", account.head.entry_id)
    assert (newest.hash, newest.previous_hash) == (
        account.head.hash,
        reader.receipt("demo", account.head.entry_id - 1).hash,
    )


def test_a_receipt_of_no_entry_or_of_another_account_is_refused(reader: LedgerReader) -> None:
    for number in (0, 10_000):
        with pytest.raises(InvalidInputError, match=f"Account demo has no entry {number}"):
            reader.receipt("demo", number)


def test_who_changed_the_balance_is_known_by_name(reader: LedgerReader) -> None:
    assert reader.authors("demo") == ("a person",)


def test_the_entries_of_an_order_are_found_by_its_life(reader: LedgerReader) -> None:
    everything = all_rows(reader, limit=50)
    for order_id in range(1, 9):
        expected = [row.id for row in everything if row.order_id == order_id]
        page = reader.page(LedgerFilter(account="demo", order_id=order_id))
        assert [row.id for row in page.rows] == expected
