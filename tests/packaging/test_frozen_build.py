"""The frozen build, as `make package` left it in dist/: complete, lean, and able to trade."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "dist" / "desktop-trader"
SUFFIX = ".exe" if sys.platform == "win32" else ""
LARGEST_MEGABYTES = 240

pytestmark = pytest.mark.skipif(not BUILD.is_dir(), reason="there is no build; `make package` makes one")


def run_frozen(program: str, *arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run one of the two programs as a new user would: an empty home, no display, nothing of this environment."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "SYSTEMROOT", "TEMP", "TMP", "LANG"}}
    environment = kept | {"HOME": str(home), "USERPROFILE": str(home), "QT_QPA_PLATFORM": "offscreen"}
    return subprocess.run(
        [str(BUILD / f"{program}{SUFFIX}"), *arguments],
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("program", ["desktop-trader", "desktop-trader-cli"])
def test_the_selftest_trades_once_and_says_so_in_json(program: str, tmp_path: Path) -> None:
    result = run_frozen(program, "--selftest", home=tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    assert isinstance(json.loads(result.stdout.strip().splitlines()[-1]), dict)


def test_the_selftest_leaves_nothing_behind_in_a_new_users_home(tmp_path: Path) -> None:
    run_frozen("desktop-trader", "--selftest", home=tmp_path)
    assert list(tmp_path.rglob("*.db")) == []


def test_the_console_program_is_the_command_line(tmp_path: Path) -> None:
    result = run_frozen(
        "desktop-trader-cli", "strategies", "--json", "--data-dir", str(tmp_path / "data"), home=tmp_path
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "moving_average_cross" in result.stdout


def test_the_headless_engine_runs_frozen(tmp_path: Path) -> None:
    arguments = (
        "run --market simulated --strategy moving_average_cross --symbol BTC/USDT --timeframe 1m --speed max "
        "--duration 7200 --seed 1 --json --data-dir data"
    )
    result = run_frozen("desktop-trader-cli", *arguments.split(), home=tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    assert json.loads(result.stdout.strip().splitlines()[-1])["event"] == "summary"


def test_no_link_in_the_build_leads_nowhere() -> None:
    dangling = [str(path.relative_to(BUILD)) for path in BUILD.rglob("*") if path.is_symlink() and not path.exists()]
    assert dangling == []


def test_the_resources_came_along() -> None:
    source = {
        path.relative_to(ROOT)
        for path in (ROOT / "resources").rglob("*")
        if path.is_file() and path.suffix not in {".py", ".sh"} and not {"__pycache__", "screenshots"} & set(path.parts)
    }
    bundled = {path.relative_to(BUILD / "_internal") for path in (BUILD / "_internal" / "resources").rglob("*")}
    assert source - bundled == set()


def test_nothing_that_a_window_of_widgets_never_loads_is_in_it() -> None:
    unwanted = re.compile(r"libQt6(?:Qml|Quick|Pdf|WebEngine|VirtualKeyboard)|uvloop|tkinter|libqgtk3")
    assert [str(path.relative_to(BUILD)) for path in BUILD.rglob("*") if unwanted.search(path.name)] == []


def test_the_build_stays_small() -> None:
    size = sum(path.stat().st_size for path in BUILD.rglob("*") if path.is_file() and not path.is_symlink())
    assert size / 1e6 <= LARGEST_MEGABYTES
