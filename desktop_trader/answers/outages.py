"""Which outages there were."""

from desktop_trader.answers.context import AnswerContext
from desktop_trader.domain.errors import TraderError
from desktop_trader.messages.network import OutagesPage, OutagesRequest


def outages(context: AnswerContext, request: OutagesRequest) -> OutagesPage:
    """Return the newest ones, or why there are none."""
    try:
        found = context.reader().outages(limit=request.limit)
    except TraderError as failure:
        return OutagesPage(request_id=request.request_id, error=failure.user_message)
    return OutagesPage(request_id=request.request_id, outages=found)
