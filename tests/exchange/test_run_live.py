"""`run` on an exchange, as people start it: a process, a loopback exchange, the exit code and what it printed."""

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

import pytest

from desktop_trader.messages.network import NO_NETWORK, NO_NEW_TRADES, NOT_CHECKED
from tests.command_line import desktop_trader, start
from tests.exchange.loopback import ExchangeThread

pytestmark = pytest.mark.slow

_PATIENCE = 90.0
_NOBODY = "http://127.0.0.1:9"
"""Discard: nobody listens there."""


class LiveRun:
    """A run under way, whose JSON lines are read as they come."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.lines: list[dict[str, Any]] = []
        self._coming: SimpleQueue[str] = SimpleQueue()
        Thread(target=self._read, daemon=True).start()

    def until(self, is_it: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the first line that is it; those that were read already count."""
        for line in self.lines:
            if is_it(line):
                return line
        ends_at = time.monotonic() + _PATIENCE
        while time.monotonic() < ends_at:
            try:
                text = self._coming.get(timeout=1.0)
            except Empty:
                assert self.process.poll() is None, self.process.communicate()[1]
                continue
            self.lines.append(json.loads(text))
            if is_it(self.lines[-1]):
                return self.lines[-1]
        raise AssertionError(f"it did not come: {self.lines}")

    def interrupt(self) -> None:
        """Press Ctrl+C and wait for the summary."""
        self.process.send_signal(signal.SIGINT)
        self.until(lambda line: line["event"] == "summary")

    def _read(self) -> None:
        assert self.process.stdout is not None
        for text in self.process.stdout:
            self._coming.put(text)


@contextmanager
def live_run(url: str, folder: Path, *words: str) -> Iterator[LiveRun]:
    """Run on CoinEx at an address until the block ends."""
    process = start("run", "--market", "coinex", "--exchange-url", url, "--json", *words, data_dir=folder)
    run = LiveRun(process)
    try:
        yield run
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


@pytest.mark.requirement("R204", "R205", "R209")
def test_without_a_network_a_run_says_so_waits_and_can_be_ended_at_once(tmp_path: Path) -> None:
    with live_run(_NOBODY, tmp_path, "--strategy", "moving_average_cross") as run:
        run.until(lambda line: line["event"] == "trading_paused")
        run.until(lambda line: line.get("message") == NO_NEW_TRADES)
        run.interrupt()
        run.process.wait(_PATIENCE)

        told = [line.get("message") for line in run.lines]
        assert NOT_CHECKED in told
        assert run.process.returncode == 0
        assert not [line for line in run.lines if line["event"] == "auto_trading_changed"]
    log = (tmp_path / "logs" / "desktop_trader.log").read_text(encoding="utf-8")
    assert NO_NETWORK in log
    assert "Prices come from CoinEx at 127.0.0.1:9" in log


def test_a_run_starts_its_strategy_once_everything_is_verified_and_its_books_hold(tmp_path: Path) -> None:
    words = ("--strategy", "moving_average_cross", "--param", "fast=2", "--param", "slow=3")
    with ExchangeThread(seed=7) as exchange, live_run(exchange.url, tmp_path, *words) as run:
        started = run.until(lambda line: line["event"] == "auto_trading_changed")
        assert (started["state"], started["symbol"]) == ("running", "BTC/USDT")
        run.interrupt()
        run.process.wait(_PATIENCE)
        assert run.process.returncode == 0
        assert exchange.do(lambda inside: len(inside.calls.writes())) == 0

    assert desktop_trader("db", "verify", "--json", data_dir=tmp_path).json["ok"] is True
    spans = desktop_trader("candles", "list", "--json", data_dir=tmp_path)
    assert "BTC/USDT" in spans.out


def test_a_duration_ends_a_run_that_never_heard_of_its_exchange(tmp_path: Path) -> None:
    words = ("run", "--market", "coinex", "--exchange-url", _NOBODY, "--duration", "3", "--json")

    answer = desktop_trader(*words, data_dir=tmp_path)

    assert answer.code == 0
    assert answer.summary["event"] == "summary"
    assert 3 <= answer.summary["elapsed_seconds"] < 60
