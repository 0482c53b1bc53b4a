"""Memory of a bare pyqtgraph window with three panels of a label and a table each: `bare_panels.py SECONDS`."""

import json
import sys

import pyqtgraph as pg
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QDockWidget, QLabel, QMainWindow, QTableWidget, QVBoxLayout, QWidget

from tests.benchmarks.process_memory import process_memory

LEFT, RIGHT, BOTTOM = (
    Qt.DockWidgetArea.LeftDockWidgetArea,
    Qt.DockWidgetArea.RightDockWidgetArea,
    Qt.DockWidgetArea.BottomDockWidgetArea,
)
app = QApplication(sys.argv[:1])
window = QMainWindow()
window.resize(1280, 800)
chart = pg.PlotWidget()
chart.plot(list(range(300)), [45_000 + (number * 7919) % 101 for number in range(300)])
window.setCentralWidget(chart)
for title, area in (("Wallet", LEFT), ("Auto trading", RIGHT), ("Futures", BOTTOM)):
    panel = QWidget()
    layout = QVBoxLayout(panel)
    layout.addWidget(QLabel("$10,000.00"))
    layout.addWidget(QTableWidget(4, 4))
    dock = QDockWidget(title, window)
    dock.setWidget(panel)
    window.addDockWidget(area, dock)
window.show()


def end() -> None:
    """Print what the process holds."""
    print(json.dumps(process_memory() | {"modules": len(sys.modules)}))
    app.quit()


QTimer.singleShot(int(float(sys.argv[1]) * 1_000), end)
app.exec()
