"""The price axis at the right: grouped prices, and colored tags for the last price, levels and the crosshair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

_TAG_PADDING_PX = 4.0
_PADDING_PX = 18.0
_LABEL_SPACING_LINES = 3.6


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceTag:
    """A price on the axis in a filled box. The last tag pushes the others aside; one that `floats` covers them."""

    price: float
    fill: str
    ink: str
    floats: bool = False


class PriceAxis(pg.AxisItem):  # type: ignore[misc]
    """Writes prices with the decimals of the instrument's tick and keeps its width, so that the chart never jumps."""

    def __init__(self) -> None:
        super().__init__(orientation="right")
        self._decimals = 2
        self._tags: tuple[PriceTag, ...] = ()
        self._fitted_width = 0.0

    def set_decimals(self, decimals: int) -> None:
        """Take the decimals of another instrument's tick."""
        self._decimals = decimals
        self.picture = None
        self.update()

    def set_tags(self, tags: Sequence[PriceTag]) -> None:
        """Replace the tags; equal ones cost no repaint."""
        if tuple(tags) != self._tags:
            self._tags = tuple(tags)
            self.update()

    def price_text(self, price: float) -> str:
        """A price as the axis writes it."""
        return f"{price:,.{self._decimals}f}"

    def fit_width(self, prices: Sequence[float]) -> None:
        """Make room for the widest of some prices, in the font's present size."""
        widest = max((self.price_text(price) for price in prices), key=len, default="")
        metrics = QFontMetricsF(self.style["tickFont"] or self.font())
        width = metrics.horizontalAdvance("0" * len(widest)) + _PADDING_PX
        if width != self._fitted_width:
            self._fitted_width = width
            self.setWidth(width)

    def tickSpacing(self, minimum: float, maximum: float, size: float) -> list[tuple[float, float]]:
        labels = max(2.0, size / (self._line_height() * _LABEL_SPACING_LINES))
        wanted = max((maximum - minimum) / labels, 10.0**-self._decimals)
        magnitude = 10.0 ** _floor_log10(wanted)
        step = next(factor * magnitude for factor in (1.0, 2.0, 2.5, 5.0, 10.0) if factor * magnitude >= wanted * 0.999)
        return [(step, 0.0)]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        return [self.price_text(value) for value in values]

    def mouseClickEvent(self, event: Any) -> None:
        if event.double():
            self.linkedView().price_reset_requested.emit()
            event.accept()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        super().paint(painter, option, widget)
        view = self.linkedView()
        if view is None or not self._tags:
            return
        painter.setFont(self.style["tickFont"] or self.font())
        height, tag_height = self.size().height(), self._line_height() + _TAG_PADDING_PX
        middles = [self.mapFromItem(view, view.mapFromView(QPointF(0.0, tag.price))).y() for tag in self._tags]
        seen = [(tag, y) for tag, y in zip(self._tags, middles, strict=True) if 0.0 <= y <= height]
        wanted = [y - tag_height / 2 for _, y in seen]
        fixed = spread_tops(
            [top for (tag, _), top in zip(seen, wanted, strict=True) if not tag.floats], tag_height, height
        )
        floating = [
            min(max(0.0, top), height - tag_height) for (tag, _), top in zip(seen, wanted, strict=True) if tag.floats
        ]
        for (tag, _), top in zip(seen, [*fixed, *floating], strict=True):
            rect = QRectF(1.0, top, self.size().width() - 2.0, tag_height)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tag.fill))
            painter.drawRoundedRect(rect, 2, 2)
            painter.setPen(QColor(tag.ink))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self.price_text(tag.price))

    def _line_height(self) -> float:
        return QFontMetricsF(self.style["tickFont"] or self.font()).height()


def spread_tops(wanted: Sequence[float], tag_height: float, height: float) -> list[float]:
    """Return where boxes start so that none covers another and all keep their order from top to bottom.

    The last one stays where it belongs, or as near as the others leave it room, and the others make way on their own
    side of it. Of two at one place the earlier is the upper. Where the axis is too low for all, they share it evenly.
    """
    count = len(wanted)
    order = sorted(range(count), key=lambda place: wanted[place])
    step = min(tag_height, max(0.0, height - tag_height) / (count - 1)) if count > 1 else tag_height
    tops = list(wanted)
    if not count:
        return tops
    # Each has so many above and below it, which all need their room.
    places = {place: rank for rank, place in enumerate(order)}
    lowest = max(0.0, height - tag_height)
    fixed = places[count - 1]
    tops[count - 1] = min(max(wanted[count - 1], fixed * step), lowest - (count - 1 - fixed) * step)
    limit = tops[count - 1]
    for rank in range(fixed - 1, -1, -1):
        limit = tops[order[rank]] = max(min(wanted[order[rank]], limit - step), rank * step)
    limit = tops[count - 1]
    for rank in range(fixed + 1, count):
        limit = tops[order[rank]] = min(max(wanted[order[rank]], limit + step), lowest - (count - 1 - rank) * step)
    return tops


def _floor_log10(value: float) -> int:
    # The exponent of the decimal notation; math.log10 is a rounding error below the whole number for some powers.
    return int(f"{value:e}".partition("e")[2])
