"""Each fault of the loopback exchange makes ccxt do what EXCHANGE.md's table says, or what no table can promise."""

import asyncio
import itertools
import math
import ssl
import time
from pathlib import Path
from typing import Any

import ccxt
import pytest

from tests.exchange.certificates import self_signed
from tests.exchange.coinex_client import SPOT, coinex, until, watch_to_the_end
from tests.exchange.loopback import Fault, LoopbackExchange

pytestmark = pytest.mark.asyncio

RAISES = [
    (Fault.RESET, {}, ccxt.NetworkError),
    (Fault.HANG, {}, ccxt.RequestTimeout),
    (Fault.SLOW, {"seconds": 3}, ccxt.RequestTimeout),
    (Fault.TRICKLE, {}, ccxt.RequestTimeout),
    (Fault.HTTP_502, {}, ccxt.ExchangeNotAvailable),
    (Fault.HTTP_429, {"seconds": 7}, ccxt.RateLimitExceeded),
    (Fault.HTTP_418, {}, ccxt.DDoSProtection),
    (Fault.HTTP_401, {}, ccxt.AuthenticationError),
    (Fault.MAINTENANCE, {}, ccxt.ExchangeNotAvailable),
    (Fault.CODE, {"code": 4002}, ccxt.RequestTimeout),
    (Fault.CODE, {"code": 4213}, ccxt.RateLimitExceeded),
    (Fault.CODE, {"code": 4005}, ccxt.AuthenticationError),
    (Fault.CODE, {"code": 4006}, ccxt.AuthenticationError),
    (Fault.CODE, {"code": 4007}, ccxt.PermissionDenied),
    (Fault.CODE, {"code": 4017}, ccxt.ExchangeError),
    # The streaming class looks at the code before the text; the plain one says ExchangeNotAvailable here.
    (Fault.CODE, {"code": 3008, "text": "service too busy"}, ccxt.RequestTimeout),
]

NEVER_WHOLE = (Fault.HANG, Fault.SLOW, Fault.TRICKLE)
"""What only a deadline ends."""


@pytest.mark.parametrize(("fault", "figures", "raised"), RAISES)
async def test_a_fault_of_the_line_raises_what_ccxt_is_known_to_raise(
    fault: Fault, figures: dict[str, Any], raised: type[Exception]
) -> None:
    async with LoopbackExchange() as exchange, coinex(exchange.url) as client:
        await client.load_markets()
        patience = client.timeout
        if fault in NEVER_WHOLE:
            client.timeout = 400
        exchange.faults.inject(fault, "spot/ticker", **figures)
        with pytest.raises(raised):
            await client.fetch_ticker(SPOT)
        client.timeout = patience
        assert await client.fetch_time() > 0
        exchange.faults.clear()
        assert (await client.fetch_ticker(SPOT))["last"] > 0


async def test_503_with_json_is_no_plain_answer() -> None:
    async with LoopbackExchange() as exchange, coinex(exchange.url) as client:
        await client.load_markets()
        exchange.faults.inject(Fault.HTTP_503)
        with pytest.raises((ccxt.OperationFailed, ccxt.ExchangeError)):
            await client.fetch_ticker(SPOT)


@pytest.mark.parametrize("fault", [Fault.TRUNCATED, Fault.PORTAL, Fault.EMPTY_BODY, Fault.NULL, Fault.EMPTY_OBJECT])
async def test_a_broken_200_is_read_by_ccxt_as_nothing_there(fault: Fault) -> None:
    # That ccxt raises nothing here is why our layer has to look at the shape of every answer.
    async with LoopbackExchange() as exchange, coinex(exchange.url) as client:
        await client.load_markets()
        exchange.faults.inject(fault)
        assert await client.fetch_time() is None
        assert await client.fetch_open_orders(SPOT) == []


async def test_a_fault_ends_after_its_count() -> None:
    async with LoopbackExchange() as exchange, coinex(exchange.url) as client:
        exchange.faults.inject(Fault.HTTP_502, "time", count=2)
        for _ in range(2):
            with pytest.raises(ccxt.ExchangeNotAvailable):
                await client.fetch_time()
        assert await client.fetch_time() > 0
        assert exchange.calls.count("time") == 3


async def test_a_hanging_call_is_answered_when_the_fault_is_cleared() -> None:
    async with LoopbackExchange() as exchange, coinex(exchange.url) as client:
        exchange.faults.inject(Fault.HANG, "time")
        waiting = asyncio.ensure_future(client.fetch_time())
        await until(lambda: exchange.calls.count("time") > 0)
        assert not waiting.done()
        exchange.faults.clear()
        assert await waiting > 0


async def test_the_huge_body_has_the_size_that_was_asked_for() -> None:
    import aiohttp

    async with LoopbackExchange() as exchange, aiohttp.ClientSession() as session:
        exchange.faults.inject(Fault.HUGE, size=3_000_000)
        async with session.get(f"{exchange.url}/v2/time") as answer:
            assert 2_900_000 < len(await answer.read()) < 3_100_000


async def test_retry_after_is_sent() -> None:
    import aiohttp

    async with LoopbackExchange() as exchange, aiohttp.ClientSession() as session:
        exchange.faults.inject(Fault.HTTP_429, seconds=7)
        async with session.get(f"{exchange.url}/v2/time") as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (429, "7")


async def test_a_certificate_of_nobody_is_refused(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*self_signed(tmp_path))
    exchange = LoopbackExchange()
    await exchange.start(ssl=context)
    try:
        async with coinex(exchange.url) as client:
            with pytest.raises(ccxt.NetworkError):
                await client.fetch_time()
        async with coinex(exchange.url, cafile=str(tmp_path / "certificate.pem")) as client:
            assert await client.fetch_time() > 0
    finally:
        await exchange.close()


async def test_prices_that_are_none_and_crossed_books_are_told_as_they_are() -> None:
    async with LoopbackExchange() as exchange, coinex(exchange.url) as client:
        exchange.set_price(SPOT, "50000")
        await client.load_markets()
        exchange.faults.inject(Fault.NAN, "BTCUSDT")
        with pytest.raises(ValueError):
            await client.fetch_ticker(SPOT)
        assert math.isnan((await client.fetch_order_book(SPOT, 5))["bids"][0][0])
        assert (await client.fetch_ticker("ETH/USDT"))["last"] > 0
        exchange.faults.clear()
        exchange.faults.inject(Fault.CROSSED, "BTCUSDT")
        book = await client.fetch_order_book(SPOT, 5)
        assert book["bids"][0][0] > book["asks"][0][0]
        exchange.faults.clear()
        exchange.faults.inject(Fault.SPIKE, "BTCUSDT", factor=10)
        assert (await client.fetch_ticker(SPOT))["last"] == 500_000
        exchange.faults.clear()
        exchange.faults.inject(Fault.NEGATIVE)
        assert (await client.fetch_ticker(SPOT))["last"] == -50_000


async def test_a_stale_market_repeats_itself_with_its_old_time() -> None:
    async with LoopbackExchange(tick_seconds=0.05) as exchange, coinex(exchange.url) as client:
        first = await client.fetch_order_book(SPOT, 5)
        exchange.faults.inject(Fault.STALE, "BTCUSDT")
        exchange.set_price(SPOT, "1234")
        await asyncio.sleep(0.1)
        again = await client.fetch_order_book(SPOT, 5)
        assert (again["timestamp"], again["bids"]) == (first["timestamp"], first["bids"])


async def test_replayed_ticks_come_with_their_old_times_between_the_new_ones() -> None:
    async with LoopbackExchange(tick_seconds=0.05) as exchange, coinex(exchange.url) as client:
        stamps: list[int] = []
        exchange.faults.inject(Fault.REPLAYED, seconds=0.3)
        deadline = time.monotonic() + 60
        while not any(after < before for before, after in itertools.pairwise(stamps)):
            assert time.monotonic() < deadline
            stamps.append((await asyncio.wait_for(client.watch_order_book(SPOT, 5), 60))["timestamp"])


@pytest.mark.parametrize(("fault", "where"), [(Fault.SILENT_SOCKET, "*"), (Fault.SILENT, "BTCUSDT")])
async def test_a_silent_socket_stays_open_and_a_silent_symbol_leaves_the_others_alone(fault: Fault, where: str) -> None:
    async with LoopbackExchange(tick_seconds=0.05) as exchange, coinex(exchange.url) as client:
        await asyncio.wait_for(client.watch_tickers([SPOT, "ETH/USDT"]), 60)
        exchange.faults.inject(fault, where)
        with pytest.raises(asyncio.TimeoutError):
            await watch_to_the_end(client, SPOT, 0.3)
        assert len(exchange.streams.connections) == 1
        is_silent = fault is Fault.SILENT_SOCKET
        try:
            await asyncio.wait_for(client.watch_tickers(["ETH/USDT"]), 0.5 if is_silent else 60)
        except TimeoutError:
            assert is_silent
        else:
            assert not is_silent
        exchange.faults.clear()
        assert (await asyncio.wait_for(client.watch_tickers([SPOT]), 60))[SPOT]["last"] > 0


async def test_a_disconnect_ends_the_pending_call_and_the_next_one_connects_again() -> None:
    async with LoopbackExchange(tick_seconds=0.05) as exchange, coinex(exchange.url) as client:
        await asyncio.wait_for(client.watch_tickers([SPOT]), 60)
        exchange.disconnect()
        with pytest.raises(ccxt.NetworkError):
            await watch_to_the_end(client, SPOT, 60)
        assert (await asyncio.wait_for(client.watch_tickers([SPOT]), 60))[SPOT]["last"] > 0
