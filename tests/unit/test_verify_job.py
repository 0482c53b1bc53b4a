"""*Verify books* and the drill as jobs, and the question about what is known: over real books, beside their writer."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import apsw
import pytest

from desktop_trader.answers.books_state import books_state
from desktop_trader.answers.catalog import ANSWERS
from desktop_trader.answers.context import AnswerContext
from desktop_trader.domain.errors import BooksDamagedError
from desktop_trader.engine.clock import MarketClock
from desktop_trader.feeds.simulated import SimulatedFeed
from desktop_trader.jobs.catalog import JOBS
from desktop_trader.jobs.context import JobCancelledError, JobContext
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.backup_jobs import MakeBackup, PackBooks
from desktop_trader.messages.books_verified import BooksStateRequest, BooksVerified, VerifyBooks
from desktop_trader.messages.crash_drill import CrashDrill, DrillReport
from desktop_trader.settings import Settings
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from desktop_trader.storage.verified_head import VerifiedHead
from desktop_trader.storage.verify import verify_books
from tests.booked_account import small_history

AT = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


@dataclass
class Desk:
    """A job's context over one data folder, and what it was told."""

    paths: DataFolderPaths
    told: list[tuple[int, int, str]] = field(default_factory=list)
    should_stop: Callable[[], bool] = lambda: False
    damage: list[str] = field(default_factory=list)

    def do(self, job: object) -> object:
        context = JobContext(
            paths=self.paths,
            settings=Settings(),
            tell_progress=lambda *news: self.told.append(news),
            should_stop=self.should_stop,
            tell_damage=self.damage.append,
        )
        return JOBS[type(job)]()(context, job)


@pytest.fixture
def store(tmp_path: Path) -> SqliteLedgerStore:
    store = SqliteLedgerStore.open(DataFolderPaths(root=tmp_path))
    small_history(store)
    return store


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(DataFolderPaths(root=tmp_path))


def ask(paths: DataFolderPaths) -> object:
    context = AnswerContext(paths=paths, feed=SimulatedFeed(1, AT), clock=MarketClock(AT), account="demo")
    request = BooksStateRequest(request_id="7")
    assert ANSWERS[type(request)] is books_state
    return books_state(context, request)


@pytest.mark.requirement("R47", "R99")
@pytest.mark.usefixtures("store")
def test_the_job_verifies_beside_the_writer_and_says_how_far_it_is(desk: Desk) -> None:
    result = desk.do(VerifyBooks())

    assert isinstance(result, BooksVerified)
    assert result.report.ok
    assert desk.damage == []
    assert (result.report.entries, result.report.since_entry) == (20, 0)
    assert isinstance(result.verified, VerifiedHead)
    assert (result.verified.head.entry_id, result.verified.whole_at) == (20, result.at)
    assert result.file_bytes > 100_000
    assert result.free_bytes > 0
    assert desk.told[0] == (0, 1_000, "Reading the file")
    assert desk.told[-1] == (1_000, 1_000, "Done")
    assert [done for done, _, _ in desk.told] == sorted(done for done, _, _ in desk.told)


@pytest.mark.requirement("R47", "R99", "R109")
def test_the_job_names_each_row_with_its_account(store: SqliteLedgerStore, desk: Desk) -> None:
    store.close()
    connection = apsw.Connection(str(desk.paths.database))
    connection.execute("DROP TRIGGER ledger_entries_refuse_update")
    connection.execute("UPDATE ledger_entries SET reason = 'forged' WHERE id IN (3, 5)")
    connection.close()

    result = desk.do(VerifyBooks())

    assert isinstance(result, BooksVerified)
    assert result.verified is None
    found = {(each.law, each.table, each.row_id, each.account) for each in result.report.findings}
    assert {("I8", "ledger_entries", 3, "demo"), ("I8", "ledger_entries", 5, "demo")} < found
    assert ("file", "", 0, "") in found
    assert desk.damage == [result.report.text_of_findings()]


@pytest.mark.usefixtures("store")
def test_a_file_that_is_no_database_any_more_is_damage(desk: Desk) -> None:
    desk.paths.database.write_bytes(b"")
    with pytest.raises(BooksDamagedError):
        desk.do(VerifyBooks())
    assert ["is empty" in text for text in desk.damage] == [True]


@pytest.mark.requirement("R47")
def test_a_backup_asked_for_by_a_person_that_finds_damage_tells_it(store: SqliteLedgerStore, desk: Desk) -> None:
    store.close()
    connection = apsw.Connection(str(desk.paths.database))
    connection.execute("UPDATE wallet SET available = available + 1, total = total + 1")
    connection.close()
    for job in (MakeBackup(), PackBooks(target=desk.paths.root / "packed.zip")):
        with pytest.raises(BooksDamagedError):
            desk.do(job)
    assert ["I7: " in text for text in desk.damage] == [True, True]


@pytest.mark.usefixtures("store")
def test_the_job_can_be_cancelled(desk: Desk) -> None:
    desk.should_stop = lambda: True
    with pytest.raises(JobCancelledError, match="nothing was changed"):
        desk.do(VerifyBooks())


@pytest.mark.slow
@pytest.mark.requirement("R35")
@pytest.mark.usefixtures("store")
def test_the_drill_is_a_job_beside_the_writer(desk: Desk) -> None:
    result = desk.do(CrashDrill(seed=3, kills=1))
    assert isinstance(result, DrillReport)
    assert result.is_passed
    assert result.kills[0].balance != Decimal(0)
    plain = [text for _, _, text in desk.told if ":" not in text]
    assert plain == ["Copying the books", "Verifying the copy", "Kill 1 of 1", "Done"]


def test_what_is_known_is_read_without_verifying(store: SqliteLedgerStore, desk: Desk) -> None:
    unknown = ask(desk.paths)
    store.keep_verified_head(verify_books(desk.paths).verified_head(at=AT, since=None))
    known = ask(desk.paths)

    assert getattr(unknown, "whole_at", AT) is None
    for name, value in (("entries", 20), ("verified_entry", 20), ("whole_at", AT), ("verified_at", AT), ("error", "")):
        assert getattr(known, name) == value


def test_books_that_are_not_there_are_told_in_the_answer(tmp_path: Path) -> None:
    assert "cannot be read" in getattr(ask(DataFolderPaths(root=tmp_path)), "error", "")
