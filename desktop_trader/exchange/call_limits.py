"""How long a call may take, all in all, and what it is for. Waiting for the rate budget does not count."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

from desktop_trader.domain.errors import NetworkTimeoutError
from desktop_trader.exchange.failures import Asked, make_error
from desktop_trader.exchange.rate_budget import Priority

READ_DEADLINE_SECONDS = 8.0

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPurpose:
    """What the calls made in this context are for."""

    priority: Priority = Priority.MARKET
    is_write: bool | None = None
    """None: what the HTTP method says."""


_purpose: ContextVar[CallPurpose | None] = ContextVar("purpose", default=None)
_limit: ContextVar[asyncio.Timeout | None] = ContextVar("limit", default=None)


def purpose() -> CallPurpose:
    """Return what the running call is for."""
    return _purpose.get() or CallPurpose()


@contextmanager
def calls_for(chosen: CallPurpose) -> Iterator[None]:
    """Let the calls inside be for this."""
    token = _purpose.set(chosen)
    try:
        yield
    finally:
        _purpose.reset(token)


async def within(seconds: float, call: Callable[[], Awaitable[Result]], *, asked: Asked) -> Result:
    """Return what a call returns within `seconds`, however its parts come in.

    Raises:
        NetworkTimeoutError: it did not; it has been cancelled.
    """
    limit = asyncio.timeout(seconds)
    token = _limit.set(limit)
    try:
        async with limit:
            return await call()
    except TimeoutError:
        raise make_error(NetworkTimeoutError, asked, detail=f"not whole within {seconds:g} s") from None
    finally:
        _limit.reset(token)


async def outside_the_deadline(wait: Callable[[], Awaitable[None]]) -> None:
    """Wait for something of our own without spending the running call's time."""
    limit = _limit.get()
    when = limit.when() if limit is not None and not limit.expired() else None
    if limit is None or when is None:
        await wait()
        return
    loop = asyncio.get_running_loop()
    left = when - loop.time()
    limit.reschedule(None)
    try:
        await wait()
    finally:
        limit.reschedule(loop.time() + max(left, 0.0))
