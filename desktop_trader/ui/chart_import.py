"""Imports the chart behind the window's back: half a second of work that neither the first paint nor a click waits for.

pyqtgraph and numpy are imported in a thread. pyqtgraph touches every class of Qt, and PySide6 makes its classes when
they are first touched, which is not safe in two threads at a time: so the GUI thread makes them all beforehand, some
milliseconds at a time.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator
from contextlib import suppress
from time import perf_counter

from PySide6.QtCore import QObject, QTimer, Signal

_SLICE_SECONDS = 0.008
_TOUCHED = ("QtCore", "QtGui", "QtWidgets")
_IMPORTED = ("QtSvg", "QtOpenGLWidgets", "QtTest")


class ChartImport(QObject):
    """`imported` comes once, in the GUI thread. `end` must be called before the application goes."""

    imported = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._are_classes_made = threading.Event()
        self._is_ending = False
        self._thread = threading.Thread(target=self._import, name="chart-import", daemon=True)
        self._classes = _touch_every_class()

    def start(self) -> None:
        """Begin; only once."""
        self._thread.start()
        self._make_classes()

    def end(self) -> None:
        """Give up, or wait until what is being imported is: no thread may touch Qt while it is torn down."""
        self._is_ending = True
        self._are_classes_made.set()
        if self._thread.is_alive():
            self._thread.join()

    def _make_classes(self) -> None:
        until = perf_counter() + _SLICE_SECONDS
        for _ in self._classes:
            if perf_counter() > until:
                QTimer.singleShot(0, self, self._make_classes)
                return
        self._are_classes_made.set()

    def _import(self) -> None:
        import numpy as np  # noqa: F401  # knows nothing of Qt

        self._are_classes_made.wait()
        if self._is_ending:
            return
        import desktop_trader.ui.charts.chart_view  # noqa: F401

        if not self._is_ending:
            self.imported.emit()


def _touch_every_class() -> Iterator[None]:
    for name in _TOUCHED:
        module = importlib.import_module(f"PySide6.{name}")
        for attribute in dir(module):
            getattr(module, attribute)
            yield
    for name in _IMPORTED:
        # What a slim installation leaves out, pyqtgraph can do without.
        with suppress(ImportError):
            importlib.import_module(f"PySide6.{name}")
        yield
