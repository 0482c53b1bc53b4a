"""Stretches of time in which nothing traded, as hatched bands behind the candles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from desktop_trader.ui.charts.chart_data import CandleSeries
from desktop_trader.ui.charts.chart_item import ChartItem, thin_pen
from desktop_trader.ui.charts.pixel_grid import PixelGrid
from desktop_trader.ui.color_tokens import ColorTokens

_FILL_ALPHA, _HATCH_ALPHA = 26, 70
_WIDTH_MIN_PX = 3.0
_LABEL_MARGIN_PX = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageSpan:
    """From `begun_at` to `ended_at`, seconds of UTC since 1970; `label` is drawn where it fits, `text` on pointing."""

    begun_at: float
    ended_at: float
    label: str
    text: str


class OutageBandsItem(ChartItem):
    """Hatched as well as colored, so that a band does not rest on color alone."""

    def __init__(self, series: CandleSeries, tokens: ColorTokens) -> None:
        super().__init__(tokens)
        self._series = series
        self._spans: tuple[OutageSpan, ...] = ()

    def set_spans(self, spans: Sequence[OutageSpan]) -> None:
        """Replace the bands."""
        if tuple(spans) != self._spans:
            self._spans = tuple(spans)
            self.update()

    def text_at(self, place: float) -> str:
        """What the bands at a place of the horizontal axis say, a line each; empty where there is none."""
        room = self._least_width()
        texts = []
        for span in self._spans:
            extent = self.extent(span)
            if extent is not None and extent[0] - room <= place <= max(extent[1], extent[0] + room) + room:
                texts.append(span.text)
        return "\n".join(texts)

    def extent(self, span: OutageSpan) -> tuple[float, float] | None:
        """Where a band begins and ends on the horizontal axis; None when it was over before the first bar."""
        if not len(self._series) or span.ended_at < float(self._series.times[0]):
            return None
        return self._place(span.begun_at), self._place(span.ended_at)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        if not self._spans:
            return
        painter.save()
        grid = PixelGrid(painter)
        area = grid.rect(self.view_area())
        for span in self._spans:
            extent = self.extent(span)
            if extent is None:
                continue
            left, right = grid.x(extent[0]), max(grid.x(extent[1]), grid.x(extent[0]) + _WIDTH_MIN_PX)
            if right >= area.left() and left <= area.right():
                self._paint_band(painter, QRectF(QPointF(left, area.top()), QPointF(right, area.bottom())), span)
        painter.restore()

    def _paint_band(self, painter: QPainter, band: QRectF, span: OutageSpan) -> None:
        fill, hatch = QColor(self._tokens.warning), QColor(self._tokens.warning)
        fill.setAlpha(_FILL_ALPHA)
        hatch.setAlpha(_HATCH_ALPHA)
        painter.fillRect(band, fill)
        painter.fillRect(band, QBrush(hatch, Qt.BrushStyle.BDiagPattern))
        painter.setPen(thin_pen(self._tokens.warning, [2.0, 3.0]))
        painter.drawLine(QLineF(band.topLeft(), band.bottomLeft()))
        painter.drawLine(QLineF(band.topRight(), band.bottomRight()))
        metrics = QFontMetricsF(painter.font())
        room = metrics.horizontalAdvance(span.label) + 2 * _LABEL_MARGIN_PX
        if room <= band.width():
            box = QRectF(
                band.left() + 1, band.bottom() - metrics.height() - 2 * _LABEL_MARGIN_PX, room, metrics.height() + 4
            )
            painter.fillRect(box, QColor(self._tokens.background))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, span.label)

    def _place(self, seconds: float) -> float:
        """Bar i covers i - 0.5 to i + 0.5; time without bars has no room, time after the newest has as much as bars."""
        times, length = self._series.times, float(self._series.bar_seconds())
        index = max(0, int(np.searchsorted(times, seconds, side="right")) - 1)
        inside = max(0.0, (seconds - float(times[index])) / length)
        return index - 0.5 + (inside if index == len(times) - 1 else min(inside, 1.0))

    def _least_width(self) -> float:
        """A few pixels in bars, so that the thinnest band can be pointed at."""
        box = self.getViewBox()
        return _WIDTH_MIN_PX * float(box.viewPixelSize()[0]) if box is not None else 0.0
