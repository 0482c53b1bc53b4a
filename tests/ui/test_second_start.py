"""A second start on the same folder shows the window of the first, says why it ends, and changes nothing (F15)."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage.verify import verify_folder

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
ENVIRONMENT = os.environ | {"QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
FIRST = """
import sys
from desktop_trader.app import DesktopApp, make_application
from desktop_trader.gui_options import GuiOptions
from desktop_trader.locations import data_folder
from desktop_trader.settings import Settings
from PySide6.QtCore import QTimer

app = make_application()
desktop = DesktopApp(
    app,
    options=GuiOptions(data_dir=sys.argv[1], market="simulated"),
    paths=data_folder(sys.argv[1]),
    settings=Settings(),
)


def tell():
    if desktop.model.snapshot is not None and desktop.window.isVisible():
        timer.stop()
        desktop.window.hide()
        print("ready", flush=True)


desktop.thread_.window_raise_requested.connect(
    lambda: print("raised", desktop.window.isVisible(), flush=True)
)
desktop.start()
timer = QTimer()
timer.timeout.connect(tell)
timer.start(20)
app.exec()
"""


@pytest.fixture
def paths(tmp_path: Path) -> DataFolderPaths:
    """A folder without anything open, on a market that the window can go on with."""
    paths = DataFolderPaths(root=tmp_path / "books")
    done = second_start(paths, "run", "--speed", "max", "--duration", "60")
    assert done.returncode == 0, done.stderr
    return paths


def second_start(paths: DataFolderPaths, *words: str) -> subprocess.CompletedProcess[str]:
    """Start the program as a person does."""
    return subprocess.run(
        [sys.executable, "-m", "desktop_trader", *words, "--data-dir", str(paths.root)],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def first(paths: DataFolderPaths) -> "subprocess.Popen[str]":
    """A window that runs, hidden by its person."""
    process = subprocess.Popen(
        [sys.executable, "-c", FIRST, str(paths.root)], env=ENVIRONMENT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_a_second_window_shows_the_first_and_ends(paths: DataFolderPaths, first: "subprocess.Popen[str]") -> None:
    with first:
        try:
            second = second_start(paths)
            assert second.returncode == 3
            assert second.stderr.count("\n") == 1
            assert "already running" in second.stderr
            assert "its window was brought to the front" in second.stderr
            assert "quit it first" not in second.stderr
            assert first.stdout is not None
            assert first.stdout.readline() == "raised True\n"
        finally:
            first.kill()


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX")
def test_after_a_kill_the_next_start_has_the_folder(paths: DataFolderPaths, first: "subprocess.Popen[str]") -> None:
    with first:
        assert second_start(paths, "run", "--speed", "max", "--duration", "1").returncode == 3
        first.send_signal(signal.SIGKILL)
        first.wait(30)
    third = second_start(paths, "db", "backup")
    assert third.returncode == 0, third.stderr
    assert verify_folder(paths).ok
    again = second_start(paths, "balance", "deposit", "5", "--reason", "x")
    assert again.returncode == 0, again.stderr
