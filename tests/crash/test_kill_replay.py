"""A replay is killed at random moments and taken up again: its books end as if nothing had ever happened to it."""

import random
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.candles import write_candles
from tests.command_line import BTC_CSV, desktop_trader, read_json, replay, rest_of, start
from tests.crash.lives import check_books

OF_THIS_PROCESS = {"elapsed_seconds", "engine_seconds", "commit_seconds"}
LONGEST_DELAY_SECONDS = 0.02
LONGEST_START_SECONDS = 0.5
MOST_KILLS = 3
KILLS_IN_A_TEST_RUN = 6
KILLS_IN_A_CAMPAIGN = 200

Line = dict[str, Any]


@dataclass(frozen=True)
class Whole:
    """A replay that nobody disturbed: how to start it, how much it prints, how it ends."""

    words: tuple[str, ...]
    notices: int
    ending: Line


def undisturbed(csv: Path, folder: Path, symbol: str, timeframe: str) -> Whole:
    words = tuple(replay(csv, symbol, timeframe))
    answer = desktop_trader(*words, data_dir=folder)
    assert answer.code == 0, answer.err
    return Whole(words, len(answer.lines), ending_of(answer.summary))


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    folder = tmp_path_factory.mktemp("undisturbed")
    candles = write_candles(folder / "candles.csv", seed=7, count=4_000)
    return undisturbed(candles, folder / "data", "ETH/USDT", "5m")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    if not BTC_CSV.exists():
        pytest.skip(f"the recorded market {BTC_CSV.name} is not beside this checkout")
    return undisturbed(BTC_CSV, tmp_path_factory.mktemp("undisturbed") / "data", "BTC/USDT", "1h")


def ending_of(summary: Line) -> Line:
    assert summary["event"] == "summary"
    return {key: value for key, value in summary.items() if key not in OF_THIS_PROCESS}


def run_until_killed(whole: Whole, folder: Path, dice: random.Random) -> list[Line]:
    """Kill a run after a random number of notices and a random moment more; return what it had told by then."""
    process = start(*whole.words, data_dir=folder)
    assert process.stdout is not None
    told: list[str] = []
    for _ in range(dice.randint(0, whole.notices)):
        line = process.stdout.readline()
        if not line:
            break
        told.append(line)
    time.sleep(dice.random() * (LONGEST_DELAY_SECONDS if told else LONGEST_START_SECONDS))
    process.send_signal(signal.SIGKILL)
    rest, complaints = rest_of(process)
    assert "Traceback" not in complaints, complaints
    told += rest.splitlines(keepends=True)
    return [read_json(line) for line in told if line.endswith("\n")]


def kill_and_take_up_again(whole: Whole, folder: Path, seed: int) -> None:
    """Kill a run once or more, then let it go on to the end."""
    dice = random.Random(seed)
    told: list[Line] = []
    for _ in range(dice.randint(1, MOST_KILLS)):
        told += run_until_killed(whole, folder, dice)
        check_books(folder, told)

    answer = desktop_trader(*whole.words, data_dir=folder)

    assert answer.code == 0, answer.err
    assert ending_of(answer.summary) == whole.ending
    check_books(folder, told + answer.lines)


@pytest.mark.slow
@pytest.mark.requirement("R18")
@pytest.mark.parametrize("seed", range(KILLS_IN_A_TEST_RUN))
def test_a_killed_replay_ends_like_one_that_was_left_alone(made_up: Whole, tmp_path: Path, seed: int) -> None:
    kill_and_take_up_again(made_up, tmp_path / "data", seed)


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(1_000, 1_000 + KILLS_IN_A_CAMPAIGN))
def test_a_killed_replay_of_a_real_market_ends_like_one_that_was_left_alone(
    recorded: Whole, tmp_path: Path, seed: int
) -> None:
    kill_and_take_up_again(recorded, tmp_path / "data", seed)


def test_a_replay_that_was_played_to_its_end_has_no_new_bars(made_up: Whole, tmp_path: Path) -> None:
    first = desktop_trader(*made_up.words, data_dir=tmp_path / "data")

    again = desktop_trader(*made_up.words, data_dir=tmp_path / "data")

    assert (first.code, again.code) == (0, 0)
    assert "no new bars" in again.err
    assert ending_of(again.summary) == ending_of(first.summary) == made_up.ending
    assert {line["event"] for line in again.lines} == {"log", "auto_trading_changed", "summary"}
