"""One exchange, asked in public: its time, prices, candles and markets. The only way in for the rest of the program.

A session belongs to one asyncio loop. Every call has a deadline, a place in the rate budget and typed errors. Nothing
is retried here, except that a read refused because of our clock is asked once more after asking the exchange's time.
"""

import asyncio
from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import aclosing
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from desktop_trader.domain.errors import BadAnswerError, ExchangeRefusedError
from desktop_trader.domain.instrument import Instrument, InstrumentKind
from desktop_trader.domain.market import Bar, OrderBook, Quote, Timeframe
from desktop_trader.exchange import coinex, failures
from desktop_trader.exchange.addresses import may_stream
from desktop_trader.exchange.async_clock import AsyncClock
from desktop_trader.exchange.call_limits import READ_DEADLINE_SECONDS
from desktop_trader.exchange.caller import PROBE_DEADLINE_SECONDS, Caller
from desktop_trader.exchange.catalog import check_exchange_id
from desktop_trader.exchange.instance import Place, close_instance, make_instance
from desktop_trader.exchange.known_markets import KnownMarkets
from desktop_trader.exchange.market_list import MarketList
from desktop_trader.exchange.order_book import book_depth, order_book_from
from desktop_trader.exchange.quote_answer import QuoteAnswer
from desktop_trader.exchange.rate_budget import Priority
from desktop_trader.exchange.streams import KindStream, Rejected, ignore_rejected, merged
from desktop_trader.exchange.swap_questions import SwapQuestions
from desktop_trader.exchange.translation import bars_from, has_top, quote_from, table_of, ticker_row_from, top_of_book
from desktop_trader.messages.market_overview import TickerRow
from desktop_trader.settings import ExchangeAddress

_MOST_BARS = 1000
_TOP = 5
_VOLUME_IN_CONTRACTS = frozenset({"gate"})
"""Exchanges whose candles of swaps count contracts, as ccxt hands them on."""


class ExchangeSession:
    """One exchange. Made with `open`, ended with `close`; what is asked in between raises only `ExchangeError`.

    `swaps` asks what swaps have besides: funding, marks, tiers of margin.
    """

    def __init__(self, place: Place, exchange: Any, *, clock: AsyncClock, market_lists: Path | None) -> None:
        self._place = place
        self._exchange = exchange
        self._clock = clock
        self._markets = KnownMarkets(place, exchange, market_lists)
        self._caller = Caller(exchange, clock, any_symbol=self._markets.any_symbol)
        self.swaps = SwapQuestions(exchange, self._caller, self._listed)
        self._needs_book: set[InstrumentKind] = set()
        self._has_no_times: set[InstrumentKind] = set()

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
        return cls(place, exchange, clock=clock, market_lists=market_lists)

    @property
    def id(self) -> str:
        """The exchange's id."""
        return self._place.exchange_id

    @property
    def tag(self) -> str:
        """The exchange and, where it is not its own, the address: `coinex@127.0.0.1:8800`."""
        return self._markets.tag

    @property
    def can_stream(self) -> bool:
        """Whether quotes can come by WebSocket."""
        return may_stream(self._place.address) and self._exchange.has.get("watchTickers") is True

    async def server_time(self, *, deadline_seconds: float = PROBE_DEADLINE_SECONDS) -> datetime:
        """Return the exchange's time, asked now: the cheapest question there is.

        Raises:
            ExchangeError: it was not answered with a sane time.
        """
        return await self._caller.server_time(deadline_seconds=deadline_seconds)

    def time_now(self) -> datetime | None:
        """Return the exchange's time as far as it is known from the last answer; None before the first."""
        return self._caller.time_now()

    async def quote_answer(self, symbol: str) -> QuoteAnswer:
        """Return the best prices and the last print of a symbol, and when the exchange said so.

        Raises:
            ExchangeError: as `quote`.
        """
        quote = await self.quote(symbol)
        return QuoteAnswer(quote=quote, answered_at=self._exchange.answered_at)

    async def quote(self, symbol: str, *, deadline_seconds: float = READ_DEADLINE_SECONDS) -> Quote:
        """Return the best prices and the last print of a symbol, with the exchange's own time.

        Raises:
            ExchangeError: they could not be had, or cannot be: absent, zero, negative.
        """
        kind = (await self._listed(symbol)).kind
        now = await self._caller.now()
        exchange = self._exchange
        if kind not in self._needs_book:
            ticker = await self._caller.ask(lambda: exchange.fetch_ticker(symbol), deadline_seconds=deadline_seconds)
            if has_top(ticker) or kind in self._has_no_times:
                return quote_from(symbol, ticker, book=None, now=now)
        ticker, book = await self._caller.ask(
            lambda: _together(exchange.fetch_ticker(symbol), exchange.fetch_order_book(symbol, _depth(exchange))),
            deadline_seconds=deadline_seconds,
        )
        quote = quote_from(symbol, ticker, book=book, now=now)
        # A book that says no time either is no better than a ticker with bid and ask: half as many calls from now on.
        is_better = not has_top(ticker, needs_time=False) or top_of_book(symbol, book)[2] is not None
        (self._needs_book if is_better else self._has_no_times).add(kind)
        return quote

    async def order_book(self, symbol: str, depth: int) -> OrderBook:
        """Return the best `depth` levels of both sides, or fewer where there are no more.

        Raises:
            ExchangeError: they could not be had, or cannot be.
        """
        await self._listed(symbol)
        now = await self._caller.now()
        book = await self._caller.ask(lambda: self._exchange.fetch_order_book(symbol, book_depth(self.id, depth)))
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

        As many questions are asked as it takes: exchanges give 300 to 1000 bars at once. Volume is in base currency.

        Raises:
            ExchangeError: they could not be had, or one of them cannot be.
        """
        await self._listed(symbol)
        now = await self._caller.now()
        most = _most_bars(self._exchange, symbol)
        if since is None and limit < most:
            newest = await self._page(
                symbol, timeframe, since=None, limit=limit + 1, priority=priority
            )  # one still forms
            return newest[-limit:]
        at = timeframe.bar_start(now) - limit * timeframe.duration if since is None else since
        found: list[Bar] = []
        for _ in range(-(-limit // most)):
            page = await self._page(symbol, timeframe, since=at, limit=min(limit - len(found), most), priority=priority)
            found += [bar for bar in page if bar.opened_at >= at]
            if not found or not page or found[-1].closed_at + timeframe.duration > now:
                break
            at = found[-1].closed_at
        return found[:limit]

    async def tickers(self, symbols: Collection[str] | None = None) -> list[TickerRow]:
        """Return a line for each symbol, or for everything listed, as far as the exchange tells it.

        Raises:
            ExchangeError: it could not be had; an empty answer is none.
        """
        listed = await self._markets.instruments()
        now = await self._caller.now()
        wanted = listed.keys() if symbols is None else listed.keys() & set(symbols)
        rows: list[TickerRow] = []
        for kind in sorted({listed[symbol].kind.value for symbol in wanted}):
            params = {"type": kind, "subType": "linear"} if kind == "swap" else {"type": kind}
            answer = await self._caller.ask(
                partial(self._exchange.fetch_tickers, None, params), priority=Priority.CHART
            )
            # Spot and swap share ids at some exchanges; what is told under the other kind's name is not believed.
            symbols_of_kind = {symbol for symbol in wanted if listed[symbol].kind.value == kind}
            told = table_of(answer, "tickers").items()
            rows += [ticker_row_from(symbol, ticker, now=now) for symbol, ticker in told if symbol in symbols_of_kind]
        if wanted and not rows:
            raise failures.make_error(BadAnswerError, self._exchange.link.asked(), detail="no tickers at all")
        return rows

    def is_symbol_active(self, symbol: str) -> bool:
        """Say whether the newest market list has the symbol, open for trading."""
        return symbol in self._markets.active

    def market_list(self) -> MarketList | None:
        """Return what is listed as far as it is known: from this session or the file of an earlier one."""
        return self._markets.stored()

    def take_market_list(self, listed: MarketList) -> None:
        """Know from now on what is listed: somebody else has fetched it."""
        self._markets.adopt(listed)

    async def fetch_market_list(self) -> MarketList:
        """Return what is listed now, decoded in a process of its own, so that nothing here stands still for it.

        Raises:
            ExchangeError: it could not be had, or is empty.
        """
        return await self._markets.fetched()

    async def stream_quotes(
        self, symbols: Collection[str], *, rejected: Rejected = ignore_rejected
    ) -> AsyncGenerator[Quote, None]:
        """Yield quotes of the symbols as the exchange pushes them, until it fails: then an `ExchangeError` is raised.

        A price that cannot be (zero, NaN) is told to `rejected` with its symbol and passed over. Closing the
        iterator (`aclose`) closes its connections.
        """
        now = partial(_moved_on, await self._caller.now(), self._caller.time_now)
        groups: dict[str, list[str]] = {}
        for symbol in symbols:
            groups.setdefault((await self._listed(symbol)).kind.value, []).append(symbol)
        instances = [_streaming_instance(self._place, self._exchange, self._clock, kind) for kind in groups]
        streams = [
            KindStream(instance, group, now=now, rejected=rejected)
            for instance, group in zip(instances, groups.values(), strict=True)
        ]
        try:
            async with aclosing(merged(streams)) as quotes:
                async for quote in quotes:
                    yield quote
        finally:
            await asyncio.gather(*(close_instance(instance) for instance in instances))

    async def close(self) -> None:
        """Close every connection; again is harmless."""
        await close_instance(self._exchange)

    async def _listed(self, symbol: str) -> Instrument:
        instrument = (await self._markets.instruments()).get(symbol)
        if instrument is None:
            raise failures.make_error(
                ExchangeRefusedError, self._exchange.link.asked(), detail=f"{symbol} is not listed"
            )
        return instrument

    async def _page(
        self, symbol: str, timeframe: Timeframe, *, since: datetime | None, limit: int, priority: Priority
    ) -> list[Bar]:
        ask = partial(_bar_rows, self._exchange, symbol, timeframe=timeframe, since=since, limit=limit)
        rows = await self._caller.ask(ask, priority=priority)
        return bars_from(symbol, rows, timeframe=timeframe, now=await self._caller.now())


def _streaming_instance(place: Place, parent: Any, clock: AsyncClock, kind: str) -> Any:
    instance = make_instance(place, clock, market_type=kind, budget=parent.link.budget)
    instance.set_markets_from_exchange(parent)
    return instance


async def _bar_rows(exchange: Any, symbol: str, *, timeframe: Timeframe, since: datetime | None, limit: int) -> object:
    if timeframe.value not in (exchange.timeframes or {}):
        asked = exchange.link.asked()
        raise failures.make_error(ExchangeRefusedError, asked, detail=f"no bars of {timeframe} here")
    if exchange.id == coinex.COINEX:
        market: Mapping[str, Any] = exchange.market(symbol)
        return await coinex.candle_rows(exchange, market, timeframe=timeframe, since=since, limit=limit)
    since_ms = None if since is None else int(since.timestamp() * 1000)
    rows = await exchange.fetch_ohlcv(symbol, timeframe.value, since_ms, limit)
    size = exchange.market(symbol)["contractSize"] if exchange.id in _VOLUME_IN_CONTRACTS else None
    return rows if size is None else [[*row[:5], row[5] * size] for row in rows]


def _depth(exchange: Any) -> int:
    return book_depth(exchange.id, _TOP)


def _most_bars(exchange: Any, symbol: str) -> int:
    """Return how many bars an exchange gives in one answer, as far as ccxt knows."""
    most = exchange.feature_value(symbol, "fetchOHLCV", "limit")
    return min(most, _MOST_BARS) if isinstance(most, int) and most > 1 else _MOST_BARS


def _moved_on(first: datetime, newest: Any) -> datetime:
    at: datetime | None = newest()
    return first if at is None else at


async def _together(first: Any, second: Any) -> tuple[object, object]:
    """Wait for both; where one fails the other is given up, not left running."""
    tasks = [asyncio.ensure_future(first), asyncio.ensure_future(second)]
    try:
        one, two = await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return one, two
