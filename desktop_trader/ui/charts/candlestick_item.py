"""Candles and volume: only what is in view is drawn, in as much detail as the pixels allow.

Rising candles are hollow and falling ones filled when the body is wide enough, so that direction does not rest on
color alone. Both items read the series they were given at every paint; `series_changed` says that it moved.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pyqtgraph.Qt.internals import PrimitiveArray
from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from desktop_trader.ui.charts.chart_data import CandleSeries, FloatArray, VisibleBars
from desktop_trader.ui.charts.chart_item import ChartItem, thin_pen
from desktop_trader.ui.charts.pixel_grid import PixelGrid
from desktop_trader.ui.color_tokens import ColorTokens

_BODY_SHARE = 0.72
_BODY_PX_MIN = 3.0
_HOLLOW_PX_MIN = 4.0
_GAP_PX_MIN = 4.0
_VOLUME_SHARE = 0.16
_VOLUME_ALPHA = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bars:
    """The bars of one paint: at most about one for each pixel column."""

    index: FloatArray
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    volume: FloatArray

    @property
    def is_up(self) -> NDArray[np.bool_]:
        return self.close >= self.open


class _SeriesItem(ChartItem):
    """What candles and volume share: the series and its bars in view."""

    def __init__(self, series: CandleSeries, tokens: ColorTokens) -> None:
        super().__init__(tokens)
        self._series = series

    def series_changed(self) -> None:
        """Paint again after the series grew, changed its last bar or was replaced."""
        self.update()

    def _bars_in_view(self, grid: PixelGrid) -> tuple[VisibleBars, _Bars | None]:
        view = self.view_area()
        bars = self._series.visible(view.left(), view.right())
        if bars.is_empty():
            return bars, None
        return bars, _thinned(self._series, bars, per_column=1.0 / max(1e-9, grid.bar_width))


class CandlestickItem(_SeriesItem):
    """The candles, and a thin dotted line where time is missing between two of them."""

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        grid = PixelGrid(painter)
        visible, bars = self._bars_in_view(grid)
        if bars is not None:
            if grid.bar_width >= _GAP_PX_MIN:
                self._paint_gaps(painter, grid, visible)
            for is_up in (True, False):
                self._paint_side(painter, grid, bars, is_up=is_up)
        painter.restore()

    def _paint_gaps(self, painter: QPainter, grid: PixelGrid, visible: VisibleBars) -> None:
        gaps = self._series.gap_indices(visible)
        if not len(gaps):
            return
        area = grid.rect(self.view_area())
        painter.setPen(thin_pen(self._tokens.border_strong, [2.0, 3.0]))
        lines = np.empty((len(gaps), 4))
        lines[:, 0] = lines[:, 2] = grid.xs(gaps.astype(np.float64) - 0.5)
        lines[:, 1], lines[:, 3] = area.top(), area.bottom()
        _draw_lines(painter, lines)

    def _paint_side(self, painter: QPainter, grid: PixelGrid, bars: _Bars, *, is_up: bool) -> None:
        chosen = bars.is_up if is_up else ~bars.is_up
        if not chosen.any():
            return
        color = QColor(self._tokens.up if is_up else self._tokens.down)
        x = grid.xs(bars.index[chosen])
        top, bottom = grid.ys(bars.high[chosen]), grid.ys(bars.low[chosen])
        width = grid.body_width(_BODY_SHARE)
        body_top = grid.ys(np.maximum(bars.open[chosen], bars.close[chosen]))
        body_bottom = grid.ys(np.minimum(bars.open[chosen], bars.close[chosen]))
        # Wicks are filled rectangles too: a pen would straddle two pixels at some scales.
        pixel = grid.pixel
        wick = grid.line if grid.bar_width >= _BODY_PX_MIN else pixel
        _fill(painter, color, _rects(x, top, wick, bottom - top + pixel))
        if width < _BODY_PX_MIN:
            return
        left = x - (width - wick) / 2
        _fill(painter, color, _rects(left, body_top, width, body_bottom - body_top + pixel))
        if is_up and width >= _HOLLOW_PX_MIN:
            inner = body_bottom - body_top + pixel - 2 * wick
            is_open = inner > 0
            hollow = _rects(left[is_open] + wick, body_top[is_open] + wick, width - 2 * wick, inner[is_open])
            _fill(painter, QColor(self._tokens.background), hollow)


class VolumeItem(_SeriesItem):
    """Volume as pale columns along the bottom of the same view, scaled to the largest one in view."""

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        grid = PixelGrid(painter)
        _, bars = self._bars_in_view(grid)
        largest = float(bars.volume.max()) if bars is not None else 0.0
        if bars is not None and largest > 0.0:
            area = grid.rect(self.view_area())
            height = np.round(bars.volume / largest * area.height() * _VOLUME_SHARE * grid.ratio) / grid.ratio
            width = grid.body_width(_BODY_SHARE)
            left = grid.xs(bars.index) - max(0.0, width - grid.line) / 2
            for is_up in (True, False):
                chosen = bars.is_up if is_up else ~bars.is_up
                color = QColor(self._tokens.up if is_up else self._tokens.down)
                color.setAlpha(_VOLUME_ALPHA)
                _fill(painter, color, _rects(left[chosen], area.bottom() - height[chosen], width, height[chosen]))
        painter.restore()


def _thinned(series: CandleSeries, bars: VisibleBars, *, per_column: float) -> _Bars:
    """The visible bars, merged to one a pixel column when more than two of them share a pixel."""
    cut = slice(bars.first, bars.last)
    index = np.arange(bars.first, bars.last, dtype=np.float64)
    opening, high, low, close = series.open[cut], series.high[cut], series.low[cut], series.close[cut]
    volume = series.volume[cut]
    if per_column <= 2.0:
        return _Bars(index=index, open=opening, high=high, low=low, close=close, volume=volume)
    group = int(per_column)
    # Groups start at multiples of their size, so that the picture does not shimmer while it is panned.
    starts = np.unique(np.maximum(0, np.arange(bars.first - bars.first % group, bars.last, group) - bars.first))
    ends = np.append(starts[1:], len(index)) - 1
    return _Bars(
        index=index[starts],
        open=opening[starts],
        high=np.maximum.reduceat(high, starts),
        low=np.minimum.reduceat(low, starts),
        close=close[ends],
        volume=np.maximum.reduceat(volume, starts),
    )


def _rects(left: FloatArray, top: FloatArray, width: float, height: FloatArray) -> FloatArray:
    rects = np.empty((len(left), 4))
    rects[:, 0], rects[:, 1], rects[:, 2], rects[:, 3] = left, top, width, height
    return rects


def _fill(painter: QPainter, color: QColor, rects: FloatArray) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QBrush(color))
    store = PrimitiveArray(QRectF, 4)
    store.resize(len(rects))
    store.ndarray()[:] = rects
    painter.drawRects(*store.drawargs())


def _draw_lines(painter: QPainter, lines: FloatArray) -> None:
    store = PrimitiveArray(QLineF, 4)
    store.resize(len(lines))
    store.ndarray()[:] = lines
    painter.drawLines(*store.drawargs())
