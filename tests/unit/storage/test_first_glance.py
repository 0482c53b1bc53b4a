"""The balance of the first paint: what the books say where they can be read, and nothing where they cannot."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import apsw
import pytest

from desktop_trader.domain.order import OrderSide
from desktop_trader.engine.balance_figures import stored_balance
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.snapshot import BalanceView
from desktop_trader.storage.first_glance import read_first_glance
from desktop_trader.storage.ledger_reader import LedgerReader
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from tests.booked_account import BookedAccount, market_at, small_history


@pytest.fixture
def paths(tmp_path: Path) -> DataFolderPaths:
    return DataFolderPaths(root=tmp_path)


@pytest.fixture
def account(paths: DataFolderPaths) -> BookedAccount:
    return small_history(SqliteLedgerStore.open(paths))


def figures_of_the_books(paths: DataFolderPaths) -> BalanceView:
    """What the formulas of the engine make of the same file, without what a first glance leaves to the engine."""
    reader = LedgerReader.open(paths)
    try:
        view = stored_balance(reader.load("demo"))
    finally:
        reader.close()
    return replace(view, balance_change_24h=None, balance_change_24h_percent=None, drawdown_percent=None)


def test_the_first_glance_has_the_figures_of_the_books(paths: DataFolderPaths, account: BookedAccount) -> None:
    glance = read_first_glance(paths, "demo")
    assert glance == figures_of_the_books(paths)
    assert glance is not None
    assert (glance.total, glance.portfolio_value) == (account.portfolio.wallet.total, None)


@pytest.mark.parametrize("peak", ["123456.78", "0"])
def test_the_peak_is_the_one_that_is_stored(paths: DataFolderPaths, account: BookedAccount, peak: str) -> None:
    market = market_at(account.now, peak=Decimal(peak))
    account.store.checkpoint(account.portfolio.account.id, market)
    glance = read_first_glance(paths, "demo")
    assert glance == figures_of_the_books(paths)
    assert glance is not None
    assert glance.peak_equity == Decimal(peak)


def test_without_positions_everything_is_known_and_the_peak_is_no_less_than_the_equity(paths: DataFolderPaths) -> None:
    account = BookedAccount(SqliteLedgerStore.open(paths))
    account.change("10000")
    position = account.open(OrderSide.BUY, "0.01", "45000")
    account.close(position, position.quantity, "45500")
    account.store.checkpoint(account.portfolio.account.id, market_at(account.now, peak=Decimal(1)))
    glance = read_first_glance(paths, "demo")
    assert glance == figures_of_the_books(paths)
    assert glance is not None
    assert glance.peak_equity == glance.portfolio_value == account.portfolio.wallet.total


def test_without_books_or_without_that_account_there_is_nothing_to_show(
    paths: DataFolderPaths, tmp_path: Path, account: BookedAccount
) -> None:
    assert read_first_glance(paths, "another") is None
    assert read_first_glance(DataFolderPaths(root=tmp_path / "empty"), "demo") is None
    assert account.portfolio.wallet.total > 0


def test_each_account_has_its_own_balance(paths: DataFolderPaths, account: BookedAccount) -> None:
    other = BookedAccount(account.store, name="other")
    other.change("70")
    glance = read_first_glance(paths, "other")
    assert glance is not None
    assert (glance.total, glance.peak_equity) == (Decimal(70), Decimal(70))


def test_a_newer_schema_is_left_to_the_engine_to_explain(paths: DataFolderPaths, account: BookedAccount) -> None:
    account.store.close()
    connection = apsw.Connection(str(paths.database))
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    assert read_first_glance(paths, "demo") is None


@pytest.mark.parametrize("content", [b"", b"not a database at all", b"SQLite format 3\0" + bytes(4_080)])
def test_what_is_not_our_database_is_left_to_the_engine_to_explain(paths: DataFolderPaths, content: bytes) -> None:
    paths.database.write_bytes(content)
    assert read_first_glance(paths, "demo") is None


def test_a_damaged_file_is_left_to_the_engine_to_explain(paths: DataFolderPaths, account: BookedAccount) -> None:
    account.store.close()
    content = paths.database.read_bytes()
    paths.database.write_bytes(content[:100] + bytes(len(content) - 100))
    assert read_first_glance(paths, "demo") is None
    paths.database.write_bytes(content[: len(content) // 3])
    assert read_first_glance(paths, "demo") is None


@pytest.mark.parametrize("changed", ["wallet SET updated_at = 'yesterday'", "run_totals SET run = 77"])
def test_a_row_that_makes_no_sense_is_left_to_the_engine_to_explain(
    paths: DataFolderPaths, account: BookedAccount, changed: str
) -> None:
    account.store.close()
    connection = apsw.Connection(str(paths.database))
    connection.execute(f"UPDATE {changed}")
    connection.close()
    assert read_first_glance(paths, "demo") is None
