"""Memory of the idle window against a bare pyqtgraph window with three panels (`make bench`)."""

from pathlib import Path

from tests.benchmarks.child_process import compile_everything, medians, run_program, show

SECONDS = "10"
RUNS = 3


def test_the_idle_window_takes_at_most_1_25_of_a_bare_one(tmp_path: Path) -> None:
    compile_everything()
    bare, ours = [], []
    for run in range(RUNS):
        bare.append(run_program("bare_panels", SECONDS))
        ours.append(run_program("idle_memory", str(tmp_path / str(run)), SECONDS))
    figures = medians(ours) | {f"bare_{name}": value for name, value in medians(bare).items()}
    figures["ratio"] = figures["rss_mb"] / figures["bare_rss_mb"]
    figures["pss_ratio"] = figures["pss_mb"] / figures["bare_pss_mb"]
    show("idle memory", figures)
    assert figures["is_complete"]
    assert figures["ratio"] <= 1.25
