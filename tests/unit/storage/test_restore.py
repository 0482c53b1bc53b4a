"""A restore is looked at first, overwrites nothing, and is finished or undone wherever a kill falls."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import apsw
import pytest

from desktop_trader.domain.errors import BooksDamagedError, InvalidInputError, StorageError
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.backups import BackupInfo
from desktop_trader.storage import folder_swap
from desktop_trader.storage.backup import backup_now
from desktop_trader.storage.backup_files import list_backups
from desktop_trader.storage.books_file import open_books
from desktop_trader.storage.folder_swap import finish_swap, staged_path
from desktop_trader.storage.ledger_reader import LedgerReader
from desktop_trader.storage.restore import newest_good_backup, order_restore, preview_restore
from desktop_trader.storage.verify import verify, verify_folder
from tests.command_line import ROOT, environment
from tests.stored_account import book_more, stored_history

NOW = datetime(2026, 11, 20, 14, 30, 5, tzinfo=UTC)
ASIDE = "20261120T143005Z"


@pytest.fixture
def paths(tmp_path: Path) -> DataFolderPaths:
    """A folder with a small history."""
    return stored_history(tmp_path / "books")


@pytest.fixture
def backup(paths: DataFolderPaths) -> BackupInfo:
    """A backup, after which one more entry was booked."""
    made = backup_now(paths, kind="scheduled", at=NOW)
    book_more(paths)
    return made


def start(paths: DataFolderPaths) -> tuple[str, ...]:
    """Open the books as a start does, close them, and return what it told."""
    opened = open_books(paths)
    opened.connection.close()
    opened.anchor.close()
    return opened.notes


def names_in(folder: Path) -> set[str]:
    """Return the names of the files of a folder."""
    return {each.name for each in folder.iterdir()}


def test_the_preview_says_what_there_is_and_what_would_be_lost(paths: DataFolderPaths, backup: BackupInfo) -> None:
    before = paths.database.read_bytes()
    seen = preview_restore(paths, backup.path)
    assert seen.backup == backup
    assert seen.now is not None
    assert seen.lost_entries == 1
    assert seen.now.accounts[0].total - backup.facts.accounts[0].total == 1  # type: ignore[union-attr]
    assert paths.database.read_bytes() == before
    assert not paths.swap_order.exists()


def test_the_preview_of_other_books_does_not_call_their_entries_lost_ones(
    paths: DataFolderPaths, tmp_path: Path
) -> None:
    other = stored_history(tmp_path / "other")
    book_more(other, "7")
    made = backup_now(other, kind="manual", at=NOW)
    book_more(paths, "8")
    assert preview_restore(paths, made.path).lost_entries is None


def test_the_preview_works_where_there_are_no_books(tmp_path: Path, backup: BackupInfo) -> None:
    seen = preview_restore(DataFolderPaths(root=tmp_path / "new"), backup.path)
    assert (seen.now, seen.lost_entries) == (None, None)
    assert "cannot be read" in seen.complaint


def test_a_restore_brings_the_backup_and_keeps_what_was_there(paths: DataFolderPaths, backup: BackupInfo) -> None:
    present = verify_folder(paths)
    order_restore(paths, backup.path, at=NOW)
    assert verify_folder(paths).head_hash == present.head_hash, "an order alone changes nothing"
    (note,) = start(paths)
    assert str(backup.path) in note
    assert f"desktop_trader.db.replaced-{ASIDE}" in note
    after = verify_folder(paths)
    assert backup.facts is not None
    assert (after.ok, after.head_hash) == (True, backup.facts.head_hash)
    aside = paths.root / f"desktop_trader.db.replaced-{ASIDE}"
    assert verify(aside).head_hash == present.head_hash
    assert not paths.swap_order.exists()
    assert [each.kind for each in list_backups(paths.backups)] == ["scheduled", "restore"]
    assert start(paths) == ()
    book_more(paths, "2")
    assert verify_folder(paths).ok


@pytest.mark.slow
def test_what_a_killed_process_left_beside_the_database_goes_aside_with_it(
    paths: DataFolderPaths, backup: BackupInfo
) -> None:
    # A reader that was killed keeps the journal beside its database.
    program = (
        "import os, signal, sys\nimport apsw\n"
        "connection = apsw.Connection(sys.argv[1])\n"
        "connection.execute('INSERT INTO sessions (started_at) VALUES (\\'2026-01-01T00:00:00+00:00\\')')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(paths.database)], check=False)
    assert paths.database.with_name("desktop_trader.db-wal").stat().st_size > 0
    order_restore(paths, backup.path, at=NOW)
    assert len(start(paths)) == 1
    aside = paths.root / f"desktop_trader.db.replaced-{ASIDE}"
    connection = apsw.Connection(str(aside))
    assert connection.execute("SELECT count(*) FROM sessions").get == 1, "the journal was still its own"
    connection.close()
    assert verify_folder(paths).ok


LATE = """
import os, signal, sys
from pathlib import Path
from desktop_trader.domain.ledger import EntryKind
from desktop_trader.domain.money import install_context
from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from tests.booked_account import BookedAccount
install_context()
account = BookedAccount(SqliteLedgerStore.open(DataFolderPaths(root=Path(sys.argv[1]))))
account.change("7", kind=EntryKind.DEPOSIT, key="late")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX")
def test_a_restore_can_be_taken_back_with_what_only_the_journal_had(paths: DataFolderPaths, backup: BackupInfo) -> None:
    subprocess.run([sys.executable, "-c", LATE, str(paths.root)], env=environment(), cwd=ROOT, check=False)
    late = verify_folder(paths)
    assert late.entries == 22
    order_restore(paths, backup.path, at=NOW)
    start(paths)
    assert verify_folder(paths).entries == 20
    aside = paths.root / f"desktop_trader.db.replaced-{ASIDE}"
    assert aside.with_name(f"{aside.name}-wal").stat().st_size > 0
    seen = preview_restore(paths, aside)
    assert seen.backup.facts is not None
    assert seen.backup.facts.entries == 22
    order_restore(paths, aside, at=NOW)
    start(paths)
    after = verify_folder(paths)
    assert (after.ok, after.head_hash) == (True, late.head_hash)
    assert not [each for each in paths.backups.iterdir() if each.name.startswith(".unfinished")]


def test_the_present_books_are_no_backup_of_themselves(paths: DataFolderPaths) -> None:
    for act in (preview_restore, lambda *words: order_restore(*words, at=NOW)):
        with pytest.raises(InvalidInputError, match="the present books themselves"):
            act(paths, paths.root / "." / paths.database.name)
    assert not paths.swap_order.exists()


def test_damaged_books_go_aside_as_damaged(paths: DataFolderPaths, backup: BackupInfo) -> None:
    connection = apsw.Connection(str(paths.database))
    connection.execute("DROP TRIGGER postings_refuse_update")
    connection.execute("UPDATE postings SET amount = amount + 1 WHERE entry = 2")
    connection.close()
    damaged = paths.database.read_bytes()
    order_restore(paths, backup.path, at=NOW)
    start(paths)
    assert (paths.root / f"desktop_trader.db.corrupt-{ASIDE}").read_bytes() == damaged
    assert verify_folder(paths).ok


def test_books_that_were_rolled_back_can_be_restored(paths: DataFolderPaths) -> None:
    """Row F19 of the fault list: the anchor knows better than the file."""
    older = paths.database.read_bytes()
    book_more(paths)
    newer = backup_now(paths, kind="scheduled", at=NOW)
    paths.database.write_bytes(older)
    with pytest.raises(BooksDamagedError, match="db restore"):
        open_books(paths)
    order_restore(paths, newer.path, at=NOW)
    start(paths)
    assert newer.facts is not None
    assert verify_folder(paths).head_hash == newer.facts.head_hash


def test_a_missing_database_can_be_restored(paths: DataFolderPaths, backup: BackupInfo) -> None:
    """Row F20 of the fault list."""
    paths.database.unlink()
    with pytest.raises(BooksDamagedError, match="is missing"):
        open_books(paths)
    order_restore(paths, backup.path, at=NOW)
    start(paths)
    assert verify_folder(paths).ok


def test_a_database_that_is_gone_with_its_anchor_is_no_new_account_while_there_are_backups(
    paths: DataFolderPaths, backup: BackupInfo
) -> None:
    """Row F20 of the fault list: even who took everything but the backups away does not begin anew by mistake."""
    for each in (paths.database, paths.anchor):
        each.unlink()
    with pytest.raises(BooksDamagedError, match="there are backups of it"):
        open_books(paths)
    with pytest.raises(BooksDamagedError, match="there are backups of it"):
        LedgerReader.open(paths)
    assert not paths.database.exists()
    order_restore(paths, backup.path, at=NOW)
    start(paths)
    assert verify_folder(paths).ok


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(b"", "is empty", id="no bytes"),
        pytest.param(b"<html>not found</html>", "not a database", id="a page"),
        pytest.param(None, "schema version 99", id="newer"),
        pytest.param(b"damaged", "changed since", id="damaged"),
    ],
)
def test_what_is_no_good_backup_is_refused_and_nothing_is_touched(
    paths: DataFolderPaths, backup: BackupInfo, content: bytes | None, says: str
) -> None:
    book_more(paths)
    if content is None:
        foreign = backup.path.with_name("other.db")
        foreign.write_bytes(backup.path.read_bytes())
        connection = apsw.Connection(str(foreign))
        connection.execute("PRAGMA user_version = 99")
        connection.close()
    elif content == b"damaged":
        foreign = backup.path
        damaged = bytearray(foreign.read_bytes())
        damaged[5_000] ^= 0xFF
        foreign.write_bytes(damaged)
    else:
        foreign = backup.path.with_name("other.db")
        foreign.write_bytes(content)
    untouched, names = foreign.read_bytes(), names_in(paths.root)
    with pytest.raises(StorageError, match=says):
        order_restore(paths, foreign, at=NOW)
    with pytest.raises(StorageError, match=says):
        preview_restore(paths, foreign)
    assert foreign.read_bytes() == untouched
    assert names_in(paths.root) == names


def test_two_restores_within_one_second_keep_both_of_what_was_there(paths: DataFolderPaths, backup: BackupInfo) -> None:
    first = verify_folder(paths).head_hash
    order_restore(paths, backup.path, at=NOW)
    start(paths)
    book_more(paths, "6")
    second = verify_folder(paths).head_hash
    order_restore(paths, backup.path, at=NOW)
    start(paths)
    kept = [paths.root / f"desktop_trader.db.replaced-{ASIDE}{number}" for number in ("", "-2")]
    assert [verify(each).head_hash for each in kept] == [first, second]


def test_the_newest_backup_that_verifies_is_found_past_damaged_ones(paths: DataFolderPaths, tmp_path: Path) -> None:
    good = backup_now(paths, kind="scheduled", at=NOW)
    bad = backup_now(paths, kind="scheduled", at=NOW.replace(hour=15))
    bad.path.write_bytes(bad.path.read_bytes()[:-4096])
    (paths.backups / "desktop_trader-20261120T160000Z-manual.db").write_bytes(b"")
    assert newest_good_backup(paths) == good
    assert newest_good_backup(DataFolderPaths(root=tmp_path / "none")) is None


@pytest.mark.parametrize("damage", ["garbage in the order", "a staged file that changed", "a staged file that is gone"])
def test_an_order_that_cannot_be_carried_out_leaves_the_books_as_they_were(
    paths: DataFolderPaths, backup: BackupInfo, damage: str
) -> None:
    present = verify_folder(paths)
    order_restore(paths, backup.path, at=NOW)
    staged = staged_path(paths, paths.database.name)
    if damage == "garbage in the order":
        paths.swap_order.write_text("no order")
    elif damage == "a staged file that changed":
        staged.write_bytes(b"what the disk made of it")
    else:
        staged.unlink()
    (note,) = start(paths)
    assert "could not be finished" in note
    after = verify_folder(paths)
    assert (after.ok, after.head_hash) == (True, present.head_hash)
    assert not paths.swap_order.exists()
    assert not staged.exists()


def test_an_order_that_can_no_longer_be_carried_out_puts_back_what_was_moved(
    paths: DataFolderPaths, backup: BackupInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    present = verify_folder(paths)
    order_restore(paths, backup.path, at=NOW)

    class Killed(BaseException):
        """Stands in for a kill."""

    def die(name: str) -> None:
        if name == "L25.restore.aside":
            raise Killed

    monkeypatch.setattr(folder_swap, "crash_point", die)
    with pytest.raises(Killed):
        finish_swap(paths)
    assert not paths.database.exists()
    staged_path(paths, paths.database.name).write_bytes(b"what the disk made of it")
    assert "as they were" in finish_swap(paths)[0]
    after = verify_folder(paths)
    assert (after.ok, after.head_hash) == (True, present.head_hash)


def test_a_journal_that_was_not_moved_yet_stays_with_books_that_are_put_back(
    paths: DataFolderPaths, backup: BackupInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_restore(paths, backup.path, at=NOW)
    journal = paths.database.with_name("desktop_trader.db-wal")
    journal.write_bytes(b"the last commits")

    class Killed(BaseException):
        """Stands in for a kill."""

    def die(name: str) -> None:
        if name == "L25.restore.out.desktop_trader.db":
            raise Killed

    monkeypatch.setattr(folder_swap, "crash_point", die)
    with pytest.raises(Killed):
        finish_swap(paths)
    staged_path(paths, paths.database.name).write_bytes(b"what the disk made of it")
    finish_swap(paths)
    assert journal.read_bytes() == b"the last commits"
    assert paths.database.exists()


def test_who_reads_in_the_middle_of_a_restore_is_told_so(
    paths: DataFolderPaths, backup: BackupInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_restore(paths, backup.path, at=NOW)

    class Killed(BaseException):
        """Stands in for a kill."""

    def die(name: str) -> None:
        if name == "L25.restore.aside":
            raise Killed

    monkeypatch.setattr(folder_swap, "crash_point", die)
    with pytest.raises(Killed):
        finish_swap(paths)
    with pytest.raises(BooksDamagedError, match="half done"):
        LedgerReader.open(paths)


POINTS = [
    "L25.restore.staged",
    "L25.restore.ordered",
    "L25.restore.out.desktop_trader.db",
    "L25.restore.out.-wal",
    "L25.restore.aside",
    "L25.restore.in.desktop_trader.db",
    "L25.restore.anchored",
]
RESTORE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from desktop_trader.domain.money import install_context
from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage.books_file import open_books
from desktop_trader.storage.restore import order_restore
install_context()
paths = DataFolderPaths(root=Path(sys.argv[1]))
if len(sys.argv) > 2:
    order_restore(paths, Path(sys.argv[2]), at=datetime(2026, 11, 20, 14, 30, 5, tzinfo=UTC))
opened = open_books(paths)
print(*opened.notes, sep="\\n")
"""


def restore_in_a_process(paths: DataFolderPaths, *, backup: Path | None, dies_at: str = "") -> int:
    """Restore, or only start, in a process of its own, and return how it ended."""
    words = [str(paths.root), *([] if backup is None else [str(backup)])]
    variables = environment() | ({"DESKTOP_TRADER_CRASH_AT": dies_at} if dies_at else {})
    done = subprocess.run([sys.executable, "-c", RESTORE, *words], env=variables, cwd=ROOT, check=False, timeout=60)
    return done.returncode


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX")
@pytest.mark.parametrize("point", POINTS)
def test_a_restore_killed_at_every_step_has_not_begun_or_is_finished_by_the_next_start(
    paths: DataFolderPaths, backup: BackupInfo, point: str
) -> None:
    """Row F09 of the fault list: killed twice at the same step as well."""
    assert backup.facts is not None
    present = verify_folder(paths)
    assert restore_in_a_process(paths, backup=backup.path, dies_at=point) == -signal.SIGKILL
    restore_in_a_process(paths, backup=None, dies_at=point)
    assert restore_in_a_process(paths, backup=None) == 0
    after = verify_folder(paths)
    was_ordered = point != "L25.restore.staged"
    assert after.ok
    assert after.head_hash == (backup.facts.head_hash if was_ordered else present.head_hash)
    kept = [each for each in paths.root.glob("desktop_trader.db.replaced-*") if not each.name.endswith(("wal", "shm"))]
    assert len(kept) == was_ordered
    for each in kept:
        assert verify(each).head_hash == present.head_hash
    assert not paths.swap_order.exists()


def test_a_restored_account_goes_on(paths: DataFolderPaths, backup: BackupInfo) -> None:
    order_restore(paths, backup.path, at=NOW)
    start(paths)
    book_more(paths, "3.5")
    reader = LedgerReader.open(paths)
    assert backup.facts is not None
    portfolio = reader.load("demo").portfolio
    reader.close()
    assert portfolio is not None
    assert portfolio.wallet.total - backup.facts.accounts[0].total == Decimal("3.5")


@pytest.mark.parametrize(
    "left",
    [
        "desktop_trader.db-wal",
        "desktop_trader.db-journal",
        "desktop_trader.seal",
        f"desktop_trader.db.replaced-{ASIDE}",
        f"desktop_trader.db.corrupt-{ASIDE}",
    ],
)
def test_no_new_books_are_begun_beside_what_is_left_of_others(tmp_path: Path, left: str) -> None:
    paths = DataFolderPaths(root=tmp_path)
    (tmp_path / left).write_bytes(b"of a database that is gone")
    with pytest.raises(BooksDamagedError, match=r"is missing, but .*to begin anew, name another folder"):
        open_books(paths)
    assert names_in(tmp_path) == {left}


def test_an_empty_journal_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "desktop_trader.db-wal").touch()
    assert start(DataFolderPaths(root=tmp_path)) == ()
