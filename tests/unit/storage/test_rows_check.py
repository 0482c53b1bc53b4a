"""Rows that no law ties to money and that cannot be understood: the start refuses them as damage, verify names them."""

from decimal import Decimal
from pathlib import Path

import apsw
import pytest

from desktop_trader.assembly import AccountChoice, Trader, open_trader
from desktop_trader.domain.errors import BooksDamagedError
from desktop_trader.domain.market import PriceSource, Timeframe
from desktop_trader.locations import DataFolderPaths, data_folder
from desktop_trader.messages.commands import StartAutoTrading
from desktop_trader.settings import Settings
from desktop_trader.storage.closed_seal import seal_path
from desktop_trader.storage.ledger_reader import LedgerReader
from desktop_trader.storage.run_reader import RunReader
from desktop_trader.storage.verify import verify_folder
from tests.builders import SPOT
from tests.fakes import ScriptedFeed

DECISION = "INSERT INTO decisions VALUES (1, 1, '2026-01-01T00:00:00+00:00', 1, 'BTC/USDT', 'hold', 'done', '', NULL)"
DAMAGE = [
    ("decisions", "at", "'2026-13-01T00:00:00+00:00'"),
    ("strategy_runs", "started_at", "'x'"),
    ("strategy_runs", "parameters", "'{'"),
    ("strategy_runs", "parameters", "'[1]'"),
    ("strategy_runs", "timeframe", "'9q'"),
    ("market_state", "at", "'2026-01-01T00:00:00'"),
    ("market_state", "clock_at", "'2026-01-01T00:00:0'"),
    ("market_state", "marks", "'[['"),
    ("market_state", "marks", '\'[["BTC/USDT","12x"]]\''),
    ("market_state", "last_bar_at", "'x'"),
    ("sessions", "started_at", "'x'"),
    ("accounts", "created_at", "'x'"),
    ("runs", "started_at", "'x'"),
]


def open_on(paths: DataFolderPaths) -> Trader:
    feed = ScriptedFeed([SPOT], [], fills_on=PriceSource.QUOTES)
    choice = AccountChoice(start_amount=Decimal(1_000))
    return open_trader(paths, choice, settings=Settings(), make_feed=lambda: feed)


def change(paths: DataFolderPaths, *statements: str) -> None:
    connection = apsw.Connection(str(paths.database))
    for statement in statements:
        connection.execute(statement)
    connection.close()


@pytest.fixture
def paths(tmp_path: Path) -> DataFolderPaths:
    """Books with a strategy that is running, as a kill leaves them: nothing seals them."""
    paths = data_folder(tmp_path)
    trader = open_on(paths)
    command = StartAutoTrading(
        request_id="start", strategy="moving_average_cross", symbol=SPOT.symbol, timeframe=Timeframe.M1
    )
    trader.floor.step(command)
    trader.close("quit")
    change(paths, DECISION)
    seal_path(paths.database).unlink()
    return paths


def test_the_books_of_these_tests_are_in_order(paths: DataFolderPaths) -> None:
    assert verify_folder(paths).ok
    open_on(paths).close("quit")


@pytest.mark.requirement("R47")
@pytest.mark.parametrize(("table", "column", "value"), DAMAGE)
def test_a_start_takes_it_for_damage_and_verify_finds_it_before_and_after(
    paths: DataFolderPaths, table: str, column: str, value: str
) -> None:
    change(paths, f"UPDATE {table} SET {column} = {value}")
    report = verify_folder(paths)
    assert f"of {table} cannot be understood" in report.integrity
    assert (table, 1) in [(finding.table, finding.row_id) for finding in report.findings]

    with pytest.raises(BooksDamagedError, match="restore a backup"):
        open_on(paths)

    assert not verify_folder(paths).ok


@pytest.mark.parametrize("table", ["accounts", "market_state", "strategy_runs"])
def test_a_reader_takes_it_for_damage(paths: DataFolderPaths, table: str) -> None:
    column = {"accounts": "created_at", "market_state": "at", "strategy_runs": "started_at"}[table]
    change(paths, f"UPDATE {table} SET {column} = 'x'")
    reader = LedgerReader.open(paths)
    with pytest.raises(BooksDamagedError):
        reader.load("demo")
    reader.close()


def test_the_reader_of_runs_takes_it_for_damage(paths: DataFolderPaths) -> None:
    change(paths, "UPDATE runs SET started_at = 'x'")
    reader = RunReader.open(paths)
    with pytest.raises(BooksDamagedError):
        reader.runs()
    reader.close()
