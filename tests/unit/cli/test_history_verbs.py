"""`balance history` and `balance export`: filters, files and what is refused, as scripts and people use them."""

import csv
import json
from decimal import Decimal
from pathlib import Path

import pytest

from tests.unit.cli.conftest import CommandLine

KEYS = [
    "id", "transaction_type", "amount", "balance_before", "balance_after", "reason", "updated_by", "description",
    "position_id", "created_at",
]  # fmt: skip


def ids(say: CommandLine, folder: Path, *words: str) -> list[int]:
    return [int(row["id"]) for row in say("balance", "history", "--json", *words, folder=folder).json]


@pytest.mark.requirement("R89")
def test_history_shows_fifty_rows_with_their_public_keys_unless_told_otherwise(say: CommandLine, played: Path) -> None:
    rows = say("balance", "history", "--json", folder=played).json
    assert len(rows) == 50
    assert list(rows[0]) == KEYS
    assert len(ids(say, played, "--limit", "7")) == 7


@pytest.mark.requirement("R61")
@pytest.mark.requirement("R79")
def test_history_is_filtered_by_kinds_author_text_run_position_and_order(say: CommandLine, folder: Path) -> None:
    assert say("balance", "deposit", "5", "--reason", "Für Zoë", "--author", "zoë", folder=folder).code == 0
    newest = ids(say, folder, "--limit", "1")
    assert ids(say, folder, "--author", "zoë") == newest
    assert ids(say, folder, "--text", "für zoë") == newest
    assert ids(say, folder, "--kind", "deposit", "--run", "1") == newest
    assert ids(say, folder, "--run", "2") == []
    rows = say("balance", "history", "--json", "--position", "1", folder=folder).json
    assert {int(row["position_id"]) for row in rows} == {1}
    both = say("balance", "history", "--json", "--kind", "fee", "--kind", "position_close", folder=folder).json
    assert {row["transaction_type"] for row in both} == {"fee", "position_close"}
    assert len(ids(say, folder, "--order", "1")) >= 2


def test_history_is_filtered_by_days_and_moments(say: CommandLine, played: Path) -> None:
    everything = say("balance", "history", "--json", "--limit", "1000", folder=played).json
    day = everything[len(everything) // 2]["created_at"][:10]
    of_day = [int(row["id"]) for row in everything if row["created_at"].startswith(day)]
    assert ids(say, played, "--limit", "1000", "--from", day, "--to", day) == of_day != []
    moment = everything[3]["created_at"]
    newer = [int(row["id"]) for row in everything if row["created_at"] >= moment]
    assert ids(say, played, "--limit", "1000", "--from", moment.replace("+00:00", "")) == newer
    older = [int(row["id"]) for row in everything if row["created_at"] < moment]
    assert ids(say, played, "--limit", "1000", "--to", moment) == older


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "31.12.2026", "0", ""])
def test_what_is_no_time_is_one_line(say: CommandLine, played: Path, text: str) -> None:
    answer = say("balance", "history", "--from", text, folder=played)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert "--from wants a day such as 2026-01-31" in answer.err


def test_export_writes_the_whole_history_and_says_where(say: CommandLine, played: Path, tmp_path: Path) -> None:
    answer = say("balance", "export", str(tmp_path / "history.csv"), "--json", folder=played)
    rows = say("balance", "history", "--json", "--limit", "1000", folder=played).json
    assert (answer.code, answer.json["rows"], answer.json["file"]) == (0, len(rows), str(tmp_path / "history.csv"))
    with (tmp_path / "history.csv").open(encoding="utf-8", newline="") as file:
        written = list(csv.DictReader(file))
    assert [Decimal(row["balance_after"]) for row in written] == [row["balance_after"] for row in reversed(rows)]


@pytest.mark.requirement("R132")
def test_export_of_the_balance_alone_has_the_shape_of_the_documents(
    say: CommandLine, played: Path, tmp_path: Path
) -> None:
    target = tmp_path / "virtual_balance.json"
    assert say("balance", "export", str(target), "--balance-only", folder=played).code == 0
    told = json.loads(target.read_text(encoding="utf-8"), parse_float=Decimal)
    shown = say("balance", "show", "--json", folder=played).json
    assert list(told) == ["balance", "last_updated", "time_zone"]
    assert (told["balance"], told["last_updated"]) == (shown["current_balance"], shown["last_updated"])


def test_export_replaces_a_file_only_when_forced(say: CommandLine, played: Path, tmp_path: Path) -> None:
    target = tmp_path / "history.json"
    target.write_text("mine")
    refused = say("balance", "export", str(target), folder=played)
    assert (refused.code, target.read_text()) == (5, "mine")
    assert "is there already; nothing was written; say --force to replace it" in refused.err
    assert say("balance", "export", str(target), "--force", folder=played).code == 0
    assert json.loads(target.read_text(encoding="utf-8"))["account"] == "demo"


@pytest.mark.parametrize(
    ("name", "words", "told"),
    [
        ("history.txt", (), "FILE.csv or FILE.json"),
        ("history.csv", ("--balance-only",), "FILE.json"),
        ("nowhere/history.csv", (), "There is no folder"),
        ("history.csv", ("--account", "mine"), "no account 'mine'; known: demo"),
        ("history.csv", ("--kind", "gift"), "no kind 'gift'"),
    ],
)
def test_a_mistake_writes_nothing(
    say: CommandLine, played: Path, tmp_path: Path, name: str, words: tuple[str, ...], told: str
) -> None:
    answer = say("balance", "export", str(tmp_path / name), *words, folder=played)
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert told in answer.err
    assert list(tmp_path.iterdir()) == []
