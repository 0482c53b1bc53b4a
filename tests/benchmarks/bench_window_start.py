"""From process start to the balance in three panels, and to the chart, against bare windows (`make bench`).

All four kinds of process run in turn, so that whatever else the machine does falls on all of them alike.
"""

import os
from pathlib import Path

from tests.benchmarks.child_process import Report, compile_everything, medians, run_program, show

ROUNDS = 12
BALANCE = "$10,000.00"


def measure(folder: Path, *, rounds: int = ROUNDS, platform: str = "offscreen") -> Report:
    """Return medians in seconds, and their ratios to the bare windows."""
    compile_everything()
    data = ("--data-dir", str(folder / "data"))
    first = run_program("desktop_trader_start", BALANCE, *data, "--initial-balance", "10000", platform=platform)
    show("first start, with a new account", first)
    bare, chart, ours = [], [], []
    for _ in range(rounds):
        bare.append(run_program("bare_window", platform=platform))
        ours.append(run_program("desktop_trader_start", BALANCE, *data, platform=platform))
        chart.append(run_program("bare_chart", platform=platform))
    figures = medians(ours)
    window, plot = medians(bare)["painted_at"], medians(chart)["painted_at"]
    figures |= {"bare_window": window, "bare_chart": plot}
    figures |= {"balance_ratio": figures["right_at"] / window, "chart_ratio": figures["chart_at"] / plot}
    return figures


def test_the_balance_is_painted_within_2_2_bare_windows_and_the_chart_within_1_4_bare_charts(tmp_path: Path) -> None:
    figures = measure(tmp_path, platform=os.environ.get("DESKTOP_TRADER_BENCH_PLATFORM", "offscreen"))
    show("window start", figures)
    assert figures["heavy_modules"] == 0
    assert figures["balance_ratio"] <= 2.2
    assert figures["chart_ratio"] <= 1.4
