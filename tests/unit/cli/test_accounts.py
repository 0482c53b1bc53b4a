"""Several accounts of one folder: every verb reaches the one it names, beside an instance and without."""

import json
import signal
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from desktop_trader.api import private_socket
from desktop_trader.api.client import RunningInstance, wait_for_instance
from desktop_trader.domain.errors import DataFolderInUseError, DiskError, InvalidInputError
from desktop_trader.engine.ports import BookUpdate
from desktop_trader.engine_host import EngineHost
from desktop_trader.locations import data_folder
from desktop_trader.network.host import HostClocks
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from tests.command_line import replay, rest_of, start
from tests.unit.cli.conftest import CommandLine

IDLE = ("run", "--speed", "max", "--duration", "30", "--json")


@pytest.fixture
def two(say: CommandLine, candles: Path, tmp_path: Path) -> Path:
    """A folder with two accounts; the second one has traded, the first has only its money."""
    folder = tmp_path / "data"
    assert say(*IDLE, folder=folder).code == 0
    answer = say(*replay(candles, "ETH/USDT", "5m"), "--account", "second", "--initial-balance", "700", folder=folder)
    assert answer.code == 0, answer.err
    return folder


@pytest.mark.requirement("R36")
def test_every_verb_shows_the_account_it_names(say: CommandLine, two: Path) -> None:
    first = say("balance", "show", "--json", folder=two).json
    second = say("balance", "show", "--account", "second", "--json", folder=two).json
    assert first.keys() == second.keys()
    assert (first["account_id"], first["current_balance"], second["account_id"]) == (1, 10_000, 2)
    assert second["current_balance"] != 700
    for verb in (("positions", "--all"), ("orders", "--all"), ("fills",)):
        assert say(*verb, "--json", folder=two).json == []
        assert say(*verb, "--account", "second", "--json", folder=two).json
    rows = say("balance", "history", "--account", "second", "--json", "--limit", "1000", folder=two).json
    assert rows[-1]["balance_after"] == 700
    assert len(say("balance", "history", "--json", folder=two).json) == 1
    assert say("db", "verify", folder=two).code == 0


def test_money_is_moved_in_the_account_that_is_named(say: CommandLine, two: Path) -> None:
    before = say("balance", "show", "--account", "second", "--json", folder=two).json["current_balance"]
    assert say("balance", "deposit", "25", "--reason", "x", "--account", "second", folder=two).code == 0
    assert say("balance", "show", "--account", "second", "--json", folder=two).json["current_balance"] == before + 25
    assert say("balance", "show", "--json", folder=two).json["current_balance"] == 10_000
    missing = say("balance", "deposit", "25", "--reason", "x", "--account", "third", folder=two)
    assert (missing.code, "third" in missing.err) == (2, True)


def test_a_run_of_one_account_watches_those_beside_it(say: CommandLine, candles: Path, tmp_path: Path) -> None:
    """The strategy of the second account goes on while the first one is run, on the same recording."""
    half = tmp_path / "half.csv"
    lines = candles.read_text(encoding="utf-8").splitlines(keepends=True)
    half.write_text("".join(lines), encoding="utf-8")
    folder = tmp_path / "data"
    words = replay(half, "ETH/USDT", "5m")
    assert say(*words, "--account", "second", "--duration", "40000", folder=folder).code == 0
    before = len(say("fills", "--account", "second", "--json", folder=folder).json)
    answer = say(*words, folder=folder)
    assert (answer.code, answer.summary["bars"]) == (0, 500)
    fills = say("fills", "--account", "second", "--json", folder=folder).json
    assert len(fills) > before
    alone = tmp_path / "alone"
    assert say(*words, "--account", "second", folder=alone).code == 0
    keys = ("at", "side", "quantity", "price", "fee")
    there = say("fills", "--account", "second", "--json", folder=alone).json
    assert [[each[key] for key in keys] for each in fills] == [[each[key] for key in keys] for each in there]
    assert say("db", "verify", folder=folder).code == 0


@pytest.mark.requirement("R168")
def test_a_disk_that_refuses_for_a_while_changes_nothing_of_a_run(
    say: CommandLine, candles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = replay(candles, "ETH/USDT", "5m")
    quiet = say(*words, folder=tmp_path / "quiet")
    commit = SqliteLedgerStore.commit
    refused: list[SqliteLedgerStore] = []

    def refuse_now_and_then(store: SqliteLedgerStore, update: BookUpdate) -> None:
        if store.commits == 9 and len(refused) < 3:
            refused.append(store)
            raise DiskError("The change could not be stored: the disk is full; free some space (0.1 MB are free)")
        commit(store, update)

    monkeypatch.setattr(SqliteLedgerStore, "commit", refuse_now_and_then)
    patient = EngineHost.__init__.__kwdefaults__
    assert patient is not None
    monkeypatch.setitem(patient, "clocks", HostClocks(retry_seconds=0.01))
    answer = say(*words, folder=tmp_path / "full")
    assert answer.code == 0, answer.err
    events = [line["event"] for line in answer.lines]
    assert (events.count("trading_halted"), events.count("trading_resumed")) == (3, 3)
    assert "goes on by itself" in answer.err
    assert answer.summary["head_hash"] == quiet.summary["head_hash"]
    assert say("db", "verify", folder=tmp_path / "full").code == 0


@pytest.fixture
def instance(two: Path) -> Iterator[RunningInstance]:
    process = start("run", "--speed", "1", "--json", data_dir=two)
    assert process.stdout is not None
    process.stdout.readline()
    yield wait_for_instance(data_folder(two), DataFolderInUseError("it did not open its door"))
    process.send_signal(signal.SIGTERM)
    _, complaints = rest_of(process)
    assert "Traceback" not in complaints


@pytest.mark.slow
@pytest.mark.skipif(not private_socket.has_private_sockets(), reason="this system has no Unix sockets")
def test_beside_an_instance_every_account_is_reached(say: CommandLine, two: Path, instance: RunningInstance) -> None:
    health = instance.get("/health")
    assert isinstance(health, dict)
    assert (health["account"], health["accounts"]) == ("demo", ["demo", "second"])
    before = say("balance", "show", "--account", "second", "--json", folder=two).json["current_balance"]
    changed = say("balance", "deposit", "5", "--reason", "x", "--account", "second", "--json", folder=two)
    assert (changed.code, changed.json["current_balance"]) == (0, before + 5), changed.err
    assert say("balance", "show", "--json", folder=two).json["current_balance"] == 10_000
    answer = instance.get("/virtual_balance?account=second")
    assert isinstance(answer, dict)
    assert answer["balance"] == before + 5
    with pytest.raises(InvalidInputError, match="no account 'third'"):
        instance.get("/positions?account=third")
    with pytest.raises(InvalidInputError, match="no account 'third'"):
        instance.post("/api/balance", {"balance": 5, "reason": "r", "account": "third"})


@pytest.mark.slow
@pytest.mark.requirement("R21")
@pytest.mark.skipif(not private_socket.has_private_sockets(), reason="this system has no Unix sockets")
def test_a_reset_through_the_api_begins_the_next_run_once(
    say: CommandLine, two: Path, instance: RunningInstance
) -> None:
    body = {"request_id": "same", "reason": "fresh", "updated_by": "a script"}
    for _ in range(2):
        answer = instance.post("/virtual_balance/reset", body)
        assert isinstance(answer, dict)
        assert (answer["current_balance"], answer["account_id"]) == (10_000, 1)
    rows = say("balance", "history", "--json", folder=two).json
    assert [row["transaction_type"] for row in rows] == ["opening", "reset", "opening"]
    assert rows[0]["updated_by"] == "api:a script"
    other = instance.post("/virtual_balance/reset", {"amount": Decimal("12.5"), "reason": "again"})
    assert json.dumps(other, default=str)
    assert say("balance", "show", "--json", folder=two).json["current_balance"] == Decimal("12.5")
