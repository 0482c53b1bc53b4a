"""F13, F14: the disk fills up, or may not be written, in the middle of trading; it goes on when that is over."""

import errno
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Condition, Thread
from typing import NamedTuple

import pytest

from tests.command_line import desktop_trader, read_json
from tests.crash.lives import Line, check_books, start
from tests.faults.small_disk import SmallDisk, small_disk

SECONDS = 60.0
WORDS = (
    "run", "--market", "simulated", "--strategy", "moving_average_cross", "--param", "fast=1", "--param", "slow=2",
    "--speed", "20000", "--json",
)  # fmt: skip


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", "24m") as mounted:
        yield mounted


class Listening(Thread):
    """Reads what a process tells, so that a test can wait for a notice."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        super().__init__(daemon=True)
        self.told: list[Line] = []
        self._process = process
        self._news = Condition()
        self._is_over = False
        self.start()

    def run(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._news:
                self.told.append(read_json(line))
                self._news.notify_all()
        with self._news:
            self._is_over = True
            self._news.notify_all()

    def wait_for(self, event: str, *, after: int = 0) -> int:
        """Return how many notices there were when this one had come."""
        with self._news:
            self._news.wait_for(lambda: self._is_over or self._place_of(event, after), SECONDS)
        found = self._place_of(event, after)
        assert found, f"no {event} among {[each['event'] for each in self.told[after:]][-20:]}"
        return found

    def _place_of(self, event: str, after: int) -> int:
        return next((after + n + 1 for n, line in enumerate(self.told[after:]) if line["event"] == event), 0)


class Trouble(NamedTuple):
    """How something goes wrong, and how that is over."""

    begin: Callable[[], object]
    end: Callable[[], object]


def trade_through(disk: SmallDisk, trouble: Trouble, environ: dict[str, str] | None = None) -> Line:
    """Trade, let the trouble begin and end, trade on and quit; return the notice of the halt."""
    folder = disk.root / "data"
    process = start(*WORDS, folder=folder, environ=environ)
    listening = Listening(process)
    try:
        place = listening.wait_for("position_closed")
        trouble.begin()
        place = listening.wait_for("trading_halted", after=place)
        halted = listening.told[place - 1]
        check_books(folder, list(listening.told))
        trouble.end()
        listening.wait_for("position_closed", after=place)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=SECONDS) == 0
    finally:
        process.kill()
        process.wait(timeout=30)
    listening.join(timeout=30)
    assert process.stderr is not None
    with process.stderr:
        complaints = process.stderr.read()
    assert "Traceback" not in complaints, complaints
    check_books(folder, listening.told)
    return halted


@pytest.mark.slow
@pytest.mark.requirement("R18")
def test_trading_stops_while_the_disk_is_full_and_goes_on_when_there_is_space(disk: SmallDisk) -> None:
    halted = trade_through(disk, Trouble(disk.fill, disk.empty))
    assert "disk is full" in halted["detail"]


@pytest.mark.slow
@pytest.mark.parametrize("error", [errno.EROFS, errno.EIO, errno.EDQUOT])
def test_trading_stops_while_the_disk_refuses_and_goes_on_after(
    disk: SmallDisk, preload: Path, tmp_path: Path, error: int
) -> None:
    """A file system that becomes read-only under open files cannot be had at will: the library plays it."""
    switch = tmp_path / "refusing"
    environ = {
        "LD_PRELOAD": str(preload),
        "FAILING_FOLDER": str(disk.root / "data" / "desktop_trader.db"),
        "FAILING_CALL": "write",
        "FAILING_ERRNO": str(error),
        "FAILING_ONE_IN": "1",
        "FAILING_WHILE": str(switch),
    }
    halted = trade_through(disk, Trouble(switch.touch, switch.unlink), environ)
    assert "it may or may not be stored" in halted["detail"]


@pytest.mark.requirement("R18")
def test_a_folder_that_may_only_be_read_is_refused_by_name_and_left_as_it_is(disk: SmallDisk) -> None:
    folder = disk.root / "data"
    first = desktop_trader(*WORDS, "--duration", "600", data_dir=folder)
    assert first.code == 0, first.err
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    disk.remount(is_read_only=True)

    refused = desktop_trader(*WORDS, "--duration", "600", data_dir=folder)

    assert refused.code == 1
    assert str(folder) in refused.err
    assert "Traceback" not in refused.err
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before
    disk.remount(is_read_only=False)
    assert desktop_trader(*WORDS, "--duration", "600", data_dir=folder).code == 0
    check_books(folder, first.lines)
