"""What a durable commit of a fill with all its entries costs, against bare SQLite doing the same (`make bench`).

Baselines run interleaved with the store, in the same process, on the same disk: (a) bare apsw replaying the very same
statements and values, (b) one bare commit of three rows in WAL + FULL.
"""

import statistics
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import apsw

from desktop_trader.domain.order import OrderSide
from desktop_trader.engine.ports import BookUpdate
from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage import database
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from tests.booked_account import BookedAccount
from tests.fakes import MemoryLedgerStore

ROUNDS = 400


class ManyFills(MemoryLedgerStore):
    """Collects what the engine would commit: opening, then entry order, its fill, exit order, its fill, and again."""

    def commit(self, update: BookUpdate) -> None:
        """Keep the update; what the fake would check costs more with every entry."""
        self.updates.append(update)

    @classmethod
    def updates_of(cls, rounds: int) -> list[BookUpdate]:
        store = cls()
        account = BookedAccount(store)
        account.change("10000000")
        for number in range(rounds):
            position = account.open(OrderSide.BUY, "0.01", str(45_000 + number % 100))
            account.close(position, position.quantity, str(45_010 + number % 70))
        return store.updates


def statements_of(updates: list[BookUpdate]) -> list[list[tuple[str, tuple]]]:
    """Record the statements and values of each commit, as SQLite saw them."""
    connection = database.open_in_memory()
    store = SqliteLedgerStore(connection)
    store.load("demo")
    recorded: list[list[tuple[str, tuple]]] = []

    def note(cursor: apsw.Cursor, statement: str, values: Any) -> bool:
        recorded[-1].append((statement, tuple(values or ())))
        return True

    connection.exec_trace = note
    for update in updates:
        recorded.append([])
        store.commit(update)
    return recorded


def new_file(path: Path) -> apsw.Connection:
    """Create an empty file with our schema and open it for writing."""
    database.create(path)
    return database.open_writer(path)


def three_rows(path: Path) -> Callable[[int], None]:
    """Return a function that commits three small rows, as bare SQLite does it."""
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INTEGER) STRICT")
    insert = "INSERT INTO t (a, b) VALUES (?, ?), (?, ?), (?, ?)"

    def commit(number: int) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(insert, ("a row", number, "another row", number, "a third row", number))
        connection.execute("COMMIT")

    return commit


def measure(folder: Path, rounds: int = ROUNDS) -> dict[str, float]:
    """Return medians in microseconds and their ratios (baseline / ours: 1 is as quick as the baseline)."""
    updates = ManyFills.updates_of(rounds)
    recorded = statements_of(updates)
    store = SqliteLedgerStore.open(DataFolderPaths(root=folder))
    store.load("demo")
    bare = new_file(folder / "bare.db")
    commit_three = three_rows(folder / "three.db")
    ours, theirs, three = [], [], []
    for number, (update, statements) in enumerate(zip(updates, recorded, strict=True)):
        started = perf_counter()
        store.commit(update)
        took = perf_counter() - started
        started = perf_counter()
        for statement, values in statements:
            bare.execute(statement, values)
        took_bare = perf_counter() - started
        started = perf_counter()
        commit_three(number)
        took_three = perf_counter() - started
        if update.fills and number > 20:
            ours.append(took)
            theirs.append(took_bare)
            three.append(took_three)
    store.close()
    bare.close()
    medians = {
        name: statistics.median(times) * 1e6
        for name, times in (("fill_us", ours), ("bare_same_us", theirs), ("bare_three_rows_us", three))
    }
    return medians | {
        "ratio_to_same_statements": medians["bare_same_us"] / medians["fill_us"],
        "ratio_to_three_rows": medians["bare_three_rows_us"] / medians["fill_us"],
    }


def test_a_fill_commits_at_no_less_than_0_7_of_bare_apsw(tmp_path: Path) -> None:
    runs = []
    for number in range(3):
        folder = tmp_path / str(number)
        folder.mkdir()
        runs.append(measure(folder))
    figures = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    print({name: round(value, 3) for name, value in figures.items()})
    assert figures["ratio_to_same_statements"] >= 0.7
