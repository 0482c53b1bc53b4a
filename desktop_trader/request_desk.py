"""Answers requests for history and bars in a worker thread, so that neither the window nor trading waits for them."""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from desktop_trader.domain.errors import TraderError
from desktop_trader.domain.market import Bar
from desktop_trader.domain.money import install_context
from desktop_trader.engine.ports import Clock, MarketFeed
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.chart_data import ChartData, ChartRequest, FillMark
from desktop_trader.messages.ledger_page import LedgerPage
from desktop_trader.messages.ledger_request import LedgerPageReply, LedgerPageRequest
from desktop_trader.storage.ledger_reader import LedgerReader

_log = logging.getLogger(__name__)
_FILLS_ON_CHART = 500
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
        else:
            _log.error("Nobody answers a %s", type(request).__name__)

    def _chart(self, request: ChartRequest) -> ChartData:
        bars: tuple[Bar, ...] = ()
        fills: tuple[FillMark, ...] = ()
        error = ""
        try:
            bars = tuple(
                self._feed.history(request.symbol, request.timeframe, before=self._clock.now(), limit=request.limit)
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
