"""The tasks over a line to a market: one that keeps it alive, one probe, one verification; never two of a kind."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress

from desktop_trader.domain.errors import ExchangeError, NetworkTimeoutError
from desktop_trader.engine.network_pause import NetworkPause
from desktop_trader.feeds.market_line import MarketLine

_log = logging.getLogger(__name__)
_CLOSE_SECONDS = 0.75
"""Both what ends the tasks and what closes the line may take so long: whoever quits waits for them."""


class LineTasks:
    """Asks through `line` and tells `pause`. One loop. `on_lost` hears of a task that died by our fault."""

    def __init__(
        self,
        line: MarketLine,
        pause: NetworkPause,
        *,
        probe_seconds: float,
        monotonic: Callable[[], float],
        on_lost: Callable[["asyncio.Task[None]"], None],
    ) -> None:
        """Begin nothing yet."""
        self._line = line
        self._pause = pause
        self._probe_seconds = probe_seconds
        self._monotonic = monotonic
        self._on_lost = on_lost
        self._tasks: set[asyncio.Task[None]] = set()
        self._verification: asyncio.Task[None] | None = None
        self.on_answer: Callable[[], None] = _nobody

    def keep_alive(self) -> None:
        """Let the line bring prices."""
        self._begin(self._line.run(), "market line")

    def probe(self) -> None:
        """Ask whether anybody is there."""
        self._begin(self._probe(), "network probe")

    def verify(self, needed: tuple[str, ...]) -> None:
        """Look at everything."""
        self.stop_verifying()
        self._verification = self._begin(self._verify(needed), "verification")

    def stop_verifying(self) -> None:
        """Look no further: the answer is not wanted any more."""
        if self._verification is not None:
            self._verification.cancel()
            self._verification = None

    async def close(self) -> None:
        """End the tasks and close the line; within two seconds, whatever they wait for."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_CLOSE_SECONDS)
        with suppress(TimeoutError, ExchangeError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._line.close()

    async def _probe(self) -> None:
        error: ExchangeError | None = None
        try:
            async with asyncio.timeout(self._probe_seconds):
                await self._line.probe()
        except TimeoutError:
            error = NetworkTimeoutError(f"Nobody answered within {self._probe_seconds:g} s")
        except ExchangeError as failure:
            error = failure
        self._pause.probed(error, self._monotonic())
        self.on_answer()

    async def _verify(self, needed: tuple[str, ...]) -> None:
        """How long it takes is watched by the pause, which stops it."""
        task = asyncio.current_task()
        checks = await self._line.verify(needed, on_check=lambda check: self._pause.on_check(check, self._monotonic()))
        if task is self._verification:
            self._verification = None
            self._pause.verified(checks, self._monotonic())
            self.on_answer()

    def _begin(self, work: Coroutine[object, object, None], name: str) -> "asyncio.Task[None]":
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(self._on_lost)
        return task


def _nobody() -> None:
    """Nobody waits for answers yet."""
