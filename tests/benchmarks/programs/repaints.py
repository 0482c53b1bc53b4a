"""From a commit to all three cards repainted, in the idle window: `repaints.py FOLDER COUNT`."""

# ruff: noqa: I001, F401, PLW0603  # Qt comes in through the application, as in a real start

import json
import sys
import time
from decimal import Decimal
from pathlib import Path

import desktop_trader.ui.qt_first
from desktop_trader.app import DesktopApp, make_application
from desktop_trader.gui_options import GuiOptions
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.commands import AdjustBalance, AdjustmentKind
from desktop_trader.settings import Settings
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from desktop_trader.ui.widgets.money_label import MoneyLabel
from PySide6.QtCore import QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QDockWidget, QLabel

CARDS = frozenset({"virtual-balance", "auto-balance-display", "futures-virtual-balance"})
PAUSE_MS = 12
folder, wanted = Path(sys.argv[1]), int(sys.argv[2])
sys.setswitchinterval(0.001)
app = make_application()
options = GuiOptions(data_dir=str(folder), start_amount=Decimal(10_000))
desktop = DesktopApp(app, options=options, paths=DataFolderPaths(root=folder), settings=Settings())
expected = ""
committed_at = 0.0
painted: set[str] = set()
delays: list[float] = []
commit = SqliteLedgerStore.commit


def commit_watched(store: SqliteLedgerStore, update: object) -> None:
    """Note, in the engine's thread, when a commit was durable."""
    global committed_at
    commit(store, update)  # type: ignore[arg-type]
    committed_at = time.perf_counter()


def paint_watched(label: QLabel, event: QPaintEvent) -> None:
    """Note when the last of the three cards shows the new balance."""
    global expected
    QLabel.paintEvent(label, event)
    if not expected or label.objectName() not in CARDS or label.text() != expected:
        return
    painted.add(label.objectName())
    if painted == CARDS:
        delays.append(time.perf_counter() - committed_at)
        expected = ""
        QTimer.singleShot(PAUSE_MS, adjust if len(delays) < wanted else end)


def begin() -> None:
    """Let all three cards be seen at once: two of them share a place as tabs."""
    dock = desktop.window.findChild(QDockWidget, "auto-trading")
    assert dock is not None
    dock.setFloating(True)
    dock.show()
    QTimer.singleShot(2_000, adjust)


def adjust() -> None:
    """Ask for the next total."""
    global expected
    painted.clear()
    amount = Decimal(10_001 + len(delays))
    expected = f"${amount:,.2f}"
    desktop.thread_.send(
        AdjustBalance(
            request_id=f"repaint-{amount}", kind=AdjustmentKind.SET_TOTAL, amount=amount, reason="bench", author="bench"
        )
    )


def end() -> None:
    """Print the figures, in milliseconds."""
    delays.sort()
    worst, median = delays[-1] * 1e3, delays[len(delays) // 2] * 1e3
    print(
        json.dumps(
            {"count": len(delays), "median": median, "p99": delays[int(len(delays) * 0.99)] * 1e3, "worst": worst}
        )
    )
    desktop.quit()


setattr(SqliteLedgerStore, "commit", commit_watched)  # noqa: B010  # a method is replaced, which mypy refuses
setattr(MoneyLabel, "paintEvent", paint_watched)  # noqa: B010
desktop.window.filled.connect(begin)
desktop.start()
app.exec()
