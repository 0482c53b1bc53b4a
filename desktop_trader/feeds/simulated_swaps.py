"""What the simulated market says of depth, mark prices and funding; all of it a function of seed, symbol and time."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.market import Bar, FundingRate, OrderBook, Quote
from desktop_trader.feeds.bare_market import BareMarket
from desktop_trader.feeds.simulated_book import SimulatedBook
from desktop_trader.feeds.simulated_listing import SimulatedListing
from desktop_trader.feeds.simulated_premium import FUNDING_INTERVAL, funding_rate, last_funding, mean_premium

if TYPE_CHECKING:
    from desktop_trader.feeds.tick_stream import TickStream

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


class SimulatedSwaps(BareMarket):
    """The part of the simulated feed that derives from its prices. Belongs to one thread."""

    def __init__(self, listings: Mapping[str, SimulatedListing], seed: int) -> None:
        """Derive from the paths of these listings; computes nothing yet."""
        self._listings = listings
        self._seed = seed
        self._streams: dict[str, TickStream] = {}
        self._books: dict[str, SimulatedBook] = {}

    def depth(self, quote: Quote) -> OrderBook | None:
        """Return twenty levels on each side, of which the best ones are the quote's own prices."""
        book = self._books.get(quote.symbol)
        if book is None:
            book = self._books[quote.symbol] = SimulatedBook(self._listing(quote.symbol), self._seed)
        return book.around(quote)

    def mark_bar(self, bar: Bar) -> Bar | None:
        """Return what the mark price of a swap did in the span of a bar; None for spot."""
        return self._stream(bar.symbol).mark_bar(bar) if self._is_swap(bar.symbol) else None

    def funding_rates(self, symbol: str, *, after: datetime, until: datetime) -> Sequence[FundingRate]:
        """Return the rates that were due after one market time and until another, oldest first; none for spot."""
        if not self._is_swap(symbol):
            return ()
        at, rates = last_funding(after) + FUNDING_INTERVAL, []
        while at <= until:
            rates.append(self.funding_at(symbol, at))
            at += FUNDING_INTERVAL
        return rates

    def next_funding(self, symbol: str, *, at: datetime) -> FundingRate | None:
        """Return what is due next if the premium stays what it has been since the interval began; None for spot."""
        if not self._is_swap(symbol):
            return None
        since = last_funding(at)
        premium = mean_premium(self._seed, symbol, since=since, until=at)
        return FundingRate(
            symbol=symbol,
            at=since + FUNDING_INTERVAL,
            rate=funding_rate(premium),
            mark_price=self._stream(symbol).mark_price((at - _EPOCH) // _SECOND - 1),
            is_estimate=True,
        )

    def funding_at(self, symbol: str, at: datetime) -> FundingRate:
        """Return what is due at a time at which funding is due, with the mark of the second before it."""
        premium = mean_premium(self._seed, symbol, since=at - FUNDING_INTERVAL, until=at)
        mark = self._stream(symbol).mark_price((at - _EPOCH) // _SECOND - 1)
        return FundingRate(symbol=symbol, at=at, rate=funding_rate(premium), mark_price=mark)

    def _is_swap(self, symbol: str) -> bool:
        return self._listing(symbol).instrument.funding_interval is not None

    def _listing(self, symbol: str) -> SimulatedListing:
        listing = self._listings.get(symbol)
        if listing is None:
            known = ", ".join(self._listings)
            raise InvalidInputError(f"the simulated market does not list {symbol!r}; it has {known}")
        return listing

    def _stream(self, symbol: str) -> "TickStream":
        stream = self._streams.get(symbol)
        if stream is None:
            # Brings numpy in: too slow to do before the window has been painted.
            from desktop_trader.feeds.tick_stream import TickStream

            stream = self._streams[symbol] = TickStream(self._listings[symbol], self._seed)
        return stream
