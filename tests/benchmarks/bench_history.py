"""History of a million entries: opening, paging and filtering it, and what its indices cost a commit (`make bench`).

A search for rare text answers in steps: every answer is within the limit, and how long the whole journal took is told
beside it.
"""

import os
import statistics
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from time import perf_counter

import pytest

from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.ledger_page import LedgerFilter
from desktop_trader.storage.ledger_reader import LedgerReader
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from tests.benchmarks.bench_commit import ManyFills
from tests.stored_history import BEGAN, Written, new_books, write_entries

ENTRIES = int(os.environ.get("BENCH_ENTRIES", "1000000"))
OPEN_SECONDS_MAX = 0.5
ANSWER_SECONDS_MAX = 0.1
TIMES = 5
BATCH = 20_000
SYMBOLS = ("BTC/USDT", "ETH/USDT", "XRP/USDT", "BTC/USDT:USDT")
INDICES = ("ledger_entries_kind", "ledger_entries_author", "ledger_entries_day")


def round_trips(count: int) -> Iterator[Written]:
    """Entries as trading books them, five a round trip; rarely a deposit by a person, once something unique."""
    random, at, written, position, total = Random(7), BEGAN, 0, 0, 10**15
    while written < count:
        position += 1
        at += timedelta(seconds=random.randint(60, 600))
        symbol, pnl = random.choice(SYMBOLS), random.randint(-20_000, 20_000)
        total += pnl * 10**6
        of_trade = Written(run=1 if written < count // 2 else 2, at=at, position=position, total_after=total)
        closed = f"Closed LONG position for {symbol}, PnL: ${pnl / 100:,.2f}"
        yield replace(of_trade, kind="order_lock", reason="order_signal", description=f"Locked for {symbol}")
        yield replace(of_trade, description=f"Taker fee for buy of {symbol}", change=-10)
        yield replace(of_trade, kind="position_open", description=f"Opened LONG position for {symbol}")
        yield replace(of_trade, description=f"Taker fee for sell of {symbol}", change=-10)
        yield replace(of_trade, kind="position_close", reason="trade_pnl_signal", description=closed, change=pnl)
        written += 5
        if position % 997 == 0:
            yield replace(of_trade, kind="deposit", author="alice", reason=f"savings {position}", change=10**10)
            written += 1
        if position == 1_000:
            yield replace(of_trade, kind="adjustment", author="zoë", reason="Weihnachtsgeld für Zoë", change=10**9)
            written += 1


def long_history(path: Path, count: int) -> int:
    """Write so many entries; return the number of the newest."""
    connection = new_books(path)
    batch: list[Written] = []
    for entry in round_trips(count):
        batch.append(entry)
        if len(batch) >= BATCH:
            write_entries(connection, batch)
            batch.clear()
    write_entries(connection, batch)
    newest = int(connection.execute("SELECT max(id) FROM ledger_entries").get)
    connection.close()
    return newest


def _day(number: int) -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number)


DEMO = LedgerFilter(account="demo")
FILTERS = {
    "all": DEMO,
    "in the middle": replace(DEMO, before_id=ENTRIES // 2),
    "newer than the middle": replace(DEMO, after_id=ENTRIES // 2),
    "rare kind": replace(DEMO, kinds=("adjustment",)),
    "kind never used": replace(DEMO, kinds=("funding",)),
    "three kinds": replace(DEMO, kinds=("deposit", "adjustment", "fee")),
    "rare author": replace(DEMO, author="zoë"),
    "unknown author": replace(DEMO, author="nobody"),
    "system": replace(DEMO, author="system"),
    "one day": replace(DEMO, from_at=_day(20), until_at=_day(21)),
    "first month": replace(DEMO, from_at=_day(0), until_at=_day(31)),
    "everything, by dates": replace(DEMO, from_at=_day(0), until_at=_day(36_500)),
    "first run": replace(DEMO, run_id=1),
    "position": replace(DEMO, position_id=777),
    "common text": replace(DEMO, text="closed btc"),
    "rare text": replace(DEMO, text="Weihnachtsgeld"),
    "text without a match": replace(DEMO, text="nothing like that"),
    "kind and text without a match": replace(DEMO, kinds=("position_close",), text="nothing like that"),
    "author and text": replace(DEMO, author="alice", text="savings 997"),
    "month, kind and text": replace(DEMO, from_at=_day(0), until_at=_day(31), kinds=("position_close",), text="eth"),
}


def measure(path: Path) -> dict[str, dict[str, float]]:
    """Return per filter the median of the first answer, of all until a page is full, and of the whole search."""
    figures = {}
    for name, wanted in FILTERS.items():
        opened, first, answers, whole = [], [], [], []
        for _ in range(TIMES):
            started = perf_counter()
            reader = LedgerReader(path)
            page = reader.page(wanted)
            opened.append(perf_counter() - started)
            reader.page(wanted)  # warm
            asked, began, rows = wanted, perf_counter(), 0
            while True:
                started = perf_counter()
                page = reader.page(asked)
                answers.append(perf_counter() - started)
                if asked is wanted:
                    first.append(answers[-1])
                rows += len(page.rows)
                if page.searched_to_id is None or rows >= 50:
                    break
                asked = replace(asked, before_id=page.searched_to_id)
            whole.append(perf_counter() - began)
            reader.close()
        figures[name] = {
            "open_ms": statistics.median(opened) * 1e3,
            "first_ms": statistics.median(first) * 1e3,
            "answer_ms": statistics.median(answers) * 1e3,
            "whole_ms": statistics.median(whole) * 1e3,
        }
    return figures


def commit_ratio(folder: Path, rounds: int = 400) -> float:
    """Return what a fill's commit takes with the indices, as a multiple of one without; the two in turn."""
    updates = ManyFills.updates_of(rounds)
    times: dict[str, list[float]] = {"with": [], "without": []}
    stores = {}
    for name in times:
        (folder / name).mkdir()
        stores[name] = SqliteLedgerStore.open(DataFolderPaths(root=folder / name))
        stores[name].load("demo")
    for index in INDICES:
        stores["without"]._connection.execute(f"DROP INDEX {index}")
    for number, update in enumerate(updates):
        for name in sorted(times, reverse=bool(number % 2)):
            started = perf_counter()
            stores[name].commit(update)
            if update.fills and number > 50:
                times[name].append(perf_counter() - started)
    for store in stores.values():
        store.close()
    return statistics.median(times["with"]) / statistics.median(times["without"])


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("history") / "books.db"
    long_history(path, ENTRIES)
    return path


def test_a_million_entries_open_page_and_filter_at_once(history: Path) -> None:
    figures = measure(history)
    for filter_name, each in figures.items():
        print(f"{filter_name:32}", {key: round(value, 1) for key, value in each.items()})
    assert figures["all"]["open_ms"] <= OPEN_SECONDS_MAX * 1e3
    assert max(max(each["first_ms"], each["answer_ms"]) for each in figures.values()) <= ANSWER_SECONDS_MAX * 1e3


def test_the_indices_cost_a_commit_next_to_nothing(tmp_path: Path) -> None:
    ratio = commit_ratio(tmp_path)
    print({"commit_with_indices_to_without": round(ratio, 3)})
    assert ratio <= 1.15
