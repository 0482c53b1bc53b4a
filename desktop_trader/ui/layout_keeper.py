"""Keeps the layout on disk while the window is open, so that a process that is killed loses seconds of it at most."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QDockWidget, QMainWindow

_QUIET_MS = 1_500
_TELLING = frozenset({QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.WindowStateChange})


class LayoutKeeper(QObject):
    """Calls `save` once after every lot of changes; `note_change` tells it of those that no event shows."""

    def __init__(self, window: QMainWindow, save: Callable[[], None]) -> None:
        super().__init__(window)
        self._quiet = QTimer(self, singleShot=True)
        self._quiet.setInterval(_QUIET_MS)
        self._quiet.timeout.connect(save)
        window.installEventFilter(self)
        for dock in window.findChildren(QDockWidget):
            dock.installEventFilter(self)
            dock.topLevelChanged.connect(self.note_change)
            dock.dockLocationChanged.connect(self.note_change)
            dock.visibilityChanged.connect(self.note_change)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _TELLING:
            self.note_change()
        return False

    def note_change(self) -> None:
        """Save soon."""
        self._quiet.start()

    def stop(self) -> None:
        """Save nothing any more: whoever ends the window saves it once for good."""
        self._quiet.stop()
