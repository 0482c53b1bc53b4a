"""Showing, raising and filling the screen without forgetting that the window was maximized."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget


def bring_to_front(window: QWidget) -> None:
    """Show a window and give it the keys; minimized it comes back as large as it was."""
    window.show()
    if window.isMinimized():
        window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
    window.raise_()
    window.activateWindow()


class FullScreenSwitch(QObject):
    """Ties an action to the full screen: leaving it, by whatever way, brings back what was before."""

    def __init__(self, window: QWidget, action: QAction) -> None:
        super().__init__(window)
        self._window = window
        self._action = action
        action.toggled.connect(self._on_toggled)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.WindowStateChange and watched is self._window:
            self._action.setChecked(self._window.isFullScreen())
        return False

    def _on_toggled(self, is_on: bool) -> None:
        state = self._window.windowState()
        if is_on != self._window.isFullScreen():
            self._window.setWindowState(state ^ Qt.WindowState.WindowFullScreen)
