"""A million one-minute bars (two years), stored page by page as a download does, and loaded as arrays: `make bench`."""

from pathlib import Path

from tests.benchmarks.child_process import compile_everything, run_program, show

BARS = 1_000_000


def test_a_million_bars_are_stored_and_loaded(tmp_path: Path) -> None:
    compile_everything()
    report = run_program("candle_years", str(tmp_path), str(BARS))
    show("a million candles", report)
    # Processor time: what others do on this machine meanwhile is no matter.
    assert report["store_cpu_seconds"] < 10
    assert report["load_arrays_cpu_seconds"] < 1.5
    assert report["mb_on_disk"] < 60
