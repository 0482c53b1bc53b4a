"""`desktop-trader run` trades on paper against an exchange in a process of its own, which is killed in the middle."""

import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from desktop_trader.api import private_socket
from desktop_trader.api.client import RunningInstance, wait_for_instance
from desktop_trader.domain.errors import DataFolderInUseError, TraderError
from desktop_trader.locations import data_folder
from desktop_trader.messages.network import NO_NETWORK, NO_NEW_TRADES, NOT_CHECKED, RESUMED
from tests.command_line import desktop_trader, read_json, start
from tests.exchange.loopback.process import ExchangeProcess

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not private_socket.has_private_sockets(), reason="this system has no Unix sockets"),
]
BEFORE, STOP, AFTER = Decimal(60000), Decimal(58800), Decimal(57000)
"""The price when the position is opened, its stop two percent below, and the price when the exchange is back."""


class Run:
    """A run in a process of its own; its notices are read as they come."""

    def __init__(self, url: str, folder: Path) -> None:
        self.folder = folder
        self.paths = data_folder(folder)
        self.notices: list[tuple[float, dict[str, Any]]] = []
        words = ("run", "--market", "coinex", "--exchange-url", url, "--symbol", "BTC/USDT", "--json")
        strategy = ("--strategy", "moving_average_cross", "--param", "stop_loss_percent=2")
        self.process = start(*words, *strategy, data_dir=folder)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def instance(self) -> RunningInstance:
        return wait_for_instance(self.paths, DataFolderInUseError("it did not open its door"))

    def of(self, event: str) -> list[tuple[float, dict[str, Any]]]:
        return [(at, notice) for at, notice in list(self.notices) if notice.get("event") == event]

    def until(self, is_so: Callable[[], bool], seconds: float) -> None:
        begun = time.monotonic()
        while not is_so():
            assert self.process.poll() is None, self.process.stderr.read() if self.process.stderr else ""
            assert time.monotonic() - begun < seconds, [notice for _, notice in self.notices]
            time.sleep(0.02)

    def until_trading(self, seconds: float) -> None:
        """Wait until the strategy runs and its market is connected."""
        self.until(lambda: bool(self.of("auto_trading_changed")), seconds)

    def network(self) -> str:
        health = self.instance().get("/health")
        assert isinstance(health, dict)
        return str(health["network"]["state"])

    def end(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)
        self._reader.join(10)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.notices.append((time.monotonic(), read_json(line)))


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[ExchangeProcess]:
    with ExchangeProcess(tmp_path) as running:
        running.post("price", symbol="BTC/USDT", price=str(BEFORE))
        yield running


@pytest.fixture
def run(exchange: ExchangeProcess, tmp_path: Path) -> Iterator[Run]:
    running = Run(exchange.url, tmp_path / "data")
    yield running
    if running.process.poll() is None:
        running.process.kill()
    running.process.communicate(timeout=30)


def buy(run: Run, seconds: float = 60) -> None:
    """Execute a signal through the local API; the first price after the start may not be there yet."""
    end = time.monotonic() + seconds
    while True:
        try:
            run.instance().post("/auto_trading/execute_signal", {"symbol": "BTC/USDT", "side": "buy"})
        except TraderError as refusal:
            if "price" not in str(refusal) or time.monotonic() > end:
                raise
            time.sleep(0.2)
        else:
            run.until(lambda: bool(run.of("position_opened")), 60)
            return


@pytest.mark.requirement("R198", "R199", "R200", "R201", "R202", "R207", "R208", "R210", "R211")
def test_an_exchange_killed_beyond_the_stop_closes_nothing_before_it_is_back_and_stable(
    exchange: ExchangeProcess, run: Run
) -> None:
    run.until_trading(60)
    buy(run)
    (_, opened), *_ = run.of("position_opened")
    assert opened["stop_loss"] < opened["price"]

    killed_at = time.monotonic()
    exchange.kill()
    run.until(lambda: bool(run.of("trading_paused")), 60)
    with pytest.raises(TraderError, match="trading is paused"):
        run.instance().post("/auto_trading/execute_signal", {"symbol": "BTC/USDT", "side": "buy"})
    time.sleep(2)

    back_at = time.monotonic()
    exchange.start(BTCUSDT=str(AFTER))
    run.until(lambda: bool(run.of("position_closed")), 90)
    closed_at, closed = run.of("position_closed")[0]
    assert closed_at - back_at >= 5
    assert closed["reason"] == "stop_loss"
    assert AFTER - 10 < closed["price"] < AFTER + 10, "not at the stop, and not at the price before the outage"
    fills = [at for at, _ in run.of("order_filled")]
    assert not [at for at in fills if killed_at < at < back_at + 5]
    assert not [call for call in exchange.calls() if call["method"] == "POST"]

    run.end()
    log = run.paths.log_file.read_text("utf-8")
    for sentence in (NO_NETWORK, NOT_CHECKED, NO_NEW_TRADES, RESUMED):
        assert sentence in log, sentence
    outages = desktop_trader("outages", "--json", data_dir=run.folder).json
    assert len(outages) == 1
    assert "stop_loss" in json.dumps(outages, default=str)
    fills_shown = desktop_trader("fills", "--json", data_dir=run.folder).json
    assert [fill["is_gap"] for fill in fills_shown] == [True, False]
    assert desktop_trader("db", "verify", data_dir=run.folder).code == 0
