"""What SQLite itself can check, without a line of Python per row: the file's structure, and what belongs together.

For that it lets go of the interpreter, so a second processor can do it while the journal is walked.
"""

import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path

import apsw

from desktop_trader.messages.verify_report import FILE, OK
from desktop_trader.storage.belonging_check import check_belonging
from desktop_trader.storage.closed_seal import seal_complaint
from desktop_trader.storage.database import open_in_memory, open_reader
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
    """Note what SQLite complains of in the whole file, and which of its parts are missing or not what they were."""
    for (line,) in connection.execute(f"PRAGMA integrity_check({_COMPLAINTS_MAX})"):
        if line != OK:
            findings.add(FILE, str(line))
    found = _parts_of(connection)
    missing = TRIGGER_NAMES - found.keys()
    if missing:
        findings.add(FILE, f"triggers are missing: {', '.join(sorted(missing))}")
    # A guard that says something else guards nothing, whatever it is called.
    changed = sorted(
        name for name, text in _parts_of_new_books().items() if found.get(name) != text and name not in missing
    )
    if changed:
        findings.add(FILE, f"not made as this version makes it: {', '.join(changed)}")


def _parts_of(connection: apsw.Connection) -> dict[str, str]:
    parts = connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL")
    return {str(name): str(text) for name, text in parts}


@cache
def _parts_of_new_books() -> dict[str, str]:
    connection = open_in_memory()
    try:
        return _parts_of(connection)
    finally:
        connection.close()


class FileCheckAside:
    """Checks file and belongings in a thread with a connection of its own, in a snapshot of its own.

    Used as a context: however the block ends, the thread has ended afterwards.
    """

    def __init__(self, path: Path, *, should_stop: Callable[[], bool]) -> None:
        """Prepare; nothing is opened before the block."""
        self._path = path
        self._should_stop = should_stop
        self._is_given_up = threading.Event()
        self._is_interrupted = self._is_done = False
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
        """Wait for the end and add what was found.

        Raises:
            InterruptError: somebody asked for the end before all was looked at.
        """
        self._thread.join()
        if self._is_interrupted:
            raise apsw.InterruptError("nobody wants to know any more")
        findings.add_all(self._findings)
        if not self._is_done:
            findings.add(FILE, "the check of the file did not come to its end; the log says why")

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
                self._is_interrupted = True
            finally:
                connection.close()
        self._is_done = True

    def _is_over(self) -> bool:
        return self._is_given_up.is_set() or self._should_stop()
