"""A line that needs no network: it brings a crowd of markets' quotes to a live feed, as many a second as are wanted."""

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path

from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.market import Quote, Timeframe
from desktop_trader.feeds.live import LiveFeed
from desktop_trader.feeds.market_line import LineListener
from desktop_trader.feeds.shelf_on_demand import ShelfOnDemand
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.network import CheckView
from desktop_trader.storage.candle_store import CandleStore
from tests.market_crowd import crowd, day_of_bars, tickers

_BATCH_SECONDS = 0.01
_STEPS = 97
_CENT = Decimal("0.01")


class CrowdLine:
    """A `MarketLine` that is always there. `sent` counts quotes; `rate` is of all symbols together, and may change."""

    def __init__(self, feed: LiveFeed, instruments: Sequence[Instrument], *, rate: int) -> None:
        self._feed = feed
        self._listener: LineListener | None = None
        self._wake: Callable[[], None] = lambda: None
        self._walks = [_Walk(each.symbol, place) for place, each in enumerate(instruments)]
        self.rate = rate
        self.sent = 0

    def listen(self, listener: LineListener) -> None:
        self._listener = listener

    def wake_by(self, wake: Callable[[], None]) -> None:
        self._wake = wake

    def untraded(self, symbols: Collection[str]) -> Collection[str]:
        """Everything is traded here."""
        return ()

    def rejected_ticks(self) -> Sequence[tuple[str, int]]:
        return tuple((fault.value, number) for fault, number in self._feed.filter.counts.items())

    async def run(self) -> None:
        """Bring quotes at the rate asked for; what a late turn missed is brought by the next one."""
        begun, due = time.monotonic(), 0.0
        while True:
            await asyncio.sleep(_BATCH_SECONDS)
            now = time.monotonic()
            due += self.rate * (now - begun)
            begun = now
            number = int(due)
            due -= number
            self.bring(number)

    def bring(self, number: int) -> None:
        """Bring so many quotes now, one symbol after the other."""
        feed, listener, now = self._feed, self._listener, time.monotonic()
        at = datetime.now(UTC)
        for place in range(self.sent, self.sent + number):
            quote = self._walks[place % len(self._walks)].next_quote(at)
            if feed.take_quote(quote, came_at=now) is None and listener is not None:
                listener.on_tick(quote.symbol, now, source_at=at)
        self.sent += number
        self._wake()

    def need(self, symbols: Collection[str]) -> None:
        """Every symbol ticks alike here."""

    async def probe(self) -> None:
        """Nothing is ever wrong."""

    async def verify(
        self, needed: Sequence[str], *, on_check: Callable[[CheckView], None] | None = None
    ) -> Sequence[CheckView]:
        return (CheckView(name="nothing can fail", ok=True),)

    def now(self) -> datetime | None:
        return datetime.now(UTC)

    def cut(self) -> None:
        """There is nothing to cut."""

    def mend(self) -> None:
        """There is nothing to mend."""

    async def close(self) -> None:
        """There is nothing to close."""


class _Walk:
    """One symbol's prices: up and down by a cent, never a jump."""

    def __init__(self, symbol: str, place: int) -> None:
        self._symbol = symbol
        base = Decimal(100 + 7 * place)
        self._prices = [base + _CENT * abs(step - _STEPS // 2) for step in range(_STEPS)]
        self._numbers = count(place)
        self._newest: datetime | None = None

    def next_quote(self, at: datetime) -> Quote:
        price = self._prices[next(self._numbers) % _STEPS]
        if self._newest is not None and at <= self._newest:
            at = self._newest + timedelta(microseconds=1)
        self._newest = at
        return Quote(symbol=self._symbol, bid=price - _CENT, ask=price + _CENT, last=price, at=at)


def crowd_market(folder: Path, *, symbols: int, rate: int, listed: int = 3_200) -> tuple[LiveFeed, CrowdLine]:
    """Return a live market of `listed` markets, which brings quotes of the first `symbols` of them."""
    paths = DataFolderPaths(root=folder)
    # Opened by whichever thread needs it first: the engine's.
    shelf = ShelfOnDemand(lambda: CandleStore.open(paths))
    feed = LiveFeed("exchange:crowd", shelf=shelf, starts_at=datetime.now(UTC))
    instruments = crowd(listed)
    feed.take_listing({each.symbol: each for each in instruments})
    feed.whole.take(tickers(instruments, at=datetime.now(UTC)))
    followed = [each for each in instruments if each.settle == "USDT"][:symbols]
    _store_a_day(paths, feed.source_id, followed)
    line = CrowdLine(feed, followed, rate=rate)
    feed.line = line
    for each in followed:
        feed.subscribe(each.symbol, None)
    return feed, line


def _store_a_day(paths: DataFolderPaths, source: str, instruments: Sequence[Instrument]) -> None:
    """Put a day of half hours on the shelf, so that every course can be drawn."""
    store = CandleStore.open(paths)
    try:
        for instrument in instruments:
            store.write(source, day_of_bars(instrument.symbol, Timeframe.M30, before=datetime.now(UTC), limit=48))
    finally:
        store.close()
