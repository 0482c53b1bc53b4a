"""`python -m desktop_trader` as it is, watched: when the three cards showed the right text, and when the chart stood.

`desktop_trader_start.py EXPECTED_TEXT ARGUMENTS...`. Imports what the real start imports, in its order: `app` comes
after `__main__`, and only then the two paint methods are wrapped.
"""

# ruff: noqa: I001  # Qt comes in through the application, as in a real start

import json
import sys
import time

import desktop_trader.__main__ as entry
import desktop_trader.app as desktop_app
from PySide6.QtCore import QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication, QLabel

from desktop_trader.ui.panels.chart import ChartPanel
from desktop_trader.ui.widgets.money_label import MoneyLabel

CARDS = frozenset({"virtual-balance", "auto-balance-display", "futures-virtual-balance"})
HEAVY = ("numpy", "pyqtgraph", "talib", "aiohttp", "peewee", "click", "keyring", "tomlkit", "msgspec", "ccxt")
expected = sys.argv.pop(1)
right: set[str] = set()
report: dict[str, object] = {}
attach_chart = ChartPanel.attach_chart


def painted(label: MoneyLabel, event: QPaintEvent) -> None:
    """Note when the last of the three cards was painted with the right text."""
    QLabel.paintEvent(label, event)
    name = label.objectName()
    if name not in CARDS or "painted" in report:
        return
    report.setdefault("first_paint", time.monotonic())
    if label.text() == expected:
        right.add(name)
        if right == CARDS:
            report["painted"] = time.monotonic()
            report["heavy"] = [name for name in HEAVY if name in sys.modules]
            report["modules"] = len(sys.modules)


def attach_watched(panel: ChartPanel) -> None:
    """Wrap the painting of candles once their module is imported: note when some were painted, and end."""
    from desktop_trader.ui.charts.candlestick_item import CandlestickItem

    paint = CandlestickItem.paint

    def painted_chart(item: CandlestickItem, *arguments: object) -> None:
        paint(item, *arguments)  # type: ignore[arg-type]
        if "chart" not in report and len(item._series):
            report["chart"] = time.monotonic()
            sys.stdout.write(json.dumps(report) + "\n")
            sys.stdout.flush()
            QTimer.singleShot(0, panel.window(), panel.window().quit_requested.emit)  # type: ignore[attr-defined]

    CandlestickItem.paint = painted_chart  # type: ignore[method-assign]
    attach_chart(panel)


MoneyLabel.paintEvent = painted  # type: ignore[method-assign]
ChartPanel.attach_chart = attach_watched  # type: ignore[method-assign]
assert desktop_app.QApplication is QApplication
sys.exit(entry.main())
