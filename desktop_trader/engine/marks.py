"""The newest price of everything followed, and what open positions are worth at their marks.

The last print is what things cost; the mark is what the exchange values open positions of a swap with. Where a market
names no mark, as for everything on spot, the last print is the mark.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from desktop_trader.domain.market import Quote
from desktop_trader.domain.money import ZERO, canonical
from desktop_trader.domain.order import Direction
from desktop_trader.domain.pnl import unrealized_pnl
from desktop_trader.domain.portfolio import Portfolio

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_RATCHET = "mark:"


class Marks:
    """Prices and marks in memory. Ticks move them; they never reach the journal by themselves."""

    def __init__(self, prices: Iterable[tuple[str, Decimal]] = (), ratchets: Iterable[tuple[str, str]] = ()) -> None:
        """Begin with the prices and marks of the last commit, so that equity is known before the first tick."""
        self._prices: dict[str, Decimal] = dict(prices)
        self._marks: dict[str, Decimal] = {
            key.removeprefix(_RATCHET): Decimal(value) for key, value in ratchets if key.startswith(_RATCHET)
        }
        self._quotes: dict[str, Quote] = {}
        self._day_opens: dict[str, Decimal] = {}
        self._day_ends_at = _BEGINNING
        self.version = 0

    def take_over(self, other: "Marks") -> None:
        """Know every price that another account of the same market knows."""
        self._prices.update(other._prices)
        self._marks.update(other._marks)
        self._quotes.update(other._quotes)
        self.take_day_opens(other)

    def take_day_opens(self, other: "Marks") -> None:
        """Know what everything cost when the day began, as another account of the same market does."""
        self._day_opens, self._day_ends_at = dict(other._day_opens), other._day_ends_at
        self.version += 1

    @property
    def quotes(self) -> Mapping[str, Quote]:
        """The newest quote by symbol, of those seen since the start."""
        return self._quotes

    def newest_quotes(self, at: datetime) -> tuple[Quote, ...]:
        """Return the newest quote of every symbol; on bars, which have no bid and ask, the newest close as one."""
        bars = (
            Quote(symbol=symbol, bid=price, ask=price, last=price, at=at, mark=self._marks.get(symbol))
            for symbol, price in self._prices.items()
            if symbol not in self._quotes
        )
        return (*self._quotes.values(), *bars)

    def set_quote(self, quote: Quote) -> bool:
        """Take a quote; False when it is older than the one already here."""
        newest = self._quotes.get(quote.symbol)
        if newest is not None and quote.at < newest.at:
            return False
        if quote.at >= self._day_ends_at:
            self._begin_day(quote.at)
        self._quotes[quote.symbol] = quote
        self._prices[quote.symbol] = quote.last
        if quote.mark is not None:
            self._marks[quote.symbol] = quote.mark
        elif self._marks:
            self._marks.pop(quote.symbol, None)
        self.version += 1
        return True

    @property
    def day_opens(self) -> Mapping[str, Decimal]:
        """What each symbol cost when the UTC day of the market began, as far as that is known."""
        return self._day_opens

    def set_day_opens(self, opens: Mapping[str, Decimal], *, day: date) -> None:
        """Take the opening prices of a day from the market's history; those of another day are no news."""
        if self._day_ends_at == _midnight_after(day):
            self._day_opens = dict(opens)
            self.version += 1

    def _begin_day(self, at: datetime) -> None:
        """The price before midnight is what the new day opens with; at the first quote of all there is none."""
        self._day_ends_at = _midnight_after(at.date())
        self._day_opens = {symbol: quote.last for symbol, quote in self._quotes.items()}

    def set_price(self, symbol: str, price: Decimal, *, mark: Decimal | None = None) -> None:
        """Take a price of a bar, and the mark at the same moment where the market names one."""
        self._prices[symbol] = price
        if mark is not None:
            self._marks[symbol] = mark
        elif self._marks:
            self._marks.pop(symbol, None)
        self.version += 1

    def set_price_if_unknown(self, symbol: str, price: Decimal) -> None:
        """Take the price of a fill as the first mark of its symbol; a mark that exists is newer or as new."""
        if symbol not in self._prices:
            self.set_price(symbol, price)

    def price(self, symbol: str) -> Decimal | None:
        """Return what a symbol was traded at last, None while it is unknown."""
        return self._prices.get(symbol)

    def mark(self, symbol: str) -> Decimal | None:
        """Return what open positions of a symbol are valued with, None while it is unknown."""
        mark = self._marks.get(symbol)
        return self._prices.get(symbol) if mark is None else mark

    def exit_price(self, symbol: str, direction: Direction) -> Decimal | None:
        """Return what leaving would get now: the bid for a long, the ask for a short, else the newest price."""
        quote = self._quotes.get(symbol)
        if quote is None:
            return self._prices.get(symbol)
        return quote.bid if direction is Direction.LONG else quote.ask

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
            mark = self.mark(position.symbol)
            if mark is None:
                return None
            total += unrealized_pnl(position, mark)
        return total

    def held(self, portfolio: Portfolio) -> tuple[tuple[str, Decimal], ...]:
        """Return the prices of the symbols held, for storing."""
        symbols = sorted({position.symbol for position in portfolio.positions.values()})
        return tuple((symbol, self._prices[symbol]) for symbol in symbols if symbol in self._prices)

    def ratchets(self, portfolio: Portfolio) -> dict[str, str]:
        """Return the marks of the symbols held or ordered that are not their prices, for storing beside them."""
        if not self._marks:
            return {}
        held = {each.symbol for kind in (portfolio.positions, portfolio.orders) for each in kind.values()}
        return {f"{_RATCHET}{symbol}": canonical(self._marks[symbol]) for symbol in held if symbol in self._marks}


def _midnight_after(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=UTC)
