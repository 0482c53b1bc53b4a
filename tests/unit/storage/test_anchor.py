"""The anchor file: the newest head survives a torn write, and lies are noticed."""

from pathlib import Path

import pytest

from desktop_trader.domain.errors import BooksDamagedError
from desktop_trader.domain.ledger import LedgerHead
from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage.anchor import AnchorFile, read_anchor
from desktop_trader.storage.closed_seal import seal_path
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from desktop_trader.storage.verify import verify_folder
from tests.booked_account import BookedAccount, small_history


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "desktop_trader.anchor"


@pytest.fixture
def paths(tmp_path: Path) -> DataFolderPaths:
    return DataFolderPaths(root=tmp_path)


def head(number: int) -> LedgerHead:
    return LedgerHead(entry_id=number, hash=f"{number:064x}")


def written(path: Path, *numbers: int) -> None:
    anchor = AnchorFile(path)
    for number in numbers:
        anchor.write(head(number))
    anchor.close()


def test_no_file_is_no_anchor(path: Path) -> None:
    assert read_anchor(path) is None


def test_the_newest_head_is_read(path: Path) -> None:
    written(path, 1, 2, 3)
    assert read_anchor(path) == head(3)


@pytest.mark.parametrize("numbers", [(1, 2, 3), (1, 2, 3, 4)])
@pytest.mark.parametrize("kept", [0, 1, 40, 150])
def test_a_torn_newest_slot_leaves_the_one_before(path: Path, numbers: tuple[int, ...], kept: int) -> None:
    written(path, *numbers)
    content = bytearray(path.read_bytes())
    start = 256 * ((len(numbers) - 1) % 2)
    content[start + kept : start + 256] = b"\xff" * (256 - kept)
    path.write_bytes(content)
    assert read_anchor(path) in ({head(numbers[-2])} if kept < 150 else {head(numbers[-2]), head(numbers[-1])})


def test_a_new_owner_overwrites_the_older_slot_first(path: Path) -> None:
    written(path, 1, 2, 3)
    written(path, 4)
    content = path.read_bytes()
    assert b" 3 " in content
    assert b" 4 " in content


def test_an_edited_slot_does_not_count(path: Path) -> None:
    written(path, 7)
    path.write_bytes(path.read_bytes().replace(b" 7 ", b" 9 "))
    assert read_anchor(path) is None


def test_every_commit_moves_the_anchor_to_the_head(paths: DataFolderPaths) -> None:
    store = SqliteLedgerStore.open(paths)
    account = BookedAccount(store)
    for amount in ("10000", "1", "2"):
        account.change(amount)
        assert read_anchor(paths.anchor) == account.head


def test_a_missing_database_beside_an_anchor_is_never_a_fresh_start(paths: DataFolderPaths) -> None:
    """Row F20 of the fault list."""
    store = SqliteLedgerStore.open(paths)
    small_history(store)
    store.close()
    paths.database.unlink()
    with pytest.raises(BooksDamagedError, match="is missing"):
        SqliteLedgerStore.open(paths)
    assert not paths.database.exists()


def test_a_start_interrupted_before_the_first_entry_is_simply_done_again(paths: DataFolderPaths) -> None:
    SqliteLedgerStore.open(paths).close()
    paths.database.unlink()
    seal_path(paths.database).unlink()  # only an end in order leaves one
    assert SqliteLedgerStore.open(paths).load("demo").portfolio is None


def test_a_rolled_back_database_is_noticed(paths: DataFolderPaths) -> None:
    """Rows F18 and F19 of the fault list."""
    store = SqliteLedgerStore.open(paths)
    account = BookedAccount(store)
    account.change("10000")
    store.close()
    old = paths.database.read_bytes()
    store = SqliteLedgerStore.open(paths)
    BookedAccount(store).change("5")
    store.close()
    paths.database.write_bytes(old)
    with pytest.raises(BooksDamagedError, match="ends before entry 2"):
        SqliteLedgerStore.open(paths)
    assert "which is missing" in verify_folder(paths).invariants["I8"]


def test_another_journal_in_place_of_ours_is_noticed(paths: DataFolderPaths, tmp_path: Path) -> None:
    store = SqliteLedgerStore.open(paths)
    BookedAccount(store).change("10000")
    store.close()
    other = DataFolderPaths(root=tmp_path / "other")
    other.root.mkdir()
    store = SqliteLedgerStore.open(other)
    BookedAccount(store).change("20000")
    store.close()
    paths.database.write_bytes(other.database.read_bytes())
    with pytest.raises(BooksDamagedError, match="not the one that was written"):
        SqliteLedgerStore.open(paths)


def test_a_lost_anchor_is_written_anew_and_told(paths: DataFolderPaths) -> None:
    store = SqliteLedgerStore.open(paths)
    account = BookedAccount(store)
    account.change("10000")
    store.close()
    paths.anchor.unlink()
    store = SqliteLedgerStore.open(paths)
    assert "written anew" in store.notes[0]
    assert read_anchor(paths.anchor) == account.head
