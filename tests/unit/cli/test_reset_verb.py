"""`balance reset`: never without --yes, refused with something open, told exactly; the run that ended stays."""

import os
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import apsw
import pytest

from desktop_trader.api.client import RunningInstance
from desktop_trader.domain.errors import RefusedError
from desktop_trader.domain.ledger import EntryKind
from desktop_trader.domain.order import OrderSide
from desktop_trader.locations import data_folder
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from tests.booked_account import BookedAccount, small_history
from tests.unit.cli.conftest import CommandLine


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with an account that has nothing open."""
    (tmp_path / "data").mkdir(mode=0o700)
    store = SqliteLedgerStore.open(data_folder(tmp_path / "data"))
    account = BookedAccount(store)
    account.change("10000")
    account.change("-1250.5", kind=EntryKind.WITHDRAWAL)
    store.close()
    return tmp_path / "data"


def runs(folder: Path) -> list[tuple[int, str | None]]:
    """Return the runs in the books, and how they ended."""
    connection = apsw.Connection(str(folder / "desktop_trader.db"), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        found: list[tuple[Any, ...]] = connection.execute("SELECT id, how_ended FROM runs ORDER BY id").fetchall()
        return [(run_id, how_ended) for run_id, how_ended in found]
    finally:
        connection.close()


@pytest.mark.requirement("R21")
def test_a_reset_begins_the_next_run_with_its_amount(say: CommandLine, folder: Path) -> None:
    answer = say("balance", "reset", "--amount", "5000.25", "--reason", "again", "--yes", "--json", folder=folder)

    assert (answer.code, answer.err) == (0, "")
    assert (answer.json["kind"], answer.json["reason"], answer.json["author"]) == ("reset", "again", "cli")
    assert (answer.json["amount"], answer.json["current_balance"]) == (Decimal("-3749.25"), Decimal("5000.25"))
    shown = say("balance", "show", "--json", folder=folder).json
    assert (shown["run_id"], shown["current_balance"]) == (2, Decimal("5000.25"))
    assert runs(folder) == [(1, "reset"), (2, None)]
    assert say("db", "verify", folder=folder).code == 0


@pytest.mark.requirement("R21")
def test_without_an_amount_it_is_ten_thousand_and_said_in_words(say: CommandLine, folder: Path) -> None:
    answer = say("balance", "reset", "--yes", folder=folder)

    assert (answer.code, answer.out) == (
        0,
        "Run 1 has ended and is kept in the books. The balance is $10,000.00 now.\n",
    )
    (backup,) = (folder / "backups").glob("*reset*.db")
    assert backup.stat().st_size > 0


@pytest.mark.requirement("R66")
def test_without_yes_nothing_happens_and_what_would_is_said(say: CommandLine, folder: Path) -> None:
    answer = say("balance", "reset", "--amount", "5000", folder=folder)

    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    for words in ("--yes", "$8,749.50", "$5,000.00", "run 1"):
        assert words in answer.err
    assert runs(folder) == [(1, None)]
    assert not (folder / "backups").exists()


@pytest.mark.requirement("R66")
@pytest.mark.parametrize("is_flat", [False, True])
def test_something_open_refuses_it_before_the_books_are_touched(
    say: CommandLine, tmp_path: Path, is_flat: bool
) -> None:
    (tmp_path / "open").mkdir(mode=0o700)
    store = SqliteLedgerStore.open(data_folder(tmp_path / "open"))
    if is_flat:
        account = BookedAccount(store)
        account.change("10000")
        account.order(OrderSide.BUY, "0.01", "44000")
    else:
        small_history(store)
    store.close()
    before = (tmp_path / "open" / "desktop_trader.db").read_bytes()

    answer = say("balance", "reset", "--yes", folder=tmp_path / "open")

    assert (answer.code, answer.out, answer.err.count("\n")) == (5, "", 1)
    assert ("1 order waits" if is_flat else "positions are open") in answer.err
    assert (tmp_path / "open" / "desktop_trader.db").read_bytes() == before


@pytest.mark.parametrize(
    "words",
    [("--amount", "0"), ("--amount", "-5"), ("--amount", "much"), ("--reason", "x" * 201), ("--author", "system")],
)
def test_what_cannot_be_is_wrong_usage(say: CommandLine, folder: Path, words: tuple[str, ...]) -> None:
    answer = say("balance", "reset", *words, "--yes", folder=folder)

    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert runs(folder) == [(1, None)]


def test_an_account_that_does_not_exist_is_named(say: CommandLine, folder: Path) -> None:
    answer = say("balance", "reset", "--account", "nobody", "--yes", folder=folder)

    assert (answer.code, "known: demo" in answer.err) == (2, True)


def test_a_running_instance_is_asked(say: CommandLine, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, object]] = []

    def post(_instance: object, route: str, body: object) -> object:
        asked.append((route, body))
        return {"notices": [{"event": "balance_changed", "current_balance": Decimal("5000.00")}]}

    monkeypatch.setattr(RunningInstance, "get", lambda *_: {"account": "demo", "accounts": ["demo"]})
    monkeypatch.setattr(RunningInstance, "post", post)
    monkeypatch.setattr("desktop_trader.cli.reset_verb.find_instance", RunningInstance)

    answer = say("balance", "reset", "--amount", "5000", "--yes", folder=folder)

    ((route, body),) = asked
    assert isinstance(body, dict)
    assert (answer.code, route, body["account"], body["amount"]) == (0, "/virtual_balance/reset", "demo", Decimal(5000))
    assert runs(folder) == [(1, None)]


def test_a_refusal_of_the_running_instance_is_exit_code_5(
    say: CommandLine, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> object:
        raise RefusedError("1 position is open; close every position before a reset")

    monkeypatch.setattr(RunningInstance, "get", lambda *_: {"account": "demo", "accounts": ["demo"]})
    monkeypatch.setattr(RunningInstance, "post", refuse)
    monkeypatch.setattr("desktop_trader.cli.reset_verb.find_instance", RunningInstance)

    answer = say("balance", "reset", "--yes", folder=folder)

    assert (answer.code, answer.out) == (5, "")
    assert "close every position" in answer.err


@pytest.mark.slow
@pytest.mark.requirement("R16")
@pytest.mark.skipif(os.name != "posix", reason="a process that kills itself with SIGKILL")
@pytest.mark.parametrize(
    ("point", "run_id"), [("L17", 1), ("L18", 1), ("L25.checked", 1), ("L6", 1), ("L21:2", 2), ("L24.begun", 2)]
)
def test_killed_anywhere_a_reset_leaves_the_old_run_or_the_new_one(
    say: CommandLine, folder: Path, point: str, run_id: int
) -> None:
    killed = subprocess.run(
        [sys.executable, "-m", "desktop_trader", "balance", "reset", "--amount", "5000", "--yes", "--data-dir", folder],
        env={**os.environ, "DESKTOP_TRADER_CRASH_AT": point},
        capture_output=True,
        check=False,
    )

    assert killed.returncode == -signal.SIGKILL, killed.stderr
    shown = say("balance", "show", "--json", folder=folder).json
    amount = Decimal(5000) if run_id == 2 else Decimal("8749.5")
    assert (shown["run_id"], shown["current_balance"]) == (run_id, amount)
    assert say("db", "verify", folder=folder).code == 0
    assert say("balance", "reset", "--amount", "70", "--yes", folder=folder).code == 0
    assert runs(folder) == [*((number, "reset") for number in range(1, run_id + 1)), (run_id + 1, None)]
