"""*Verify books*: every law over a whole file, read-only, in one snapshot, while the application runs or not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import localcontext
from pathlib import Path
from time import perf_counter

import apsw

from desktop_trader.domain.errors import InvariantError
from desktop_trader.domain.ledger import GENESIS, LedgerHead
from desktop_trader.domain.money import CONTEXT
from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage.anchor import read_anchor
from desktop_trader.storage.cache_check import check_caches
from desktop_trader.storage.database import open_reader
from desktop_trader.storage.journal_walk import LAWS, Findings, JournalWalk
from desktop_trader.storage.schema_extras import TRIGGER_NAMES
from desktop_trader.storage.schema_version import SCHEMA_VERSION

OK = "ok"
_STEPS_BETWEEN_QUESTIONS = 20_000
"""SQLite's own steps: a few milliseconds of work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """What was found: each law "ok" or why not. `integrity` is SQLite's own opinion of the file."""

    ok: bool
    entries: int
    postings: int
    invariants: Mapping[str, str]
    integrity: str
    head_hash: str
    schema_version: int
    sqlite_version: str
    elapsed_seconds: float


def verify_folder(paths: DataFolderPaths) -> VerifyReport:
    """Verify the books of a data folder and their anchor.

    Raises:
        StorageError: there are none, they are not ours, or of another version.
    """
    # Read first: an anchor from before the snapshot can only be an ancestor of what the snapshot holds.
    anchor = read_anchor(paths.anchor)
    return verify(paths.database, anchor=anchor)


def verify_unless_stopped(paths: DataFolderPaths, *, should_stop: Callable[[], bool]) -> VerifyReport | None:
    """Verify the books of a data folder beside the one who writes them; None once `should_stop` says so.

    It is asked every few milliseconds, in this thread, and may wait a moment to leave the processor to others.

    Raises:
        StorageError: there are no books, they are not ours, or of another version.
    """
    anchor = read_anchor(paths.anchor)
    connection = open_reader(paths.database)
    try:
        connection.set_progress_handler(should_stop, _STEPS_BETWEEN_QUESTIONS)
        return None if should_stop() else verify(connection, anchor=anchor)
    except apsw.InterruptError:
        return None
    finally:
        connection.close()


def verify(books: Path | apsw.Connection, *, anchor: LedgerHead | None = None) -> VerifyReport:
    """Verify a file, or what a connection of ours sees, against every law and an anchor where there is one.

    Raises:
        StorageError: the file is not ours, of another version or cannot be opened.
    """
    connection = books if isinstance(books, apsw.Connection) else open_reader(books)
    try:
        # Whoever asks, in whatever thread, gets exact figures.
        with localcontext(CONTEXT):
            return _verify(connection, anchor)
    finally:
        if connection is not books:
            connection.close()


def _verify(connection: apsw.Connection, anchor: LedgerHead | None) -> VerifyReport:
    started = perf_counter()
    findings = Findings()
    walk = JournalWalk(connection, findings)
    integrity = OK
    try:
        connection.execute("BEGIN")
        integrity = _integrity(connection)
        walk.walk()
        _check_anchor(connection, anchor, findings)
        _check_keys(connection, findings)
        check_caches(connection, walk, findings=findings)
    except apsw.InterruptError:
        raise
    except (apsw.Error, InvariantError, ArithmeticError, ValueError, TypeError, AttributeError) as error:
        # Whatever a damaged file makes of our reading is a finding, not a failure.
        integrity = f"the file cannot be read to its end: {type(error).__name__}: {error}"
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    invariants = {law: findings.by_law.get(law, OK) for law in LAWS}
    return VerifyReport(
        ok=integrity == OK and not findings.by_law,
        entries=walk.entries,
        postings=walk.postings,
        invariants=invariants,
        integrity=integrity,
        head_hash=walk.head_hash,
        schema_version=SCHEMA_VERSION,
        sqlite_version=apsw.sqlite_lib_version(),
        elapsed_seconds=perf_counter() - started,
    )


def _integrity(connection: apsw.Connection) -> str:
    complaints = [str(line) for (line,) in connection.execute("PRAGMA integrity_check(5)")]
    if complaints != [OK]:
        return "; ".join(complaints)
    triggers = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'")}
    missing = TRIGGER_NAMES - triggers
    return f"triggers are missing: {', '.join(sorted(missing))}" if missing else OK


def _check_anchor(connection: apsw.Connection, anchor: LedgerHead | None, findings: Findings) -> None:
    if anchor is None or anchor == GENESIS:
        return
    stored = connection.execute("SELECT hash FROM ledger_entries WHERE id = ?", (anchor.entry_id,)).get
    if stored is None:
        findings.add("I8", f"the anchor names entry {anchor.entry_id}, which is missing")
    elif stored != anchor.hash:
        findings.add("I8", f"entry {anchor.entry_id} is not the one the anchor names")


def _check_keys(connection: apsw.Connection, findings: Findings) -> None:
    twice = connection.execute(
        "SELECT idempotency_key FROM ledger_entries GROUP BY idempotency_key HAVING count(*) > 1 LIMIT 1"
    ).get
    if twice is not None:
        findings.add("I9", f"two entries have the key {twice}")
