"""*Verify books*: every law over a whole file, read-only, in one snapshot, while the application runs or not.

I14 compares live accounts with their exchange, which no file can show. What can be said of books without a live
account is "ok": nothing of theirs is on any exchange; how many live accounts there are is in the report.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import localcontext
from pathlib import Path
from time import perf_counter

import apsw

from desktop_trader.domain.errors import BooksDamagedError, StorageError, TraderError
from desktop_trader.domain.ledger import GENESIS, LedgerHead
from desktop_trader.domain.money import CONTEXT
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.verify_report import FILE, OK, VerifyReport
from desktop_trader.storage import verified_head as verified_heads
from desktop_trader.storage.anchor import read_anchor
from desktop_trader.storage.belonging_check import check_belonging
from desktop_trader.storage.cache_check import CacheCheck
from desktop_trader.storage.cache_scope import scope_since
from desktop_trader.storage.database import open_reader
from desktop_trader.storage.file_check import FileCheckAside, check_file, check_seal
from desktop_trader.storage.findings import LAWS, Findings
from desktop_trader.storage.journal_walk import JournalWalk
from desktop_trader.storage.rows_check import check_rows
from desktop_trader.storage.runs_check import check_runs
from desktop_trader.storage.schema_version import SCHEMA_VERSION
from desktop_trader.storage.sqlite_error import storage_error
from desktop_trader.storage.verified_head import VerifiedHead

__all__ = [
    "OK", "Verification", "VerificationStoppedError", "VerifyReport", "VerifyWatch", "verify", "verify_books",
    "verify_folder", "verify_unless_stopped",
]  # fmt: skip

_STEPS_BETWEEN_QUESTIONS = 20_000
"""SQLite's own steps: a few milliseconds of work."""
_CACHE_KIB = 65_536
_PER_MILLE = 1_000
_FILE_PART, _JOURNAL_PART = 150, 700
"""How far a verification is when it has read the file, and when it has walked the journal, of `_PER_MILLE`."""


class VerificationStoppedError(TraderError):
    """Somebody asked for the end of a verification; nothing was found out, nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyWatch:
    """Who looks on. Both are called in the verifying thread, every few milliseconds; `should_stop` may wait a moment.

    `tell_progress` gets how far it is, of how much, and in words what is being looked at. Who is hurried has a second
    thread help, which asks `should_stop` too.
    """

    should_stop: Callable[[], bool] = lambda: False
    tell_progress: Callable[[int, int, str], None] = lambda _done, _total, _text: None
    is_hurried: bool = False


NOBODY = VerifyWatch()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """A report, and the sums of the journal at the head that was verified."""

    report: VerifyReport
    head: LedgerHead
    sums: str

    def verified_head(self, *, at: datetime, since: VerifiedHead | None) -> VerifiedHead:
        """Return what may be remembered of it; only when it found nothing."""
        whole_at = at if since is None else since.whole_at
        return VerifiedHead(head=self.head, verified_at=at, whole_at=whole_at, sums=self.sums)


def verify_folder(paths: DataFolderPaths, *, watch: VerifyWatch = NOBODY) -> VerifyReport:
    """Verify the books of a data folder and their anchor, from the first entry on.

    Raises:
        StorageError: there are none, they are not ours, or of another version.
        VerificationStoppedError: the watch asked for it.
    """
    return verify_books(paths, watch=watch).report


def verify_unless_stopped(paths: DataFolderPaths, *, should_stop: Callable[[], bool]) -> VerifyReport | None:
    """Verify the books of a data folder beside the one who writes them; None once `should_stop` says so.

    Raises:
        StorageError: there are no books, they are not ours, or of another version.
    """
    try:
        return verify_folder(paths, watch=VerifyWatch(should_stop=should_stop))
    except VerificationStoppedError:
        return None


def verify_books(
    paths: DataFolderPaths,
    *,
    choose_since: Callable[[VerifiedHead | None], VerifiedHead | None] = lambda _stored: None,
    watch: VerifyWatch = NOBODY,
) -> Verification:
    """Verify the books of a data folder.

    `choose_since` gets what is stored as verified and returns what to go on from; None is from the first entry on.

    Raises:
        StorageError: there are none, they are not ours, or of another version.
        VerificationStoppedError: the watch asked for it.
    """
    # Read first: an anchor from before the snapshot can only be an ancestor of what the snapshot holds.
    anchor = read_anchor(paths.anchor)
    connection = open_reader(paths.database)
    try:
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        aside = FileCheckAside(paths.database, should_stop=watch.should_stop) if watch.is_hurried else None
        return _Check(connection, anchor, watch, path=paths.database, aside=aside).carry_out(choose_since)
    except apsw.Error as error:
        raise storage_error(error, f"{paths.database} cannot be read") from error
    finally:
        connection.close()


def damage_behind(refusal: TraderError, paths: DataFolderPaths, *, watch: VerifyWatch = NOBODY) -> str:
    """Return what does not hold in the books where work on them was refused; "" when it was something else.

    The books themselves are verified: what was damaged may be a copy of them only.

    Raises:
        VerificationStoppedError: the watch asked for it.
    """
    if not isinstance(refusal, BooksDamagedError):
        return ""
    try:
        report = verify_folder(paths, watch=watch)
    except BooksDamagedError as damage:
        return str(damage)
    except StorageError:
        return ""
    return "" if report.ok else report.text_of_findings()


def verify(
    books: Path | apsw.Connection, *, anchor: LedgerHead | None = None, watch: VerifyWatch = NOBODY
) -> VerifyReport:
    """Verify a file, or what a connection of ours sees, against every law and an anchor where there is one.

    Raises:
        StorageError: the file is not ours, of another version or cannot be opened.
        VerificationStoppedError: the watch asked for it.
    """
    connection = books if isinstance(books, apsw.Connection) else open_reader(books)
    try:
        return _Check(connection, anchor, watch).carry_out(lambda _stored: None).report
    finally:
        if connection is not books:
            connection.close()


class _Check:
    """One verification over one connection."""

    def __init__(
        self,
        connection: apsw.Connection,
        anchor: LedgerHead | None,
        watch: VerifyWatch,
        *,
        path: Path | None = None,
        aside: FileCheckAside | None = None,
    ) -> None:
        self._connection = connection
        self._path = path
        self._aside = aside
        self._anchor = anchor
        self._watch = watch
        self._findings = Findings()
        self._walk = JournalWalk(connection, self._findings, on_progress=self._tell_entries)
        self._newest = 0

    def carry_out(self, choose_since: Callable[[VerifiedHead | None], VerifiedHead | None]) -> Verification:
        started = perf_counter()
        connection, watch = self._connection, self._watch
        connection.set_progress_handler(watch.should_stop, _STEPS_BETWEEN_QUESTIONS)
        try:
            if watch.should_stop():
                raise VerificationStoppedError("The verification was stopped; nothing was changed")
            # Whoever asks, in whatever thread, gets exact figures.
            with localcontext(CONTEXT):
                connection.execute("BEGIN")
                since = self._verify(choose_since)
                return self._result(since, started)
        except apsw.InterruptError as error:
            raise VerificationStoppedError("The verification was stopped; nothing was changed") from error
        finally:
            connection.set_progress_handler(None)
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def _verify(self, choose_since: Callable[[VerifiedHead | None], VerifiedHead | None]) -> VerifiedHead | None:
        stored: VerifiedHead | None = None
        with self._findings.noting("the note of what was verified"):
            stored = self._stored_head()
        since = choose_since(stored)
        self._watch.tell_progress(0, _PER_MILLE, "Reading the file")
        if since is None and self._aside is not None:
            with self._aside as aside:
                self._check_rows(stored, since)
                self._watch.tell_progress(_PER_MILLE - 50, _PER_MILLE, "Reading the file to its end")
                aside.take_findings(self._findings)
        else:
            self._check_file(since)
            self._check_rows(stored, since)
        self._watch.tell_progress(_PER_MILLE, _PER_MILLE, "Done")
        return since

    def _check_file(self, since: VerifiedHead | None) -> None:
        if since is None:
            with self._findings.noting("the file"):
                if self._path is not None:
                    check_seal(self._path, self._findings, should_stop=self._watch.should_stop)
                check_file(self._connection, self._findings)
        with self._findings.noting("what belongs together"):
            check_belonging(self._connection, self._findings, since_entry=since.head.entry_id if since else 0)

    def _check_rows(self, stored: VerifiedHead | None, since: VerifiedHead | None) -> None:
        with self._findings.noting("the journal"):
            self._walk_journal(stored, since)
        with self._findings.noting("the anchor"):
            self._check_anchor()
        with self._findings.noting("positions, orders and wallets"):
            self._check_caches(since)
        with self._findings.noting("the runs"):
            check_runs(self._connection, self._walk, findings=self._findings)
        if since is None:
            with self._findings.noting("accounts, market, strategies and starts"):
                check_rows(self._connection, self._findings)

    def _stored_head(self) -> VerifiedHead | None:
        """Return what was once verified, where the journal still has its entry."""
        connection = self._connection
        self._newest = connection.execute("SELECT max(id) FROM ledger_entries").get or 0
        if verified_heads.is_damaged(connection):
            text = "the note of what was verified is not what its checksum says; it is written anew at the next start"
            self._findings.add("I7", text, table="verified_heads", row_id=1)
        stored = verified_heads.read_verified_head(connection)
        complaint = None if stored is None else verified_heads.complaint_of(connection, stored)
        if complaint is not None:
            self._findings.add("I8", complaint, table="verified_heads", row_id=1)
            return None
        return stored

    def _walk_journal(self, stored: VerifiedHead | None, since: VerifiedHead | None) -> None:
        walk = self._walk
        if since is not None:
            walk.take_up(since.head, since.sums)
            if not walk.is_balanced():
                text = f"the sums noted at entry {since.head.entry_id} do not add up"
                self._findings.add("I7", text, table="verified_heads", row_id=1)
        elif stored is not None:
            walk.walk(up_to=stored.head.entry_id)
            if walk.sums() != stored.sums:
                text = f"what was noted as verified up to entry {stored.head.entry_id} is not what the journal says"
                self._findings.add("I7", text, table="verified_heads", row_id=1)
        walk.walk()

    def _check_anchor(self) -> None:
        anchor = self._anchor
        if anchor is None or anchor == GENESIS:
            return
        stored = self._connection.execute("SELECT hash FROM ledger_entries WHERE id = ?", (anchor.entry_id,)).get
        if stored == anchor.hash:
            return
        text = f"entry {anchor.entry_id} is not the one the anchor names"
        if stored is None:
            text = f"the anchor names entry {anchor.entry_id}, which is missing: the newest entries are gone"
        self._findings.add("I8", text, table="ledger_entries", row_id=anchor.entry_id)

    def _check_caches(self, since: VerifiedHead | None) -> None:
        scope = None if since is None else scope_since(self._connection, since.head.entry_id)
        check = CacheCheck(self._connection, self._walk, self._findings, scope=scope, on_progress=self._tell_cache_rows)
        check.check()

    def _tell_entries(self, entry_id: int) -> None:
        begin = _FILE_PART if self._aside is None else 0
        part = (_JOURNAL_PART - begin) * entry_id // max(self._newest, 1)
        self._watch.tell_progress(begin + part, _PER_MILLE, f"Entry {entry_id:,} of {self._newest:,}")

    def _tell_cache_rows(self, rows: int) -> None:
        # Orders, positions and fills together are about as many as entries.
        part = min(_PER_MILLE - 60 - _JOURNAL_PART, (_PER_MILLE - _JOURNAL_PART) * rows // max(self._newest, 1))
        self._watch.tell_progress(_JOURNAL_PART + part, _PER_MILLE, "Comparing fills, orders, positions and wallets")

    def _result(self, since: VerifiedHead | None, started: float) -> Verification:
        findings, walk = self._findings, self._walk
        names: dict[int, str] = {}
        live = 0
        with self._findings.noting("the list of accounts"):
            for account_id, name, kind in self._connection.execute("SELECT id, name, type FROM accounts"):
                names[account_id] = name
                live += kind == "live"
        report = VerifyReport(
            ok=not findings.count,
            entries=walk.entries,
            postings=walk.postings,
            invariants={law: findings.by_law.get(law, OK) for law in LAWS},
            integrity=findings.by_law.get(FILE, OK),
            head_hash=walk.head_hash,
            schema_version=SCHEMA_VERSION,
            sqlite_version=apsw.sqlite_lib_version(),
            elapsed_seconds=perf_counter() - started,
            findings=findings.rows(names),
            finding_count=findings.count,
            since_entry=0 if since is None else since.head.entry_id,
            live_accounts=live,
        )
        head = LedgerHead(entry_id=walk.head_id, hash=walk.head_hash)
        return Verification(report=report, head=head, sums=walk.sums() if report.ok else "")


def now() -> datetime:
    """Return the wall clock: what was verified is dated by it, as the market's clock may stand still."""
    return datetime.now(UTC)
