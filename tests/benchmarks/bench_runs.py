"""The page of runs over a million entries: listing what each run came to, and drawing one (`make bench`).

The first look reads every point of equity there is; later ones go on from there. A worker does it, never the window.
"""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from time import perf_counter

import apsw
import pytest

from desktop_trader.domain.market import instant_text
from desktop_trader.domain.money import install_context
from desktop_trader.messages.run_rows import RunRow
from desktop_trader.storage.rows import RUN_TOTALS
from desktop_trader.storage.run_reader import RunReader
from tests.stored_history import BEGAN, Written, new_books, write_entries

ENTRIES = int(os.environ.get("BENCH_ENTRIES", "1000000"))
RUNS = 4
FIRST_LOOK_SECONDS_MAX = 3.0
LATER_LOOK_SECONDS_MAX = 0.25
CURVE_SECONDS_MAX = 2.0
BATCH = 20_000


def _entries() -> Iterator[Written]:
    """Five entries a round trip, a deposit every thousand; each run begins with its opening."""
    total = 0
    for number in range(ENTRIES):
        run = number * RUNS // ENTRIES + 1
        at = BEGAN + timedelta(seconds=60 * number)
        is_first = number * RUNS // ENTRIES != (number - 1) * RUNS // ENTRIES or number == 0
        change = (
            10**12 - total if is_first else 10**9 if number % 1_000 == 0 else (-1) ** number * (number % 97) * 10**5
        )
        kind = "opening" if is_first else "deposit" if number % 1_000 == 0 else "fee"
        total += change
        yield Written(run=run, kind=kind, at=at, change=change, total_after=total)


def _books(path: Path) -> None:
    connection = new_books(path, accounts=("demo",))
    batch: list[Written] = []
    for entry in _entries():
        batch.append(entry)
        if len(batch) >= BATCH:
            write_entries(connection, batch)
            batch.clear()
    write_entries(connection, batch)
    _add_runs(connection)
    connection.close()


def _add_runs(connection: apsw.Connection) -> None:
    connection.execute("BEGIN")
    for run in range(1, RUNS + 1):
        ended = (None, None) if run == RUNS else (instant_text(BEGAN), "reset")
        connection.execute(
            "INSERT INTO runs VALUES (?, 1, ?, ?, ?, ?)", (run, instant_text(BEGAN), ended[0], 10**12, ended[1])
        )
        connection.execute(
            f"INSERT INTO run_totals VALUES ({', '.join('?' * (len(RUN_TOTALS) + 1))})", (run, *(0,) * len(RUN_TOTALS))
        )
    # Of five entries of a round trip two end a commit that is worth a point.
    connection.execute(
        "INSERT INTO equity_points SELECT account, id, occurred_at, run, total_after, total_after FROM ledger_entries "
        "WHERE id % 5 IN (0, 1, 3) OR kind <> 'fee'"
    )
    connection.execute("COMMIT")


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Path:
    install_context()
    path = tmp_path_factory.mktemp("runs") / "desktop_trader.db"
    _books(path)
    return path


def test_listing_and_drawing_runs_of_a_million_entries(books: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reader = RunReader(books)
    took: dict[str, float] = {}
    runs: tuple[RunRow, ...] = ()
    for what in ("the first look", "a later look"):
        started = perf_counter()
        runs = reader.runs()
        took[what] = perf_counter() - started
    started = perf_counter()
    curve = reader.curve(RUNS, points_max=1_000)
    took["a curve"] = perf_counter() - started
    reader.close()
    with capsys.disabled():
        print(f"\nruns over {ENTRIES:,} entries, {curve.points_stored:,} points in the drawn one:")
        print("\n".join(f"  {what:<16} {seconds * 1_000:8.1f} ms" for what, seconds in took.items()))
    assert len(runs) == RUNS
    assert len(curve.points) <= 1_000
    assert took["the first look"] <= FIRST_LOOK_SECONDS_MAX
    assert took["a later look"] <= LATER_LOOK_SECONDS_MAX
    assert took["a curve"] <= CURVE_SECONDS_MAX
