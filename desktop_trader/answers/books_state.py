"""What is known of the books without verifying them now."""

from desktop_trader.answers.context import AnswerContext
from desktop_trader.domain.errors import TraderError
from desktop_trader.messages.books_verified import BooksState, BooksStateRequest
from desktop_trader.storage.books_state import read_books_state


def books_state(context: AnswerContext, request: BooksStateRequest) -> BooksState:
    """Return it; what cannot be read is told in the answer."""
    try:
        return read_books_state(context.paths, request_id=request.request_id)
    except TraderError as error:
        return BooksState(request_id=request.request_id, error=error.user_message)
