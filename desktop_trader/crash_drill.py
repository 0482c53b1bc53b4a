"""The crash drill: trades on a copy of the books in a process of its own and kills that process, again and again.

The real books are only read, once, for the copy; the copy lies in a temporary folder that is removed at the end,
however it ends. What the process had told on its output before each kill must be in the copy afterwards, and the copy
must verify.
"""

import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from desktop_trader import crash_points
from desktop_trader.api.exact_json import loads_object
from desktop_trader.domain.errors import TraderError
from desktop_trader.locations import HOME_VARIABLE, DataFolderPaths, is_frozen
from desktop_trader.messages.crash_drill import CrashDrill, DrillKill, DrillReport
from desktop_trader.storage.drill_books import account_names, balance_of, copy_books, lost_of
from desktop_trader.storage.verified_head import VerifiedHead
from desktop_trader.storage.verify import VerifyWatch, now, verify_books

_ACCOUNT = "crash-drill"
_START_AMOUNT = "10000"
_NOTICES_MAX = 400
_PAUSE_SECONDS_MAX = 0.02
_PATIENCE_SECONDS = 60.0
_LOOK_SECONDS = 0.05
_WATCH_SECONDS = 0.0005
_WHOLE_UP_TO_ENTRIES = 20_000
"""Longer books are verified from the first entry on before the first kill and after the last, in between from there."""
_COPY_STEPS = 2
"""Copying and verifying the copy: as long as this many kills, for the progress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillWatch:
    """Who looks on: `check_wanted` raises when nobody wants the drill any more, `tell_progress` hears how far it is."""

    check_wanted: Callable[[], None] = lambda: None
    tell_progress: Callable[[int, int, str], None] = lambda _done, _total, _text: None


def own_command() -> list[str]:
    """Return the beginning of a command line that starts this program: from a frozen build, or from its package."""
    return [sys.executable] if is_frozen() else [sys.executable, "-m", "desktop_trader"]


def run_drill(paths: DataFolderPaths, drill: CrashDrill, *, watch: DrillWatch | None = None) -> DrillReport:
    """Copy the books of a folder, trade on the copy, and kill the process that trades so many times.

    Raises:
        StorageError: there are no books, or no room for a copy.
        TraderError: the process does not start or trade; the message says why.
    """
    watch = watch or DrillWatch()
    started = monotonic()
    with _temporary_folder() as copy:
        steps = _COPY_STEPS + drill.kills
        watch.tell_progress(0, steps, "Copying the books")

        def tell_copied(_done: int, _total: int) -> None:
            watch.check_wanted()

        copy_books(paths, copy, tell_progress=tell_copied)
        scene = _Scene(copy, drill, watch)
        entries = scene.begin()
        kills = [scene.kill(number) for number in range(1, drill.kills + 1)]
        watch.tell_progress(steps, steps, "Done")
    return DrillReport(kills=tuple(kills), entries_copied=entries, elapsed_seconds=monotonic() - started)


@contextmanager
def _temporary_folder() -> Iterator[DataFolderPaths]:
    root = Path(tempfile.mkdtemp(prefix="desktop-trader-drill-"))  # mode 0700
    try:
        yield DataFolderPaths(root=root / "data")
    finally:
        shutil.rmtree(root, ignore_errors=True)


class _Scene:
    """The copy, and what is known of it after the last kill."""

    def __init__(self, copy: DataFolderPaths, drill: CrashDrill, watch: DrillWatch) -> None:
        self._copy = copy
        self._drill = drill
        self._watch = watch
        self._dice = random.Random(drill.seed)
        self._verified: VerifiedHead | None = None
        self._account = _ACCOUNT
        self._step, self._text = 1, ""

    def begin(self) -> int:
        """Verify the copy, choose an account that is not there yet, and return how many entries were copied."""
        self._tell(1, "Verifying the copy")
        taken = account_names(self._copy.database)
        while self._account in taken:
            self._account += "-again"
        damage = self._damage(is_whole=True)
        if damage:
            raise TraderError(f"The books do not verify, so there is nothing to drill with: {damage}")
        return balance_of(self._copy.database, self._account).entries

    def kill(self, number: int) -> DrillKill:
        """Start a process, let it trade up to some moment, kill it, and look into the copy."""
        self._tell(_COPY_STEPS + number - 1, f"Kill {number} of {self._drill.kills}")
        before = balance_of(self._copy.database, self._account).entries
        with _Trading(self._words(), self._copy, self._watch) as trading:
            moment = self._wait_for_a_moment(trading, number)
            told = trading.kill()
        after = balance_of(self._copy.database, self._account)
        return DrillKill(
            number=number,
            moment=moment,
            told=len(told),
            entries_before=before,
            entries_after=after.entries,
            lost=lost_of(self._copy.database, told),
            damage=self._damage(is_whole=number == self._drill.kills or after.entries <= _WHOLE_UP_TO_ENTRIES),
            balance=after.balance,
            currency=after.currency,
        )

    def _words(self) -> tuple[str, ...]:
        return (
            "run", "--market", "simulated", "--seed", str(self._drill.seed), "--speed", "max", "--json",
            "--strategy", "moving_average_cross", "--param", "fast=1", "--param", "slow=2",
            "--account", self._account, "--initial-balance", _START_AMOUNT, "--data-dir", str(self._copy.root),
        )  # fmt: skip

    def _wait_for_a_moment(self, trading: "_Trading", number: int) -> str:
        """Wait for one of the moments at which a process may die, and name it."""
        kind = (number - 1) % 4
        if kind == 3:
            trading.wait_for_writing()
            return "during its start, while it wrote"
        count = self._dice.randint(1, _NOTICES_MAX)
        event = trading.wait_for_notices(count)
        name = f"notice {count} ({event.replace('_', ' ')})"
        if kind == 0:
            return f"right after {name}"
        if kind == 1:
            trading.wait_for_writing()
            return f"while it wrote, after {name}"
        trading.pause(self._dice.random() * _PAUSE_SECONDS_MAX)
        return f"a moment after {name}"

    def _damage(self, *, is_whole: bool) -> str:
        """Return what does not verify, and remember up to where everything does."""

        def should_stop() -> bool:
            self._watch.check_wanted()
            return False

        verification = verify_books(
            self._copy,
            choose_since=lambda _stored: None if is_whole else self._verified,
            watch=VerifyWatch(should_stop=should_stop, tell_progress=self._tell_verifying),
        )
        if not verification.report.ok:
            return verification.report.text_of_findings()
        self._verified = verification.verified_head(at=now(), since=None)
        return ""

    def _tell(self, step: int, text: str) -> None:
        self._step, self._text = step, text
        self._watch.tell_progress(step, _COPY_STEPS + self._drill.kills, text)

    def _tell_verifying(self, _done: int, _total: int, text: str) -> None:
        """Say what a long book is looked at for; the step stays the same."""
        self._watch.tell_progress(self._step, _COPY_STEPS + self._drill.kills, f"{self._text}: {text.lower()}")


class _Trading:
    """One process that trades, and what it tells. However the block ends, the process is gone afterwards."""

    def __init__(self, words: tuple[str, ...], copy: DataFolderPaths, watch: DrillWatch) -> None:
        self._words = words
        self._wal = copy.database.with_name(copy.database.name + "-wal")
        self._errors = copy.root.with_name("errors.txt")
        self._watch = watch
        self._lines: list[bytes] = []
        self._news = threading.Condition()

    def __enter__(self) -> "_Trading":
        self._wal_before = self._wal_state()
        with self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                [*own_command(), *self._words],
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        self._reader = threading.Thread(target=self._read, name="crash-drill-reader", daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()

    def kill(self) -> list[dict[str, object]]:
        """Kill the process and return every notice that it had told whole."""
        self.__exit__()
        lines = [line for line in self._lines if line.endswith(b"\n")]
        return [loads_object(line) for line in lines]

    def wait_for_notices(self, count: int) -> str:
        """Wait until so many notices were told, and return the event of the last of them."""
        with self._news:
            self._wait(lambda: len(self._lines) >= count)
            return str(loads_object(self._lines[count - 1])["event"])

    def wait_for_writing(self) -> None:
        """Wait until the process is writing to the journal of its database."""
        before = self._wal_before if not self._lines else self._wal_state()
        begun = monotonic()
        while self._wal_state() == before:
            self._check(begun)
            self.pause(_WATCH_SECONDS)

    def pause(self, seconds: float) -> None:
        """Let the process go on for a moment."""
        threading.Event().wait(seconds)

    def _wait(self, is_there: Callable[[], bool]) -> None:
        begun = monotonic()
        while not is_there():
            self._check(begun)
            self._news.wait(_LOOK_SECONDS)

    def _check(self, begun: float) -> None:
        self._watch.check_wanted()
        if self._process.poll() is not None:
            raise TraderError(f"The process of the drill ended by itself: {self._complaint()}")
        if monotonic() - begun > _PATIENCE_SECONDS:
            raise TraderError(f"The process of the drill does not trade: {self._complaint()}")

    def _complaint(self) -> str:
        text = self._errors.read_text(encoding="utf-8", errors="replace").strip()
        return text.splitlines()[-1] if text else "it said nothing"

    def _wal_state(self) -> tuple[int, int]:
        try:
            status = self._wal.stat()
        except FileNotFoundError:
            return (0, 0)
        return (status.st_size, status.st_mtime_ns)

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as stream:
            for line in stream:
                with self._news:
                    self._lines.append(line)
                    self._news.notify_all()


def _environment() -> dict[str, str]:
    """What the process inherits, without what would lead it to other books or let it die by itself."""
    kept = {name: text for name, text in os.environ.items() if name not in (HOME_VARIABLE, crash_points.VARIABLE)}
    if is_frozen():
        # A frozen build takes its own child for a part of itself, and would look for what this process unpacked.
        kept["PYINSTALLER_RESET_ENVIRONMENT"] = "1"
    else:
        package = str(Path(__file__).resolve().parent.parent)
        kept["PYTHONPATH"] = os.pathsep.join(filter(None, (package, kept.get("PYTHONPATH", ""))))
    return kept
