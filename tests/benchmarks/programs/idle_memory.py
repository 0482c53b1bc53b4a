"""Memory of the window after a while of doing nothing on the simulated market: `idle_memory.py FOLDER SECONDS`."""

# ruff: noqa: I001, F401  # Qt comes in through the application, as in a real start

import json
import sys
from decimal import Decimal
from pathlib import Path

import desktop_trader.ui.qt_first
from desktop_trader.app import DesktopApp, make_application
from desktop_trader.gui_options import GuiOptions
from desktop_trader.locations import DataFolderPaths
from desktop_trader.settings import Settings
from PySide6.QtCore import QTimer

from tests.benchmarks.process_memory import process_memory

folder, seconds = Path(sys.argv[1]), float(sys.argv[2])
app = make_application()
options = GuiOptions(data_dir=str(folder), start_amount=Decimal(10_000))
desktop = DesktopApp(app, options=options, paths=DataFolderPaths(root=folder), settings=Settings())


def end() -> None:
    """Print what the process holds."""
    print(json.dumps(process_memory() | {"modules": len(sys.modules), "is_complete": desktop.is_complete()}))
    desktop.quit()


desktop.start()
QTimer.singleShot(int(seconds * 1_000), end)
app.exec()
