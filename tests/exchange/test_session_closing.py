"""What a session opens it closes: no socket, no task and no warning stays behind, and nothing holds it up."""

import asyncio
import gc
import time
import warnings
from contextlib import aclosing
from pathlib import Path

import pytest

from desktop_trader.domain.errors import ExchangeError
from desktop_trader.exchange.addresses import address_from_url
from desktop_trader.exchange.async_clock import LoopClock
from desktop_trader.exchange.instance import Place
from desktop_trader.exchange.list_fetch import fetch_market_list
from desktop_trader.exchange.session import ExchangeSession
from tests.exchange.coinex_client import SPOT, SWAP, until
from tests.exchange.live_rig import LoopLag
from tests.exchange.loopback import Fault, LoopbackExchange

pytestmark = pytest.mark.asyncio
ROUNDS = 5


async def opened(exchange: LoopbackExchange, folder: Path) -> ExchangeSession:
    """A session that knows its markets without a process of its own for them."""
    place = Place(exchange_id="coinex", address=address_from_url("coinex", exchange.url))
    session = await ExchangeSession.open("coinex", address=place.address, clock=LoopClock(), market_lists=folder)
    if session.market_list() is None:
        await fetch_market_list(place, LoopClock(), folder=folder)
    return session


def open_files() -> int:
    """How many files and sockets this process holds."""
    return len(list(Path("/proc/self/fd").iterdir()))


async def use(session: ExchangeSession) -> None:
    """Ask a little, and stream a little from both kinds of market."""
    await session.quote(SPOT)
    seen: set[str] = set()
    async with aclosing(session.stream_quotes([SPOT, SWAP])) as quotes:
        async for quote in quotes:
            seen.add(quote.symbol)
            if len(seen) == 2:
                break
    await session.close()
    await session.close()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts files the Linux way")
async def test_no_socket_no_task_and_no_warning_stays_behind(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with LoopbackExchange(tick_seconds=0.05) as exchange:
        await use(await opened(exchange, tmp_path))
        gc.collect()
        await asyncio.sleep(0)
        tasks, files = len(asyncio.all_tasks()), open_files()
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            for _ in range(ROUNDS):
                await use(await opened(exchange, tmp_path))
            gc.collect()
        await until(lambda: open_files() <= files + 2)  # the server's side, too
        assert len(asyncio.all_tasks()) <= tasks + 2
    assert [str(each.message) for each in told if issubclass(each.category, ResourceWarning)] == []
    assert [record.message for record in caplog.records if "release all resources" in record.message] == []


@pytest.mark.requirement("R205")
async def test_closing_waits_for_nobody_who_does_not_answer(tmp_path: Path) -> None:
    async with LoopbackExchange(tick_seconds=0.05) as exchange:
        session = await opened(exchange, tmp_path)
        await session.quote(SPOT)
        quotes = session.stream_quotes([SPOT])
        await anext(quotes)
        exchange.faults.inject(Fault.SILENT_SOCKET)
        exchange.faults.inject(Fault.HANG)
        asked = asyncio.ensure_future(session.server_time())
        await asyncio.sleep(0)
        lag, begun = LoopLag(), time.monotonic()
        await quotes.aclose()
        await session.close()
        taken = time.monotonic() - begun
        lag.end()
        assert taken - 2 * lag.seconds < 2, (taken, lag.seconds)
        with pytest.raises(ExchangeError):
            await asked


async def test_what_is_asked_of_a_closed_session_is_refused_as_an_exchange_error(tmp_path: Path) -> None:
    async with LoopbackExchange() as exchange:
        session = await opened(exchange, tmp_path)
        await session.close()
        with pytest.raises(ExchangeError):
            await session.server_time()
