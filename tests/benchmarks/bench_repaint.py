"""From a durable commit to all three cards repainted, with nothing else going on (`make bench`)."""

from pathlib import Path

from tests.benchmarks.child_process import compile_everything, medians, run_program, show

COUNT = 400
RUNS = 3


def test_three_cards_are_repainted_within_5_ms_of_a_commit(tmp_path: Path) -> None:
    compile_everything()
    figures = medians([run_program("repaints", str(tmp_path / str(run)), str(COUNT)) for run in range(RUNS)])
    show("commit to repaint, ms", figures)
    assert figures["p99"] <= 5
