"""`legacy import`: every file shown, the newest taken once, sources kept, the originals and the journal respected."""

import hashlib
import json
import os
import shutil
import stat
from decimal import Decimal
from pathlib import Path

import pytest

from desktop_trader.cli import legacy_change
from desktop_trader.storage import legacy_archive
from tests.command_line import Answer
from tests.legacy_folder import SAMPLE, balance_json, write_four_contradicting, write_legacy
from tests.unit.cli.conftest import CommandLine

VIRTUAL = "backend/virtual_balance.json"
AUTO = "backend/auto_trading_state.json"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The working folder of an earlier program."""
    folder = tmp_path / "old-bot"
    folder.mkdir()
    return folder


@pytest.fixture
def home(tmp_path: Path, say: CommandLine) -> Path:
    """A data folder with a fresh account of 10,000."""
    folder = tmp_path / "home"
    assert say("run", "--speed", "max", "--duration", "60", folder=folder).code == 0
    return folder


def balance(say: CommandLine, folder: Path) -> Decimal:
    shown = say("balance", "show", "--json", folder=folder).json["current_balance"]
    assert isinstance(shown, Decimal)
    return shown


def history(say: CommandLine, folder: Path) -> list[dict[str, object]]:
    rows = say("balance", "history", "--json", folder=folder).json
    assert isinstance(rows, list)
    return rows


def archived(home: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((home / "archive").glob("*-*.json"))}


def facts(old: Path) -> dict[str, tuple[bytes, int, int]]:
    found = [path for path in old.rglob("*") if path.is_file() and not path.is_symlink()]
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_mode) for path in found}


def test_a_dry_run_shows_everything_and_writes_nothing(say: CommandLine, old: Path, home: Path) -> None:
    write_legacy(old / VIRTUAL, "12346", "2025-06-23T07:19:44.944435")
    (old / "data").mkdir()
    (old / "data/virtual_balance.json").write_bytes(SAMPLE[:20])
    before = {path: path.read_bytes() for path in home.iterdir() if path.is_file()}
    for words in (("--dry-run",), ()):
        answer = say("legacy", "import", str(old), *words, folder=home)
        assert answer.code == 0, answer.err
        assert "backend/virtual_balance.json" in answer.out
        assert "$12,346.00" in answer.out
        assert "skipped: it is cut off in the middle" in answer.out
        assert "→ UTC 2025-06-23" in answer.out
        assert "$10,000.00; it would be $12,346.00 (+$2,346.00)" in answer.out
        assert "add --yes" in answer.out
    assert {path: path.read_bytes() for path in home.iterdir() if path.is_file()} == before
    assert not (home / "archive").exists()


@pytest.mark.requirement("R14", "R86")
def test_the_sample_is_in_the_history_with_its_value_and_its_time(
    say: CommandLine, old: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    (old / "backend").mkdir()
    (old / VIRTUAL).write_bytes(SAMPLE)
    answer = say("legacy", "import", str(old), "--yes", "--author", "Ann", "--json", folder=home)
    assert answer.code == 0, answer.err
    assert (answer.json["result"], answer.json["new_balance"], answer.json["difference"]) == (
        "imported",
        Decimal("12345.67"),
        Decimal("2345.67"),
    )
    newest = history(say, home)[0]
    assert (newest["transaction_type"], newest["balance_after"], newest["updated_by"]) == (
        "import",
        Decimal("12345.67"),
        "Ann",
    )
    assert newest["description"] == (
        "virtual_balance.json: 12345.67, written 2025-06-23T07:19:44.944435 read as Europe/Berlin → UTC "
        "2025-06-23 05:19:44.944435"
    )
    assert str(old) not in str(newest)
    digest = hashlib.sha256(SAMPLE).hexdigest()
    assert archived(home)[f"virtual_balance-{digest}.json"] == SAMPLE
    assert Path(answer.json["backup"]).is_file()
    assert say("db", "verify", folder=home).code == 0


@pytest.mark.requirement("R120", "R121", "R128")
@pytest.mark.parametrize(("virtual_day", "auto_day", "wins"), [("24", "23", "12346"), ("23", "24", "9989.76")])
def test_of_two_that_contradict_each_other_the_newer_is_booked_and_an_adjustment_follows(
    say: CommandLine, old: Path, home: Path, virtual_day: str, auto_day: str, wins: str
) -> None:
    write_legacy(old / VIRTUAL, "12346", f"2025-06-{virtual_day}T07:19:44.944435")
    write_legacy(old / AUTO, "9989.76", f"2025-06-{auto_day}T07:19:44.944435")
    originals = facts(old)
    assert say("legacy", "import", str(old), "--yes", folder=home).code == 0
    assert balance(say, home) == Decimal(wins)
    assert facts(old) == originals
    assert len([name for name in archived(home) if not name.startswith("import-")]) == 2
    assert say("balance", "adjust", "15000", "--reason", "together again", folder=home).code == 0
    assert balance(say, home) == 15_000
    assert say("db", "verify", folder=home).code == 0


@pytest.mark.requirement("R121", "R122", "R131")
def test_the_four_that_contradict_each_other_are_imported_once(say: CommandLine, old: Path, home: Path) -> None:
    """Row F77: 15,000 twice at one microsecond, 9,998.978341858076 a day later, 50.0 as the newest."""
    files = write_four_contradicting(old)
    shown = say("legacy", "import", str(old), "--json", folder=home).json
    assert [file["balance"] for file in shown["files"]] == [
        Decimal("9998.97834186"), 15_000, 15_000, 50,
    ]  # fmt: skip
    assert shown["files"][0]["as_written"] == "9998.978341858076"
    assert "rounded" in shown["files"][0]["notes"][0]
    assert (shown["chosen"], shown["is_tie"]) == (str(files["newest"]), False)

    first = say("legacy", "import", str(old), "--yes", "--json", folder=home).json
    again = say("legacy", "import", str(old), "--yes", "--json", folder=home)

    assert (first["result"], first["new_balance"]) == ("imported", 50)
    assert (again.code, again.json["result"], again.json["entry_id"]) == (0, "already_imported", 2)
    assert balance(say, home) == 50
    assert [row["transaction_type"] for row in history(say, home)] == ["import", "opening"]
    contents = {path.read_bytes() for path in files.values()}
    assert {raw for name, raw in archived(home).items() if not name.startswith("import-")} == contents


@pytest.mark.requirement("R122")
def test_the_same_content_is_imported_once_under_whatever_name_and_after_other_changes(
    say: CommandLine, old: Path, home: Path
) -> None:
    write_legacy(old / VIRTUAL, 12346)
    assert say("legacy", "import", str(old), "--yes", folder=home).code == 0
    assert say("balance", "deposit", "500", "--reason", "x", folder=home).code == 0
    elsewhere = old.parent / "copy" / "data" / "auto_trading_state.json"
    elsewhere.parent.mkdir(parents=True)
    shutil.copyfile(old / VIRTUAL, elsewhere)
    again = say("legacy", "import", str(elsewhere), "--yes", folder=home)
    assert again.code == 0
    assert "imported before, as entry 2" in again.out
    assert balance(say, home) == 12_846


@pytest.mark.requirement("R121")
def test_the_same_time_and_the_same_balance_raise_no_question(say: CommandLine, old: Path, home: Path) -> None:
    write_legacy(old / AUTO, "15000.0")
    write_legacy(old / VIRTUAL, "15000")
    shown = say("legacy", "import", str(old), "--json", folder=home).json
    assert (shown["is_tie"], shown["chosen"]) == (False, str(old / VIRTUAL))


@pytest.mark.requirement("R121")
def test_the_same_time_and_different_balances_are_a_question_with_a_documented_default(
    say: CommandLine, old: Path, home: Path
) -> None:
    write_legacy(old / AUTO, "9989.76")
    write_legacy(old / VIRTUAL, "12346")
    asked = say("legacy", "import", str(old), folder=home)
    assert "Just as new, with another balance: backend/auto_trading_state.json. Choose with --file." in asked.out
    assert "virtual_balance.json comes before" in " ".join(say("legacy", "import", "--help").out.split())
    default = say("legacy", "import", str(old), "--yes", folder=home)
    assert "Just as new, with another balance" in default.out
    assert balance(say, home) == 12_346
    chosen = say("legacy", "import", str(old), "--yes", "--file", AUTO, "--json", folder=home)
    assert chosen.json["new_balance"] == Decimal("9989.76")


@pytest.mark.requirement("R121", "R122")
def test_a_question_that_was_answered_is_not_answered_otherwise_by_the_next_run(
    say: CommandLine, old: Path, home: Path
) -> None:
    write_legacy(old / AUTO, "9989.76")
    write_legacy(old / VIRTUAL, "12346")
    assert say("legacy", "import", str(old), "--yes", "--file", AUTO, folder=home).code == 0
    again = say("legacy", "import", str(old), "--yes", "--json", folder=home)
    assert again.json["result"] == "already_imported"
    assert balance(say, home) == Decimal("9989.76")


@pytest.mark.requirement("R29")
def test_where_there_are_no_files_nothing_is_booked(say: CommandLine, old: Path, home: Path) -> None:
    answer = say("legacy", "import", str(old), "--yes", "--json", folder=home)
    assert (answer.code, answer.json["result"], answer.json["files"]) == (0, "nothing_found", [])
    assert balance(say, home) == 10_000


@pytest.mark.requirement("R133")
def test_where_none_can_be_read_it_is_refused_and_no_default_is_taken(say: CommandLine, old: Path, home: Path) -> None:
    assert say("balance", "adjust", "777", "--reason", "mine", folder=home).code == 0
    (old / "backend").mkdir()
    (old / VIRTUAL).write_bytes(b'{"balance": NaN}')
    (old / AUTO).symlink_to(old / VIRTUAL)
    answer = say("legacy", "import", str(old), "--yes", "--json", folder=home)
    assert (answer.code, answer.json["result"]) == (5, "none_readable")
    assert {file["refusal"] for file in answer.json["files"]} == {"not_finite", "symlink"}
    named = say("legacy", "import", str(old), "--yes", "--file", VIRTUAL, folder=home)
    assert named.code == 5
    assert "NaN" in named.err
    assert balance(say, home) == 777
    assert not (home / "archive").exists()


@pytest.mark.requirement("R131", "R133", "R134")
def test_a_damaged_loser_is_kept_as_it_is_and_the_manifest_says_why(say: CommandLine, old: Path, home: Path) -> None:
    write_legacy(old / VIRTUAL, 12346)
    damaged = old / AUTO
    damaged.write_bytes(balance_json(9)[:-3])
    (old / "data").mkdir()
    (old / "data/virtual_balance.json").symlink_to(damaged)
    answer = say("legacy", "import", str(old), "--yes", "--json", folder=home).json
    kept = archived(home)
    assert kept[f"auto_trading_state-{hashlib.sha256(damaged.read_bytes()).hexdigest()}.json"] == damaged.read_bytes()
    (manifest,) = (json.loads(raw) for name, raw in kept.items() if name.startswith("import-"))
    told = {os.path.relpath(source["path"], old): source for source in manifest["sources"]}
    assert told[VIRTUAL]["was_chosen"] is True
    assert told[AUTO]["refusal"] == "truncated"
    assert told["data/virtual_balance.json"]["archived_as"] is None
    assert sorted(answer["archived"]) == sorted(name for name in kept if not name.startswith("import-"))
    for name in kept:
        assert stat.S_IMODE((home / "archive" / name).stat().st_mode) == 0o400


def test_without_books_they_begin_and_the_balance_is_taken_over(say: CommandLine, old: Path, tmp_path: Path) -> None:
    write_legacy(old / VIRTUAL, "12345.67")
    fresh = tmp_path / "fresh"
    shown = say("legacy", "import", str(old), folder=fresh)
    assert shown.code == 0, shown.err
    assert "There are no books yet" in shown.out
    assert not fresh.exists()
    assert say("legacy", "import", str(old), "--yes", folder=fresh).code == 0
    assert stat.S_IMODE(fresh.stat().st_mode) == 0o700
    assert balance(say, fresh) == Decimal("12345.67")


def test_an_equal_balance_needs_no_entry(say: CommandLine, old: Path, home: Path) -> None:
    write_legacy(old / VIRTUAL, "10000.0")
    answer = say("legacy", "import", str(old), "--yes", folder=home)
    assert answer.code == 0
    assert "The balance is $10,000.00 already; nothing was booked." in answer.out


def test_what_is_locked_cannot_be_imported_away(say: CommandLine, old: Path, folder: Path) -> None:
    """The played folder has a position open or not; a balance below what is locked is refused either way."""
    shown = say("balance", "show", "--json", folder=folder).json
    write_legacy(old / VIRTUAL, "0")
    answer = say("legacy", "import", str(old), "--yes", folder=folder)
    assert answer.code == (5 if shown["locked_balance"] else 0)
    assert ("is locked in positions" in answer.err) is bool(shown["locked_balance"])


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--dry-run", "--yes"), 2, "contradict"),
        (("--file", "other.json"), 2, "not among the files"),
        (("--yes", "--author", " "), 2, "author"),
        (("--yes", "--author", "system"), 2, "name another author"),
        (("--account", "nobody"), 2, "no account"),
    ],
)
def test_mistakes_are_one_line_and_leave_no_trace(
    say: CommandLine, old: Path, home: Path, words: tuple[str, ...], code: int, message: str
) -> None:
    write_legacy(old / VIRTUAL, 12346)
    answer = say("legacy", "import", str(old), *words, folder=home)
    assert (answer.code, answer.err.count("\n")) == (code, 1)
    assert message in answer.err
    assert balance(say, home) == 10_000
    assert not (home / "archive").exists()


def test_a_folder_that_is_not_there_is_a_mistake(say: CommandLine, old: Path, home: Path) -> None:
    answer = say("legacy", "import", str(old / "missing"), folder=home)
    assert answer.code == 2
    assert "is not a folder" in answer.err


def test_a_source_that_changes_after_it_was_read_is_not_booked(
    say: CommandLine, old: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_legacy(old / VIRTUAL, 12346)
    real = legacy_archive.prepare_import

    def changed_meanwhile(*words: object, **more: object) -> object:
        path.write_bytes(balance_json(99))
        return real(*words, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(legacy_change, "prepare_import", changed_meanwhile)
    answer: Answer = say("legacy", "import", str(old), "--yes", folder=home)
    assert answer.code == 5
    assert "has changed since it was read" in answer.err
    assert balance(say, home) == 10_000


@pytest.mark.requirement("R85")
def test_the_trades_in_a_state_file_are_added_up_as_a_check_only(say: CommandLine, old: Path, home: Path) -> None:
    (old / "backend").mkdir()
    state = {"balance": 9989.76, "enabled": False, "trades": [{"pnl": 5.5}, {"pnl": -1.25}]}
    (old / AUTO).write_text(json.dumps(state))
    answer = say("legacy", "import", str(old), "--yes", "--json", folder=home).json
    assert answer["files"][0]["trades"] == (
        "2 trades add up to 10004.25, starting at 10000.00 (assumed, the file does not say): the file says 14.49 less"
    )
    assert answer["new_balance"] == Decimal("9989.76")


def test_an_import_refused_before_there_are_books_begins_none(
    say: CommandLine, old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_legacy(old / VIRTUAL, "12345.67")
    fresh = tmp_path / "fresh"

    def written_meanwhile(*words: object, **keys: object) -> object:
        (old / VIRTUAL).write_bytes(balance_json(9))
        return legacy_archive.prepare_import(*words, **keys)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(legacy_change, "prepare_import", written_meanwhile)
        answer = say("legacy", "import", str(old), "--yes", folder=fresh)
    assert answer.code != 0
    assert "has changed since it was read" in answer.err
    assert not (fresh / "desktop_trader.db").exists(), "never 10,000 instead"
    assert say("legacy", "import", str(old), "--yes", folder=fresh).code == 0
    assert balance(say, fresh) == Decimal(9)


def test_a_balance_that_the_books_cannot_hold_begins_none(say: CommandLine, old: Path, tmp_path: Path) -> None:
    write_legacy(old / VIRTUAL, "45000000000")
    answer = say("legacy", "import", str(old), "--yes", folder=tmp_path / "fresh")
    assert answer.code == 2
    assert "too large for the books" in answer.err
    assert not (tmp_path / "fresh").exists()
