"""Serves the routes on the private socket, inside the loop that hosts the engine."""

import asyncio
import importlib
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from desktop_trader.api import private_socket
from desktop_trader.api.door import Door

_log = logging.getLogger(__name__)
_LAST_ANSWERS_SECONDS = 0.5


@asynccontextmanager
async def serve(path: Path, door: Door, *, delay_seconds: float = 0.0) -> AsyncIterator[None]:
    """Answer on the socket at `path` while the block runs, from `delay_seconds` after its start on.

    Never in the way of trading: a door that the system keeps shut is logged, and the block goes on. What dies here by
    our own fault is told like any lost task.
    """
    task = asyncio.create_task(_serve(path, door, delay_seconds))
    task.add_done_callback(_tell_failure)
    try:
        yield
    finally:
        task.cancel()
        # Not awaited itself: what it died of would be raised here, at the end of a run that has nothing to do with it.
        await asyncio.wait({task})


def _tell_failure(task: "asyncio.Task[None]") -> None:
    error = None if task.cancelled() else task.exception()
    if error is not None:
        task.get_loop().call_exception_handler({"message": "the private socket is closed", "exception": error})


async def _serve(path: Path, door: Door, delay_seconds: float) -> None:
    if not private_socket.has_private_sockets():
        _log.info("This system has no private sockets; the command line cannot reach this instance")
        return
    await asyncio.sleep(delay_seconds)
    try:
        listener = private_socket.listen(path)
    except OSError as error:
        _log.warning("The private socket %s cannot be opened: %s", path, error)
        return
    try:
        await _knock(listener)
        await _answer(listener, door)
    finally:
        listener.close()
        private_socket.remove(path)


async def _knock(listener: socket.socket) -> None:
    """Wait until somebody connects; the connection stays waiting in the socket."""
    loop, knocked = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(listener.fileno(), knocked.set)
    try:
        await knocked.wait()
    finally:
        loop.remove_reader(listener.fileno())


async def _answer(listener: socket.socket, door: Door) -> None:
    # aiohttp takes a quarter of a second and 13 MB: not before somebody knocks, and not while the engine waits.
    await asyncio.to_thread(importlib.import_module, "desktop_trader.api.routes")
    from aiohttp import web

    from desktop_trader.api.routes import Routes

    runner = web.AppRunner(
        Routes(door, is_private=True).application(), access_log=None, shutdown_timeout=_LAST_ANSWERS_SECONDS
    )
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()
