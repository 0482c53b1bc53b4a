"""The line that says how far a search has come, with a way to stop it; there only while one runs."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QWidget

from desktop_trader.ui.theme import SPACE_M, SPACE_XS
from desktop_trader.ui.widgets.plain_label import plain_label

_BAR_WIDTH, _BAR_HEIGHT = 90, 6


class SearchLine(QWidget):
    """`stopped` when the person has seen enough."""

    stopped = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("history-search-line")
        self.setAccessibleName("Search of the history")
        self._text = plain_label("", name="history-search-state", tone="muted", spoken="How far the search has come")
        bar = QProgressBar()
        bar.setObjectName("history-search-progress")
        bar.setAccessibleName("Searching")
        bar.setRange(0, 0)
        bar.setTextVisible(False)
        bar.setFixedSize(_BAR_WIDTH, _BAR_HEIGHT)
        stop = QPushButton("Stop")
        stop.setObjectName("history-stop-btn")
        stop.setAccessibleName("Stop searching older entries")
        stop.setProperty("look", "small-button")
        stop.clicked.connect(self.stopped)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE_M, 0, SPACE_M, SPACE_XS)
        row.setSpacing(SPACE_M)
        for widget in (bar, self._text, stop):
            row.addWidget(widget)
        row.addStretch(1)
        self.hide()

    def go_on(self, text: str) -> None:
        """Say how far the search has come."""
        self._text.setText(text)
        self.show()

    def end(self) -> None:
        """The search is over."""
        self.hide()
