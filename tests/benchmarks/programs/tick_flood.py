"""Pushes quotes into the window's engine at a steady rate and watches the GUI: `tick_flood.py FOLDER RATE SECONDS`.

The quotes are made and pushed in batches every 5 ms by a thread of their own, as a live feed would. The
GUI is watched by a timer of 2 ms: how late it comes is how long a click would have waited.
"""

# ruff: noqa: I001, F401, PLW0603  # Qt comes in through the application, as in a real start

import json
import os
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import desktop_trader.ui.qt_first
from desktop_trader.app import DesktopApp, make_application
from desktop_trader.domain.market import Quote
from desktop_trader.gui_options import GuiOptions
from desktop_trader.locations import DataFolderPaths
from desktop_trader.settings import Settings
from PySide6.QtCore import Qt, QTimer

SYMBOLS = ("BTC/USDT", "ETH/USDT", "SOL/USDT", "XRP/USDT", "ADA/USDT", "DOT/USDT", "LTC/USDT", "BNB/USDT")
PROBE_MS, BATCH_SECONDS = 2, 0.005
folder, rate, seconds = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
sys.setswitchinterval(0.001)
app = make_application()
options = GuiOptions(data_dir=str(folder), start_amount=Decimal(10_000))
desktop = DesktopApp(app, options=options, paths=DataFolderPaths(root=folder), settings=Settings())
lateness: list[float] = []
report: dict[str, float] = {}
last_probe = 0.0


def resident_mb() -> float:
    """Return the memory of this process that is its own or shared, in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def make_quote(number: int) -> Quote:
    """Make the next quote, a moment after the last and with another price, as a live feed would."""
    price = prices[number % len(prices)]
    return Quote(
        symbol=SYMBOLS[number % len(SYMBOLS)],
        bid=price,
        ask=price,
        last=price,
        at=start + timedelta(microseconds=20 * number),
    )


start = datetime.now(UTC) + timedelta(days=1)
prices = [Decimal(45_000 + number) for number in range(97)]


def push() -> None:
    """Push at the rate asked for, for the time asked for, then say how much was left to do."""
    host = desktop.thread_._host
    assert host is not None
    sent, started = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - started) < seconds:
        wanted = int(elapsed * rate)
        host.push_quotes([make_quote(number) for number in range(sent, wanted)])
        sent = wanted
        time.sleep(BATCH_SECONDS)
    pushed_at = time.perf_counter()
    while not host._inbox.is_empty and time.perf_counter() - pushed_at < 30:
        time.sleep(0.001)
    report["sent"], report["backlog_seconds"] = sent, time.perf_counter() - pushed_at
    report["coalesced"] = host._inbox.coalesced


def probe() -> None:
    """Note how late this came."""
    global last_probe
    now = time.perf_counter()
    if last_probe:
        lateness.append(max(0.0, now - last_probe - PROBE_MS / 1e3))
    last_probe = now


def flood() -> None:
    """Push from a thread, and end when it has."""
    report["rss_before_mb"] = resident_mb()
    pusher = threading.Thread(target=push)
    lateness.clear()
    pusher.start()
    watch = QTimer(desktop)
    watch.timeout.connect(lambda: None if pusher.is_alive() else end(watch))
    watch.start(50)


def end(watch: QTimer) -> None:
    """Print the figures; lateness in milliseconds."""
    watch.stop()
    timer.stop()
    lateness.sort()
    report["longest_stall_ms"] = lateness[-1] * 1e3
    report["p99_ms"] = lateness[int(len(lateness) * 0.99)] * 1e3
    report["probes"] = len(lateness)
    report["grown_mb"] = resident_mb() - report["rss_before_mb"]
    print(json.dumps(report))
    desktop.quit()


timer = QTimer(desktop)
timer.setTimerType(Qt.TimerType.PreciseTimer)
timer.timeout.connect(probe)
timer.start(PROBE_MS)
desktop.window.filled.connect(lambda: QTimer.singleShot(4_000, flood))
desktop.start()
app.exec()
