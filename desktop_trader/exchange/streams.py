"""Quotes as an exchange pushes them, through ccxt.pro: best prices and last prints, an instance per kind of market.

ccxt keeps the newest of every symbol and wakes whoever waits for any of them; so after each wake everything whose best
prices are new is told. Every wait has a deadline: a connection that looks alive and brings nothing ends the stream.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from datetime import datetime
from decimal import Context, localcontext
from typing import Any

from desktop_trader.domain.errors import BadAnswerError, ExchangeError, ExchangeRefusedError, NetworkTimeoutError
from desktop_trader.domain.market import Quote
from desktop_trader.exchange import failures
from desktop_trader.exchange.stumbles import STUMBLES
from desktop_trader.exchange.translation import quote_from

Rejected = Callable[[str, str], None]
"""Told of a price that cannot be: symbol, and why."""

SILENCE_SECONDS = 20.0
"""How long a stream may bring nothing at all before it counts as dead."""

TOPS_BESIDE_TICKERS = frozenset({"coinex", "bybit", "gate"})
"""Exchanges whose pushed tickers have no bid and ask, or no time; those come on a channel of their own."""

_MOST_BARE_TICKERS = 20
"""So many without bid and ask, before any that has them, and the stream is of no use."""

_MARK_SECONDS = 15.0
_OF_THE_TOP = ("bid", "ask", "timestamp")
_GATHER_SECONDS = 0.01
"""How long news is collected before it is told: a busy exchange would else wake us for each price by itself."""


def ignore_rejected(_symbol: str, _why: str) -> None:
    """Tell nobody."""


class KindStream:
    """The quotes of some symbols of one kind, over one instance of ccxt's; told in the order they are seen."""

    def __init__(
        self, exchange: Any, symbols: Sequence[str], *, now: Callable[[], datetime], rejected: Rejected
    ) -> None:
        self._exchange = exchange
        self._symbols = list(symbols)
        self._now = now
        self._rejected = rejected
        self._has_tops_beside = exchange.id in TOPS_BESIDE_TICKERS
        self._told: dict[str, object] = {}
        self._tickers: dict[str, tuple[object, datetime]] = {}
        self._has_quoted = False
        self._bare = 0

    def readers(self, on_quote: Callable[[Quote], None]) -> list[Awaitable[None]]:
        """Return what has to run for the quotes to come; each ends only by raising `ExchangeError`."""
        watches = [self._exchange.watch_tickers]
        if self._has_tops_beside:
            watches.append(self._exchange.watch_bids_asks)
        return [self._read(watch, on_quote) for watch in watches]

    async def _read(self, watch: Callable[[list[str]], Awaitable[object]], on_quote: Callable[[Quote], None]) -> None:
        asked = self._exchange.link.asked()
        try:
            with localcontext(Context()):
                while True:
                    if self._exchange.stream_failure is not None:
                        raise self._exchange.stream_failure
                    async with asyncio.timeout(SILENCE_SECONDS):
                        await watch(self._symbols)
                    for quote in self.news():
                        on_quote(quote)
                    await asyncio.sleep(_GATHER_SECONDS)
        except ExchangeError:
            raise
        except TimeoutError:
            raise failures.make_error(NetworkTimeoutError, asked, detail=f"nothing in {SILENCE_SECONDS:g} s") from None
        except self._exchange.failures_of_ccxt as error:
            raise failures.from_stream(error, asked) from None
        except OSError as error:
            raise failures.from_connection(error, asked) from None
        except STUMBLES as error:
            raise failures.make_error(BadAnswerError, asked, detail=f"{type(error).__name__}: {error}") from None

    def news(self) -> list[Quote]:
        """Return the quotes of symbols whose best prices are new since the last call."""
        found = []
        for symbol in self._symbols:
            ticker = self._exchange.tickers.get(symbol)
            self._note_ticker(symbol, ticker)
            top = self._exchange.bidsasks.get(symbol) if self._has_tops_beside else ticker
            if ticker is not None and top is not None and top is not self._told.get(symbol):
                self._told[symbol] = top
                quote = self._quote(
                    symbol, {**self._with_mark(symbol, ticker), **{name: top.get(name) for name in _OF_THE_TOP}}
                )
                if quote is not None:
                    found.append(quote)
                    self._has_quoted = True
        return found

    def _note_ticker(self, symbol: str, ticker: object) -> None:
        seen = self._tickers.get(symbol)
        if ":" in symbol and (seen is None or seen[0] is not ticker):
            self._tickers[symbol] = (ticker, self._now())

    def _with_mark(self, symbol: str, ticker: dict[str, Any]) -> dict[str, Any]:
        """Return a ticker, without its mark price where it came too long ago: best prices come by another channel."""
        if symbol not in self._tickers or (self._now() - self._tickers[symbol][1]).total_seconds() <= _MARK_SECONDS:
            return ticker
        return {**ticker, "markPrice": None, "info": None}

    def _quote(self, symbol: str, told: dict[str, Any]) -> Quote | None:
        is_bare = told["bid"] is None and told["ask"] is None
        self._bare += is_bare and not self._has_quoted
        if self._bare > _MOST_BARE_TICKERS:
            asked = self._exchange.link.asked()
            raise failures.make_error(ExchangeRefusedError, asked, detail="its stream has no best prices")
        try:
            return quote_from(symbol, told, book=None, now=self._now())
        except BadAnswerError as error:
            self._rejected(symbol, error.detail)
            return None


async def merged(streams: Sequence[KindStream]) -> AsyncGenerator[Quote, None]:
    """Yield the quotes of all streams as they come.

    Raises:
        ExchangeError: one of them failed; the others are ended with it.
    """
    waiting: list[Quote] = []
    news = asyncio.Event()

    def keep(quote: Quote) -> None:
        waiting.append(quote)
        news.set()

    readers = [asyncio.ensure_future(reader) for stream in streams for reader in stream.readers(keep)]
    for reader in readers:
        reader.add_done_callback(lambda _: news.set())
    try:
        while True:
            await news.wait()
            news.clear()
            quotes, waiting[:] = list(waiting), []
            for quote in quotes:
                yield quote
            for reader in readers:
                if reader.done():
                    reader.result()
    finally:
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
