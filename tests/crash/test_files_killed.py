"""F10: an export or a save of the settings is killed at each step: the old file is there or the new one, whole."""

import csv
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from desktop_trader.crash_points import VARIABLE
from desktop_trader.domain.money import canonical
from desktop_trader.storage.settings_file import load_settings
from tests.command_line import ROOT, desktop_trader, environment
from tests.crash.lives import KILLED, die_at

OLD = b"what was there before\n"
SAVES = """
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from desktop_trader.settings import Settings
from desktop_trader.storage.settings_file import load_settings, save_settings

path = Path(sys.argv[1])
settings = load_settings(path).settings
save_settings(path, replace(settings, paper=replace(settings.paper, initial_balance=Decimal(sys.argv[2]))))
"""


@pytest.fixture
def books(tmp_path: Path) -> Path:
    folder = tmp_path / "books"
    run = desktop_trader("run", "--speed", "max", "--duration", "60", "--json", data_dir=folder)
    assert run.code == 0, run.err
    return folder


def exported(folder: Path, target: Path) -> bytes:
    """Export whole, and return what that gives."""
    assert desktop_trader("balance", "export", str(target), "--force", data_dir=folder).code == 0
    return target.read_bytes()


@pytest.mark.slow
@pytest.mark.requirement("R18")
@pytest.mark.parametrize("point", ["L22.written", "L22.synced", "L22.renamed"])
def test_an_export_that_was_killed_left_the_old_file_or_the_new_one(books: Path, tmp_path: Path, point: str) -> None:
    target = tmp_path / "history.csv"
    target.write_bytes(OLD)

    die_at("balance", "export", str(target), "--force", folder=books, crash_at=point)

    left = target.read_bytes()
    whole = exported(books, tmp_path / "whole.csv")
    assert left == (whole if point == "L22.renamed" else OLD)
    assert len(list(csv.reader(io.StringIO(whole.decode())))) >= 2
    assert exported(books, target) == whole


def save(path: Path, balance: str, *, crash_at: str = "") -> int:
    done = subprocess.run(
        [sys.executable, "-c", SAVES, str(path), balance],
        cwd=ROOT,
        env={**os.environ, **environment(), VARIABLE: crash_at},
        timeout=60,
        check=False,
    )
    return done.returncode


@pytest.mark.parametrize(("point", "balance"), [("L23.written", "111"), ("L23.synced", "111"), ("L23.renamed", "222")])
def test_settings_whose_save_was_killed_are_the_old_or_the_new_ones(tmp_path: Path, point: str, balance: str) -> None:
    path = tmp_path / "settings.toml"
    assert save(path, "111") == 0

    assert save(path, "222", crash_at=point) == KILLED

    loaded = load_settings(path)
    assert (canonical(loaded.settings.paper.initial_balance), loaded.complaints) == (balance, ())
    assert save(path, "333") == 0
    assert canonical(load_settings(path).settings.paper.initial_balance) == "333"
