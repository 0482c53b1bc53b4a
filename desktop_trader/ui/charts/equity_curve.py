"""The equity curve: what one or two runs gained, over the time of the books or side by side from their starts."""

from __future__ import annotations

from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from desktop_trader.ui.charts.curve_axes import CurveTimeAxis, GainAxis
from desktop_trader.ui.charts.curve_line import CurveLine
from desktop_trader.ui.theme import SPACE_L, SPACE_M, SPACE_S, active_tokens, ui_font
from desktop_trader.ui.widgets.plain_label import plain_label

LINES_MAX = 2
_COLORS = ("#3d8fd9", "#d9730d")
"""Far apart for every kind of colour vision, and seen well on dark and on white."""
_STYLES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine)
_SYMBOLS = ("o", "s")
_MARK_PX = 9
_SAMPLE = (34, 14)
_FONT_PX = 11


class EquityCurve(QWidget):
    """Shows up to two lines. They differ by dash and mark as well as by colour: solid and full, dashed and hollow.

    Two lines begin at the same place and are laid over the time since each began; one stands at its own times.
    """

    def __init__(self, *, name: str, spoken: str, empty_text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: tuple[CurveLine, ...] = ()
        self._is_percent = True
        self._empty_text = empty_text
        self._spoken = spoken
        self.setObjectName(name)
        self.setAccessibleName(spoken)
        self._time_axis = CurveTimeAxis()
        self._gain_axis = GainAxis()
        self._plot = pg.PlotWidget(axisItems={"bottom": self._time_axis, "right": self._gain_axis})
        self._plot.setObjectName(f"{name}-plot")
        self._plot.setAccessibleName(spoken)
        self._plot.setFrameShape(pg.PlotWidget.Shape.NoFrame)
        self._plot.hideAxis("left")
        self._plot.showAxis("right")
        self._plot.hideButtons()
        self._plot.setMenuEnabled(False)
        self._plot.setMouseEnabled(x=False, y=False)
        self._plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._name_hidden_menu()
        self._empty = plain_label(empty_text, name=f"{name}-empty", tone="muted")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._legend = QHBoxLayout()
        self._legend.setSpacing(SPACE_M)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_S)
        layout.addLayout(self._legend)
        layout.addWidget(self._plot, 1)
        layout.addWidget(self._empty, 1)
        self.show_lines(())

    @property
    def lines(self) -> tuple[CurveLine, ...]:
        """What is drawn, in the order of the legend."""
        return self._lines

    @property
    def is_aligned(self) -> bool:
        """Whether the lines are laid over the time since each began."""
        return len(self._lines) > 1

    def show_lines(self, lines: Sequence[CurveLine], *, is_percent: bool = True) -> None:
        """Draw these lines, the first two of them, in percent or in money."""
        self._lines = tuple(line for line in lines if line.seconds)[:LINES_MAX]
        self._is_percent = is_percent
        self._draw()

    def set_empty_text(self, text: str) -> None:
        """What to say while there is nothing to draw."""
        self._empty.setText(text)
        self._empty.setAccessibleName(text)

    def drawn(self) -> list[tuple[list[float], list[float]]]:
        """Return the points as they are drawn, a pair of coordinates lists for each line."""
        found = []
        for line in self._lines:
            start = line.seconds[0] if self.is_aligned else 0.0
            times = [seconds - start for seconds in line.seconds]
            found.append((times, list(line.values(is_percent=self._is_percent))))
        return found

    def _draw(self) -> None:
        tokens = active_tokens()
        self._plot.clear()
        self._plot.setVisible(bool(self._lines))
        self._empty.setVisible(not self._lines)
        self._show_legend()
        self._plot.setBackground(tokens.background)
        font = ui_font(_FONT_PX)
        for axis in (self._time_axis, self._gain_axis):
            axis.setTickFont(font)
            axis.setPen(pg.mkPen(tokens.border))
            axis.setTextPen(pg.mkPen(tokens.text_muted))
            axis.setStyle(tickLength=0, maxTickLevel=0)
        self._gain_axis.is_percent = self._is_percent
        self._time_axis.is_elapsed = self.is_aligned
        if not self._lines:
            return
        self._plot.addItem(pg.InfiniteLine(0, angle=0, pen=pg.mkPen(tokens.text_muted, style=Qt.PenStyle.DotLine)))
        for place, (times, values) in enumerate(self.drawn()):
            self._plot.plot(times, values, pen=_pen(place), antialias=True)
            fill = _COLORS[place] if place == 0 else tokens.background
            self._plot.plot(
                times[-1:],
                values[-1:],
                pen=None,
                symbol=_SYMBOLS[place],
                symbolSize=_MARK_PX,
                symbolPen=pg.mkPen(_COLORS[place], width=2),
                symbolBrush=fill,
            )
        self._plot.enableAutoRange()

    def _show_legend(self) -> None:
        while self._legend.count():
            item = self._legend.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.setParent(None)
                widget.deleteLater()
        for place, line in enumerate(self._lines):
            sample = QLabel()
            sample.setObjectName(f"{self.objectName()}-sample-{place}")
            sample.setAccessibleName("full line" if place == 0 else "dashed line")
            sample.setPixmap(_sample(place, scale=self.devicePixelRatioF()))
            text = plain_label(f"{line.name}  {line.note}".strip(), name=f"{self.objectName()}-legend-{place}")
            self._legend.addWidget(sample)
            self._legend.addWidget(text)
            self._legend.addSpacing(SPACE_L)
        self._legend.addStretch(1)
        names = " and ".join(f"{line.name} {line.note}".strip() for line in self._lines)
        self.setAccessibleDescription(names or self._empty_text)

    def _name_hidden_menu(self) -> None:
        """The library builds a menu even when it is switched off; its controls must not be nameless to a reader."""
        menu = self._plot.getPlotItem().ctrlMenu
        for place, part in enumerate([menu, *menu.findChildren(QWidget)]):
            part.setObjectName(part.objectName() or f"{self.objectName()}-hidden-{place}")
            part.setAccessibleName(part.accessibleName() or "Plot option, not in use")


def _pen(place: int) -> QPen:
    pen = pg.mkPen(_COLORS[place], width=2, style=_STYLES[place])
    pen.setCosmetic(True)
    return pen  # type: ignore[no-any-return]


def _sample(place: int, *, scale: float) -> QPixmap:
    """Draw a piece of a line with its mark, for the legend."""
    width, height = _SAMPLE
    picture = QPixmap(round(width * scale), round(height * scale))
    picture.setDevicePixelRatio(scale)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(_pen(place))
    painter.drawLine(QPointF(0, height / 2), QPointF(width, height / 2))
    painter.setPen(QPen(QColor(_COLORS[place]), 2))
    painter.setBrush(QColor(_COLORS[place] if place == 0 else active_tokens().surface))
    mark = QRectF(width - _MARK_PX - 1, (height - _MARK_PX) / 2, _MARK_PX, _MARK_PX)
    if place == 0:
        painter.drawEllipse(mark)
    else:
        painter.drawRect(mark)
    painter.end()
    return picture
