"""The window while 10,000 and 50,000 quotes a second come in, eight symbols (`make bench`)."""

from pathlib import Path

import pytest

from tests.benchmarks.child_process import compile_everything, run_program, show

SECONDS = 10


@pytest.mark.parametrize("rate", [0, 10_000, 50_000])
def test_the_window_stays_quick_under_a_flood_of_quotes(tmp_path: Path, rate: int) -> None:
    compile_everything()
    figures = run_program("tick_flood", str(tmp_path), str(rate), str(SECONDS))
    show(f"{rate} quotes a second", figures)
    assert figures["longest_stall_ms"] <= 50
    assert figures["p99_ms"] <= 16
    assert figures["backlog_seconds"] <= 0.1
    assert figures["grown_mb"] <= 10
