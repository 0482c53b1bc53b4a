"""Books of every schema version there was become books of the present one, whole or not at all, with equal figures."""

import os
import shutil
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import apsw
import pytest

from desktop_trader.assembly import AccountChoice, open_books
from desktop_trader.domain.errors import StorageError
from desktop_trader.domain.order import MarginMode, TimeInForce
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.notices import LogNotice
from desktop_trader.settings import Settings
from desktop_trader.storage import migrations
from desktop_trader.storage.database import check_header, open_in_memory
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from desktop_trader.storage.migrations import migrate
from desktop_trader.storage.schema_version import APPLICATION_ID, SCHEMA_VERSION
from desktop_trader.storage.verify import verify_folder

FIXTURES = Path(__file__).parents[2] / "fixtures"
VERSIONS = tuple(range(1, SCHEMA_VERSION + 1))
# Every figure of money, everything that is open and the end of the chain, in columns that every version has.
FIGURES = (
    "SELECT * FROM wallet ORDER BY account",
    "SELECT run, opening, imports, deposits, withdrawals, adjustments, realized_pnl, fees FROM run_totals ORDER BY run",
    "SELECT run, funding, rounding, suspense FROM run_totals ORDER BY run",
    "SELECT id, account, started_at, ended_at, start_amount FROM runs ORDER BY id",
    "SELECT * FROM ledger_entries ORDER BY id",
    "SELECT * FROM postings ORDER BY entry, ledger_account",
    "SELECT id, account, run, symbol, direction, quantity, entry_quantity, entry_cost FROM positions ORDER BY 1",
    "SELECT id, entry_order, opened_at, contract_size, leverage, stop_loss, take_profit FROM positions ORDER BY 1",
    "SELECT id, realized_pnl, fees, opening_bar_at, entered_within_bar, closed_at FROM positions ORDER BY 1",
    "SELECT id, margin, strategy_run, close_reason FROM positions ORDER BY 1",
    "SELECT id, account, run, client_order_id, symbol, side, type, quantity, reason, signal_key FROM orders ORDER BY 1",
    "SELECT id, created_at, updated_at, eligible_at, filled_quantity, limit_price FROM orders ORDER BY 1",
    'SELECT id, trigger_price, worst_price, status, "position", is_exit, reserve, leverage FROM orders ORDER BY 1',
    "SELECT id, stop_loss, take_profit, stop_loss_percent, take_profit_percent, detail FROM orders ORDER BY 1",
    "SELECT id, strategy_run FROM orders ORDER BY 1",
    'SELECT id, "order", "position", account, run, trade_id, symbol, side, quantity FROM fills ORDER BY id',
    "SELECT id, price, fee, is_maker, at, realized_pnl FROM fills ORDER BY id",
    "SELECT * FROM equity_points ORDER BY account, entry",
    "SELECT * FROM strategy_runs ORDER BY id",
    "SELECT * FROM decisions ORDER BY id",
    "SELECT account, source_id, anchor_at, at, clock_at, phase, bars_seen, notices_sent FROM market_state ORDER BY 1",
    "SELECT account, peak_equity, last_bar_at, is_entries_paused, marks FROM market_state ORDER BY account",
    "SELECT * FROM wallet_transactions ORDER BY id",
)


def folder_of(version: int, to: Path) -> DataFolderPaths:
    """Return a copy of the books that were kept of a schema version."""
    shutil.copytree(FIXTURES / f"books_v{version}", to)
    return DataFolderPaths(root=to)


def figures(path: Path) -> list[list[tuple[Any, ...]]]:
    """Return everything the books say, read as they lie there."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return [connection.execute(statement).fetchall() for statement in FIGURES]
    finally:
        connection.close()


def schema(connection: apsw.Connection) -> dict[str, str]:
    """Return every table, index, trigger and view with the text that made it."""
    parts = connection.execute("SELECT type, name, sql FROM sqlite_schema")
    return {f"{kind} {name}": str(sql) for kind, name, sql in parts}


def schema_of(path: Path) -> dict[str, str]:
    """Return what a file consists of."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return schema(connection)
    finally:
        connection.close()


def version_of(path: Path) -> int:
    """Return the schema version of a file, whatever lies beside it."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return int(connection.pragma("user_version"))
    finally:
        connection.close()


def test_there_is_a_file_of_every_version() -> None:
    assert [check_header(FIXTURES / f"books_v{version}" / "desktop_trader.db") for version in VERSIONS] == [*VERSIONS]


@pytest.mark.requirement("R4", "R83")
@pytest.mark.parametrize("version", VERSIONS)
def test_books_of_every_version_open_verify_and_say_what_they_said(version: int, tmp_path: Path) -> None:
    paths = folder_of(version, tmp_path / "books")
    before = figures(paths.database)
    store = SqliteLedgerStore.open(paths)
    loaded = store.load("demo")
    store.close()
    assert figures(paths.database) == before
    assert loaded.portfolio is not None
    assert loaded.portfolio.totals.expected_total == loaded.portfolio.wallet.total
    report = verify_folder(paths)
    assert (report.ok, report.schema_version) == (True, SCHEMA_VERSION)
    assert check_header(paths.database) == SCHEMA_VERSION


@pytest.mark.parametrize("version", VERSIONS)
def test_migrated_books_have_the_schema_of_new_ones(version: int, tmp_path: Path) -> None:
    paths = folder_of(version, tmp_path / "books")
    SqliteLedgerStore.open(paths).close()
    new = open_in_memory()
    assert schema_of(paths.database) == schema(new)
    new.close()


@pytest.mark.requirement("R4")
@pytest.mark.parametrize("version", VERSIONS[:-1])
def test_the_start_that_migrates_names_the_copy_it_made(version: int, tmp_path: Path) -> None:
    paths = folder_of(version, tmp_path / "books")
    store = SqliteLedgerStore.open(paths)
    store.close()
    (note,) = store.notes
    (backup,) = paths.backups.glob("*.db")
    assert str(backup) in note
    again = SqliteLedgerStore.open(paths)
    again.close()
    assert again.notes == ()


@pytest.mark.parametrize("version", VERSIONS[:-1])
def test_a_step_that_fails_leaves_the_books_as_they_were(
    version: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = folder_of(version, tmp_path / "books")
    before, old_schema = figures(paths.database), schema_of(paths.database)

    def fail(connection: apsw.Connection) -> None:
        connection.execute("CREATE TABLE half_done (id INTEGER)")
        connection.execute("INSERT INTO nowhere VALUES (1)")

    monkeypatch.setattr(migrations, "_STEPS", (*migrations._STEPS[: SCHEMA_VERSION - 1], fail))
    with pytest.raises(StorageError):
        SqliteLedgerStore.open(paths)
    assert (version_of(paths.database), figures(paths.database)) == (version, before)
    assert schema_of(paths.database) == old_schema


_OPENS = """
import pathlib, sys
from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage.ledger_store import SqliteLedgerStore
SqliteLedgerStore.open(DataFolderPaths(root=pathlib.Path(sys.argv[1]))).close()
"""


@pytest.mark.slow
@pytest.mark.requirement("R4")
@pytest.mark.skipif(os.name != "posix", reason="a process that kills itself with SIGKILL")
@pytest.mark.parametrize("point", [*(f"L19.{version}" for version in VERSIONS[1:]), "L19.version", "L19.done"])
def test_killed_in_the_middle_of_a_migration_the_books_are_old_or_new(point: str, tmp_path: Path) -> None:
    paths = folder_of(1, tmp_path / "books")
    before, old_schema = figures(paths.database), schema_of(paths.database)
    new = open_in_memory()
    killed = subprocess.run(
        [sys.executable, "-c", _OPENS, str(paths.root)],
        env={**os.environ, "DESKTOP_TRADER_CRASH_AT": point},
        capture_output=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    expected = (SCHEMA_VERSION, schema(new)) if point == "L19.done" else (1, old_schema)
    assert (version_of(paths.database), schema_of(paths.database)) == expected
    new.close()
    assert figures(paths.database) == before
    SqliteLedgerStore.open(paths).close()
    assert figures(paths.database) == before
    assert verify_folder(paths).ok


@pytest.mark.requirement("R4")
def test_books_of_a_newer_version_are_refused_untouched(tmp_path: Path) -> None:
    paths = folder_of(SCHEMA_VERSION, tmp_path / "books")
    connection = apsw.Connection(str(paths.database))
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = paths.database.read_bytes()
    with pytest.raises(StorageError, match="schema version 99"):
        SqliteLedgerStore.open(paths)
    assert paths.database.read_bytes() == before
    assert not paths.backups.exists()


def test_a_connection_to_newer_books_is_not_migrated_backwards() -> None:
    connection = open_in_memory()
    connection.execute("PRAGMA user_version = 99")
    with pytest.raises(StorageError, match="newer"):
        migrate(connection)
    assert (connection.pragma("user_version"), connection.pragma("application_id")) == (99, APPLICATION_ID)
    connection.close()


@pytest.mark.requirement("R4")
@pytest.mark.parametrize("version", VERSIONS[:-1])
def test_whoever_opens_older_books_is_told_where_they_are_as_they_were(version: int, tmp_path: Path) -> None:
    paths = folder_of(version, tmp_path / "books")
    trader = open_books(paths, AccountChoice(name="demo"), settings=Settings())
    trader.close("test")
    (backup,) = paths.backups.glob("*.db")
    told = [notice.message for notice in trader.opening_notices if isinstance(notice, LogNotice)]
    assert [line for line in told if str(backup) in line and f"to {SCHEMA_VERSION}" in line] != []
    assert trader.engine.books.portfolio.wallet.total == Decimal("9988.96450935")


@pytest.mark.parametrize("version", VERSIONS[:3])
def test_orders_and_positions_from_before_version_4_have_the_terms_they_always_had(
    version: int, tmp_path: Path
) -> None:
    paths = folder_of(version, tmp_path / "books")
    store = SqliteLedgerStore.open(paths)
    books = store.load("by hand")
    assert books.portfolio is not None
    orders, positions = books.portfolio.orders.values(), books.portfolio.positions.values()
    assert {(order.time_in_force, order.expires_at, order.is_post_only, order.oco_id) for order in orders} == {
        (TimeInForce.GTC, None, False, "")
    }
    assert {(order.margin_mode, order.trail_percent, order.is_triggered, order.revision) for order in orders} == {
        (MarginMode.ISOLATED, None, False, 0)
    }
    assert {(each.margin_mode, each.trail_percent, each.funding) for each in positions} == {
        (MarginMode.ISOLATED, None, Decimal(0))
    }
    assert (len(orders), len(positions)) == (2, 2)
    assert books.market is not None
    assert (books.market.close_only, books.market.ratchets) == ("", ())
    assert store._connection.execute("SELECT count(*) FROM order_events").get == 0
    store.close()
