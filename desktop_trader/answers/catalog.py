"""Which function answers which question."""

from collections.abc import Mapping
from typing import Any

from desktop_trader.answers import candles, history, market, markets, runs, tables
from desktop_trader.answers.backups import backups
from desktop_trader.answers.books_state import books_state
from desktop_trader.answers.context import Answer
from desktop_trader.answers.health import health
from desktop_trader.answers.legacy_imports import imports
from desktop_trader.answers.order_receipts import order_receipt
from desktop_trader.answers.outages import outages
from desktop_trader.answers.run_positions import positions
from desktop_trader.messages.backup_jobs import BackupsRequest
from desktop_trader.messages.books_verified import BooksStateRequest
from desktop_trader.messages.candles import CandleSeriesRequest
from desktop_trader.messages.chart_data import ChartRequest, OlderBarsRequest
from desktop_trader.messages.day_opens import DayOpensRequest
from desktop_trader.messages.entry_receipt import AuthorsRequest, EntryReceiptRequest
from desktop_trader.messages.health import HealthRequest
from desktop_trader.messages.ledger_request import LedgerPageRequest
from desktop_trader.messages.legacy_import import EarlierImportsRequest
from desktop_trader.messages.market_search import OverviewRequest, SymbolSearch
from desktop_trader.messages.network import OutagesRequest
from desktop_trader.messages.order_receipt import OrderReceiptRequest
from desktop_trader.messages.run_positions import RunPositionsRequest
from desktop_trader.messages.run_rows import RunCurvesRequest, RunsRequest
from desktop_trader.messages.table_page import TableListRequest, TablePageRequest

ANSWERS: Mapping[type, Answer[Any]] = {
    BackupsRequest: backups,
    BooksStateRequest: books_state,
    CandleSeriesRequest: candles.series,
    ChartRequest: market.chart,
    DayOpensRequest: market.day_opens,
    EarlierImportsRequest: imports,
    HealthRequest: health,
    LedgerPageRequest: history.page,
    OrderReceiptRequest: order_receipt,
    OutagesRequest: outages,
    OverviewRequest: markets.overview,
    SymbolSearch: markets.search,
    EntryReceiptRequest: history.receipt,
    AuthorsRequest: history.authors,
    TableListRequest: tables.tables,
    TablePageRequest: tables.page,
    OlderBarsRequest: market.older,
    RunCurvesRequest: runs.curves,
    RunPositionsRequest: positions,
    RunsRequest: runs.runs,
}
