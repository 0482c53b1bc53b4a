"""Whether an hour of streaming 300 symbols leaves memory as it was (`make bench`): in megabytes an hour."""

from pathlib import Path

from tests.benchmarks.child_process import run_program, show

SYMBOLS, SECONDS = 300, 3_600
SLOPE_MAX = 2.0


def test_an_hour_of_streaming_leaves_memory_flat(tmp_path: Path) -> None:
    figures = run_program("streaming_memory", str(tmp_path), str(SYMBOLS), str(SECONDS), seconds_max=1_200)
    show(f"{SYMBOLS} symbols, an hour of the market", figures)
    assert (figures["rows"], figures["open_positions"]) == (SYMBOLS, 1)
    assert figures["slope_mb_an_hour"] <= SLOPE_MAX
