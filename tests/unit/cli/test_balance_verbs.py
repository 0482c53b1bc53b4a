"""`balance`: exact figures, exact keys, and changes that are booked or refused in one line."""

from decimal import Decimal
from pathlib import Path

import pytest

from desktop_trader.locations import data_folder
from desktop_trader.storage.data_folder import take_data_folder
from tests.command_line import replay
from tests.unit.api.test_routes import BALANCE_KEYS
from tests.unit.cli.conftest import CommandLine

HISTORY_KEYS = [
    "id", "transaction_type", "amount", "balance_before", "balance_after", "reason", "updated_by", "description",
    "position_id", "created_at",
]  # fmt: skip


@pytest.mark.requirement("R140", "R87")
def test_the_balance_has_its_public_keys_and_adds_up(say: CommandLine, played: Path) -> None:
    shown = say("balance", "show", "--json", folder=played)

    assert (shown.code, list(shown.json)) == (0, BALANCE_KEYS)
    balance = shown.json
    assert balance["available_balance"] + balance["locked_balance"] == balance["current_balance"]
    assert (balance["account_type"], balance["currency"], balance["run_id"]) == ("demo", "USDT", 1)


def test_without_a_running_instance_what_needs_a_price_is_null(say: CommandLine, played: Path, tmp_path: Path) -> None:
    assert say("positions", "--json", folder=played).json
    balance = say("balance", "show", "--json", folder=played).json

    assert (balance["unrealized_pnl"], balance["portfolio_value"], balance["drawdown_percent"]) == (None, None, None)
    fresh = tmp_path / "fresh"
    say("run", "--speed", "max", "--duration", "1", folder=fresh)
    balance = say("balance", "show", "--json", folder=fresh).json
    assert (balance["unrealized_pnl"], balance["portfolio_value"]) == (0, 10_000)
    assert (balance["balance_change_24h"], balance["balance_change_24h_percent"]) == (None, None)


def test_people_read_the_balance_in_dollars(say: CommandLine, played: Path) -> None:
    shown = say("balance", "show", folder=played)

    assert shown.code == 0
    assert "Balance          $" in shown.out
    assert "Realized P&L" in shown.out


def test_people_read_whose_balance_it_is_and_what_was_put_into_its_run(say: CommandLine, tmp_path: Path) -> None:
    folder = tmp_path / "books"
    say("run", "--speed", "max", "--duration", "1", "--account", "second", folder=folder)
    say("balance", "deposit", "500", "--reason", "x", "--account", "second", folder=folder)
    assert "  deposits       $500.00\n" in say("balance", "show", "--account", "second", folder=folder).out
    assert say("balance", "reset", "--yes", "--account", "second", folder=folder).code == 0

    shown = say("balance", "show", "--account", "second", folder=folder).out

    assert shown.startswith("Account          second (paper), USDT\n")
    assert "Run              2\n  deposits       $0.00\n  withdrawals    $0.00\n" in shown
    assert say("balance", "show", "--account", "second", "--json", folder=folder).json["total_deposits"] == 500


READING = [
    ("balance", "show"),
    ("balance", "history"),
    ("balance", "export", "FILE"),
    ("positions",),
    ("orders",),
    ("fills",),
    ("db", "info"),
]


@pytest.mark.parametrize("words", READING)
def test_books_older_than_their_anchor_are_shown_with_a_warning(
    say: CommandLine, folder: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    database = folder / "desktop_trader.db"
    older = database.read_bytes()
    say("balance", "deposit", "5", "--reason", "x", folder=folder)
    entries = say("db", "info", "--json", folder=folder).json["entries"]
    asked = [str(tmp_path / "a.csv") if word == "FILE" else word for word in words]
    assert say(*asked, folder=folder).err == ""
    for name in ("-wal", "-shm"):
        database.with_name(f"{database.name}{name}").unlink(missing_ok=True)
    database.write_bytes(older)

    shown = say(*asked, *(["--force"] if "export" in words else []), folder=folder)

    assert (shown.code, shown.err.count("\n")) == (0, 1)
    assert f"1 entry is missing: the books end at entry {entries - 1}" in shown.err
    assert f"the anchor beside them knows entry {entries};" in shown.err


def test_the_preview_of_a_restore_says_what_only_the_anchor_knows(say: CommandLine, folder: Path) -> None:
    database = folder / "desktop_trader.db"
    say("db", "backup", folder=folder)
    older = database.read_bytes()
    say("balance", "deposit", "5", "--reason", "x", folder=folder)
    say("balance", "deposit", "6", "--reason", "x", folder=folder)
    for name in ("-wal", "-shm"):
        database.with_name(f"{database.name}{name}").unlink(missing_ok=True)
    database.write_bytes(older)

    shown = say("db", "restore", folder=folder)

    assert shown.code == 0
    assert "  2 entries are missing: the books end at entry " in shown.out
    assert say("db", "restore", "--json", folder=folder).json["missing_entries"] == 2
    done = say("db", "restore", "--yes", folder=folder)
    assert "  2 entries are missing: the books end at entry " in done.out
    assert say("balance", "show", folder=folder).err == ""


@pytest.mark.requirement("R27", "R55", "R88")
def test_a_new_total_is_one_signed_entry_with_reason_and_author(say: CommandLine, folder: Path) -> None:
    before = say("balance", "show", "--json", folder=folder).json["current_balance"]

    changed = say("balance", "adjust", "15000", "--reason", "new year", "--author", "Ann", "--json", folder=folder)

    assert changed.code == 0
    assert changed.json["current_balance"] == 15_000
    assert changed.json["amount"] == 15_000 - before
    newest = say("balance", "history", "--limit", "1", "--json", folder=folder).json[0]
    assert list(newest) == HISTORY_KEYS
    assert (newest["transaction_type"], newest["reason"], newest["updated_by"]) == ("adjustment", "new year", "Ann")
    assert (newest["balance_before"], newest["balance_after"]) == (before, 15_000)
    assert say("balance", "show", "--json", folder=folder).json["current_balance"] == 15_000
    assert say("db", "verify", folder=folder).code == 0


@pytest.mark.requirement("R175", "R176")
def test_deposits_and_withdrawals_are_counted_apart(say: CommandLine, folder: Path) -> None:
    before = say("balance", "show", "--json", folder=folder).json["current_balance"]

    say("balance", "deposit", "500.25", "--reason", "x", folder=folder)
    say("balance", "withdraw", "0.00000001", "--reason", "dust", folder=folder)

    after = say("balance", "show", "--json", folder=folder).json
    assert (after["total_deposits"], after["total_withdrawals"]) == (Decimal("500.25"), Decimal("0.00000001"))
    assert after["current_balance"] == before + Decimal("500.24999999")
    assert say("balance", "history", "--kind", "deposit", "--json", folder=folder).json[0]["amount"] == Decimal(
        "500.25"
    )


@pytest.mark.parametrize("amount", ["0.1", "0.30000001", "9999999999.99999999", "10000000.00000001"])
def test_every_digit_is_printed_as_it_was_typed(say: CommandLine, folder: Path, amount: str) -> None:
    say("balance", "withdraw", "1", "--reason", "x", folder=folder)
    total = say("balance", "show", "--json", folder=folder).json
    target = Decimal(amount) + total["locked_balance"] if Decimal(amount) < 1_000 else Decimal(amount)

    changed = say("balance", "adjust", str(target), "--reason", "exact", "--json", folder=folder)

    assert changed.code == 0, changed.err
    assert f'"current_balance": {target.normalize():f}' in changed.out
    assert f'"current_balance": {target.normalize():f}' in say("balance", "show", "--json", folder=folder).out


@pytest.mark.requirement("R163")
@pytest.mark.parametrize("verb", ["adjust", "deposit", "withdraw"])
@pytest.mark.parametrize(
    "amount",
    [
        "abc",
        "-1",
        "-0.5",
        "NaN",
        "Infinity",
        "1e9999",
        "1_000",
        "",
        "0.000000001",
        "99999999999999",
        "٣",
        "--5",
        "-1e5",
    ],
)
def test_what_is_no_amount_is_one_line_and_changes_nothing(
    say: CommandLine, folder: Path, verb: str, amount: str
) -> None:
    before = say("db", "info", "--json", folder=folder).json["head_hash"]

    answer = say("balance", verb, amount, "--reason", "why", folder=folder)

    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert answer.err.startswith("desktop-trader: ")
    assert say("db", "info", "--json", folder=folder).json["head_hash"] == before


@pytest.mark.parametrize(
    ("words", "code", "complaint"),
    [
        (("adjust", "5"), 2, "Missing option '--reason'"),
        (("deposit", "5"), 2, "Missing option '--reason'"),
        (("withdraw", "5"), 2, "Missing option '--reason'"),
        (("adjust", "--reason", "x"), 2, "Missing argument 'AMOUNT'"),
        (("adjust", "5", "6", "--reason", "x"), 2, "unexpected extra argument"),
        (("adjust", "5", "--reason", " "), 2, "reason is required"),
        (("adjust", "5", "--reason", "x" * 201), 2, "200 characters"),
        (("adjust", "5", "--reason", "x", "--author", " "), 2, "author is required"),
        (("adjust", "5", "--reason", "x", "--account", "mine"), 2, "no account 'mine'"),
        (("deposit", "0", "--reason", "x"), 2, "above zero"),
        (("adjust", "40000000000.00000001", "--reason", "x"), 2, "too large"),
        (("deposit", "46116860184.27387903", "--reason", "x"), 2, "too large"),
        (("withdraw", "10000000", "--reason", "x"), 5, "is available"),
        (("history", "--limit", "0"), 2, "--limit"),
        (("history", "--kind", "gift"), 2, "no kind 'gift'"),
        (("history", "--account", "mine"), 2, "no account 'mine'"),
        (("show", "--account", "mine"), 2, "no account 'mine'"),
        (("steal",), 2, "No such command 'steal'"),
        ((), 2, "Missing command"),
    ],
)
def test_a_mistake_is_one_line_with_its_exit_code(
    say: CommandLine, folder: Path, words: tuple[str, ...], code: int, complaint: str
) -> None:
    answer = say("balance", *words, folder=folder if words else None)

    assert (answer.code, answer.out) == (code, "")
    assert complaint in answer.err
    assert answer.err.count("\n") == 1


def test_a_reason_may_begin_with_a_number_below_zero(say: CommandLine, folder: Path) -> None:
    changed = say("balance", "adjust", "12000", "--reason", "-5 percent", "--json", folder=folder)

    assert (changed.code, changed.json["reason"]) == (0, "-5 percent")


def test_the_same_balance_again_is_refused(say: CommandLine, folder: Path) -> None:
    say("balance", "adjust", "12000", "--reason", "x", folder=folder)

    again = say("balance", "adjust", "12000", "--reason", "x", folder=folder)

    assert again.code == 5
    assert "already" in again.err


@pytest.mark.parametrize(
    "words",
    [
        ("balance", "show"),
        ("balance", "history"),
        ("balance", "adjust", "5", "--reason", "x"),
        ("balance", "deposit", "5", "--reason", "x"),
        ("positions",),
        ("orders",),
        ("fills",),
        ("db", "verify"),
        ("db", "info"),
    ],
)
def test_an_empty_folder_is_told_and_stays_empty(say: CommandLine, tmp_path: Path, words: tuple[str, ...]) -> None:
    folder = tmp_path / "nothing"

    answer = say(*words, folder=folder)

    assert (answer.code, answer.out) == (1, "")
    assert "There are no books" in answer.err
    assert "desktop-trader run" in answer.err
    assert not folder.exists()


def test_a_folder_that_is_held_but_does_not_answer_is_exit_code_3(
    say: CommandLine, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desktop_trader.api.client._OPENING_SECONDS", 0.0)
    with take_data_folder(data_folder(folder)):
        changed = say("balance", "deposit", "5", "--reason", "x", folder=folder)
        shown = say("balance", "show", folder=folder)

    assert (changed.code, shown.code) == (3, 0)
    assert "already running" in changed.err


def test_moving_money_leaves_the_market_where_it_was(say: CommandLine, folder: Path, candles: Path) -> None:
    say("balance", "deposit", "5", "--reason", "x", folder=folder)

    again = say(*replay(candles, "ETH/USDT", "5m"), folder=folder)

    assert again.code == 0
    assert "no new bars" in again.err
    assert [line for line in again.lines if line["event"].startswith(("order", "position"))] == []
