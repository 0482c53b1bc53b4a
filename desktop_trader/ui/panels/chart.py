"""The chart dock: candles of one symbol, the bar that is forming, our fills and the levels of what is open.

pyqtgraph is imported only when `attach_chart` is called, after the window's first paint; until then a line of text
stands in its place.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop_trader.domain.market import Timeframe
from desktop_trader.messages.chart_data import ChartData, ChartRequest, FillMark, OlderBars
from desktop_trader.messages.notices import Notice, OrderFilled
from desktop_trader.ui.actions import Actions
from desktop_trader.ui.models.balance_model import BalanceModel, RequestData
from desktop_trader.ui.models.first_view import FirstView
from desktop_trader.ui.models.forming_candle import FormingCandle
from desktop_trader.ui.number_format import decimals_of
from desktop_trader.ui.panels.chart_bar import ChartBar
from desktop_trader.ui.panels.stored_candles import note_text, series_changed_by
from desktop_trader.ui.widgets.plain_label import plain_label

if TYPE_CHECKING:
    from desktop_trader.ui.charts.chart_view import ChartView
    from desktop_trader.ui.charts.chart_viewport import ChartViewport
    from desktop_trader.ui.panels.older_bars import OlderBarsLoader

_BARS = 500
_ZOOM_STEP = 0.8
_BAR_PX, _BARS_SEEN_MIN, _BARS_SEEN_MAX = 7, 40, 160
_REFRESH_MS = 400
_LATE_MS, _LATE_TRIES = 2_500, 4
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


class ChartPanel(QWidget):
    """Asks for bars and draws the answer to its last question only; quotes move the bar that is forming."""

    timeframe_changed = Signal(object)
    symbol_changed = Signal(str)
    timeframe_limited = Signal(object)

    def __init__(
        self,
        model: BalanceModel,
        *,
        request: RequestData,
        first_view: FirstView | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._first_view = first_view or FirstView()
        self._model = model
        self._request = request
        self._view: ChartView | None = None
        self._symbol = ""
        self._timeframe = self._first_view.timeframe or Timeframe.M1
        self._only: Timeframe | None = None
        self._request_id = ""
        self._asked_at = _LONG_AGO
        self._shown: tuple[str, Timeframe] | None = None
        self._forming: FormingCandle | None = None
        self._fills: list[FillMark] = []
        self._older: OlderBarsLoader | None = None
        self._data: ChartData | None = None
        self._older_note = ""
        self._is_open = True
        self._late_tries = 0
        self._refresh = QTimer(self, singleShot=True)
        self._refresh.timeout.connect(self.request_bars)
        self.setObjectName("chart-panel")
        self.setAccessibleName("Chart")
        self._bar = ChartBar(self._timeframe)
        self._bar.timeframe_chosen.connect(self.choose_timeframe)
        self._message = plain_label("Loading chart…", name="chart-placeholder", tone="muted")
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self._layout.addWidget(self._bar)
        self._layout.addWidget(self._message, 1)
        model.quotes_changed.connect(self._on_quotes_changed)
        model.positions_changed.connect(self._show_levels)
        model.orders_changed.connect(self._show_levels)
        model.state_changed.connect(self._on_state_changed)
        model.notice_raised.connect(self._on_notice)
        model.account_switched.connect(self._start_over)
        model.network_changed.connect(self._show_note)
        self._on_state_changed()

    @property
    def symbol(self) -> str:
        """The symbol shown; empty before the first snapshot."""
        return self._symbol

    @property
    def timeframe(self) -> Timeframe:
        """The length of the bars shown."""
        return self._timeframe

    @property
    def view(self) -> ChartView | None:
        """The chart itself; None until it is attached."""
        return self._view

    def connect_actions(self, actions: Actions) -> None:
        """Let menus and keys choose timeframes, zoom and scale."""

        def look(change: Callable[[ChartViewport], None]) -> None:
            if self._view is not None:
                change(self._view.viewport)

        for timeframe, action in actions.timeframes.items():
            action.setChecked(timeframe is self._timeframe)
            action.triggered.connect(lambda _on, chosen=timeframe: self.choose_timeframe(chosen))
        self.timeframe_changed.connect(lambda timeframe: actions.timeframes[timeframe].setChecked(True))
        self.timeframe_limited.connect(actions.limit_timeframe)
        actions.limit_timeframe(self._only)
        actions.chart_zoom_in.triggered.connect(lambda: look(lambda seen: seen.zoom_time(_ZOOM_STEP)))
        actions.chart_zoom_out.triggered.connect(lambda: look(lambda seen: seen.zoom_time(1 / _ZOOM_STEP)))
        actions.chart_latest.triggered.connect(lambda: look(lambda seen: seen.show_latest()))
        actions.chart_autoscale.triggered.connect(lambda: look(lambda seen: seen.autoscale()))

    def attach_chart(self) -> None:
        """Put the real chart in place of the text. The first call imports pyqtgraph, unless a thread already has."""
        if self._view is not None:
            return
        # pyqtgraph and numpy take longer to import than the window to paint.
        from desktop_trader.ui.charts.chart_view import ChartView
        from desktop_trader.ui.panels.older_bars import OlderBarsLoader

        self._view = ChartView()
        self._older = OlderBarsLoader(self._view, self._request, self)
        self._view.viewport.following_changed.connect(lambda _is_following: self._show_note())
        self._layout.replaceWidget(self._message, self._view)
        self._layout.setStretchFactor(self._view, 1)
        self._message.hide()
        self._show_title()
        self.request_bars()

    def choose_symbol(self, symbol: str) -> None:
        """Show another symbol."""
        if symbol and symbol != self._symbol:
            self._symbol = symbol
            self._start_over()
            self.symbol_changed.emit(symbol)

    def choose_timeframe(self, timeframe: Timeframe) -> None:
        """Show bars of another length."""
        self._bar.check(timeframe)
        if timeframe is not self._timeframe:
            self._timeframe = timeframe
            self._start_over()
            self.timeframe_changed.emit(timeframe)

    def request_bars(self) -> None:
        """Ask for the newest bars again."""
        if self._view is None or not self._symbol:
            return
        self._request_id = uuid4().hex
        self._asked_at = self._model.market_now or _LONG_AGO
        self._request(
            ChartRequest(
                request_id=self._request_id,
                symbol=self._symbol,
                timeframe=self._timeframe,
                limit=_BARS,
                account=self._model.account,
            )
        )

    def take_candles(self, news: object) -> None:
        """Draw older bars, and ask again when others of those shown have come to be stored or were deleted."""
        if isinstance(news, OlderBars) and self._older is not None:
            if self._older.take(news):
                self._older_note = "" if len(news.opened_at) else news.note
                self._show_note()
            return
        waits_ms = self._refresh.remainingTime()  # -1 when nothing is waited for
        if series_changed_by(news) == (self._symbol, self._timeframe) and not 0 <= waits_ms <= _REFRESH_MS:
            self._refresh.start(_REFRESH_MS)

    def show_chart_data(self, data: ChartData) -> None:
        """Draw an answer, if it is the one to the last question."""
        if self._view is None or data.request_id != self._request_id:
            return
        self._data = data
        if data.is_behind and self._late_tries < _LATE_TRIES and not self._refresh.isActive():
            # The market tells of a bar a moment after it has closed, and nothing says when.
            self._late_tries += 1
            self._refresh.start(_LATE_MS)
        self._show_note()
        if data.error:
            self._view.overlays.show_empty_text(data.error)
            return
        from desktop_trader.ui.charts.chart_data import CandleRow

        rows = [
            CandleRow.from_decimals(
                opened_at=bar.opened_at, prices=(bar.open, bar.high, bar.low, bar.close), volume=bar.volume
            )
            for bar in data.bars
        ]
        shown = (data.symbol, data.timeframe)
        is_same = self._shown == shown
        self._view.set_candles(rows, keeps_view=is_same)
        self._shown = shown
        if not is_same:
            # As many bars as have bodies one can see at this width.
            wanted = min(max(self._view.width() / _BAR_PX, _BARS_SEEN_MIN), _BARS_SEEN_MAX)
            self._view.viewport.zoom_time(wanted / self._view.viewport.visible_bar_count())
        if self._older is not None:
            self._older.begin(data.symbol, data.timeframe, has_older=len(data.bars) >= _BARS)
        newest = FormingCandle.from_bar(data.bars[-1]) if data.bars else None
        if self._forming is None or newest is None or newest.opened_at >= self._forming.opened_at:
            self._forming = newest
        self._fills = list(data.fills)
        self._show_fills()
        self._show_levels()
        self._on_quotes_changed()

    def _start_over(self) -> None:
        self._forming = None
        self._fills = []
        self._data = None
        self._older_note = ""
        self._show_note()
        self._show_fills()
        self._show_title()
        self.request_bars()

    def _show_title(self) -> None:
        title = f"{self._symbol or '—'} · {self._timeframe.value}"
        self._bar.show_symbol(self._symbol)
        instrument = self._model.instrument(self._symbol)
        if self._view is None:
            return
        self._view.set_title(title)
        self._view.setAccessibleName(f"Candle chart of {title}")
        self._view.overlays.show_empty_text("Waiting for the first candles.")
        if instrument is not None:
            self._view.set_price_decimals(decimals_of(instrument.tick_size))

    def _show_note(self) -> None:
        network = self._model.network
        was_open, self._is_open = self._is_open, network is None or network.is_open
        if self._is_open and not was_open:
            # What closed meanwhile is being fetched: look whether it is there.
            self._late_tries = 0
            self._refresh.start(_REFRESH_MS)
        if self._view is not None:
            if self._view.viewport.is_following():
                self._older_note = ""
            is_coming = self._late_tries < _LATE_TRIES or self._refresh.isActive()
            note = note_text(self._data, self._model.network, is_coming=is_coming)
            self._view.overlays.show_note(note or self._older_note)

    def _on_state_changed(self) -> None:
        replay = self._model.replay
        self._limit_timeframe(replay.timeframe if replay is not None else None)
        listed = [each.symbol for each in self._model.instruments]
        if not self._symbol and listed:
            self.choose_symbol(self._first_view.symbol if self._first_view.symbol in listed else listed[0])

    def _limit_timeframe(self, only: Timeframe | None) -> None:
        """A recording has bars of one length; None for a market that has them all."""
        if only is self._only:
            return
        self._only = only
        self._bar.limit(only)
        self.timeframe_limited.emit(only)
        if only is not None:
            self.choose_timeframe(only)

    def _on_quotes_changed(self) -> None:
        now = self._model.market_now
        if self._only is not None and now is not None:
            # A recording tells nothing between its bars: there is one more to draw, or none.
            if now - self._asked_at >= self._only.duration and not self._refresh.isActive():
                self._refresh.start(_REFRESH_MS)
            return
        quote = self._model.quote(self._symbol)
        if self._view is None or quote is None or self._forming is None:
            return
        before, self._forming = self._forming, self._forming.after(quote, self._timeframe)
        if self._forming.opened_at > before.opened_at and not self._refresh.isActive():
            # The bar has closed: what the market says of it replaces what was seen of it.
            self._late_tries = 0
            self._refresh.start(_REFRESH_MS)
        from desktop_trader.ui.charts.chart_data import CandleRow

        candle = self._forming
        self._view.update_candle(
            CandleRow.from_decimals(
                opened_at=candle.opened_at,
                prices=(candle.open, candle.high, candle.low, candle.close),
                volume=candle.volume,
            )
        )

    def _on_notice(self, notice: Notice) -> None:
        is_ours = notice.account in ("", self._model.account)
        if isinstance(notice, OrderFilled) and notice.symbol == self._symbol and is_ours:
            self._fills.append(
                FillMark(
                    at=notice.at,
                    side=notice.side,
                    price=notice.price,
                    quantity=notice.quantity,
                    position_id=notice.position_id,
                    order_id=notice.order_id,
                )
            )
            self._show_fills()

    def _show_fills(self) -> None:
        if self._view is None:
            return
        from desktop_trader.ui.charts.fill_marks import drawn_fills

        instrument = self._model.instrument(self._symbol)
        self._view.set_fills(drawn_fills(self._fills, self._timeframe, instrument))

    def _show_levels(self) -> None:
        if self._view is None:
            return
        from desktop_trader.ui.chart_levels import chart_levels

        self._view.set_levels([level.drawn() for level in chart_levels(self._model, self._symbol)])
