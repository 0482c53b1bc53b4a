"""Beside a running instance: reading while it trades, changing through its private socket, ending it cleanly."""

import signal
import stat
import subprocess
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from desktop_trader.api import private_socket
from desktop_trader.api.client import RunningInstance, find_instance, wait_for_instance
from desktop_trader.domain.errors import DataFolderInUseError, RefusedError, TraderError
from desktop_trader.locations import DataFolderPaths, data_folder
from tests.command_line import arguments, environment, read_json, rest_of, start
from tests.unit.cli.conftest import CommandLine

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not private_socket.has_private_sockets(), reason="this system has no Unix sockets"),
]
TRADING = ("run", "--speed", "60", "--strategy", "moving_average_cross", "--json")


class Instance:
    """A headless run in a process of its own, from its first notice on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process = start(*TRADING, data_dir=folder)
        self.told = [self.next_notice()]
        wait_for_instance(data_folder(folder), DataFolderInUseError("it did not open its door"))

    def next_notice(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        notice: dict[str, Any] = read_json(self.process.stdout.readline())
        return notice

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        told, complaints = rest_of(self.process)
        assert "Traceback" not in complaints, complaints
        self.told += [read_json(line) for line in told.splitlines()]
        return self.process.returncode


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    instance = Instance(tmp_path / "data")
    yield instance
    if instance.process.poll() is None:
        instance.process.kill()
        instance.process.communicate(timeout=30)


@pytest.mark.requirement("R130")
def test_what_is_adjusted_from_outside_is_booked_and_told_by_the_instance(say: CommandLine, instance: Instance) -> None:
    folder = instance.folder
    assert say("balance", "show", "--json", folder=folder).json["portfolio_value"] == 10_000

    changed = say("balance", "adjust", "15000.00000001", "--reason", "r", "--author", "Ann", "--json", folder=folder)
    refused = say("balance", "withdraw", "20000", "--reason", "x", folder=folder)
    mistaken = say("balance", "adjust", "5", "--reason", " ", folder=folder)
    withdrawn = say("balance", "withdraw", "0.00000001", "--reason", "x", folder=folder)

    assert (changed.code, changed.json["current_balance"], changed.json["author"]) == (
        0,
        Decimal("15000.00000001"),
        "Ann",
    )
    assert (refused.code, mistaken.code, withdrawn.code) == (5, 2, 0)
    assert "is available" in refused.err
    assert "reason" in mistaken.err
    shown = say("balance", "show", "--json", folder=folder).json
    assert (shown["current_balance"], shown["portfolio_value"]) == (15_000, 15_000)
    rows = say("balance", "history", "--json", folder=folder).json
    assert [row["transaction_type"] for row in rows] == ["withdrawal", "adjustment", "opening"]
    assert say("db", "verify", folder=folder).code == 0
    assert instance.end() == 0
    events = [notice["event"] for notice in instance.told]
    assert events.count("balance_changed") == 3
    assert events[-1] == "summary"
    assert instance.told[-1]["current_balance"] == 15_000


def test_a_position_is_shown_with_its_mark_while_it_runs(say: CommandLine, instance: Instance) -> None:
    running = find_instance(data_folder(instance.folder))
    assert running is not None
    send_signal(running)
    while instance.told[-1]["event"] != "position_opened":
        instance.told.append(instance.next_notice())

    (position,) = say("positions", "--json", folder=instance.folder).json
    balance = say("balance", "show", "--json", folder=instance.folder).json

    assert position["mark_price"] > 0
    assert position["unrealized_pnl"] is not None
    assert balance["portfolio_value"] == balance["current_balance"] + balance["unrealized_pnl"]
    assert instance.end() == 0
    (position,) = say("positions", "--json", folder=instance.folder).json
    assert (position["mark_price"], position["unrealized_pnl"]) == (None, None)


def send_signal(running: RunningInstance) -> None:
    """Buy as a strategy would; denied by name until the market has its first price."""
    for _ in range(1_000):
        try:
            running.post("/auto_trading/execute_signal", {"symbol": "BTC/USDT", "side": "buy"})
        except RefusedError:
            continue
        return
    pytest.fail("the market never had a price")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly_and_takes_the_door_away(
    say: CommandLine, instance: Instance, number: signal.Signals
) -> None:
    door = data_folder(instance.folder).control_socket
    assert stat.S_IMODE(door.stat().st_mode) == 0o600

    assert instance.end(number) == 0

    assert instance.told[-1]["event"] == "summary"
    assert not door.exists()
    facts = say("db", "info", "--json", folder=instance.folder).json
    assert facts["last_session_how_ended"] == "quit"


def test_a_second_one_on_the_same_folder_is_sent_away(say: CommandLine, instance: Instance) -> None:
    answer = say(*TRADING, folder=instance.folder)

    assert (answer.code, answer.out, answer.err.count("\n")) == (3, "", 1)
    assert "already running" in answer.err


def test_a_killed_one_leaves_no_door_that_opens(say: CommandLine, instance: Instance) -> None:
    instance.process.kill()
    instance.process.communicate(timeout=30)
    paths = data_folder(instance.folder)
    assert paths.control_socket.exists()

    assert find_instance(paths) is None
    assert say("balance", "deposit", "5", "--reason", "x", folder=instance.folder).code == 0
    again = Instance(instance.folder)
    assert say("balance", "show", "--json", folder=instance.folder).json["portfolio_value"] == 10_005
    assert again.end() == 0


def test_an_account_that_it_does_not_trade_is_read_from_the_books(say: CommandLine, instance: Instance) -> None:
    assert "no account 'mine'" in say("balance", "show", "--account", "mine", folder=instance.folder).err


def test_a_headless_run_has_no_window_to_raise(instance: Instance) -> None:
    running = find_instance(data_folder(instance.folder))
    assert running is not None
    assert running.raise_window() is False


def test_an_answer_that_does_not_come_is_told(tmp_path: Path) -> None:
    with pytest.raises(TraderError, match="did not answer"):
        RunningInstance(DataFolderPaths(root=tmp_path)).get("/health")


def test_a_reader_that_goes_away_ends_the_run(tmp_path: Path) -> None:
    program = subprocess.Popen(
        arguments(*TRADING, "--speed", "max", data_dir=tmp_path),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert program.stdout is not None
    assert program.stderr is not None
    program.stdout.readline()

    program.stdout.close()

    assert program.wait(timeout=30) == 0
    assert b"Traceback" not in program.stderr.read()
    program.stderr.close()
