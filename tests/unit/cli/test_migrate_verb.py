"""`db migrate`: what it did, and where the books are as they were."""

import os
import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from desktop_trader.locations import data_folder
from desktop_trader.storage.data_folder import take_data_folder
from desktop_trader.storage.database import check_header
from desktop_trader.storage.schema_version import SCHEMA_VERSION
from tests.unit.cli.conftest import CommandLine

FIXTURES = Path(__file__).parents[2] / "fixtures"


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """A data folder that version 1 left."""
    return Path(shutil.copytree(FIXTURES / "books_v1", tmp_path / "older"))


@pytest.mark.requirement("R4")
def test_older_books_are_brought_up_to_date_with_a_backup_that_is_named(say: CommandLine, older: Path) -> None:
    answer = say("db", "migrate", "--json", folder=older)

    (backup,) = (older / "backups").glob("*.db")
    assert (answer.code, answer.err) == (0, "")
    assert answer.json == {
        "path": str(older / "desktop_trader.db"),
        "from_version": 1,
        "to_version": SCHEMA_VERSION,
        "migrated": True,
        "backup": str(backup),
    }
    assert say("balance", "show", "--json", folder=older).json["current_balance"] == Decimal("9988.96450935")
    assert say("db", "verify", folder=older).code == 0


def test_it_says_so_in_words_and_the_second_time_that_nothing_was_to_be_done(say: CommandLine, older: Path) -> None:
    first = say("db", "migrate", folder=older).out
    second = say("db", "migrate", folder=older)

    assert f"from schema version 1 to {SCHEMA_VERSION}" in first
    assert str(next((older / "backups").glob("*.db"))) in first
    assert (second.code, "nothing was changed" in second.out) == (0, True)
    assert say("db", "migrate", "--json", folder=older).json["migrated"] is False


def test_a_folder_without_books_is_told_and_left_alone(say: CommandLine, tmp_path: Path) -> None:
    answer = say("db", "migrate", folder=tmp_path / "nothing")

    assert (answer.code, answer.out, answer.err.count("\n")) == (1, "", 1)
    assert not (tmp_path / "nothing").exists()


@pytest.mark.parametrize(
    "words", [("balance", "show"), ("db", "verify"), ("positions",), ("balance", "deposit", "5", "--reason", "x")]
)
def test_every_other_verb_says_what_to_do_with_older_books_and_leaves_them(
    say: CommandLine, older: Path, words: tuple[str, ...]
) -> None:
    before = (older / "desktop_trader.db").read_bytes()

    answer = say(*words, folder=older)

    assert (answer.code, answer.out, answer.err.count("\n")) == (1, "", 1)
    assert "db migrate" in answer.err
    assert (older / "desktop_trader.db").read_bytes() == before


@pytest.mark.skipif(os.name != "posix", reason="the lock of one process")
@pytest.mark.requirement("R82")
def test_books_that_another_instance_holds_are_left_to_it(say: CommandLine, older: Path) -> None:
    with take_data_folder(data_folder(older)):
        answer = say("db", "migrate", folder=older)

    assert (answer.code, answer.out) == (3, "")
    assert check_header(older / "desktop_trader.db") == 1
