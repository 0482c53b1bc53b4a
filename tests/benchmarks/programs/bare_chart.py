"""A bare pyqtgraph window with a curve of 300 points, and when it was painted: the baseline of our chart."""

import json
import sys
import time

import pyqtgraph as pg
from PySide6.QtCore import QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication


class BareChart(pg.PlotWidget):  # type: ignore[misc]
    """One plot as pyqtgraph makes it."""

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        sys.stdout.write(json.dumps({"painted_at": time.monotonic()}) + "\n")
        sys.stdout.flush()
        QTimer.singleShot(0, QApplication.quit)


app = QApplication(sys.argv[:1])
chart = BareChart()
chart.plot(list(range(300)), [45_000 + (number * 7919) % 101 for number in range(300)])
chart.resize(1280, 800)
chart.show()
app.exec()
