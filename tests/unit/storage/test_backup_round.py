"""A round of backups does what is due, and only the backup itself can fail."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from desktop_trader.domain.errors import StorageError
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.backups import BackupKind
from desktop_trader.settings import BackupSettings
from desktop_trader.storage import backup
from desktop_trader.storage.backup_files import list_backups
from desktop_trader.storage.backup_round import back_up
from tests.stored_account import book_more, stored_history

NOW = datetime(2026, 11, 20, 14, 30, 5, tzinfo=UTC)
HALF_AN_HOUR = timedelta(minutes=30)


@pytest.fixture
def paths(tmp_path: Path) -> DataFolderPaths:
    """A folder with a small history."""
    return stored_history(tmp_path / "books")


@pytest.mark.parametrize("kind", [BackupKind.SCHEDULED, BackupKind.QUIT])
def test_what_has_not_changed_is_not_copied_again(paths: DataFolderPaths, kind: BackupKind) -> None:
    assert back_up(paths, BackupSettings(), kind=kind, at=NOW).made is not None
    assert back_up(paths, BackupSettings(), kind=kind, at=NOW + HALF_AN_HOUR).made is None
    book_more(paths)
    assert back_up(paths, BackupSettings(), kind=kind, at=NOW + 2 * HALF_AN_HOUR).made is not None
    assert len(list_backups(paths.backups)) == 2


@pytest.mark.parametrize("kind", sorted(set(BackupKind) - {BackupKind.SCHEDULED, BackupKind.QUIT}))
def test_before_a_risk_and_for_a_person_there_is_always_one(paths: DataFolderPaths, kind: BackupKind) -> None:
    for moment in (NOW, NOW + HALF_AN_HOUR):
        assert back_up(paths, BackupSettings(), kind=kind, at=moment).made is not None


def test_a_round_brings_the_backup_to_the_second_folder_and_thins_both_out(
    paths: DataFolderPaths, tmp_path: Path
) -> None:
    settings = BackupSettings(second_folder=str(tmp_path / "second"))
    days_ago = NOW - timedelta(days=5)
    for moment in (days_ago, days_ago + HALF_AN_HOUR, NOW):
        book_more(paths)
        assert back_up(paths, settings, kind=BackupKind.SCHEDULED, at=moment).complaints == ()
    for folder in (paths.backups, tmp_path / "second"):
        assert [each.at for each in list_backups(folder)] == [NOW, days_ago + HALF_AN_HOUR]


def test_a_second_folder_that_is_away_stops_nothing_and_gets_its_copy_when_it_is_back(
    paths: DataFolderPaths, tmp_path: Path
) -> None:
    stick = tmp_path / "stick"
    stick.write_text("not mounted")
    settings = BackupSettings(second_folder=str(stick))
    done = back_up(paths, settings, kind=BackupKind.SCHEDULED, at=NOW)
    assert done.made is not None
    (complaint,) = done.complaints
    assert "stick" in complaint
    assert "The backup in the data folder is complete" in complaint
    stick.unlink()
    done = back_up(paths, settings, kind=BackupKind.SCHEDULED, at=NOW + HALF_AN_HOUR)
    assert (done.made, done.complaints) == (None, ())
    assert [each.at for each in list_backups(stick)] == [NOW]


def test_a_disk_without_room_is_a_failure_that_says_so(paths: DataFolderPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "SPARE_BYTES", 1 << 60)
    with pytest.raises(StorageError, match="Free some space"):
        back_up(paths, BackupSettings(), kind=BackupKind.SCHEDULED, at=NOW)
