"""`python -m desktop_trader` as it is, watched: when the three cards showed the right text, and when the chart stood.

`desktop_trader_start.py EXPECTED_TEXT ARGUMENTS...`. Imports what the real start imports, in its order; only then the
two paint methods are wrapped.
"""

# ruff: noqa: I001, F401  # Qt comes in through the application, as in a real start

import json
import sys
import time

import desktop_trader.__main__ as entry
import desktop_trader.ui.qt_first
import desktop_trader.app
from PySide6.QtCore import QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QLabel

from desktop_trader.ui.window_panels import WindowPanels
from desktop_trader.ui.widgets.money_label import MoneyLabel

CARDS = frozenset({"virtual-balance", "auto-balance-display", "futures-virtual-balance"})
HEAVY = (
    "numpy",
    "pyqtgraph",
    "talib",
    "aiohttp",
    "peewee",
    "click",
    "keyring",
    "tomlkit",
    "msgspec",
    "ccxt",
    "asyncio",
)
expected = sys.argv.pop(1)
right: set[str] = set()
report: dict[str, float] = {}
attach_chart = WindowPanels.attach_chart


def painted(label: QLabel, event: QPaintEvent) -> None:
    """Note when the last of the three cards was painted with the right text."""
    QLabel.paintEvent(label, event)
    name = label.objectName()
    if name not in CARDS or "right_at" in report:
        return
    report.setdefault("painted_at", time.monotonic())
    if label.text() == expected:
        right.add(name)
        if right == CARDS:
            report["right_at"] = time.monotonic()
            report["heavy_modules"] = sum(name in sys.modules for name in HEAVY)
            report["modules"] = len(sys.modules)


def attach_watched(panels: WindowPanels) -> None:
    """Wrap the painting of candles once their module is imported: note when some were painted, and end."""
    from desktop_trader.ui.charts.candlestick_item import CandlestickItem

    paint = CandlestickItem.paint

    def painted_chart(item: CandlestickItem, *arguments: object) -> None:
        paint(item, *arguments)  # type: ignore[arg-type]
        if "chart_at" not in report and len(item._series):
            report["chart_at"] = time.monotonic()
            sys.stdout.write(json.dumps(report) + "\n")
            sys.stdout.flush()
            window = panels.chart.window()
            QTimer.singleShot(0, window, window.quit_requested.emit)  # type: ignore[attr-defined]

    setattr(CandlestickItem, "paint", painted_chart)  # noqa: B010  # a method is replaced, which mypy refuses
    attach_chart(panels)


setattr(MoneyLabel, "paintEvent", painted)  # noqa: B010
setattr(WindowPanels, "attach_chart", attach_watched)  # noqa: B010
sys.exit(entry.main())
