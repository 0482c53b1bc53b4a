"""Starts the programs of `programs/` in processes of their own, one after the other, and reads what they measured."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(__file__).resolve().parent / "programs"
Report = dict[str, float]


def compile_everything() -> None:
    """Write the bytecode, so that no start pays for it."""
    subprocess.run(
        [sys.executable, "-m", "compileall", "-q", str(ROOT / "desktop_trader")], env=_environment(), check=True
    )


def run_program(
    name: str, *arguments: str, platform: str = "offscreen", under: Sequence[str] = (), seconds_max: float = 120
) -> Report:
    """Run a program and return the last line it printed; instants (`*_at`) become seconds since its start.

    `under` is a command that runs another one, such as `xvfb-run`.
    What it says on standard error fails the benchmark: Qt's warnings are read here.
    """
    started = time.monotonic()
    result = subprocess.run(
        [*under, sys.executable, str(PROGRAMS / f"{name}.py"), *arguments],
        env=_environment() | {"QT_QPA_PLATFORM": platform},
        capture_output=True,
        text=True,
        timeout=seconds_max,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert not result.stderr.replace("This plugin does not support propagateSizeHints()", "").strip(), result.stderr
    report: Report = json.loads(result.stdout.splitlines()[-1])
    return {key: value - started if key.endswith("_at") else value for key, value in report.items()}


def medians(reports: list[Report]) -> Report:
    """Return the median of every figure."""
    return {key: statistics.median(report[key] for report in reports) for key in reports[0]}


def show(title: str, figures: Report) -> None:
    """Print figures on one line, rounded."""
    print(title, {key: round(value, 4) for key, value in figures.items()})


def _environment() -> dict[str, str]:
    plain = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return plain | {"PYTHONPATH": str(ROOT)}
