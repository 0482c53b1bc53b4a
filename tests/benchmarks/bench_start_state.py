"""What a start and *Verify books* cost with a long journal (`make bench`).

The long journal is made of money put in and taken out, sealed and committed in large transactions, after the same
small history of trades that the short one has.
"""

import os
import statistics
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from time import perf_counter

from desktop_trader.domain.ledger import (
    AVAILABLE,
    DEPOSIT_EQUITY,
    WITHDRAWAL_EQUITY,
    EntryDraft,
    EntryKind,
    Posting,
    seal,
)
from desktop_trader.domain.portfolio import Movement
from desktop_trader.engine.ports import BookUpdate
from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from desktop_trader.storage.verify import VerifyReport, verify_folder
from tests.benchmarks.bench_commit import ManyFills
from tests.booked_account import BookedAccount, small_history

LONG = int(os.environ.get("BENCH_ENTRIES", "1000000"))
BATCH = 4_000
SPACING = timedelta(minutes=20)
LOADS = 15


def add_entries(account: BookedAccount, count: int) -> None:
    """Book `count` deposits and withdrawals of one unit in turn, one every twenty minutes."""
    portfolio, head, at = account.portfolio, account.head, account.now
    for first in range(0, count, BATCH):
        drafts = []
        for number in range(first, min(first + BATCH, count)):
            at += SPACING
            amount = Decimal(1) if number % 2 == 0 else Decimal(-1)
            equity = DEPOSIT_EQUITY if amount > 0 else WITHDRAWAL_EQUITY
            drafts.append(
                EntryDraft(
                    kind=EntryKind.DEPOSIT if amount > 0 else EntryKind.WITHDRAWAL,
                    idempotency_key=f"bench:{number}",
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
    add_entries(account, entries)
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


def measure_verify(folder: Path, rounds: int = 20_000) -> VerifyReport:
    """Verify the books of so many round trips (five entries each), all of which locked, paid a fee and earned."""
    paths = DataFolderPaths(root=folder)
    store = SqliteLedgerStore.open(paths)
    store.load("demo")
    store._connection.execute("PRAGMA synchronous = OFF")  # only to make the file quickly
    for update in ManyFills.updates_of(rounds):
        store.commit(update)
    store.close()
    return verify_folder(paths)


def test_a_start_with_a_long_journal_takes_no_longer_than_half_as_much_again(tmp_path: Path) -> None:
    figures = measure_start(tmp_path)
    print({name: round(value, 3) for name, value in figures.items()})
    assert figures["ratio_to_empty"] <= 1.5


def test_a_hundred_thousand_entries_verify_in_three_seconds(tmp_path: Path) -> None:
    report = measure_verify(tmp_path)
    print(report)
    assert report.ok
    assert report.entries >= 100_000
    assert report.elapsed_seconds <= 3
