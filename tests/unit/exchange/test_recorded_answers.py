"""CoinEx' answers as ccxt's project recorded and documented them, through the translation.

They are not part of the project; where they are missing, the generated ones of the fuzzer cover the same code.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from desktop_trader.domain.market import Timeframe
from desktop_trader.exchange import coinex
from desktop_trader.exchange.translation import bars_from, list_of, quote_from, table_of, ticker_row_from
from tests.command_line import SHARED_DATA
from tests.unit.exchange.payload_fuzz import COINEX_ANSWERS, Fuzzed

RECORDED = SHARED_DATA / "exchange" / "coinex_responses.json"
DOCUMENTED = SHARED_DATA / "exchange" / "coinex_docstring_samples.json"
LATER = datetime(2026, 1, 1, tzinfo=UTC)
SPOT, SWAP = "BTC/USDT", "BTC/USDT:USDT"
pytestmark = pytest.mark.asyncio
needs_recorded = pytest.mark.skipif(not RECORDED.exists(), reason="the recorded answers are not on this machine")


async def coinex_with(changes: dict[str, object]) -> Any:
    """CoinEx with generated markets, answering some paths otherwise."""
    fuzzed = Fuzzed("coinex", {**COINEX_ANSWERS, **changes}, SPOT, Random(1))
    await fuzzed.know_markets()
    fuzzed.is_damaging = False
    return fuzzed.exchange


def envelope(data: object) -> object:
    return {"code": 0, "data": data, "message": "OK"}


def documented(method: str, fits: Callable[[Any], bool]) -> Any:
    """The first documented answer of a method that fits."""
    samples = json.loads(DOCUMENTED.read_text(encoding="utf-8"))
    return next(each["sample"] for each in samples if each["method"] == method and fits(each["sample"]))


@needs_recorded
async def test_the_recorded_ticker_is_a_row_and_with_a_book_a_quote() -> None:
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))["fetch_ticker spot"]
    exchange = await coinex_with({"/v2/spot/ticker": envelope([recorded])})
    ticker = await exchange.fetch_ticker(SPOT)
    row = ticker_row_from(SPOT, ticker, now=LATER)
    assert (row.last, row.quote_volume_24h, row.bid) == (Decimal("64291.34"), Decimal("35007188.7843427438"), None)
    book = documented("fetch_order_book", lambda sample: sample["data"]["depth"]["last"] == "70857.19")
    spot = await coinex_with({"/v2/spot/depth": book})
    quote = quote_from(SPOT, ticker, book=await spot.fetch_order_book(SPOT, 5), now=LATER)
    assert (quote.bid, quote.ask, quote.last) == (Decimal("70855.3"), Decimal("70875.31"), Decimal("64291.34"))
    assert quote.at == datetime(2024, 4, 11, 8, 23, 10, 987_000, tzinfo=UTC)


@needs_recorded
async def test_the_recorded_candle_has_its_volume_in_base_currency() -> None:
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))["fetch_ohlcv spot"]
    exchange = await coinex_with({"/v2/spot/kline": envelope([recorded])})
    rows = await coinex.candle_rows(exchange, exchange.market(SPOT), timeframe=Timeframe.H1, since=None, limit=5)
    (bar,) = bars_from(SPOT, rows, timeframe=Timeframe.H1, now=LATER)
    assert (bar.close, bar.volume) == (Decimal("66912.3"), Decimal("2.10551801"))


@needs_recorded
async def test_documented_markets_are_instruments_and_documented_tickers_their_rows() -> None:
    spot = documented("fetch_spot_markets", lambda sample: bool(sample["data"]))
    swap = documented("fetch_contract_markets", lambda sample: bool(sample["data"]))
    exchange = await coinex_with({"/v2/spot/market": spot, "/v2/futures/market": swap})
    assert {market["type"] for market in exchange.markets.values()} == {"spot", "swap"}
    tickers = documented("fetch_tickers", lambda sample: "mark_price" not in sample["data"][0])
    told = await (await coinex_with({"/v2/spot/ticker": tickers})).fetch_tickers()
    rows = [ticker_row_from(symbol, ticker, now=LATER) for symbol, ticker in table_of(told, "tickers").items()]
    assert [row.last for row in rows] == [Decimal("62393.47")]


@pytest.mark.parametrize(
    ("value", "volume"),
    [("0.1572393", "10533.2501364336"), ("10533.2501364336", "0.1572393")],
    ids=["recorded", "documented"],
)
async def test_whichever_field_holds_it_volume_is_in_base_currency(value: str, volume: str) -> None:
    candle = {**list_of(table_of(COINEX_ANSWERS["/v2/spot/kline"], "answer")["data"], "candles")[1]}
    exchange = await coinex_with({"/v2/spot/kline": envelope([{**candle, "value": value, "volume": volume}])})
    for symbol in (SPOT,):
        rows = await coinex.candle_rows(exchange, exchange.market(symbol), timeframe=Timeframe.M1, since=None, limit=5)
        (bar,) = bars_from(symbol, rows, timeframe=Timeframe.M1, now=LATER)
        assert bar.volume == Decimal("0.1572393")


async def test_generated_answers_take_the_same_way() -> None:
    exchange = await coinex_with({})
    ticker = await exchange.fetch_ticker(SWAP)
    quote = quote_from(SWAP, ticker, book=await exchange.fetch_order_book(SWAP, 5), now=LATER)
    assert (quote.bid, quote.ask, quote.last) == (Decimal("70855.3"), Decimal("70875.31"), Decimal("62393.47"))


async def test_candles_are_asked_for_by_a_window_that_holds_just_as_many() -> None:
    """The exchange gives the newest of a window: one candle more in it, and the first would be missing."""
    exchange = await coinex_with({})
    asked: list[dict[str, Any]] = []

    async def note(params: dict[str, Any]) -> object:
        asked.append(params)
        return envelope([])

    exchange.v2PublicGetSpotKline = note
    since = datetime(2025, 1, 1, tzinfo=UTC)
    await coinex.candle_rows(exchange, exchange.market(SPOT), timeframe=Timeframe.M5, since=since, limit=10)
    (params,) = asked
    assert (params["period"], params["limit"]) == ("5min", 10)
    assert params["start_time"] == since.timestamp() * 1000
    assert params["end_time"] == params["start_time"] + 9 * 300_000
