"""The program starts again as it was started, and a restore that was ordered is finished before anything is read."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from desktop_trader.locations import DataFolderPaths
from desktop_trader.relaunch import finish_restore
from desktop_trader.storage.backup import backup_now
from desktop_trader.storage.data_folder import take_data_folder
from desktop_trader.storage.restore import order_restore
from desktop_trader.storage.verify import verify_folder
from tests.command_line import environment
from tests.stored_account import book_more, stored_history

NOW = datetime(2026, 11, 20, 14, 30, 5, tzinfo=UTC)
PROGRAM = """
import os, sys
from desktop_trader.relaunch import start_again
if os.environ.get("IS_SECOND"):
    print("second", os.getpid(), *sys.argv[1:])
    sys.exit(7)
os.environ["IS_SECOND"] = "1"
print("first", os.getpid(), flush=True)
start_again()
"""


@pytest.fixture
def ordered(tmp_path: Path) -> DataFolderPaths:
    """A folder in which a restore was ordered, of a backup with one entry less."""
    paths = stored_history(tmp_path / "books")
    made = backup_now(paths, kind="manual", at=NOW)
    book_more(paths)
    order_restore(paths, made.path, at=NOW)
    return paths


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="elsewhere a second process takes the place of the first")
def test_the_program_starts_again_with_its_own_arguments_in_its_own_place() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, "--data-dir", "a folder"],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 7, ended.stderr
    first, second = ended.stdout.splitlines()
    assert second == f"second {first.split()[1]} --data-dir a folder"


def test_where_nothing_was_ordered_nothing_is_done(tmp_path: Path) -> None:
    assert finish_restore(DataFolderPaths(root=tmp_path / "nothing here")) == ()
    assert not (tmp_path / "nothing here").exists()


def test_what_was_ordered_is_done_and_told(ordered: DataFolderPaths) -> None:
    (note,) = finish_restore(ordered)
    assert "restored from" in note
    assert verify_folder(ordered).entries == 20
    assert finish_restore(ordered) == ()


def test_under_another_instance_nothing_is_done(ordered: DataFolderPaths) -> None:
    with take_data_folder(ordered):
        assert finish_restore(ordered) == ()
    assert ordered.swap_order.exists()
    assert verify_folder(ordered).entries == 21
