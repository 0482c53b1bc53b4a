"""Frames as six exchanges document them, through the guard and ccxt's reading of them, out as quotes."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from desktop_trader.domain.errors import (
    BadAnswerError,
    ExchangeError,
    ExchangeRefusedError,
    NetworkDownError,
    NetworkTimeoutError,
)
from desktop_trader.domain.market import Quote
from desktop_trader.exchange import streams
from desktop_trader.exchange.async_clock import LoopClock
from desktop_trader.exchange.frames import guard
from desktop_trader.exchange.instance import Place, make_instance
from desktop_trader.exchange.streams import KindStream, merged
from desktop_trader.settings import ExchangeAddress

pytestmark = pytest.mark.asyncio
AT_MS = 1_763_661_600_123
AT = datetime.fromtimestamp(AT_MS // 1000, UTC) + timedelta(milliseconds=123)
NOW = AT + timedelta(seconds=1)
SYMBOL = "BTC/USDT"

COINEX_TICKER = {
    "method": "state.update",
    "data": {"state_list": [{"market": "BTCUSDT", "last": "90001.5", "open": "89000"}]},
}
COINEX_TOP = {
    "method": "bbo.update",
    "data": {
        "market": "BTCUSDT",
        "updated_at": AT_MS,
        "best_bid_price": "90001",
        "best_bid_size": "1",
        "best_ask_price": "90002",
        "best_ask_size": "2",
    },
}
BINANCE_TICKER = {
    "e": "24hrTicker",
    "E": AT_MS,
    "s": "BTCUSDT",
    "p": "0.1",
    "P": "0.2",
    "w": "90000",
    "x": "1",
    "c": "90001.50000000",
    "Q": "10",
    "b": "90001.00000000",
    "B": "10",
    "a": "90002.00000000",
    "A": "100",
    "o": "89000",
    "h": "91000",
    "l": "88000",
    "v": "10000",
    "q": "18",
    "O": 0,
    "C": AT_MS,
    "F": 0,
    "L": 18150,
    "n": 18151,
}
KRAKEN_TICKER = """{"channel": "ticker", "type": "snapshot", "data": [{
    "symbol": "BTC/USDT", "bid": 90001.0, "bid_qty": 740.0, "ask": 90002.0, "ask_qty": 740.5, "last": 90001.5,
    "volume": 6.5, "vwap": 90001.1, "low": 88000.1, "high": 91000.5, "change": 0.1, "change_pct": 0.1}]}"""
OKX_TICKER = {
    "arg": {"channel": "tickers", "instId": "BTC-USDT"},
    "data": [
        {
            "instType": "SPOT",
            "instId": "BTC-USDT",
            "last": "90001.5",
            "lastSz": "0.1",
            "askPx": "90002",
            "askSz": "11",
            "bidPx": "90001",
            "bidSz": "5",
            "open24h": "89000",
            "high24h": "91000",
            "low24h": "88000",
            "volCcy24h": "2222",
            "vol24h": "2222",
            "sodUtc0": "2222",
            "sodUtc8": "2222",
            "ts": str(AT_MS),
        }
    ],
}
GATE_TICKER = {
    "time": AT_MS // 1000,
    "time_ms": AT_MS,
    "channel": "spot.tickers",
    "event": "update",
    "result": {
        "currency_pair": "BTC_USDT",
        "last": "90001.5",
        "lowest_ask": "90002",
        "highest_bid": "90001",
        "change_percentage": "-1.6",
        "base_volume": "267.5",
        "quote_volume": "53",
        "high_24h": "91000",
        "low_24h": "88000",
    },
}
GATE_TOP = {
    "time": AT_MS // 1000,
    "time_ms": AT_MS,
    "channel": "spot.book_ticker",
    "event": "update",
    "result": {"t": AT_MS, "u": 48733182, "s": "BTC_USDT", "b": "90001", "B": "0.0003", "a": "90002", "A": "0.09"},
}
BYBIT_TICKER = {
    "topic": "tickers.BTCUSDT",
    "ts": AT_MS,
    "type": "snapshot",
    "cs": 2588407389,
    "data": {
        "symbol": "BTCUSDT",
        "lastPrice": "90001.5",
        "highPrice24h": "91000",
        "lowPrice24h": "88000",
        "prevPrice24h": "89000",
        "volume24h": "6780",
        "turnover24h": "1",
        "price24hPcnt": "0.0196",
        "usdIndexPrice": "90001",
    },
}
BYBIT_TOP = {
    "topic": "orderbook.1.BTCUSDT",
    "ts": AT_MS,
    "type": "snapshot",
    "cts": AT_MS,
    "data": {"s": "BTCUSDT", "b": [["90001", "1"]], "a": [["90002", "2"]], "u": 1, "seq": 7},
}

DOCUMENTED: list[tuple[str, str, list[Any], datetime]] = [
    ("coinex", "BTCUSDT", [COINEX_TICKER, COINEX_TOP], AT),
    ("binance", "BTCUSDT", [BINANCE_TICKER], AT),
    ("kraken", "BTC/USDT", [KRAKEN_TICKER], NOW),
    ("okx", "BTC-USDT", [OKX_TICKER], AT),
    ("gate", "BTC_USDT", [GATE_TICKER, GATE_TOP], AT),
    ("bybit", "BTCUSDT", [BYBIT_TICKER, BYBIT_TOP], AT),
]


class Line:
    """A connection that takes frames from the test instead of a socket, with what else ccxt asks of its client."""

    def __init__(self, exchange: Any) -> None:
        self.exchange = exchange
        self.url = "wss://socket.exchange.example/v2/spot/public"
        self.gunzip = self.inflate = False
        self.futures: dict[str, Any] = {}
        self.subscriptions: dict[str, Any] = {}
        self.lastPong = self.keepAlive = 0
        self.errors: list[Exception] = []
        guard(self, exchange.link.asked(), failures_of_ccxt=exchange.failures_of_ccxt)

    def on_message_callback(self, client: Any, message: Any) -> None:
        self.exchange.handle_message(client, message)

    def on_error(self, error: Exception) -> None:
        self.errors.append(error)

    def resolve(self, *_: Any) -> None:
        """Nobody waits."""

    reject = resolve

    def handle_text_or_binary_message(self, data: str) -> None:
        raise AssertionError("replaced by the guard")


def spot_exchange(exchange_id: str, market_id: str) -> Any:
    """An exchange that knows one spot market."""
    exchange = make_instance(Place(exchange_id=exchange_id, address=ExchangeAddress()), LoopClock())
    market = exchange.safe_market_structure() | {
        "id": market_id,
        "symbol": SYMBOL,
        "base": "BTC",
        "quote": "USDT",
        "baseId": "BTC",
        "quoteId": "USDT",
        "type": "spot",
        "spot": True,
        "swap": False,
        "contract": False,
        "wsId": market_id,
        "lowercaseId": market_id.lower(),
        "info": {},
    }
    exchange.set_markets([market])
    return exchange


def quotes_of(exchange: Any, frames: list[Any]) -> tuple[list[Quote], list[tuple[str, str]], list[Exception]]:
    """What frames lead to: quotes, prices told as rejected, and what ended the stream."""
    rejected: list[tuple[str, str]] = []
    stream = KindStream(exchange, [SYMBOL], now=lambda: NOW, rejected=lambda *told: rejected.append(told))
    line, quotes = Line(exchange), []
    for frame in frames:
        line.handle_text_or_binary_message(frame if isinstance(frame, str) else json.dumps(frame))
        quotes += stream.news()
    return quotes, rejected, line.errors


@pytest.mark.parametrize(("exchange_id", "market_id", "frames", "at"), DOCUMENTED, ids=[each[0] for each in DOCUMENTED])
async def test_documented_frames_are_quotes(exchange_id: str, market_id: str, frames: list[Any], at: datetime) -> None:
    quotes, rejected, errors = quotes_of(spot_exchange(exchange_id, market_id), frames)
    assert (rejected, errors) == ([], [])
    assert quotes == [Quote(symbol=SYMBOL, bid=Decimal(90001), ask=Decimal(90002), last=Decimal("90001.5"), at=at)]


@pytest.mark.requirement("R211")
@pytest.mark.parametrize("price", ["NaN", "0", "-1", "1e30", None, "x"])
async def test_a_pushed_price_that_cannot_be_is_told_and_passed_over(price: str | None) -> None:
    """Row F33 of the fault list; the stream goes on. A crossed book is for the filter, which counts it as one."""
    bad = {**COINEX_TOP, "data": {**COINEX_TOP["data"], "best_bid_price": price}}  # type: ignore[dict-item]
    quotes, rejected, errors = quotes_of(spot_exchange("coinex", "BTCUSDT"), [COINEX_TICKER, bad, COINEX_TOP])
    assert [symbol for symbol, _ in rejected] == [SYMBOL]
    assert (len(quotes), errors) == (1, [])


async def test_what_is_no_message_ends_the_stream_with_a_typed_error() -> None:
    broken = [
        '{"method": "state.update", "da',
        '{"method": "bbo.update", "data": 5}',
        '{"method": "state.update", "data": {"a": 1e999}}',
    ]
    for frame in broken:
        _, _, errors = quotes_of(spot_exchange("coinex", "BTCUSDT"), [frame])
        assert all(isinstance(error, ExchangeError) for error in errors)
    assert [type(error) for error in quotes_of(spot_exchange("coinex", "BTCUSDT"), broken[:1])[2]] == [BadAnswerError]


class Pushing:
    """An exchange whose watches return when the test says so, or fail, or hang."""

    id = "binance"

    def __init__(self, *, fails: Exception | None = None, hangs: bool = False) -> None:
        self.link = spot_exchange("binance", "BTCUSDT").link
        self.failures_of_ccxt = LookupError
        self.tickers: dict[str, Any] = {}
        self.bidsasks: dict[str, Any] = {}
        self.stream_failure: ExchangeError | None = None
        self.fails, self.hangs, self.watched = fails, hangs, 0

    async def watch_tickers(self, _symbols: list[str]) -> None:
        if self.fails is not None:
            raise self.fails
        if self.hangs:
            await asyncio.sleep(60)
        self.watched += 1
        self.tickers[SYMBOL] = {"last": "1", "bid": "1", "ask": "2", "timestamp": AT_MS + self.watched}


async def first_failure(exchange: Any) -> ExchangeError:
    stream = KindStream(exchange, [SYMBOL], now=lambda: NOW, rejected=lambda *_: None)
    with pytest.raises(ExchangeError) as caught:
        async for _ in merged([stream]):
            pass
    return caught.value


async def test_a_stream_without_news_ends_with_a_time_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Row F38 of the fault list: a connection that looks alive raises nothing by itself."""
    monkeypatch.setattr(streams, "SILENCE_SECONDS", 0.05)
    assert type(await first_failure(Pushing(hangs=True))) is NetworkTimeoutError


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (ConnectionResetError(), NetworkDownError),
        (TypeError("argument of type 'int'"), BadAnswerError),
        (BadAnswerError("a frame"), BadAnswerError),
    ],
)
async def test_what_a_watch_raises_is_typed(failure: Exception, kind: type[ExchangeError]) -> None:
    assert type(await first_failure(Pushing(fails=failure))) is kind


async def test_an_end_between_two_watches_is_noticed() -> None:
    """Otherwise ccxt would connect anew, and what came in between would be missing without a word."""
    exchange = Pushing()
    stream = KindStream(exchange, [SYMBOL], now=lambda: NOW, rejected=lambda *_: None)
    seen: list[Quote] = []

    async def follow() -> None:
        async for quote in merged([stream]):
            seen.append(quote)
            if len(seen) == 3:
                exchange.stream_failure = NetworkDownError("gone")

    with pytest.raises(NetworkDownError):
        await follow()
    assert len(seen) == 3
    assert sorted(quote.at for quote in seen) == [quote.at for quote in seen]


async def test_a_stream_that_has_no_best_prices_at_all_is_given_up() -> None:
    class Bare(Pushing):
        """Pushes last prices only."""

        async def watch_tickers(self, symbols: list[str]) -> None:
            await super().watch_tickers(symbols)
            self.tickers[SYMBOL] |= {"bid": None, "ask": None}

    assert type(await first_failure(Bare())) is ExchangeRefusedError


async def test_closing_a_stream_ends_its_readers() -> None:
    exchange = Pushing()
    quotes = merged([KindStream(exchange, [SYMBOL], now=lambda: NOW, rejected=lambda *_: None)])
    await anext(quotes)
    await quotes.aclose()
    watched = exchange.watched
    await asyncio.sleep(0.05)
    assert exchange.watched == watched
