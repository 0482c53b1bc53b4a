"""A bare `QMainWindow`, and when its first paint was done: the baseline of `bench_window_start`."""

import json
import sys
import time

from PySide6.QtCore import QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication, QMainWindow


class BareWindow(QMainWindow):
    """Nothing but a window of our default size."""

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        sys.stdout.write(json.dumps({"painted_at": time.monotonic()}) + "\n")
        sys.stdout.flush()
        QTimer.singleShot(0, QApplication.quit)


app = QApplication(sys.argv[:1])
window = BareWindow()
window.resize(1280, 800)
window.show()
app.exec()
