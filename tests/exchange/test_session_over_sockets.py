"""The exchange room over real sockets: every fault of the line becomes a typed error within its deadline."""

import asyncio
import json
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from desktop_trader.domain.errors import (
    AuthRefusedError,
    BadAnswerError,
    ClockSkewError,
    ExchangeError,
    ExchangeUnavailableError,
    NetworkDownError,
    NetworkTimeoutError,
    RateLimitedError,
)
from desktop_trader.domain.market import Timeframe
from desktop_trader.exchange.addresses import address_from_url
from desktop_trader.exchange.async_clock import LoopClock
from desktop_trader.exchange.session import ExchangeSession
from tests.command_line import ROOT, environment
from tests.exchange.certificates import self_signed
from tests.exchange.coinex_client import SPOT, SWAP, until
from tests.exchange.live_rig import LoopLag
from tests.exchange.loopback import ExchangeThread, Fault, LoopbackExchange

pytestmark = pytest.mark.asyncio


@asynccontextmanager
async def opened(url: str, folder: Path, *, ca_file: str = "") -> AsyncIterator[ExchangeSession]:
    """Open a session on an address and close it again."""
    address = address_from_url("coinex", url, ca_file=ca_file)
    session = await ExchangeSession.open("coinex", address=address, clock=LoopClock(), market_lists=folder)
    try:
        yield session
    finally:
        await session.close()


LINE_FAULTS: list[tuple[Fault, dict[str, float | str], type[ExchangeError]]] = [
    (Fault.RESET, {}, NetworkDownError),
    (Fault.HANG, {}, NetworkTimeoutError),
    (Fault.TRICKLE, {}, NetworkTimeoutError),
    (Fault.HUGE, {}, BadAnswerError),
    (Fault.HTTP_502, {}, ExchangeUnavailableError),
    (Fault.HTTP_503, {}, ExchangeUnavailableError),
    (Fault.HTTP_429, {"seconds": 7}, RateLimitedError),
    (Fault.HTTP_418, {"seconds": 7}, RateLimitedError),
    (Fault.HTTP_401, {}, NetworkDownError),
    (Fault.MAINTENANCE, {}, ExchangeUnavailableError),
    (Fault.PORTAL, {}, BadAnswerError),
    (Fault.EMPTY_OBJECT, {}, BadAnswerError),
    (Fault.NULL, {}, BadAnswerError),
    (Fault.EMPTY_BODY, {}, BadAnswerError),
    (Fault.TRUNCATED, {}, BadAnswerError),
    (Fault.NAN_TIME, {}, BadAnswerError),
    (Fault.CODE, {"code": 4005}, AuthRefusedError),
    (Fault.CODE, {"code": 4007}, AuthRefusedError),
    (Fault.CODE, {"code": 4017}, ClockSkewError),
    (Fault.CODE, {"code": 4213}, RateLimitedError),
    (Fault.LOST_ANSWER, {}, NetworkDownError),
]


@pytest.mark.requirement("R199")
@pytest.mark.parametrize(("fault", "figures", "raised"), LINE_FAULTS)
async def test_a_fault_of_the_line_is_a_typed_error_within_the_deadline(
    fault: Fault, figures: dict[str, float | str], raised: type[ExchangeError], tmp_path: Path
) -> None:
    async with LoopbackExchange() as exchange, opened(exchange.url, tmp_path) as session:
        exchange.faults.inject(fault, "time", None, **figures)
        lag, begun = LoopLag(), time.monotonic()
        with pytest.raises(ExchangeError) as caught:
            await session.server_time(deadline_seconds=1)
        taken = time.monotonic() - begun
        lag.end()
        assert isinstance(caught.value, raised)
        assert taken - 2 * lag.seconds < 3, (taken, lag.seconds)
        if isinstance(caught.value, RateLimitedError) and fault is Fault.HTTP_429:
            assert caught.value.retry_after_seconds == 7
        assert "test-secret" not in caught.value.detail


async def test_nobody_there_no_such_name_and_a_certificate_of_nobody_are_all_no_network(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*self_signed(tmp_path))
    exchange = LoopbackExchange()
    await exchange.start(ssl=context)
    addresses = [exchange.url, "http://nowhere.invalid", "http://127.0.0.1:9"]
    try:
        for address in addresses:
            async with opened(address, tmp_path) as session:
                lag, begun = LoopLag(), time.monotonic()
                with pytest.raises(NetworkDownError):
                    await session.server_time()
                taken = time.monotonic() - begun
                lag.end()
                assert taken - 2 * lag.seconds < 4, (taken, lag.seconds)
        async with opened(exchange.url, tmp_path, ca_file=str(tmp_path / "certificate.pem")) as session:
            assert abs(await session.server_time() - datetime.now(UTC)) < timedelta(seconds=60)
    finally:
        await exchange.close()


@pytest.mark.slow
async def test_prices_that_cannot_be_are_no_quote_and_an_empty_list_of_markets_is_a_failure(tmp_path: Path) -> None:
    async with LoopbackExchange() as exchange, opened(exchange.url, tmp_path) as session:
        exchange.faults.inject(Fault.NULL, "*/market")
        with pytest.raises(BadAnswerError):
            await session.fetch_market_list()
        exchange.faults.clear()
        await session.fetch_market_list()
        assert (await session.quote(SPOT)).last == exchange.market(SPOT).last
        for fault in (Fault.NAN, Fault.ZERO, Fault.NEGATIVE):
            exchange.faults.inject(fault, "BTCUSDT")
            with pytest.raises(BadAnswerError):
                await session.quote(SPOT)
            exchange.faults.clear()
        exchange.faults.inject(Fault.CROSSED, "BTCUSDT")
        crossed = await session.quote(SPOT)
        assert crossed.bid > crossed.ask, "told as what it is: it is for the filter of ticks to refuse it"


@pytest.mark.slow
async def test_candles_come_by_time_and_quotes_stream_for_spot_and_swap_until_the_connection_ends(
    tmp_path: Path,
) -> None:
    async with LoopbackExchange(tick_seconds=0.05) as exchange, opened(exchange.url, tmp_path) as session:
        since = datetime(2023, 5, 6, 7, 8, tzinfo=UTC)
        bars = await session.bars(SPOT, Timeframe.M1, since=since, limit=500)
        assert [bars[0].opened_at, bars[-1].opened_at] == [since, since + timedelta(minutes=499)]
        newest = await session.bars(SPOT, Timeframe.M1, since=None, limit=3)
        assert len(newest) == 3
        assert newest[-1].closed_at <= datetime.now(UTC)
        exchange.set_price(SPOT, "61000")
        seen: dict[str, Decimal] = {}

        async def follow() -> None:
            async for quote in session.stream_quotes([SPOT, SWAP, "ETH/USDT"]):
                assert quote.bid < quote.ask
                seen[quote.symbol] = quote.last

        following = asyncio.ensure_future(follow())
        await until(lambda: seen.get(SPOT) == seen.get(SWAP) == 61000 and "ETH/USDT" in seen)
        exchange.set_price(SPOT, "61500.5")
        await until(lambda: seen[SPOT] == seen[SWAP] == Decimal("61500.5"))
        exchange.disconnect()
        with pytest.raises(NetworkDownError):
            await asyncio.wait_for(following, 60)


PROBE = """
import asyncio, json, resource, sys, time
from pathlib import Path
from desktop_trader.domain.errors import ExchangeError
from desktop_trader.exchange.addresses import address_from_url
from desktop_trader.exchange.async_clock import LoopClock
from desktop_trader.exchange.session import ExchangeSession

async def main():
    address = address_from_url("coinex", sys.argv[1])
    session = await ExchangeSession.open("coinex", address=address, clock=LoopClock(), market_lists=Path(sys.argv[2]))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.monotonic()
    try:
        await session.server_time(deadline_seconds=30)
    except ExchangeError as error:
        raised = type(error).__name__
    await session.close()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(json.dumps({"raised": raised, "grown_mb": grown / 1024, "seconds": time.monotonic() - begun}))

asyncio.run(main())
"""


@pytest.mark.slow
async def test_a_body_of_300_mb_is_refused_with_bounded_memory(tmp_path: Path) -> None:
    with ExchangeThread() as exchange:
        exchange.inject(Fault.HUGE)
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-c", PROBE, exchange.url, str(tmp_path)],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
            cwd=ROOT,
            env=environment(),
        )
    told = json.loads(done.stdout)
    assert told["raised"] == "BadAnswerError"
    assert told["seconds"] < 30, "refused by its size, not by its deadline"
    assert told["grown_mb"] < 60
