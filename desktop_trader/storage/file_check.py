"""What SQLite itself can check, without a line of Python per row: the file's structure, and what belongs together.

For that it lets go of the interpreter, so a second processor can do it while the journal is walked.
"""

import threading
from collections.abc import Callable
from pathlib import Path

import apsw

from desktop_trader.messages.verify_report import FILE, OK
from desktop_trader.storage.belonging_check import check_belonging
from desktop_trader.storage.closed_seal import seal_complaint
from desktop_trader.storage.database import open_reader
from desktop_trader.storage.findings import Findings
from desktop_trader.storage.schema_extras import TRIGGER_NAMES

_COMPLAINTS_MAX = 20
_STEPS_BETWEEN_QUESTIONS = 20_000
_CACHE_KIB = 16_384


def check_seal(path: Path, findings: Findings, *, should_stop: Callable[[], bool]) -> None:
    """Note whether a file that was closed is still the one that was closed, byte for byte.

    Raises:
        InterruptError: somebody asked for the end.
        StorageError: the file cannot be read.
    """

    def go_on() -> None:
        if should_stop():
            raise apsw.InterruptError("nobody wants to know any more")

    complaint = seal_complaint(path, on_chunk=go_on)
    if complaint is not None:
        findings.add(FILE, complaint)


def check_file(connection: apsw.Connection, findings: Findings) -> None:
    """Note what SQLite complains of in the whole file, and which guards against changes are missing."""
    for (line,) in connection.execute(f"PRAGMA integrity_check({_COMPLAINTS_MAX})"):
        if line != OK:
            findings.add(FILE, str(line))
    names = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
    missing = TRIGGER_NAMES - {name for (name,) in names}
    if missing:
        findings.add(FILE, f"triggers are missing: {', '.join(sorted(missing))}")


class FileCheckAside:
    """Checks file and belongings in a thread with a connection of its own, in a snapshot of its own.

    Used as a context: however the block ends, the thread has ended afterwards.
    """

    def __init__(self, path: Path, *, should_stop: Callable[[], bool]) -> None:
        """Prepare; nothing is opened before the block."""
        self._path = path
        self._should_stop = should_stop
        self._is_given_up = threading.Event()
        self._findings = Findings()
        self._thread = threading.Thread(target=self._work, name="file-check", daemon=True)

    def __enter__(self) -> "FileCheckAside":
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Give up what is not done, and wait for that."""
        self._is_given_up.set()
        self._thread.join()

    def take_findings(self, findings: Findings) -> None:
        """Wait for the end and add what was found."""
        self._thread.join()
        findings.add_all(self._findings)

    def _work(self) -> None:
        with self._findings.noting("the file"):
            connection = open_reader(self._path)
            try:
                connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
                connection.set_progress_handler(self._is_over, _STEPS_BETWEEN_QUESTIONS)
                check_seal(self._path, self._findings, should_stop=self._is_over)
                connection.execute("BEGIN")
                check_file(connection, self._findings)
                check_belonging(connection, self._findings)
            except apsw.InterruptError:
                return  # Whoever asked for the end asked the other thread as well.
            finally:
                connection.close()

    def _is_over(self) -> bool:
        return self._is_given_up.is_set() or self._should_stop()
