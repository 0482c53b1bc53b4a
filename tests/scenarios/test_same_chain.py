"""The same market, seed and strategy give the same chain, hash for hash, in every version of the program."""

from pathlib import Path
from typing import Any

import apsw
import pytest

from desktop_trader.cli.main import main
from tests.fixtures.make_books import TRADED

FIXTURES = Path(__file__).parents[1] / "fixtures"
DEMO_ENTRIES = """
SELECT id, kind, idempotency_key, reason, author, description, total_after, locked_after, hash
FROM ledger_entries WHERE account = 1 ORDER BY id
"""


def entries_of(database: Path) -> list[tuple[Any, ...]]:
    """Return the entries of the account that the strategy traded."""
    connection = apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return connection.execute(DEMO_ENTRIES).fetchall()
    finally:
        connection.close()


@pytest.mark.requirement("R184")
def test_what_version_1_traded_is_traded_again_hash_for_hash(tmp_path: Path) -> None:
    assert main([*TRADED, "--data-dir", str(tmp_path / "data"), "--json"]) == 0
    now = entries_of(tmp_path / "data" / "desktop_trader.db")
    assert len(now) > 20
    for kept in sorted(FIXTURES.glob("books_v*")):
        assert entries_of(kept / "desktop_trader.db") == now, kept.name
