"""The part of a live feed about books, marks, funding and tiers: what the engine asks, and what the line brings."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from desktop_trader.domain.margin_brackets import MarginBracket
from desktop_trader.domain.market import FundingRate, OrderBook, Quote
from desktop_trader.feeds.bare_market import BareMarket
from desktop_trader.feeds.growing_listing import GrowingListing
from desktop_trader.feeds.live_books import LiveBooks
from desktop_trader.feeds.live_funding import LiveFunding
from desktop_trader.feeds.live_queue import LiveQueue


class LiveSwaps(BareMarket):
    """Belongs to the engine's thread but `want_depth`, which any thread may call."""

    def __init__(self, queue_limit: int) -> None:
        """Know nothing yet. `books` and `funding` are what has come."""
        self.books = LiveBooks()
        self.funding = LiveFunding()
        self._listing = GrowingListing()
        self._queue = LiveQueue(queue_limit)
        self._on_wish: Callable[[], None] = _nobody

    def depth(self, quote: Quote) -> OrderBook | None:
        """Return the newest book around a quote; None while none is there that is fresh enough."""
        return self.books.around(quote)

    def want_depth(self, symbol: str, seconds: float) -> None:
        """Keep the book of a symbol fresh for so long from now."""
        self.books.want(symbol, seconds)
        self._on_wish()

    def funding_rates(self, symbol: str, *, after: datetime, until: datetime) -> Sequence[FundingRate]:
        """Return the rates known of that time, oldest first; those that lack are asked for, and come as events."""
        rates = self.funding.rates(symbol, after=after, until=until)
        self._on_wish()
        return rates

    def next_funding(self, symbol: str, *, at: datetime) -> FundingRate | None:
        """Return what the exchange estimated last for the coming instant; None where it said nothing."""
        return self.funding.coming(symbol, at=at)

    def take_rates(self, symbol: str, rates: Sequence[FundingRate], *, since: datetime) -> int:
        """Take all rates that were due from `since` on, and give out those that are news; return how many."""
        news = self.funding.take_rates(symbol, rates, since=since)
        for rate in news:
            self._queue.put_rate(rate)
        return len(news)

    def take_terms(self, symbol: str, *, brackets: tuple[MarginBracket, ...] = (), interval: timedelta | None) -> None:
        """Let a swap have these tiers (() for those it has) and be paid so often, in every list from now on."""
        self._listing.set_terms(symbol, brackets=brackets, interval=interval)


def _nobody() -> None:
    """Nobody has to hear of wishes yet."""
