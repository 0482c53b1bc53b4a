"""ccxt's structures into quotes, bars, books and rows: every shape that is not one is refused."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from desktop_trader.domain.errors import BadAnswerError
from desktop_trader.domain.market import Quote, Timeframe
from desktop_trader.exchange.order_book import book_depth, order_book_from
from desktop_trader.exchange.translation import bars_from, quote_from, server_time_from, ticker_row_from
from desktop_trader.feeds.tick_filter import TickFault, TickFilter

NOW = datetime(2026, 1, 5, 12, 0, 30, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
OPEN_MS = NOW_MS - 90_000
TICKER = {"symbol": "BTC/USDT", "last": "100.5", "bid": "100", "ask": "101", "timestamp": NOW_MS - 1000}
BOOK = {"symbol": "BTC/USDT", "bids": [["99", "1"], ["98", "2"]], "asks": [["102", "1"]], "timestamp": NOW_MS - 500}
WRONG_SHAPES: list[object] = [None, {}, [], "", "<html>", 5, [[]], {"symbol": "BTC/USDT"}]


def test_a_ticker_with_a_top_is_a_quote_by_itself() -> None:
    assert quote_from("BTC/USDT", TICKER, book=None, now=NOW) == Quote(
        symbol="BTC/USDT", bid=Decimal(100), ask=Decimal(101), last=Decimal("100.5"), at=NOW - timedelta(seconds=1)
    )


def test_where_there_is_a_book_top_and_time_are_the_books() -> None:
    quote = quote_from("BTC/USDT", {**TICKER, "bid": None, "ask": None}, book=BOOK, now=NOW)
    assert (quote.bid, quote.ask, quote.at) == (99, 102, NOW - timedelta(milliseconds=500))


def test_the_exchanges_clock_stands_in_where_it_says_no_time() -> None:
    assert quote_from("BTC/USDT", {**TICKER, "timestamp": None}, book=None, now=NOW).at == NOW


@pytest.mark.requirement("R211")
@pytest.mark.parametrize("name", ["last", "bid", "ask"])
@pytest.mark.parametrize("value", ["NaN", "Infinity", "0", "-5", "1e400", None, "", 100.5, True, [], "price"])
def test_no_quote_is_made_of_a_price_that_cannot_be(name: str, value: object) -> None:
    """Row F33 of the fault list."""
    with pytest.raises(BadAnswerError):
        quote_from("BTC/USDT", {**TICKER, name: value}, book=None, now=NOW)


@pytest.mark.requirement("R211")
@pytest.mark.parametrize(
    ("ticker", "book"),
    [
        ({**TICKER, "bid": "101.01"}, None),
        ({**TICKER, "bid": "101"}, None),
        (TICKER, {**BOOK, "bids": [["103", "1"]]}),
    ],
)
def test_a_crossed_or_locked_top_is_read_and_rejected_as_what_it_is(ticker: object, book: object) -> None:
    """Row F34 of the fault list."""
    quote = quote_from("BTC/USDT", ticker, book=book, now=NOW)
    ticks = TickFilter()

    assert ticks.judge(quote) is TickFault.CROSSED
    assert ticks.counts == {TickFault.CROSSED: 1}


@pytest.mark.parametrize("wrong", WRONG_SHAPES)
def test_what_is_no_ticker_or_no_book_is_refused(wrong: object) -> None:
    with pytest.raises(BadAnswerError):
        quote_from("BTC/USDT", wrong, book=None, now=NOW)
    with pytest.raises(BadAnswerError):
        quote_from("BTC/USDT", TICKER, book=wrong or [], now=NOW)
    with pytest.raises(BadAnswerError):
        order_book_from("BTC/USDT", wrong, depth=5, now=NOW)


def test_an_answer_about_another_symbol_is_refused() -> None:
    """Row F39 of the fault list."""
    with pytest.raises(BadAnswerError):
        quote_from("BTC/USDT", {**TICKER, "symbol": "1000BTC/USDT"}, book=None, now=NOW)
    with pytest.raises(BadAnswerError):
        quote_from("BTC/USDT", TICKER, book={**BOOK, "symbol": "ETH/USDT"}, now=NOW)


@pytest.mark.parametrize("value", [None, "NaN", 0, "", "soon", 3, True, {}])
def test_a_server_time_that_cannot_be_is_refused(value: object) -> None:
    with pytest.raises(BadAnswerError):
        server_time_from(value)


def row(opened: int = OPEN_MS, /, **cells: str) -> list[object]:
    figures = {"open": "10", "high": "12", "low": "9", "close": "11", "volume": "3"} | cells
    return [opened - opened % 60_000, *figures.values()]


def test_bars_come_oldest_first_each_once_and_only_closed() -> None:
    rows = [row(OPEN_MS + 60_000), row(OPEN_MS, close="10.5"), row(OPEN_MS), row(OPEN_MS - 60_000)]
    bars = bars_from("BTC/USDT", rows, timeframe=Timeframe.M1, now=NOW)
    assert [bar.opened_at for bar in bars] == [NOW - timedelta(seconds=150), NOW - timedelta(seconds=90)]
    assert (bars[-1].close, bars[-1].volume) == (11, 3)


@pytest.mark.parametrize(
    "cells",
    [
        {"low": "11"},
        {"high": "10.9"},
        {"open": "NaN"},
        {"close": "0"},
        {"volume": "-1"},
        {"volume": "NaN"},
        {"high": "1e400"},
    ],
)
def test_a_row_that_is_no_bar_spoils_the_answer(cells: dict[str, str]) -> None:
    with pytest.raises(BadAnswerError):
        bars_from("BTC/USDT", [row(), row(**cells)], timeframe=Timeframe.M1, now=NOW)


def test_one_row_in_many_that_is_no_bar_is_missing_and_spoils_nothing() -> None:
    rows = [row(OPEN_MS - 60_000 * index) for index in range(20)]
    rows[7] = row(OPEN_MS - 60_000 * 7, low="99")
    bars = bars_from("BTC/USDT", rows, timeframe=Timeframe.M1, now=NOW)
    assert len(bars) == 19
    for index in (1, 3):
        rows[index] = row(OPEN_MS - 60_000 * index, close="0")
    with pytest.raises(BadAnswerError):
        bars_from("BTC/USDT", rows, timeframe=Timeframe.M1, now=NOW)


@pytest.mark.parametrize("rows", [None, {}, "rows", [None], [[]], [[OPEN_MS, "1", "1", "1", "1"]], [row()[:5]]])
def test_what_is_no_list_of_bars_is_refused(rows: object) -> None:
    with pytest.raises(BadAnswerError):
        bars_from("BTC/USDT", rows, timeframe=Timeframe.M1, now=NOW)


def test_a_bar_opens_only_where_bars_of_its_length_open() -> None:
    with pytest.raises(BadAnswerError):
        bars_from("BTC/USDT", [row(OPEN_MS)], timeframe=Timeframe.M5, now=NOW + timedelta(hours=1))
    with pytest.raises(BadAnswerError):
        bars_from("BTC/USDT", [[OPEN_MS + 1, *row()[1:]]], timeframe=Timeframe.M1, now=NOW)


def test_no_bars_at_all_are_no_error() -> None:
    assert bars_from("BTC/USDT", [], timeframe=Timeframe.M1, now=NOW) == []


def test_a_row_of_an_overview_leaves_out_what_cannot_be() -> None:
    told = {**TICKER, "percentage": "-2.5", "quoteVolume": "1e400", "bid": "NaN", "ask": "-1"}
    row_told = ticker_row_from("BTC/USDT", told, now=NOW)
    assert (row_told.last, row_told.change_percent_24h) == (Decimal("100.5"), Decimal("-2.5"))
    assert (row_told.bid, row_told.ask, row_told.quote_volume_24h) == (None, None, None)
    with pytest.raises(BadAnswerError):
        ticker_row_from("BTC/USDT", ["100"], now=NOW)


def test_a_book_is_cut_to_the_depth_asked_for() -> None:
    book = order_book_from("BTC/USDT", BOOK, depth=1, now=NOW)
    assert [(level.price, level.size) for level in (*book.bids, *book.asks)] == [(99, 1), (102, 1)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"bids": []},
        {"asks": []},
        {"bids": [["98", "1"], ["99", "1"]]},
        {"asks": [["98.5", "1"]]},
        {"bids": [["99"]]},
        {"bids": [["99", "-1"]]},
        {"asks": [["NaN", "1"]]},
        {"timestamp": "yesterday"},
    ],
)
def test_a_book_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(BadAnswerError):
        order_book_from("BTC/USDT", {**BOOK, **wrong}, depth=5, now=NOW)


def test_an_exchange_is_asked_for_a_depth_that_it_takes() -> None:
    assert [book_depth("coinex", wanted) for wanted in (1, 5, 6, 50, 500)] == [5, 5, 10, 50, 50]
    assert [book_depth("kucoin", 1), book_depth("binance", 60)] == [20, 100]
