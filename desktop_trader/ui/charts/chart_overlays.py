"""What lies over the candles: the read-out, what is said where there are none, and the way back to the newest."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QPointF, Qt
from PySide6.QtWidgets import QLabel, QPushButton

from desktop_trader.ui.charts.chart_plot import ChartPlot

_READOUT_LEFT_PX = 10
_READOUT_TOP_PX = 8
_PILL_MARGIN_PX = 12
_NOTE_GAP_PX = 4


class ChartOverlays(QObject):
    """Children of the plot, put where they belong whenever it is resized or their text changes."""

    def __init__(self, plot: ChartPlot) -> None:
        super().__init__(plot)
        self._plot = plot
        self._htmls: Sequence[str] = ()
        self._readout = QLabel(plot)
        self._readout.setObjectName("chart-readout")
        self._readout.setTextFormat(Qt.TextFormat.RichText)
        self.empty = QLabel("No candles yet.", plot)
        self.empty.setObjectName("chart-empty")
        self.empty.setProperty("tone", "muted")
        self._note = QLabel(plot)
        self._note.setObjectName("chart-note")
        self._note.setTextFormat(Qt.TextFormat.PlainText)
        self._note.setProperty("tone", "warning")
        # Candles would be seen through the letters.
        self._note.setProperty("look", "note")
        self._note.hide()
        for label in (self._readout, self.empty, self._note):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.latest = QPushButton("→ latest", plot)
        self.latest.setObjectName("chart-latest-btn")
        self.latest.setAccessibleName("Go to the latest candle")
        self.latest.setProperty("look", "pill")
        self.latest.setCursor(Qt.CursorShape.ArrowCursor)
        self.latest.hide()
        plot.box.sigResized.connect(self.place)

    def show_readout(self, htmls: Sequence[str]) -> None:
        """Show the longest of these texts that fits."""
        if htmls != self._htmls:
            self._htmls = htmls
            self._place_readout()
            self._move_note()

    def show_empty_text(self, text: str) -> None:
        """What is said in the middle while there are no candles."""
        self.empty.setText(text)
        self.place()

    def show_note(self, text: str) -> None:
        """Say under the read-out how far the bars reach; nothing while that needs no saying."""
        if text == self._note.text():
            return
        self._note.setText(text)
        self._note.setAccessibleName(text or "How far the bars reach")
        self._note.setVisible(bool(text))
        self._place_note()

    def place(self) -> None:
        """Put everything where it belongs."""
        self._place_readout()
        self._place_note()
        area = self._plot.area()
        self.empty.adjustSize()
        self.empty.move((area.center() - QPointF(self.empty.rect().center())).toPoint())
        self.latest.adjustSize()
        size = self.latest.size()
        corner = area.bottomRight() - QPointF(size.width() + _PILL_MARGIN_PX, size.height() + _PILL_MARGIN_PX)
        self.latest.move(corner.toPoint())

    def _room(self) -> int:
        return max(1, int(self._plot.area().width()) - 2 * _READOUT_LEFT_PX)

    def _place_readout(self) -> None:
        area, room = self._plot.area(), self._room()
        for html in self._htmls:
            self._readout.setText(html)
            self._readout.adjustSize()
            if self._readout.width() <= room:
                break
        self._readout.move(int(area.left()) + _READOUT_LEFT_PX, int(area.top()) + _READOUT_TOP_PX)

    def _place_note(self) -> None:
        room = self._room()
        self._note.setWordWrap(False)
        self._note.adjustSize()
        if self._note.width() > room:
            self._note.setWordWrap(True)
            self._note.resize(room, self._note.heightForWidth(room))
        self._move_note()

    def _move_note(self) -> None:
        # At the right: the texts of levels stand at the left.
        left = int(self._plot.area().right()) - _READOUT_LEFT_PX - self._note.width()
        self._note.move(max(self._readout.x(), left), self._readout.geometry().bottom() + _NOTE_GAP_PX)
