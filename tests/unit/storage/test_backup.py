"""A backup is a verified copy or nothing, made while the books are written, and it says what it holds."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import apsw
import pytest

from desktop_trader.domain.errors import BooksDamagedError, InvalidInputError, StorageError
from desktop_trader.domain.ledger import EntryKind
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.backups import BackupKind
from desktop_trader.storage import backup
from desktop_trader.storage.backup import (
    backup_now,
    copy_to,
    has_changed_since,
    prune_backups,
    verify_backup,
)
from desktop_trader.storage.backup_files import describe, list_backups, manifest_of
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from desktop_trader.storage.verify import VerificationStoppedError, VerifyWatch, verify, verify_folder
from tests.booked_account import BookedAccount, small_history
from tests.command_line import ROOT, environment
from tests.stored_account import book_more, stored_history

NOW = datetime(2026, 11, 20, 14, 30, 5, tzinfo=UTC)


@pytest.fixture
def paths(tmp_path: Path) -> DataFolderPaths:
    """A folder with a small history."""
    return stored_history(tmp_path / "books")


def names_in(folder: Path) -> list[str]:
    """Return the names of the files of a folder."""
    return sorted(each.name for each in folder.iterdir())


def edit(path: Path, statement: str) -> None:
    """Change a file behind the back of its triggers."""
    connection = apsw.Connection(str(path))
    for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute(statement)
    connection.close()


def test_a_backup_is_named_by_utc_time_and_kind_and_has_its_manifest(paths: DataFolderPaths) -> None:
    info = backup_now(paths, kind="manual", at=NOW)
    assert names_in(paths.backups) == [
        "desktop_trader-20261120T143005Z-manual.db",
        "desktop_trader-20261120T143005Z-manual.json",
    ]
    assert info.path.parent == paths.backups
    assert list_backups(paths.backups) == (info,)


def test_a_backup_holds_what_the_books_hold_and_verifies(paths: DataFolderPaths) -> None:
    books = verify_folder(paths)
    info = backup_now(paths, kind=BackupKind.SCHEDULED, at=NOW)
    assert info.facts is not None
    assert info.facts.entries == books.entries
    assert info.facts.head_hash == books.head_hash == verify(info.path).head_hash
    assert [(each.name, each.currency) for each in info.facts.accounts] == [("demo", "USDT")]
    assert info.facts.accounts[0].total == BookedAccount(SqliteLedgerStore.open(paths)).portfolio.wallet.total


def test_a_backup_is_made_while_the_books_are_written(paths: DataFolderPaths) -> None:
    store = SqliteLedgerStore.open(paths)
    account = BookedAccount(store)

    def write_on(_done: int, _total: int, _text: str) -> None:
        account.change("1", kind=EntryKind.DEPOSIT, key=f"meanwhile:{account.head.entry_id}")

    before = account.head
    info = backup_now(paths, kind="scheduled", at=NOW, watch=VerifyWatch(tell_progress=write_on))
    store.close()
    assert info.facts is not None
    assert (info.facts.entries, info.facts.head_hash) == (before.entry_id, before.hash)
    assert account.head.entry_id > before.entry_id
    assert verify(info.path).ok
    assert verify_folder(paths).ok


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_a_backup_and_its_folder_are_private_and_leave_nothing_beside_them(paths: DataFolderPaths) -> None:
    info = backup_now(paths, kind="quit", at=NOW)
    verify_backup(info.path)
    modes = {each.name: oct(each.stat().st_mode & 0o777) for each in paths.backups.iterdir()}
    assert modes == {info.path.name: "0o600", manifest_of(info.path).name: "0o600"}
    assert oct(paths.backups.stat().st_mode & 0o777) == "0o700"


def test_two_backups_of_one_second_have_two_names(paths: DataFolderPaths) -> None:
    first, second = (backup_now(paths, kind="manual", at=NOW) for _ in range(2))
    assert first.path != second.path
    assert len(list_backups(paths.backups)) == 2


def test_books_that_do_not_verify_are_not_backed_up(paths: DataFolderPaths) -> None:
    edit(paths.database, "UPDATE postings SET amount = amount + 1 WHERE entry = 3")
    with pytest.raises(BooksDamagedError, match="I1: "):
        backup_now(paths, kind="scheduled", at=NOW)
    assert names_in(paths.backups) == []


def test_books_that_were_rolled_back_are_not_backed_up(paths: DataFolderPaths) -> None:
    older = paths.database.read_bytes()
    book_more(paths)
    paths.database.write_bytes(older)
    with pytest.raises(BooksDamagedError, match="I8: "):
        backup_now(paths, kind="scheduled", at=NOW)
    assert names_in(paths.backups) == []


def test_a_backup_can_be_stopped_and_leaves_nothing(paths: DataFolderPaths) -> None:
    with pytest.raises(VerificationStoppedError):
        backup_now(paths, kind="manual", at=NOW, watch=VerifyWatch(should_stop=lambda: True))
    assert names_in(paths.backups) == []


def test_a_backup_to_a_file_never_overwrites_one(paths: DataFolderPaths, tmp_path: Path) -> None:
    target = tmp_path / "mine.db"
    info = backup_now(paths, kind="manual", target=target, at=NOW)
    assert verify(info.path).ok
    content = target.read_bytes()
    with pytest.raises(InvalidInputError, match="already"):
        backup_now(paths, kind="manual", target=target, at=NOW)
    assert target.read_bytes() == content
    assert names_in(tmp_path) == ["books", "mine.db"]


def test_a_full_disk_refuses_the_backup_before_it_is_begun(
    paths: DataFolderPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "SPARE_BYTES", 1 << 60)
    with pytest.raises(StorageError, match="Free some space"):
        backup_now(paths, kind="scheduled", at=NOW)
    assert names_in(paths.backups) == []


def test_a_folder_that_cannot_be_made_is_named(paths: DataFolderPaths) -> None:
    paths.backups.write_text("in the way")
    with pytest.raises(StorageError, match="backups cannot be used"):
        backup_now(paths, kind="scheduled", at=NOW)


def test_no_books_are_no_backup(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be read"):
        backup_now(DataFolderPaths(root=tmp_path), kind="manual", at=NOW)
    assert names_in(tmp_path / "backups") == []


def test_a_backup_that_changed_since_is_found_out(paths: DataFolderPaths) -> None:
    info = backup_now(paths, kind="manual", at=NOW)
    assert verify_backup(info.path) == info.facts
    content = bytearray(info.path.read_bytes())
    content[len(content) // 2] ^= 1
    info.path.write_bytes(content)
    with pytest.raises(BooksDamagedError, match="changed since it was made"):
        verify_backup(info.path)


def test_a_file_that_somebody_put_there_is_listed_and_verified(paths: DataFolderPaths) -> None:
    info = backup_now(paths, kind="manual", at=NOW)
    manifest_of(info.path).unlink()
    (listed,) = list_backups(paths.backups)
    assert not listed.was_verified
    assert (listed.facts, listed.kind, listed.at) == (info.facts, "manual", NOW)
    assert verify_backup(info.path) == info.facts


def test_a_file_that_cannot_be_read_is_listed_with_why(paths: DataFolderPaths) -> None:
    paths.backups.mkdir()
    (paths.backups / "desktop_trader-20261120T143005Z-manual.db").write_bytes(b"")
    (paths.backups / "notes.txt").write_text("not ours")
    (listed,) = list_backups(paths.backups)
    assert listed.facts is None
    assert "is empty" in listed.complaint


@pytest.mark.parametrize("manifest", [b"", b"{}", b"[" * 10_000, b'{"books": 1}', b"\xff\xfe"])
def test_a_manifest_that_is_none_counts_for_nothing(paths: DataFolderPaths, manifest: bytes) -> None:
    info = backup_now(paths, kind="manual", at=NOW)
    manifest_of(info.path).write_bytes(manifest)
    (listed,) = list_backups(paths.backups)
    assert not listed.was_verified
    assert listed.facts == info.facts


def test_a_manifest_of_a_file_of_another_size_counts_for_nothing(paths: DataFolderPaths) -> None:
    info = backup_now(paths, kind="manual", at=NOW)
    with info.path.open("ab") as file:
        file.write(b"\0" * 4096)
    listed = describe(info.path)
    assert (listed.was_verified, listed.facts) == (False, None)
    assert "damaged" in listed.complaint
    with pytest.raises(BooksDamagedError, match="changed since it was made"):
        verify_backup(info.path)


def test_what_an_entry_or_an_order_changed_asks_for_a_new_backup(paths: DataFolderPaths) -> None:
    assert has_changed_since(paths, None)
    info = backup_now(paths, kind="scheduled", at=NOW)
    assert not has_changed_since(paths, info)
    store = SqliteLedgerStore.open(paths)
    store.begin_session(NOW)
    store.close()
    assert not has_changed_since(paths, info), "a start alone changes nothing that a person would miss"
    book_more(paths)
    assert has_changed_since(paths, info)


def test_a_second_folder_gets_the_same_bytes(paths: DataFolderPaths, tmp_path: Path) -> None:
    info = backup_now(paths, kind="scheduled", at=NOW)
    there = copy_to(info, tmp_path / "elsewhere")
    assert there == replace(info, path=tmp_path / "elsewhere" / info.path.name)
    assert there.path.read_bytes() == info.path.read_bytes()
    assert list_backups(tmp_path / "elsewhere") == (there,)
    assert copy_to(info, tmp_path / "elsewhere") == there


def test_a_second_folder_that_is_away_is_said(paths: DataFolderPaths, tmp_path: Path) -> None:
    info = backup_now(paths, kind="scheduled", at=NOW)
    (tmp_path / "stick").write_text("a file, not a folder")
    with pytest.raises(StorageError, match="stick cannot be used"):
        copy_to(info, tmp_path / "stick")


def test_old_backups_are_deleted_with_their_manifests_and_nothing_else(paths: DataFolderPaths) -> None:
    made = [backup_now(paths, kind="scheduled", at=NOW - timedelta(days=5, hours=hours)) for hours in range(4)]
    newest = backup_now(paths, kind="scheduled", at=NOW)
    (paths.backups / "my own notes.txt").write_text("keep me")
    assert newest.facts is not None
    assert prune_backups(paths.backups, books_id="other books", now=NOW) == ()
    assert prune_backups(paths.backups, books_id=newest.facts.books_id, now=NOW) == tuple(made[1:])
    assert list_backups(paths.backups) == (newest, made[0])
    assert len(names_in(paths.backups)) == 5


def test_copies_that_a_kill_left_are_removed_when_they_are_old(paths: DataFolderPaths) -> None:
    paths.backups.mkdir()
    old, young = paths.backups / ".unfinished-1-old", paths.backups / ".unfinished-1-young"
    for each in (old, young):
        each.write_bytes(b"half a copy")
    os.utime(old, (1, 1))
    backup_now(paths, kind="manual", at=NOW)
    assert not old.exists()
    assert young.exists(), "another process may be at work on it"


KILL_POINTS = ("L17", "L17:3", "L17.verified", "L18")


@pytest.fixture
def long_history(tmp_path: Path) -> DataFolderPaths:
    """Books of more pages than are copied at once."""
    paths = DataFolderPaths(root=tmp_path / "long")
    paths.root.mkdir()
    store = SqliteLedgerStore.open(paths)
    account = small_history(store)
    for number in range(40):
        account.change("0.5", kind=EntryKind.DEPOSIT, key=f"{number}:{'x' * 60_000}")
    store.close()
    return paths


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX")
@pytest.mark.parametrize("point", [*KILL_POINTS, "L18.renamed"])
def test_a_backup_killed_anywhere_is_one_more_or_none(
    long_history: DataFolderPaths, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row F10 of the fault list."""
    paths = long_history
    before = verify_folder(paths)
    program = (
        "import sys; from datetime import *; from pathlib import Path\n"
        "from desktop_trader.domain.money import install_context; install_context()\n"
        "from desktop_trader.locations import DataFolderPaths\n"
        "from desktop_trader.storage.backup import backup_now\n"
        "backup_now(DataFolderPaths(root=Path(sys.argv[1])), kind='scheduled', at=datetime.now(UTC))\n"
    )
    killed = subprocess.run(
        [sys.executable, "-c", program, str(paths.root)],
        env={**environment(), "DESKTOP_TRADER_CRASH_AT": point},
        cwd=ROOT,
        check=False,
        timeout=60,
    )
    assert killed.returncode == -signal.SIGKILL
    listed = list_backups(paths.backups)
    assert len(listed) == (1 if point == "L18.renamed" else 0)
    for each in listed:
        assert each.was_verified
        assert verify_backup(each.path) == each.facts
    after = verify_folder(paths)
    assert (after.ok, after.head_hash) == (True, before.head_hash)
    backup_now(paths, kind="scheduled", at=NOW)


def test_the_documents_figure_is_exact_in_the_manifest(paths: DataFolderPaths) -> None:
    book_more(paths, "0.00000001")
    info = backup_now(paths, kind="manual", at=NOW)
    (listed,) = list_backups(paths.backups)
    assert listed.facts is not None
    assert info.facts is not None
    assert listed.facts.accounts[0].total == info.facts.accounts[0].total
    assert listed.facts.accounts[0].total % Decimal("0.00000001") == 0
