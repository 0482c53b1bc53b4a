"""A disk that fills up or turns read-only under the candles: a typed error, whole pages, and room for the books."""

import shutil
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from desktop_trader.domain.errors import DiskError
from desktop_trader.domain.market import Bar, Timeframe
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.candles import SeriesName
from desktop_trader.storage import candle_file
from desktop_trader.storage.candle_store import CandleStore
from tests.candle_source import LISTED_AT, minute_bar
from tests.faults.small_disk import small_disk

pytestmark = pytest.mark.slow
MINUTE = timedelta(minutes=1)
SOURCE = "exchange:coinex"
NAME = SeriesName(source=SOURCE, symbol="BTC/USDT", timeframe=Timeframe.M1)
PAGE = 1_000


def page(number: int) -> list[Bar]:
    return [minute_bar(LISTED_AT + (number * PAGE + each) * MINUTE) for each in range(PAGE)]


def write_until_it_fails(store: CandleStore) -> int:
    """Write page after page; return how many bars were taken before a disk error."""
    number = 0
    with suppress(DiskError):
        while number < 500:
            store.write(SOURCE, page(number))
            number += 1
    assert number < 500
    return number * PAGE


def test_a_full_disk_is_a_typed_error_and_only_whole_pages_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candle_file, "ROOM_FOR_BOOKS", 0)
    with small_disk(tmp_path / "disk", "4m") as disk:
        paths = DataFolderPaths(root=disk.root)
        store = CandleStore.open(paths)
        written = write_until_it_fails(store)
        with pytest.raises(DiskError, match="the disk is full"):
            store.write(SOURCE, page(400))
        span = store.span(NAME)
        assert span is not None
        assert span.bars == written > 0
        store.close()
        store = CandleStore.open(paths)
        assert store.notes == ()
        assert store.gaps(NAME, since=LISTED_AT, until=LISTED_AT + written * MINUTE) == ()
        store.close()


def test_candles_never_take_the_last_room_from_the_books(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "67m") as disk:
        paths = DataFolderPaths(root=disk.root)
        store = CandleStore.open(paths)
        written = write_until_it_fails(store)
        assert written > 0
        assert shutil.disk_usage(disk.root).free > candle_file.ROOM_FOR_BOOKS - 1_000_000
        with pytest.raises(DiskError, match="are for the books"):
            store.write(SOURCE, page(400))
        assert store.delete(NAME) == written
        assert store.write(SOURCE, page(0)) == PAGE
        store.close()


def test_a_disk_that_is_read_only_can_still_be_read(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "80m") as disk:
        paths = DataFolderPaths(root=disk.root)
        store = CandleStore.open(paths)
        store.write(SOURCE, page(0))
        store.close()
        disk.remount(is_read_only=True)
        with pytest.raises(DiskError):
            CandleStore.open(paths)
        reader = CandleStore.open_to_read(paths)
        assert reader is not None
        assert len(reader.read_between(NAME, since=LISTED_AT, until=LISTED_AT + PAGE * MINUTE)) == PAGE
        reader.close()
        disk.remount(is_read_only=False)
