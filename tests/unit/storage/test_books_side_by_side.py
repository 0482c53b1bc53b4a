"""Two data folders copy their backups to one second folder: neither takes, replaces or deletes those of the other."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from desktop_trader.domain.ledger import EntryKind
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.backups import BackupInfo, BackupKind
from desktop_trader.settings import BackupSettings
from desktop_trader.storage.backup import backup_now
from desktop_trader.storage.backup_files import list_backups
from desktop_trader.storage.backup_round import back_up
from desktop_trader.storage.folder_swap import finish_swap
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from desktop_trader.storage.restore import newest_good_backup, order_restore
from tests.booked_account import BookedAccount
from tests.stored_account import book_more

NOW = datetime(2026, 11, 20, 14, 30, 5, tzinfo=UTC)


def begun(root: Path, *, at: datetime) -> DataFolderPaths:
    """Books first opened at a moment; the first entry is the same in all of them."""
    paths = DataFolderPaths(root=root)
    paths.root.mkdir()
    store = SqliteLedgerStore.open(paths)
    store.begin_session(at)
    account = BookedAccount(store)
    account.change("1000", kind=EntryKind.OPENING, key="first")
    store.close()
    return paths


@pytest.fixture
def one(tmp_path: Path) -> DataFolderPaths:
    """A folder with books."""
    return begun(tmp_path / "one", at=NOW)


@pytest.fixture
def other(tmp_path: Path) -> DataFolderPaths:
    """A folder with other books, which began a moment later."""
    return begun(tmp_path / "other", at=NOW + timedelta(microseconds=1))


@pytest.fixture
def settings(tmp_path: Path) -> BackupSettings:
    """The same second folder for both."""
    return BackupSettings(second_folder=str(tmp_path / "second"))


def ids_in(folder: Path) -> list[str]:
    """Return whose the backups of a folder are, newest first."""
    return [each.facts.books_id for each in list_backups(folder) if each.facts is not None]


def round_of(paths: DataFolderPaths, settings: BackupSettings, *, at: datetime) -> BackupInfo:
    """Book something and make a scheduled backup."""
    book_more(paths)
    done = back_up(paths, settings, kind=BackupKind.SCHEDULED, at=at)
    assert done.complaints == ()
    assert done.made is not None
    return done.made


def test_backups_of_the_same_second_lie_side_by_side(
    one: DataFolderPaths, other: DataFolderPaths, settings: BackupSettings
) -> None:
    first, second = round_of(one, settings, at=NOW), round_of(other, settings, at=NOW)
    assert first.path.name == second.path.name
    for paths in (one, other):
        done = back_up(paths, settings, kind=BackupKind.SCHEDULED, at=NOW + timedelta(minutes=30))
        assert (done.made, done.complaints) == (None, ())
    there = list_backups(Path(settings.second_folder))
    assert {each.sha256 for each in there} == {first.sha256, second.sha256}
    assert len(there) == 2


def test_thinning_out_counts_and_deletes_those_of_the_same_books_alone(
    one: DataFolderPaths, other: DataFolderPaths, settings: BackupSettings
) -> None:
    for day in range(12):
        round_of(one, settings, at=NOW + timedelta(days=day))
        round_of(other, settings, at=NOW + timedelta(days=day, hours=2))
    told = ids_in(Path(settings.second_folder))
    for paths in (one, other):
        (books_id,) = set(ids_in(paths.backups))
        assert told.count(books_id) == len(list_backups(paths.backups))


def test_a_lost_database_is_offered_its_own_backup_and_never_that_of_the_others(
    one: DataFolderPaths, other: DataFolderPaths, settings: BackupSettings
) -> None:
    mine = round_of(one, settings, at=NOW)
    round_of(other, settings, at=NOW + timedelta(hours=1))
    one.database.unlink()
    offered = newest_good_backup(one, second_folder=settings.second_folder)
    assert offered is not None
    assert offered.sha256 == mine.sha256
    for each in one.backups.iterdir():
        each.unlink()
    assert newest_good_backup(one, second_folder=settings.second_folder) is None, "nobody can say which are meant"


def test_a_second_folder_that_holds_one_books_alone_is_enough(
    one: DataFolderPaths, settings: BackupSettings, tmp_path: Path
) -> None:
    mine = round_of(one, settings, at=NOW)
    offered = newest_good_backup(DataFolderPaths(root=tmp_path / "new"), second_folder=settings.second_folder)
    assert offered is not None
    assert offered.sha256 == mine.sha256


def test_a_clock_that_was_wrong_once_does_not_make_an_older_state_the_newest(one: DataFolderPaths) -> None:
    backup_now(one, kind="scheduled", at=NOW.replace(year=2036))
    book_more(one, "1000")
    later = backup_now(one, kind="scheduled", at=NOW)
    assert newest_good_backup(one) == later
    one.database.unlink()
    assert newest_good_backup(one) == later
    one.anchor.unlink()
    assert newest_good_backup(one) == later


def test_a_state_that_was_given_up_for_an_older_one_is_not_offered_again(one: DataFolderPaths) -> None:
    older = backup_now(one, kind="manual", at=NOW)
    book_more(one, "1000")
    order_restore(one, older.path, at=NOW + timedelta(hours=1))
    finish_swap(one)
    kept = backup_now(one, kind="manual", at=NOW + timedelta(hours=2))
    assert newest_good_backup(one) == kept
