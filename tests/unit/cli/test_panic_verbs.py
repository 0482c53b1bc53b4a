"""`close-all` and `clear-close-only`: beside a running instance and without one, where nothing may be queued."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from desktop_trader.api import payloads, private_socket
from desktop_trader.api.client import find_instance
from desktop_trader.cli import panic_verbs
from desktop_trader.domain.order import OrderReason, OrderType
from desktop_trader.locations import DataFolderPaths, data_folder
from desktop_trader.messages.commands import CloseAll
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from desktop_trader.storage.verify import verify_folder
from tests.booked_futures import small_futures
from tests.engine_rig import EngineRig
from tests.unit.cli.conftest import CommandLine
from tests.unit.cli.test_running_instance import Instance, send_signal


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Books of futures without any latch."""
    folder = tmp_path_factory.mktemp("futures") / "data"
    folder.mkdir()
    store = SqliteLedgerStore.open(DataFolderPaths(root=folder))
    account = small_futures(store, name="demo")
    market = store.load("demo").market
    assert market is not None
    store.checkpoint(account.portfolio.account.id, replace(market, close_only="", is_entries_paused=False))
    store.close()
    return folder


@pytest.fixture
def futures(prepared: Path, tmp_path: Path) -> Path:
    """A copy of them, to do with as one likes."""
    return Path(shutil.copytree(prepared, tmp_path / "data"))


def test_without_an_instance_orders_end_entries_stop_and_nothing_is_queued(say: CommandLine, futures: Path) -> None:
    answer = say("close-all", "--yes", "--reason", "the news", folder=futures)
    assert answer.code == 5
    assert "Entries are off for account demo: the news." in answer.out
    assert "4 orders were canceled." in answer.out
    assert "2 positions are still open, and nothing is queued to close what is left" in answer.err
    assert say("orders", "--json", folder=futures).json == []
    assert len(say("positions", "--json", folder=futures).json) == 2
    newest = say("orders", "--all", "--json", folder=futures).json
    assert [row["id"] for row in newest] == [8, 7, 6, 5, 4, 3, 2, 1]
    shown = say("balance", "show", "--json", folder=futures).json
    locked = sum(row["margin"] for row in say("positions", "--json", folder=futures).json)
    assert shown["locked_balance"] == locked
    assert verify_folder(DataFolderPaths(root=futures)).ok


def test_an_order_to_leave_that_was_never_sent_closes_nothing_while_nothing_runs(
    say: CommandLine, futures: Path
) -> None:
    store = SqliteLedgerStore.open(DataFolderPaths(root=futures))
    account = small_futures(store, name="other")
    position = next(iter(account.portfolio.positions.values()))
    account.rest_exit(position, "0.01", type=OrderType.MARKET, reason=OrderReason.SIGNAL)
    count = len(account.portfolio.positions)
    store.close()
    answer = say("close-all", "--yes", "--account", "other", folder=futures)
    assert answer.code == 5
    assert f"{count} positions are still open" in answer.err
    assert "waits on the books, and no other is queued" in answer.err
    assert "being closed" not in answer.out
    told = say("close-all", "--yes", "--account", "other", "--json", folder=futures)
    assert told.code == 5
    assert [each["is_closing"] for each in told.json["open_positions"]] == [False] * count


class PausedInstance:
    """A running instance whose market cannot be reached: its answer to a close all, word for word."""

    def __init__(self, answer: Mapping[str, object]) -> None:
        self._answer = answer

    def get(self, route: str) -> object:
        """Answer the question for its health."""
        assert route == "/health"
        return {"accounts": ["demo"]}

    def post(self, route: str, body: Mapping[str, object]) -> object:
        """Answer the close all."""
        assert (route, body["account"]) == ("/close_all", "demo")
        return self._answer


def test_a_pause_of_the_running_instance_is_named_and_what_to_do_about_it(
    say: CommandLine, futures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = EngineRig()
    rig.quote(40_000)
    rig.buy("0.01")
    rig.quote(41_000)
    rig.engine.desk.gate.close("trading is paused: internet")
    notices = rig.engine.step(CloseAll(request_id="1"))
    answer = payloads.panic_fields(rig.snapshot) | {"notices": [each.as_fields() for each in notices]}
    monkeypatch.setattr(panic_verbs, "find_instance", lambda _paths: PausedInstance(answer))
    told = say("close-all", "--yes", folder=futures)
    assert told.code == 5
    assert "1 position is still open" in told.err
    assert "network pause of the running instance" in told.err
    assert "trading is paused: internet" in told.err
    assert "wait until the window says CONNECTED" in told.err
    assert "start Desktop Trader" not in told.err
    # An order to leave that was sent before the pause does not close it in the pause.
    for each in answer["open_positions"]:  # type: ignore[attr-defined]
        each["is_closing"] = True
    assert say("close-all", "--yes", folder=futures).code == 5


def test_doing_it_twice_is_harmless_and_the_first_reason_stays(say: CommandLine, futures: Path) -> None:
    assert say("close-all", "--yes", "--reason", "first", folder=futures).code == 5
    again = say("close-all", "--yes", "--reason", "second", "--json", folder=futures)
    assert again.code == 5
    assert (again.json["close_only"], again.json["live_orders"]) == ("first", [])
    assert [each["is_closing"] for each in again.json["open_positions"]] == [False, False]
    assert say("close-all", "--yes", folder=futures).out.count("canceled") == 0


def test_the_latch_is_cleared_with_a_reason_and_only_then(say: CommandLine, futures: Path) -> None:
    say("close-all", "--yes", folder=futures)
    assert say("clear-close-only", folder=futures).code == 2
    assert say("clear-close-only", "--reason", " ", folder=futures).code == 2
    books = SqliteLedgerStore.open(DataFolderPaths(root=futures))
    market = books.load("demo").market
    books.close()
    assert market is not None
    assert market.close_only == "close all"
    assert say("clear-close-only", "--reason", "looked at it", folder=futures).out == (
        "Entries are allowed for account demo.\n"
    )
    assert say("clear-close-only", "--reason", "again", folder=futures).code == 0
    books = SqliteLedgerStore.open(DataFolderPaths(root=futures))
    stored = books.load("demo")
    books.close()
    assert stored.market is not None
    assert stored.market.close_only == ""


@pytest.mark.parametrize(
    "words",
    [
        ("close-all", "--yes", "--reason", "x" * 201),
        ("close-all", "--yes", "--author", "system"),
        ("close-all", "--yes", "--account", "nobody"),
        ("clear-close-only", "--reason", "r", "--account", "nobody"),
    ],
)
def test_what_makes_no_sense_changes_nothing(say: CommandLine, futures: Path, words: tuple[str, ...]) -> None:
    before = (futures / "desktop_trader.db").read_bytes()
    assert say(*words, folder=futures).code == 2
    assert (futures / "desktop_trader.db").read_bytes() == before


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Instance]:
    instance = Instance(tmp_path / "data")
    yield instance
    if instance.process.poll() is None:
        instance.process.kill()
        instance.process.communicate(timeout=30)


@pytest.mark.slow
@pytest.mark.skipif(not private_socket.has_private_sockets(), reason="this system has no Unix sockets")
def test_a_running_instance_closes_at_the_market_and_keeps_the_latch(say: CommandLine, running: Instance) -> None:
    instance = find_instance(data_folder(running.folder))
    assert instance is not None
    send_signal(instance)
    while running.told[-1]["event"] != "position_opened":
        running.told.append(running.next_notice())
    answer = say("close-all", "--yes", "--reason", "the news", "--json", folder=running.folder)
    assert answer.code == 0, answer.err
    assert answer.json["close_only"] == "the news"
    assert all(each["is_closing"] for each in answer.json["open_positions"])
    open_ones = len(answer.json["open_positions"])
    while sum(notice["event"] == "position_closed" for notice in running.told) < open_ones:
        running.told.append(running.next_notice())
    assert say("positions", "--json", folder=running.folder).json == []
    (newest, *_) = say("orders", "--all", "--json", folder=running.folder).json
    assert (newest["reason"], newest["status"], newest["is_exit"]) == ("close_all", "filled", True)
    assert running.end() == 0
    assert say("clear-close-only", "--reason", "looked at it", folder=running.folder).code == 0
