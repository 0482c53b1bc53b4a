"""Streams an hour of a market through engine, model and window as fast as it goes: `... FOLDER SYMBOLS SECONDS`.

One thread, so that nothing waits for anything: each second of the market brings a quote of every symbol into the
engine, a snapshot to the model, the watchlist and the rest of the window, and a repaint; every five seconds the
overview is answered. A position is open, so that the balance moves too. The memory is read once a minute of the
market, after the collector has run, and its slope is that of the later three quarters.
"""

# ruff: noqa: I001, F401  # Qt comes in through the application, as in a real start

import gc
import json
import os
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import desktop_trader.ui.qt_first
from desktop_trader.answers.catalog import ANSWERS
from desktop_trader.answers.context import AnswerContext
from desktop_trader.app import make_application
from desktop_trader.assembly import AccountChoice, trader_in_memory
from desktop_trader.domain.order import OrderSide, OrderType
from desktop_trader.engine.snapshot_publisher import FloorPublisher
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.commands import SubmitOrder
from desktop_trader.messages.market_search import OverviewRequest
from desktop_trader.settings import Settings
from desktop_trader.ui import theme
from desktop_trader.ui.main_window import MainWindow, WindowSetup
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.qt_log import QtLogFeed
from desktop_trader.ui.widgets.watchlist_table import WatchlistTable
from PySide6.QtWidgets import QApplication
from tests.market_crowd import CrowdFeed, crowd, quotes_of, tickers
from tests.builders import START

SECOND = timedelta(seconds=1)
folder, symbols, seconds = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
instruments = tuple(each for each in crowd(2 * symbols) if each.settle == "USDT")[:symbols]


def resident_mb() -> float:
    """Return the memory of this process that is its own or shared, in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def slope(samples: list[tuple[float, float]]) -> float:
    """Return how much the second of each pair grows with the first, by least squares."""
    middle_x = sum(x for x, _ in samples) / len(samples)
    middle_y = sum(y for _, y in samples) / len(samples)
    spread = sum((x - middle_x) ** 2 for x, _ in samples)
    return sum((x - middle_x) * (y - middle_y) for x, y in samples) / spread


class Stream:
    """Engine and window in one thread."""

    def __init__(self, app: QApplication) -> None:
        self.app = app
        self.at = START
        self.feed = CrowdFeed(instruments, rows=tickers(instruments, at=START))
        self.feed.is_live = False
        settings = Settings()
        account = AccountChoice(start_amount=Decimal(1_000_000))
        self.trader = trader_in_memory(self.feed, account, settings=settings)
        self.model = BalanceModel()
        paths = DataFolderPaths(root=folder)
        self.context = AnswerContext(paths=paths, feed=self.feed, clock=self.trader, account="demo")
        setup = WindowSetup(settings=settings, strategies=lambda: (), folder=paths, log_feed=QtLogFeed)
        self.window = MainWindow(self.model, send=lambda _: None, request=self._answer, setup=setup)
        self.publisher = FloorPublisher(
            self.trader.floor, self.model.replace_snapshot, monotonic=self._seconds, per_second=1
        )
        self.window.resize(1_600, 1_200)
        self.window.show()
        self.window.fill_docks()
        self.table = self.window.findChild(WatchlistTable, "sidebar-watchlist-table")
        assert isinstance(self.table, WatchlistTable)

    def _seconds(self) -> float:
        return self.at.timestamp()

    def _answer(self, request: object) -> None:
        if isinstance(request, OverviewRequest):
            self.window.show_reply(ANSWERS[OverviewRequest](self.context, request))

    def open_position(self) -> None:
        """Buy something, so that every tick of it moves the balance."""
        order = SubmitOrder(
            request_id="one",
            symbol=instruments[0].symbol,
            side=OrderSide.BUY,
            type=OrderType.MARKET,
            quantity=Decimal(1),
        )
        self.trader.floor.step(order)

    def pass_second(self, number: int) -> None:
        """Bring a quote of every symbol, show what came of it, and paint."""
        assert isinstance(self.table, WatchlistTable)
        self.at = START + number * SECOND
        for quote in quotes_of(instruments, number, at=self.at):
            self.trader.floor.market_step(quote)
        self.publisher.publish_if_due()
        self.model.show_newest()
        if number % 5 == 0:
            self.feed.rows = tickers(instruments, at=self.at, seed=number)
            self.window._panels.markets.watchlist.ask()
        if number % 2 == 0:
            self.table.model().sort_again()  # type: ignore[attr-defined]
        self.app.processEvents()

    def samples(self) -> Iterator[tuple[float, float]]:
        """Go through the time asked for; give hours and megabytes once a minute."""
        for number in range(1, seconds + 1):
            self.pass_second(number)
            if number == 2:
                self.open_position()
            if number % 60 == 0:
                gc.collect()
                yield number / 3_600, resident_mb()


app = make_application()
theme.apply(app, theme.ThemeChoice())
stream = Stream(app)
begun = time.perf_counter()
found = list(stream.samples())
late = found[len(found) // 4 :]
print(
    json.dumps(
        {
            "took_seconds": time.perf_counter() - begun,
            "quotes": seconds * symbols,
            "first_mb": found[0][1],
            "quarter_mb": late[0][1],
            "last_mb": found[-1][1],
            "slope_mb_an_hour": slope(late),
            "rows": len(stream.model.instruments),
            "open_positions": len(stream.model.positions),
            "objects": len(gc.get_objects()),
        }
    )
)
stream.window.end()
