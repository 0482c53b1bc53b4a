"""SIGTERM and SIGINT end the window as *Quit* does: Qt's loop does not return to Python by itself when one comes."""

from __future__ import annotations

import os
import signal

from PySide6.QtCore import QObject, QSocketNotifier, QTimer, Signal

_LOOK_MS = 250


class TerminationSignals(QObject):
    """`requested` comes, in the GUI thread, for the first signal and for every further one."""

    requested = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: self.requested.emit())
        if os.name == "posix":
            # Python writes a byte into the pipe, the pipe wakes Qt, and Qt's call into Python runs the handlers.
            self._read, write = os.pipe()
            os.set_blocking(self._read, False)
            os.set_blocking(write, False)
            signal.set_wakeup_fd(write, warn_on_full_buffer=False)
            self._notifier = QSocketNotifier(self._read, QSocketNotifier.Type.Read, self)
            self._notifier.activated.connect(self._empty)
        else:
            self._timer = QTimer(self)
            self._timer.timeout.connect(lambda: None)
            self._timer.start(_LOOK_MS)

    def _empty(self) -> None:
        os.read(self._read, 64)
