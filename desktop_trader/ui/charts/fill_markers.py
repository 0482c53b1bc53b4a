"""Where orders were filled: ▲ below the bar for a buy, ▼ above it for a sell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from desktop_trader.ui.charts.chart_data import CandleSeries, FillMarker, FillSide
from desktop_trader.ui.charts.chart_item import ChartItem
from desktop_trader.ui.charts.pixel_grid import PixelGrid
from desktop_trader.ui.color_tokens import ColorTokens

_HALF_WIDTH_PX = 5.0
_HEIGHT_PX = 8.0
_DISTANCE_PX = 5.0
_STACK_PX = 10.0
_HIT_PX = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """A marker where it was painted last, in logical pixels of the view."""

    center: QPointF
    marker: FillMarker


class FillMarkersItem(ChartItem):
    """Paints the markers in view, several at one bar stacked away from it, and finds the one under the pointer."""

    def __init__(self, series: CandleSeries, tokens: ColorTokens) -> None:
        super().__init__(tokens)
        self._series = series
        self._by_index: dict[int, list[FillMarker]] = {}
        self._markers: tuple[FillMarker, ...] = ()
        self._placed: list[_Placed] = []

    def set_markers(self, markers: Sequence[FillMarker]) -> None:
        """Replace the markers."""
        self._markers = tuple(markers)
        self.series_changed()

    def series_changed(self) -> None:
        """Find the bars of the markers again after bars were added or replaced."""
        self._by_index = {}
        for marker in self._markers:
            index = self._series.index_at(marker.at)
            if index is not None:
                self._by_index.setdefault(index, []).append(marker)
        self.update()

    def texts_near(self, place: QPointF) -> str:
        """What the markers within a few pixels of a place of the view say, a line each; empty when there are none."""
        near = [
            placed.marker.text for placed in self._placed if (placed.center - place).manhattanLength() <= 2 * _HIT_PX
        ]
        return "\n".join(near)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        self._placed = []
        if not self._by_index:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        view = self.view_area()
        grid = PixelGrid(painter)
        visible = self._series.visible(view.left(), view.right())
        for index in self._indices_between(visible.first, visible.last):
            for side in FillSide:
                markers = [marker for marker in self._by_index[index] if marker.side is side]
                self._paint_stack(painter, grid, index, markers)
        painter.restore()

    def _indices_between(self, first: int, last: int) -> Iterable[int]:
        # Whichever is the smaller set is walked, so that neither a long history nor a wide view is slow.
        if last - first < len(self._by_index):
            return (index for index in range(first, last) if index in self._by_index)
        return (index for index in self._by_index if first <= index < last)

    def _paint_stack(self, painter: QPainter, grid: PixelGrid, index: int, markers: list[FillMarker]) -> None:
        x = grid.x(index) + grid.pixel / 2
        for place, marker in enumerate(markers):
            is_buy = marker.side is FillSide.BUY
            edge = grid.y(float(self._series.low[index] if is_buy else self._series.high[index]))
            away = 1.0 if is_buy else -1.0
            tip = edge + away * (_DISTANCE_PX + place * _STACK_PX)
            foot = tip + away * _HEIGHT_PX
            triangle = QPolygonF(
                [QPointF(x, tip), QPointF(x - _HALF_WIDTH_PX, foot), QPointF(x + _HALF_WIDTH_PX, foot)]
            )
            # An outline in the background's color keeps the marker apart from candles and lines behind it.
            painter.setPen(QPen(QColor(self._tokens.background), 1.0, Qt.PenStyle.SolidLine))
            painter.setBrush(QColor(self._tokens.pnl if is_buy else self._tokens.warning))
            painter.drawPolygon(triangle)
            self._placed.append(_Placed(center=QPointF(x, (tip + foot) / 2), marker=marker))
