"""A field under its caption, shown and hidden together."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop_trader.ui.theme import SPACE_S
from desktop_trader.ui.widgets.plain_label import plain_label


class CaptionedField(QWidget):
    """The caption names the field for the eye, the field's accessible name for the ear; `beside` stand right of it.

    `is_offered` says whether the field counts at all: what a window that is not open shows is no answer to that.
    """

    def __init__(self, field: QWidget, caption: str, *, beside: tuple[QWidget, ...] = ()) -> None:
        super().__init__()
        self.is_offered = True
        name = field.objectName()
        self.setObjectName(f"{name}-pair")
        self.setAccessibleName(caption)
        self._caption = plain_label(caption, name=f"{name}-caption", tone="muted")
        self._caption.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        self._caption.setBuddy(field)
        row = QHBoxLayout()
        row.setSpacing(SPACE_S)
        row.addWidget(field, 1)
        for each in beside:
            row.addWidget(each)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(1)
        layout.addWidget(self._caption)
        layout.addLayout(row)

    def offer(self, is_offered: bool) -> None:
        """Show the field and let it count, or neither."""
        self.is_offered = is_offered
        self.setVisible(is_offered)

    def set_caption(self, text: str) -> None:
        """Show another caption."""
        self._caption.setText(text)
        self._caption.setAccessibleName(text)
