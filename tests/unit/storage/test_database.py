"""The file itself: created whole, refused untouched when it is not ours, and private."""

import os
from pathlib import Path

import apsw
import pytest

from desktop_trader.domain.errors import BooksDamagedError, StorageError
from desktop_trader.storage import database
from desktop_trader.storage.schema_version import APPLICATION_ID, SCHEMA_VERSION
from desktop_trader.storage.sqlite_error import storage_error

ROOT_IS_ABOVE_MODES = os.name != "posix" or os.geteuid() == 0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "desktop_trader.db"


@pytest.mark.requirement("R216")
def test_a_new_file_has_every_table_and_view_without_a_manual_step(path: Path) -> None:
    database.create(path)
    connection = database.open_reader(path)
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')")}
    assert {
        "accounts", "runs", "sessions", "ledger_entries", "postings", "wallet", "wallet_transactions", "positions",
        "orders", "fills", "equity_points", "decisions",
    } <= names  # fmt: skip


@pytest.mark.requirement("R214")
def test_account_type_and_position_are_indexed(path: Path) -> None:
    database.create(path)
    indices = database.open_reader(path).execute("SELECT sql FROM sqlite_schema WHERE type = 'index' AND sql NOT NULL")
    text = "\n".join(sql for (sql,) in indices)
    assert '"wallet" ("account_type")' in text
    assert 'ledger_entries ("position")' in text


def test_every_table_is_strict(path: Path) -> None:
    database.create(path)
    tables = database.open_reader(path).execute("SELECT name, strict FROM pragma_table_list WHERE type = 'table'")
    assert {name for name, strict in tables if not strict and not name.startswith("sqlite_")} == set()


def test_the_writer_is_durable_and_checks_references(path: Path) -> None:
    database.create(path)
    connection = database.open_writer(path)
    assert connection.pragma("journal_mode") == "wal"
    assert connection.pragma("synchronous") == 2
    assert connection.pragma("foreign_keys") == 1
    assert connection.pragma("application_id") == APPLICATION_ID
    assert connection.pragma("user_version") == SCHEMA_VERSION


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_the_file_and_its_companions_are_private(path: Path) -> None:
    database.create(path)
    connection = database.open_writer(path)
    connection.execute("INSERT INTO sessions (started_at) VALUES ('now')")
    assert {name.name: oct(name.stat().st_mode & 0o777) for name in path.parent.iterdir()} == {
        "desktop_trader.db": "0o600",
        "desktop_trader.db-wal": "0o600",
        "desktop_trader.db-shm": "0o600",
    }


def test_a_reader_cannot_write(path: Path) -> None:
    database.create(path)
    with pytest.raises(apsw.ReadOnlyError):
        database.open_reader(path).execute("INSERT INTO sessions (started_at) VALUES ('now')")


def test_what_an_interrupted_creation_left_is_made_anew(path: Path) -> None:
    path.with_name("desktop_trader.db.new").write_bytes(b"half a file")
    database.create(path)
    assert database.open_reader(path).pragma("user_version") == SCHEMA_VERSION
    assert not path.with_name("desktop_trader.db.new").exists()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(b"", "is empty", id="no bytes"),
        pytest.param(b"<!DOCTYPE html><html><body>Sign in to download</body></html>", "not a database", id="HTML"),
        pytest.param(b"SQLite format 3\0", "not a database", id="cut off"),
    ],
)
@pytest.mark.parametrize("opens", [database.open_writer, database.open_reader])
def test_a_wrong_file_is_refused_and_left_untouched(path: Path, content: bytes, says: str, opens: object) -> None:
    """Row F22 of the fault list."""
    path.write_bytes(content)
    with pytest.raises(BooksDamagedError, match=says):
        opens(path)  # type: ignore[operator]
    assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]


def test_a_database_of_another_program_is_refused_and_left_untouched(path: Path) -> None:
    connection = apsw.Connection(str(path))
    connection.execute("CREATE TABLE bookmarks (id INTEGER PRIMARY KEY)")
    connection.close()
    content = path.read_bytes()
    with pytest.raises(BooksDamagedError, match="another program"):
        database.open_writer(path)
    assert path.read_bytes() == content


@pytest.mark.parametrize("opens", [database.open_writer, database.open_reader])
def test_a_newer_schema_is_refused_untouched_and_its_version_named(path: Path, opens: object) -> None:
    """Row F21 of the fault list."""
    database.create(path)
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA user_version = 99; PRAGMA journal_mode = DELETE")
    connection.close()
    content = path.read_bytes()
    with pytest.raises(StorageError, match="schema version 99"):
        opens(path)  # type: ignore[operator]
    assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]


def test_a_file_locked_by_another_program_names_the_reason(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Row F16 of the fault list."""
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 1)
    database.create(path)
    writer, other = database.open_writer(path), database.open_writer(path)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(apsw.BusyError) as caught:
        writer.execute("BEGIN IMMEDIATE")
    assert "another program holds the database" in storage_error(caught.value, "Nothing was stored").user_message


def test_a_missing_folder_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be created: No such file or directory"):
        database.create(tmp_path / "nowhere" / "desktop_trader.db")
