"""Runs the command line the way people and scripts do: in a process of its own, on a real data folder."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SHARED_DATA = ROOT.parent / "shared" / "data"
BTC_CSV = SHARED_DATA / "BTCUSDT_1h_2023-01_2024-06.csv"
XRP_SWAP_CSV = SHARED_DATA / "XRPUSDT_swap_5m_2021-11.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a process said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON value on standard output, its numbers exact."""
        return read_json(self.out)

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The JSON objects on standard output, one a line."""
        return [read_json(line) for line in self.out.splitlines()]

    @property
    def summary(self) -> dict[str, Any]:
        """The last line of a run."""
        return self.lines[-1]


def read_json(text: str) -> Any:
    """Read JSON without ever making a float."""
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


def arguments(*words: str, data_dir: Path | None) -> list[str]:
    """Return the command line of a process."""
    folder = [] if data_dir is None else ["--data-dir", str(data_dir)]
    return [sys.executable, "-m", "desktop_trader", *words, *folder]


def environment() -> dict[str, str]:
    """Return the environment of a process: this checkout first, wherever the process stands."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}


def desktop_trader(*words: str, data_dir: Path | None = None, cwd: Path = ROOT, seconds: float = 60) -> Answer:
    """Run one command line to its end."""
    done = subprocess.run(
        arguments(*words, data_dir=data_dir),
        cwd=cwd,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    return Answer(code=done.returncode, out=done.stdout, err=done.stderr)


def start(*words: str, data_dir: Path) -> subprocess.Popen[str]:
    """Start a command line and return its process; whoever starts it ends it."""
    return subprocess.Popen(
        arguments(*words, data_dir=data_dir),
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        bufsize=1,
    )


def rest_of(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Wait for the end of a started process, and return what it still said on its two ways out."""
    assert process.stdout is not None
    assert process.stderr is not None
    # Not `communicate`: it does not know of what a `readline` before it has taken out of the pipe already.
    with process.stdout, process.stderr:
        rest = process.stdout.read(), process.stderr.read()
    process.wait(timeout=30)
    return rest


def replay(csv: Path, symbol: str, timeframe: str, *more: str) -> Sequence[str]:
    """Return the words of a replay at full speed with the built-in strategy."""
    return (
        "run", "--market", f"replay:{csv}", "--symbol", symbol, "--timeframe", timeframe,
        "--strategy", "moving_average_cross", "--speed", "max", "--json", *more,
    )  # fmt: skip
