"""The runs of the accounts, and their equity curves."""

from desktop_trader.answers.context import AnswerContext
from desktop_trader.domain.errors import TraderError
from desktop_trader.messages.run_rows import RunCurvesReply, RunCurvesRequest, RunsReply, RunsRequest


def runs(context: AnswerContext, request: RunsRequest) -> RunsReply:
    """Return the runs asked for, or why there are none."""
    try:
        reader = context.runs()
        sessions, starts = reader.sessions()
        found = reader.runs(request.account, present=request.present)
        return RunsReply(request_id=request.request_id, runs=found, sessions=sessions, starts=starts)
    except TraderError as failure:
        return RunsReply(request_id=request.request_id, error=failure.user_message)


def curves(context: AnswerContext, request: RunCurvesRequest) -> RunCurvesReply:
    """Return the curves asked for, or why there are none."""
    try:
        reader = context.runs()
        found = tuple(reader.curve(run_id, points_max=request.points_max) for run_id in request.run_ids)
    except TraderError as failure:
        return RunCurvesReply(request_id=request.request_id, error=failure.user_message)
    return RunCurvesReply(request_id=request.request_id, curves=found)
