"""The seal of a closed database: there after a clean end only, gone before anything is written, never in the way."""

import os
from pathlib import Path

import apsw
import pytest

from desktop_trader.domain.errors import BooksDamagedError
from desktop_trader.domain.ledger import EntryKind
from desktop_trader.locations import DataFolderPaths, data_folder
from desktop_trader.storage import closed_seal
from desktop_trader.storage.closed_seal import seal_complaint, seal_path
from desktop_trader.storage.ledger_reader import LedgerReader
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from desktop_trader.storage.verify import verify_folder
from tests.booked_account import BookedAccount, small_history


@pytest.fixture
def closed(tmp_path: Path) -> DataFolderPaths:
    paths = data_folder(tmp_path / "books")
    paths.root.mkdir(mode=0o700)
    store = SqliteLedgerStore.open(paths)
    small_history(store)
    store.close()
    return paths


def test_a_closed_database_is_sealed_and_an_open_one_is_not(closed: DataFolderPaths) -> None:
    assert seal_path(closed.database).stat().st_mode & 0o777 == 0o600
    store = SqliteLedgerStore.open(closed)
    assert not seal_path(closed.database).exists()
    BookedAccount(store).change("1", kind=EntryKind.DEPOSIT)
    assert verify_folder(closed).ok
    store.close()
    assert seal_path(closed.database).exists()
    assert verify_folder(closed).ok


def test_a_byte_that_no_law_knows_of_is_noticed(closed: DataFolderPaths) -> None:
    content = bytearray(closed.database.read_bytes())
    place = content.index(b"Opened LONG position")
    changed = content.replace(b"dt-7", b"dt-8", 1)
    assert len(changed) == len(content) > place
    closed.database.write_bytes(changed)
    report = verify_folder(closed)
    assert not report.ok
    assert "not byte for byte" in report.integrity


@pytest.mark.requirement("R47")
def test_a_start_refuses_a_change_that_no_law_knows_of_until_a_person_takes_the_seal_away(
    closed: DataFolderPaths,
) -> None:
    content = closed.database.read_bytes()
    closed.database.write_bytes(content.replace(b"dt-7", b"dt-8", 1))
    for _ in range(2):
        with pytest.raises(BooksDamagedError, match=r"not byte for byte .* delete desktop_trader\.seal .* restore"):
            SqliteLedgerStore.open(closed)
        assert "not byte for byte" in verify_folder(closed).integrity, "a start that was refused keeps the evidence"
    seal_path(closed.database).unlink()
    store = SqliteLedgerStore.open(closed)
    assert store.notes == ()
    store.close()
    assert seal_path(closed.database).exists()


def test_a_change_is_told_beside_a_cache_that_was_rebuilt(closed: DataFolderPaths) -> None:
    connection = apsw.Connection(str(closed.database))
    connection.execute("UPDATE wallet SET total_pnl = 0")
    connection.close()
    store = SqliteLedgerStore.open(closed)
    rebuilt, changed = store.notes
    assert "rebuilt from the journal" in rebuilt
    assert "not byte for byte" in changed
    store.close()
    again = SqliteLedgerStore.open(closed)
    assert again.notes == ()
    again.close()


def test_a_large_file_is_compared_when_its_time_is_another(
    closed: DataFolderPaths, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(closed_seal, "_START_BYTES", 1_000)
    with caplog.at_level("INFO"):
        SqliteLedgerStore.open(closed).close()
    assert "was not compared byte for byte" in caplog.text
    content, found = closed.database.read_bytes(), closed.database.stat()
    os.utime(closed.database, ns=(found.st_atime_ns, found.st_mtime_ns + 1_000_000_000))
    SqliteLedgerStore.open(closed).close()  # touched, and byte for byte the same
    closed.database.write_bytes(content.replace(b"dt-7", b"dt-8", 1))
    os.utime(closed.database, ns=(found.st_atime_ns, found.st_mtime_ns + 2_000_000_000))
    with pytest.raises(BooksDamagedError, match="not byte for byte"):
        SqliteLedgerStore.open(closed)


def test_books_that_were_only_opened_keep_their_seal(closed: DataFolderPaths) -> None:
    sealed = seal_path(closed.database).read_bytes()
    SqliteLedgerStore.open(closed).close()
    assert seal_path(closed.database).read_bytes() == sealed
    assert verify_folder(closed).ok


def test_reading_changes_nothing(closed: DataFolderPaths) -> None:
    reader = LedgerReader.open(closed)
    reader.close()
    assert seal_complaint(closed.database) is None


@pytest.mark.parametrize("content", [b"", b"DTRS2 ", b"DTRS2 abc 1 2 def\n", b"\xff" * 100])
def test_a_seal_that_cannot_be_read_says_nothing(closed: DataFolderPaths, content: bytes) -> None:
    seal_path(closed.database).write_bytes(content)
    assert verify_folder(closed).ok


def test_a_reader_that_still_reads_leaves_the_database_unsealed(closed: DataFolderPaths) -> None:
    store = SqliteLedgerStore.open(closed)
    BookedAccount(store).change("1", kind=EntryKind.DEPOSIT)
    reader = LedgerReader.open(closed)
    store.close()
    assert not seal_path(closed.database).exists()
    reader.close()
    assert verify_folder(closed).ok
