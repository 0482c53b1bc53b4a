"""Sync: what the file holds of an account, and whether the books verify."""

from decimal import Decimal
from pathlib import Path

import apsw
import pytest

from desktop_trader.domain.errors import InvalidInputError, StorageError
from desktop_trader.jobs.catalog import JOBS
from desktop_trader.jobs.context import JobCancelledError, JobContext
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.account_sync import AccountSynced, SyncAccount
from desktop_trader.settings import Settings
from tests.stored_account import book_more, stored_history


def sync(
    paths: DataFolderPaths, account: str = "demo", *, is_stopped: bool = False, damage: list[str] | None = None
) -> AccountSynced:
    context = JobContext(
        paths=paths,
        settings=Settings(),
        tell_progress=lambda _done, _total, _text: None,
        should_stop=lambda: is_stopped,
        tell_damage=pytest.fail if damage is None else damage.append,
    )
    found = JOBS[SyncAccount]()(context, SyncAccount(account=account))
    assert isinstance(found, AccountSynced)
    return found


@pytest.mark.requirement("R143", "R148")
def test_it_reads_what_the_books_hold_now(tmp_path: Path) -> None:
    paths = stored_history(tmp_path / "data")
    before = sync(paths)
    assert before.problems == ()
    assert before.total == before.available + before.locked
    book_more(paths, "12.5")
    after = sync(paths)
    assert after.total == before.total + Decimal("12.5")
    assert after.entry_id == before.entry_id + 1
    assert after.at >= before.at


def test_books_that_do_not_verify_are_told(tmp_path: Path) -> None:
    paths = stored_history(tmp_path / "data")
    connection = apsw.Connection(str(paths.database))
    connection.execute("UPDATE wallet SET available = available + 1, total = total + 1")
    connection.close()
    damage: list[str] = []
    problems = sync(paths, damage=damage).problems
    assert tuple(damage) == problems
    assert len(problems) == 1
    assert "I7" in problems[0]


def test_an_account_that_is_not_there_and_books_that_are_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="There is no account 'other'"):
        sync(stored_history(tmp_path / "data"), "other")
    with pytest.raises(StorageError):
        sync(DataFolderPaths(root=tmp_path / "empty"))


def test_it_can_be_given_up(tmp_path: Path) -> None:
    with pytest.raises(JobCancelledError):
        sync(stored_history(tmp_path / "data"), is_stopped=True)
