"""Makes ccxt.pro's CoinEx speak to a loopback exchange, with nothing of ours between the two."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from tests.exchange.loopback.exchange import TEST_KEY, TEST_SECRET

SPOT, SWAP = "BTC/USDT", "BTC/USDT:USDT"


def configuration(url: str, *, kind: str = "spot", timeout_ms: int = 20_000, **more: object) -> dict[str, Any]:
    """Return what ccxt is told about the loopback exchange."""
    stream = url.replace("http", "ws", 1)
    return {
        "apiKey": TEST_KEY,
        "secret": TEST_SECRET,
        "timeout": timeout_ms,
        "enableRateLimit": False,
        "options": {"defaultType": kind},
        "urls": {
            "api": {
                "public": url,
                "private": url,
                "ws": {"spot": f"{stream}/v2/spot/", "swap": f"{stream}/v2/futures/"},
            }
        },
        **more,
    }


@asynccontextmanager
async def coinex(url: str, *, kind: str = "spot", timeout_ms: int = 20_000, **more: object) -> AsyncIterator[Any]:
    """Open a client and close it again."""
    import ccxt.pro

    client = ccxt.pro.coinex(configuration(url, kind=kind, timeout_ms=timeout_ms, **more))
    try:
        yield client
    finally:
        await client.close()


async def watch_to_the_end(client: Any, symbol: str, seconds: float) -> None:
    """Watch a ticker until something is raised; TimeoutError when nothing comes for `seconds`."""
    while True:
        await asyncio.wait_for(client.watch_tickers([symbol]), seconds)


async def until(is_so: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until something is so.

    Raises:
        TimeoutError: it never was.
    """
    async with asyncio.timeout(seconds):
        while not is_so():  # noqa: ASYNC110 - what is waited for is another's state, which sets no event
            await asyncio.sleep(0.01)
