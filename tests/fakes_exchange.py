"""A scripted exchange and a clock that is moved by hand, for lines to real markets: no socket, no ccxt, no waiting."""

import asyncio
import heapq
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from msgspec import Raw

from desktop_trader.domain.errors import ExchangeError, NetworkTimeoutError
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.margin_brackets import MarginBracket, make_brackets
from desktop_trader.domain.market import Bar, BookLevel, MarketEvent, OrderBook, Quote, Timeframe
from desktop_trader.exchange.listing import ListedMarket
from desktop_trader.exchange.market_list import MarketList
from desktop_trader.exchange.quote_answer import QuoteAnswer
from desktop_trader.exchange.rate_budget import Priority
from desktop_trader.exchange.swap_answers import DueRate, FundingAnswer
from desktop_trader.feeds.live import LiveFeed
from desktop_trader.feeds.live_line import LineParts, LineTimings, LiveLine
from desktop_trader.feeds.market_lists import ListSource
from desktop_trader.messages.market_overview import TickerRow
from desktop_trader.storage.candle_store import CandleStore
from tests.builders import SPOT, SWAP

LIVE_START = datetime(2026, 11, 20, 12, 0, 20, tzinfo=UTC)
SCRIPTED_TIERS = make_brackets(((Decimal(50_000), 50, Decimal("0.01")), (None, 20, Decimal("0.025"))))
_DEADLINE = 8.0
_ROUNDS = 40
"""Turns of the loop after which every task has come to its next wait."""


class VirtualClock:
    """Monotonic seconds that pass only in `pass_by`, in which every sleeper wakes at its own instant."""

    def __init__(self) -> None:
        self._now = 1_000.0
        self._count = 0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def monotonic(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        self._count += 1
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + seconds, self._count, woken))
        await woken

    async def pass_by(self, seconds: float) -> None:
        """Let time pass, with everything that happens in it."""
        end = self._now + seconds
        await settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            at, _, woken = heapq.heappop(self._sleepers)
            self._now = max(self._now, at)
            if not woken.done():
                woken.set_result(None)
                await settle()
        self._now = end
        await settle()


async def settle() -> None:
    """Let every task come to its next wait."""
    for _ in range(_ROUNDS):
        await asyncio.sleep(0)


class ScriptedSession:
    """A `MarketSession` that answers at once, or as the test says. Its time is `LIVE_START` plus the clock's."""

    def __init__(self, clock: VirtualClock, instruments: Sequence[Instrument] = (SPOT, SWAP)) -> None:
        self.clock = clock
        self.instruments = list(instruments)
        self.inactive: set[str] = set()
        self.kept: MarketList | None = None
        self.can_stream = False
        self.skew = timedelta()
        self.prices: dict[str, Decimal] = {each.symbol: Decimal(100) for each in instruments}
        self.quote_age: dict[str, float] = {}
        self.failures: dict[str, ExchangeError] = {}
        self.hanging: set[str] = set()
        self.missing_bars: set[datetime] = set()
        self.has_bars = True
        self.bars_ready_after = 0.0
        self.list_seconds = 0.0
        self.rewrite: Callable[[str, Quote], Quote] = lambda symbol, quote: quote
        self.calls: list[tuple[float, str, tuple[object, ...]]] = []
        self.streams: list[asyncio.Queue[Quote | ExchangeError | tuple[str, str]]] = []
        self.closed = 0
        self.swaps = ScriptedSwaps(self)
        self.book: Callable[[str], OrderBook] = self.book_now
        self._begun = clock.monotonic()

    @property
    def now(self) -> datetime:
        """The exchange's time."""
        return LIVE_START + timedelta(seconds=self.clock.monotonic() - self._begun) + self.skew

    def count(self, name: str, *, since: float = 0.0) -> int:
        """How often something was asked since a monotonic time."""
        return sum(1 for at, called, _ in self.calls if called == name and at >= since)

    def fail(self, error: ExchangeError) -> None:
        """Let every question fail, and every stream break."""
        asked = ("time", "list", "quote", "bars", "tickers", "stream", "book", "funding", "funding history", "tiers")
        self.failures = dict.fromkeys(asked, error)
        for stream in self.streams:
            stream.put_nowait(error)

    def recover(self) -> None:
        """Answer again."""
        self.failures.clear()
        self.hanging.clear()

    def quote_now(self, symbol: str, price: str | None = None) -> Quote:
        """Return a quote of this instant."""
        if price is not None:
            self.prices[symbol] = Decimal(price)
        last = self.prices[symbol]
        at = self.now - timedelta(seconds=self.quote_age.get(symbol, 0.0))
        return self.rewrite(
            symbol, Quote(symbol=symbol, bid=last - Decimal("0.05"), ask=last + Decimal("0.05"), last=last, at=at)
        )

    def push(self, *quotes: Quote) -> None:
        """Send quotes to whoever streams."""
        for stream in self.streams:
            for quote in quotes:
                stream.put_nowait(quote)

    async def server_time(self) -> datetime:
        await self.answer("time")
        return self.now

    def take_market_list(self, listed: MarketList) -> None:
        self.kept = listed

    async def fetch_market_list(self) -> MarketList:
        await self.answer("list")
        if self.list_seconds:
            await self.clock.sleep(self.list_seconds)
        return market_list_of(self.instruments, inactive=self.inactive)

    def is_symbol_active(self, symbol: str) -> bool:
        return self.kept is not None and symbol in self.kept.active_symbols()

    async def quote_answer(self, symbol: str) -> QuoteAnswer:
        await self.answer("quote", symbol)
        return QuoteAnswer(quote=self.quote_now(symbol), answered_at=self.now.replace(microsecond=0))

    def book_now(self, symbol: str) -> OrderBook:
        """Return three levels on each side of the price of this instant."""
        last = self.prices[symbol]
        bids, asks = (
            tuple(
                BookLevel(price=last + sign * (Decimal("0.05") + step * Decimal("0.01")), size=Decimal(5 + step))
                for step in range(3)
            )
            for sign in (-1, 1)
        )
        return OrderBook(symbol=symbol, bids=bids, asks=asks, at=self.now)

    async def order_book(self, symbol: str, depth: int) -> OrderBook:
        await self.answer("book", symbol, depth)
        return self.book(symbol)

    async def bars(
        self, symbol: str, timeframe: Timeframe, *, since: datetime | None, limit: int, priority: Priority
    ) -> list[Bar]:
        await self.answer("bars", symbol, timeframe, since, limit, priority)
        closed = timeframe.bar_start(self.now - timedelta(seconds=self.bars_ready_after))
        at = closed - limit * timeframe.duration if since is None else timeframe.bar_start(since)
        bars: list[Bar] = []
        while self.has_bars and at < closed and len(bars) < limit:
            if at not in self.missing_bars:
                bars.append(bar_of(symbol, timeframe, at))
            at += timeframe.duration
        return bars

    async def tickers(self) -> list[TickerRow]:
        await self.answer("tickers")
        return [
            TickerRow(
                symbol=symbol,
                last=price,
                bid=None,
                ask=None,
                change_percent_24h=None,
                quote_volume_24h=None,
                at=self.now,
            )
            for symbol, price in self.prices.items()
        ]

    async def stream_quotes(
        self, symbols: Sequence[str], *, rejected: Callable[[str, str], None]
    ) -> AsyncIterator[Quote]:
        await self.answer("stream", *symbols)
        coming: asyncio.Queue[Quote | ExchangeError | tuple[str, str]] = asyncio.Queue()
        self.streams.append(coming)
        try:
            while True:
                each = await coming.get()
                if isinstance(each, ExchangeError):
                    raise each
                if isinstance(each, tuple):
                    rejected(*each)
                elif each.symbol in symbols:
                    yield each
        finally:
            self.streams.remove(coming)

    async def close(self) -> None:
        self.closed += 1

    async def answer(self, name: str, *arguments: object) -> None:
        """Note a question, and fail or hang as the test says."""
        self.calls.append((self.clock.monotonic(), name, arguments))
        await asyncio.sleep(0)
        for asked in (name, *(f"{name} {each}" for each in arguments[:1])):
            if asked in self.failures:
                raise self.failures[asked]
        if name in self.hanging:
            await self.clock.sleep(_DEADLINE)
            raise NetworkTimeoutError("No whole answer within 8 s")


class ScriptedSwaps:
    """What a scripted exchange says of its swaps, which are paid at whole multiples of `every` of a day.

    `mark` is the mark price of all, None where the exchange tells none; `rate` what is paid at each instant.
    """

    def __init__(self, session: ScriptedSession) -> None:
        self.has_funding = True
        self.has_history = True
        self.has_tiers = True
        self.tells_settled = True
        self.mark: Decimal | None = None
        self.every = timedelta(hours=8)
        self.rate: Callable[[datetime], Decimal] = lambda at: Decimal(at.hour) / 100_000
        self._session = session

    def due(self, at: datetime) -> DueRate:
        """Return what is paid at an instant."""
        return DueRate(at=at, rate=self.rate(at))

    async def funding_rate(self, symbol: str) -> FundingAnswer:
        await self._session.answer("funding", symbol)
        before = self._before(self._session.now)
        return FundingAnswer(
            symbol=symbol,
            mark_price=self.mark,
            settled=self.due(before) if self.tells_settled else None,
            coming=self.due(before + self.every),
            interval=self.every,
        )

    async def funding_history(self, symbol: str, *, since: datetime) -> list[DueRate]:
        await self._session.answer("funding history", symbol, since)
        at, found = self._before(self._session.now), []
        while at >= since:
            found.append(self.due(at))
            at -= self.every
        return found[::-1]

    async def leverage_tiers(self, prices: Mapping[str, Decimal]) -> dict[str, tuple[MarginBracket, ...]]:
        await self._session.answer("tiers", *prices)
        return dict.fromkeys(prices, SCRIPTED_TIERS)

    def _before(self, at: datetime) -> datetime:
        midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight + (at - midnight) // self.every * self.every


def market_list_of(instruments: Sequence[Instrument], *, inactive: Collection[str] = ()) -> MarketList:
    """Return the list of an exchange with these markets."""
    return MarketList(
        exchange_id="scripted",
        tag="scripted",
        fetched_at=LIVE_START,
        markets=tuple(
            ListedMarket(
                instrument=each,
                market_id=each.symbol,
                is_active=each.symbol not in inactive,
                minimum_quantity=Decimal(0),
            )
            for each in instruments
        ),
        known=tuple(Raw(b"{}") for _ in instruments),
    )


def bar_of(symbol: str, timeframe: Timeframe, opened_at: datetime) -> Bar:
    """Return the one bar that the scripted exchange has at a place: a function of its time."""
    price = Decimal(100 + int(opened_at.timestamp()) // timeframe.seconds % 10)
    return Bar(
        symbol=symbol,
        timeframe=timeframe,
        opened_at=opened_at,
        open=price,
        high=price + 2,
        low=price - 1,
        close=price + 1,
        volume=Decimal(5),
    )


class HeardListener:
    """A `LineListener` that remembers what it was told, with the time."""

    def __init__(self) -> None:
        self.ticks: list[tuple[float, str]] = []
        self.bad: list[tuple[float, str, str]] = []
        self.holding: list[str] = []
        self.answers: list[float] = []
        self.errors: list[tuple[float, ExchangeError]] = []
        self.skews: list[float] = []

    def on_tick(self, symbol: str, now: float, *, source_at: datetime) -> None:
        self.ticks.append((now, symbol))

    def on_bad_tick(self, symbol: str, now: float, *, why: str, holds: bool = False) -> None:
        self.bad.append((now, symbol, why))
        self.holding += [symbol] if holds else []

    def on_call_succeeded(self, now: float, *, latency_seconds: float) -> None:
        self.answers.append(now)

    def on_call_failed(self, error: ExchangeError, now: float) -> None:
        self.errors.append((now, error))

    def on_clock_compared(self, skew_seconds: float, now: float) -> None:
        self.skews.append(skew_seconds)


class LineRig:
    """A live line over a scripted exchange, with candles in memory."""

    def __init__(self, *, instruments: Sequence[Instrument] = (SPOT, SWAP), queue_limit: int = 10_000) -> None:
        self.clock = VirtualClock()
        self.session = ScriptedSession(self.clock, instruments)
        self.shelf = CandleStore.in_memory()
        self.feed = LiveFeed("exchange:scripted", shelf=self.shelf, starts_at=LIVE_START, queue_limit=queue_limit)
        self.heard = HeardListener()
        self.wall_error = timedelta()
        self.woken = 0
        self.opened = 0
        self.open_seconds = 0.0
        self.line = LiveLine(
            self.feed,
            LineParts(
                open_session=self._open,
                lists=ListSource(kept=lambda: self.session.kept, fetch=self.session.fetch_market_list),
                clock=self.clock,
                wall=lambda: self.session.now - self.session.skew + self.wall_error,
                random=Random(7),
                timings=LineTimings(),
            ),
        )
        self.feed.line = self.line
        self.line.listen(self.heard)
        self.line.wake_by(self._wake)
        self._task: asyncio.Task[None] | None = None

    async def _open(self) -> ScriptedSession:
        self.opened += 1
        if self.open_seconds:
            await self.clock.sleep(self.open_seconds)
        return self.session

    def _wake(self) -> None:
        self.woken += 1

    async def __aenter__(self) -> "LineRig":
        self._task = asyncio.create_task(self.line.run())
        await settle()
        return self

    async def __aexit__(self, *_error: object) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self.line.close()

    async def verify(self, *needed: str) -> dict[str, tuple[bool | None, str]]:
        """Verify while time passes; return each check's result by name."""
        task = asyncio.ensure_future(self.line.verify(needed))
        for _ in range(200):
            await settle()
            if task.done():
                break
            await self.clock.pass_by(0.25)
        return {check.name: (check.ok, check.detail) for check in await task}

    def pull(self) -> list[MarketEvent]:
        """Return every event that waits."""
        events = []
        while (event := self.feed.next_event()) is not None:
            events.append(event)
        return events
