"""Which function answers which question."""

from collections.abc import Mapping
from typing import Any

from desktop_trader.answers import history, market
from desktop_trader.answers.books_state import books_state
from desktop_trader.answers.context import Answer
from desktop_trader.messages.books_verified import BooksStateRequest
from desktop_trader.messages.chart_data import ChartRequest
from desktop_trader.messages.day_opens import DayOpensRequest
from desktop_trader.messages.ledger_request import LedgerPageRequest

ANSWERS: Mapping[type, Answer[Any]] = {
    BooksStateRequest: books_state,
    ChartRequest: market.chart,
    DayOpensRequest: market.day_opens,
    LedgerPageRequest: history.page,
}
