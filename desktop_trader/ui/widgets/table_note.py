"""A sentence over the lower edge of a table: why what was asked for there was refused."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QLabel, QTableView

from desktop_trader.ui.theme import SPACE_M


class TableNote(QLabel):
    """Hidden while there is nothing to say; a click on it or into the table takes it away."""

    def __init__(self, table: QTableView) -> None:
        super().__init__(table)
        self._table = table
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setObjectName(f"{table.objectName()}-note")
        self.setAccessibleName("What was refused")
        self.setProperty("look", "note")
        self.setProperty("tone", "warning")
        self.setWordWrap(True)
        self.hide()
        table.viewport().installEventFilter(self)

    def say(self, text: str) -> None:
        """Show a sentence, or nothing."""
        self.setText(text)
        self.setAccessibleName(text or "What was refused")
        self.setVisible(bool(text))
        self.place()

    def place(self) -> None:
        """Stand at the lower edge, as wide as the text wants and the table lets it."""
        area = self._table.viewport().geometry().adjusted(SPACE_M, 0, -SPACE_M, -SPACE_M)
        line = self.fontMetrics().horizontalAdvance(self.text()) + 2 * SPACE_M
        width = max(1, min(area.width(), line))
        height = self.heightForWidth(width)
        self.setGeometry(area.left(), max(0, area.bottom() - height), width, height)
        self.raise_()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.say("")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.MouseButtonPress:
            self.say("")
        return False
