"""The window while 300 symbols bring 10 quotes a second each, the watchlist sorted by what moves (`make bench`)."""

import shutil
from pathlib import Path

import pytest

from tests.benchmarks.child_process import Report, compile_everything, run_program, show

SYMBOLS, RATE, SECONDS = 300, 3_000, 10


def _judge(figures: Report) -> None:
    assert figures["rows"] == SYMBOLS
    assert figures["rows_seen"] >= 15
    assert figures["quotes_a_second"] >= 0.95 * RATE
    assert (figures["rejected"], figures["coalesced"], figures["waiting"]) == (0, 0, 0)
    assert figures["longest_stall_ms"] <= 50
    assert figures["p99_ms"] <= 16
    assert figures["snapshots_a_second"] <= 20.5
    assert figures["engine_share"] <= 0.25
    assert figures["grown_mb"] <= 10


def test_the_window_stays_quick_while_300_symbols_tick(tmp_path: Path) -> None:
    compile_everything()
    figures = run_program("watchlist_flood", str(tmp_path), str(SYMBOLS), str(RATE), str(SECONDS))
    show("offscreen", figures)
    _judge(figures)


@pytest.mark.skipif(shutil.which("xvfb-run") is None, reason="needs xvfb-run")
def test_the_window_stays_quick_on_a_screen_too(tmp_path: Path) -> None:
    compile_everything()
    arguments = (str(tmp_path), str(SYMBOLS), str(RATE), str(SECONDS))
    figures = run_program("watchlist_flood", *arguments, platform="xcb", under=("xvfb-run", "-a"))
    show("under Xvfb", figures)
    _judge(figures)


def test_ten_times_as_many_quotes_make_the_window_no_slower(tmp_path: Path) -> None:
    figures = run_program("watchlist_flood", str(tmp_path), str(SYMBOLS), str(10 * RATE), str(SECONDS))
    show("ten times as many", figures)
    assert figures["longest_stall_ms"] <= 50
