"""Which candles are stored."""

from desktop_trader.answers.context import AnswerContext
from desktop_trader.domain.errors import TraderError
from desktop_trader.messages.candles import CandleSeriesList, CandleSeriesRequest


def series(context: AnswerContext, request: CandleSeriesRequest) -> CandleSeriesList:
    """Return every stored series, or why they cannot be read."""
    from desktop_trader.storage.candle_store import CandleStore  # what few sessions ask for is imported when it is

    try:
        store = CandleStore.open_to_read(context.paths)
        if store is None:
            return CandleSeriesList(request_id=request.request_id)
        try:
            return CandleSeriesList(request_id=request.request_id, rows=store.series())
        finally:
            store.close()
    except TraderError as failure:
        return CandleSeriesList(request_id=request.request_id, error=failure.user_message)
