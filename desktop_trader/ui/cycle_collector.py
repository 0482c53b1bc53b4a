"""Collects reference cycles in the GUI thread only.

Python's collector runs in whichever thread happens to allocate; a cycle that holds Qt objects would be freed in the
engine's thread, where Qt's timers and widgets must not die. So the automatic collection is off and a timer of the GUI
thread does its work, by the collector's own thresholds.
"""

import gc

from PySide6.QtCore import QObject, QTimer

_INTERVAL_MS = 500


class CycleCollector(QObject):
    """While it exists nothing else collects. What exists when it begins stays for good and is not looked at again."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        gc.freeze()
        self._timer = QTimer(self)
        self._timer.setInterval(_INTERVAL_MS)
        self._timer.timeout.connect(self.collect_if_due)
        self._timer.start()

    def collect_if_due(self) -> None:
        """Collect the oldest generation whose threshold is passed, if any is."""
        for generation in (2, 1, 0):
            if gc.get_count()[generation] > gc.get_threshold()[generation]:
                gc.collect(generation)
                return
