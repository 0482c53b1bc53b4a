"""Which candles are stored."""

from desktop_trader.answers.context import AnswerContext
from desktop_trader.domain.errors import TraderError
from desktop_trader.messages.candles import CandleSeriesList, CandleSeriesRequest
from desktop_trader.storage.candle_store import CandleStore


def series(context: AnswerContext, request: CandleSeriesRequest) -> CandleSeriesList:
    """Return every stored series, or why they cannot be read."""
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
