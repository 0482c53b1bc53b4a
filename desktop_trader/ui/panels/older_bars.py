"""Loads bars further back while a person looks there: page by page, each larger than the one before."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from PySide6.QtCore import QObject

from desktop_trader.domain.market import Timeframe
from desktop_trader.messages.chart_data import OlderBars, OlderBarsRequest
from desktop_trader.ui.models.balance_model import RequestData

if TYPE_CHECKING:
    from desktop_trader.ui.charts.chart_view import ChartView

_PAGE_MIN, _PAGE_MAX = 2_000, 50_000
_BARS_MAX = 3_000_000
"""Nearly six years of minutes; more of them are not looked at as minutes."""


class OlderBarsLoader(QObject):
    """Asks when less than a screen is left to the left of what is seen; one question at a time."""

    def __init__(self, view: ChartView, request: RequestData, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self._request = request
        self._series: tuple[str, Timeframe] | None = None
        self._request_id = ""
        self._is_exhausted = False
        view.viewport.moved.connect(self._look)

    def begin(self, symbol: str, timeframe: Timeframe, *, has_older: bool) -> None:
        """Look after this series from now on, as it was answered just now; `has_older`: there may be more than that."""
        self._series = (symbol, timeframe)
        self._request_id = ""
        self._is_exhausted = not has_older
        self._look()

    def take(self, reply: OlderBars) -> bool:
        """Draw the answer to the last question; say whether this was it."""
        if not self._request_id or reply.request_id != self._request_id:
            return False
        self._request_id = ""
        if not len(reply.opened_at):
            self._is_exhausted = True
            return True
        # numpy is there already: the chart has imported it.
        import numpy as np

        columns = (reply.open, reply.high, reply.low, reply.close, reply.volume)
        self._view.prepend_candles(np.array(reply.opened_at, dtype=np.int64), np.array(columns, dtype=np.float64))
        return True

    def _look(self) -> None:
        bars = len(self._view.series)
        if self._series is None or self._request_id or self._is_exhausted or not 0 < bars < _BARS_MAX:
            return
        if self._view.viewport.left() > self._view.viewport.visible_bar_count():
            return
        symbol, timeframe = self._series
        self._request_id = uuid4().hex
        self._request(
            OlderBarsRequest(
                request_id=self._request_id,
                symbol=symbol,
                timeframe=timeframe,
                before=datetime.fromtimestamp(int(self._view.series.times[0]), UTC),
                limit=min(max(_PAGE_MIN, bars), _PAGE_MAX),
            )
        )
