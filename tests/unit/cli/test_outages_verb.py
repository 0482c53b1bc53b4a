"""`outages`: when nothing traded, why, and what came of it."""

import shutil
from pathlib import Path

import pytest

from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from desktop_trader.storage.schema_version import SCHEMA_VERSION
from tests.unit.cli.conftest import CommandLine

FIXTURES = Path(__file__).parents[2] / "fixtures"


@pytest.fixture
def with_outages(tmp_path: Path) -> Path:
    """Books with an outage that is over and one that is not."""
    return Path(shutil.copytree(FIXTURES / f"books_v{SCHEMA_VERSION}", tmp_path / "books"))


def test_programs_read_all_of_it_newest_first(say: CommandLine, with_outages: Path) -> None:
    newest, oldest = say("outages", "--json", folder=with_outages).json
    assert (newest["id"], newest["ended_at"], newest["held_back"], newest["levels_crossed"]) == (2, None, [], [])
    assert {key: oldest[key] for key in ("id", "source_id", "begun_at", "ended_at", "detail", "is_simulated")} == {
        "id": 1,
        "source_id": "simulated:1:7",
        "begun_at": "2026-01-01T00:20:00+00:00",
        "ended_at": "2026-01-01T00:22:00+00:00",
        "detail": "the cable was out",
        "is_simulated": True,
    }
    assert oldest["reasons"] == ["internet", "feed:BTC/USDT"]
    assert oldest["held_back"] == [{"account": "demo", "what": "exits", "count": 120}]
    assert oldest["levels_crossed"] == [
        {
            "account": "demo",
            "symbol": "BTC/USDT",
            "level": "stop_loss",
            "price": 44999.5,
            "position_id": 1,
            "order_id": None,
            "crossed_at": "2026-01-01T00:21:00+00:00",
        }
    ]


def test_people_read_a_table(say: CommandLine, with_outages: Path) -> None:
    heading, newest, oldest = say("outages", folder=with_outages).out.splitlines()
    assert heading.split() == ["id", "from", "(UTC)", "to", "(UTC)", "market", "reasons", "held", "back", "levels",
                               "crossed", "simulated"]  # fmt: skip
    assert newest.count("—") == 3, "its end, what was held back and what was crossed: not known while it lasts"
    assert oldest.split()[-3:] == ["120", "1", "yes"]
    assert "internet, feed:BTC/USDT" in oldest
    (_, only) = say("outages", "--limit", "1", folder=with_outages).out.splitlines()
    assert only.split() == newest.split()


def test_books_without_an_outage_say_so(say: CommandLine, played: Path) -> None:
    assert say("outages", folder=played).out == "No outages.\n"
    assert say("outages", "--json", folder=played).json == []


def test_a_row_that_nobody_wrote_is_damage_and_is_found_by_the_verification(
    say: CommandLine, with_outages: Path
) -> None:
    store = SqliteLedgerStore.open(DataFolderPaths(root=with_outages))
    store._connection.execute("UPDATE outages SET held_back = '[[1]]' WHERE id = 1")
    store.close()
    answer = say("outages", folder=with_outages)
    assert answer.code != 0
    assert "nobody wrote" in answer.err
    verified = say("db", "verify", folder=with_outages)
    assert verified.code == 4
    assert "outages" in verified.out + verified.err


def test_fills_say_which_were_gaps(say: CommandLine, played: Path) -> None:
    assert {row["is_gap"] for row in say("fills", "--json", folder=played).json} == {False}
