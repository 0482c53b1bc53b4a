"""Between ccxt and the wire: nothing goes out twice, nothing loiters, proxies are used, our clock is put right."""

import asyncio
import decimal
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from desktop_trader.domain.errors import (
    BadAnswerError,
    ClockSkewError,
    ExchangeError,
    ExchangeUnavailableError,
    NetworkDownError,
    NetworkTimeoutError,
    RateLimitedError,
    UnknownAnswerError,
)
from desktop_trader.domain.money import CONTEXT, install_context
from desktop_trader.exchange.addresses import address_from_url
from desktop_trader.exchange.async_clock import LoopClock
from desktop_trader.exchange.call_limits import CallPurpose, calls_for, within
from desktop_trader.exchange.caller import Caller
from desktop_trader.exchange.failures import Asked
from desktop_trader.exchange.instance import Place, close_instance, make_instance

pytestmark = pytest.mark.asyncio
Answerer = Callable[[web.Request], Awaitable[web.StreamResponse]]
KEY, SECRET = "KEY0123456789ABC", "SECRET9876543210"
ASKED = Asked(exchange_id="coinex", name="CoinEx")


@asynccontextmanager
async def answering(answer: Answerer) -> AsyncIterator[tuple[str, list[str]]]:
    """Serve `answer` for every call; give the address and the list of calls."""
    calls: list[str] = []

    async def note(request: web.Request) -> web.StreamResponse:
        calls.append(f"{request.method} {request.path}")
        return await answer(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", note)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", calls
    finally:
        await runner.cleanup()


@asynccontextmanager
async def coinex(url: str, *, proxy: str = "") -> AsyncIterator[Any]:
    """An instance of CoinEx on an address, with keys, closed at the end."""
    exchange = make_instance(
        Place(exchange_id="coinex", address=address_from_url("coinex", url), proxy=proxy), LoopClock()
    )
    exchange.apiKey, exchange.secret = KEY, SECRET
    try:
        yield exchange
    finally:
        await close_instance(exchange)


def json_answer(text: str, status: int = 200, **headers: str) -> Answerer:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=text, status=status, content_type="application/json", headers=headers)

    return answer


async def lost(request: web.Request) -> web.Response:
    """The call is carried out; its answer is lost with the connection."""
    assert request.transport is not None
    await request.read()
    request.transport.abort()
    return web.Response()


async def hangs(_: web.Request) -> web.Response:
    await asyncio.sleep(60)
    return web.Response()


ORDER = {"market": "BTCUSDT", "side": "buy", "type": "limit", "amount": "1", "price": "1", "client_id": "one"}


@pytest.mark.requirement("R202")
@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        (lost, UnknownAnswerError),
        (json_answer("{}", 502), UnknownAnswerError),
        (json_answer('{"code": 4001, "data": {}, "message": "maintenance"}'), UnknownAnswerError),
        (json_answer('{"code": 4002, "data": {}, "message": "timeout"}'), UnknownAnswerError),
        (json_answer('{"code": 0, "da'), UnknownAnswerError),
        (json_answer('{"code": 4010, "data": {}, "message": "expired"}'), ClockSkewError),
        (json_answer("{}", 429), RateLimitedError),
    ],
)
async def test_an_order_goes_out_once_whatever_comes_back(answer: Answerer, raised: type[ExchangeError]) -> None:
    """Rows F46 and F47 of the fault list."""
    async with answering(answer) as (url, calls), coinex(url) as exchange:
        with pytest.raises(raised):
            await exchange.v2PrivatePostSpotOrder(ORDER)
        await asyncio.sleep(0)
        assert calls == ["POST /v2/spot/order"]


@pytest.mark.requirement("R202")
async def test_an_order_that_nobody_answers_is_given_up_and_not_sent_again() -> None:
    async with answering(hangs) as (url, calls), coinex(url) as exchange:
        with pytest.raises(NetworkTimeoutError):
            await within(1.0, lambda: exchange.v2PrivatePostSpotOrder(ORDER), asked=ASKED)
        assert calls == ["POST /v2/spot/order"]


async def test_no_key_and_no_signature_shows_in_errors_or_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async def echo(request: web.Request) -> web.Response:
        told = {name: value for name, value in request.headers.items() if name.startswith("X-COINEX")}
        return web.json_response({"code": 31_337, "data": {}, "message": f"you sent {told} {request.query_string}"})

    with caplog.at_level(logging.DEBUG):
        async with answering(echo) as (url, _), coinex(url) as exchange:
            exchange.link = exchange.link.with_secrets(KEY, SECRET)
            with pytest.raises(UnknownAnswerError) as caught:
                await exchange.v2PrivateGetSpotPendingOrder({"market": "BTCUSDT"})
            signature = exchange.last_request_headers["X-COINEX-SIGN"]
    logging.getLogger("test").error("failed", exc_info=caught.value)
    for text in (str(caught.value), caught.value.detail, caplog.text, repr(caught.value.__cause__)):
        assert not any(secret in text for secret in (KEY, SECRET, signature))


@pytest.mark.requirement("R203")
async def test_after_a_ban_nothing_is_asked_until_it_is_over() -> None:
    """Row F54 of the fault list."""
    async with answering(json_answer("{}", 418, **{"Retry-After": "40"})) as (url, calls), coinex(url) as exchange:
        caller = Caller(exchange, LoopClock())
        for _ in range(3):
            with pytest.raises(RateLimitedError) as caught:
                await caller.server_time()
            assert 39 <= caught.value.retry_after_seconds <= 40
        assert len(calls) == 1


async def test_redirects_are_not_followed() -> None:
    """Row F44 of the fault list: a portal sends one round and round."""

    async def portal(request: web.Request) -> web.Response:
        raise web.HTTPFound(request.path)

    async with answering(portal) as (url, calls), coinex(url) as exchange:
        with pytest.raises(BadAnswerError):
            await exchange.fetch_time()
        assert len(calls) == 1


async def test_a_page_with_401_is_no_refused_key_and_a_code_in_json_is() -> None:
    async def page(_: web.Request) -> web.Response:
        return web.Response(text="<html>Sign in</html>", status=401, content_type="text/html")

    async with answering(page) as (url, _), coinex(url) as exchange:
        with pytest.raises(NetworkDownError):
            await exchange.fetch_time()
    async with (
        answering(json_answer('{"code": 1, "data": 1, "reason": "portal"}', 401)) as (url, _),
        coinex(url) as exchange,
    ):
        with pytest.raises(UnknownAnswerError):
            await exchange.fetch_time()


async def test_a_read_that_our_clock_spoils_is_asked_once_more_with_the_clock_put_right() -> None:
    """Row F56 of the fault list."""
    stamps: list[int] = []

    async def answer(request: web.Request) -> web.Response:
        if request.path == "/v2/time":
            return web.json_response({"code": 0, "data": {"timestamp": 2_000_000_000_000}, "message": "OK"})
        stamps.append(int(request.headers["X-COINEX-TIMESTAMP"]))
        if len(stamps) == 1:
            return web.json_response({"code": 4017, "data": {}, "message": "signature expired"})
        return web.json_response({"code": 0, "data": [], "message": "OK"})

    async with answering(answer) as (url, calls), coinex(url) as exchange:
        caller = Caller(exchange, LoopClock())
        await caller.ask(exchange.v2PrivateGetAssetsSpotBalance)
        assert [call.split("/")[-1] for call in calls] == ["balance", "time", "balance"]
        assert abs(stamps[1] - 2_000_000_000_000) < 5_000


async def test_a_clock_that_stays_wrong_is_told_after_two_tries() -> None:
    answer = json_answer('{"code": 4010, "data": {"timestamp": 2000000000000}, "message": "expired"}')

    async def skewed(request: web.Request) -> web.StreamResponse:
        if request.path == "/v2/time":
            return await json_answer('{"code": 0, "data": {"timestamp": 2000000000000}, "message": "OK"}')(request)
        return await answer(request)

    async with answering(skewed) as (url, calls), coinex(url) as exchange:
        with pytest.raises(ClockSkewError):
            await Caller(exchange, LoopClock()).ask(exchange.v2PrivateGetAssetsSpotBalance)
        assert len(calls) == 3


async def test_an_answer_of_another_shape_is_none(tmp_path: Path) -> None:
    """Row F72 of the fault list: ccxt would read it as "nothing there"."""
    for text in ('{"data": []}', '{"code": 0}', "[]", "[1]", '{"error": []}'):
        async with answering(json_answer(text)) as (url, _), coinex(url) as exchange:
            with pytest.raises(BadAnswerError):
                await exchange.fetch_time()


async def test_the_decimal_context_of_the_engine_stays_its_own() -> None:
    install_context()
    answer = json_answer('{"code": 0, "data": {"timestamp": 2000000000000}, "message": "OK"}')
    async with answering(answer) as (url, _), coinex(url) as exchange:

        async def rounds() -> str:
            return str(exchange.decimal_to_precision("1.005", 1, decimal.Decimal("0.01"), 4))

        assert await Caller(exchange, LoopClock()).ask(rounds) == "1.01"
    assert decimal.getcontext().rounding == CONTEXT.rounding
    assert decimal.getcontext().traps[decimal.FloatOperation]
    assert not decimal.getcontext().traps[decimal.Underflow]


async def test_a_post_that_only_reads_is_a_read() -> None:
    async with answering(json_answer("{}", 503)) as (url, _), coinex(url) as exchange:
        with calls_for(CallPurpose(is_write=False)), pytest.raises(ExchangeUnavailableError):
            await exchange.v2PrivatePostSpotOrder(ORDER)


async def test_an_http_proxy_is_asked_for_everything() -> None:
    answer = json_answer('{"code": 0, "data": {"timestamp": 2000000000000}, "message": "OK"}')
    async with answering(answer) as (proxy, calls), coinex("http://exchange.invalid", proxy=proxy) as exchange:
        assert await exchange.fetch_time() == 2_000_000_000_000
        assert len(calls) == 1


async def test_a_socks_proxy_is_asked_for_everything() -> None:
    asked: list[bytes] = []
    body = b'{"code": 0, "data": {"timestamp": 2000000000000}, "message": "OK"}'
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        greeting = await reader.readexactly(2)
        await reader.readexactly(greeting[1])
        writer.write(b"\x05\x00")
        asked.append(await reader.readexactly(10))
        writer.write(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50")
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(proxy, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, coinex("http://127.0.0.1:9", proxy=f"socks5://127.0.0.1:{port}") as exchange:
        assert await exchange.fetch_time() == 2_000_000_000_000
        assert asked == [b"\x05\x01\x00\x01\x7f\x00\x00\x01\x00\x09"]
