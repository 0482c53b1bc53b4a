"""One main window for all tests of a module: to build it takes longer than most of them."""

from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from tests.ui.snapshot_builders import make_snapshot
from tests.ui.window_builders import make_window


class SharedWindow:
    """A filled window over fake doors. Each test begins anew, with higher sequence numbers."""

    def __init__(self, folder: Path) -> None:
        made = make_window(_NoBot(), folder)
        self.window, self.model = made.window, made.model
        self.sent, self.requested = made.sent, made.requested
        self._sequence = 0
        self.window.show()
        self.window.fill_docks()

    def begin(self, **state: Any) -> None:
        """Forget what was asked before, and show a state."""
        self.show(**state)
        self.sent.clear()
        self.requested.clear()

    def show(self, **state: Any) -> None:
        """Show a newer snapshot at once."""
        self._sequence += 1
        self.model.replace_snapshot(make_snapshot(self._sequence, **state))
        self.model.show_newest()

    def text(self, name: str) -> str:
        """Return what a label says."""
        found = self.window.findChild(QLabel, name)
        assert found is not None, name
        return found.text()

    def button(self, name: str) -> QPushButton:
        """Return a button."""
        found = self.window.findChild(QPushButton, name)
        assert found is not None, name
        return found

    def sees(self, name: str) -> bool:
        """Say whether a widget is there and visible."""
        found = self.window.findChild(QWidget, name)
        return found is not None and found.isVisible()

    def end(self) -> None:
        """Close for good."""
        self.window.end()
        self.window.deleteLater()


class _NoBot(QtBot):
    def __init__(self) -> None:
        """Belong to no test."""

    def addWidget(self, *_: Any, **__: Any) -> None:
        """Leave the closing to whoever shares the window."""
