"""The window dies at random moments and at named crash points, offscreen: nothing it answered is lost."""

import os
import random
import shutil
import signal
import time
from pathlib import Path

import pytest

from desktop_trader.api.client import find_instance
from desktop_trader.domain.errors import TraderError
from desktop_trader.locations import data_folder
from tests.crash.lives import KILLED, Acknowledged, Client, check_books, start

KILLS = int(os.environ.get("DESKTOP_TRADER_WINDOW_KILLS", "200"))
KILLS_IN_A_TEST_RUN = 2
LIVES_OF_ONE_FOLDER = 20
LONGEST_LIFE_SECONDS = 1.5
DEADLINE_SECONDS = 60.0
OFFSCREEN = {"QT_QPA_PLATFORM": "offscreen"}
WORDS = ("gui", "--market", "simulated", "--seed", "7", "--speed", "5000", "--initial-balance", "10000")
STRATEGY = {
    "strategy": "moving_average_cross",
    "symbol": "BTC/USDT",
    "timeframe": "1m",
    "parameters": {"fast": "1", "slow": "2"},
}
POINTS = (
    "L1", "L2", "L3", "L6:3", "L11", "L12", "L13", "L14", "L21:5", "L25.locked", "L25.opened", "L25.checked",
    "L25.loaded", "L25.session",
)  # fmt: skip


class Folder:
    """A data folder that is used for some twenty windows, and then begun anew."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.begin_anew()

    def begin_anew(self) -> None:
        """Forget everything."""
        shutil.rmtree(self._root, ignore_errors=True)
        self._root.mkdir(parents=True)
        self.path = self._root / "data"
        self.acknowledged = Acknowledged()
        self._lives = 0

    def open_and_kill(self, seed: int) -> None:
        """Open the window, let it trade and answer, end it by SIGKILL, and look into the books."""
        if self._lives >= LIVES_OF_ONE_FOLDER:
            self.begin_anew()
        self._lives += 1
        dice = random.Random(seed)
        point = dice.choice(POINTS) if seed % 3 == 0 else ""
        said = self._root / "said.txt"
        process = start(*WORDS, folder=self.path, crash_at=point, environ=OFFSCREEN, said=said)
        try:
            client = Client(data_folder(self.path), process, signals=True)
            end = time.monotonic() + DEADLINE_SECONDS
            if not point:
                if seed % 3 == 1:
                    assert client.is_heard.wait(DEADLINE_SECONDS), said.read_text()
                    self._trade()
                end = time.monotonic() + dice.random() * LONGEST_LIFE_SECONDS
            while process.poll() is None and time.monotonic() < end:
                time.sleep(0.005)
                if point and not client.is_trading and client.is_heard.is_set():
                    client.is_trading = self._trade()
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait(timeout=30)
        client.finish(self.acknowledged)
        assert process.returncode == KILLED
        assert not point or time.monotonic() < end, f"{point} was not passed"
        assert "Traceback" not in said.read_text()
        check_books(self.path, self.acknowledged)

    def _trade(self) -> bool:
        """Start the strategy, as its panel would; it goes on after every start from then on."""
        instance = find_instance(data_folder(self.path))
        try:
            if instance is not None:
                instance.post("/auto_trading/start", STRATEGY)
        except TraderError:  # It runs since an earlier life, or the process is dead.
            return True
        return instance is not None


@pytest.mark.slow
@pytest.mark.requirement("R18")
def test_a_window_killed_while_it_trades_loses_nothing_it_answered(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "folder")
    for seed in range(1, 1 + KILLS_IN_A_TEST_RUN):
        folder.open_and_kill(seed * 4)
    assert folder.acknowledged.request_ids


@pytest.mark.campaign
def test_two_hundred_kills_of_the_window_lose_nothing(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "folder")
    for seed in range(20_000, 20_000 + KILLS):
        folder.open_and_kill(seed)
