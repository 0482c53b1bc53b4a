"""The data folder: private, proven, held by one; never another one instead."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from desktop_trader.domain.errors import DataFolderInUseError, StorageError
from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage import data_folder
from desktop_trader.storage.data_folder import take_data_folder

POSIX = pytest.mark.skipif(os.name != "posix", reason="owners and modes are POSIX")
HOLD_AND_DIE = """
import os, pathlib, signal, sys
from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage.data_folder import take_data_folder
folder = take_data_folder(DataFolderPaths(root=pathlib.Path(sys.argv[1])))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def paths(tmp_path: Path) -> DataFolderPaths:
    return DataFolderPaths(root=tmp_path / "a" / "b")


@POSIX
def test_a_missing_folder_is_created_private(paths: DataFolderPaths) -> None:
    with take_data_folder(paths):
        assert oct(paths.root.stat().st_mode & 0o777) == "0o700"
        assert [entry.name for entry in paths.root.iterdir()] == [paths.lock.name]
        assert oct(paths.lock.stat().st_mode & 0o777) == "0o600"


@POSIX
def test_an_empty_folder_is_made_private_and_a_used_one_left_alone(tmp_path: Path) -> None:
    empty, used = tmp_path / "empty", tmp_path / "used"
    for folder in (empty, used):
        folder.mkdir()
        folder.chmod(0o755)
    (used / "letter.txt").write_text("mine")
    for folder in (empty, used):
        take_data_folder(DataFolderPaths(root=folder)).release()
    assert [oct(folder.stat().st_mode & 0o777) for folder in (empty, used)] == ["0o700", "0o755"]


def test_a_second_instance_is_refused_until_the_first_lets_go(paths: DataFolderPaths) -> None:
    """Row F15 of the fault list."""
    first = take_data_folder(paths)
    with pytest.raises(DataFolderInUseError, match="already running"):
        take_data_folder(paths)
    first.release()
    first.release()
    take_data_folder(paths).release()


@pytest.mark.slow
@POSIX
def test_the_lock_of_a_killed_process_counts_for_nothing(paths: DataFolderPaths) -> None:
    done = subprocess.run([sys.executable, "-c", HOLD_AND_DIE, str(paths.root)], check=False)
    assert done.returncode == -9
    assert paths.lock.exists()
    take_data_folder(paths).release()


def test_the_locking_library_keeps_the_same_promise(paths: DataFolderPaths) -> None:
    paths.root.mkdir(parents=True)
    first = data_folder._take_lock_by_library(paths.lock)
    with pytest.raises(DataFolderInUseError):
        data_folder._take_lock_by_library(paths.lock)
    first.release()
    data_folder._take_lock_by_library(paths.lock).release()


def test_a_file_in_place_of_the_folder_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StorageError, match="cannot be used: File exists"):
        take_data_folder(DataFolderPaths(root=tmp_path / "file"))
    with pytest.raises(StorageError, match="Not a directory"):
        take_data_folder(DataFolderPaths(root=tmp_path / "file" / "below"))


@POSIX
@pytest.mark.skipif(os.name == "posix" and os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_to_is_named(tmp_path: Path) -> None:
    """Row F14 of the fault list."""
    tmp_path.chmod(0o500)
    with pytest.raises(StorageError, match=str(tmp_path)):
        take_data_folder(DataFolderPaths(root=tmp_path))
    tmp_path.chmod(0o700)


@pytest.mark.parametrize("refused", ["open", "fsync"])
def test_a_probe_that_fails_names_the_folder(
    paths: DataFolderPaths, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    """Row F14 of the fault list, also where tests run as root."""
    real = os.open

    def fail(*arguments: object, **_: object) -> int:
        if refused == "open" and ".probe" not in str(arguments[0]):
            return real(*arguments)  # type: ignore[arg-type]
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, refused, fail)
    with pytest.raises(StorageError, match="Read-only file system"):
        take_data_folder(paths)
    monkeypatch.undo()
    take_data_folder(paths).release()


def test_a_full_disk_is_said_with_figures(paths: DataFolderPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=3 * 1024 * 1024))
    with pytest.raises(StorageError, match="has 3 MB left; at least 16 MB are needed"):
        take_data_folder(paths)


@POSIX
def test_a_folder_of_another_user_is_refused(paths: DataFolderPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    paths.root.mkdir(parents=True)
    monkeypatch.setattr(os, "geteuid", lambda: 12_345)
    with pytest.raises(StorageError, match="belongs to another user"):
        take_data_folder(paths)
