"""Downloads closed bars of an exchange onto a shelf: only what is missing, page by page, oldest first.

What has come is kept at once, so a download that is cancelled, killed or cut off goes on where it stopped: the next one
asks the shelf again what is missing. A stretch that the exchange has no bars for is remembered, so that it is asked for
once, but never on the word of a single empty answer.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Protocol, TypeVar

from desktop_trader.domain.errors import (
    AuthRefusedError,
    ExchangeError,
    ExchangeRefusedError,
    InvalidInputError,
    RateLimitedError,
)
from desktop_trader.domain.market import Bar, Timeframe
from desktop_trader.domain.money import install_context
from desktop_trader.exchange.async_clock import AsyncClock, LoopClock
from desktop_trader.messages.candles import CandleGap, CandlesDownloaded, SeriesName

PAGE = 1_000
_WAITS = (1.0, 2.0, 4.0, 8.0, 16.0)
_LONGEST_BAN_SECONDS = 300.0
_LOOKS_EVERY_SECONDS = 0.1
_TELLS_TIME_AFTER_SECONDS = 2.0
_SETTLES_AFTER = timedelta(hours=1)
"""What the exchange does not have yet may still come: only what is older than this is taken as its last word."""
_BARS_TO_SETTLE = 10

Answer = TypeVar("Answer")


class CandleSource(Protocol):
    """What a download asks of an exchange. Everything raises `ExchangeError`."""

    async def server_time(self) -> datetime:
        """Return the exchange's time."""
        ...

    async def bars(self, symbol: str, timeframe: Timeframe, *, since: datetime | None, limit: int) -> Sequence[Bar]:
        """Return up to `limit` closed bars that opened at or after `since`, oldest first."""
        ...

    async def close(self) -> None:
        """Close every connection; again is harmless."""
        ...


class CandleGaps(Protocol):
    """A shelf that knows what is missing on it. Everything raises `StorageError`."""

    def write(self, source: str, bars: Sequence[Bar]) -> int:
        """Keep closed bars; return how many are new or different."""
        ...

    def gaps(self, name: SeriesName, *, since: datetime, until: datetime) -> Sequence[CandleGap]:
        """Return what is missing and not known to be quiet, oldest first."""
        ...

    def remember_quiet(self, name: SeriesName, gap: CandleGap) -> None:
        """Remember that the exchange has no bars in a gap."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadOrder:
    """Which bars are wanted: those that open from `since` on and before `until`, None for all that have closed.

    `ours` is what time it is by our own clock, None where nobody says. Where the exchange's is ahead of it, nothing is
    stored of the time between: not what is still forming, nor that bars will be missing there for ever.
    """

    name: SeriesName
    since: datetime
    until: datetime | None = None
    ours: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadWatch:
    """Who looks on. `tell(done, total, text)` counts bars; `should_stop` is asked ten times a second."""

    tell: Callable[[int, int, str], None] = lambda _done, _total, _text: None
    should_stop: Callable[[], bool] = lambda: False


def download(
    open_source: Callable[[], Awaitable[CandleSource]],
    shelf: CandleGaps,
    *,
    order: DownloadOrder,
    watch: DownloadWatch,
    clock: AsyncClock | None = None,
) -> CandlesDownloaded:
    """Fetch what is missing and return what came of it; to be called in a thread without an event loop.

    `open_source` is called in a loop of the download's own, and what it returns is closed there.

    Raises:
        ExchangeError: the exchange cannot be asked any more, or refuses; what had come is kept.
        StorageError: the shelf refuses; what had come is kept.
        InvalidInputError: the time asked for lies ahead.
    """

    async def run() -> CandlesDownloaded:
        install_context()
        source = await open_source()
        try:
            return await Download(source, shelf, order=order, watch=watch, clock=clock or LoopClock()).run()
        finally:
            await source.close()

    return asyncio.run(run())


class _StoppedError(Exception):
    """Somebody asked for the end."""


class Download:
    """One download over an open source, in the running loop."""

    def __init__(
        self, source: CandleSource, shelf: CandleGaps, *, order: DownloadOrder, watch: DownloadWatch, clock: AsyncClock
    ) -> None:
        """Ask nothing yet."""
        self._source = source
        self._shelf = shelf
        self._order = order
        self._name = order.name
        self._watch = watch
        self._clock = clock
        self._step = order.name.timeframe.duration
        self._settled = order.since
        self._stored = self._empty = self._done = self._total = 0
        self._begun_at = 0.0

    async def run(self) -> CandlesDownloaded:
        """Fetch what is missing, or what of it comes before somebody asks for the end."""
        until, was_cancelled = self._order.since, False
        try:
            now = await self._ask(self._source.server_time)
            now = min(now, self._order.ours or now)
            until = self._end(now)
            self._settled = now - max(_SETTLES_AFTER, _BARS_TO_SETTLE * self._step)
            gaps = self._shelf.gaps(self._name, since=self._order.since, until=until)
            self._total = sum(self._bars_in(gap.since, gap.until) for gap in gaps)
            self._begun_at = self._clock.monotonic()
            for gap in gaps:
                await self._fill(gap, follows_a_bar=gap.since > self._order.since)
        except _StoppedError:
            was_cancelled = True
        except ExchangeError as error:
            if not self._stored and not isinstance(error, ExchangeRefusedError):
                raise
            raise self._told(error) from error
        left = self._shelf.gaps(self._name, since=self._order.since, until=until)
        return CandlesDownloaded(
            name=self._name, stored=self._stored, empty=self._empty, gaps=tuple(left), was_cancelled=was_cancelled
        )

    def _end(self, now: datetime) -> datetime:
        """Return where the newest bar opened that is still forming, or what was asked for if that is earlier."""
        forming = self._name.timeframe.bar_start(now)
        if self._order.since >= forming:
            raise InvalidInputError(
                f"No {self._name.timeframe} bar has closed since {_shown(self._order.since)}: it is"
                f" {_shown(now)}; name an earlier time"
            )
        return forming if self._order.until is None else min(self._order.until, forming)

    async def _fill(self, gap: CandleGap, *, follows_a_bar: bool) -> None:
        """Fetch a gap page by page. With a bar on both sides, what an answer leaves out is not there."""
        at = gap.since
        while at < gap.until:
            page = await self._page(at, gap.until)
            came = [bar for bar in page if at <= bar.opened_at < gap.until]
            self._stored += self._shelf.write(self._name.source, came) if came else 0
            if came:
                if follows_a_bar or await self._is_empty(at, came[0].opened_at):
                    self._quiet(at, came[0].opened_at)
                for before, after in pairwise(came):
                    self._quiet(before.closed_at, after.opened_at)
                ends_at, follows_a_bar = came[-1].closed_at, True
            elif page and follows_a_bar:  # the next bar that the exchange has is beyond the gap
                ends_at = gap.until
                self._quiet(at, ends_at)
            else:
                ends_at = await self._pass_over(at, gap.until)
            self._tell(self._bars_in(at, ends_at))
            at = ends_at

    async def _pass_over(self, at: datetime, until: datetime) -> datetime:
        """Return where to go on after an empty page. What a second question confirms is not asked for again."""
        traded_from = await self._traded_from(at)
        if traded_from > at:
            ends_at = min(traded_from, until)
            self._quiet(at, ends_at)
            return ends_at
        ends_at = min(at + PAGE * self._step, until)
        if await self._is_empty(at, ends_at):
            self._quiet(at, ends_at)
        return ends_at

    async def _is_empty(self, since: datetime, until: datetime) -> bool:
        return since == until or not any(since <= bar.opened_at < until for bar in await self._page(since, until))

    async def _traded_from(self, at: datetime) -> datetime:
        """Return the first day with trades at or after that of `at`: years before a listing are passed over at once."""
        if self._name.timeframe is Timeframe.D1:
            return at
        day = Timeframe.D1.bar_start(at)
        while day < Timeframe.D1.bar_start(self._settled):
            days = await self._bars(Timeframe.D1, since=day, limit=PAGE)
            traded = [bar.opened_at for bar in days if bar.opened_at >= day]
            if traded:
                return traded[0]
            day += PAGE * Timeframe.D1.duration
        return max(at, Timeframe.D1.bar_start(self._settled))

    async def _page(self, since: datetime, until: datetime) -> Sequence[Bar]:
        return await self._bars(self._name.timeframe, since=since, limit=min(PAGE, self._bars_in(since, until)))

    async def _bars(self, timeframe: Timeframe, *, since: datetime, limit: int) -> Sequence[Bar]:
        return await self._ask(lambda: self._source.bars(self._name.symbol, timeframe, since=since, limit=limit))

    def _quiet(self, since: datetime, until: datetime) -> None:
        until = min(until, self._name.timeframe.bar_start(self._settled))
        if since < until:
            self._shelf.remember_quiet(self._name, CandleGap(since=since, until=until))
            self._empty += self._bars_in(since, until)

    def _bars_in(self, since: datetime, until: datetime) -> int:
        return (until - since) // self._step

    async def _ask(self, question: Callable[[], Awaitable[Answer]]) -> Answer:
        """Ask until there is an answer, patiently, but not for ever; a refusal is an answer."""
        waits = iter(_WAITS)
        while True:
            try:
                return await self._unless_stopped(question())
            except (ExchangeRefusedError, AuthRefusedError):
                raise
            except ExchangeError as error:
                wait = next(waits, None)
                if isinstance(error, RateLimitedError) and wait is not None:
                    wait = max(wait, error.retry_after_seconds)
                if wait is None or wait > _LONGEST_BAN_SECONDS:
                    raise
                self._watch.tell(self._done, self._total, f"{error.user_message}; asking again in {wait:.0f} s")
                await self._unless_stopped(self._clock.sleep(wait))

    async def _unless_stopped(self, answer: Awaitable[Answer]) -> Answer:
        task = asyncio.ensure_future(answer)
        try:
            while not self._watch.should_stop():
                done, _ = await asyncio.wait({task}, timeout=_LOOKS_EVERY_SECONDS)
                if done:
                    return task.result()
            raise _StoppedError
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait({task})

    def _tell(self, passed: int) -> None:
        self._done += passed
        text = f"{self._done:,} of {self._total:,} bars"
        spent = self._clock.monotonic() - self._begun_at
        if self._done and spent > _TELLS_TIME_AFTER_SECONDS:
            text += f" · about {_duration(spent * (self._total - self._done) / self._done)} left"
        self._watch.tell(self._done, self._total, text)

    def _told(self, error: ExchangeError) -> ExchangeError:
        if not self._stored:
            perhaps = f"perhaps it does not list {self._name.symbol}, or has no {self._name.timeframe} bars of it"
            return ExchangeRefusedError(f"{error.user_message}; {perhaps}", detail=error.detail)
        kept = f"{self._stored:,} new bars came and are kept; the next download goes on there"
        return ExchangeError(f"{error.user_message.rstrip('.')}. {kept}", detail=error.detail)


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _shown(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
