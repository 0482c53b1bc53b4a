"""A band under the toolbar that says one thing without being in the way: what went wrong, or what was recovered."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolBar, QWidget

from desktop_trader.ui.widgets.plain_label import plain_label


class MessageBand(QToolBar):
    """Seen exactly while it has something to say."""

    def __init__(self, name: str, spoken: str, *, tone: str, parent: QWidget) -> None:
        super().__init__(spoken, parent)
        self._spoken = spoken
        self.setObjectName(name)
        self.setAccessibleName(spoken)
        self.setMovable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.toggleViewAction().setVisible(False)
        self._text = plain_label("", name=f"{name}-text", tone=tone, spoken=spoken)
        self.addWidget(self._text)
        self.say("")

    def say(self, text: str) -> None:
        """Show a text, or hide the band when it is empty."""
        self._text.setText(text)
        self._text.setToolTip(text)
        self._text.setAccessibleName(text or self._spoken)
        self.refresh()

    def refresh(self) -> None:
        """Be seen or not as the text wants it; a restored layout knows nothing of that."""
        self.setVisible(bool(self._text.text()))
