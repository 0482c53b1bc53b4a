"""F17: one bit of a closed database turns over. Whatever that changes in the data, *Verify books* notices."""

import os
import random
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

import apsw
import pytest

from desktop_trader.domain.errors import StorageError
from desktop_trader.domain.money import install_context
from desktop_trader.locations import DataFolderPaths, data_folder
from desktop_trader.storage.closed_seal import seal_path
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from desktop_trader.storage.verify import verify_folder
from tests.booked_account import BookedAccount, small_history

FLIPS = int(os.environ.get("DESKTOP_TRADER_BIT_FLIPS", "2000"))
FLIPS_IN_A_TEST_RUN = 60
CHANGES_AT_LEAST = 6

MONEY = ("ledger_entries", "postings", "wallet", "run_totals", "fills")

Dump = dict[str, list[tuple[object, ...]]]


@dataclass(frozen=True)
class Closed:
    """A folder with closed books: the database byte for byte and row by row."""

    paths: DataFolderPaths
    content: bytes
    rows: Dump


@pytest.fixture
def closed(tmp_path: Path) -> Closed:
    install_context()
    paths = data_folder(tmp_path / "books")
    paths.root.mkdir(mode=0o700)
    store = SqliteLedgerStore.open(paths)
    small_history(store)
    other = BookedAccount(store, name="second")
    other.change("250.5")
    store.close()
    rows = dump(paths.database)
    assert rows is not None
    assert rows.keys() >= set(MONEY)
    assert verify_folder(paths).ok
    return Closed(paths, paths.database.read_bytes(), rows)


def dump(path: Path) -> Dump | None:
    """Return every row of every table, or None where SQLite cannot read them all."""
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            return {name: _rows(connection, name) for name in _tables(connection)}
        finally:
            connection.close()
    except (apsw.Error, UnicodeDecodeError):
        return None


def _tables(connection: apsw.Connection) -> list[str]:
    of_type = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    return [str(name) for (name,) in connection.execute(of_type)]


def _rows(connection: apsw.Connection, table: str) -> list[tuple[object, ...]]:
    return sorted(connection.execute(f'SELECT * FROM "{table}"').fetchall(), key=repr)


def _meaning(rows: Sequence[tuple[object, ...]]) -> list[list[object]]:
    """Return what rows say: " .01" is the number that "0.01" is, and no change of it."""
    return [[_number(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]


def _number(text: str) -> Decimal | str:
    try:
        return Decimal(text)
    except InvalidOperation:
        return text


def is_noticed(paths: DataFolderPaths) -> bool:
    try:
        return not verify_folder(paths).ok
    except StorageError:
        return True


def places_of(path: Path, tables: tuple[str, ...]) -> list[range]:
    """Return where in the file the pages of some tables lie: most of it is of others, and free."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        size = int(str(connection.pragma("page_size")))
        pages = [(str(name), int(str(at))) for name, at in connection.execute("SELECT name, pageno FROM dbstat")]
    finally:
        connection.close()
    return [range((at - 1) * size, at * size) for name, at in sorted(pages) if name in tables]


def flip_often(closed: Closed, times: int, *, seed: int, tables: tuple[str, ...] = ()) -> tuple[int, list[int]]:
    """Turn one bit over, so often, of some tables or of any, and on until a few changed their data: most of a file is
    empty, and where it is not depends on its times. Return how often they did, and the places where nobody noticed."""
    dice, changes, missed = random.Random(seed), 0, []
    kept = tables or tuple(closed.rows)
    pages = places_of(closed.paths.database, tables) if tables else [range(len(closed.content))]
    for turn in range(times * 20):
        if turn >= times and changes >= CHANGES_AT_LEAST:
            break
        place, bit = dice.choice(dice.choice(pages)), 1 << dice.randrange(8)
        flipped = bytearray(closed.content)
        flipped[place] ^= bit
        closed.paths.database.write_bytes(flipped)
        rows = dump(closed.paths.database)
        says = _meaning if tables else list  # Without the seal, it is what rows mean that has to hold.
        if rows is not None and all(says(rows.get(name, [])) == says(closed.rows[name]) for name in kept):
            continue
        if rows is None and tables:
            continue  # Which table cannot be read is not known here.
        changes += 1
        if not is_noticed(closed.paths):
            missed.append(place)
    return changes, missed


@pytest.mark.requirement("R18")
def test_every_flipped_bit_that_changes_data_is_noticed(closed: Closed) -> None:
    changes, missed = flip_often(closed, FLIPS_IN_A_TEST_RUN, seed=1)
    assert changes >= CHANGES_AT_LEAST
    assert missed == []


@pytest.mark.requirement("R18")
def test_a_bit_flipped_in_money_is_noticed_by_the_laws_alone(closed: Closed) -> None:
    """A process that was killed leaves no seal: then the chain, the sums and the caches have to do."""
    seal_path(closed.paths.database).unlink()
    changes, missed = flip_often(closed, FLIPS_IN_A_TEST_RUN, seed=2, tables=MONEY)
    assert changes >= CHANGES_AT_LEAST
    assert missed == []


@pytest.mark.campaign
def test_two_thousand_flipped_bits_are_noticed_wherever_they_change_data(closed: Closed) -> None:
    assert flip_often(closed, FLIPS, seed=3)[1] == []


@pytest.mark.campaign
def test_two_thousand_bits_flipped_in_money_are_noticed_by_the_laws_alone(closed: Closed) -> None:
    seal_path(closed.paths.database).unlink()
    assert flip_often(closed, FLIPS, seed=4, tables=MONEY)[1] == []
