"""A headless run verifies its books behind itself: what it verified is remembered, and damage ends it."""

import sys
import threading
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import apsw
import pytest

from desktop_trader import background_check
from desktop_trader.assembly import AccountChoice, open_books
from desktop_trader.cli import run_verb
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.commands import AdjustBalance, AdjustmentKind
from desktop_trader.settings import Settings
from desktop_trader.storage.closed_seal import seal_path
from desktop_trader.storage.verified_head import VerifiedHead, read_verified_head
from tests.unit.cli.conftest import CommandLine

RUN = ("run", "--market", "simulated", "--speed", "10", "--duration")
LONG_SECONDS = "600"


@pytest.fixture(autouse=True)
def _checks_come_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_verb, "_CHECK_AFTER_SECONDS_PACED", 0.0)


@pytest.fixture
def books(say: CommandLine, tmp_path: Path) -> Path:
    """Books with more entries than a start looks at."""
    folder = tmp_path / "data"
    assert say("run", "--speed", "max", "--duration", "1", folder=folder).code == 0
    trader = open_books(DataFolderPaths(root=folder), AccountChoice(), settings=Settings())
    for number in range(25):
        deposit = AdjustBalance(
            request_id=f"{number}", kind=AdjustmentKind.DEPOSIT, amount=Decimal(1), reason="test", author="tester"
        )
        trader.engine.step(deposit)
    trader.close("quit")
    return folder


def stored_head(folder: Path) -> VerifiedHead | None:
    connection = apsw.Connection(str(folder / "desktop_trader.db"), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return read_verified_head(connection)
    finally:
        connection.close()


@pytest.mark.slow
@pytest.mark.requirement("R47", "R109")
def test_what_a_run_verified_is_remembered(say: CommandLine, books: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert stored_head(books) is None
    # One second of it is long enough for 26 entries, however busy the machine is.
    assert say(*RUN, "10", folder=books).code == 0

    head = stored_head(books)
    assert head is not None
    assert head.head.entry_id == 26

    day_later = head.whole_at + timedelta(days=1, seconds=1)
    monkeypatch.setattr(background_check, "now", lambda: day_later)
    assert say(*RUN, "10", folder=books).code == 0
    again = stored_head(books)
    assert again is not None
    assert again.whole_at == day_later


@pytest.mark.requirement("R47", "R109")
def test_damage_that_a_run_finds_halts_and_ends_it(say: CommandLine, books: Path) -> None:
    paths = DataFolderPaths(root=books)
    connection = apsw.Connection(str(paths.database))
    connection.execute("BEGIN")
    [(trigger,)] = connection.execute(
        "SELECT sql FROM sqlite_schema WHERE name = 'ledger_entries_refuse_update'"
    ).fetchall()
    connection.execute("DROP TRIGGER ledger_entries_refuse_update")
    connection.execute("UPDATE ledger_entries SET reason = 'forged' WHERE id = 2")
    connection.execute(str(trigger))
    connection.execute("COMMIT")
    connection.close()
    seal_path(paths.database).unlink()  # As after a kill.

    answer = say(*RUN, LONG_SECONDS, folder=books)

    assert answer.code == 1
    assert "the books do not verify" in answer.err
    assert "entry 2 is not what its hash says" in answer.err
    assert stored_head(books) is None


def test_an_error_that_nobody_caught_in_any_thread_ends_the_run(
    say: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> None:
        raise ValueError("a mistake of ours")

    def start(_check: object) -> None:
        threading.Thread(target=fails, name="watcher").start()

    monkeypatch.setattr(background_check.BackgroundCheck, "start", start)
    hooks = threading.excepthook, sys.excepthook, sys.unraisablehook
    answer = say(*RUN, LONG_SECONDS, folder=tmp_path)
    assert answer.code == 1
    assert "trading is halted, an error of the program: thread watcher: ValueError: a mistake of ours" in answer.err
    assert "a mistake of ours" in (tmp_path / "logs" / "desktop_trader.log").read_text()
    assert (threading.excepthook, sys.excepthook, sys.unraisablehook) == hooks
