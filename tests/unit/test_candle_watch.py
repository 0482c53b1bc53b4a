"""Damaged candles are told of once, and looked at without being mended."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from desktop_trader.candle_watch import CandleWatch
from desktop_trader.locations import DataFolderPaths, data_folder
from desktop_trader.storage.candle_damage import CandleState, candle_state
from desktop_trader.storage.candle_store import CandleStore

_NONSENSE = b"nonsense" * 1_000


@pytest.fixture
def paths(tmp_path: Path) -> DataFolderPaths:
    """An empty data folder."""
    return data_folder(str(tmp_path))


def test_what_was_set_aside_by_this_start_is_told_once(paths: DataFolderPaths) -> None:
    paths.candles.write_bytes(_NONSENSE)
    CandleStore.open(paths).close()
    told: list[str] = []
    watch = CandleWatch(paths, on_trouble=told.append)
    for _ in range(3):
        watch.look()
    (text,) = told
    assert "candles.db.damaged-" in text
    assert "books are another file" in text


def test_what_an_earlier_start_set_aside_is_no_news(paths: DataFolderPaths) -> None:
    moment = datetime.now(UTC) - timedelta(hours=3)
    paths.candles.with_name(f"candles.db.damaged-{moment:%Y%m%dT%H%M%SZ}").write_bytes(_NONSENSE)
    told: list[str] = []
    CandleWatch(paths, on_trouble=told.append).look()
    assert told == []
    kept_at = candle_state(paths).kept_at
    assert kept_at is not None
    assert abs(kept_at - moment) < timedelta(seconds=1)


def test_damage_is_seen_without_being_mended(paths: DataFolderPaths) -> None:
    assert candle_state(paths) == CandleState()
    paths.candles.write_bytes(_NONSENSE)
    state = candle_state(paths)
    assert "damaged" in state.error
    assert paths.candles.read_bytes() == _NONSENSE
    told: list[str] = []
    watch = CandleWatch(paths, on_trouble=told.append, look_seconds=0.01)
    watch.start()
    watch.stop()
    assert told == [state.error]


def test_candles_in_order_and_in_use_are_no_trouble(paths: DataFolderPaths) -> None:
    store = CandleStore.open(paths)
    try:
        with sqlite3.connect(paths.candles) as other:
            other.execute("BEGIN IMMEDIATE")
            state = candle_state(paths)
        other.close()
    finally:
        store.close()
    assert (state.error, state.kept) == ("", "")
    assert state.file_bytes > 0
