"""The order book of one market, as far down as it was asked for."""

from datetime import datetime
from itertools import pairwise

from desktop_trader.domain.errors import BadAnswerError
from desktop_trader.domain.market import BookLevel, OrderBook
from desktop_trader.exchange.translation import levels_from, table_of, top_of_book

_DEPTHS = {"coinex": (5, 10, 20, 50), "kucoin": (20, 100), "kucoinfutures": (20, 100)}
_USUAL_DEPTHS = (5, 10, 20, 50, 100)


def book_depth(exchange_id: str, wanted: int) -> int:
    """Return a depth that the exchange takes: the smallest that holds what is wanted, else the largest."""
    depths = _DEPTHS.get(exchange_id, _USUAL_DEPTHS)
    return next((depth for depth in depths if depth >= wanted), depths[-1])


def order_book_from(symbol: str, book: object, *, depth: int, now: datetime) -> OrderBook:
    """Return a book of ccxt's as ours, without levels that hold nothing; `now` is its time where it says none.

    Raises:
        BadAnswerError: a side is empty or out of order, the sides cross, or a figure cannot be.
    """
    bid, ask, at = top_of_book(symbol, book)
    told = table_of(book, "order book")
    bids = _side(told.get("bids"), f"bids of {symbol}")
    asks = _side(told.get("asks"), f"asks of {symbol}")
    if not (bids and asks):
        raise BadAnswerError("the exchange sent a book in which nothing waits", detail=symbol)
    falls = all(first.price > second.price for first, second in pairwise(bids))
    rises = all(first.price < second.price for first, second in pairwise(asks))
    if bid > ask or not (falls and rises):
        raise BadAnswerError("the exchange sent a crossed book", detail=f"{symbol}: bid {bid}, ask {ask}")
    return OrderBook(symbol=symbol, bids=bids[:depth], asks=asks[:depth], at=at or now)


def _side(side: object, what: str) -> tuple[BookLevel, ...]:
    return tuple(BookLevel(price=price, size=size) for price, size in levels_from(side, what) if size)
