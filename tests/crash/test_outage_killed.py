"""`kill -9` at any write of an outage: the books verify, its row ends once, and nothing fills at a price of it."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from desktop_trader import crash_points
from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage.verify import verify_folder
from tests.command_line import ROOT, environment, read_json

ROW_WRITES = ("L26.begin", "L26.begun", "L26.change:1", "L26.changed:1", "L26.change:2", "L26.changed:2")
LAST_VOID = "L6:8"
"""Inside the transaction that voids the entry of the second account; two deposits come before it in the outage."""


def run(folder: Path, what: str, market: str, *, crash_at: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.crash.outage_session", str(folder), what, market],
        cwd=ROOT,
        env=environment() | ({crash_points.VARIABLE: crash_at} if crash_at else {}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def die_and_go_on(folder: Path, market: str, crash_at: str) -> bool:
    """Kill at a point, go on, and look at everything; False when the point was not passed any more."""
    folder.mkdir(mode=0o700)
    killed = run(folder, "begin", market, crash_at=crash_at)
    if killed.returncode == 0:
        return False
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert verify_folder(DataFolderPaths(root=folder)).ok
    gone_on = run(folder, "go_on", market)
    assert gone_on.returncode == 0, gone_on.stderr
    report = verify_folder(DataFolderPaths(root=folder))
    assert report.ok, report.text_of_findings()
    said: dict[str, Any] = read_json(gone_on.stdout)
    assert all(outage["ended_at"] is not None for outage in said["outages"])
    assert len(said["outages"]) <= 1
    assert set(said["prices"]) <= {100, 85}
    return True


@pytest.mark.slow
@pytest.mark.requirement("R202")
@pytest.mark.parametrize("market", ["quotes", "live"])
@pytest.mark.parametrize("crash_at", [ROW_WRITES[1], ROW_WRITES[4], ROW_WRITES[5], LAST_VOID])
def test_killed_at_a_write_of_the_outage_everything_ends_well(tmp_path: Path, market: str, crash_at: str) -> None:
    assert die_and_go_on(tmp_path / "books", market, crash_at)


@pytest.mark.campaign
@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("market", ["quotes", "live"])
def test_killed_at_every_write_there_is_everything_ends_well(tmp_path: Path, market: str) -> None:
    died = sum(die_and_go_on(tmp_path / point.replace(":", "-"), market, point) for point in ROW_WRITES)
    assert died == len(ROW_WRITES)
    for name in ("L1", "L2", "L3", "L6", "L11", "L12", "L13"):
        passings = 0
        while die_and_go_on(tmp_path / f"{name}-{passings + 1}", market, f"{name}:{passings + 1}"):
            passings += 1
        assert passings, f"{name} was never passed"
        died += passings
    assert died >= 40
