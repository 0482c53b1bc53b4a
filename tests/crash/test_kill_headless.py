"""The headless process dies at random moments and at every named crash point: nothing it told is lost."""

import os
import random
import shutil
from pathlib import Path

import pytest

from tests.command_line import desktop_trader
from tests.crash.lives import Acknowledged, check_books, die_at, live

KILLS = int(os.environ.get("DESKTOP_TRADER_KILLS", "1000"))
KILLS_IN_A_TEST_RUN = 6
LIVES_OF_ONE_FOLDER = 20
SECONDS_OF_A_RUN = "900"
WORDS = (
    "run", "--market", "simulated", "--strategy", "moving_average_cross", "--param", "fast=1", "--param", "slow=2",
    "--speed", "1000000", "--json",
)  # fmt: skip
OF_TRADING = ("L1", "L2", "L3", "L11", "L12", "L13", "L14", "L21")
OF_A_START = (
    "L25.locked", "L25.opened", "L25.checked", "L25.loaded", "L25.built", "L25.session", "L25.begun", "L25.resumed",
    "L25.started",
)  # fmt: skip
OF_A_FIRST_START = ("L19.1", "L19.version", "L19.done", "L25.made", "L25.created", "L6")
OF_AN_END = ("L24.begun", "L24.checkpoint", "L24.noted", "L24.closed")


class Folder:
    """A data folder that is used for some twenty lives and deaths, and then begun anew."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lives = 0
        self.begin_anew()

    def begin_anew(self) -> None:
        """Forget everything."""
        shutil.rmtree(self._root, ignore_errors=True)
        self.path = self._root / "data"
        self.acknowledged = Acknowledged()
        self._lives = 0

    def die(self, seed: int) -> None:
        """Live once more, end by SIGKILL, and look into the books."""
        dice = random.Random(seed)
        if self._lives >= LIVES_OF_ONE_FOLDER:
            self.begin_anew()
        self._lives += 1
        kind = seed % 4
        if kind == 0:
            self.die_at(dice.choice((*OF_TRADING, *OF_A_START, *OF_AN_END)), dice)
        else:
            live(
                *WORDS, "--seed", "7", folder=self.path, acknowledged=self.acknowledged, dice=dice,
                with_client=kind == 1,
            )  # fmt: skip
        check_books(self.path, self.acknowledged)

    def die_at(self, point: str, dice: random.Random) -> None:
        """Die at a crash point, in trading at one of its first passings."""
        if point in ("L25.begun", "L25.resumed") and not self.path.exists():
            point = "L25.started"
        passing = dice.randint(1, 12) if point in OF_TRADING else 1
        words = (*WORDS, "--seed", "7", "--duration", SECONDS_OF_A_RUN if point in OF_AN_END else "36000")
        self.acknowledged.notices += die_at(*words, folder=self.path, crash_at=f"{point}:{passing}")


@pytest.mark.slow
@pytest.mark.requirement("R18")
def test_a_process_killed_again_and_again_loses_nothing_it_acknowledged(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "folder")
    for seed in range(KILLS_IN_A_TEST_RUN):
        folder.die(seed)
    assert folder.acknowledged.notices


@pytest.mark.campaign
def test_a_thousand_kills_of_the_headless_process_lose_nothing(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "folder")
    for seed in range(10_000, 10_000 + KILLS):
        folder.die(seed)


def begin_and_die(folder: Path, point: str) -> None:
    words = (*WORDS, "--duration", SECONDS_OF_A_RUN)
    told = die_at(*words, folder=folder, crash_at=point)
    check_books(folder, told)

    answer = desktop_trader(*words, data_dir=folder)

    assert answer.code == 0, answer.err
    check_books(folder, told + answer.lines)


@pytest.mark.slow
@pytest.mark.parametrize("point", ["L19.1", "L25.made", "L6"])
def test_a_first_start_that_died_is_simply_begun_anew(tmp_path: Path, point: str) -> None:
    begin_and_die(tmp_path, point)


@pytest.mark.campaign
@pytest.mark.parametrize("point", [*OF_A_FIRST_START, *OF_TRADING, *OF_AN_END, "L25.locked", "L25.started"])
def test_a_first_start_that_died_at_any_point_is_simply_begun_anew(tmp_path: Path, point: str) -> None:
    begin_and_die(tmp_path, point)
