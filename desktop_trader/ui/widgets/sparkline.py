"""A price's last 24 hours as a line in a table cell, drawn once and kept until it looks different."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap, QPolygonF

from desktop_trader.ui.theme import active_tokens

if TYPE_CHECKING:
    from desktop_trader.ui.models.watch_row import WatchRow

_MARGIN_X, _MARGIN_Y = 3, 5
_LINE_PX = 1.4
_POINTS_MIN = 2
_KEPT_MAX = 2_000

_Key = tuple[object, ...]


class Sparklines:
    """Draws a row's stored course with its newest price as the last point; nothing where no course is known.

    A picture is drawn anew only when its points, its size, its color, or the last point's place by a pixel differ. One
    picture a symbol is kept; `drawn` counts them all.
    """

    def __init__(self) -> None:
        self._pictures: dict[str, tuple[_Key, QPixmap]] = {}
        self.drawn = 0

    def paint(self, painter: QPainter, area: QRectF, row: WatchRow) -> None:
        """Draw the course of a row into a cell."""
        if len(row.closes) < _POINTS_MIN:
            return
        area = area.adjusted(_MARGIN_X, _MARGIN_Y, -_MARGIN_X, -_MARGIN_Y)
        if area.width() >= _POINTS_MIN and area.height() >= _POINTS_MIN:
            painter.drawPixmap(area.topLeft(), self._picture(row, area, painter.device().devicePixelRatioF()))

    def _picture(self, row: WatchRow, area: QRectF, ratio: float) -> QPixmap:
        price, tokens = row.price, active_tokens()
        newest = row.closes[-1] if price is None else float(price)
        if row.age_text:
            color = tokens.text_muted
        else:
            color = tokens.up_text if newest >= row.closes[0] else tokens.down_text
        low, high = min(*row.closes, newest), max(*row.closes, newest)
        spread = (high - low) or 1.0
        last_y = round((newest - low) / spread * area.height() * ratio)
        # While the newest price is within what was seen, it moves the end of the line alone.
        key = (row.closes, low, high, last_y, color, area.width(), area.height(), ratio)
        kept = self._pictures.get(row.symbol)
        if kept is not None and kept[0] == key:
            return kept[1]
        values = [(close - low) / spread for close in (*row.closes, newest)]
        picture = _drawn(values, area, color, ratio)
        self.drawn += 1
        if len(self._pictures) >= _KEPT_MAX:
            self._pictures.clear()
        self._pictures[row.symbol] = (key, picture)
        return picture


def _drawn(values: Sequence[float], area: QRectF, color: str, ratio: float) -> QPixmap:
    """Draw values between 0 and 1 from left to right, the first one's height as a faint dotted line."""
    width, height = area.width(), area.height()
    picture = QPixmap(round(width * ratio), round(height * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    step, room = (width - _LINE_PX) / (len(values) - 1), height - _LINE_PX
    points = [
        QPointF(_LINE_PX / 2 + place * step, _LINE_PX / 2 + (1 - value) * room) for place, value in enumerate(values)
    ]
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(active_tokens().border_strong), 1, Qt.PenStyle.DotLine))
    painter.drawLine(QPointF(0, points[0].y()), QPointF(width, points[0].y()))
    painter.setPen(QPen(QColor(color), _LINE_PX, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawPolyline(QPolygonF(points))
    painter.end()
    return picture
