"""Which bars and prices are in view: following the newest bar, zoom, pan and the price range that fits."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from desktop_trader.ui.charts.chart_data import CandleSeries
from desktop_trader.ui.charts.chart_view_box import ChartViewBox

_BARS_DEFAULT = 140.0
_BARS_MIN = 12.0
_BARS_MAX = 200_000.0
_BARS_MAX_SHARE = 1.2
_RIGHT_MARGIN_SHARE = 0.06
# Volume lives at the bottom, the read-out at the top: candles keep out of both.
_MARGIN_BOTTOM = 0.28
_MARGIN_TOP = 0.12
_INCLUDED_ROOM = 0.12


class ChartViewport(QObject):
    """Owns the range of the view box; nothing else sets it.

    While it *follows*, the newest bar keeps its place near the right edge; panning to the left ends that. While it
    *autoscales*, the price range fits the bars in view; scaling prices by hand ends that.
    """

    following_changed = Signal(bool)
    moved = Signal()

    def __init__(self, box: ChartViewBox, series: CandleSeries, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._box = box
        self._series = series
        self._is_following = True
        self._is_autoscale = True
        self._bars = _BARS_DEFAULT
        self._right = self._resting_right()
        box.time_zoomed.connect(self.zoom_time)
        box.panned.connect(self._on_panned)
        box.price_zoomed.connect(self.zoom_price)
        box.price_reset_requested.connect(self.autoscale)
        box.time_reset_requested.connect(self.reset_time)

    def is_following(self) -> bool:
        return self._is_following

    def is_autoscale(self) -> bool:
        return self._is_autoscale

    def series_replaced(self) -> None:
        """Start over at the newest bar with the usual zoom."""
        self._is_autoscale = True
        self.reset_time()

    def reset_time(self) -> None:
        """Go to the newest bar with the usual zoom."""
        self._bars = _BARS_DEFAULT
        self.show_latest()

    def series_updated(self) -> None:
        """Keep the newest bar in its place while following, and the prices in view fitted."""
        if self._is_following:
            self._right = self._resting_right()
        self._apply()

    def series_grew_left(self, bars: int) -> None:
        """Stay with the bars in view after so many older ones came before them."""
        self._right += bars
        self._apply()

    def left(self) -> float:
        """The index at the left edge of the view."""
        return self._right - self._bars

    def show_latest(self) -> None:
        """Go to the newest bar and follow it."""
        self._right = self._resting_right()
        self._set_following(True)
        self._apply()

    def autoscale(self) -> None:
        """Fit the price range to the bars in view, now and from now on."""
        self._is_autoscale = True
        self._apply()

    def zoom_time(self, factor: float, at: float | None = None) -> None:
        """Show `factor` times as many bars; the index `at` stays in place, or the right edge when None."""
        widest = min(_BARS_MAX, max(_BARS_DEFAULT, len(self._series) * _BARS_MAX_SHARE))
        bars = min(max(self._bars * factor, _BARS_MIN), widest)
        if at is not None:
            self._right = at + (self._right - at) * bars / self._bars
        self._bars = bars
        # Out at the left end there is nothing to see: rather more of the bars that come after.
        self._right = max(self._right, min(self._resting_right(), bars))
        # The newest bar stays where it is while it is followed, wherever the pointer was.
        if self._is_following:
            self._right = self._resting_right()
        self._apply()

    def zoom_price(self, factor: float) -> None:
        """Show `factor` times the price range around its middle, and stop autoscaling."""
        self._is_autoscale = False
        low, high = self._box.viewRange()[1]
        middle, half = (low + high) / 2, (high - low) / 2 * factor
        self._box.setYRange(middle - half, middle + half, padding=0)

    def include_price(self, price: float) -> None:
        """Widen the price range once so that a price is in view, and stop autoscaling."""
        self._is_autoscale = False
        low, high = self._box.viewRange()[1]
        room = (max(high, price) - min(low, price)) * _INCLUDED_ROOM
        self._box.setYRange(price - room if price < low else low, price + room if price > high else high, padding=0)

    def pan(self, bars: float) -> None:
        """Move the view by some bars to the right (negative: left); reaching the newest bar follows it again."""
        newest = self._resting_right()
        oldest = min(newest, self._bars * 0.5)
        self._right = min(max(self._right + bars, oldest), newest + self._bars * 0.4)
        # Half a bar of tolerance, because a drag never ends exactly where it began.
        self._set_following(abs(self._right - newest) < 0.5)
        self._apply()

    def visible_bar_count(self) -> float:
        """How many bars the view is wide."""
        return self._bars

    def show_oldest(self) -> None:
        """Go to the first bar."""
        self.pan(-float(len(self._series)) - self._bars)

    def _on_panned(self, bars: float, share: float) -> None:
        if not self._is_autoscale:
            low, high = self._box.viewRange()[1]
            moved = (high - low) * share
            self._box.setYRange(low + moved, high + moved, padding=0)
        self.pan(bars)

    def _resting_right(self) -> float:
        return len(self._series) - 0.5 + self._bars * _RIGHT_MARGIN_SHARE

    def _set_following(self, is_following: bool) -> None:
        if is_following != self._is_following:
            self._is_following = is_following
            self.following_changed.emit(is_following)

    def _apply(self) -> None:
        left = self.left()
        self._box.setXRange(left, self._right, padding=0)
        bounds = self._series.price_bounds(self._series.visible(left, self._right)) if self._is_autoscale else None
        if bounds is not None:
            self._box.setYRange(*_fitted(*bounds), padding=0)
        self.moved.emit()


def _fitted(low: float, high: float) -> tuple[float, float]:
    """Return the price range that shows bars between the read-out and the volume."""
    # A market that stood still has no height of its own.
    height = (high - low) or max(abs(high) * 0.002, 1e-8)
    whole = height / (1.0 - _MARGIN_BOTTOM - _MARGIN_TOP)
    return low - whole * _MARGIN_BOTTOM, high + whole * _MARGIN_TOP
