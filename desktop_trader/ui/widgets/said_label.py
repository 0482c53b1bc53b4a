"""A sentence that is there while there is something to say."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel


class SaidLabel(QLabel):
    """Wraps, hides while it is empty, and is read out with what it is about."""

    def __init__(self, *, name: str, spoken: str, tone: str) -> None:
        super().__init__()
        self._spoken = spoken
        self.setObjectName(name)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setAccessibleName(spoken)
        self.setProperty("tone", tone)
        self.hide()

    def say(self, text: str, *, tone: str = "") -> None:
        """Say something else, or nothing."""
        if text != self.text():
            self.setText(text)
            self.setAccessibleName(f"{self._spoken}: {text}" if text else self._spoken)
        if tone and tone != self.property("tone"):
            self.setProperty("tone", tone)
            self.style().unpolish(self)
            self.style().polish(self)
        self.setVisible(bool(text))
