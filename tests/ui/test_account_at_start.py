"""Which account a start of the window shows: the one that was shown last, if it is still there."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

OFFSCREEN = os.environ | {"QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(Path(__file__).parents[2])}
SHOWS = """
import json, sys
from decimal import Decimal
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLabel
from desktop_trader.app import DesktopApp, make_application
from desktop_trader.assembly import AccountChoice, open_trader
from desktop_trader.market_opening import MarketChoice, open_feed
from desktop_trader.gui_options import GuiOptions
from desktop_trader.locations import data_folder
from desktop_trader.settings import Settings
from desktop_trader.ui.window_layout import WindowLayout

folder, kept, typed = sys.argv[1:]
paths = data_folder(folder)
for name, amount in (("demo", 1000), ("second", 500)):
    choice = AccountChoice(name=name, start_amount=Decimal(amount))
    open_trader(paths, choice, settings=Settings(), make_feed=lambda: open_feed(MarketChoice())).close("quit")
app = make_application()
layout = WindowLayout(paths.layout_file)
layout.account = kept
layout._file.sync()
desktop = DesktopApp(app, options=GuiOptions(data_dir=folder, account=typed), paths=paths, settings=Settings())
desktop.start()
first = desktop.window.findChild(QLabel, "virtual-balance").text()
answer = {}


def look():
    if desktop.model.snapshot is not None and len(desktop.model.accounts) == 2 and not answer:
        answer.update(first=first, shown=desktop.model.account, title=desktop.window.windowTitle())
        desktop.window.quit_requested.emit()


timer = QTimer()
timer.timeout.connect(look)
timer.start(20)
QTimer.singleShot(80_000, app.quit)
app.exec()
print(json.dumps(answer))
sys.exit(desktop.exit_code)
"""


@pytest.mark.slow
@pytest.mark.requirement("R185", "R222")
@pytest.mark.parametrize(
    ("kept", "typed", "shown", "balance"),
    [
        ("second", "demo", "second", "$500.00"),
        ("gone", "demo", "demo", "$1,000.00"),
        ("demo", "second", "second", "$500.00"),
    ],
)
def test_a_start_shows_the_account_named_or_the_one_shown_last(
    kept: str, typed: str, shown: str, balance: str, tmp_path: Path
) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", SHOWS, str(tmp_path), kept, typed],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
        env=OFFSCREEN,
    )
    assert ended.returncode == 0, ended.stderr
    answer = json.loads(ended.stdout)
    assert (answer["first"], answer["shown"]) == (balance, shown)
    assert answer["title"].startswith(f"Desktop Trader - PAPER - {shown}")
