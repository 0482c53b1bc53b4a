"""Brings quotes of hundreds of symbols into the window's engine and watches the GUI: `... FOLDER SYMBOLS RATE SECONDS`.

RATE is that of all symbols together. The whole window is open, with the watchlist sorted by a moving column. The GUI is
watched by a timer of 2 ms: how late it comes is how long a click would have waited. `longest_work_ms` is the longest
stretch of the GUI thread's own work between two of its turns, which other programs on the computer do not lengthen.
"""

# ruff: noqa: I001, F401, PLW0603  # Qt comes in through the application, as in a real start

import json
import os
import sys
import time
from decimal import Decimal
from pathlib import Path

import desktop_trader.ui.qt_first
from desktop_trader import market_opening
from desktop_trader.app import DesktopApp, make_application
from desktop_trader.gui_options import GuiOptions
from desktop_trader.locations import DataFolderPaths
from desktop_trader.settings import Settings
from desktop_trader.ui.models.watch_row import WatchColumn
from desktop_trader.ui.widgets.watchlist_table import WatchlistTable
from PySide6.QtCore import Qt, QTimer
from tests.crowd_line import crowd_market

PROBE_MS, SETTLE_MS, GIVE_UP_MS = 2, 6_000, 60_000
folder, symbols, rate, seconds = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
sys.setswitchinterval(0.001)
app = make_application()
market = crowd_market(folder, symbols=symbols, rate=symbols)
setattr(market_opening, "open_feed", lambda *_, **__: market[0])  # noqa: B010  # a function is replaced
options = GuiOptions(data_dir=str(folder), market="crowd", start_amount=Decimal(10_000), names_market=True)
desktop = DesktopApp(app, options=options, paths=DataFolderPaths(root=folder), settings=Settings())
lateness: list[float] = []
report: dict[str, float] = {}
worked: list[float] = []
last_probe = last_work = 0.0
snapshots = 0


def resident_mb() -> float:
    """Return the memory of this process that is its own or shared, in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def probe() -> None:
    """Note how late this came."""
    global last_probe, last_work
    now, work = time.perf_counter(), time.thread_time()
    if last_probe:
        lateness.append(max(0.0, now - last_probe - PROBE_MS / 1e3))
        worked.append(work - last_work)
    last_probe, last_work = now, work


def count_snapshot() -> None:
    """Note that a snapshot came to the window."""
    global snapshots
    snapshots += 1


def begin_when_trading() -> None:
    """Wait until the market is verified and stable, then for everything that a start does later."""
    network = desktop.model.network
    if network is not None and network.is_open:
        waiting.stop()
        market[1].rate = rate
        QTimer.singleShot(SETTLE_MS, begin)


def begin() -> None:
    """Sort by what moves most, and count from here."""
    table = desktop.window.findChild(WatchlistTable, "sidebar-watchlist-table")
    assert isinstance(table, WatchlistTable)
    table.sort_by(WatchColumn.CHANGE, is_descending=True)
    host = desktop.thread_._host
    assert host is not None
    report["rows_seen"] = table.viewport().height() // table.rowHeight(0)
    report.update(rss_before_mb=resident_mb(), sent=market[1].sent, engine_seconds=host.engine_seconds)
    report.update(cpu=time.process_time(), begun=time.perf_counter(), drawn=table.cells.courses.drawn)
    lateness.clear()
    worked.clear()
    global snapshots
    snapshots = 0
    QTimer.singleShot(int(seconds * 1e3), lambda: end(table))


def end(table: WatchlistTable) -> None:
    """Print the figures; lateness in milliseconds, shares of one processor."""
    timer.stop()
    host = desktop.thread_._host
    assert host is not None
    took = time.perf_counter() - report.pop("begun")
    lateness.sort()
    report["longest_stall_ms"] = lateness[-1] * 1e3
    report["longest_work_ms"] = max(worked) * 1e3
    report["p99_ms"] = lateness[int(len(lateness) * 0.99)] * 1e3
    report["probes"] = len(lateness)
    report["grown_mb"] = resident_mb() - report["rss_before_mb"]
    report["quotes_a_second"] = (market[1].sent - report.pop("sent")) / took
    report["rejected"] = sum(number for _, number in market[1].rejected_ticks())
    report["waiting"] = len(market[0]._queue)
    report["coalesced"] = market[0]._queue.coalesced
    report["snapshots_a_second"] = snapshots / took
    report["engine_share"] = (host.engine_seconds - report["engine_seconds"]) / took
    report["process_share"] = (time.process_time() - report.pop("cpu")) / took
    report["rows"] = table.model().rowCount()
    report["courses_drawn"] = table.cells.courses.drawn - report.pop("drawn")
    del report["engine_seconds"]
    print(json.dumps(report))
    desktop.quit()


timer = QTimer(desktop)
timer.setTimerType(Qt.TimerType.PreciseTimer)
timer.timeout.connect(probe)
timer.start(PROBE_MS)
desktop.thread_.snapshot_published.connect(lambda _snapshot: count_snapshot())
waiting = QTimer(desktop)
waiting.timeout.connect(begin_when_trading)
desktop.window.filled.connect(lambda: waiting.start(100))
QTimer.singleShot(GIVE_UP_MS, desktop.quit)
desktop.start()
# Higher than most screens, so that dozens of rows are painted and not eight.
desktop.window.resize(1_600, 1_500)
app.exec()
