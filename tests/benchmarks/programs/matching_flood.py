"""Matches resting orders against a flood of books in the window and watches the GUI: `... FOLDER ORDERS RATE SECONDS`.

The orders are limits and stops around the price of a swap; the books come in batches every 5 ms from a thread of their
own, as a live feed would bring them, and every 500th of them reaches the order next to the price, so that queues move
and orders are filled while it runs; as many more are placed before. The GUI is watched by a timer of 2 ms: how late it
comes is how long a click would have waited. `longest_work_ms` is the longest stretch of the GUI thread's own work
between two of its turns, which other programs on the computer do not lengthen.
"""

# ruff: noqa: I001, F401, PLW0603  # Qt comes in through the application, as in a real start

import json
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import desktop_trader.ui.qt_first
from desktop_trader.app import DesktopApp, make_application
from desktop_trader.domain.market import Quote
from desktop_trader.domain.order import OrderSide, OrderType
from desktop_trader.gui_options import GuiOptions
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.commands import SubmitOrder
from desktop_trader.settings import Settings
from PySide6.QtCore import Qt, QTimer

SYMBOL, PRICE, MORE = "BTC/USDT:USDT", 45_000, 20
PROBE_MS, BATCH_SECONDS, GIVE_UP_MS = 2, 0.005, 100_000
folder, orders, rate, seconds = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
sys.setswitchinterval(0.001)
app = make_application()
options = GuiOptions(data_dir=str(folder), start_amount=Decimal(10_000))
desktop = DesktopApp(app, options=options, paths=DataFolderPaths(root=folder), settings=Settings())
start = datetime.now(UTC) + timedelta(days=1)
lateness: list[float] = []
worked: list[float] = []
report: dict[str, float] = {}
last_probe = last_work = 0.0
live = 0


def make_quote(number: int) -> Quote:
    """Make the next book: most lie between all orders, some reach the next of those that wait to buy."""
    price = Decimal(PRICE - 100 - number // 20_000) if number % 500 == 499 else Decimal(PRICE + number % 90)
    at = start + timedelta(microseconds=20 * number)
    return Quote(symbol=SYMBOL, bid=price - Decimal("0.1"), ask=price, last=price, at=at)


def place() -> None:
    """Place what shall rest: bids below, offers above, and stops beyond them."""
    for number in range(orders + MORE):
        kind = number % 3
        side = OrderSide.SELL if kind == 1 else OrderSide.BUY
        price = Decimal(PRICE + 200 + number if kind else PRICE - 100 - number // 3)
        is_stop = kind == 2
        desktop.thread_.send(
            SubmitOrder(
                request_id=f"matching-{number}",
                symbol=SYMBOL,
                side=side,
                type=OrderType.STOP_MARKET if is_stop else OrderType.LIMIT,
                quantity=Decimal("0.001"),
                limit_price=None if is_stop else price,
                trigger_price=price if is_stop else None,
                leverage=10,
            )
        )


def push() -> None:
    """Push at the rate asked for, for the time asked for, then say how much was left to do."""
    host = desktop.thread_._host
    assert host is not None
    begun = host.engine_seconds
    sent, started = 1, time.perf_counter()
    while (elapsed := time.perf_counter() - started) < seconds:
        wanted = int(elapsed * rate)
        host.push_quotes([make_quote(number) for number in range(sent, wanted)])
        sent = max(sent, wanted)
        time.sleep(BATCH_SECONDS)
    pushed_at = time.perf_counter()
    while not host._inbox.is_empty and time.perf_counter() - pushed_at < 30:
        time.sleep(0.001)
    done = time.perf_counter()
    report["books_a_second"] = (sent - host._inbox.coalesced) / (done - started)
    report["backlog_seconds"] = done - pushed_at
    report["coalesced"] = host._inbox.coalesced
    report["engine_share"] = (host.engine_seconds - begun) / (done - started)


def probe() -> None:
    """Note how late this came."""
    global last_probe, last_work
    now, work = time.perf_counter(), time.thread_time()
    if last_probe:
        lateness.append(max(0.0, now - last_probe - PROBE_MS / 1e3))
        worked.append(work - last_work)
    last_probe, last_work = now, work


def count_orders() -> None:
    """Note how many orders rest."""
    global live
    snapshot = desktop.model.snapshot
    live = 0 if snapshot is None else len(snapshot.orders)


def prepare() -> None:
    """Bring the price to where the orders are placed around, and place them."""
    host = desktop.thread_._host
    assert host is not None
    host.push_quotes([make_quote(0)])
    QTimer.singleShot(300, place)
    waiting.start(100)


def flood_when_placed() -> None:
    """Wait until all of them rest, and until the window has settled."""
    count_orders()
    if live >= orders + MORE:
        waiting.stop()
        QTimer.singleShot(1_000, flood)


def flood() -> None:
    """Push from a thread, and end when it has."""
    report["resting_at_start"] = live
    pusher = threading.Thread(target=push)
    lateness.clear()
    worked.clear()
    pusher.start()
    watch = QTimer(desktop)
    watch.timeout.connect(lambda: None if pusher.is_alive() else end(watch))
    watch.start(50)


def end(watch: QTimer) -> None:
    """Print the figures; lateness in milliseconds."""
    watch.stop()
    timer.stop()
    lateness.sort()
    count_orders()
    report["resting_at_end"] = live
    report["longest_stall_ms"] = lateness[-1] * 1e3
    report["longest_work_ms"] = max(worked) * 1e3
    report["p99_ms"] = lateness[int(len(lateness) * 0.99)] * 1e3
    report["probes"] = len(lateness)
    print(json.dumps(report))
    desktop.quit()


timer = QTimer(desktop)
timer.setTimerType(Qt.TimerType.PreciseTimer)
timer.timeout.connect(probe)
timer.start(PROBE_MS)
waiting = QTimer(desktop)
waiting.timeout.connect(flood_when_placed)
desktop.window.filled.connect(lambda: QTimer.singleShot(4_000, prepare))
QTimer.singleShot(GIVE_UP_MS, desktop.quit)
desktop.start()
app.exec()
