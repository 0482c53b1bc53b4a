"""`db backup`, `backups`, `restore`, `pack` and `unpack`: what they print, and their exit codes."""

import zipfile
from pathlib import Path

import pytest

from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage.data_folder import take_data_folder
from desktop_trader.storage.verify import verify_folder
from tests.unit.cli.conftest import CommandLine
from tests.unit.cli.test_database_verbs import damage


def head(folder: Path) -> str:
    """Return the head of the books of a folder, which verify."""
    report = verify_folder(DataFolderPaths(root=folder))
    assert report.ok
    return report.head_hash


def test_the_run_that_ended_has_left_a_backup(say: CommandLine, played: Path) -> None:
    (made,) = say("db", "backups", "--json", folder=played).json
    assert (made["kind"], made["verified"], made["books"]["head_hash"]) == ("quit", True, head(played))
    assert "quit" in say("db", "backups", folder=played).out


def test_a_backup_is_made_listed_and_told_in_json(say: CommandLine, folder: Path) -> None:
    answer = say("db", "backup", "--json", folder=folder)
    assert (answer.code, answer.err) == (0, "")
    assert list(answer.json) == ["path", "kind", "at", "size_bytes", "verified", "sha256", "complaint", "books"]
    assert Path(answer.json["path"]).stat().st_size == answer.json["size_bytes"]
    listed = say("db", "backups", "--json", folder=folder).json
    assert [each["kind"] for each in listed] == ["manual", "quit"]
    assert "Verified backup" in say("db", "backup", folder=folder).out


def test_a_backup_to_a_file_that_exists_is_wrong_usage(say: CommandLine, folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "mine.db"
    assert say("db", "backup", str(target), folder=folder).code == 0
    again = say("db", "backup", str(target), folder=folder)
    assert (again.code, again.err.count("\n")) == (2, 1)


def test_books_that_do_not_verify_are_not_backed_up(say: CommandLine, folder: Path) -> None:
    damage(folder, "UPDATE postings SET amount = amount + 1 WHERE entry = 5 AND amount > 0")
    answer = say("db", "backup", folder=folder)
    assert (answer.code, answer.err.count("\n")) == (4, 1)
    assert "do not verify" in answer.err


def test_a_restore_looks_first_and_then_does_it(say: CommandLine, folder: Path) -> None:
    at_backup = head(folder)
    assert say("balance", "deposit", "5", "--reason", "x", folder=folder).code == 0
    present = head(folder)

    seen = say("db", "restore", "--json", folder=folder)
    assert (seen.code, seen.json["done"], seen.json["lost_entries"]) == (0, False, 1)
    assert head(folder) == present
    words = say("db", "restore", folder=folder).out
    assert "1 entry after the backup" in words
    assert words.count(": demo $") == 2
    assert " demo $" in say("db", "backups", folder=folder).out
    assert "Nothing was changed" in words

    done = say("db", "restore", "--yes", Path(seen.json["backup"]["path"]).name, folder=folder)
    assert (done.code, done.err) == (0, "")
    assert "What was there before is kept as desktop_trader.db.replaced-" in done.out
    assert head(folder) == at_backup
    assert say("balance", "deposit", "5", "--reason", "x", folder=folder).code == 0


def test_damaged_books_are_restored_from_the_newest_backup_that_verifies(say: CommandLine, folder: Path) -> None:
    at_backup = head(folder)
    damage(folder, "UPDATE postings SET amount = amount + 1 WHERE entry = 5 AND amount > 0")
    assert "db restore" in say("db", "verify", folder=folder).err
    assert say("db", "restore", "--yes", folder=folder).code == 0
    assert head(folder) == at_backup
    aside = [each.name for each in folder.glob("desktop_trader.db.corrupt-*")]
    assert len([name for name in aside if not name.endswith(("-wal", "-shm"))]) == 1


def test_a_lost_database_is_restored(say: CommandLine, folder: Path) -> None:
    at_backup = head(folder)
    (folder / "desktop_trader.db").unlink()
    refused = say("run", "--speed", "max", "--duration", "1", folder=folder)
    assert refused.code == 4
    assert "db restore" in refused.err
    assert say("db", "restore", "--yes", folder=folder).code == 0
    assert head(folder) == at_backup


@pytest.mark.parametrize(
    ("content", "code"), [(b"", 4), (b"this is no database", 4), (b"SQLite format 3\0" + b"\xff" * 4_000, 4)]
)
def test_what_is_no_backup_of_ours_is_refused(
    say: CommandLine, folder: Path, tmp_path: Path, content: bytes, code: int
) -> None:
    present = head(folder)
    foreign = tmp_path / "foreign.db"
    foreign.write_bytes(content)
    answer = say("db", "restore", str(foreign), "--yes", folder=folder)
    assert (answer.code, answer.out, answer.err.count("\n")) == (code, "", 1)
    assert foreign.read_bytes() == content
    assert head(folder) == present


def test_a_backup_that_is_not_there_is_wrong_usage(say: CommandLine, folder: Path) -> None:
    answer = say("db", "restore", "nowhere.db", folder=folder)
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert "db backups" in answer.err


def test_without_any_backup_there_is_nothing_to_restore(say: CommandLine, tmp_path: Path) -> None:
    answer = say("db", "restore", folder=tmp_path / "new")
    assert (answer.code, answer.err.count("\n")) == (4, 1)
    assert not (tmp_path / "new").exists()


def test_nothing_is_restored_under_a_running_instance(say: CommandLine, folder: Path) -> None:
    present = head(folder)
    with take_data_folder(DataFolderPaths(root=folder)):
        answer = say("db", "restore", "--yes", folder=folder)
    assert (answer.code, answer.err.count("\n")) == (3, 1)
    assert head(folder) == present


def test_books_move_to_another_computer(say: CommandLine, folder: Path, tmp_path: Path) -> None:
    file, new = tmp_path / "moved.zip", tmp_path / "new"
    packed = say("db", "pack", str(file), "--json", folder=folder)
    assert (packed.code, packed.json["files"]) == (0, ["desktop_trader.db", "settings.toml"])

    seen = say("db", "unpack", str(file), folder=new)
    assert (seen.code, new.exists()) == (0, False)
    assert "Nothing was changed" in seen.out

    assert say("db", "unpack", str(file), "--yes", folder=new).code == 0
    assert head(new) == head(folder)
    assert say("db", "pack", str(file), folder=folder).code == 2


@pytest.mark.parametrize("content", [b"", b"id,amount\n", b"PK\x05\x06" + b"\0" * 18, None])
@pytest.mark.parametrize("more", [(), ("--yes",)])
def test_a_file_that_was_not_packed_by_us_is_no_damage_and_leaves_nothing(
    say: CommandLine, tmp_path: Path, *, content: bytes | None, more: tuple[str, ...]
) -> None:
    file, folder = tmp_path / "holiday.zip", tmp_path / "new"
    if content is None:
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("beach.txt", "sand")
    else:
        file.write_bytes(content)
    answer = say("db", "unpack", str(file), *more, folder=folder)
    assert (answer.code, answer.err.count("\n")) == (1, 1)
    assert "no file that Desktop Trader packed" in answer.err
    assert not (folder / "backups").exists()


def test_a_packed_file_that_was_cut_off_is_exit_code_4(say: CommandLine, folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "moved.zip"
    assert say("db", "pack", str(file), folder=folder).code == 0
    file.write_bytes(file.read_bytes()[:-100])
    for more in ((), ("--yes",)):
        answer = say("db", "unpack", str(file), *more, folder=folder)
        assert (answer.code, answer.err.count("\n")) == (4, 1)
