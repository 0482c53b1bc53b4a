"""What a start and *Verify books* cost with a long journal (`make bench`).

The long journal is made of money put in and taken out, sealed and committed in large transactions, after a history of
trades: a small one where starts are measured, which the short journal has as well, and a tenth of all entries where it
is verified. As after any day of trading, all but the newest entries of it are verified already when it is started.
"""

import os
import statistics
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from time import perf_counter

import pytest

from desktop_trader.cli.verify_progress import watching
from desktop_trader.domain.ledger import (
    AVAILABLE,
    DEPOSIT_EQUITY,
    WITHDRAWAL_EQUITY,
    EntryDraft,
    EntryKind,
    Posting,
    seal,
)
from desktop_trader.domain.order import OrderSide
from desktop_trader.domain.portfolio import Movement
from desktop_trader.engine.ports import BookUpdate
from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from desktop_trader.storage.verify import VerifyReport, now, verify_books, verify_folder
from tests.booked_account import BookedAccount, small_history

LONG = int(os.environ.get("BENCH_ENTRIES", "1000000"))
BATCH = 4_000
ENTRIES_OF_A_ROUND_TRIP = 5
SPACING = timedelta(minutes=20)
LOADS = 15
NOT_YET_VERIFIED = 50
"""Entries that a process which was killed may have added since its last check in the background."""


def add_entries(account: BookedAccount, count: int) -> None:
    """Book `count` deposits and withdrawals of one unit in turn, one every twenty minutes."""
    portfolio, head, at = account.portfolio, account.head, account.now
    begin = head.entry_id
    for first in range(0, count, BATCH):
        drafts = []
        for number in range(first, min(first + BATCH, count)):
            at += SPACING
            amount = Decimal(1) if number % 2 == 0 else Decimal(-1)
            equity = DEPOSIT_EQUITY if amount > 0 else WITHDRAWAL_EQUITY
            drafts.append(
                EntryDraft(
                    kind=EntryKind.DEPOSIT if amount > 0 else EntryKind.WITHDRAWAL,
                    idempotency_key=f"bench:{begin + number}",
                    occurred_at=at,
                    account_id=portfolio.account.id,
                    run_id=portfolio.run.id,
                    currency=portfolio.account.currency,
                    postings=(
                        Posting(ledger_account=AVAILABLE, amount=amount),
                        Posting(ledger_account=equity, amount=-amount),
                    ),
                    reason="bench",
                    description="A row of the long journal",
                )
            )
        wallet = portfolio.wallet
        entries, head = seal(drafts, head=head, total=wallet.total, locked=wallet.locked)
        portfolio = portfolio.apply(Movement(drafts=tuple(drafts)), at=at)
        account.store.commit(BookUpdate(portfolio=portfolio, equity=wallet.total, entries=entries))
    account.portfolio, account.head, account.now = portfolio, head, at


def books_with(folder: Path, entries: int) -> DataFolderPaths:
    """Make the books of one folder: a small history of trades, and so many entries after it."""
    folder.mkdir()
    paths = DataFolderPaths(root=folder)
    store = SqliteLedgerStore.open(paths)
    account = small_history(store)
    add_entries(account, max(0, entries - NOT_YET_VERIFIED))
    store.keep_verified_head(verify_books(paths).verified_head(at=now(), since=None))
    add_entries(account, NOT_YET_VERIFIED)
    store.close()
    return paths


def start_seconds(paths: DataFolderPaths) -> float:
    """Return how long it takes from nothing to balance and positions in memory."""
    started = perf_counter()
    store = SqliteLedgerStore.open(paths)
    assert store.load("demo").portfolio is not None
    took = perf_counter() - started
    store.close()
    return took


def measure_start(folder: Path, entries: int = LONG) -> dict[str, float]:
    """Return the medians of starts with a short and a long journal, measured in turn, and their ratio."""
    short, empty = books_with(folder / "short", 300), DataFolderPaths(root=folder / "empty")
    empty.root.mkdir()
    store = SqliteLedgerStore.open(empty)
    BookedAccount(store).change("10000")
    store.close()
    long = books_with(folder / "long", entries)
    times: dict[str, list[float]] = {"empty": [], "short": [], "long": []}
    for _ in range(LOADS):
        for name, paths in (("empty", empty), ("short", short), ("long", long)):
            times[name].append(start_seconds(paths))
    medians = {f"{name}_ms": statistics.median(taken) * 1e3 for name, taken in times.items()}
    return medians | {
        "ratio_to_empty": medians["long_ms"] / medians["empty_ms"],
        "ratio_to_short": medians["long_ms"] / medians["short_ms"],
        "file_mb": long.database.stat().st_size / 1e6,
    }


def measure_verify(folder: Path, entries: int) -> VerifyReport:
    """Verify, as `db verify` does, the books of trades (a tenth) and of money moved."""
    paths = DataFolderPaths(root=folder)
    store = SqliteLedgerStore.open(paths)
    store._connection.execute("PRAGMA synchronous = OFF")  # only to make the file quickly
    account = BookedAccount(store)
    account.change("10000000")
    for number in range(entries // 10 // ENTRIES_OF_A_ROUND_TRIP):
        position = account.open(OrderSide.BUY, "0.01", str(45_000 + number % 100))
        account.close(position, position.quantity, str(45_010 + number % 70))
    add_entries(account, entries - entries // 10)
    store.close()
    with watching() as watch:
        return verify_folder(paths, watch=watch)


def test_a_start_with_a_long_journal_takes_no_longer_than_half_as_much_again(tmp_path: Path) -> None:
    figures = measure_start(tmp_path)
    print({name: round(value, 3) for name, value in figures.items()})
    assert figures["ratio_to_empty"] <= 1.5


@pytest.mark.requirement("R47")
def test_a_million_entries_verify_in_thirty_seconds(tmp_path: Path) -> None:
    report = measure_verify(tmp_path, LONG)
    print(report)
    assert report.ok
    assert report.entries >= LONG
    assert report.elapsed_seconds <= 30
