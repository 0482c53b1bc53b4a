"""What the runs say, against the same figures worked out the long way from everything the journal has."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_trader.domain.market import PriceSource
from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from desktop_trader.storage.run_reader import RunReader
from tests.builders import SPOT, SWAP
from tests.properties.test_engine_books import STEPS, session

POINTS = """
SELECT e.id, e.run, q.equity,
       (SELECT coalesce(-sum(p.amount), 0) FROM postings p
        WHERE p.entry = e.id AND p.ledger_account LIKE 'equity:%' AND p.ledger_account <> 'equity:reset')
FROM ledger_entries e LEFT JOIN equity_points q ON q.entry = e.id ORDER BY e.id
"""


def worked_out(path: Path) -> dict[int, tuple[Fraction, Fraction, Fraction]]:
    """Return of each run its return, its deepest fall and what was moved, in exact fractions, step by step."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    rows: list[tuple[Any, ...]] = connection.execute(POINTS).fetchall()
    connection.close()
    runs: dict[int, list[tuple[int, int]]] = {}
    moved: dict[int, int] = {}
    contributed: dict[int, int] = {}
    for _, run, equity, flow in rows:
        moved[run] = moved.get(run, 0) + flow
        contributed[run] = contributed.get(run, 0) + flow
        if equity is not None:
            runs.setdefault(run, []).append((equity, moved[run]))
            moved[run] = 0
    return {run: (*_growth(points), Fraction(contributed[run], 10**8)) for run, points in runs.items()}


def _growth(points: list[tuple[int, int]]) -> tuple[Fraction, Fraction]:
    index = peak = Fraction(1)
    fall = Fraction(0)
    before = points[0][0]
    for equity, flow in points[1:]:
        if before > 0:
            index *= Fraction(max(equity - flow, 0) if flow else equity, before)
        before = equity
        peak = max(peak, index)
        fall = max(fall, 1 - max(index, Fraction(0)) / peak)
    return index - 1, fall


@pytest.mark.slow
@pytest.mark.requirement("R16", "R58")
@given(st.lists(STEPS, max_size=30), st.sampled_from([SPOT, SWAP]), st.sampled_from(PriceSource))
@settings(max_examples=15)
def test_runs_come_to_what_the_long_way_gives(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Any], instrument: Any, fills_on: PriceSource
) -> None:
    paths = DataFolderPaths(root=tmp_path_factory.mktemp("runs"))
    store = SqliteLedgerStore.open(paths)
    rig = session(store, instrument, fills_on, steps)
    store.close()
    expected = worked_out(paths.database)
    reader = RunReader.open(paths)
    found = reader.runs()
    for run in found:
        growth, fall, contributed = expected[run.run_id]
        # Two decimals, and what a peak loses when it is carried over a flow to whole units.
        assert abs(Fraction(run.return_percent or 0) - growth * 100) <= Fraction(1, 100), run
        assert abs(Fraction(run.max_drawdown_percent or 0) - fall * 100) <= Fraction(2, 100), run
        assert Fraction(run.contributed) == contributed
        assert run.return_amount == run.end_equity - run.contributed
        curve = reader.curve(run.run_id, points_max=10_000)
        assert curve.points_stored == len(curve.points)
        assert curve.points[-1].contributed == run.contributed
    reader.close()
    assert [run.run_id for run in found] == list(range(rig.portfolio.run.id, 0, -1))
    assert (found[0].end_total, found[0].is_current) == (rig.portfolio.wallet.total, True)
