"""Shows prices to the exchange, and leaves the positions whose levels they reach."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar

from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.market import Bar, Quote
from desktop_trader.domain.portfolio import Portfolio
from desktop_trader.domain.position import Position
from desktop_trader.domain.protection import ProtectiveHit, hit_by_bar, hit_by_quote
from desktop_trader.engine.bookkeeper import Bookkeeper, Desk
from desktop_trader.engine.broker_port import Broker
from desktop_trader.engine.order_desk import OrderDesk
from desktop_trader.engine.tickets import ExitTicket

_P = TypeVar("_P", Quote, Bar)


class PriceWatch:
    """Looks at what each price does to the orders and positions of one account. One thread."""

    def __init__(
        self,
        books: Bookkeeper,
        broker: Broker,
        orders: OrderDesk,
        *,
        desk: Desk,
        instruments: Mapping[str, Instrument],
    ) -> None:
        """Leave positions through `orders`."""
        self._books = books
        self._broker = broker
        self._orders = orders
        self._desk = desk
        self._instruments = instruments

    def on_quote(self, quote: Quote) -> None:
        """Leave what this quote hits, then let the exchange match against it.

        The quote that opened a position does not close it: played again after a kill, it would.
        """
        instrument = self._instruments.get(quote.symbol)
        if instrument is None:
            return  # It is not listed any more, and its price came from before that.
        is_first = quote.symbol in self._orders.gaps.waiting
        if is_first:
            self._orders.gaps.begin(quote.symbol)
        for position in _held(self._books.portfolio, quote.symbol):
            hit = hit_by_quote(position, quote, instrument=instrument)
            if hit is not None and position.opened_at != quote.at:
                self._leave(position, hit, eligible_at=quote.at)
        self._match(self._broker.on_quote, quote)
        if is_first:
            self._orders.gaps.end()

    def on_bar_open(self, bar: Bar) -> None:
        """Let the exchange match against the open of a bar."""
        if bar.symbol in self._orders.gaps.waiting:
            self._orders.gaps.begin(bar.symbol)
        self._match(self._broker.on_bar_open, bar)

    def on_bar_range(self, bar: Bar) -> None:
        """Let the exchange match inside a bar: limit orders first, then what the range hits."""
        is_first = bar.symbol in self._orders.gaps.waiting
        if is_first:
            self._orders.gaps.begin_range(bar)
        self._match(self._broker.on_bar_range, bar)
        if self._books.portfolio.positions:
            self._leave_inside(bar)
        if is_first:
            self._orders.gaps.end()

    def _leave_inside(self, bar: Bar) -> None:
        instrument = self._instruments[bar.symbol]
        hits = [
            (position, hit_by_bar(position, bar, instrument=instrument))
            for position in _held(self._books.portfolio, bar.symbol)
        ]
        for position, hit in hits:
            if hit is not None:
                self._leave(position, hit, eligible_at=bar.opened_at)
                self._match(self._broker.on_bar_range, bar)

    def _leave(self, position: Position, hit: ProtectiveHit, *, eligible_at: datetime) -> None:
        self._orders.place_exit(
            position,
            ExitTicket(
                reason=hit.reason,
                epoch=self._desk.gate.epoch,
                type=hit.type,
                trigger_price=hit.trigger_price,
                eligible_at=eligible_at,
            ),
        )

    def _match(self, show: Callable[[_P], None], price: _P) -> None:
        """Show a price to the exchange until nothing more comes of it, each report booked before the next."""
        show(price)
        while self._orders.reports.book():
            show(price)


def _held(portfolio: Portfolio, symbol: str) -> list[Position]:
    return [position for position in portfolio.positions.values() if position.symbol == symbol]
