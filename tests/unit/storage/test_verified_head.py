"""What was verified saves work the next time, and never hides damage."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import apsw
import pytest

from desktop_trader.domain.errors import BooksDamagedError
from desktop_trader.domain.ledger import EntryKind, LedgerHead
from desktop_trader.domain.order import OrderSide
from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage.closed_seal import seal_path
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from desktop_trader.storage.start_check import NEWER_ENTRIES_MAX, NEWEST_ENTRIES
from desktop_trader.storage.verified_head import VerifiedHead, is_damaged, read_verified_head, write_verified_head
from desktop_trader.storage.verify import Verification, verify_books, verify_folder
from tests.booked_account import BookedAccount, small_history

AT = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


@pytest.fixture
def paths(tmp_path: Path) -> DataFolderPaths:
    return DataFolderPaths(root=tmp_path)


def trade(account: BookedAccount) -> None:
    """Something of everything after the head: a new position, a closed old one, an ended order, a resting one."""
    resting = account.portfolio.orders[7]
    account.cancel(resting)
    old = account.portfolio.positions[2]
    account.close(old, old.quantity, "46100")
    account.open(OrderSide.BUY, "0.002", "45500")
    account.order(OrderSide.BUY, "0.001", "41000")
    account.change("3", kind=EntryKind.DEPOSIT)


@pytest.fixture
def head(paths: DataFolderPaths) -> VerifiedHead:
    """Books of which everything up to entry 20 or so is verified and remembered, and some that came after."""
    store = SqliteLedgerStore.open(paths)
    account = small_history(store)
    verified = verify_books(paths).verified_head(at=AT, since=None)
    store.keep_verified_head(verified)
    trade(account)
    store.close()
    return verified


def go_on(paths: DataFolderPaths) -> Verification:
    return verify_books(paths, choose_since=lambda stored: stored)


def falsify(paths: DataFolderPaths, *statements: str) -> None:
    """Edit the file as someone would who knows about the triggers."""
    connection = apsw.Connection(str(paths.database))
    triggers = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        connection.execute(statement)
    for _, sql in triggers:
        connection.execute(str(sql))
    connection.close()
    seal_path(paths.database).unlink(missing_ok=True)  # They know of that as well.


def edit_head(paths: DataFolderPaths, change: Callable[[VerifiedHead], VerifiedHead]) -> None:
    """Write another head with a checksum that fits, as someone would who has read this program."""
    connection = apsw.Connection(str(paths.database))
    stored = read_verified_head(connection)
    assert stored is not None
    write_verified_head(connection, change(stored))
    connection.close()
    seal_path(paths.database).unlink(missing_ok=True)  # They know of that as well.


def test_going_on_from_a_head_ends_where_a_whole_walk_ends(paths: DataFolderPaths, head: VerifiedHead) -> None:
    later, whole = go_on(paths), verify_books(paths)

    assert later.report.ok, later.report.findings
    assert (later.report.since_entry, whole.report.since_entry) == (head.head.entry_id, 0)
    assert (later.head, later.sums) == (whole.head, whole.sums)
    assert (later.report.entries, later.report.postings) == (whole.report.entries, whole.report.postings)


def test_a_head_remembers_when_everything_was_last_looked_at(paths: DataFolderPaths, head: VerifiedHead) -> None:
    later = go_on(paths).verified_head(at=AT + timedelta(hours=1), since=head)
    assert (later.verified_at, later.whole_at) == (AT + timedelta(hours=1), AT)
    assert not later.is_whole_due(AT + timedelta(hours=23, minutes=59))
    assert later.is_whole_due(AT + timedelta(days=1))
    assert later.is_whole_due(AT - timedelta(seconds=1))


@pytest.mark.parametrize(
    ("statement", "law"),
    [
        ("UPDATE ledger_entries SET reason = 'another' WHERE id = (SELECT max(id) - 2 FROM ledger_entries)", "I8"),
        ("UPDATE postings SET amount = amount + 1 WHERE entry = (SELECT max(entry) FROM postings)", "I1"),
        ("DELETE FROM ledger_entries WHERE id = (SELECT max(id) - 1 FROM ledger_entries)", "I13"),
        ("UPDATE wallet SET total_deposits = total_deposits + 1", "I7"),
        ("UPDATE run_totals SET fees = fees + 1", "I7"),
        ("UPDATE positions SET margin = margin + 1 WHERE closed_at IS NULL", "I3"),
        ("UPDATE positions SET realized_pnl = realized_pnl + 1 WHERE id = 2", "I7"),
        ("UPDATE orders SET reserve = reserve + 1 WHERE id = (SELECT max(id) FROM orders)", "I7"),
        ("UPDATE fills SET price = '1' WHERE id = (SELECT max(id) FROM fills)", "I11"),
        ("UPDATE fills SET fee = fee + 1 WHERE id = (SELECT max(id) FROM fills)", "I7"),
        ("UPDATE orders SET status = 'open' WHERE id = 7", "I3"),
        ("UPDATE equity_points SET total = total + 1 WHERE entry = (SELECT max(entry) FROM equity_points)", "I7"),
    ],
)
@pytest.mark.usefixtures("head")
def test_damage_after_the_head_and_in_every_cache_is_found(paths: DataFolderPaths, statement: str, law: str) -> None:
    falsify(paths, statement)
    report = go_on(paths).report
    assert report.since_entry
    assert law in {finding.law for finding in report.findings}, report.findings


@pytest.mark.usefixtures("head")
def test_damage_before_the_head_is_left_to_the_whole_verification(paths: DataFolderPaths) -> None:
    falsify(paths, "UPDATE ledger_entries SET reason = 'another' WHERE id = 3")
    assert go_on(paths).report.ok
    assert "entry 3" in verify_folder(paths).invariants["I8"]


@pytest.mark.requirement("R182")
@pytest.mark.parametrize("column", ["entry", "hash", "verified_at", "whole_at", "sums", "checksum"])
@pytest.mark.usefixtures("head")
def test_an_edited_head_counts_as_none_and_is_told(paths: DataFolderPaths, column: str) -> None:
    changed = "entry + 1" if column == "entry" else f"replace({column}, '1', '2') || ' '"
    falsify(paths, f"UPDATE verified_heads SET {column} = {changed}")

    verification = go_on(paths)
    assert verification.report.since_entry == 0
    assert "not what its checksum says" in verification.report.invariants["I7"]

    store = SqliteLedgerStore.open(paths)
    assert store.notes == ("The note of what was verified was damaged; everything is verified anew in the background",)
    store.close()
    assert verify_folder(paths).ok


@pytest.mark.usefixtures("head")
def test_a_head_edited_with_its_checksum_is_found_by_the_next_whole_verification(paths: DataFolderPaths) -> None:
    edit_head(paths, lambda head: replace(head, sums=head.sums.replace("10000", "20000")))
    assert "is not what the journal says" in verify_folder(paths).invariants["I7"]


@pytest.mark.usefixtures("head")
def test_sums_edited_with_their_checksum_fit_neither_wallet_nor_totals(paths: DataFolderPaths) -> None:
    edit_head(paths, lambda head: replace(head, sums=head.sums.replace("10000", "20000", 1)))
    assert not go_on(paths).report.ok


@pytest.mark.usefixtures("head")
def test_sums_that_are_no_sums_are_a_finding(paths: DataFolderPaths) -> None:
    edit_head(paths, lambda head: replace(head, sums="[1, 2]"))
    assert "the journal cannot be read" in go_on(paths).report.integrity


@pytest.mark.parametrize("entry_id", [3, 10_000])
@pytest.mark.usefixtures("head")
def test_a_journal_without_the_verified_entry_is_damaged(paths: DataFolderPaths, entry_id: int) -> None:
    """Rolled back below the head, or another journal: nobody goes on from there, and no start trades on it."""
    edit_head(paths, lambda head: replace(head, head=LedgerHead(entry_id=entry_id, hash=head.head.hash)))
    report = go_on(paths).report
    assert (report.since_entry, report.invariants["I8"] == "ok") == (0, False)
    with pytest.raises(BooksDamagedError, match="once verified"):
        SqliteLedgerStore.open(paths)


def test_the_newest_entries_taken_away_are_missed_even_without_an_anchor(
    paths: DataFolderPaths, head: VerifiedHead
) -> None:
    falsify(
        paths,
        f"DELETE FROM ledger_entries WHERE id >= {head.head.entry_id}",
        f"DELETE FROM postings WHERE entry >= {head.head.entry_id}",
    )
    paths.anchor.unlink()
    assert "once verified, is missing" in verify_folder(paths).invariants["I8"]


@pytest.mark.parametrize("is_noticed", [True, False])
def test_a_start_looks_at_everything_since_the_head_while_that_is_little(
    paths: DataFolderPaths, head: VerifiedHead, is_noticed: bool
) -> None:
    """Forge an entry that is older than the newest ones a start looks at anyway."""
    store = SqliteLedgerStore.open(paths)
    account = BookedAccount(store)
    for _ in range(NEWEST_ENTRIES + 5 if is_noticed else NEWER_ENTRIES_MAX + 20):
        account.change("1", kind=EntryKind.DEPOSIT)
    store.close()
    falsify(paths, f"UPDATE ledger_entries SET reason = 'another' WHERE id = {head.head.entry_id + 2}")
    if is_noticed:
        with pytest.raises(BooksDamagedError, match=f"entry {head.head.entry_id + 2} is not what its hash says"):
            SqliteLedgerStore.open(paths)
    else:
        SqliteLedgerStore.open(paths).close()
        assert not go_on(paths).report.ok


def test_an_empty_file_has_no_head(paths: DataFolderPaths) -> None:
    SqliteLedgerStore.open(paths).close()
    connection = apsw.Connection(str(paths.database))
    assert read_verified_head(connection) is None
    assert not is_damaged(connection)
    connection.close()
