"""Backups are made behind the engine, tried again when they fail, and never hold anybody up."""

import logging
import threading
from pathlib import Path

import apsw
import pytest

from desktop_trader import backup_schedule
from desktop_trader.backup_schedule import FIRST_AFTER_SECONDS, RETRY_SECONDS, BackupSchedule, back_up_at_end
from desktop_trader.locations import DataFolderPaths
from desktop_trader.settings import BackupSettings, Settings
from desktop_trader.storage import backup
from desktop_trader.storage.backup_files import list_backups
from desktop_trader.storage.settings_file import save_settings
from desktop_trader.storage.verify import VerifyWatch
from tests.stored_account import book_more, stored_history


@pytest.fixture
def paths(tmp_path: Path) -> DataFolderPaths:
    """A folder with a small history."""
    return stored_history(tmp_path / "books")


class Waits:
    """Stands in for the time between rounds: notes what was asked for, does something meanwhile, ends at the last."""

    def __init__(self, *between: object) -> None:
        self.asked: list[float] = []
        self._between = list(between)

    def __call__(self, seconds: float) -> bool:
        self.asked.append(seconds)
        if not self._between:
            return True
        act = self._between.pop(0)
        if callable(act):
            act()
        return False


class Ended:
    """Stops a schedule only once it has come to its own end."""

    def __init__(self, paths: DataFolderPaths, waits: Waits) -> None:
        self.told: list[str] = []
        self._over = threading.Event()

        def wait(seconds: float) -> bool:
            is_over = waits(seconds)
            if is_over:
                self._over.set()
            return is_over

        self.damage: list[str] = []
        schedule = BackupSchedule(paths, on_trouble=self.told.append, on_damage=self.damage.append, wait=wait)
        schedule.start()
        assert self._over.wait(30)
        schedule.stop()


def test_a_round_is_made_soon_after_the_start_and_then_every_half_hour(paths: DataFolderPaths) -> None:
    waits = Waits(None, lambda: book_more(paths), None)
    assert Ended(paths, waits).told == []
    assert waits.asked == [FIRST_AFTER_SECONDS, 1_800.0, 1_800.0, 1_800.0]
    assert [each.kind for each in list_backups(paths.backups)] == ["scheduled", "scheduled"]


def test_a_failure_is_told_once_and_tried_again_sooner(paths: DataFolderPaths) -> None:
    paths.backups.write_text("in the way")
    waits = Waits(None, None, paths.backups.unlink, None)
    (said,) = Ended(paths, waits).told
    assert "No backup could be made" in said
    assert "tried again in 5 minutes" in said
    assert waits.asked == [FIRST_AFTER_SECONDS, RETRY_SECONDS, RETRY_SECONDS, 1_800.0, 1_800.0]
    assert len(list_backups(paths.backups)) == 1


@pytest.mark.requirement("R47")
def test_books_that_do_not_verify_are_told_as_damage(paths: DataFolderPaths) -> None:
    forge(paths.database)
    ended = Ended(paths, Waits(None))
    assert ["No backup could be made" in text for text in ended.told] == [True]
    assert ["I8: entry 5 " in text for text in ended.damage] == [True]


def test_a_copy_that_was_damaged_on_its_way_is_no_damage_of_the_books(
    paths: DataFolderPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = backup._copy

    def damage_on_the_way(database: Path, unfinished: Path, watch: VerifyWatch) -> None:
        copy(database, unfinished, watch)
        forge(unfinished)

    monkeypatch.setattr(backup, "_copy", damage_on_the_way)
    ended = Ended(paths, Waits(None))
    assert ["No backup could be made" in text for text in ended.told] == [True]
    assert ended.damage == []


def forge(database: Path) -> None:
    connection = apsw.Connection(str(database))
    connection.execute("DROP TRIGGER ledger_entries_refuse_update")
    connection.execute("UPDATE ledger_entries SET reason = 'forged' WHERE id = 5")
    connection.close()


def test_a_folder_chosen_meanwhile_counts(paths: DataFolderPaths, tmp_path: Path) -> None:
    def choose() -> None:
        chosen = BackupSettings(second_folder=str(tmp_path / "second"), every_minutes=5)
        save_settings(paths.settings_file, Settings(backups=chosen))

    waits = Waits(None, choose)
    Ended(paths, waits)
    assert waits.asked[-1] == 300.0
    assert len(list_backups(tmp_path / "second")) == 1


def test_a_schedule_that_is_stopped_in_the_middle_leaves_nothing(
    paths: DataFolderPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup_schedule, "FIRST_AFTER_SECONDS", 0.0)
    schedule = BackupSchedule(paths, on_trouble=pytest.fail, on_damage=pytest.fail)
    schedule._stop.set()
    schedule.start()
    schedule.stop()
    assert not paths.backups.exists() or list(paths.backups.iterdir()) == []


def test_a_quit_makes_a_backup_if_anything_changed(paths: DataFolderPaths) -> None:
    for _ in range(2):
        back_up_at_end(paths, seconds_max=30)
    assert [each.kind for each in list_backups(paths.backups)] == ["quit"]


def test_a_quit_that_would_take_too_long_goes_without(paths: DataFolderPaths, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        back_up_at_end(paths, seconds_max=-1)
    assert "the next start makes one" in caplog.text
    assert list_backups(paths.backups) == ()


def test_a_quit_is_never_held_up_by_a_disk(paths: DataFolderPaths, caplog: pytest.LogCaptureFixture) -> None:
    paths.backups.write_text("in the way")
    with caplog.at_level(logging.WARNING):
        back_up_at_end(paths, seconds_max=30)
    assert "No backup could be made at the end" in caplog.text
