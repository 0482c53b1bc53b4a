"""Fetching a market list in a process of its own.

The list of a large exchange is megabytes of JSON, and decoding it holds the interpreter up: in a thread, the window
would feel it. So the command line is run once (`desktop-trader markets fetch EXCHANGE`), leaves the file, and ends.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from desktop_trader.domain.errors import (
    BadAnswerError,
    ExchangeError,
    ExchangeRefusedError,
    ExchangeUnavailableError,
    NetworkDownError,
    NetworkTimeoutError,
    RateLimitedError,
    UnknownAnswerError,
)
from desktop_trader.exchange.failures import clean
from desktop_trader.exchange.instance import Place
from desktop_trader.exchange.market_list import MarketList, list_file, load_market_list
from desktop_trader.locations import is_frozen

LIST_DEADLINE_SECONDS = 60.0
_GRACE_SECONDS = 15.0
"""Time for starting and ending the process, beside the calls it makes."""
_KINDS: dict[str, type[ExchangeError]] = {
    each.__name__: each
    for each in (
        BadAnswerError,
        ExchangeRefusedError,
        ExchangeUnavailableError,
        NetworkDownError,
        NetworkTimeoutError,
        UnknownAnswerError,
    )
}


async def fetch_in_a_process(place: Place, tag: str, *, folder: Path | None) -> MarketList:
    """Return a list that a process of its own fetched into `folder`; without a folder it is kept nowhere.

    Raises:
        ExchangeError: it could not be fetched.
    """
    if folder is not None:
        return await _fetch_into(place, tag, folder)
    with TemporaryDirectory(prefix="desktop-trader-") as passing:
        return await _fetch_into(place, tag, Path(passing))


def list_command(place: Place, folder: Path) -> list[str]:
    """Return the command line of the process, in a source checkout, an installed package and a frozen build alike."""
    program = [sys.executable] if is_frozen() else [sys.executable, "-m", "desktop_trader"]
    options = {
        "--exchange-url": place.address.rest,
        "--ca-file": place.address.ca_file,
        "--proxy": place.proxy,
        "--folder": str(folder),
    }
    given = [part for name, value in options.items() if value for part in (name, value)]
    return [*program, "markets", "fetch", place.exchange_id, "--json", *given]


async def _fetch_into(place: Place, tag: str, folder: Path) -> MarketList:
    process = await asyncio.create_subprocess_exec(
        *list_command(place, folder),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=_environment(),
    )
    try:
        async with asyncio.timeout(LIST_DEADLINE_SECONDS + _GRACE_SECONDS):
            output, complaints = await process.communicate()
    except TimeoutError:
        raise NetworkTimeoutError(f"{place.name} did not tell in time what it lists") from None
    finally:
        await _end(process)
    listed = load_market_list(list_file(folder, tag), tag) if process.returncode == 0 else None
    if listed is None:
        raise _failure(place, output, complaints)
    return listed


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
        await process.communicate()


def _failure(place: Place, output: bytes, complaints: bytes) -> ExchangeError:
    """Return the error that the process printed, of the same kind."""
    try:
        told = json.loads(output)
        if told["kind"] == RateLimitedError.__name__:
            wait = int(told["retry_after_seconds"])
            return RateLimitedError(str(told["error"]), retry_after_seconds=wait, detail=clean(str(told["detail"])))
        kind, sentence, detail = _KINDS[told["kind"]], str(told["error"]), clean(str(told["detail"]))
    except (ValueError, KeyError, TypeError):
        detail = clean(complaints.decode("utf-8", errors="replace"))
        return UnknownAnswerError(f"what {place.name} lists could not be found out", detail=detail)
    return kind(sentence, detail=detail)


def _environment() -> dict[str, str]:
    """Return this process's environment; a frozen build would else take its child for a part of itself."""
    own = {"PYINSTALLER_RESET_ENVIRONMENT": "1"} if is_frozen() else {}
    return {**os.environ, **own}
