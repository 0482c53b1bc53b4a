"""What every `OutageLog` keeps, the real one and the fake."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from desktop_trader.domain.errors import StorageError
from desktop_trader.engine.ports import LedgerStore
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.network import Outage
from desktop_trader.storage.ledger_reader import LedgerReader
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from tests.fakes import MemoryLedgerStore
from tests.fixtures.make_books import OUTAGE

OVER = replace(OUTAGE, id=1, ended_at=OUTAGE.begun_at + timedelta(minutes=2, microseconds=7))


@pytest.fixture(params=["file", "memory file", "fake"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LedgerStore]:
    makers: dict[str, Callable[[], LedgerStore]] = {
        "file": lambda: SqliteLedgerStore.open(DataFolderPaths(root=tmp_path)),
        "memory file": SqliteLedgerStore.in_memory,
        "fake": MemoryLedgerStore,
    }
    made = makers[request.param]()
    yield made
    made.close()


def test_an_outage_is_kept_to_the_last_digit_and_changed_in_its_place(store: LedgerStore) -> None:
    log = store.outages
    assert log.newest(OUTAGE.source_id) is None
    assert log.begin(OUTAGE) == 1
    assert log.newest(OUTAGE.source_id) == replace(OUTAGE, id=1)
    log.change(OVER)
    assert log.newest(OUTAGE.source_id) == OVER


def test_each_market_has_outages_of_its_own_and_one_at_a_time(store: LedgerStore) -> None:
    log = store.outages
    log.begin(OUTAGE)
    other = replace(OUTAGE, source_id="exchange:coinex", held_back=(), levels_crossed=())
    assert log.begin(other) == 2
    with pytest.raises(StorageError):
        log.begin(OUTAGE)
    log.change(OVER)
    assert log.begin(OUTAGE) == 3
    assert log.newest("exchange:coinex") == replace(other, id=2)
    newest = log.newest(OUTAGE.source_id)
    assert newest is not None
    assert (newest.id, newest.ended_at) == (3, None)


def test_a_reader_beside_the_writer_has_the_outages_of_every_market_newest_first(tmp_path: Path) -> None:
    paths = DataFolderPaths(root=tmp_path)
    store = SqliteLedgerStore.open(paths)
    reader = LedgerReader.open(paths)
    assert reader.outages() == ()
    store.outages.begin(OUTAGE)
    store.outages.begin(replace(OUTAGE, source_id="exchange:coinex"))
    store.outages.change(OVER)
    found: tuple[Outage, ...] = reader.outages()
    assert [outage.source_id for outage in found] == ["exchange:coinex", OUTAGE.source_id]
    assert found[1] == OVER
    assert reader.outages(limit=1) == found[:1]
    reader.close()
    store.close()
