"""The drawn part of the chart: axes, candles, volume, fills, levels and the crosshair, put together."""

from __future__ import annotations

from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QToolTip, QWidget

from desktop_trader.ui.charts.candlestick_item import CandlestickItem, VolumeItem
from desktop_trader.ui.charts.chart_data import CandleSeries, FillMarker, PriceLevel
from desktop_trader.ui.charts.chart_view_box import ChartViewBox
from desktop_trader.ui.charts.fill_markers import FillMarkersItem
from desktop_trader.ui.charts.level_lines import LevelGrip
from desktop_trader.ui.charts.outage_bands import OutageBandsItem
from desktop_trader.ui.charts.price_axis import PriceAxis, PriceTag
from desktop_trader.ui.charts.price_lines import CrosshairItem, PriceLinesItem, level_color
from desktop_trader.ui.charts.time_axis import TimeAxis
from desktop_trader.ui.color_tokens import ColorTokens
from desktop_trader.ui.theme import ui_font

_TIME_AXIS_PADDING_PX = 11
_AXIS_FONT_PX = 11


class ChartPlot(pg.PlotWidget):  # type: ignore[misc]
    """Draws a series that somebody else owns and says which bar the pointer is at.

    Signal: `pointed(index)`, None when the pointer is over no bar.
    """

    pointed = Signal(object)

    def __init__(self, series: CandleSeries, tokens: ColorTokens, parent: QWidget | None = None) -> None:
        self.box = ChartViewBox()
        self.price_axis = PriceAxis()
        self.time_axis = TimeAxis(series, tokens)
        super().__init__(parent, viewBox=self.box, axisItems={"bottom": self.time_axis, "right": self.price_axis})
        self._series = series
        self._tokens = tokens
        self._levels: tuple[PriceLevel, ...] = ()
        self._last_price: float | None = None
        self._is_price_stale = False
        self._pointer: QPointF | None = None
        self.outages = OutageBandsItem(series, tokens)
        self._volume = VolumeItem(series, tokens)
        self._candles = CandlestickItem(series, tokens)
        self._lines = PriceLinesItem(tokens)
        self.markers = FillMarkersItem(series, tokens)
        self._crosshair = CrosshairItem(tokens)
        for item in (self.outages, self._volume, self._candles, self._lines, self.markers, self._crosshair):
            self.box.addItem(item, ignoreBounds=True)
        self.hideAxis("left")
        self.showAxis("right")
        self.hideButtons()
        self.setMenuEnabled(False)
        self._name_hidden_menu()
        # Keys belong to the chart view around this one.
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFrameShape(self.Shape.NoFrame)
        self.viewport().setCursor(Qt.CursorShape.CrossCursor)
        self.grip = LevelGrip(self.box, self._lines, self)
        self.scene().sigMouseMoved.connect(self.point_at)
        self.set_tokens(tokens)

    def set_tokens(self, tokens: ColorTokens) -> None:
        """Take the colors of another theme, and the font in its present size."""
        self._tokens = tokens
        self.setBackground(tokens.background)
        drawn = (self.outages, self._volume, self._candles, self._lines, self.markers, self._crosshair)
        for item in (*drawn, self.time_axis):
            item.set_tokens(tokens)
        font = ui_font(_AXIS_FONT_PX)
        self.time_axis.setHeight(QFontMetrics(font).height() + _TIME_AXIS_PADDING_PX)
        for axis in (self.time_axis, self.price_axis):
            axis.setTickFont(font)
            axis.setPen(pg.mkPen(tokens.border))
            axis.setTextPen(pg.mkPen(tokens.text_muted))
            axis.setTickPen(pg.mkPen(tokens.grid))
            axis.setStyle(tickLength=0, maxTickLevel=0, tickTextOffset=6)
            axis.setGrid(255)
            axis.setZValue(-10)
        self.refresh_prices()

    def series_changed(self, *, has_new_bars: bool) -> None:
        """Draw again after the last bar changed, or after bars were added or replaced."""
        if has_new_bars:
            self.markers.series_changed()
            self.time_axis.series_changed()
        self._candles.series_changed()
        self._volume.series_changed()
        self.outages.update()
        self.refresh_prices()

    def set_levels(self, levels: Sequence[PriceLevel]) -> None:
        """Replace the horizontal lines."""
        self._levels = tuple(levels)
        self._lines.set_levels(self._levels)
        self.grip.set_levels(self._levels)
        self.refresh_prices()

    def set_fills(self, markers: Sequence[FillMarker]) -> None:
        """Replace the marked fills."""
        self.markers.set_markers(markers)

    def set_last_price(self, price: float | None) -> None:
        """Move the line of the last price; None takes it away."""
        self._last_price = price
        self.refresh_prices()

    def set_price_stale(self, is_stale: bool) -> None:
        """Gray the last price while it is too old to be believed."""
        if is_stale != self._is_price_stale:
            self._is_price_stale = is_stale
            self.refresh_prices()

    def area(self) -> QRectF:
        """Where candles are drawn, without the axes, in pixels of this widget."""
        return QRectF(self.box.sceneBoundingRect())

    def point_at(self, place: QPointF | None) -> None:
        """Put the crosshair at a place of the scene, its upright line at the nearest bar; None hides it."""
        index = None
        self._pointer = None
        if place is not None and len(self._series) and self.area().contains(place):
            there = self.box.mapSceneToView(place)
            index = min(max(0, round(there.x())), len(self._series) - 1)
            self._pointer = QPointF(index, there.y())
            self._show_text(place)
        self.viewport().setCursor(self._cursor_at(place))
        self.time_axis.set_tag(index)
        self._crosshair.set_place(self._pointer)
        self.refresh_prices()
        self.pointed.emit(index)

    def _cursor_at(self, place: QPointF | None) -> Qt.CursorShape:
        if place is not None and self.grip.is_at_mark(place):
            return Qt.CursorShape.PointingHandCursor
        is_over_line = place is not None and bool(self.grip.key_at(place))
        return Qt.CursorShape.SizeVerCursor if is_over_line else Qt.CursorShape.CrossCursor

    def leaveEvent(self, event: QEvent) -> None:
        self.point_at(None)
        super().leaveEvent(event)

    def refresh_prices(self) -> None:
        """Draw the last price's line and all tags of the price axis again."""
        tokens = self._tokens
        tags = [
            PriceTag(price=level.price, fill=level_color(level.kind, tokens), ink=tokens.background)
            for level in self._levels
        ]
        last = self._series.row(len(self._series) - 1) if len(self._series) else None
        is_up = last is None or self._last_price is None or self._last_price >= last.open
        self._lines.set_last_price(self._last_price, is_up=is_up, is_stale=self._is_price_stale)
        if self._last_price is not None:
            fill, ink = tokens.buy if is_up else tokens.sell, tokens.on_trade
            if self._is_price_stale:
                fill, ink = tokens.tag, tokens.on_tag
            tags.append(PriceTag(price=self._last_price, fill=fill, ink=ink))
            self.price_axis.fit_width([*self.box.viewRange()[1], self._last_price])
        if self._pointer is not None:
            tags.append(PriceTag(price=self._pointer.y(), fill=tokens.tag, ink=tokens.on_tag, floats=True))
        self.price_axis.set_tags(tags)

    def _name_hidden_menu(self) -> None:
        """The library builds a menu even when it is switched off; its controls must not be nameless to a reader."""
        menu = self.getPlotItem().ctrlMenu
        for place, part in enumerate([menu, *menu.findChildren(QWidget)]):
            part.setObjectName(part.objectName() or f"plot-hidden-{place}")
            part.setAccessibleName(part.accessibleName() or "Plot option, not in use")

    def _show_text(self, place: QPointF) -> None:
        at = self.mapFromScene(place)
        text = self.markers.texts_near(QPointF(at)) or self.outages.text_at(self.box.mapSceneToView(place).x())
        if text:
            QToolTip.showText(self.mapToGlobal(at), text, self)
        elif QToolTip.isVisible():
            QToolTip.hideText()
