"""The page *Market data*: what is stored, downloads with a Cancel, gaps filled, deletion after a question."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from PySide6.QtCore import QDate, QObject
from PySide6.QtWidgets import QApplication, QComboBox, QDateEdit, QLabel, QLineEdit, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from desktop_trader.answers.candles import series
from desktop_trader.answers.context import AnswerContext
from desktop_trader.domain.errors import NetworkDownError, TraderError
from desktop_trader.domain.market import Timeframe
from desktop_trader.engine.clock import MarketClock
from desktop_trader.feeds.candle_download import CandleSource
from desktop_trader.feeds.closed import ClosedFeed
from desktop_trader.jobs import candle_download
from desktop_trader.jobs.context import JobContext
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.candles import DeleteCandles, DownloadCandles, FillCandleGaps
from desktop_trader.messages.jobs import CancelJob, JobDone, JobFailed, JobProgress, StartJob
from desktop_trader.settings import ExchangeAddress, NetworkSettings, Settings
from desktop_trader.storage.candle_store import CandleStore
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.pages.candle_form import CandleForm
from desktop_trader.ui.pages.candles import CandlesPage
from desktop_trader.ui.pages.page import PageDoors
from desktop_trader.ui.widgets.data_table import DataTable
from tests.candle_source import LISTED_AT, ScriptedCandles, minute_bar
from tests.ui.snapshot_builders import make_snapshot

MINUTE = timedelta(minutes=1)
NOW = LISTED_AT + timedelta(days=3, seconds=20)
SOURCE = "exchange:coinex"
_Found = TypeVar("_Found", bound=QObject)


class Opened:
    """A page over a real folder of candles; questions and jobs wait until `answer` does them, on a made-up exchange."""

    def __init__(
        self, qtbot: QtBot, folder: Path, *, settings: Settings | None = None, source: str = "simulated:7"
    ) -> None:
        self.paths = DataFolderPaths(root=folder)
        self.asked: list[Any] = []
        self.exchange = ScriptedCandles(now=NOW)
        self.should_stop: Callable[[], bool] = lambda: False
        self.model = BalanceModel()
        market = replace(make_snapshot().market, source_id=source)
        self.model.replace_snapshot(make_snapshot(market=market))
        doors = PageDoors(
            model=self.model,
            send=lambda _command: None,
            request=self.asked.append,
            folder=self.paths,
            settings=settings or Settings(),
            show_history=lambda _filter: None,
        )
        self.page = CandlesPage(doors)
        self.page.resize(1100, 650)
        qtbot.addWidget(self.page)
        self.page.show()
        self.page.refresh()
        self.answer()
        since = self.find(QDateEdit, "since-edit")
        since.setDate(QDate(2024, 1, 2))

    def answer(self) -> None:
        """Do everything that was asked for, also what that asks for."""
        while self.asked:
            self.page.show_reply(self._reply(self.asked.pop(0)))

    def _reply(self, message: Any) -> object:
        if isinstance(message, StartJob):
            context = JobContext(
                paths=self.paths,
                settings=Settings(),
                tell_progress=lambda done, total, text: self.page.show_reply(
                    JobProgress(request_id=message.request_id, done=done, total=total, text=text)
                ),
                should_stop=self.should_stop,
            )
            try:
                return JobDone(request_id=message.request_id, result=self._work(context, message.job))
            except TraderError as error:
                return JobFailed(request_id=message.request_id, error=error.user_message)
        feed = ClosedFeed(source_id="test", starts_at=NOW)
        return series(AnswerContext(paths=self.paths, feed=feed, clock=MarketClock(NOW), account="demo"), message)

    def _work(self, context: JobContext, job: object) -> object:
        self.exchange.is_closed = False

        async def open_source(_context: JobContext, _place: object) -> CandleSource:
            return self.exchange

        if isinstance(job, DownloadCandles):
            return candle_download.run(context, job, open_source=open_source)
        if isinstance(job, FillCandleGaps):
            return candle_download.fill(context, job, open_source=open_source)
        assert isinstance(job, DeleteCandles)
        return candle_download.delete(context, job)

    def find(self, kind: type[_Found], name: str) -> _Found:
        """Return a control by the end of its name."""
        found = self.page.findChild(kind, f"candles-{name}")
        assert found is not None, name
        return found

    def press(self, name: str) -> None:
        """Press a button and do what it asks for."""
        self.find(QPushButton, f"{name}-btn").click()
        self.answer()

    def is_enabled(self, name: str) -> bool:
        return self.find(QPushButton, f"{name}-btn").isEnabled()

    def said(self) -> str:
        return self.find(QLabel, "said").text()

    def cells(self, line: int = 0) -> list[str]:
        """Return a row of the table as shown."""
        rows = self.find(DataTable, "table").sorted_rows
        return [str(rows.index(line, column).data()) for column in range(rows.columnCount())]

    def rows(self) -> int:
        return self.find(DataTable, "table").sorted_rows.rowCount()


@pytest.fixture
def opened(qtbot: QtBot, dressed_app: QApplication, tmp_path: Path) -> Opened:
    return Opened(qtbot, tmp_path)


def store_of(opened: Opened) -> CandleStore:
    return CandleStore.open(opened.paths)


def test_an_empty_page_says_how_to_begin(opened: Opened) -> None:
    assert opened.find(QLabel, "state").text() == "Nothing is stored yet"
    assert opened.rows() == 0
    assert not opened.is_enabled("fill")
    assert not opened.is_enabled("delete")
    assert opened.is_enabled("start")
    assert not opened.find(QLabel, "own-bars").isHidden()  # the market in use is simulated


def test_a_download_fills_the_table_and_says_what_came(opened: Opened) -> None:
    opened.press("start")
    assert opened.said() == "✓  2,880 new bars of BTC/USDT 1m on CoinEx"
    assert opened.cells()[:7] == [
        "CoinEx", "BTC/USDT", "1m", "2024-01-02 00:00", "2024-01-03 23:59", "2,880", "none",
    ]  # fmt: skip
    assert opened.find(QLabel, "state").text().startswith("1 series · 2,880 bars · ")
    opened.press("start")
    assert opened.said() == "✓  Nothing new of BTC/USDT 1m on CoinEx"


def test_what_is_typed_is_what_is_asked_for(opened: Opened) -> None:
    opened.find(QComboBox, "market-combo").setCurrentText("Kraken")
    opened.find(QLineEdit, "symbol-edit").setText("ethusdt")
    opened.find(QComboBox, "timeframe-combo").setCurrentText("4h")
    opened.find(QPushButton, "start-btn").click()
    [start] = opened.asked
    assert start.job == DownloadCandles(
        market="kraken", symbol="ETH/USDT", timeframe=Timeframe.H4, since=datetime(2024, 1, 2, tzinfo=UTC)
    )
    opened.find(QPushButton, "cancel-btn").click()
    assert isinstance(opened.asked[-1], CancelJob)


def test_what_cannot_be_a_symbol_is_not_asked_for(opened: Opened) -> None:
    symbol = opened.find(QLineEdit, "symbol-edit")
    symbol.setText("what")
    assert not opened.is_enabled("start")
    assert "not a symbol" in opened.find(QPushButton, "start-btn").toolTip()
    symbol.setText("ETH/USDT")
    opened.find(QComboBox, "market-combo").setCurrentText("")
    assert not opened.is_enabled("start")
    opened.find(QComboBox, "market-combo").setCurrentText("gate")
    assert opened.is_enabled("start")


def test_a_cancelled_download_keeps_what_came(opened: Opened) -> None:
    opened.should_stop = lambda: len(opened.exchange.pages) >= 2
    opened.press("start")
    assert opened.said().startswith("Stopped. ")
    assert "came and are kept; the next download goes on there" in opened.said()
    assert opened.rows() == 1
    opened.should_stop = lambda: False
    opened.press("start")
    assert opened.cells()[5:7] == ["2,880", "none"]


def test_a_lost_network_is_said_with_what_was_kept(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desktop_trader.feeds.candle_download._WAITS", (0.01,))
    opened.exchange.failures.extend([None, NetworkDownError("CoinEx cannot be reached"), NetworkDownError("gone")])
    opened.press("start")
    assert opened.said() == (
        "gone. 1,000 new bars came and are kept; the next download goes on there. The books are not concerned."
    )
    assert opened.cells()[5] == "1,000"


def test_gaps_are_counted_and_filled(opened: Opened) -> None:
    store = store_of(opened)
    store.write(SOURCE, [minute_bar(LISTED_AT + each * MINUTE) for each in range(200) if each not in (50, 51, 120)])
    store.close()
    opened.page.refresh()
    opened.answer()
    assert opened.cells()[5:7] == ["197", "2"]
    assert not opened.is_enabled("fill")
    opened.find(DataTable, "table").selectRow(0)
    assert opened.is_enabled("fill")
    opened.press("fill")
    assert opened.said() == "✓  3 new bars of BTC/USDT 1m on CoinEx"
    assert opened.cells()[5:7] == ["200", "none"]
    assert not opened.is_enabled("fill")


def test_bars_are_deleted_only_after_a_yes(opened: Opened) -> None:
    opened.press("start")
    opened.find(DataTable, "table").selectRow(0)
    for answer, left in (("cancel", 1), ("ok", 0)):
        opened.press("delete")
        dialog = opened.find(QMessageBox, "delete-dialog")
        assert "2,880 bars of BTC/USDT 1m on CoinEx would be deleted" in dialog.text()
        assert "books are not concerned" in dialog.text()
        button = dialog.findChild(QPushButton, f"candles-delete-{answer}-btn")
        assert button is not None
        button.click()
        QApplication.processEvents()
        opened.answer()
        assert opened.rows() == left
    assert opened.said() == "✓  2,880 bars of BTC/USDT 1m on CoinEx were deleted"


def test_the_form_begins_with_the_market_in_use(qtbot: QtBot, dressed_app: QApplication, tmp_path: Path) -> None:
    opened = Opened(qtbot, tmp_path)
    market = replace(make_snapshot().market, source_id="exchange:kraken@127.0.0.1:9")
    opened.model.replace_snapshot(make_snapshot(sequence=9, market=market))
    page = CandlesPage(opened.page._doors)
    qtbot.addWidget(page)
    page.refresh()
    combo = page.findChild(QComboBox, "candles-market-combo")
    assert combo is not None
    assert combo.currentText() == "Kraken at 127.0.0.1:9", "another address may be another market"
    own = page.findChild(QLabel, "candles-own-bars")
    assert own is not None
    assert own.isHidden()


def test_exchanges_that_are_asked_elsewhere_are_called_so(
    qtbot: QtBot, dressed_app: QApplication, tmp_path: Path
) -> None:
    """One by the settings, the one in use by how this start was told; each is still asked for by its id."""
    address = ExchangeAddress(rest="https://sandbox.example:8443/api")
    settings = Settings(network=NetworkSettings(addresses=(("kraken", address),)))
    opened = Opened(qtbot, tmp_path, settings=settings, source="exchange:coinex@127.0.0.1:42841")
    market = opened.find(QComboBox, "market-combo")
    assert market.currentText() == "CoinEx at 127.0.0.1:42841"
    names = [market.itemText(place) for place in range(market.count())]
    assert "Kraken at sandbox.example:8443" in names
    assert {"Binance", "Bybit", "OKX", "Gate"} < set(names)
    opened.page.refresh()
    form = opened.page.findChild(CandleForm)
    assert form is not None
    assert form.job().market == "coinex"
    market.setCurrentText("CoinEx")
    assert form.job().market == "coinex"
    market.setCurrentText("Kraken at sandbox.example:8443")
    assert form.job().market == "kraken"
