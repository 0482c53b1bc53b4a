"""Pages of the journal."""

from desktop_trader.answers.context import AnswerContext
from desktop_trader.domain.errors import TraderError
from desktop_trader.messages.ledger_page import LedgerPage
from desktop_trader.messages.ledger_request import LedgerPageReply, LedgerPageRequest

_NO_ROWS = LedgerPage(rows=(), has_more=False)


def page(context: AnswerContext, request: LedgerPageRequest) -> LedgerPageReply:
    """Return the page asked for, or why there is none."""
    try:
        found = context.reader().page(request.filter, limit=request.limit)
    except TraderError as failure:
        return LedgerPageReply(request_id=request.request_id, page=_NO_ROWS, error=failure.user_message)
    return LedgerPageReply(request_id=request.request_id, page=found)
