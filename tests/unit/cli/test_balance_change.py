"""A change of the balance from the command line: checked before anything is touched, warned of, told exactly."""

from pathlib import Path
from typing import Any

import apsw
import pytest

from desktop_trader.api.client import RunningInstance
from desktop_trader.cli.balance_change import TypedChange, change_balance
from desktop_trader.cli.table import cell
from desktop_trader.domain.errors import TraderError
from desktop_trader.locations import data_folder
from desktop_trader.messages.commands import AdjustmentKind
from tests.unit.cli.conftest import CommandLine

ESCAPE = "\x1b[2J"


def content(folder: Path) -> dict[str, bytes]:
    """Return what lies in a data folder but the logs, the lock and what SQLite keeps beside an open file."""
    names = ("desktop_trader.db", "desktop_trader.anchor")
    return {name: (folder / name).read_bytes() for name in names}


def sessions(folder: Path) -> int:
    """Count the starts that the books know of."""
    connection = apsw.Connection(str(folder / "desktop_trader.db"), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return int(connection.execute("SELECT count(*) FROM sessions").get)
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("deposit", "5", "--reason", f"x{ESCAPE}"), "reason"),
        (("deposit", "5", "--reason", "two\nlines"), "reason"),
        (("deposit", "5", "--reason", "\u202eright to left"), "reason"),
        (("deposit", "5", "--reason", "x", "--author", "Ann\t"), "author"),
        (("deposit", "5", "--reason", "x", "--author", "x" * 201), "200 characters"),
        (("deposit", "5", "--reason", "x", "--author", "system"), "'system'"),
        (("deposit", "5", "--reason", "x", "--author", " System "), "'system'"),
    ],
)
def test_what_the_journal_does_not_keep_is_wrong_usage(
    say: CommandLine, folder: Path, words: tuple[str, ...], complaint: str
) -> None:
    before = content(folder)

    answer = say("balance", *words, folder=folder)

    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert complaint in answer.err
    assert "\x1b" not in answer.err
    assert content(folder) == before


@pytest.mark.parametrize("name", ["", " demo", "demo ", "x" * 41, f"a{ESCAPE}", "a\nb"])
@pytest.mark.parametrize("verb", [("balance", "show"), ("positions",), ("run", "--speed", "max", "--duration", "1")])
def test_what_cannot_be_the_name_of_an_account_is_wrong_usage(
    say: CommandLine, tmp_path: Path, verb: tuple[str, ...], name: str
) -> None:
    answer = say(*verb, "--account", name, folder=tmp_path / "new")

    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert "name of an account" in answer.err
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("words", [("withdraw", "10000000", "--reason", "x"), ("adjust", "0.01", "--reason", "x")])
def test_what_the_funds_refuse_is_not_even_a_start_in_the_books(
    say: CommandLine, folder: Path, words: tuple[str, ...]
) -> None:
    before, starts = content(folder), sessions(folder)

    answer = say("balance", *words, folder=folder)

    assert (answer.code, answer.out) == (5, "")
    assert "is available" in answer.err
    assert content(folder) == before
    assert sessions(folder) == starts


def test_the_new_balance_is_told_as_people_read_it(say: CommandLine, folder: Path) -> None:
    assert say("balance", "adjust", "15000.5", "--reason", "x", folder=folder).out == (
        "The balance is $15,000.50 now.\n"
    )


def test_warnings_of_the_start_and_of_the_settings_are_said(say: CommandLine, folder: Path) -> None:
    (folder / "desktop_trader.anchor").unlink()
    (folder / "settings.toml").write_text("[nonsense]\nx = 1\n", encoding="utf-8")

    answer = say("balance", "deposit", "5", "--reason", "x", folder=folder)

    assert answer.code == 0
    assert "The anchor beside the database was missing" in answer.err
    assert "unknown setting nonsense" in answer.err


@pytest.mark.requirement("R181")
def test_every_row_of_the_history_has_its_description(say: CommandLine, folder: Path) -> None:
    say("balance", "deposit", "5", "--reason", "pocket money", folder=folder)

    text = say("balance", "history", "--limit", "1", folder=folder).out

    assert text.count("pocket money") == 2
    assert "—" not in text
    newest = say("balance", "history", "--limit", "1", "--json", folder=folder).json[0]
    assert newest["description"] == newest["reason"] == "pocket money"


@pytest.mark.parametrize("answer", [{}, {"notices": []}, {"notices": [{"event": "log"}]}, []])
def test_an_instance_that_does_not_say_it_booked_sends_people_to_the_history(
    folder: Path, monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    paths = data_folder(folder)
    monkeypatch.setattr(RunningInstance, "get", lambda *_: {"account": "demo", "accounts": ["demo"]})
    monkeypatch.setattr(RunningInstance, "post", lambda *_: answer)
    monkeypatch.setattr("desktop_trader.cli.balance_change.find_instance", RunningInstance)
    change = TypedChange(kind=AdjustmentKind.DEPOSIT, text="5", reason="x", author="Ann")

    with pytest.raises(TraderError, match="balance history"):
        change_balance(paths, "demo", change)


def test_what_moves_a_cursor_is_escaped_in_tables() -> None:
    assert cell(f"red{ESCAPE}\n\u202eé") == "red\\x1b[2J\\n\\u202eé"


def test_groups_of_verbs_say_in_whole_sentences_what_each_does(
    say: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    assert "..." not in say("balance", "--help").out.partition("Commands:")[2]
    assert "..." not in say("db", "--help").out.partition("Commands:")[2]
    assert "..." not in say("legacy", "--help").out.partition("Commands:")[2]


def test_the_limits_of_a_number_are_said_in_words(say: CommandLine, folder: Path) -> None:
    text = say("balance", "history", "--help").out

    assert "1 to 1000" in text
    assert "1 or more" in text
    assert "=1" not in text
    assert "<=" not in text
    assert "<=" not in say("balance", "history", "--limit", "0", folder=folder).err
