"""`db`: the verdict on the books and its exit code."""

import errno
import os
from pathlib import Path

import apsw
import pytest

from desktop_trader.storage.schema_version import SCHEMA_VERSION
from tests.command_line import replay
from tests.unit.cli.conftest import CommandLine

VERIFY_KEYS = [
    "ok", "entries", "postings", "invariants", "head_hash", "schema_version", "sqlite_version", "elapsed_seconds",
]  # fmt: skip
READING = [("balance", "show"), ("balance", "history"), ("positions",), ("db", "verify"), ("db", "info")]
WRITING: list[tuple[str, ...]] = [
    ("balance", "deposit", "5", "--reason", "x"),
    ("run", "--speed", "max", "--duration", "1"),
]


def damage(folder: Path, statement: str) -> None:
    """Edit the books as somebody with a database browser could."""
    connection = apsw.Connection(str(folder / "desktop_trader.db"))
    for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute(statement)
    connection.close()


@pytest.mark.requirement("R179")
def test_sound_books_verify_law_by_law(say: CommandLine, played: Path) -> None:
    answer = say("db", "verify", "--json", folder=played)

    assert (answer.code, list(answer.json)) == (0, VERIFY_KEYS)
    assert answer.json["ok"] is True
    assert list(answer.json["invariants"]) == [f"I{number}" for number in range(1, 15)]
    assert set(answer.json["invariants"].values()) == {"ok"}
    assert "The books verify" in say("db", "verify", folder=played).out


def test_a_single_changed_amount_is_found(say: CommandLine, folder: Path) -> None:
    damage(folder, "UPDATE postings SET amount = amount + 1 WHERE entry = 5 AND amount > 0")

    answer = say("db", "verify", "--json", folder=folder)

    assert (answer.code, answer.json["ok"]) == (4, False)
    assert answer.json["invariants"]["I1"] != "ok"
    assert "do not verify" in answer.err
    assert answer.err.count("\n") == 1


@pytest.mark.parametrize("words", READING + WRITING)
def test_a_database_from_a_newer_version_is_left_untouched(
    say: CommandLine, folder: Path, words: tuple[str, ...]
) -> None:
    damage(folder, "PRAGMA user_version = 99")
    before = (folder / "desktop_trader.db").read_bytes()

    answer = say(*words, folder=folder)

    assert (answer.code, answer.out, answer.err.count("\n")) == (1, "", 1)
    assert "99" in answer.err
    assert (folder / "desktop_trader.db").read_bytes() == before


@pytest.mark.parametrize("words", READING + WRITING)
@pytest.mark.parametrize("content", [b"", b"this is not a database", b"SQLite format 3\0" + b"\xff" * 4_000])
def test_what_is_not_our_database_is_exit_code_4_and_left_untouched(
    say: CommandLine, folder: Path, words: tuple[str, ...], content: bytes
) -> None:
    (folder / "desktop_trader.db").write_bytes(content)

    answer = say(*words, folder=folder)

    assert (answer.code, answer.out, answer.err.count("\n")) == (4, "", 1)
    assert (folder / "desktop_trader.db").read_bytes() == content


@pytest.mark.parametrize("words", [*READING, ("balance", "deposit", "5", "--reason", "x"), ("fills",)])
def test_a_lost_database_is_told_by_every_verb(say: CommandLine, folder: Path, words: tuple[str, ...]) -> None:
    (folder / "desktop_trader.db").unlink()

    answer = say(*words, folder=folder)

    assert (answer.code, answer.out, answer.err.count("\n")) == (4, "", 1)
    assert "desktop_trader.db is missing, but desktop_trader.anchor says that there were books" in answer.err


def test_a_lost_database_is_never_replaced_by_a_fresh_account(say: CommandLine, folder: Path, candles: Path) -> None:
    (folder / "desktop_trader.db").unlink()

    answer = say(*replay(candles, "ETH/USDT", "5m"), folder=folder)

    assert (answer.code, answer.out) == (4, "")
    assert "is missing" in answer.err
    assert not (folder / "desktop_trader.db").exists()


@pytest.mark.parametrize("words", READING + WRITING)
def test_a_data_folder_that_is_a_file_is_refused(say: CommandLine, tmp_path: Path, words: tuple[str, ...]) -> None:
    not_a_folder = tmp_path / "data"
    not_a_folder.write_text("hello", encoding="utf-8")

    answer = say(*words, folder=not_a_folder)

    assert (answer.code, answer.out, answer.err.count("\n")) == (1, "", 1)
    assert (
        answer.err
        == f"desktop-trader: The data folder {not_a_folder} is not a folder; name another one with --data-dir\n"
    )
    assert not_a_folder.read_text(encoding="utf-8") == "hello"


@pytest.mark.parametrize("words", READING + WRITING)
def test_a_data_folder_that_may_not_be_looked_into_is_one_line(
    say: CommandLine, folder: Path, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> os.stat_result:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "lstat", refuse)

    answer = say(*words, folder=folder)

    assert (answer.code, answer.out, answer.err.count("\n")) == (1, "", 1)
    assert f"{folder} cannot be used: Permission denied" in answer.err


@pytest.mark.parametrize("words", READING + WRITING)
def test_an_empty_data_folder_argument_is_wrong_usage(say: CommandLine, words: tuple[str, ...]) -> None:
    answer = say(*words, "--data-dir", "")

    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert "--data-dir" in answer.err


def test_info_tells_the_facts_of_the_file(say: CommandLine, played: Path) -> None:
    facts = say("db", "info", "--json", folder=played).json
    text = say("db", "info", folder=played).out

    assert (facts["schema_version"], facts["accounts"]) == (SCHEMA_VERSION, ["demo"])
    assert facts["last_session_how_ended"] == "quit"
    assert facts["head_hash"] in text
    assert str(played) in text
