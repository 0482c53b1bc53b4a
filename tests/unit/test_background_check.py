"""The whole books are verified behind a running engine, and damage is told."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from queue import SimpleQueue

import apsw
import pytest

from desktop_trader import background_check
from desktop_trader.assembly import AccountChoice, open_books
from desktop_trader.background_check import BackgroundCheck
from desktop_trader.locations import DataFolderPaths, data_folder
from desktop_trader.messages.commands import AdjustBalance, AdjustmentKind
from desktop_trader.settings import Settings
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from desktop_trader.storage.verified_head import VerifiedHead


@pytest.fixture
def paths(tmp_path: Path) -> DataFolderPaths:
    paths = data_folder(tmp_path)
    trader = open_books(paths, AccountChoice(start_amount=Decimal(1_000)), settings=Settings())
    trader.close("quit")
    deposit(paths, *(f"{number}" for number in range(30)))
    return paths


def deposit(paths: DataFolderPaths, *request_ids: str) -> None:
    trader = open_books(paths, AccountChoice(), settings=Settings())
    for request_id in request_ids:
        command = AdjustBalance(
            request_id=request_id, kind=AdjustmentKind.DEPOSIT, amount=Decimal(1), reason="test", author="tester"
        )
        trader.engine.step(command)
    trader.close("quit")


def forge_third_entry(paths: DataFolderPaths) -> None:
    connection = apsw.Connection(str(paths.database))
    connection.set_busy_timeout(5_000)
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("DROP TRIGGER ledger_entries_refuse_update")
    connection.execute("UPDATE ledger_entries SET reason = 'forged' WHERE id = 3")
    connection.execute("COMMIT")
    connection.close()


def test_an_old_entry_that_was_edited_is_told(paths: DataFolderPaths) -> None:
    forge_third_entry(paths)
    told: list[str] = []
    heard = threading.Event()

    def hear(text: str) -> None:
        told.append(text)
        heard.set()

    check = BackgroundCheck(paths, on_damage=hear, on_verified=lambda _head: None)

    check.start()

    assert heard.wait(20)
    assert "entry 3" in told[0]
    check.stop()


class Rounds:
    """A background check whose rounds are waited for; what it verified is stored as a writer would."""

    def __init__(self, paths: DataFolderPaths, *, again_seconds: float = 1_000) -> None:
        self.damage: SimpleQueue[str] = SimpleQueue()
        self.verified: SimpleQueue[VerifiedHead] = SimpleQueue()
        self.check = BackgroundCheck(
            paths, on_damage=self.damage.put, on_verified=self.verified.put, again_seconds=again_seconds
        )
        self.check.start()

    def end(self) -> None:
        self.check.stop()


def store_head(paths: DataFolderPaths, head: VerifiedHead) -> None:
    store = SqliteLedgerStore.open(paths)
    store.keep_verified_head(head)
    store.close()


def test_books_in_order_are_no_news(paths: DataFolderPaths, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    rounds = Rounds(paths)
    head = rounds.verified.get(timeout=20)
    rounds.end()
    assert rounds.damage.empty()
    assert "The books verify: 31 entries" in caplog.text
    assert (head.head.entry_id, head.whole_at) == (31, head.verified_at)


def test_the_next_round_goes_on_from_where_the_last_one_ended(
    paths: DataFolderPaths, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    heads: list[VerifiedHead] = []
    over = threading.Event()

    def store_and_book(head: VerifiedHead) -> None:
        heads.append(head)
        if len(heads) == 1:
            store_head(paths, head)
            deposit(paths, "later")
        else:
            over.set()

    check = BackgroundCheck(paths, on_damage=pytest.fail, on_verified=store_and_book, again_seconds=0.01)
    check.start()
    assert over.wait(20)
    check.stop()

    first, second = heads[:2]
    assert "The books verify: 31 entries, 62 postings, looked at from entry 1 on" in caplog.text
    assert "The books verify: 32 entries, 64 postings, looked at from entry 32 on" in caplog.text
    assert (second.head.entry_id, second.whole_at) == (32, first.whole_at)


@pytest.mark.requirement("R47")
def test_the_first_round_after_a_start_sees_what_lies_before_the_verified_head(paths: DataFolderPaths) -> None:
    rounds = Rounds(paths)
    head = rounds.verified.get(timeout=20)
    rounds.end()
    store_head(paths, head)
    forge_third_entry(paths)

    rounds = Rounds(paths)

    assert "entry 3 is not what its hash says" in rounds.damage.get(timeout=20)
    rounds.end()


def move(paths: DataFolderPaths) -> None:
    paths.database.rename(paths.root / "moved.db")


def empty(paths: DataFolderPaths) -> None:
    paths.database.write_bytes(b"")


def put_something_else_there(paths: DataFolderPaths) -> None:
    paths.database.write_bytes(b"<html>" * 1_000)


@pytest.mark.parametrize("harm", [move, empty, put_something_else_there])
def test_a_file_that_is_gone_emptied_or_replaced_is_damage(
    paths: DataFolderPaths, harm: Callable[[DataFolderPaths], None]
) -> None:
    harm(paths)
    rounds = Rounds(paths)
    assert str(paths.database) in rounds.damage.get(timeout=20)
    rounds.end()


@pytest.mark.parametrize("hours", [-25, 1])
def test_after_a_day_and_after_a_clock_was_set_back_everything_is_looked_at(
    paths: DataFolderPaths, caplog: pytest.LogCaptureFixture, hours: int
) -> None:
    caplog.set_level("INFO")
    heads: list[VerifiedHead] = []
    over = threading.Event()

    def store_as_of_another_time(head: VerifiedHead) -> None:
        heads.append(head)
        store_head(paths, replace(head, whole_at=head.whole_at + timedelta(hours=hours)))
        if len(heads) == 2:
            over.set()

    check = BackgroundCheck(paths, on_damage=pytest.fail, on_verified=store_as_of_another_time, again_seconds=0.01)
    check.start()
    assert over.wait(20)
    check.stop()

    assert caplog.text.count("looked at from entry 1 on") >= 2
    assert heads[1].whole_at == heads[1].verified_at


def test_it_looks_again_and_again_until_it_finds_damage(paths: DataFolderPaths) -> None:
    rounds = Rounds(paths, again_seconds=0.01)
    for _ in range(3):
        assert rounds.verified.get(timeout=20).head.entry_id == 31

    forge_third_entry(paths)

    assert "entry 3 is not what its hash says" in rounds.damage.get(timeout=20)
    rounds.check._thread.join(20)
    assert not rounds.check._thread.is_alive()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_check_that_breaks_down_is_told_like_damage(paths: DataFolderPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*_: object, **__: object) -> None:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(background_check, "verify_books", break_down)
    rounds = Rounds(paths)
    assert rounds.damage.get(timeout=20) == "the check of the books failed: ZeroDivisionError: ours"
    rounds.end()


def test_a_check_that_never_began_may_be_stopped(paths: DataFolderPaths) -> None:
    BackgroundCheck(paths, on_damage=lambda _text: None, on_verified=lambda _head: None).stop()
