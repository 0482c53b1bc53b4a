"""Labels for captions and sentences: plain text always, with the names that tests and screen readers need."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel


def plain_label(text: str, *, name: str, tone: str = "", spoken: str = "") -> QLabel:
    """Return a label that shows text as it is, never as markup. `spoken` defaults to the text."""
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setObjectName(name)
    label.setAccessibleName(spoken or text)
    label.setProperty("tone", tone)
    return label
