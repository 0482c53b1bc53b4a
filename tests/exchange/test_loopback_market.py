"""The loopback exchange's markets, as ccxt reads them: lists, prices, books, candles, streams."""

import asyncio
import itertools
import time
from typing import Any

import ccxt
import pytest

from tests.exchange.coinex_client import SPOT, SWAP, coinex, watch_to_the_end
from tests.exchange.loopback import Fault, LoopbackExchange

pytestmark = pytest.mark.asyncio
BOTH = pytest.mark.parametrize(("kind", "symbol"), [("spot", SPOT), ("swap", SWAP)])


async def soon(work: Any, seconds: float = 60) -> Any:
    return await asyncio.wait_for(work, seconds)


@BOTH
async def test_ccxt_loads_the_markets_with_their_rules(kind: str, symbol: str) -> None:
    async with LoopbackExchange() as exchange, coinex(exchange.url, kind=kind) as client:
        markets = await client.load_markets()
        assert {SPOT, SWAP, "ETH/USDT", "XRP/USDT"} <= set(markets)
        market = markets[symbol]
        assert (market["precision"]["price"], market["limits"]["amount"]["min"]) == (0.01, 0.0001)
        assert market["linear"] is (True if kind == "swap" else None)
        assert markets[SWAP]["info"]["taker_fee_rate"] == "0.0005"


@BOTH
async def test_ticker_book_and_trades_agree_on_the_price_a_script_has_set(kind: str, symbol: str) -> None:
    async with LoopbackExchange() as exchange, coinex(exchange.url, kind=kind) as client:
        exchange.set_price(SPOT, "61234.5")
        assert (await client.fetch_ticker(symbol))["last"] == 61234.5
        book = await client.fetch_order_book(symbol, 5)
        assert book["bids"][0][0] < 61234.5 < book["asks"][0][0]
        assert len(book["bids"]) == 5
        assert abs(book["timestamp"] / 1000 - time.time()) < 60
        assert (await client.fetch_trades(symbol, limit=5))[-1]["price"] == 61234.5
        assert set(await client.fetch_tickers()) >= {symbol}


async def test_the_time_is_the_wall_clock_unless_the_clock_is_made_wrong() -> None:
    async with LoopbackExchange() as exchange, coinex(exchange.url) as client:
        assert abs(await client.fetch_time() / 1000 - time.time()) < 60
        exchange.faults.inject(Fault.CLOCK, seconds=7200)
        assert abs(await client.fetch_time() / 1000 - time.time() - 7200) < 60


async def test_thousands_of_markets_can_be_listed() -> None:
    async with LoopbackExchange(extra_pairs=3000) as exchange, coinex(exchange.url) as client:
        assert len(await client.load_markets()) > 3000


@BOTH
async def test_candles_are_asked_for_by_time_a_thousand_at_most(kind: str, symbol: str) -> None:
    start = 1_700_000_040_000
    window = {"start_time": start, "end_time": start + 999 * 60_000}
    async with LoopbackExchange(seed=3) as exchange, coinex(exchange.url, kind=kind) as client:
        rows = await client.fetch_ohlcv(symbol, "1m", limit=1000, params=window)
        assert [row[0] for row in rows] == list(range(start, start + 1000 * 60_000, 60_000))
        assert all(low <= min(o, c) <= max(o, c) <= high for _, o, high, low, c, _ in rows)
        assert all(after[1] == before[4] for before, after in itertools.pairwise(rows))
        with pytest.raises(ccxt.BadRequest):
            await client.fetch_ohlcv(symbol, "1m", limit=1001)


async def test_candles_of_every_timeframe_are_made_of_the_same_prices() -> None:
    day = 1_700_006_400_000
    async with LoopbackExchange(seed=3) as exchange, coinex(exchange.url) as client:
        minutes = await client.fetch_ohlcv(
            SPOT, "1m", limit=240, params={"start_time": day, "end_time": day + 239 * 60_000}
        )
        (four_hours,) = await client.fetch_ohlcv(SPOT, "4h", limit=1, params={"start_time": day, "end_time": day})
        assert four_hours[1:5] == [
            minutes[0][1],
            max(row[2] for row in minutes),
            min(row[3] for row in minutes),
            minutes[-1][4],
        ]


async def test_a_price_set_by_a_script_is_in_the_forming_candle() -> None:
    async with LoopbackExchange() as exchange, coinex(exchange.url) as client:
        before = (await client.fetch_ohlcv(SPOT, "1m", limit=2))[-1]
        exchange.set_price(SPOT, "99000")
        exchange.set_price(SPOT, "98000")
        rows = await client.fetch_ohlcv(SPOT, "1m", limit=2)
        assert rows[-1][4] == 98000
        assert max(row[2] for row in rows) == 99000
        assert before[4] < 99000


@BOTH
async def test_subscribers_get_tickers_books_best_prices_and_deals(kind: str, symbol: str) -> None:
    async with LoopbackExchange(tick_seconds=0.05) as exchange, coinex(exchange.url, kind=kind) as client:
        exchange.set_price(SPOT, "50000")
        assert (await soon(client.watch_tickers([symbol])))[symbol]["last"] == 50000
        book = await soon(client.watch_order_book(symbol, 5))
        assert book["bids"][0][0] < 50000 < book["asks"][0][0]
        best = await soon(client.watch_bids_asks([symbol]))
        assert best["bid"] < 50000 < best["ask"]
        assert (await soon(client.watch_trades(symbol)))[-1]["price"] == 50000
        exchange.set_price(SPOT, "50100")
        while (await soon(client.watch_tickers([symbol])))[symbol]["last"] != 50100:
            pass


async def test_the_walking_price_is_the_same_function_of_the_seed_in_two_exchanges() -> None:
    def clock() -> float:
        return 1_750_000_000.25

    one, two, other = (LoopbackExchange(seed=seed, clock=clock) for seed in (5, 5, 6))
    assert one.price(SPOT) == two.price(SPOT) != other.price(SPOT)


async def test_walking_goes_on_from_the_price_that_was_held() -> None:
    now = [1_750_000_000.0]
    exchange = LoopbackExchange(clock=lambda: now[0])
    exchange.set_price(SPOT, "42000")
    now[0] += 100
    assert exchange.price(SPOT) == 42000
    exchange.walk(SPOT)
    assert exchange.price(SPOT) == 42000
    now[0] += 30
    assert 41000 < exchange.price(SPOT) < 43000
    assert exchange.price(SPOT) != 42000
    kept = LoopbackExchange(clock=lambda: now[0])
    kept.restore(exchange.scripted())
    assert kept.price(SPOT) == exchange.price(SPOT)


async def test_down_refuses_and_back_again_serves_the_same_market_on_the_same_port() -> None:
    async with LoopbackExchange(tick_seconds=0.05) as exchange, coinex(exchange.url) as client:
        exchange.set_price(SPOT, "50000")
        await soon(client.watch_tickers([SPOT]))
        url = exchange.url
        await exchange.go_down()
        with pytest.raises(ccxt.NetworkError):
            await watch_to_the_end(client, SPOT, 5)
        with pytest.raises(ccxt.NetworkError):
            await client.fetch_ticker(SPOT)
        await exchange.come_back()
        assert exchange.url == url
        assert (await client.fetch_ticker(SPOT))["last"] == 50000
        assert (await soon(client.watch_tickers([SPOT])))[SPOT]["last"] == 50000
