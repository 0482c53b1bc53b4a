"""An import while an instance runs: booked by the instance, backed up and archived before, never twice."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from desktop_trader.api import private_socket
from tests.command_line import desktop_trader
from tests.legacy_folder import write_four_contradicting, write_legacy
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


@pytest.mark.requirement("R122", "R128", "R131")
def test_the_instance_books_it_and_a_restart_changes_nothing(
    say: CommandLine, running: Instance, tmp_path: Path
) -> None:
    old = tmp_path / "old"
    write_four_contradicting(old)
    folder = running.folder
    answer = say("legacy", "import", str(old), "--yes", "--author", "Ann", "--json", folder=folder)
    assert answer.code == 0, answer.err
    assert (answer.json["result"], answer.json["new_balance"]) == ("imported", 50)
    assert Path(answer.json["backup"]).is_file()
    assert len(answer.json["archived"]) == 4
    assert say("balance", "show", "--json", folder=folder).json["current_balance"] == 50
    again = say("legacy", "import", str(old), "--yes", "--json", folder=folder)
    assert (again.code, again.json["result"]) == (0, "already_imported")
    assert running.end() == 0
    (told,) = [each for each in running.told if each["event"] == "balance_changed" and each["kind"] == "import"]
    assert (told["author"], told["current_balance"]) == ("Ann", 50)
    assert say("legacy", "import", str(old), "--yes", "--json", folder=folder).json["result"] == "already_imported"
    kinds = [row["transaction_type"] for row in say("balance", "history", "--json", folder=folder).json]
    assert kinds == ["import", "opening"]
    assert say("db", "verify", folder=folder).code == 0


@pytest.mark.requirement("R122")
def test_of_two_imports_of_the_same_content_at_once_one_is_booked(running: Instance, tmp_path: Path) -> None:
    places = [write_legacy(tmp_path / name / "virtual_balance.json", 12_346).parent for name in ("one", "two", "three")]
    with ThreadPoolExecutor(len(places)) as crowd:
        answers = list(
            crowd.map(
                lambda place: desktop_trader("legacy", "import", str(place), "--yes", data_dir=running.folder), places
            )
        )
    assert {answer.code for answer in answers} <= {0, 5}, [answer.err for answer in answers]
    rows = desktop_trader("balance", "history", "--kind", "import", "--json", data_dir=running.folder).json
    assert [row["balance_after"] for row in rows] == [12_346]
    assert desktop_trader("db", "verify", data_dir=running.folder).code == 0
