"""A start mends caches and says so, and never mends the journal."""

from pathlib import Path
from typing import Any

import apsw
import pytest

from desktop_trader.domain.errors import BooksDamagedError
from desktop_trader.domain.portfolio import Portfolio
from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage.closed_seal import seal_path
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from desktop_trader.storage.verify import verify_folder
from tests.booked_account import small_history

_TRIGGERS = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"


@pytest.fixture
def paths(tmp_path: Path) -> DataFolderPaths:
    return DataFolderPaths(root=tmp_path)


@pytest.fixture
def booked(paths: DataFolderPaths) -> Portfolio:
    store = SqliteLedgerStore.open(paths)
    account = small_history(store)
    store.close()
    return account.portfolio


def falsify(paths: DataFolderPaths, statement: str) -> None:
    """Edit the file as someone would who knows about the triggers."""
    connection = apsw.Connection(str(paths.database))
    triggers: list[tuple[Any, ...]] = connection.execute(_TRIGGERS).fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute(statement)
    for _, sql in triggers:
        connection.execute(sql)
    connection.close()
    seal_path(paths.database).unlink(missing_ok=True)  # They know of that as well.


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE wallet SET total = total + 100, available = available + 100",
        "UPDATE wallet SET locked = locked - 1, available = available + 1",
        "UPDATE wallet SET total_deposits = total_deposits + 1",
        "UPDATE wallet SET total_pnl = 0",
        "DELETE FROM wallet",
        "UPDATE run_totals SET fees = fees + 1",
        "UPDATE run_totals SET fees = fees + 1, realized_pnl = realized_pnl + 1, deposits = 0",
        "DELETE FROM run_totals",
        "UPDATE positions SET margin = margin + 1 WHERE id = 2",
        "UPDATE positions SET quantity = '7' WHERE id = 2",
        "UPDATE positions SET entry_cost = '7', fees = 3, realized_pnl = -1 WHERE closed_at IS NULL",
        "UPDATE orders SET reserve = 0 WHERE id = 7",
        "UPDATE wallet SET currency = 'BTC'",
        "UPDATE wallet SET updated_at = '2001-01-01T00:00:00+00:00'",
        "UPDATE orders SET status = 'open' WHERE id = 1",
        "UPDATE orders SET filled_quantity = '0.002' WHERE id = 6",
        "UPDATE orders SET filled_quantity = '0' WHERE id = 6",
    ],
)
def test_a_wrong_cache_is_rebuilt_and_told(paths: DataFolderPaths, booked: Portfolio, statement: str) -> None:
    falsify(paths, statement)
    assert not verify_folder(paths).ok
    store = SqliteLedgerStore.open(paths)
    assert len(store.notes) == 1
    assert "rebuilt from the journal" in store.notes[0]
    assert store.load("demo").portfolio == booked
    assert verify_folder(paths).ok


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entries SET total_after = total_after + 1 WHERE id = 20",
        "UPDATE ledger_entries SET reason = 'another' WHERE id = 19",
        "UPDATE postings SET amount = -amount WHERE entry = 20",
        "DELETE FROM postings WHERE entry = 20",
        "UPDATE positions SET closed_at = opened_at, close_reason = 'manual', quantity = '0', margin = 0 WHERE id = 2",
        "UPDATE orders SET status = 'canceled', reserve = 0 WHERE id = 7",
        "UPDATE wallet SET total = 5, available = 5, locked = 0; UPDATE postings SET amount = 5 WHERE entry = 1",
    ],
)
@pytest.mark.usefixtures("booked")
def test_what_contradicts_the_journal_is_never_repaired(paths: DataFolderPaths, statement: str) -> None:
    falsify(paths, statement)
    content = paths.database.read_bytes()
    with pytest.raises(BooksDamagedError, match=r"do(es)? not verify"):
        SqliteLedgerStore.open(paths)
    assert paths.database.read_bytes() == content


@pytest.mark.requirement("R101")
@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE positions SET symbol = 'ETH/USDT' WHERE id = 2", ["position 2 (ETH/USDT short)", "entry order 2"]),
        (
            "UPDATE positions SET direction = 'long' WHERE id = 2",
            ["position 2 (BTC/USDT:USDT long)", "(BTC/USDT:USDT sell)"],
        ),
        ("UPDATE positions SET leverage = 9 WHERE id = 2", ["position 2 (BTC/USDT:USDT short)"]),
        ("UPDATE positions SET opened_at = 'yesterday' WHERE id = 2", ["position 2 cannot be read", "yesterday"]),
        ("UPDATE positions SET contract_size = 'one' WHERE id = 2", ["position 2 cannot be read"]),
        (
            "UPDATE positions SET closed_at = opened_at, close_reason = 'x', quantity = '0', margin = 0 WHERE id = 2",
            ["position 2 holds 0, and the journal locked 697.5075 for it"],
        ),
        ("UPDATE orders SET status = 'canceled', reserve = 0 WHERE id = 7", ["order 7 holds 0"]),
        (
            "UPDATE positions SET symbol = 'ETH/USDT' WHERE closed_at IS NULL",
            ["position 2 (ETH/USDT short)", "position 3 (ETH/USDT long)"],
        ),
    ],
)
@pytest.mark.usefixtures("booked")
def test_a_row_that_is_not_restored_is_named_with_its_reason(
    paths: DataFolderPaths, statement: str, words: list[str]
) -> None:
    falsify(paths, statement)
    with pytest.raises(BooksDamagedError, match="not restored") as refused:
        SqliteLedgerStore.open(paths)
    assert [word for word in words if word not in str(refused.value)] == []


@pytest.mark.requirement("R101")
@pytest.mark.usefixtures("booked")
def test_a_figure_that_was_rebuilt_is_named_with_what_it_was(paths: DataFolderPaths) -> None:
    falsify(paths, "UPDATE positions SET quantity = '7' WHERE id = 2")
    store = SqliteLedgerStore.open(paths)
    assert (
        "position 2 (BTC/USDT:USDT short) was not the sum of its fills: quantity 7 instead of 0.015" in store.notes[0]
    )
