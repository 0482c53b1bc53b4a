"""The paper exchange alone, with books that obey its reports as the engine does: for tables of steps and random walks.

A book of orders is written `99x1.2 98x3 | 101x0.5 101.1x2`: bids from the best down, asks from the best up. Time goes
on by a second per quote and a minute per bar.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from desktop_trader.brokers.latency import Latency
from desktop_trader.brokers.paper import PaperBroker, no_depth
from desktop_trader.domain.cross_margin import cover_of_exit
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.market import Bar, BookLevel, OrderBook, Quote
from desktop_trader.domain.money import ZERO, canonical
from desktop_trader.domain.order import Order, OrderStatus
from desktop_trader.domain.portfolio import Portfolio
from desktop_trader.domain.position import Position
from desktop_trader.engine.broker_port import Accepted, BrokerReport, Canceled, Expired, Filled, Rejected, Triggered
from tests.builders import SPOT, START, Number, make_bar, make_order, make_portfolio, number


def read_book(text: str, *, at: datetime, symbol: str = SPOT.symbol) -> OrderBook:
    """Return the book of a line of text."""
    sides = [
        tuple(BookLevel(price=number(price), size=number(size)) for price, _, size in map(_parted, side.split()))
        for side in text.split("|")
    ]
    return OrderBook(symbol=symbol, bids=sides[0], asks=sides[1], at=at)


def _parted(level: str) -> tuple[str, str, str]:
    return level.partition("x")


def told(report: BrokerReport) -> str:
    """Return a report as a line of text: `1 buys 0.5 @ 101, fee 0.05 taker: walked the book`."""
    if isinstance(report, Filled):
        it = report.execution
        size, fee, who = canonical(it.quantity), canonical(it.fee), "maker" if it.is_maker else "taker"
        return f"{report.order_id} gets {size} @ {canonical(it.price)}, fee {fee} {who}: {report.model}"
    if isinstance(report, Triggered):
        return f"{report.order_id} triggered at {canonical(report.price)}"
    words = {Accepted: "accepted", Canceled: "canceled", Expired: "expired", Rejected: "rejected"}
    reason = f": {report.reason}" if isinstance(report, Expired | Rejected) else ""
    return f"{report.order_id} {words[type(report)]}{reason}"


@dataclass
class Books:
    """The orders and positions that reports are booked to, and the money: what the engine is to the exchange."""

    spendable: Decimal = Decimal(1_000_000)
    portfolio: Portfolio = field(default_factory=make_portfolio)

    def spendable_for(self, order: Order) -> Decimal:
        return self.spendable

    def closable_by(self, order: Order) -> Decimal:
        position = self.portfolio.positions.get(order.position_id or 0)
        return ZERO if position is None else position.quantity

    def waits_for_gains(self, order: Order, *, price: Decimal) -> str:
        return ""

    def cover_of(self, order: Order, quantity: Decimal) -> Decimal | None:
        position = self.portfolio.positions.get(order.position_id or 0)
        return None if position is None else cover_of_exit(self.portfolio, position, quantity=quantity)

    def keep(self, order: Order) -> None:
        """Store an order as it is now; one that has ended is forgotten."""
        orders = {**self.portfolio.orders, order.id: order}
        if not order.status.is_live:
            del orders[order.id]
        self.portfolio = replace(self.portfolio, orders=orders)

    def close(self, position_id: int, quantity: Decimal) -> None:
        """Take so much off a position; what is whole closed is forgotten."""
        positions = dict(self.portfolio.positions)
        position = positions.pop(position_id)
        if position.quantity > quantity:
            left = position.quantity - quantity
            margin = position.margin * left / position.quantity
            positions[position_id] = replace(position, quantity=left, margin=margin)
        self.portfolio = replace(self.portfolio, positions=positions)


@dataclass(frozen=True)
class Kept:
    """What a kill leaves behind: the books and the ratchets of the newest commit, and how much was told by then."""

    portfolio: Portfolio
    ratchets: Mapping[str, str]
    told: int


class PaperRig:
    """One symbol at one paper exchange.

    `told` are all reports so far, `fills` those of fills, each with the order before it; `kept` is what the newest
    commit stored; `shown` are the books by their time.
    """

    def __init__(
        self,
        *positions: Position,
        instrument: Instrument = SPOT,
        latency: Latency | None = None,
        spendable: Decimal = Decimal(1_000_000),
        has_depth: bool = True,
    ) -> None:
        self.instrument = instrument
        self.books = Books(spendable, make_portfolio(positions=positions))
        self.now = START
        self.told: list[str] = []
        self.fills: list[tuple[Order, Filled]] = []
        self.dies_after_each_report = False
        self._latency = latency
        self._has_depth = has_depth
        self.shown: dict[datetime, OrderBook] = {}
        self.broker = self._fresh_broker()
        self.kept = self._keep()

    def place(self, **fields: object) -> list[str]:
        """Store an order and hand it over; return what that told."""
        order = make_order(**({"symbol": self.instrument.symbol, "eligible_at": self.now} | fields))
        self.books.keep(order)
        self.broker.submit(order, self.instrument)
        self.kept = self._keep()
        return self._book()

    def edit(self, order_id: int, **terms: object) -> list[str]:
        """Give a live order new terms."""
        before = self.books.portfolio.orders[order_id]
        order = replace(before, revision=before.revision + 1, **terms)  # type: ignore[arg-type]
        self.books.keep(order)
        self.broker.edit(order)
        self.kept = self._keep()
        return self._book()

    def cancel(self, order_id: int) -> list[str]:
        """Ask for the end of a live order; of one that has ended nothing comes."""
        if order_id not in self.books.portfolio.orders:
            return []
        self.broker.cancel(self.books.portfolio.orders[order_id])
        return self._book()

    def quote(self, text: str) -> list[str]:
        """Show a book a second later, until nothing more comes of it."""
        self.now += timedelta(seconds=1)
        return self.show_quote(read_book(text, at=self.now, symbol=self.instrument.symbol))

    def show_quote(self, book: OrderBook, *, ask: Number | None = None) -> list[str]:
        """Show the quote of a book, until nothing more comes of it; with another `ask` the book is an older one."""
        bid, ask = book.bids[0].price, book.asks[0].price if ask is None else number(ask)
        self.shown[book.at] = book
        quote = Quote(symbol=book.symbol, bid=bid, ask=ask, last=bid, at=book.at)
        return self._show(lambda: self.broker.on_quote(quote))

    def bar(self, text: str) -> list[str]:
        """Show the bar of the next minute: its open, then its range."""
        bar = make_bar(text, opened_at=self.now, symbol=self.instrument.symbol)
        self.now += timedelta(minutes=1)
        return self.show_open(bar) + self.show_range(bar)

    def show_open(self, bar: Bar) -> list[str]:
        """Show the open of a bar, until nothing more comes of it."""
        return self._show(lambda: self.broker.on_bar_open(bar))

    def show_range(self, bar: Bar) -> list[str]:
        """Show the range of a bar, until nothing more comes of it."""
        return self._show(lambda: self.broker.on_bar_range(bar))

    def restart(self, kept: Kept | None = None) -> None:
        """Build the exchange anew from what a kill leaves behind: everything up to now, or the newest commit."""
        kept = kept or self._keep()
        self.books.portfolio = kept.portfolio
        del self.told[kept.told :]
        self.broker = self._fresh_broker()
        self.broker.take_ratchets(kept.ratchets)
        for _, order in sorted(kept.portfolio.orders.items()):
            self.broker.submit(order, self.instrument)
        self._book()

    def checkpoint(self) -> None:
        """Store where everything stands."""
        self.kept = self._keep()

    def _fresh_broker(self) -> PaperBroker:
        return PaperBroker(self.books, depth=self._depth if self._has_depth else no_depth, latency=self._latency)

    def _depth(self, quote: Quote) -> OrderBook | None:
        return self.shown[quote.at]

    def _keep(self) -> Kept:
        return Kept(self.books.portfolio, dict(self.broker.ratchets()), len(self.told))

    def _show(self, show: Callable[[], None]) -> list[str]:
        begun = len(self.told)
        while True:
            show()
            if not self._book():
                return self.told[begun:]
            if self.dies_after_each_report:
                self.restart()

    def _book(self) -> list[str]:
        """Book what the exchange reports, each with what it remembers then."""
        begun = len(self.told)
        while reports := self.broker.drain():
            for report in reports:
                order = self.books.portfolio.orders.get(report.order_id)
                if order is not None:
                    self.told.append(told(report))
                    self._obey(order, report)
                    self.kept = self._keep()
        return self.told[begun:]

    def _obey(self, order: Order, report: BrokerReport) -> None:
        if isinstance(report, Filled):
            self._fill(order, report)
        elif isinstance(report, Accepted):
            self.books.keep(order.moved_to(OrderStatus.OPEN, at=self.now))
        elif isinstance(report, Triggered):
            self.books.keep(replace(order, is_triggered=True))
        else:
            endings = {Canceled: OrderStatus.CANCELED, Expired: OrderStatus.EXPIRED, Rejected: OrderStatus.REJECTED}
            self.books.keep(order.moved_to(endings[type(report)], at=self.now))

    def _fill(self, order: Order, report: Filled) -> None:
        quantity = report.execution.quantity
        self.fills.append((order, report))
        position_id = order.position_id or 1_000 + order.id
        self.books.keep(order.filled_by(quantity, at=self.now, position_id=position_id))
        if order.is_exit:
            self.books.close(position_id, quantity)
        for other in self._ended_by(order):
            ended = other.moved_to(OrderStatus.CANCELED, at=self.now)
            self.books.keep(ended)
            self.broker.cancel(ended)

    def _ended_by(self, order: Order) -> Sequence[Order]:
        """The other order of a pair, and what else would close a position that is closed."""
        live, positions = self.books.portfolio.orders.values(), self.books.portfolio.positions
        pair = [each for each in live if order.oco_id and each.oco_id == order.oco_id and each.id != order.id]
        idle = [each for each in live if each.is_exit and each.position_id not in positions and each not in pair]
        return [*pair, *idle]
