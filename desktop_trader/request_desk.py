"""Answers requests for history and bars in a worker thread, so that neither the window nor trading waits for them."""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime

from desktop_trader.domain.errors import TraderError
from desktop_trader.domain.market import Bar, PriceSource, Timeframe
from desktop_trader.domain.money import ZERO, install_context
from desktop_trader.engine.ports import Clock, MarketFeed
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.chart_data import ChartData, ChartRequest, FillMark
from desktop_trader.messages.day_opens import DayOpens, DayOpensRequest
from desktop_trader.messages.ledger_page import LedgerPage
from desktop_trader.messages.ledger_request import LedgerPageReply, LedgerPageRequest
from desktop_trader.storage.ledger_reader import LedgerReader

_log = logging.getLogger(__name__)
_FILLS_ON_CHART = 500
_DAY_OPEN_BARS = Timeframe.M30
_DAY_OPEN_BARS_A_DAY = 48
_NO_ROWS = LedgerPage(rows=(), has_more=False)


class RequestDesk:
    """One worker with a read-only connection of its own. `submit` from any thread; answers come in the worker's."""

    def __init__(
        self, paths: DataFolderPaths, feed: MarketFeed, *, clock: Clock, account: str, reply: Callable[[object], None]
    ) -> None:
        """Read the books of `paths`, and bars of `feed` up to the time of `clock`; answers go to `reply`."""
        self._paths = paths
        self._feed = feed
        self._clock = clock
        self._account = account
        self._reply = reply
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="requests", initializer=install_context)
        self._reader: LedgerReader | None = None

    def submit(self, request: object) -> None:
        """Answer a request when its turn comes."""
        self._worker.submit(self._answer, request).add_done_callback(_log_failure)

    def close(self) -> None:
        """Forget what still waits, finish what is being answered, and close the connection."""
        self._worker.submit(self._close_reader)
        self._worker.shutdown(wait=True, cancel_futures=False)

    def _answer(self, request: object) -> None:
        if isinstance(request, ChartRequest):
            self._reply(self._chart(request))
        elif isinstance(request, LedgerPageRequest):
            self._reply(self._page(request))
        elif isinstance(request, DayOpensRequest):
            self._reply(self._day_opens(request))
        else:
            _log.error("Nobody answers a %s", type(request).__name__)

    def _day_opens(self, request: DayOpensRequest) -> DayOpens:
        now = self._clock.now()
        if self._feed.fills_on is PriceSource.BARS:
            return DayOpens(day=now.date(), opens=())  # recorded bars have one length only
        midnight = Timeframe.D1.bar_start(now)
        opens = []
        for symbol in request.symbols:
            bars = self._feed.history(symbol, _DAY_OPEN_BARS, before=now, limit=_DAY_OPEN_BARS_A_DAY)
            today = [bar for bar in bars if bar.opened_at >= midnight]
            if today:
                opens.append((symbol, today[0].open))
        return DayOpens(day=now.date(), opens=tuple(opens))

    def _forming_bar(self, request: ChartRequest, now: datetime) -> tuple[Bar, ...]:
        """Return the bar that is not closed yet, made of the minutes of it that are; nothing where none is known."""
        if request.timeframe is Timeframe.M1 or self._feed.fills_on is PriceSource.BARS:
            return ()
        begins_at = request.timeframe.bar_start(now)
        minutes = [
            bar
            for bar in self._feed.history(
                request.symbol, Timeframe.M1, before=now, limit=request.timeframe.seconds // Timeframe.M1.seconds
            )
            if bar.opened_at >= begins_at
        ]
        if not minutes:
            return ()
        return (
            replace(
                minutes[0],
                timeframe=request.timeframe,
                high=max(bar.high for bar in minutes),
                low=min(bar.low for bar in minutes),
                close=minutes[-1].close,
                volume=sum((bar.volume for bar in minutes), ZERO),
            ),
        )

    def _chart(self, request: ChartRequest) -> ChartData:
        bars: tuple[Bar, ...] = ()
        fills: tuple[FillMark, ...] = ()
        error = ""
        try:
            now = self._clock.now()
            bars = (
                *self._feed.history(request.symbol, request.timeframe, before=now, limit=request.limit),
                *self._forming_bar(request, now),
            )
            fills = tuple(
                FillMark(
                    at=fill.at, side=fill.side, price=fill.price, quantity=fill.quantity, position_id=fill.position_id
                )
                for fill in self._open_reader().fills(self._account, limit=_FILLS_ON_CHART)
                if fill.symbol == request.symbol
            )
        except TraderError as failure:
            error = failure.user_message
        return ChartData(
            request_id=request.request_id,
            symbol=request.symbol,
            timeframe=request.timeframe,
            bars=bars,
            fills=fills,
            error=error,
        )

    def _page(self, request: LedgerPageRequest) -> LedgerPageReply:
        try:
            page = self._open_reader().page(request.filter, limit=request.limit)
        except TraderError as failure:
            return LedgerPageReply(request_id=request.request_id, page=_NO_ROWS, error=failure.user_message)
        return LedgerPageReply(request_id=request.request_id, page=page)

    def _open_reader(self) -> LedgerReader:
        if self._reader is None:
            self._reader = LedgerReader.open(self._paths)
        return self._reader

    def _close_reader(self) -> None:
        if self._reader is not None:
            self._reader.close()


def _log_failure(answered: "Future[None]") -> None:
    error = answered.exception()
    if error is not None:
        _log.error("A request could not be answered", exc_info=error)
