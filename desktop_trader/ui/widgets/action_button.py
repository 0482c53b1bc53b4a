"""A button of a shared action: it is as enabled, visible and named as the action, and pressing it triggers that."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QToolButton, QWidget


class ActionButton(QToolButton):
    """Shows the action's short text, or its icon alone; `spoken` is what a screen reader says."""

    def __init__(
        self, action: QAction, *, name: str, spoken: str, shows_icon: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        style = Qt.ToolButtonStyle
        self.setToolButtonStyle(style.ToolButtonIconOnly if shows_icon else style.ToolButtonTextOnly)
        self.setDefaultAction(action)
        self.setObjectName(name)
        self.setAccessibleName(spoken)
        self.setProperty("look", "" if shows_icon else "small-button")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setVisible(action.isVisible())
        action.visibleChanged.connect(lambda: self.setVisible(action.isVisible()))
