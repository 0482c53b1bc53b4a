"""Keeps the overview of all markets fresh while somebody looks at it, and asks nothing while nobody does."""

import asyncio
import logging

from desktop_trader.domain.errors import ExchangeError
from desktop_trader.feeds.line_ground import LineGround

_log = logging.getLogger(__name__)
_SHORTEST_SECONDS = 0.1
_LONGEST_SECONDS = 1.0


class OverviewKeeping:
    """One loop; `run` until it is cancelled."""

    def __init__(self, ground: LineGround, *, every_seconds: float) -> None:
        """Ask nothing yet."""
        self._overview = ground.feed.whole
        self._calls = ground.calls
        self._clock = ground.clock
        self._every = every_seconds
        self._wished = asyncio.Event()

    def look(self) -> None:
        """Perhaps somebody looks now."""
        self._wished.set()

    async def run(self) -> None:
        """Ask for all markets in brief as long as they are wanted."""
        until = next_at = self._clock.monotonic()
        while True:
            now = self._clock.monotonic()
            until = max(until, now + self._overview.take_wish())
            if until <= now:
                self._wished.clear()
                await self._wished.wait()
            elif next_at > now or not self._calls.works.is_set():
                await self._clock.sleep(min(_LONGEST_SECONDS, max(next_at - now, _SHORTEST_SECONDS)))
            else:
                next_at = now + self._every
                await self._fetch()

    async def _fetch(self) -> None:
        try:
            self._overview.take(await self._calls.ask(lambda session: session.tickers()))
        except ExchangeError as error:  # it has been told, and is asked again
            _log.debug("No overview: %s", error)
