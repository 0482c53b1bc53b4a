"""An import killed at each of its steps: booked once or not at all, its sources whole in the archive.

Row F10 of the fault list, crash point L20.
"""

import hashlib
import subprocess
from pathlib import Path

import pytest

from desktop_trader.crash_points import VARIABLE
from tests.command_line import arguments, desktop_trader, environment
from tests.legacy_folder import write_four_contradicting

pytestmark = pytest.mark.slow

POINTS = ("L20", "L20.source:2", "L20.archived", "L24.begun")
MORE_POINTS = (
    "L17", "L18", "L18.renamed", "L20.backup", "L20.source", "L20.source:4", "L6", "L24.closed",
)  # fmt: skip
BOOKED_BEFORE = {"L24.begun", "L24.closed"}


def import_killed_at(point: str, old: Path, home: Path) -> int:
    done = subprocess.run(
        arguments("legacy", "import", str(old), "--yes", data_dir=home),
        env={**environment(), VARIABLE: point},
        capture_output=True,
        timeout=60,
        check=False,
    )
    return done.returncode


def check_archive(home: Path) -> None:
    """Everything with a name of its own is whole; what a killed writer left has another name."""
    for path in (home / "archive").glob("[a-z]*"):
        if path.name.startswith("import-"):
            assert path.read_bytes().endswith(b"}\n")
        else:
            assert hashlib.sha256(path.read_bytes()).hexdigest() == path.stem.rpartition("-")[2]


@pytest.mark.requirement("R122", "R131")
@pytest.mark.parametrize("point", [*POINTS, *(pytest.param(more, marks=pytest.mark.campaign) for more in MORE_POINTS)])
def test_killed_at_any_step_it_is_imported_once_or_not_and_again_makes_it_once(point: str, tmp_path: Path) -> None:
    home, old = tmp_path / "home", tmp_path / "old"
    write_four_contradicting(old)
    originals = {path: path.read_bytes() for path in old.rglob("*.json")}
    assert desktop_trader("run", "--speed", "max", "--duration", "60", data_dir=home).code == 0

    assert import_killed_at(point, old, home) == -9, "it did not pass the point"

    check_archive(home)
    rows = desktop_trader("balance", "history", "--json", data_dir=home).json
    kinds = [row["transaction_type"] for row in rows]
    assert kinds == (["import", "opening"] if point in BOOKED_BEFORE else ["opening"])
    if "import" in kinds:
        assert len(list((home / "archive").glob("[av]*"))) == 4, "an entry whose sources are not there"
    assert desktop_trader("db", "verify", data_dir=home).code == 0

    assert desktop_trader("legacy", "import", str(old), "--yes", data_dir=home).code == 0
    rows = desktop_trader("balance", "history", "--json", data_dir=home).json
    assert [(row["transaction_type"], row["balance_after"]) for row in rows] == [("import", 50), ("opening", 10_000)]
    check_archive(home)
    assert not list((home / "archive").glob(".*"))
    assert len(list((home / "archive").glob("[av]*"))) == 4
    assert {path: path.read_bytes() for path in old.rglob("*.json")} == originals
    assert desktop_trader("db", "verify", data_dir=home).code == 0
