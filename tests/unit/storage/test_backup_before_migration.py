"""Books of an older schema are kept, verified, as they were, before anything in them is changed (R4)."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import apsw
import pytest

from desktop_trader.domain.errors import BooksDamagedError, StorageError
from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage import backup
from desktop_trader.storage.backup import verify_backup
from desktop_trader.storage.backup_files import list_backups
from desktop_trader.storage.books_file import open_books
from desktop_trader.storage.database import check_header
from desktop_trader.storage.schema_version import SCHEMA_VERSION
from desktop_trader.storage.verify import VerificationStoppedError, VerifyWatch, verify_folder

NOW = datetime(2026, 11, 20, tzinfo=UTC)
FIXTURE = Path(__file__).parents[2] / "fixtures" / "books_v1"


@pytest.fixture
def paths(tmp_path: Path) -> DataFolderPaths:
    """A folder with books of schema version 1."""
    shutil.copytree(FIXTURE, tmp_path / "books")
    return DataFolderPaths(root=tmp_path / "books")


@pytest.mark.requirement("R4")
def test_older_books_are_backed_up_then_migrated_and_the_figures_are_equal(paths: DataFolderPaths) -> None:
    opened = open_books(paths)
    opened.connection.close()
    opened.anchor.close()
    (kept,) = list_backups(paths.backups)
    assert kept.kind == "migration"
    assert any(str(kept.path) in note for note in opened.notes), "the start names the file"
    old = verify_backup(kept.path)
    assert old == kept.facts
    assert old.schema_version == 1
    after = verify_folder(paths)
    assert (after.ok, after.entries, after.head_hash) == (True, old.entries, old.head_hash)
    now = backup.backup_now(paths, kind="manual", at=kept.at).facts
    assert now is not None
    assert (now.schema_version, now.accounts) == (SCHEMA_VERSION, old.accounts)


def test_a_second_start_makes_no_second_backup(paths: DataFolderPaths) -> None:
    for _ in range(2):
        opened = open_books(paths)
        opened.connection.close()
        opened.anchor.close()
    assert len(list_backups(paths.backups)) == 1


def test_without_a_backup_nothing_is_migrated(paths: DataFolderPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    content = paths.database.read_bytes()
    monkeypatch.setattr(backup, "SPARE_BYTES", 1 << 60)
    with pytest.raises(StorageError, match="Free some space"):
        open_books(paths)
    assert paths.database.read_bytes() == content
    assert check_header(paths.database) == 1


def test_older_books_that_do_not_verify_are_not_migrated(paths: DataFolderPaths) -> None:
    connection = apsw.Connection(str(paths.database))
    connection.execute("DROP TRIGGER postings_refuse_update")
    connection.execute("UPDATE postings SET amount = amount + 1 WHERE entry = 2")
    connection.close()
    with pytest.raises(BooksDamagedError, match="I1: "):
        open_books(paths)
    assert check_header(paths.database) == 1
    assert list_backups(paths.backups) == ()


def test_the_backup_of_older_books_can_be_stopped(paths: DataFolderPaths) -> None:
    asked = iter((False, True, True, True))
    watch = VerifyWatch(should_stop=lambda: next(asked, True))
    with pytest.raises(VerificationStoppedError):
        backup.backup_now(paths, kind="migration", at=NOW, watch=watch)
    assert list_backups(paths.backups) == ()
    assert check_header(paths.database) == 1
