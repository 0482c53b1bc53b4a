"""The positions of a run."""

from desktop_trader.answers.context import AnswerContext
from desktop_trader.domain.errors import TraderError
from desktop_trader.messages.run_positions import RunPositionsReply, RunPositionsRequest


def positions(context: AnswerContext, request: RunPositionsRequest) -> RunPositionsReply:
    """Return the positions asked for, or why there are none."""
    try:
        found = context.reader().positions(request.account, run_id=request.run_id, limit=request.limit)
    except TraderError as failure:
        return RunPositionsReply(request_id=request.request_id, error=failure.user_message)
    return RunPositionsReply(request_id=request.request_id, positions=found)
