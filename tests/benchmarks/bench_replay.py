"""Bars a second through the full engine with a strategy, in memory and on disk, against a bare loop (`make bench`)."""

import statistics
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from time import perf_counter

from desktop_trader.assembly import AccountChoice, Trader, open_trader, trader_in_memory
from desktop_trader.brokers.paper import PaperBroker
from desktop_trader.domain.market import Bar, Timeframe
from desktop_trader.domain.risk import RiskLimits
from desktop_trader.engine import recovery
from desktop_trader.engine.ports import BookUpdate
from desktop_trader.engine.recovery import NewAccount
from desktop_trader.engine.trading_engine import EngineParts, TradingEngine
from desktop_trader.feeds.candle_file import CandleSeries, read_candles
from desktop_trader.feeds.replay import ReplayFeed
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.commands import StartAutoTrading
from desktop_trader.settings import Settings
from tests.benchmarks.child_process import ROOT, Report, show
from tests.fakes import MemoryLedgerStore

FILE = ROOT.parent / "shared" / "data" / "BTCUSDT_1h_2023-01_2024-06.csv"
TIMES = 8
ROUNDS = 3


def tiled_bars() -> tuple[Bar, ...]:
    """Return the recorded bars eight times, one after the other; made ones where the file is not there."""
    bars = read_candles(FILE, symbol="BTC/USDT", timeframe=Timeframe.H1).bars if FILE.exists() else made_bars(13_127)
    span = bars[-1].opened_at - bars[0].opened_at + timedelta(hours=1)
    return tuple(replace(bar, opened_at=bar.opened_at + span * turn) for turn in range(TIMES) for bar in bars)


def made_bars(count: int) -> tuple[Bar, ...]:
    """Return a seeded random walk of hourly bars."""
    dice, price, bars = Random(1), 45_000.0, []
    for number in range(count):
        close = price * (1 + dice.gauss(0, 0.006))
        high, low = max(price, close) * 1.002, min(price, close) * 0.998
        opening, top, bottom, last = (Decimal(f"{each:.2f}") for each in (price, high, low, close))
        bars.append(
            Bar(
                symbol="BTC/USDT",
                timeframe=Timeframe.H1,
                opened_at=datetime(2023, 1, 1, tzinfo=UTC) + timedelta(hours=number),
                open=opening,
                high=top,
                low=bottom,
                close=last,
                volume=Decimal(1),
            )
        )
        price = close
    return tuple(bars)


class ForgetfulStore(MemoryLedgerStore):
    """The journal in memory: keeps every update. What the fake checks besides costs more with every entry."""

    def commit(self, update: BookUpdate) -> None:
        self.updates.append(update)


def replay_in_memory(bars: tuple[Bar, ...]) -> Report:
    """Trade all bars with the journal in memory."""
    feed = feed_of(bars)
    store = ForgetfulStore()
    new = NewAccount(name="demo", type="demo", exchange="paper", currency="USDT", start_amount=Decimal(10_000))
    stored = store.load(new.name)
    books, desk = recovery.take_up_books(store, stored, feed=feed, new_account=new)
    limits = RiskLimits(max_position_percent=Decimal(50), risk_per_trade_percent=Decimal(2))
    parts = EngineParts(books=books, desk=desk, broker=PaperBroker(books), feed=feed, limits=limits)
    engine = TradingEngine(parts)
    recovery.start(engine, stored, new_account=new)
    return trade_all(engine, feed) | {"commits": len(store.updates)}


def feed_of(bars: tuple[Bar, ...]) -> ReplayFeed:
    """Return a feed that plays the bars."""
    return ReplayFeed(CandleSeries(symbol="BTC/USDT", timeframe=Timeframe.H1, content_hash="bench", bars=bars))


def replay(bars: tuple[Bar, ...], make_trader: Callable[[ReplayFeed], Trader]) -> Report:
    """Trade all bars through SQLite and return bars a second, and which part of the time the commits took."""
    feed = feed_of(bars)
    trader = make_trader(feed)
    report = trade_all(trader.engine, feed)
    seconds = trader.store.commit_seconds
    report |= {"commits": trader.store.commits, "commit_share": seconds * report["bars_per_second"] / report["bars"]}
    trader.close("quit")
    return report


def trade_all(engine: TradingEngine, feed: ReplayFeed) -> Report:
    """Play the feed to its end with a strategy running."""
    engine.step(
        StartAutoTrading(request_id="", strategy="moving_average_cross", symbol="BTC/USDT", timeframe=Timeframe.H1)
    )
    step, next_event = engine.step, feed.next_event
    started, count = perf_counter(), 0
    while (event := next_event()) is not None:
        step(event)
        count += 1
    elapsed = perf_counter() - started
    assert not engine.halted, engine.halted
    return {"bars": count, "bars_per_second": count / elapsed}


def bare_loop(bars: tuple[Bar, ...]) -> Report:
    """The baseline: look at the prices of every bar and do nothing with them."""
    started, higher = perf_counter(), 0
    last = bars[0].close
    for bar in bars:
        if bar.close > last:
            higher += 1
        last = bar.close
    return {"bars_per_second": len(bars) / (perf_counter() - started), "higher": higher}


def on_disk(folder: Path) -> Callable[[ReplayFeed], Trader]:
    """Return how to open a trader whose journal is in a folder."""
    return lambda feed: open_trader(
        DataFolderPaths(root=folder), AccountChoice(), settings=Settings(), make_feed=lambda: feed
    )


def sqlite_in_memory(feed: ReplayFeed) -> Trader:
    """Open a trader whose journal is SQLite in memory."""
    return trader_in_memory(feed, AccountChoice(), settings=Settings())


def test_105_000_bars_go_through_at_50_000_a_second_in_memory_and_20_000_on_disk(tmp_path: Path) -> None:
    bars = tiled_bars()
    bare, memory, sqlite, disk = [], [], [], []
    for turn in range(ROUNDS):
        bare.append(bare_loop(bars))
        memory.append(replay_in_memory(bars))
        sqlite.append(replay(bars, sqlite_in_memory))
        disk.append(replay(bars, on_disk(tmp_path / str(turn))))
    figures = {}
    for name, reports in (("bare", bare), ("memory", memory), ("sqlite_memory", sqlite), ("disk", disk)):
        for key in reports[0]:
            figures[f"{name}_{key}"] = statistics.median(report[key] for report in reports)
    figures["memory_ratio"] = figures["memory_bars_per_second"] / figures["bare_bars_per_second"]
    figures["disk_ratio"] = figures["disk_bars_per_second"] / figures["bare_bars_per_second"]
    show("replay", figures)
    assert figures["memory_bars_per_second"] >= 50_000
    assert figures["disk_bars_per_second"] >= 20_000
