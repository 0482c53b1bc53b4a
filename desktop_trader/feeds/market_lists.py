"""The market list of one exchange: what is kept here at once, the exchange's own as soon as it can be had."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from desktop_trader.domain.errors import BadAnswerError, StorageError
from desktop_trader.exchange.market_list import MarketList
from desktop_trader.feeds.line_ground import LineGround

_FRESH_SECONDS = 3_600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSource:
    """Where a list comes from: `kept` by an earlier session, or fetched now. Neither needs an open session."""

    kept: Callable[[], MarketList | None]
    fetch: Callable[[], Awaitable[MarketList]]


class MarketLists:
    """Fills a feed's listing. `is_there` is set as soon as any list has come. One loop.

    A list takes longer than a verification may: it is fetched by itself, and on when whoever waited has given up.
    """

    def __init__(self, ground: LineGround, source: ListSource) -> None:
        """Ask nothing yet."""
        self._source = source
        self._feed = ground.feed
        self._calls = ground.calls
        self._clock = ground.clock
        self._now = ground.now
        self._fetching: asyncio.Task[None] | None = None
        self._fetched_at: float | None = None
        self.is_there = asyncio.Event()

    async def ensure(self, on_wait: Callable[[], None] | None = None) -> None:
        """Have a list that is no older than an hour; `on_wait` is told when that takes time.

        Raises:
            ExchangeError: the exchange does not give one.
        """
        if self._fetched_at is None:
            self._take_fresh()
        if self._fetched_at is not None and self._clock.monotonic() - self._fetched_at < _FRESH_SECONDS:
            return
        if on_wait is not None:
            on_wait()
        await asyncio.shield(self.begin())

    def begin(self) -> "asyncio.Task[None]":
        """Fetch the list, unless it is being fetched; whoever wants to know how that went waits for the task."""
        if self._fetching is None or self._fetching.done():
            self._fetching = asyncio.create_task(self._fetch(), name="line: market list")
            self._fetching.add_done_callback(_look_at)
        return self._fetching

    def is_wanted(self, ours: datetime) -> bool:
        """Say whether the first verification will want a list that is not here, as far as our own clock can tell."""
        listed = self._source.kept()
        return listed is None or (ours - listed.fetched_at).total_seconds() >= _FRESH_SECONDS

    def take_kept(self) -> None:
        """Take the list that an earlier session kept, if there is one: it needs no network."""
        listed = self._source.kept()
        if listed is not None:
            if not self._feed.listing():
                self._feed.take_listing(listed.instruments(), active=listed.active_symbols())
            self.is_there.set()

    def _take_fresh(self) -> None:
        """A list that another start has fetched within the hour will do, by the exchange's own time."""
        listed, now = self._source.kept(), self._now()
        age = None if listed is None or now is None else (now - listed.fetched_at).total_seconds()
        if listed is not None and age is not None and 0 <= age < _FRESH_SECONDS:
            self._feed.take_listing(listed.instruments(), active=listed.active_symbols())
            self._fetched_at = self._clock.monotonic() - age
            self.is_there.set()

    async def close(self) -> None:
        """Give up what is being fetched."""
        if self._fetching is not None and not self._fetching.done():
            self._fetching.cancel()
            await asyncio.wait({self._fetching})

    async def _fetch(self) -> None:
        try:
            listed = await self._calls.ask_without_session(self._source.fetch)
        except StorageError as error:  # the next start would have to fetch it again, from wherever it may be
            raise BadAnswerError(error.user_message, detail=error.detail) from error
        (await self._calls.session()).take_market_list(listed)
        self._feed.take_listing(listed.instruments(), active=listed.active_symbols())
        self._fetched_at = self._clock.monotonic()
        self.is_there.set()


def _look_at(task: "asyncio.Task[None]") -> None:
    """An error that nobody waited for any more has been told by the call itself."""
    if not task.cancelled():
        task.exception()
