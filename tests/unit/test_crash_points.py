"""Crash points: silent without their variable, deadly at the passing it names, absent from a frozen build, and free."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from time import perf_counter

import pytest

from desktop_trader.crash_points import VARIABLE, crash_point
from desktop_trader.locations import data_folder
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from tests.booked_account import small_history
from tests.command_line import ROOT

PASSES = """
import sys
sys.frozen = sys.argv[1] == "frozen"
from desktop_trader.crash_points import crash_point
for name in ("L1", "L2", "L2", "L12", "L2"):
    print(name, flush=True)
    crash_point(name)
"""


def passed(crash_at: str, *, build: str = "source") -> tuple[int, list[str]]:
    done = subprocess.run(
        [sys.executable, "-c", PASSES, build],
        cwd=ROOT,
        env={**os.environ, VARIABLE: crash_at},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout.split()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("crash_at", "names"),
    [("L2", ["L1", "L2"]), ("L2:2", ["L1", "L2", "L2"]), ("L12:1", ["L1", "L2", "L2", "L12"])],
)
def test_a_process_dies_at_the_passing_that_was_named(crash_at: str, names: list[str]) -> None:
    assert passed(crash_at) == (-signal.SIGKILL, names)


@pytest.mark.slow
@pytest.mark.parametrize("crash_at", ["", "L2:4", "L22"])
def test_a_point_that_was_not_named_or_not_reached_kills_nobody(crash_at: str) -> None:
    assert passed(crash_at) == (0, ["L1", "L2", "L2", "L12", "L2"])


@pytest.mark.slow
def test_a_frozen_build_has_no_crash_points() -> None:
    assert passed("L2", build="frozen") == (0, ["L1", "L2", "L2", "L12", "L2"])


def test_passing_a_point_costs_next_to_nothing_of_a_commit(tmp_path: Path) -> None:
    """An order and its fill pass about eight points: together under a twentieth of one durable commit."""
    passes = 200_000
    started = perf_counter()
    for _ in range(passes):
        crash_point("L12")
    of_a_pass = (perf_counter() - started) / passes
    paths = data_folder(tmp_path / "books")
    paths.root.mkdir(mode=0o700)
    store = SqliteLedgerStore.open(paths)
    small_history(store)
    of_a_commit = store.commit_seconds / store.commits
    store.close()
    print(f"{of_a_pass * 1e9:.0f} ns a point, {of_a_commit * 1e6:.0f} us a commit")
    assert 8 * of_a_pass < of_a_commit / 20
