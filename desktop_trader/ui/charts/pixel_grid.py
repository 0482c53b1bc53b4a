"""From chart coordinates to whole device pixels, so that thin lines and bars stay sharp at every zoom and scale."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from desktop_trader.ui.charts.chart_data import FloatArray


class PixelGrid:
    """The painter's mapping at one paint: scale and offset of both axes, rounded to pixels of the screen.

    After it is built, the painter draws in logical pixels of the view. Only for items that are neither turned nor
    sheared, which is all a chart has.
    """

    def __init__(self, painter: QPainter) -> None:
        mapping = painter.transform()
        self._scale_x, self._offset_x = mapping.m11(), mapping.dx()
        self._scale_y, self._offset_y = mapping.m22(), mapping.dy()
        self.ratio = max(1.0, painter.device().devicePixelRatio())
        painter.resetTransform()

    @property
    def bar_width(self) -> float:
        """Width of one bar in logical pixels, not rounded."""
        return abs(self._scale_x)

    @property
    def pixel(self) -> float:
        """One device pixel in logical pixels."""
        return 1.0 / self.ratio

    def x(self, value: float) -> float:
        return round((value * self._scale_x + self._offset_x) * self.ratio) / self.ratio

    def y(self, value: float) -> float:
        return round((value * self._scale_y + self._offset_y) * self.ratio) / self.ratio

    def xs(self, values: FloatArray) -> FloatArray:
        snapped: FloatArray = np.round((values * self._scale_x + self._offset_x) * self.ratio) / self.ratio
        return snapped

    def ys(self, values: FloatArray) -> FloatArray:
        snapped: FloatArray = np.round((values * self._scale_y + self._offset_y) * self.ratio) / self.ratio
        return snapped

    def rect(self, area: QRectF) -> QRectF:
        """An area of chart coordinates (y up) as a rectangle of the view (y down)."""
        left, right = self.x(area.left()), self.x(area.right())
        top, bottom = sorted((self.y(area.top()), self.y(area.bottom())))
        return QRectF(left, top, right - left, bottom - top)

    @property
    def line(self) -> float:
        """The width of a thin line in logical pixels: whole device pixels, at least one."""
        return max(1, int(self.ratio)) / self.ratio

    def body_width(self, share: float) -> float:
        """The width of a bar's body in whole device pixels, odd or even like a line's, which is then in its middle."""
        line = max(1, int(self.ratio))
        whole = self.bar_width * self.ratio
        pixels = int(whole * share)
        if (pixels - line) % 2:
            # The wider neighbor, unless it would close the gap to the next bar.
            pixels += 1 if pixels + 1 <= whole - 1 else -1
        return (max(line, pixels) if whole >= line else 1) / self.ratio
