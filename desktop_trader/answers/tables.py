"""The tables of the file as they are stored."""

from contextlib import closing
from typing import TYPE_CHECKING

from desktop_trader.answers.context import AnswerContext
from desktop_trader.domain.errors import TraderError
from desktop_trader.messages.table_page import TableListReply, TableListRequest, TablePageReply, TablePageRequest

if TYPE_CHECKING:
    from desktop_trader.storage.table_reader import TableReader


def tables(context: AnswerContext, request: TableListRequest) -> TableListReply:
    """Return every table and view, or why none can be read."""
    try:
        with closing(_reader(context)) as reader:
            return TableListReply(request_id=request.request_id, tables=reader.tables())
    except TraderError as failure:
        return TableListReply(request_id=request.request_id, tables=(), error=failure.user_message)


def page(context: AnswerContext, request: TablePageRequest) -> TablePageReply:
    """Return rows of a table, or why there are none."""
    try:
        with closing(_reader(context)) as reader:
            found = reader.page(request.table, before=request.before, after=request.after)
    except TraderError as failure:
        return TablePageReply(request_id=request.request_id, table=request.table, error=failure.user_message)
    return TablePageReply(request_id=request.request_id, table=request.table, page=found)


def _reader(context: AnswerContext) -> "TableReader":
    from desktop_trader.storage.table_reader import TableReader  # not needed before somebody looks at tables

    return TableReader(context.paths.database)
