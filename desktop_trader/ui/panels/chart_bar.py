"""The line over the chart: the symbol, and the lengths of bars there are."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QToolButton, QWidget

from desktop_trader.domain.market import Timeframe
from desktop_trader.ui.theme import SPACE_S, SPACE_XS
from desktop_trader.ui.widgets.fitting_label import FittingLabel


class ChartBar(QWidget):
    """`timeframe_chosen` carries the length that a person pressed.

    Where there is no room for all lengths, the longest are left out, never the one chosen; the menu has them all.
    """

    timeframe_chosen = Signal(object)

    def __init__(self, chosen: Timeframe) -> None:
        super().__init__()
        self.setObjectName("chart-bar")
        # The toolbar and the read-out name the symbol too, in the narrowest window as well.
        self._title = FittingLabel("—")
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        self._title.setObjectName("chart-symbol")
        self._title.setAccessibleName("Symbol of the chart")
        self._title.setProperty("figure", "medium")
        layout = QHBoxLayout(self)
        # So close that all of them fit into the narrowest window.
        layout.setContentsMargins(SPACE_S, SPACE_S, SPACE_S, SPACE_S)
        layout.setSpacing(SPACE_XS)
        layout.addWidget(self._title, 1)
        group = QButtonGroup(self)
        self._buttons: dict[Timeframe, QToolButton] = {}
        for timeframe in Timeframe:
            button = QToolButton()
            button.setText(timeframe.value)
            button.setCheckable(True)
            button.setChecked(timeframe is chosen)
            button.setObjectName(f"chart-{timeframe.value}-btn")
            button.setAccessibleName(f"Bars of {timeframe.value}")
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            button.clicked.connect(lambda _on, pressed=timeframe: self.timeframe_chosen.emit(pressed))
            group.addButton(button)
            layout.addWidget(button)
            self._buttons[timeframe] = button

    def minimumSizeHint(self) -> QSize:
        widest = max(button.sizeHint().width() for button in self._buttons.values())
        return QSize(widest + 2 * SPACE_S, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def show_symbol(self, symbol: str) -> None:
        """Name what is shown."""
        self._title.setText(symbol or "—")

    def check(self, timeframe: Timeframe) -> None:
        """Show which length is chosen."""
        self._buttons[timeframe].setChecked(True)
        self._fit()

    def limit(self, only: Timeframe | None) -> None:
        """A recording has bars of one length; None for a market that has them all."""
        for timeframe, button in self._buttons.items():
            button.setEnabled(only in (None, timeframe))
            button.setToolTip("" if button.isEnabled() else f"This recording has bars of {only} only")

    def _fit(self) -> None:
        # The symbol gives way by itself; the one chosen is given room first, then the shortest.
        room = self.width() - 2 * SPACE_S
        for button in sorted(self._buttons.values(), key=lambda each: not each.isChecked()):
            room -= button.sizeHint().width() + SPACE_XS
            fits = room >= 0 or button.isChecked()
            if button.isHidden() is fits:
                button.setVisible(fits)
