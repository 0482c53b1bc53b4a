"""The parts of the file itself: tables, indices, triggers and the view, as the program made them."""

from pathlib import Path

import apsw
import pytest

from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from desktop_trader.storage.verify import verify
from tests.booked_account import small_history


@pytest.mark.requirement("R182")
@pytest.mark.parametrize(
    ("statements", "part"),
    [
        (("DROP INDEX runs_current",), "runs_current"),
        (("DROP VIEW wallet_transactions",), "wallet_transactions"),
        (
            (
                "DROP TRIGGER postings_refuse_update",
                "CREATE TRIGGER postings_refuse_update BEFORE UPDATE ON postings WHEN 0 BEGIN SELECT 1; END",
            ),
            "postings_refuse_update",
        ),
        (("DROP TABLE verified_heads",), "verified_heads"),
    ],
)
def test_a_part_of_the_file_that_is_not_as_it_was_made_is_named(
    tmp_path: Path, statements: tuple[str, ...], part: str
) -> None:
    paths = DataFolderPaths(root=tmp_path)
    store = SqliteLedgerStore.open(paths)
    small_history(store)
    store.close()
    assert verify(paths.database).integrity == "ok"
    connection = apsw.Connection(str(paths.database))
    for statement in statements:
        connection.execute(statement)
    connection.close()
    report = verify(paths.database)
    assert (report.ok, part in report.integrity) == (False, True)
