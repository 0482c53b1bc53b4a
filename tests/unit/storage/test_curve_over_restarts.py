"""The curve of a run goes on over restarts of the program as if there had been none."""

from decimal import Decimal
from pathlib import Path

import pytest

from desktop_trader.domain.ledger import EntryKind
from desktop_trader.domain.money import install_context
from desktop_trader.domain.order import OrderSide
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.run_rows import CurvePoint
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from desktop_trader.storage.run_reader import RunReader
from tests.booked_account import BookedAccount

install_context()
MOVES = ("1100", "940", "1003.5", "1250", "1000.00000001")


def curve_of(root: Path, *, restarts: bool) -> tuple[CurvePoint, ...]:
    """Trade a little and move money, with the books closed and opened again between any two trades or never."""
    root.mkdir()
    paths = DataFolderPaths(root=root)
    store = SqliteLedgerStore.open(paths)
    account = BookedAccount(store)
    account.change("10000")
    for number, sell_at in enumerate(MOVES):
        if restarts:
            store.close()
            store = SqliteLedgerStore.open(paths)
            account = BookedAccount(store)
        position = account.open(OrderSide.BUY, "1", "1000")
        account.close(position, position.quantity, sell_at)
        if number == 2:
            account.change("1000", kind=EntryKind.DEPOSIT)
    store.close()
    reader = RunReader.open(paths)
    try:
        (run,) = reader.runs("demo")
        return reader.curve(run.run_id, points_max=1_000).points
    finally:
        reader.close()


@pytest.mark.requirement("R17", "R56")
def test_restarts_leave_no_step_in_the_curve_and_a_deposit_none_either(tmp_path: Path) -> None:
    with_restarts = curve_of(tmp_path / "restarted", restarts=True)
    without = curve_of(tmp_path / "whole", restarts=False)
    assert with_restarts == without
    gains = [point.equity - point.contributed for point in without]
    assert gains[0] == 0
    assert {point.contributed for point in without} == {Decimal(10_000), Decimal(11_000)}
    before = next(place for place, point in enumerate(without) if point.contributed == 11_000)
    assert gains[before] == gains[before - 1]
    assert without[before].return_percent == without[before - 1].return_percent
