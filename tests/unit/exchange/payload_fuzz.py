"""Damaged answers of exchanges, sent through everything between the wire and our values, without a socket.

`Fuzzed` hands each answer to ccxt's class behind our transport as if it had just come, and lets the caller read it;
frames go through the guard into ccxt's streams. Whatever comes of it is either sound or a typed error.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any

from desktop_trader.domain.errors import ExchangeError
from desktop_trader.domain.margin_brackets import MarginBracket, is_continuous
from desktop_trader.domain.market import Bar, OrderBook, Quote, Timeframe
from desktop_trader.exchange import coinex
from desktop_trader.exchange.async_clock import LoopClock
from desktop_trader.exchange.caller import Caller
from desktop_trader.exchange.frames import guard
from desktop_trader.exchange.instance import Place, make_instance
from desktop_trader.exchange.market_list import MarketList, market_list_from
from desktop_trader.exchange.order_book import order_book_from
from desktop_trader.exchange.streams import KindStream
from desktop_trader.exchange.swap_answers import (
    DueRate,
    FundingAnswer,
    brackets_from,
    funding_from,
    funding_history_from,
)
from desktop_trader.exchange.translation import bars_from, quote_from, server_time_from, table_of, ticker_row_from
from desktop_trader.messages.market_overview import TickerRow
from desktop_trader.settings import ExchangeAddress
from tests.builders import SWAP
from tests.unit.exchange.documented import BINANCE, KRAKEN, NOW_MS

NOW = datetime.fromtimestamp(NOW_MS // 1000, UTC)
STRANGE: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    1,
    10**30,
    "",
    "0",
    "-1",
    "NaN",
    "nan",
    "Infinity",
    "-inf",
    "1e400",
    "1e999999999",
    "1e-400",
    "null",
    "{}",
    [],
    {},
    [[]],
    [None],
    {"a": 1},
    "x" * 200,
    "9" * 5000,
    "²",
    "１２",
    "\u0000",
    "BTC/USDT",
    "1,5",
    1.5,
    -0.0,
    1e308,
    "0x10",
    "1_000",
    " 5 ",
    "+5",
    "-0",
    NOW_MS,
    NOW_MS // 1000,
    str(NOW_MS),
    2**63,
    "ok",
    "OK",
    "swap",
    "inverse",
]
WHOLE = [
    b"",
    b"null",
    b"{}",
    b"[]",
    b"<html><title>Sign in</title></html>",
    b"OK",
    b"{",
    b"[[[[",
    b'{"code":0,"data":null}',
    b'{"code":0,"data":[]}',
    b'{"code":0,"data":{},"message":"OK"}',
    b'{"code":4005,"data":{},"message":"wrong key"}',
    b'{"error":["EGeneral:Internal error"]}',
    b'{"code":-1021,"msg":"Timestamp"}',
    b'{"code":4010,"data":{},"message":"expired"}',
    b"[" * 5000,
]
STATUSES = [200] * 16 + [201, 302, 400, 401, 403, 404, 407, 418, 429, 500, 502, 503, 511, 599, 999]


def _coinex_answer(data: object) -> object:
    return {"code": 0, "data": data, "message": "OK"}


_TICKER = {
    "close": "62393.47",
    "high": "64106.41",
    "last": "62393.47",
    "low": "59650.01",
    "market": "BTCUSDT",
    "open": "61616.15",
    "period": 86400,
    "value": "28711273.4065667262",
    "volume": "461.76557205",
    "volume_buy": "11.41",
    "volume_sell": "7.32",
}
_CANDLES = [
    {
        "close": "66999.95",
        "created_at": NOW_MS - NOW_MS % 60_000 - 60_000 * n,
        "high": "66999.95",
        "low": "66988.53",
        "market": "BTCUSDT",
        "open": "66988.53",
        "value": "0.1572393",
        "volume": "10533.2501364336",
    }
    for n in range(3)
]
_DEPTH = {
    "depth": {
        "asks": [["70875.31", "0.28670282"], ["70875.32", "0.31"]],
        "bids": [["70855.3", "0.0063"], ["70855.29", "0.36"]],
        "checksum": 2313816665,
        "last": "70857.19",
        "updated_at": NOW_MS,
    },
    "is_full": True,
    "market": "BTCUSDT",
}
_SPOT_MARKET = {
    "market": "BTCUSDT",
    "taker_fee_rate": "0.002",
    "maker_fee_rate": "0.002",
    "min_amount": "0.0005",
    "base_ccy": "BTC",
    "quote_ccy": "USDT",
    "base_ccy_precision": 8,
    "quote_ccy_precision": 2,
    "is_api_trading_available": True,
}
_SWAP_MARKET = {
    "base_ccy": "BTC",
    "base_ccy_precision": 8,
    "contract_type": "linear",
    "leverage": ["1", "100"],
    "maker_fee_rate": "0",
    "market": "BTCUSDT",
    "min_amount": "0.0001",
    "open_interest_volume": "25",
    "quote_ccy": "USDT",
    "quote_ccy_precision": 2,
    "taker_fee_rate": "0.0005",
}
_FUNDING = {
    "latest_funding_rate": "0",
    "latest_funding_time": NOW_MS - 3_600_000,
    "mark_price": "61602.22",
    "market": "BTCUSDT",
    "max_funding_rate": "0.00375",
    "min_funding_rate": "-0.00375",
    "next_funding_rate": "0.00021074",
    "next_funding_time": NOW_MS + 25_200_000,
}
_PAID = {
    "actual_funding_rate": "0.0001",
    "funding_time": NOW_MS - 3_578_239,
    "market": "BTCUSDT",
    "theoretical_funding_rate": "0.0001",
}
_LEVELS = {
    "level": [
        {"amount": "20", "leverage": "20", "maintenance_margin_rate": "0.02", "min_initial_margin_rate": "0.05"},
        {"amount": "50", "leverage": "10", "maintenance_margin_rate": "0.04", "min_initial_margin_rate": "0.1"},
    ],
    "market": "BTCUSDT",
}
COINEX_ANSWERS: dict[str, object] = {
    "/v2/time": _coinex_answer({"timestamp": NOW_MS}),
    "/v2/spot/market": _coinex_answer([_SPOT_MARKET]),
    "/v2/futures/market": _coinex_answer([_SWAP_MARKET]),
    "/v2/assets/all-deposit-withdraw-config": _coinex_answer([]),
    "/v2/spot/ticker": _coinex_answer([_TICKER]),
    "/v2/futures/ticker": _coinex_answer([{**_TICKER, "mark_price": "62443.05", "index_price": "62443.05"}]),
    "/v2/spot/depth": _coinex_answer(_DEPTH),
    "/v2/futures/depth": _coinex_answer(_DEPTH),
    "/v2/spot/kline": _coinex_answer(_CANDLES),
    "/v2/futures/kline": _coinex_answer(_CANDLES),
    "/v2/futures/funding-rate": _coinex_answer([_FUNDING]),
    "/v2/futures/funding-rate-history": _coinex_answer([_PAID]),
    "/v2/futures/position-level": _coinex_answer([_LEVELS]),
}
COINEX_FRAMES: list[object] = [
    {"method": "state.update", "data": {"state_list": [{**_TICKER}]}, "id": None},
    {
        "method": "bbo.update",
        "id": None,
        "data": {
            "market": "BTCUSDT",
            "updated_at": NOW_MS,
            "best_bid_price": "20000",
            "best_bid_size": "0.1",
            "best_ask_price": "20001",
            "best_ask_size": "0.15",
        },
    },
    {"method": "depth.update", "data": {"market": "BTCUSDT", **_DEPTH}, "id": None},
    {"id": 1, "code": 20001, "message": "invalid argument"},
]


def damaged(answer: object, random: Random) -> bytes:
    """Return an answer as bytes with some damage; now and then as it is, or something else altogether."""
    kind = random.random()
    if kind < 0.03:
        return random.choice(WHOLE)
    if kind < 0.7:
        answer = _with_strange_values(json.loads(json.dumps(answer)), random)
    text = json.dumps(answer).encode()
    return text if kind < 0.65 or kind > 0.97 else _with_strange_bytes(text, random)


def _with_strange_values(answer: Any, random: Random) -> Any:
    for _ in range(random.randint(1, 4)):
        places = list(_places(answer))
        if not places:
            return random.choice(STRANGE)
        table, key = random.choice(places)
        action = random.random()
        if action < 0.7:
            table[key] = random.choice(STRANGE)
        elif action < 0.85:
            del table[key]
        else:
            other, name = random.choice(places)
            table[key] = json.loads(json.dumps(other[name])) if _is_there(other, name) else None
    return answer


def _is_there(table: Any, key: Any) -> bool:
    return key in table if isinstance(table, dict) else key < len(table)


def _places(value: Any) -> Any:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in list(pairs):
        yield value, key
        yield from _places(each)


def _with_strange_bytes(text: bytes, random: Random) -> bytes:
    data = bytearray(text)
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(data)) if data else 0
        action = random.randrange(5)
        if action == 0 and data:
            data[at] = random.randrange(256)
        elif action == 1:
            del data[at:]
        elif action == 2:
            del data[at : at + random.randrange(1, 20)]
        elif action == 3:
            data[at:at] = data[at : at + random.randrange(1, 40)]
        else:
            data[at:at] = bytes(random.randrange(256) for _ in range(random.randrange(1, 6)))
    return bytes(data)


@dataclass
class Outcome:
    """How many answers were sent through, how many were believed, and which errors the others were."""

    sent: int = 0
    believed: int = 0
    refused: Counter[str] = field(default_factory=Counter)


class Fuzzed:
    """One exchange whose answers are damaged on the way."""

    def __init__(self, exchange_id: str, answers: dict[str, object], symbol: str, random: Random) -> None:
        self.exchange = make_instance(Place(exchange_id=exchange_id, address=ExchangeAddress()), LoopClock())
        self.exchange.exchange_bytes = self._bytes
        self.exchange.throttle = self._no_waiting
        self.caller = Caller(self.exchange, LoopClock())
        self.answers = {path: answer for path, answer in answers.items() if not isinstance(answer, str)}
        self.symbol = symbol
        self.random = random
        self.is_damaging = False

    async def know_markets(self) -> None:
        await self.exchange.load_markets()
        self.is_damaging = True

    def calls(self) -> list[Callable[[], Awaitable[object]]]:
        """Return what is asked of it, each with a check of what is believed."""
        calls: list[Callable[[], Awaitable[object]]] = [self.time, self.quote, self.book, self.bars, self.rows]
        if "/v2/futures/funding-rate" in self.answers and ":" in self.symbol:
            calls += [self.funding, self.history, self.tiers]
        return [*calls, self.markets] if self.random.random() < 0.05 else calls

    async def time(self) -> object:
        return server_time_from(await self.caller.ask(self.exchange.fetch_time))

    async def quote(self) -> object:
        async def both() -> tuple[object, object]:
            return await self.exchange.fetch_ticker(self.symbol), await self.exchange.fetch_order_book(self.symbol, 5)

        ticker, book = await self.caller.ask(both)
        return quote_from(self.symbol, ticker, book=book if self.random.random() < 0.7 else None, now=NOW)

    async def book(self) -> object:
        book = await self.caller.ask(lambda: self.exchange.fetch_order_book(self.symbol, 5))
        return order_book_from(self.symbol, book, depth=5, now=NOW)

    async def bars(self) -> object:
        async def rows() -> object:
            if self.exchange.id == coinex.COINEX:
                market = self.exchange.market(self.symbol)
                return await coinex.candle_rows(self.exchange, market, timeframe=Timeframe.M1, since=None, limit=3)
            return await self.exchange.fetch_ohlcv(self.symbol, "1m", None, 3)

        return bars_from(self.symbol, await self.caller.ask(rows), timeframe=Timeframe.M1, now=NOW)

    async def rows(self) -> object:
        told = table_of(await self.caller.ask(lambda: self.exchange.fetch_tickers(None, {"type": "spot"})), "tickers")
        return [ticker_row_from(str(symbol), ticker, now=NOW) for symbol, ticker in told.items()]

    async def funding(self) -> object:
        told = await self.caller.ask(lambda: self.exchange.fetch_funding_rate(self.symbol))
        check_swap_sound(funding_from(self.symbol, told, now=NOW))
        return []

    async def history(self) -> object:
        told = await self.caller.ask(lambda: self.exchange.fetch_funding_rate_history(self.symbol, 0, 100))
        for each in funding_history_from(self.symbol, told):
            check_swap_sound(each)
        return []

    async def tiers(self) -> object:
        told = table_of(await self.caller.ask(lambda: self.exchange.fetch_leverage_tiers([self.symbol])), "tiers")
        check_swap_sound(brackets_from(SWAP, told.get(self.symbol), price=Decimal(60_000)))
        return []

    async def markets(self) -> object:
        kept = {name: getattr(self.exchange, name) for name in _ABOUT_MARKETS}

        async def load() -> MarketList:
            await self.exchange.load_markets(True)
            return market_list_from(self.exchange, tag="x", fetched_at=NOW)

        try:
            return await self.caller.ask(load)
        finally:
            for name, value in kept.items():
                setattr(self.exchange, name, value)

    async def _bytes(self, url: str, **_: object) -> tuple[int, str, dict[str, str], bytes]:
        path, query = url.partition("?")[::2]
        path = "/" + path.split("/", 3)[3]
        alone = f"{path}?symbol" if "symbol" in query else path
        answer = self.answers.get(alone, self.answers.get(path, {"error": "no such path"}))
        if not self.is_damaging:
            return 200, "OK", {}, json.dumps(answer).encode()
        headers = {"Retry-After": str(self.random.choice(STRANGE))} if self.random.random() < 0.05 else {}
        return self.random.choice(STATUSES), "as it is", headers, damaged(answer, self.random)

    async def _no_waiting(self, _cost: object = None) -> None:
        return None


_ABOUT_MARKETS = (
    "markets",
    "markets_by_id",
    "symbols",
    "ids",
    "currencies",
    "currencies_by_id",
    "baseCurrencies",
    "quoteCurrencies",
    "codes",
)


class FuzzedStream:
    """CoinEx' pushed frames, damaged, into ccxt's streams and out as quotes."""

    def __init__(self, exchange: Any, random: Random) -> None:
        self.exchange, self.random = exchange, random
        self.gunzip = self.inflate = False
        self.url = "wss://socket.exchange.example/v2/spot/"
        self.futures: dict[str, object] = {}
        self.subscriptions: dict[str, object] = {}
        self.failed: list[Exception] = []
        self.rejected = 0
        self.stream = KindStream(exchange, ["BTC/USDT"], now=lambda: NOW, rejected=self._reject)
        guard(self, exchange.link.asked(), failures_of_ccxt=exchange.failures_of_ccxt)

    def on_message_callback(self, client: object, message: object) -> None:
        self.exchange.handle_message(client, message)

    def resolve(self, *_: object) -> None:
        """Nobody waits."""

    def reject(self, error: Exception, *_: object) -> None:
        self.failed.append(error)

    on_error = reject

    def handle_text_or_binary_message(self, data: bytes) -> None:
        raise AssertionError("replaced by the guard")

    async def push(self) -> object:
        """Let one damaged frame come in; return the quotes that come of it, or raise what failed."""
        self.failed.clear()
        self.handle_text_or_binary_message(damaged(self.random.choice(COINEX_FRAMES), self.random))
        quotes = self.stream.news()
        if self.failed:
            raise self.failed[0]
        return quotes

    def _reject(self, _symbol: str, _why: str) -> None:
        self.rejected += 1


async def fuzz(count: int, *, seed: int) -> Outcome:
    """Send damaged answers and frames of three exchanges through, and return what became of them.

    Raises:
        AssertionError: something was believed that cannot be, or an error was not typed.
    """
    random, outcome = Random(seed), Outcome()
    exchanges = [
        Fuzzed("coinex", COINEX_ANSWERS, "BTC/USDT", random),
        Fuzzed("coinex", COINEX_ANSWERS, "BTC/USDT:USDT", random),
        Fuzzed("binance", dict(BINANCE), "BTC/USDT", random),
        Fuzzed("kraken", dict(KRAKEN), "BTC/USD", random),
    ]
    for each in exchanges:
        await each.know_markets()
    stream = FuzzedStream(exchanges[0].exchange, random)
    while outcome.sent < count:
        calls = [call for each in exchanges for call in each.calls()] + [stream.push] * 6
        for call in calls:
            try:
                check_sound(await call())
                outcome.believed += 1
            except ExchangeError as error:
                outcome.refused[type(error).__name__] += 1
            outcome.sent += 1
        await asyncio.sleep(0)
    return outcome


def check_swap_sound(value: tuple[MarginBracket, ...] | DueRate | FundingAnswer) -> None:
    """Say so if something was believed of a swap that cannot be."""
    match value:
        case DueRate():
            assert abs(value.rate) <= Decimal("0.1")
            assert 2009 <= value.at.year <= 2100
        case FundingAnswer():
            assert value.mark_price is None or 0 < value.mark_price < Decimal("1e19")
            for each in (value.settled, value.coming):
                if each is not None:
                    check_swap_sound(each)
        case _:
            assert is_continuous(value)
            assert value[-1].cap is None
            assert all(0 < tier.maintenance_rate < 1 <= tier.max_leverage for tier in value)


def check_sound(value: object) -> None:
    """Say so if something was believed that cannot be."""
    match value:
        case list():
            for each in value:
                check_sound(each)
        case datetime():
            assert value.tzinfo is not None
            assert 2009 <= value.year <= 2100
        case Quote():
            assert 0 < min(value.bid, value.ask) <= max(value.bid, value.ask) < Decimal("1e19")
            assert 0 < value.last < Decimal("1e19")
            check_sound(value.at)
        case Bar():
            assert 0 < value.low <= min(value.open, value.close) <= max(value.open, value.close) <= value.high
            assert value.volume >= 0
            assert value.closed_at <= NOW
        case OrderBook():
            assert value.bids
            assert value.asks
            assert value.bids[0].price <= value.asks[0].price
        case TickerRow():
            assert all(each is None or 0 < each < Decimal("1e19") for each in (value.last, value.bid, value.ask))
        case MarketList():
            assert value.markets
            for listed in value.markets:
                assert listed.instrument.tick_size > 0 < listed.instrument.lot_size
                assert 0 <= listed.instrument.taker_fee_rate < 1
        case _:
            raise AssertionError(f"{value!r} is nothing that is asked for")
