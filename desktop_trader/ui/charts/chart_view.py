"""The candle chart as one widget: the plot, its read-out and pill button, keys and the theme.

It takes plain rows and markers of floats and knows no message, account or engine. Importing this module imports
numpy and pyqtgraph, so the window does it after its first paint. GUI thread only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop_trader.ui.charts.chart_data import (
    CandleRow,
    CandleSeries,
    FillMarker,
    FloatArray,
    IntArray,
    PriceLevel,
    utc_text,
)
from desktop_trader.ui.charts.chart_overlays import ChartOverlays
from desktop_trader.ui.charts.chart_plot import ChartPlot
from desktop_trader.ui.charts.chart_readout import readout_htmls
from desktop_trader.ui.charts.chart_viewport import ChartViewport
from desktop_trader.ui.charts.outage_bands import OutageSpan
from desktop_trader.ui.theme import active_tokens

_ZOOM_KEY = 0.8
_PAN_KEY_SHARE = 0.1


class ChartView(QWidget):
    """Keys while it has the focus: + and - zoom, Left and Right pan, Home and End go to the ends, A fits the prices.

    `menu_requested(price, place)` comes of a right click or the menu key, with the place on the screen. `overlays` is
    what lies over the candles, `grip` has the lines that can be dragged.
    """

    menu_requested = Signal(float, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tokens = active_tokens()
        self._series = CandleSeries()
        self._title = ""
        self._pointed_index: int | None = None
        self._plot = ChartPlot(self._series, self._tokens, self)
        self._viewport = ChartViewport(self._plot.box, self._series, self)
        self._over = self.overlays = ChartOverlays(self._plot)
        self.grip = self._plot.grip
        self.grip.sought.connect(self._viewport.include_price)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._plot)
        self._viewport.following_changed.connect(self._on_following_changed)
        self._over.latest.clicked.connect(self._viewport.show_latest)
        self._plot.pointed.connect(self._on_pointed)
        self._plot.box.menu_requested.connect(self.menu_requested)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setObjectName("chart-view")
        self.setAccessibleName("Candle chart")
        self._refresh_readout()

    def set_title(self, title: str) -> None:
        """Name what is shown, such as `BTC/USDT · 1h`."""
        self._title = title
        self._refresh_readout()

    def set_price_decimals(self, decimals: int) -> None:
        """Take the decimals of the instrument's tick."""
        self._plot.price_axis.set_decimals(decimals)
        self._plot.refresh_prices()
        self._refresh_readout()

    def set_candles(self, rows: Sequence[CandleRow], *, keeps_view: bool = False) -> None:
        """Show these bars, oldest first, and go to the newest one.

        With `keeps_view` they are of the same series: bars before and after them and the person's view stay.
        """
        self._series.replace(rows, keeps_others=keeps_view)
        self._on_series_replaced(keeps_view=keeps_view)

    def set_candle_arrays(self, times: IntArray, values: FloatArray) -> None:
        """Like `set_candles`, from opening times and a 5 x n array of open, high, low, close, volume."""
        self._series.replace_arrays(times, values)
        self._on_series_replaced()

    def prepend_candles(self, times: IntArray, values: FloatArray) -> None:
        """Put older bars (as `set_candle_arrays` takes them) before those there are; what is in view stays in view."""
        added = self._series.prepend_arrays(times, values)
        self._viewport.series_grew_left(added)
        self._plot.series_changed(has_new_bars=True)
        self._plot.point_at(None)
        self.setAccessibleDescription(_described(self._title, self._series, self._plot.price_axis.price_text))

    @property
    def series(self) -> CandleSeries:
        """The bars drawn; nobody else changes them."""
        return self._series

    def update_candle(self, row: CandleRow) -> None:
        """Update the bar that is still forming, or append the next one; older rows are ignored."""
        is_new = self._series.upsert(row)
        self._viewport.series_updated()
        self._plot.set_last_price(float(self._series.close[-1]))
        self._plot.series_changed(has_new_bars=is_new)
        self._refresh_readout()
        if is_new:
            self.setAccessibleDescription(_described(self._title, self._series, self._plot.price_axis.price_text))

    def set_fills(self, markers: Sequence[FillMarker]) -> None:
        """Replace the marked fills."""
        self._plot.set_fills(markers)

    def set_levels(self, levels: Sequence[PriceLevel]) -> None:
        """Replace the horizontal lines of entries, stops, targets and orders."""
        self._plot.set_levels(levels)

    def set_outages(self, spans: Sequence[OutageSpan]) -> None:
        """Replace the bands of time in which nothing traded."""
        self._plot.outages.set_spans(spans)

    def set_price_stale(self, is_stale: bool) -> None:
        """Gray the last price while it is too old to be believed."""
        self._plot.set_price_stale(is_stale)

    @property
    def viewport(self) -> ChartViewport:
        """Zoom, pan and following, for menus and shortcuts outside."""
        return self._viewport

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        # The mouse says its price by itself; the key asks at the last one.
        if event.reason() is QContextMenuEvent.Reason.Keyboard and len(self._series):
            place = self.mapToGlobal(self.rect().center())
            self._plot.box.menu_requested.emit(float(self._series.close[-1]), place)

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
        if event.key() == Qt.Key.Key_Escape and self.grip.give_up():
            return
        action = actions.get(Qt.Key(event.key()))
        foreign = ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
        if action is None or event.modifiers() & foreign:
            super().keyPressEvent(event)
            return
        action()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange) and self._tokens is not active_tokens():
            self._tokens = active_tokens()
            self._plot.set_tokens(self._tokens)
            self._refresh_readout()
            self._over.place()
        super().changeEvent(event)

    def _on_series_replaced(self, *, keeps_view: bool = False) -> None:
        self._pointed_index = None
        if keeps_view:
            self._viewport.series_updated()
        else:
            self._viewport.series_replaced()
        self._plot.set_last_price(float(self._series.close[-1]) if len(self._series) else None)
        self._plot.series_changed(has_new_bars=True)
        self._plot.point_at(None)
        self._refresh_readout()
        self.setAccessibleDescription(_described(self._title, self._series, self._plot.price_axis.price_text))

    def _on_following_changed(self, is_following: bool) -> None:
        self._over.latest.setVisible(not is_following and len(self._series) > 0)

    def _on_pointed(self, index: int | None) -> None:
        self._pointed_index = index
        self._refresh_readout()

    def _refresh_readout(self) -> None:
        count = len(self._series)
        self._over.empty.setVisible(count == 0)
        index = self._pointed_index if self._pointed_index is not None else count - 1
        row = self._series.row(index) if count else None
        before = self._series.row(index - 1).close if index > 0 else None
        price_text = self._plot.price_axis.price_text
        self._over.show_readout(readout_htmls(self._title, row, before, tokens=self._tokens, price_text=price_text))


def _described(title: str, series: CandleSeries, price_text: Callable[[float], str]) -> str:
    """Say in words what the picture shows, for those who cannot see it."""
    if not len(series):
        return "No candles yet."
    last = series.row(len(series) - 1)
    return (
        f"{title}: {len(series)} candles, the newest from {utc_text(last.opened_at)} UTC at {price_text(last.close)}."
    )
