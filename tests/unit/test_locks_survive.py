"""Nothing in the process of the engine drops the locks on its books: no other program takes their journal away.

POSIX gives locks to a process: to open and close the database other than by way of SQLite drops them all. The next
program that opens it to write, and closes it, then believes itself alone and removes the journal that is written to.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from desktop_trader.assembly import AccountChoice, Trader, open_trader
from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.market import PriceSource
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.commands import AdjustBalance, AdjustmentKind
from desktop_trader.messages.notices import BalanceChanged
from desktop_trader.settings import Settings
from desktop_trader.storage.ledger_reader import LedgerReader
from desktop_trader.storage.move_file import look_into, order_unpack
from desktop_trader.storage.restore import order_restore, preview_restore
from tests.builders import SPOT
from tests.fakes import ScriptedFeed

pytestmark = pytest.mark.skipif(os.name != "posix", reason="locks of a whole process are those of POSIX")

NOW = datetime(2026, 11, 20, 14, 30, 5, tzinfo=UTC)
OTHER_PROGRAM = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
print(connection.execute("SELECT count(*) FROM ledger_entries").fetchone()[0])
connection.close()
"""
Act = Callable[[DataFolderPaths, Path], object]


@pytest.fixture
def paths(tmp_path: Path) -> DataFolderPaths:
    """A folder without books yet."""
    return DataFolderPaths(root=tmp_path / "books")


@pytest.fixture
def trader(paths: DataFolderPaths) -> Iterator[Trader]:
    """An engine over books in a folder, beside which somebody reads."""
    feed = ScriptedFeed([SPOT], [], fills_on=PriceSource.QUOTES)
    choice = AccountChoice(start_amount=Decimal(1_000))
    trader = open_trader(paths, choice, settings=Settings(), make_feed=lambda: feed)
    reader = LedgerReader.open(paths)
    reader.account_names()
    yield trader
    reader.close()
    trader.close("quit")


def deposit(trader: Trader, amount: int) -> None:
    """Put money in, which is acknowledged."""
    command = AdjustBalance(
        request_id=f"deposit {amount}",
        kind=AdjustmentKind.DEPOSIT,
        amount=Decimal(amount),
        reason="put in",
        author="a person",
    )
    assert [type(notice) for notice in trader.floor.step(command)] == [BalanceChanged]


def entries_seen_by_another_program(paths: DataFolderPaths) -> int:
    """Let another program open the books to write, count the entries, and go."""
    words = [sys.executable, "-c", OTHER_PROGRAM, str(paths.database)]
    return int(subprocess.run(words, check=True, capture_output=True, text=True, timeout=60).stdout)


def assert_nothing_is_lost(trader: Trader, paths: DataFolderPaths) -> None:
    journal = paths.database.with_name(paths.database.name + "-wal")
    before = journal.stat().st_ino
    assert entries_seen_by_another_program(paths) == trader.store.head.entry_id
    assert journal.stat().st_ino == before, "the journal is still the one that is written to"
    deposit(trader, 4)
    assert entries_seen_by_another_program(paths) == trader.store.head.entry_id


@pytest.mark.slow
def test_a_rebuild_after_a_full_disk_keeps_the_locks(trader: Trader, paths: DataFolderPaths) -> None:
    deposit(trader, 1)
    trader.recover()
    deposit(trader, 2)
    assert_nothing_is_lost(trader, paths)


@pytest.mark.parametrize("name", ["desktop_trader.db", "desktop_trader.db-wal", "desktop_trader.db-shm"])
@pytest.mark.parametrize("link", [None, os.link, os.symlink], ids=["itself", "second name", "link"])
@pytest.mark.parametrize(
    "act",
    [
        look_into,
        lambda paths, file: order_unpack(paths, file, at=NOW),
        preview_restore,
        lambda paths, file: order_restore(paths, file, at=NOW),
    ],
    ids=["look into a move file", "take a move file over", "look at a backup", "restore a backup"],
)
def test_the_live_books_are_refused_before_they_are_opened(
    trader: Trader, paths: DataFolderPaths, name: str, link: Callable[[Path, Path], None] | None, act: Act
) -> None:
    deposit(trader, 1)
    picked = paths.root / name
    if link is not None:
        picked = paths.root.parent / "picked.zip"
        link(paths.root / name, picked)
    with pytest.raises(InvalidInputError, match="the present books themselves"):
        act(paths, picked)


@pytest.mark.slow
def test_the_books_picked_for_a_file_from_another_computer_keep_their_locks(
    trader: Trader, paths: DataFolderPaths
) -> None:
    deposit(trader, 1)
    with pytest.raises(InvalidInputError):
        look_into(paths, paths.database)
    assert_nothing_is_lost(trader, paths)
