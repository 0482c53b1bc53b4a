"""The newest book of orders of each market that somebody needs, and who needs one."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from threading import Lock

from desktop_trader.domain.market import OrderBook, Quote

_WANTED_SECONDS = 10.0


class LiveBooks:
    """Wishes may come from any thread; books are taken and looked at in the engine's alone."""

    def __init__(self) -> None:
        """Know nothing, and be wanted by nobody. `fresh_for` is the age up to which a book counts."""
        self.fresh_for = timedelta(seconds=10)
        self._lock = Lock()
        self._wishes: dict[str, float] = {}
        self._books: dict[str, tuple[OrderBook, datetime]] = {}

    def want(self, symbol: str, seconds: float) -> None:
        """Somebody needs the book of a symbol for so long from now."""
        with self._lock:
            self._wishes[symbol] = max(self._wishes.get(symbol, 0.0), seconds)

    def take_wishes(self) -> Mapping[str, float]:
        """Return for how many seconds from now each book is wanted, and forget that."""
        with self._lock:
            wishes, self._wishes = self._wishes, {}
        return wishes

    def take(self, book: OrderBook, *, answered_at: datetime) -> None:
        """Take what the exchange told at a time of its own."""
        self._books[book.symbol] = (book, answered_at)

    def around(self, quote: Quote) -> OrderBook | None:
        """Return the newest book without what the quote shows to be gone; None where that leaves a side empty.

        Asking keeps the book wanted. None as well where the book was told too long before the quote.
        """
        self.want(quote.symbol, _WANTED_SECONDS)
        told = self._books.get(quote.symbol)
        if told is None or quote.at - told[1] > self.fresh_for:
            return None
        book = told[0]
        bids = tuple(level for level in book.bids if level.price <= quote.bid)
        asks = tuple(level for level in book.asks if level.price >= quote.ask)
        if not (bids and asks):
            return None
        return OrderBook(symbol=book.symbol, bids=bids, asks=asks, at=book.at)
