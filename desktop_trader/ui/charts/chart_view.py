"""The candle chart as one widget: candles, volume, fills, levels, crosshair, read-out, mouse and keys.

It takes plain rows and markers of floats and knows no message, account or engine. Importing this module imports
numpy and pyqtgraph, so the window does it after its first paint. GUI thread only.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QPushButton, QToolTip, QVBoxLayout, QWidget

from desktop_trader.ui.charts.candlestick_item import CandlestickItem, VolumeItem
from desktop_trader.ui.charts.chart_data import CandleRow, CandleSeries, FillMarker, FloatArray, IntArray, PriceLevel
from desktop_trader.ui.charts.chart_readout import readout_html
from desktop_trader.ui.charts.chart_view_box import ChartViewBox
from desktop_trader.ui.charts.chart_viewport import ChartViewport
from desktop_trader.ui.charts.fill_markers import FillMarkersItem
from desktop_trader.ui.charts.price_axis import PriceAxis, PriceTag
from desktop_trader.ui.charts.price_lines import CrosshairItem, PriceLinesItem, level_color
from desktop_trader.ui.charts.time_axis import TimeAxis
from desktop_trader.ui.theme import active_tokens, ui_font

_ZOOM_KEY = 0.8
_PAN_KEY_SHARE = 0.1
_READOUT_LEFT_PX = 10
_READOUT_TOP_PX = 8
_TIME_AXIS_PX = 24


class ChartView(QWidget):
    """Keys while it has the focus: + and - zoom, Left and Right pan, Home and End go to the ends, A fits the prices."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tokens = active_tokens()
        self._series = CandleSeries()
        self._title = ""
        self._levels: tuple[PriceLevel, ...] = ()
        self._last_price: float | None = None
        self._pointer: QPointF | None = None
        self._build_plot()
        self._build_overlays()
        self._viewport = ChartViewport(self._box, self._series, self)
        self._viewport.following_changed.connect(self._on_following_changed)
        self._latest.clicked.connect(self._viewport.show_latest)
        self._box.sigResized.connect(self._place_overlays)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setObjectName("chart-view")
        self.setAccessibleName("Candle chart")
        self._dress()

    def set_title(self, title: str) -> None:
        """Name what is shown, such as `BTC/USDT · 1h`."""
        self._title = title
        self._refresh_readout()

    def set_price_decimals(self, decimals: int) -> None:
        """Take the decimals of the instrument's tick."""
        self._price_axis.set_decimals(decimals)
        self._refresh()

    def set_candles(self, rows: Sequence[CandleRow]) -> None:
        """Show these bars, oldest first, and go to the newest one."""
        self._series.replace(rows)
        self._on_series_replaced()

    def set_candle_arrays(self, times: IntArray, values: FloatArray) -> None:
        """Like `set_candles`, from opening times and a 5 x n array of open, high, low, close, volume."""
        self._series.replace_arrays(times, values)
        self._on_series_replaced()

    def update_candle(self, row: CandleRow) -> None:
        """Update the bar that is still forming, or append the next one."""
        if self._series.upsert(row):
            self._markers.series_changed()
            self._time_axis.series_changed()
        self._last_price = row.close
        self._viewport.series_updated()
        self._refresh()

    def set_last_price(self, price: float) -> None:
        """Move the line of the last price without touching the candles."""
        self._last_price = price
        self._refresh_tags()

    def set_fills(self, markers: Sequence[FillMarker]) -> None:
        """Replace the marked fills."""
        self._markers.set_markers(markers)

    def set_levels(self, levels: Sequence[PriceLevel]) -> None:
        """Replace the horizontal lines of entries, stops, targets and orders."""
        self._levels = tuple(levels)
        self._lines.set_levels(self._levels)
        self._refresh_tags()

    def set_empty_text(self, text: str) -> None:
        """What to say in the middle while there are no candles."""
        self._empty.setText(text)
        self._place_overlays()

    @property
    def viewport(self) -> ChartViewport:
        """Zoom, pan and following, for menus and shortcuts outside."""
        return self._viewport

    def keyPressEvent(self, event: QKeyEvent) -> None:
        view = self._viewport
        step = view.visible_bar_count() * _PAN_KEY_SHARE
        actions = {
            Qt.Key.Key_Plus: lambda: view.zoom_time(_ZOOM_KEY),
            Qt.Key.Key_Equal: lambda: view.zoom_time(_ZOOM_KEY),
            Qt.Key.Key_Minus: lambda: view.zoom_time(1 / _ZOOM_KEY),
            Qt.Key.Key_Left: lambda: view.pan(-step),
            Qt.Key.Key_Right: lambda: view.pan(step),
            Qt.Key.Key_Home: view.show_oldest,
            Qt.Key.Key_End: view.show_latest,
            Qt.Key.Key_A: view.autoscale,
        }
        action = actions.get(Qt.Key(event.key()))
        if action is None or event.modifiers() & ~(
            Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier
        ):
            super().keyPressEvent(event)
            return
        action()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange) and self._tokens is not active_tokens():
            self._dress()
        super().changeEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_overlays()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Leave:
            self._point_at(None)
        return False

    def _build_plot(self) -> None:
        self._box = ChartViewBox()
        self._time_axis = TimeAxis(self._series, self._tokens)
        self._price_axis = PriceAxis()
        axes = {"bottom": self._time_axis, "right": self._price_axis}
        self._plot = pg.PlotWidget(self, viewBox=self._box, axisItems=axes)
        self._plot.hideAxis("left")
        self._plot.showAxis("right")
        self._plot.hideButtons()
        self._plot.setMenuEnabled(False)
        self._plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._plot.setFrameShape(pg.PlotWidget.Shape.NoFrame)
        self._plot.viewport().setCursor(Qt.CursorShape.CrossCursor)
        self._plot.viewport().installEventFilter(self)
        self._plot.scene().sigMouseMoved.connect(self._point_at)
        self._time_axis.setHeight(_TIME_AXIS_PX)
        self._volume = VolumeItem(self._series, self._tokens)
        self._candles = CandlestickItem(self._series, self._tokens)
        self._lines = PriceLinesItem(self._tokens)
        self._markers = FillMarkersItem(self._series, self._tokens)
        self._crosshair = CrosshairItem(self._tokens)
        for item in (self._volume, self._candles, self._lines, self._markers, self._crosshair):
            self._box.addItem(item, ignoreBounds=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._plot)

    def _build_overlays(self) -> None:
        self._readout = QLabel(self._plot)
        self._readout.setObjectName("chart-readout")
        self._readout.setTextFormat(Qt.TextFormat.RichText)
        self._empty = QLabel("No candles yet.", self._plot)
        self._empty.setObjectName("chart-empty")
        self._empty.setProperty("tone", "muted")
        for label in (self._readout, self._empty):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._latest = QPushButton("→ latest", self._plot)
        self._latest.setObjectName("chart-latest-btn")
        self._latest.setAccessibleName("Go to the latest candle")
        self._latest.setProperty("look", "pill")
        self._latest.hide()

    def _dress(self) -> None:
        self._tokens = tokens = active_tokens()
        self._plot.setBackground(tokens.background)
        for item in (self._volume, self._candles, self._lines, self._markers, self._crosshair, self._time_axis):
            item.set_tokens(tokens)
        for axis in (self._time_axis, self._price_axis):
            axis.setTickFont(ui_font(11))
            axis.setPen(pg.mkPen(tokens.border))
            axis.setTextPen(pg.mkPen(tokens.text_muted))
            axis.setTickPen(pg.mkPen(tokens.grid))
            axis.setStyle(tickLength=0, maxTickLevel=0, tickTextOffset=6)
            axis.setGrid(255)
            axis.setZValue(-10)
        self._refresh()

    def _on_series_replaced(self) -> None:
        self._last_price = self._series.row(len(self._series) - 1).close if len(self._series) else None
        self._markers.series_changed()
        self._time_axis.series_changed()
        self._viewport.series_replaced()
        self._refresh()

    def _on_following_changed(self, is_following: bool) -> None:
        self._latest.setVisible(not is_following and len(self._series) > 0)

    def _refresh(self) -> None:
        self._candles.series_changed()
        self._volume.series_changed()
        self._refresh_tags()
        self._refresh_readout()

    def _refresh_tags(self) -> None:
        tokens = self._tokens
        tags = [
            PriceTag(price=level.price, fill=level_color(level.kind, tokens), ink=tokens.background)
            for level in self._levels
        ]
        if self._last_price is not None:
            last = self._series.row(len(self._series) - 1) if len(self._series) else None
            is_up = last is None or self._last_price >= last.open
            self._lines.set_last_price(self._last_price, is_up=is_up)
            fill = tokens.buy if is_up else tokens.sell
            tags.append(PriceTag(price=self._last_price, fill=fill, ink=tokens.on_trade))
            self._price_axis.fit_width([*self._box.viewRange()[1], self._last_price])
        if self._pointer is not None:
            tags.append(PriceTag(price=self._pointer.y(), fill=tokens.tag, ink=tokens.on_tag))
        self._price_axis.set_tags(tags)

    def _refresh_readout(self) -> None:
        count = len(self._series)
        self._empty.setVisible(count == 0)
        index = min(max(0, round(self._pointer.x())), count - 1) if self._pointer is not None else count - 1
        row = self._series.row(index) if count else None
        before = self._series.row(index - 1).close if count and index > 0 else None
        html = readout_html(self._title, row, before, tokens=self._tokens, price_text=self._price_axis.price_text)
        if html != self._readout.text():
            self._readout.setText(html)
            self._place_overlays()

    def _point_at(self, place: QPointF | None) -> None:
        """Move the crosshair to a place of the scene, or take it away; the line snaps to the bar."""
        is_inside = place is not None and self._box.sceneBoundingRect().contains(place) and len(self._series) > 0
        if place is None or not is_inside:
            self._pointer = None
            self._time_axis.set_tag(None)
        else:
            there = self._box.mapSceneToView(place)
            index = min(max(0, round(there.x())), len(self._series) - 1)
            self._pointer = QPointF(index, there.y())
            self._time_axis.set_tag(index)
            self._show_fill_text(place)
        self._crosshair.set_place(self._pointer)
        self._refresh_tags()
        self._refresh_readout()

    def _show_fill_text(self, place: QPointF) -> None:
        at = self._plot.mapFromScene(place)
        text = self._markers.texts_near(QPointF(at))
        if text:
            QToolTip.showText(self._plot.mapToGlobal(at), text, self._plot)
        elif QToolTip.isVisible():
            QToolTip.hideText()

    def _place_overlays(self) -> None:
        area = self._box.sceneBoundingRect()
        self._readout.adjustSize()
        self._readout.move(int(area.left()) + _READOUT_LEFT_PX, int(area.top()) + _READOUT_TOP_PX)
        self._empty.adjustSize()
        self._empty.move((area.center() - QPointF(self._empty.rect().center())).toPoint())
        self._latest.adjustSize()
        corner = area.bottomRight() - QPointF(self._latest.width() + 12, self._latest.height() + 12)
        self._latest.move(corner.toPoint())
