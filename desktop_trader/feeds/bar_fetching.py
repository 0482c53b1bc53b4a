"""Brings closed bars: each one soon after its end, and those that a chart, a strategy or a pause lacks."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from desktop_trader.domain.errors import BadAnswerError, ExchangeError, ExchangeRefusedError
from desktop_trader.domain.market import Bar, Timeframe
from desktop_trader.exchange.backoff import FullJitterBackoff
from desktop_trader.exchange.rate_budget import Priority
from desktop_trader.feeds.bar_sequence import BarSequence
from desktop_trader.feeds.line_ground import LineGround
from desktop_trader.feeds.market_session import MarketSession

_log = logging.getLogger(__name__)
_SETTLE_SECONDS = 1.0
"""How long after its end a bar is asked for: the last trades of it arrive at the exchange's own candles first."""
_RETRY_SECONDS = (1.0, 1.0, 2.0, 4.0, 8.0, 15.0)
_IDLE_SECONDS = 1.0
_AT_ONCE = 1_000
_FOLLOWED_LIMIT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class BarSpan:
    """`count` bars from the one that opened at `since` on."""

    since: datetime
    count: int


def missing_spans(there: Sequence[datetime], *, first: datetime, last: datetime, timeframe: Timeframe) -> list[BarSpan]:
    """Return the stretches without bars between two opening times (both included), oldest first.

    `there` are the opening times of those that are there.
    """
    spans: list[BarSpan] = []
    step = timeframe.duration
    at = first
    for opened_at in (*sorted(each for each in there if first <= each <= last), last + step):
        if opened_at > at:
            spans.append(BarSpan(since=at, count=(opened_at - at) // step))
        at = opened_at + step
    return spans


@dataclass(frozen=True, slots=True)
class BarWant:
    """A stretch of bars of one series, and how urgent it is."""

    symbol: str
    timeframe: Timeframe
    span: BarSpan
    priority: Priority

    def question(self, since: datetime, limit: int) -> Callable[[MarketSession], Awaitable[Sequence[Bar]]]:
        """Return what to ask for a page of it."""
        return lambda session: session.bars(
            self.symbol, self.timeframe, since=since, limit=limit, priority=self.priority
        )


class BarFetching:
    """Fetches bars for a feed. One loop; `run` until it is cancelled."""

    def __init__(self, ground: LineGround) -> None:
        """Fetch nothing yet."""
        self._feed = ground.feed
        self._calls = ground.calls
        self._clock = ground.clock
        self._now = ground.now
        self._random = ground.random
        self._wished = asyncio.Event()
        self._tries: dict[tuple[str, Timeframe], tuple[datetime, int, float]] = {}
        self._empty: dict[tuple[str, Timeframe], set[datetime]] = {}

    def look(self) -> None:
        """Somebody wants bars: look now."""
        self._wished.set()

    async def run(self) -> None:
        """Fetch every followed bar after its end, and what is wished for between."""
        backoff = FullJitterBackoff(self._random)
        while True:
            self._wished.clear()
            try:
                await self._fetch_closed()
                await self._fulfil_one_wish()
            except ExchangeError:  # it has been told; what is missing stays missing until it works again
                await self._clock.sleep(_IDLE_SECONDS + backoff.next_seconds())
                await self._calls.works.wait()
                continue
            backoff.succeeded()
            if self._feed.wishes.is_empty or self._now() is None:
                await self._sleep(_IDLE_SECONDS)

    async def complete(
        self,
        symbol: str,
        timeframe: Timeframe,
        *,
        limit: int,
        priority: Priority = Priority.CHART,
        before: datetime | None = None,
    ) -> int:
        """Fetch what is missing of the newest `limit` bars closed by now, or by `before`; return how many are new.

        What the exchange itself does not have is not asked for again before `forget_holes`. A bar that has closed this
        instant may still change and is left to the next time.

        Raises:
            ExchangeError: it was not answered; what came before is stored.
        """
        now = self._now()
        if now is None:
            return 0
        settled = now - timedelta(seconds=_SETTLE_SECONDS)
        until = settled if before is None else min(before, settled)
        last = timeframe.bar_start(until) - timeframe.duration
        first = last - (limit - 1) * timeframe.duration
        empty = self._empty.setdefault((symbol, timeframe), set())
        there = {bar.opened_at for bar in self._feed.kept.newest(symbol, timeframe, before=until, limit=limit)} | empty
        new = 0
        for span in missing_spans(sorted(there), first=first, last=last, timeframe=timeframe):
            new += await self._fetch(BarWant(symbol, timeframe, span, priority), now=now)
        return new

    def forget_holes(self) -> None:
        """Ask once more for what the exchange did not have: an empty answer may have been one of a bad moment."""
        self._empty.clear()

    async def _fetch(self, want: "BarWant", *, now: datetime) -> int:
        """Fetch one stretch, a page at a time, and note which bars the exchange does not have.

        Where trading rests on it, the bar before the stretch is asked for too: it may have been mended, and an answer
        without any bar at all is none. A chart may look where nothing was traded yet.
        """
        is_chart = want.priority is Priority.CHART
        own = (BadAnswerError,) if is_chart else ()
        step, new = want.timeframe.duration, 0
        before = 0 if is_chart else 1
        empty = self._empty.setdefault((want.symbol, want.timeframe), set())
        for first in range(0, want.span.count, _AT_ONCE):
            since = want.span.since + first * step
            slots = [since + index * step for index in range(min(_AT_ONCE, want.span.count - first))]
            bars = await self._calls.ask(want.question(since - before * step, len(slots) + before), own=own)
            wanted = [
                bar for bar in bars if since - before * step <= bar.opened_at <= slots[-1] and bar.closed_at <= now
            ]
            if not wanted and not is_chart:
                raise BadAnswerError(f"no candles of {want.symbol} {want.timeframe} came from {since:%Y-%m-%d %H:%M}")
            new += self._feed.kept.store(wanted)
            came = {bar.opened_at for bar in wanted}
            # The newest bar may only be late.
            empty.update(at for at in slots if at not in came and at + 2 * step < now)
        return new

    async def _fetch_closed(self) -> None:
        """Fetch the bars that have closed since the last look."""
        now = self._now()
        if now is None:
            return
        for symbol, sequence in self._feed.sequences():
            if sequence.is_due(now) and self._is_turn(symbol, sequence, now):
                await self._fetch_newest(symbol, sequence, now)

    async def _fetch_newest(self, symbol: str, sequence: BarSequence, now: datetime) -> None:
        """Fetch what closed since the newest bar here, and that one once more: the exchange may have mended it."""
        timeframe = sequence.timeframe
        since = sequence.wanted_from(now, limit=_FOLLOWED_LIMIT) - timeframe.duration
        limit = (timeframe.bar_start(now) - since) // timeframe.duration
        want = BarWant(symbol, timeframe, BarSpan(since=since, count=limit), Priority.MARKET)
        try:
            bars = await self._calls.ask(want.question(since, limit))
        except ExchangeRefusedError as error:  # this series alone
            _log.warning("No candles of %s %s: %s", symbol, timeframe, error)
            return
        self._feed.take_bars(symbol, timeframe, bars=bars, now=self._now() or now)

    def _is_turn(self, symbol: str, sequence: BarSequence, now: datetime) -> bool:
        """Say whether to ask now for a bar that has closed: soon after its end, then ever less often."""
        key = (symbol, sequence.timeframe)
        opened_at = sequence.timeframe.bar_start(now)
        if (now - opened_at).total_seconds() < _SETTLE_SECONDS and sequence.newest_at is not None:
            return False
        monotonic = self._clock.monotonic()
        period, tries, next_at = self._tries.get(key, (opened_at, 0, monotonic))
        if period != opened_at:
            tries, next_at = 0, monotonic
        if monotonic < next_at:
            return False
        wait = _RETRY_SECONDS[min(tries, len(_RETRY_SECONDS) - 1)]
        self._tries[key] = (opened_at, tries + 1, monotonic + wait)
        return True

    async def _fulfil_one_wish(self) -> None:
        wish = self._feed.wishes.take() if self._now() is not None else None
        if wish is None or wish.symbol not in self._feed.listing():
            return
        try:
            await self.complete(wish.symbol, wish.timeframe, limit=wish.limit, before=wish.before)
        except (ExchangeRefusedError, BadAnswerError) as error:  # asking again would bring the same
            _log.warning("No candles of %s %s: %s", wish.symbol, wish.timeframe, error)
        except ExchangeError:
            self._feed.wishes.put(wish)
            raise

    async def _sleep(self, seconds: float) -> None:
        """Wait, or until somebody wants bars."""
        waits = {asyncio.ensure_future(self._wished.wait()), asyncio.ensure_future(self._clock.sleep(seconds))}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()
