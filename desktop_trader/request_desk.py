"""Answers quick questions in a worker thread, so that neither the window nor trading waits for them."""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from desktop_trader.answers.catalog import ANSWERS
from desktop_trader.answers.context import AnswerContext
from desktop_trader.diagnostics import report_failure
from desktop_trader.domain.market import Timeframe
from desktop_trader.domain.money import install_context
from desktop_trader.engine.ports import MarketFeed
from desktop_trader.messages.candles import CandlesStored
from desktop_trader.messages.day_opens import DayOpensRequest

_log = logging.getLogger(__name__)


class RequestDesk:
    """One worker with a read-only connection of its own. `submit` from any thread; answers come in the worker's."""

    def __init__(
        self,
        context: AnswerContext,
        *,
        reply: Callable[[object], None],
        on_error: Callable[[str, BaseException], None] = lambda where, error: None,
    ) -> None:
        """Answer out of `context`, which belongs to the worker from now on; answers go to `reply`.

        `on_error` is told, in the worker, what failed by our own fault; the log has it in any case.
        """
        self._context = context
        self._reply = reply
        self._on_error = on_error
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="requests", initializer=install_context)

    def submit(self, request: object) -> None:
        """Answer a request when its turn comes; after `close` there is no turn any more."""
        try:
            answered = self._worker.submit(self._answer, request)
        except RuntimeError:  # the worker is closed, or the interpreter ends: whoever asked is going too
            return
        answered.add_done_callback(self._tell_failure)

    def close(self) -> None:
        """Forget what still waits, finish what is being answered, and close the connection."""
        self._worker.submit(self._context.close)
        self._worker.shutdown(wait=True, cancel_futures=False)

    def _answer(self, request: object) -> None:
        answer = ANSWERS.get(type(request))
        if answer is None:
            _log.error("Nobody answers a %s", type(request).__name__)
            return
        self._reply(answer(self._context, request))

    def _tell_failure(self, answered: "Future[None]") -> None:
        error = answered.exception()
        if error is not None:
            report_failure("requests", error, on_failure=self._on_error)


def day_opens_request(feed: MarketFeed) -> DayOpensRequest:
    """Return the question what everything followed cost when its day began."""
    return DayOpensRequest(symbols=tuple(instrument.symbol for instrument in feed.instruments()))


def tell_of_bars(feed: MarketFeed, desk: RequestDesk, *, window: Callable[[object], None]) -> None:
    """Have charts ask again once bars of a market outside are stored, and the day's first prices be worked out."""
    if not feed.is_live:
        return
    from desktop_trader.feeds.live import LiveFeed

    def on_stored(symbol: str, timeframe: Timeframe) -> None:
        window(CandlesStored(symbol=symbol, timeframe=timeframe))
        if timeframe is Timeframe.M30:
            desk.submit(day_opens_request(feed))

    if isinstance(feed, LiveFeed):
        feed.kept.on_stored = on_stored
