"""The newest price of everything followed, and what open positions are worth at it."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from desktop_trader.domain.market import Quote
from desktop_trader.domain.money import ZERO
from desktop_trader.domain.order import Direction
from desktop_trader.domain.pnl import unrealized_pnl
from desktop_trader.domain.portfolio import Portfolio


class Marks:
    """Mark prices in memory. Ticks move them; they never reach the journal by themselves."""

    def __init__(self, marks: Iterable[tuple[str, Decimal]] = ()) -> None:
        """Begin with the marks of the last commit, so that equity is known before the first tick."""
        self._prices: dict[str, Decimal] = dict(marks)
        self._quotes: dict[str, Quote] = {}
        self.version = 0

    @property
    def quotes(self) -> Mapping[str, Quote]:
        """The newest quote by symbol, of those seen since the start."""
        return self._quotes

    def set_quote(self, quote: Quote) -> bool:
        """Take a quote; False when it is older than the one already here."""
        newest = self._quotes.get(quote.symbol)
        if newest is not None and quote.at < newest.at:
            return False
        self._quotes[quote.symbol] = quote
        self._prices[quote.symbol] = quote.last
        self.version += 1
        return True

    def set_price(self, symbol: str, price: Decimal) -> None:
        """Take a price of a bar."""
        self._prices[symbol] = price
        self.version += 1

    def set_price_if_unknown(self, symbol: str, price: Decimal) -> None:
        """Take the price of a fill as the first mark of its symbol; a mark that exists is newer or as new."""
        if symbol not in self._prices:
            self.set_price(symbol, price)

    def price(self, symbol: str) -> Decimal | None:
        """Return the newest price of a symbol, None while it is unknown."""
        return self._prices.get(symbol)

    def entry_price(self, symbol: str, direction: Direction) -> Decimal | None:
        """Return what an entry would pay now: the ask for a long, the bid for a short, else the newest price."""
        quote = self._quotes.get(symbol)
        if quote is None:
            return self._prices.get(symbol)
        return quote.ask if direction is Direction.LONG else quote.bid

    def unrealized(self, portfolio: Portfolio) -> Decimal | None:
        """Return the unrealized P&L of all open positions; None while one of them has no price."""
        total = ZERO
        for position in portfolio.positions.values():
            price = self._prices.get(position.symbol)
            if price is None:
                return None
            total += unrealized_pnl(position, price)
        return total

    def held(self, portfolio: Portfolio) -> tuple[tuple[str, Decimal], ...]:
        """Return the marks of the symbols held, for storing."""
        symbols = sorted({position.symbol for position in portfolio.positions.values()})
        return tuple((symbol, self._prices[symbol]) for symbol in symbols if symbol in self._prices)
