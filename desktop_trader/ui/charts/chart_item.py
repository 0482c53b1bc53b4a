"""What everything drawn over the chart's area shares: its extent and its colors."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPen

from desktop_trader.ui.color_tokens import ColorTokens


class ChartItem(pg.GraphicsObject):  # type: ignore[misc]
    """An item that fills the visible part of the chart and draws in pixels of the view (`PixelGrid`).

    Its extent is the view itself: what lies outside is cut off when painting, so a changed series costs nothing here.
    """

    def __init__(self, tokens: ColorTokens) -> None:
        super().__init__()
        self._tokens = tokens

    def set_tokens(self, tokens: ColorTokens) -> None:
        """Take the colors of another theme."""
        self._tokens = tokens
        self.update()

    def boundingRect(self) -> QRectF:
        return self.view_area()

    def view_area(self) -> QRectF:
        """The part of the chart in view: bar indices and prices; empty while the item is in no chart."""
        # Not GraphicsItem.viewRect(): that one goes through the transform, which still is the old one after a pan.
        box = self.getViewBox()
        return QRectF(box.viewRect()) if box is not None else QRectF()

    def viewTransformChanged(self) -> None:
        self.prepareGeometryChange()


def thin_pen(color: str, dashes: list[float] | None = None) -> QPen:
    """A cosmetic pen, one pixel wide at every zoom; `dashes` are lengths of strokes and gaps in pixels."""
    pen = QPen(QColor(color))
    pen.setCosmetic(True)
    if dashes is not None:
        pen.setDashPattern(dashes)
    return pen
