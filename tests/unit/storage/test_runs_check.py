"""What the table of runs says, against the journal."""

from pathlib import Path

import apsw
import pytest

from desktop_trader.domain.ledger import EntryKind
from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage.database import open_reader
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from desktop_trader.storage.verify import verify
from tests.booked_account import BookedAccount, small_history


@pytest.fixture
def paths(tmp_path: Path) -> DataFolderPaths:
    """Books of two accounts, one of which was reset twice and then traded."""
    paths = DataFolderPaths(root=tmp_path)
    store = SqliteLedgerStore.open(paths)
    account = BookedAccount(store)
    account.change("100")
    account.change("-100", kind=EntryKind.WITHDRAWAL)
    account.reset("250.5")
    account.reset("70")
    other = BookedAccount(store, name="other")
    other.change("5")
    account.head = other.head
    account.change("10000", kind=EntryKind.DEPOSIT)
    store.close()
    return paths


def _findings(paths: DataFolderPaths) -> dict[str, str]:
    connection = open_reader(paths.database)
    report = verify(connection)
    connection.close()
    return {law: text for law, text in report.invariants.items() if text != "ok"}


@pytest.mark.requirement("R16")
def test_books_with_resets_verify(paths: DataFolderPaths) -> None:
    assert _findings(paths) == {}


@pytest.mark.parametrize(
    ("change", "law"),
    [
        ("UPDATE runs SET start_amount = start_amount + 1 WHERE id = 1", "I7"),
        ("UPDATE runs SET ended_at = '2026-01-01T00:01:00+00:00' WHERE id = 2", "I7"),
        ("UPDATE runs SET started_at = '2027-01-01T00:00:00+00:00' WHERE id = 3", "I7"),
        ("UPDATE runs SET started_at = '2026-01-01T00:00:00+00:00' WHERE id = 2", "I7"),
        ("UPDATE runs SET how_ended = 'killed' WHERE id = 1", "I7"),
        ("UPDATE runs SET ended_at = started_at, how_ended = 'reset' WHERE id = 3", "I7"),
        ("INSERT INTO runs VALUES (9, 1, '2026-01-02T00:00:00+00:00', '2026-01-02T00:00:00+00:00', 5, 'reset')", "I13"),
        ("UPDATE run_totals SET reset = 0 WHERE run = 2", "I7"),
    ],
)
def test_a_run_that_was_edited_is_found(paths: DataFolderPaths, change: str, law: str) -> None:
    connection = apsw.Connection(str(paths.database))
    connection.execute(change)
    connection.close()
    assert law in _findings(paths)


def test_an_account_has_one_run_that_goes_on(paths: DataFolderPaths) -> None:
    connection = apsw.Connection(str(paths.database))
    with pytest.raises(apsw.ConstraintError):
        connection.execute("INSERT INTO runs VALUES (9, 1, '2026-01-02T00:00:00+00:00', NULL, 5, NULL)")
    with pytest.raises(apsw.ConstraintError):
        connection.execute("UPDATE runs SET ended_at = started_at WHERE id = 3")
    connection.close()


def test_wrong_sums_of_a_run_that_ended_are_rebuilt_at_the_start(paths: DataFolderPaths) -> None:
    connection = apsw.Connection(str(paths.database))
    connection.execute("UPDATE run_totals SET reset = reset + 5 WHERE run = 2")
    connection.execute("UPDATE run_totals SET reset = reset - 5 WHERE run = 1")
    connection.close()
    store = SqliteLedgerStore.open(paths)
    assert any("rebuilt" in note for note in store.notes)
    store.close()
    assert _findings(paths) == {}


def test_a_small_history_goes_on_after_a_reset() -> None:
    store = SqliteLedgerStore.in_memory()
    account = small_history(store)
    for order in list(account.portfolio.orders.values()):
        account.cancel(order)
    for position in list(account.portfolio.positions.values()):
        account.close(position, position.quantity, "45000")
    account.reset("500")
    account.change("1", kind=EntryKind.DEPOSIT)
    assert verify(store._connection).ok  # the same file, in memory
    store.close()
