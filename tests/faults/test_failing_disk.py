"""A disk that fails now and then (EIO, ENOSPC in fsync, write and pwrite): acknowledged is present, errors are told."""

import errno
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest

from desktop_trader.locations import DataFolderPaths, data_folder
from desktop_trader.storage.verify import verify_folder
from tests.command_line import ROOT, environment
from tests.faults.depositor import deposit_often

DEPOSITS = 150
DEPOSITS_IN_A_CAMPAIGN = int(os.environ.get("DESKTOP_TRADER_DISK_DEPOSITS", "3000"))
ONE_IN = 40


def check(paths: DataFolderPaths, said: list[str]) -> None:
    """Everything booked is there, the books verify, and the errors were told."""
    kinds = {line.partition(" ")[0] for line in said}
    assert kinds <= {"booked", "refused", "start"}, said
    report = verify_folder(paths)
    assert report.ok, report
    connection = apsw.Connection(str(paths.database), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        keys = {key for (key,) in connection.execute("SELECT idempotency_key FROM ledger_entries")}
    finally:
        connection.close()
    booked = {f"request:{line.partition(' ')[2]}" for line in said if line.startswith("booked ")}
    assert booked <= keys, booked - keys
    assert "booked" in kinds


def deposit_with(preload: Path, folder: Path, *, call: str, error: int, times: int) -> list[str]:
    """Deposit in a process of its own whose disk fails; return what it said."""
    injected = {
        "LD_PRELOAD": str(preload),
        "FAILING_FOLDER": str(folder),
        "FAILING_CALL": call,
        "FAILING_ERRNO": str(error),
        "FAILING_ONE_IN": str(ONE_IN),
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.depositor", str(folder), str(times)],
        cwd=ROOT,
        env=environment() | injected,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout.splitlines()


INJECTED = pytest.mark.parametrize(
    ("call", "error"), [("fsync", errno.EIO), ("fsync", errno.ENOSPC), ("write", errno.EIO), ("write", errno.ENOSPC)]
)


@INJECTED
@pytest.mark.requirement("R18")
def test_what_was_acknowledged_is_there_although_the_disk_fails(
    preload: Path, tmp_path: Path, call: str, error: int
) -> None:
    said = deposit_with(preload, tmp_path / "books", call=call, error=error, times=DEPOSITS)
    check(data_folder(tmp_path / "books"), said)
    assert any(line.startswith("refused") for line in said)


@pytest.mark.campaign
@INJECTED
def test_what_was_acknowledged_is_there_although_the_disk_fails_for_long(
    preload: Path, tmp_path: Path, call: str, error: int
) -> None:
    said = deposit_with(preload, tmp_path / "books", call=call, error=error, times=DEPOSITS_IN_A_CAMPAIGN)
    check(data_folder(tmp_path / "books"), said)


class FailingDisk(apsw.VFS):
    """SQLite's VFS with a disk below that fails now and then; needs nothing of the machine."""

    def __init__(self, folder: Path, failure: Callable[[], apsw.Error], dice: random.Random) -> None:
        self.failure = failure
        self.dice = dice
        self.failures = 0
        self.below = apsw.vfs_names()[0]
        self._folder = str(folder)
        super().__init__("failing-disk", self.below, makedefault=True)

    def xOpen(self, name: Any, flags: list[int]) -> Any:
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        if path is None or not path.startswith(self._folder):
            return super().xOpen(name, flags)
        return _FailingFile(self, name, flags)

    def maybe_fail(self) -> None:
        """Fail one time in so many."""
        if self.dice.randrange(ONE_IN) == 0:
            self.failures += 1
            raise self.failure()


class _FailingFile(apsw.VFSFile):
    def __init__(self, disk: FailingDisk, name: Any, flags: list[int]) -> None:
        self._disk = disk
        super().__init__(disk.below, name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:
        self._disk.maybe_fail()
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:
        self._disk.maybe_fail()
        super().xSync(flags)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("failure", [apsw.IOError, apsw.FullError])
def test_what_was_acknowledged_is_there_although_sqlite_is_told_of_errors(
    tmp_path: Path, failure: Callable[[], apsw.Error], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "books"
    disk = FailingDisk(folder, failure, random.Random(5))
    try:
        deposit_often(data_folder(folder), DEPOSITS)
    finally:
        disk.unregister()
    said = capsys.readouterr().out.splitlines()
    check(data_folder(folder), said)
    assert disk.failures > 3
    assert any(line.startswith("refused") for line in said)
