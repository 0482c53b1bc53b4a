"""Pages of the journal, and what is known of one entry."""

from desktop_trader.answers.context import AnswerContext
from desktop_trader.domain.errors import TraderError
from desktop_trader.messages.entry_receipt import AuthorsReply, AuthorsRequest, EntryReceiptReply, EntryReceiptRequest
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


def receipt(context: AnswerContext, request: EntryReceiptRequest) -> EntryReceiptReply:
    """Return everything the books know of an entry, or why there is nothing."""
    try:
        found = context.reader().receipt(request.account, request.entry_id)
    except TraderError as failure:
        return EntryReceiptReply(request_id=request.request_id, receipt=None, error=failure.user_message)
    return EntryReceiptReply(request_id=request.request_id, receipt=found)


def authors(context: AnswerContext, request: AuthorsRequest) -> AuthorsReply:
    """Return who has changed the balance by hand; nobody where the books cannot be read."""
    try:
        names = context.reader().authors(request.account)
    except TraderError:
        names = ()  # The page asked for beside this says what is wrong.
    return AuthorsReply(request_id=request.request_id, authors=names)
