"""One exchange, asked in public: its time, prices, candles and markets. The only way in for the rest of the program.

A session belongs to one asyncio loop. Every call has a deadline, a place in the rate budget and typed errors. Nothing
is retried here, except that a read refused because of our clock is asked once more after asking the exchange's time.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from contextlib import aclosing
from datetime import datetime, timedelta
from decimal import Context, localcontext
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from desktop_trader.domain.errors import BadAnswerError, ClockSkewError, ExchangeError, ExchangeRefusedError
from desktop_trader.domain.market import Bar, Quote, Timeframe
from desktop_trader.exchange import coinex, failures
from desktop_trader.exchange.addresses import market_tag, may_stream
from desktop_trader.exchange.async_clock import AsyncClock
from desktop_trader.exchange.call_limits import READ_DEADLINE_SECONDS, CallPurpose, calls_for, within
from desktop_trader.exchange.catalog import check_exchange_id
from desktop_trader.exchange.instance import Place, close_instance, make_instance
from desktop_trader.exchange.list_process import fetch_in_a_process
from desktop_trader.exchange.market_list import MarketList, list_file, load_market_list, restore_shared
from desktop_trader.exchange.order_book import OrderBook, book_depth, order_book_from
from desktop_trader.exchange.rate_budget import Priority
from desktop_trader.exchange.streams import KindStream, Rejected, ignore_rejected, merged
from desktop_trader.exchange.stumbles import STUMBLES
from desktop_trader.exchange.translation import (
    bars_from,
    has_top,
    quote_from,
    server_time_from,
    table_of,
    ticker_row_from,
)
from desktop_trader.messages.market_overview import TickerRow
from desktop_trader.settings import ExchangeAddress

PROBE_DEADLINE_SECONDS = 3.0
_MOST_BARS = 1000
Result = TypeVar("Result")


class ExchangeSession:
    """One exchange. Made with `open`, ended with `close`; what is asked in between raises only `ExchangeError`."""

    def __init__(self, place: Place, exchange: Any, clock: AsyncClock, market_lists: Path | None) -> None:
        self._place = place
        self._exchange = exchange
        self._clock = clock
        self._market_lists = market_lists
        self._list: MarketList | None = None
        self._active: frozenset[str] = frozenset()
        self._time_known: tuple[datetime, float] | None = None
        self._tickers_have_tops: bool | None = None

    @classmethod
    async def open(
        cls,
        exchange_id: str,
        *,
        address: ExchangeAddress,
        proxy: str = "",
        clock: AsyncClock,
        market_lists: Path | None = None,
    ) -> "ExchangeSession":
        """Return a session; nothing is asked yet. `market_lists` is the folder in which lists of markets are kept.

        Raises:
            InvalidInputError: no such exchange, or the CA file cannot be used.
        """

        def prepare() -> tuple[Place, Any]:
            place = Place(exchange_id=check_exchange_id(exchange_id), address=address, proxy=proxy)
            return place, make_instance(place, clock)

        # ccxt takes half a second to import; the loop goes on meanwhile.
        place, exchange = await asyncio.to_thread(prepare)
        return cls(place, exchange, clock, market_lists)

    @property
    def id(self) -> str:
        """The exchange's id."""
        return self._place.exchange_id

    @property
    def name(self) -> str:
        """What people call it."""
        return self._place.name

    @property
    def tag(self) -> str:
        """The exchange and, where it is not its own, the address: `coinex@127.0.0.1:8800`."""
        return market_tag(self.id, self._place.address)

    @property
    def can_stream(self) -> bool:
        """Whether quotes can come by WebSocket."""
        has = self._exchange.has
        return may_stream(self._place.address) and any(
            has.get(each) is True for each in ("watchTickers", "watchTicker")
        )

    async def server_time(self, *, deadline_seconds: float = PROBE_DEADLINE_SECONDS) -> datetime:
        """Return the exchange's time, asked now: the cheapest question there is.

        Raises:
            ExchangeError: it was not answered with a sane time.
        """
        asked_at = self._clock.monotonic()
        # Not `_ask`: that asks for this very time where a call is refused because of the clock.
        answer = await self._ask_once(self._exchange.fetch_time, Priority.SAFETY, deadline_seconds)
        at = server_time_from(answer)
        # The answer was made about half way through the round trip.
        self._time_known = (at, (asked_at + self._clock.monotonic()) / 2)
        return at

    def time_now(self) -> datetime | None:
        """Return the exchange's time as far as it is known from the last answer; None before the first."""
        if self._time_known is None:
            return None
        at, known_at = self._time_known
        return at + timedelta(seconds=self._clock.monotonic() - known_at)

    async def quote(self, symbol: str, *, deadline_seconds: float = READ_DEADLINE_SECONDS) -> Quote:
        """Return the best prices and the last print of a symbol, with the exchange's own time.

        Raises:
            ExchangeError: they could not be had, or cannot be: absent, zero, negative, crossed.
        """
        await self._know_markets()
        now = await self._now()

        async def ask() -> tuple[object, object | None]:
            ticker = self._exchange.fetch_ticker(symbol)
            if self._tickers_have_tops:
                return await ticker, None
            return await _together(ticker, self._exchange.fetch_order_book(symbol, book_depth(self.id, 5)))

        ticker, book = await self._ask(ask, deadline_seconds=deadline_seconds)
        if book is None and not has_top(ticker):
            self._tickers_have_tops = False
            return await self.quote(symbol, deadline_seconds=deadline_seconds)
        self._tickers_have_tops = has_top(ticker)
        return quote_from(symbol, ticker, book, now=now)

    async def order_book(self, symbol: str, depth: int) -> OrderBook:
        """Return the best `depth` levels of both sides, or fewer where there are no more.

        Raises:
            ExchangeError: they could not be had, or cannot be.
        """
        await self._know_markets()
        now = await self._now()
        book = await self._ask(lambda: self._exchange.fetch_order_book(symbol, book_depth(self.id, depth)))
        return order_book_from(symbol, book, depth=depth, now=now)

    async def bars(
        self,
        symbol: str,
        timeframe: Timeframe,
        *,
        since: datetime | None,
        limit: int,
        priority: Priority = Priority.MARKET,
    ) -> list[Bar]:
        """Return up to `limit` closed bars, oldest first: from `since` on, or the newest ones.

        One call asks for 1000 bars at most. Volume is in base currency.

        Raises:
            ExchangeError: they could not be had, or one of them cannot be.
        """
        await self._know_markets()
        now = await self._now()
        count = min(limit + 1, _MOST_BARS)  # the last one is still forming
        rows = await self._ask(lambda: self._bar_rows(symbol, timeframe, since, count), priority=priority)
        bars = bars_from(symbol, timeframe, rows, now=now)
        if since is None:
            return bars[-limit:]
        return [bar for bar in bars if bar.opened_at >= since][:limit]

    async def tickers(self, symbols: Collection[str] | None = None) -> list[TickerRow]:
        """Return a line for each symbol, or for everything listed, as far as the exchange tells it.

        Raises:
            ExchangeError: it could not be had; an empty answer is none.
        """
        listed = await self._know_markets()
        now = await self._now()
        wanted = None if symbols is None else set(symbols)
        kinds = sorted(
            {each.kind.value for symbol, each in listed.instruments().items() if wanted is None or symbol in wanted}
        )
        rows: list[TickerRow] = []
        for kind in kinds:
            answer = await self._ask(partial(self._tickers_of, kind), priority=Priority.CHART)
            rows += self._rows_from(answer, wanted, now)
        if not rows and (wanted is None or wanted):
            raise failures.make_error(BadAnswerError, self._exchange.link.asked(), "no tickers at all")
        return rows

    def is_symbol_active(self, symbol: str) -> bool:
        """Say whether the newest market list has the symbol, open for trading."""
        return symbol in self._active

    def market_list(self) -> MarketList | None:
        """Return what is listed as far as it is known: from this session or the file of an earlier one."""
        if self._list is None and self._market_lists is not None:
            listed = load_market_list(list_file(self._market_lists, self.tag), self.tag)
            if listed is not None:
                self._adopt(listed)
        return self._list

    async def fetch_market_list(self) -> MarketList:
        """Return what is listed now, decoded in a process of its own, so that nothing here stands still for it.

        Raises:
            ExchangeError: it could not be had, or is empty.
            StorageError: it cannot be kept.
        """
        listed = await fetch_in_a_process(self._place, self.tag, self._market_lists)
        self._adopt(listed)
        return listed

    async def stream_quotes(
        self, symbols: Collection[str], *, rejected: Rejected = ignore_rejected
    ) -> AsyncGenerator[Quote, None]:
        """Yield quotes of the symbols as the exchange pushes them, until it fails: then an `ExchangeError` is raised.

        A price that cannot be (zero, crossed, NaN) is told to `rejected` with its symbol and passed over. Closing the
        iterator (`aclose`) closes its connections.
        """
        listed = (await self._know_markets()).instruments()
        await self._now()
        groups: dict[str, list[str]] = {}
        for symbol in symbols:
            if symbol not in listed:
                raise failures.make_error(ExchangeRefusedError, self._exchange.link.asked(), f"{symbol} is not listed")
            groups.setdefault(listed[symbol].kind.value, []).append(symbol)
        instances = [self._streaming_instance(kind) for kind in groups]
        streams = [
            KindStream(instance, group, now=self._time, rejected=rejected)
            for instance, group in zip(instances, groups.values(), strict=True)
        ]
        try:
            async with aclosing(merged(streams)) as quotes:
                async for quote in quotes:
                    yield quote
        finally:
            for instance in instances:
                await close_instance(instance)

    async def close(self) -> None:
        """Close every connection; again is harmless."""
        await close_instance(self._exchange)

    async def _know_markets(self) -> MarketList:
        return self.market_list() or await self.fetch_market_list()

    def _adopt(self, listed: MarketList) -> None:
        with localcontext(Context()):
            self._exchange.set_markets(listed.library_markets())
            restore_shared(self._exchange, listed.shared)
        self._list = listed
        self._active = listed.active_symbols()

    async def _now(self) -> datetime:
        return self.time_now() or await self.server_time()

    def _time(self) -> datetime:
        at = self.time_now()
        assert at is not None  # asked before any stream begins
        return at

    def _streaming_instance(self, kind: str) -> Any:
        parent = self._exchange
        instance = make_instance(self._place, self._clock, market_type=kind, budget=parent.link.budget)
        instance.set_markets_from_exchange(parent)
        return instance

    async def _bar_rows(self, symbol: str, timeframe: Timeframe, since: datetime | None, count: int) -> object:
        exchange = self._exchange
        if timeframe.value not in exchange.timeframes:
            asked = exchange.link.asked()
            raise failures.make_error(ExchangeRefusedError, asked, f"no bars of {timeframe} here")
        if self.id == coinex.COINEX:
            return await coinex.candle_rows(exchange, exchange.market(symbol), timeframe, since=since, limit=count)
        since_ms = None if since is None else int(since.timestamp() * 1000)
        return await exchange.fetch_ohlcv(symbol, timeframe.value, since_ms, count)

    async def _tickers_of(self, kind: str) -> object:
        return await self._exchange.fetch_tickers(
            None, {"type": kind, **({"subType": "linear"} if kind == "swap" else {})}
        )

    def _rows_from(self, answer: object, wanted: Collection[str] | None, now: datetime) -> list[TickerRow]:
        told = table_of(answer, "tickers")
        return [
            ticker_row_from(symbol, ticker, now=now)
            for symbol, ticker in told.items()
            if symbol in self._active and (wanted is None or symbol in wanted)
        ]

    async def _ask(
        self,
        call: Callable[[], Awaitable[Result]],
        *,
        priority: Priority = Priority.MARKET,
        deadline_seconds: float = READ_DEADLINE_SECONDS,
    ) -> Result:
        try:
            return await self._ask_once(call, priority, deadline_seconds)
        except ClockSkewError:
            at = await self.server_time()
            self._exchange.clock_offset_ms += int(at.timestamp() * 1000) - self._exchange.milliseconds()
            return await self._ask_once(call, priority, deadline_seconds)

    async def _ask_once(
        self, call: Callable[[], Awaitable[Result]], priority: Priority, deadline_seconds: float
    ) -> Result:
        asked = self._exchange.link.asked()
        # ccxt changes the decimal context that it finds, and mixes floats in, which ours would refuse.
        with calls_for(CallPurpose(priority=priority, is_write=False)), localcontext(Context()):
            try:
                return await within(deadline_seconds, asked, call)
            except ExchangeError:
                raise
            except self._exchange.failures_of_ccxt as error:
                raise failures.from_answer(error, "", asked) from None
            except STUMBLES as error:
                raise failures.make_error(BadAnswerError, asked, f"{type(error).__name__}: {error}") from None


async def _together(first: Awaitable[object], second: Awaitable[object]) -> tuple[object, object]:
    """Wait for both; where one fails the other is given up, not left running."""
    tasks = [asyncio.ensure_future(first), asyncio.ensure_future(second)]
    try:
        one, two = await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return one, two
