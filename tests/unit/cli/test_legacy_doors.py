"""An older balance that comes into an empty folder: by the window's first start or by the verb, the same is booked."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from desktop_trader.assembly import AccountChoice, open_books
from desktop_trader.cli.legacy_change import ImportWish, import_balance
from desktop_trader.domain.legacy_balance import LegacyFile, choose
from desktop_trader.locations import DataFolderPaths
from desktop_trader.settings import Settings
from desktop_trader.storage.database import open_reader
from desktop_trader.storage.legacy_files import find_files
from tests.legacy_folder import write_legacy

_BOOKED = """
SELECT e.kind, e.reason, e.idempotency_key, (SELECT group_concat(p.ledger_account || ' ' || p.amount, ', ')
                                             FROM postings p WHERE p.entry = e.id)
FROM ledger_entries e ORDER BY e.id
"""


def booked(paths: DataFolderPaths) -> list[tuple[object, ...]]:
    connection = open_reader(paths.database)
    try:
        return connection.execute(_BOOKED).fetchall()
    finally:
        connection.close()


@pytest.mark.requirement("R29")
def test_both_doors_book_the_opening_of_the_settings_and_one_import(tmp_path: Path) -> None:
    write_legacy(tmp_path / "old" / "virtual_balance.json", "9989.76")
    found = find_files(tmp_path / "old").files
    chosen = choose(found).newest
    assert isinstance(chosen, LegacyFile)
    wish = ImportWish(files=found, chosen=chosen, account="demo", currency="USDT", author="ann", expected_total=None)
    by_verb = DataFolderPaths(root=tmp_path / "verb")
    import_balance(by_verb, wish)
    by_window = DataFolderPaths(root=tmp_path / "window")
    # The person leaves the amount as the page fills it in, and the wizard sends what it shows.
    choice = AccountChoice(name="demo", ask_start_amount=lambda default: default)
    trader = open_books(by_window, choice, settings=Settings())
    trader.engine.step(replace(wish.command(), expected_total=Decimal(10_000)))
    trader.close("quit")
    assert booked(by_window) == booked(by_verb)
    assert [row[0] for row in booked(by_verb)] == ["opening", "import"]
