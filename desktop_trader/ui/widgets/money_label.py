"""A label for one figure: aligned digits, spoken name, and a repaint only when the text really changed."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QLabel, QMenu, QWidget

from desktop_trader.ui.number_format import UNKNOWN


class MoneyLabel(QLabel):
    """Shows an already formatted figure; knows nothing of currencies or rounding (`ui/number_format.py` does).

    `object_name` is the name of `CONTRACT.md`'s kind (`virtual-balance`), `spoken_name` says the same in words; the
    figure itself is what screen readers read as the text. Colors come from the style sheet through `tone`.
    `explain_requested` when somebody asks what an explainable figure is made of.
    """

    explain_requested = Signal()

    def __init__(self, object_name: str, spoken_name: str, *, tone: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._spoken_name = spoken_name
        self._is_explainable = False
        self.setObjectName(object_name)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setProperty("tone", tone)
        self.setProperty("stale", False)
        self.setText(UNKNOWN)
        self._speak(UNKNOWN)

    def show_figure(self, text: str, *, exact: str = "") -> None:
        """Show a figure; `exact` is the tooltip with all decimals. Nothing is done when both are shown already."""
        if text != self.text():
            self.setText(text)
            self._speak(text)
        if exact != self.toolTip():
            self.setToolTip(exact)

    def make_explainable(self) -> None:
        """Take the focus, and ask for an explanation on Enter and from the menu of a right click."""
        self._is_explainable = True
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._is_explainable and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.isAutoRepeat():
            self.explain_requested.emit()
            return
        super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if not self._is_explainable:
            super().contextMenuEvent(event)
            return
        self.menu().popup(event.globalPos())

    def menu(self) -> QMenu:
        """Return what can be done with an explainable figure."""
        menu = QMenu(self)
        menu.setObjectName(f"{self.objectName()}-menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Explain this number…").triggered.connect(self.explain_requested)
        menu.addAction("Copy").triggered.connect(lambda: QGuiApplication.clipboard().setText(self.text()))
        return menu

    def set_tone(self, tone: str) -> None:
        """Change the meaning of the color: "balance", "pnl", "up", "down", "muted", "warning" or "" for plain text."""
        self._set_style_property("tone", tone)

    def set_stale(self, is_stale: bool) -> None:
        """Gray the figure while the price behind it is too old to be believed."""
        self._set_style_property("stale", is_stale)

    def is_stale(self) -> bool:
        return bool(self.property("stale"))

    def _speak(self, text: str) -> None:
        # A label's accessible name replaces its text for screen readers, so it carries both.
        self.setAccessibleName(f"{self._spoken_name}: {'unknown' if text == UNKNOWN else text}")

    def _set_style_property(self, name: str, value: object) -> None:
        if self.property(name) == value:
            return
        self.setProperty(name, value)
        self.style().unpolish(self)
        self.style().polish(self)
