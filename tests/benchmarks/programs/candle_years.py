"""A process of its own that stores two years of minutes and loads them again, and prints what that cost as JSON."""

import json
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from time import perf_counter, process_time

from desktop_trader.domain.market import Bar, Timeframe
from desktop_trader.domain.money import install_context
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.candles import SeriesName
from desktop_trader.storage.candle_store import CandleStore
from tests.benchmarks.process_memory import process_memory

SOURCE = "exchange:coinex"
NAME = SeriesName(source=SOURCE, symbol="BTC/USDT", timeframe=Timeframe.M1)
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
PAGE = 1_000


def pages(count: int) -> Iterator[list[Bar]]:
    """A wandering market as an exchange tells it: pages of a thousand bars, made when they are wanted."""
    dice, price, at = random.Random(7), 6_500_000, FIRST
    for begin in range(0, count, PAGE):
        page = []
        for _ in range(min(PAGE, count - begin)):
            opening, price = price, max(100_000, price + dice.randint(-4_000, 4_000))
            high, low = max(opening, price) + dice.randint(0, 2_000), min(opening, price) - dice.randint(0, 2_000)
            figures = [Decimal(each).scaleb(-2) for each in (opening, high, low, price)]
            page.append(
                Bar(
                    symbol="BTC/USDT",
                    timeframe=Timeframe.M1,
                    opened_at=at,
                    open=figures[0],
                    high=figures[1],
                    low=figures[2],
                    close=figures[3],
                    volume=Decimal(dice.randint(0, 10**10)).scaleb(-8),
                )
            )
            at += timedelta(minutes=1)
        yield page


def main(root: Path, count: int) -> None:
    """Store, load, look for gaps, and print seconds, MB on disk and the most memory held."""
    install_context()
    paths, until = DataFolderPaths(root=root), FIRST + count * timedelta(minutes=1)
    stored_seconds = stored_cpu = 0.0
    store = CandleStore.open(paths)
    for page in pages(count):
        begun, begun_cpu = perf_counter(), process_time()
        store.write(SOURCE, page)
        stored_seconds += perf_counter() - begun
        stored_cpu += process_time() - begun_cpu
    store.close()
    after_store = process_memory()["rss_mb"]
    import numpy as np  # so that its import is not part of the loading

    store = CandleStore.open(paths)
    begun, begun_cpu = perf_counter(), process_time()
    arrays = store.read_arrays(NAME, since=FIRST, until=until)
    loaded_seconds, loaded_cpu = perf_counter() - begun, process_time() - begun_cpu
    assert len(arrays) == count
    assert np.all(np.diff(arrays.opened_at) == 60)
    report = {
        "bars": count,
        "store_seconds": stored_seconds,
        "store_cpu_seconds": stored_cpu,
        "load_arrays_seconds": loaded_seconds,
        "load_arrays_cpu_seconds": loaded_cpu,
        "mb_on_disk": sum(each.stat().st_size for each in root.glob("candles.db*")) / 1e6,
        "rss_after_store_mb": after_store,
        "rss_after_load_mb": process_memory()["rss_mb"],
    }
    begun = perf_counter()
    assert len(store.newest(SOURCE, "BTC/USDT", timeframe=Timeframe.M1, before=until, limit=1_000)) == PAGE
    report["newest_1000_ms"] = 1_000 * (perf_counter() - begun)
    begun = perf_counter()
    assert store.gaps(NAME, since=FIRST, until=until) == ()
    report["gaps_ms"] = 1_000 * (perf_counter() - begun)
    begun = perf_counter()
    store.series()
    report["list_ms"] = 1_000 * (perf_counter() - begun)
    store.close()
    print(json.dumps(report | {"peak_rss_mb": _peak_mb()}))


def _peak_mb() -> float:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
