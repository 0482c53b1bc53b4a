"""A reset while an instance runs: the instance backs its books up before, and resets what was seen."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop_trader.api import private_socket
from tests.unit.cli.conftest import CommandLine
from tests.unit.cli.test_running_instance import Instance

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not private_socket.has_private_sockets(), reason="this system has no Unix sockets"),
]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Instance]:
    instance = Instance(tmp_path / "data")
    yield instance
    if instance.process.poll() is None:
        instance.process.kill()
        instance.process.communicate(timeout=30)


def test_it_has_one_verified_backup_of_the_run_that_ends(say: CommandLine, running: Instance) -> None:
    say("balance", "adjust", "12000", "--reason", "r", folder=running.folder)
    answer = say("balance", "reset", "--amount", "700", "--yes", folder=running.folder)
    assert answer.code == 0, answer.err
    (made,) = say("db", "backups", "--json", folder=running.folder).json
    assert (made["kind"], made["verified"], made["books"]["accounts"][0]["total"]) == ("reset", True, 12_000)
    assert say("balance", "show", "--json", folder=running.folder).json["current_balance"] == 700
