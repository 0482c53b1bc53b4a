"""Shows prices to the exchange, and leaves the positions whose levels they reach."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeVar

from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.market import Bar, Quote
from desktop_trader.engine.broker_port import Broker
from desktop_trader.engine.cross_closes import CrossCloses
from desktop_trader.engine.order_desk import OrderDesk
from desktop_trader.engine.position_exits import PositionExits

_P = TypeVar("_P", Quote, Bar)


class PriceWatch:
    """Looks at what each price does to the orders and positions of one account. One thread."""

    def __init__(
        self,
        broker: Broker,
        orders: OrderDesk,
        *,
        exits: PositionExits,
        crosses: CrossCloses,
        instruments: Mapping[str, Instrument],
    ) -> None:
        """Leave positions through `exits`, those on cross in the order that `crosses` puts them in."""
        self._books = crosses.books
        self._crosses = crosses
        self._broker = broker
        self._orders = orders
        self._exits = exits
        self._instruments = instruments

    def on_quote(self, quote: Quote) -> None:
        """Leave what this quote hits, then let the exchange match against it."""
        instrument = self._instruments.get(quote.symbol)
        if instrument is None:
            return  # It is not listed any more, and its price came from before that.
        is_first = quote.symbol in self._orders.gaps.waiting
        if is_first:
            self._orders.gaps.begin(quote.symbol)
        if self._books.portfolio.orders:
            self._crosses.let_go(quote.symbol, quote.at)
        match = partial(self._match, self._broker.on_quote, quote)
        self._exits.on_quote(quote, instrument)  # also without positions: what it opens now is not held against it
        match()
        if self._books.portfolio.positions:
            self._exits.liquidate_at_quote(quote, match)
        if is_first:
            self._orders.gaps.end()

    def on_bar_open(self, bar: Bar) -> None:
        """Let the exchange match against the open of a bar."""
        if bar.symbol in self._orders.gaps.waiting:
            self._orders.gaps.begin(bar.symbol)
        self._crosses.let_go(bar.symbol, bar.opened_at)
        self._match(self._broker.on_bar_open, bar)

    def on_bar_range(self, bar: Bar, mark_bar: Bar | None = None) -> None:
        """Let the exchange match inside a bar: limit orders first, then what the range hits."""
        is_first = bar.symbol in self._orders.gaps.waiting
        if is_first:
            self._orders.gaps.begin_range(bar)
        match = partial(self._match, self._broker.on_bar_range, bar)
        match()
        if self._books.portfolio.positions:
            self._exits.on_bar(bar, mark_bar, match=match)
        if is_first:
            self._orders.gaps.end()

    def _match(self, show: Callable[[_P], None], price: _P) -> None:
        """Show a price to the exchange until nothing more comes of it, each report booked before the next.

        What waits for a gain on cross, the loop notes anew each time.
        """
        lacking = self._books.lacking
        is_any = True
        while is_any:
            lacking.clear()
            show(price)
            is_any = self._orders.reports.book() or (bool(lacking) and self._crosses.close_gains(price))
