"""F09: recovery is killed at each of its steps, ten times in a row, and still ends as if left alone."""

from pathlib import Path
from typing import Any

import pytest

from tests.candles import write_candles
from tests.command_line import desktop_trader, replay
from tests.crash.lives import check_books, die_at

CRASHES_IN_A_ROW = 10
STEPS = (
    "L25.locked", "L25.opened", "L25.checked", "L21:1", "L25.loaded", "L25.built", "L25.session", "L25.begun",
    "L25.resumed", "L25.started",
)  # fmt: skip
OF_THIS_PROCESS = {"elapsed_seconds", "engine_seconds", "commit_seconds"}


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    candles = write_candles(tmp_path_factory.mktemp("market") / "candles.csv", seed=11, count=600)
    return tuple(replay(candles, "ETH/USDT", "5m", "--param", "fast=2", "--param", "slow=5"))


@pytest.fixture(scope="module")
def undisturbed(words: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    answer = desktop_trader(*words, data_dir=tmp_path_factory.mktemp("undisturbed") / "data")
    assert answer.code == 0, answer.err
    return ending_of(answer.summary)


def ending_of(summary: dict[str, Any]) -> dict[str, Any]:
    assert summary["event"] == "summary"
    return {key: value for key, value in summary.items() if key not in OF_THIS_PROCESS}


def crash_and_go_on(words: tuple[str, ...], undisturbed: dict[str, Any], folder: Path, steps: list[str]) -> None:
    told = die_at(*words, folder=folder, crash_at="L12:20")
    for step in steps:
        told += die_at(*words, folder=folder, crash_at=step)
        check_books(folder, told)

    answer = desktop_trader(*words, data_dir=folder)

    assert answer.code == 0, answer.err
    assert ending_of(answer.summary) == undisturbed
    check_books(folder, told + answer.lines)


@pytest.mark.slow
@pytest.mark.requirement("R10")
def test_ten_crashes_of_recovery_in_a_row_one_at_each_step_converge(
    words: tuple[str, ...], undisturbed: dict[str, Any], tmp_path: Path
) -> None:
    assert len(STEPS) == CRASHES_IN_A_ROW
    crash_and_go_on(words, undisturbed, tmp_path, list(STEPS))


@pytest.mark.campaign
@pytest.mark.parametrize("step", STEPS)
def test_ten_crashes_of_recovery_in_a_row_at_one_step_converge(
    words: tuple[str, ...], undisturbed: dict[str, Any], tmp_path: Path, step: str
) -> None:
    crash_and_go_on(words, undisturbed, tmp_path, [step] * CRASHES_IN_A_ROW)
