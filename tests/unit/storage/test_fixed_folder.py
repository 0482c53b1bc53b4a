"""Books in a folder that cannot be written to: what was closed is read, what was not is refused with a next step."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from desktop_trader.domain.errors import StorageError
from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage import database
from desktop_trader.storage.books_facts import open_source, read_facts
from desktop_trader.storage.database import open_reader
from desktop_trader.storage.ledger_reader import LedgerReader
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from desktop_trader.storage.verify import verify_folder
from tests.booked_account import BookedAccount
from tests.command_line import desktop_trader
from tests.faults.small_disk import SmallDisk, small_disk


@pytest.fixture
def paths(tmp_path: Path) -> DataFolderPaths:
    """Books that were closed."""
    return booked(tmp_path / "books")


def booked(root: Path) -> DataFolderPaths:
    root.mkdir()
    paths = DataFolderPaths(root=root)
    store = SqliteLedgerStore.open(paths)
    BookedAccount(store).change("10000")
    store.close()
    return paths


@pytest.fixture
def fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no folder be written to, and SQLite find nowhere to put its index: rights do not bind the root user."""
    reading = database._reading

    def refusing(name: str, how: int = 0) -> tuple[apsw.Connection, int, int]:
        if not how:
            raise apsw.CantOpenError("unable to open database file")
        return reading(name, how)

    monkeypatch.setattr(database, "_reading", refusing)
    monkeypatch.setattr(os, "access", lambda _path, mode: mode != os.W_OK)


@pytest.mark.usefixtures("fixed")
def test_closed_books_are_read_where_nothing_can_be_written(paths: DataFolderPaths) -> None:
    connection = open_reader(paths.database)
    assert connection.execute("SELECT count(*) FROM ledger_entries").get == 1
    with pytest.raises(apsw.ReadOnlyError):
        connection.execute("DELETE FROM wallet")
    connection.close()
    source = open_source(paths.database)
    assert read_facts(source).entries == 1
    source.close()


@pytest.mark.usefixtures("fixed")
def test_an_empty_journal_is_none(paths: DataFolderPaths) -> None:
    paths.database.with_name(paths.database.name + "-wal").touch()
    open_reader(paths.database).close()


@pytest.mark.usefixtures("fixed")
def test_books_that_were_not_closed_are_refused_with_why_and_what_to_do(paths: DataFolderPaths) -> None:
    paths.database.with_name(paths.database.name + "-wal").write_bytes(b"the newest entries")
    with pytest.raises(
        StorageError, match=r"newest entries are still in desktop_trader\.db-wal.*Copy the whole folder"
    ):
        open_reader(paths.database)


def test_where_the_folder_can_be_written_to_a_refusal_stays_one(
    paths: DataFolderPaths, fixed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: True)
    with pytest.raises(StorageError, match="cannot be opened"):
        open_reader(paths.database)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", "24m") as mounted:
        yield mounted


def test_closed_books_on_a_medium_that_is_only_read_are_shown_and_verify(disk: SmallDisk) -> None:
    paths = booked(disk.root / "books")
    disk.remount(is_read_only=True)
    reader = LedgerReader.open(paths)
    assert reader.account_names() == ("demo",)
    reader.close()
    assert verify_folder(paths).ok


@pytest.mark.slow
def test_the_command_line_shows_them_too(disk: SmallDisk) -> None:
    paths = booked(disk.root / "books")
    disk.remount(is_read_only=True)
    for words in (("balance", "show"), ("db", "verify"), ("balance", "history")):
        assert desktop_trader(*words, data_dir=paths.root).code == 0, words


def test_books_of_a_killed_process_on_such_a_medium_are_refused_and_their_copy_is_read(
    disk: SmallDisk, tmp_path: Path
) -> None:
    writing = tmp_path / "writing"
    writing.mkdir()
    store = SqliteLedgerStore.open(DataFolderPaths(root=writing))
    BookedAccount(store).change("10000")
    shutil.copytree(writing, disk.root / "books", ignore=shutil.ignore_patterns("*-shm"))
    store.close()
    disk.remount(is_read_only=True)
    paths = DataFolderPaths(root=disk.root / "books")
    with pytest.raises(StorageError, match="Copy the whole folder"):
        open_reader(paths.database)
    shutil.copytree(paths.root, tmp_path / "copy")
    connection = open_reader(DataFolderPaths(root=tmp_path / "copy").database)
    assert connection.execute("SELECT count(*) FROM ledger_entries").get == 1
    connection.close()
