"""The paper exchange: fills orders against prices that really were there, and charges for it.

**On quotes** a buy pays the ask and a sell gets the bid. Orders that we send travel for a while first (`latency`). Who
takes walks the order book level by level and does not find again what was taken (`book_walk`); who rests waits behind
the size that was there (`resting_queue`). A stop, a target and a trailing stop (`trails`) are pulled by the price of
their side: that is reported first, and then they act in the very same price, at the market or at their limit. A limit
order that meets the market when it arrives takes, unless it is post-only: then it is rejected. What the book has
nothing left for goes on taking while the price meets its limit, and rests from the first price on that does not
(`quote_fills`). Immediate-or-cancel and fill-or-kill are decided at the first price that may act, and a date is up at
the first price at or after it.

**On whole bars** a market order fills at the open of the next bar that exists; a limit order at its limit, or at the
open where that is better; a stop or target at its trigger, or at the open of a bar that opens beyond it; a fill-or-kill
at the next open or not at all. Nothing is ever better than the bar allows (`bar_fills`).

**When several are due at one price**, the oldest order comes first, and an edited one is as young as its edit; inside a
bar stops come before everything else. Each call reports one thing at most, and the engine books it before it shows the
price again: so of two orders that cancel each other the second is gone before its turn comes, and nothing is bought
with money that has just been spent. An exit closes what is open at most, whatever its size, and costs no more than what
answers for it (`clearing`).
"""

from bisect import insort
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from desktop_trader.brokers.bar_fills import look_at_open, look_inside
from desktop_trader.brokers.book_walk import TakenLevels
from desktop_trader.brokers.clearing import Deal, clear
from desktop_trader.brokers.endings import AT_ONCE
from desktop_trader.brokers.latency import Latency
from desktop_trader.brokers.price_band import PriceBand, Reach, reach_of
from desktop_trader.brokers.quote_fills import Depth, QuoteFills
from desktop_trader.brokers.waiting import Place, Waiting
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.market import Bar, Quote
from desktop_trader.domain.order import Order, OrderStatus, OrderType
from desktop_trader.engine.broker_port import (
    Accepted,
    BrokerReport,
    Canceled,
    Expired,
    Filled,
    FundsView,
    Rejected,
)

_ON_ITS_WAY = frozenset({OrderStatus.INTENT, OrderStatus.SENT, OrderStatus.UNKNOWN})
_Look = Callable[[Waiting, Bar], BrokerReport | Deal | None]


def no_depth(quote: Quote) -> None:
    """Know nothing beyond the best bid and ask: they take everything."""


class _Line:
    """The orders of one symbol, oldest first, and between which prices they sleep."""

    __slots__ = ("band", "orders", "reaches")

    def __init__(self) -> None:
        self.orders: list[Waiting] = []
        self.reaches: dict[int, Reach | None] = {}
        self.band: PriceBand | None = None

    def add(self, waiting: Waiting) -> None:
        """Take an order in, at its age."""
        insort(self.orders, waiting, key=lambda each: each.place)
        self.change(waiting, None)

    def remove(self, waiting: Waiting) -> None:
        """Let an order go."""
        self.orders.remove(waiting)
        del self.reaches[waiting.order.id]
        self.band = None

    def change(self, waiting: Waiting, reach: Reach | None) -> None:
        """Note what is in an order's reach now; None where it has to be looked at whatever comes."""
        if reach is None or reach != self.reaches[waiting.order.id]:
            self.reaches[waiting.order.id] = reach
            self.band = None

    def draw_band(self) -> None:
        """Draw the band anew if a reach has changed."""
        if self.band is None:
            self.band = PriceBand(each for each in self.reaches.values() if each is not None)

    def inside_a_bar(self) -> list[Waiting]:
        """Return the orders with the stops first."""
        return sorted(self.orders, key=lambda each: not each.order.type.is_stop)


class PaperBroker:
    """Implements the engine's `Broker` port in memory; what it holds is rebuilt from the books at every start.

    `depth` says what waits around a quote, `latency` how long orders travel; without them the best bid and ask take
    everything, and an order is there at once. The ratchets that it wants stored are described in `waiting` and
    `book_walk`.
    """

    def __init__(self, funds: FundsView, *, depth: Depth = no_depth, latency: Latency | None = None) -> None:
        """Trade for the account whose money `funds` shows."""
        self._funds = funds
        self._latency = latency
        self._taken = TakenLevels()
        self._quotes = QuoteFills(depth, self._taken, funds)
        self._orders: dict[int, Waiting] = {}
        self._lines: dict[str, _Line] = {}
        self._left_over: dict[str, str] = {}
        self._reports: list[BrokerReport] = []

    def submit(self, order: Order, instrument: Instrument) -> None:
        """Take an order; one that rests or sleeps is reported as accepted once it is there, the others are silent."""
        if order.id in self._orders:
            return
        waiting = self._admit(order, instrument)
        if not waiting.is_accepted and not order.is_post_only and waiting.due_at == order.eligible_at:
            waiting.is_accepted = True
            self._reports.append(Accepted(order_id=order.id))

    def cancel(self, order: Order) -> None:
        """End an order; there is nothing in flight in a paper exchange, so it always succeeds.

        One that the books have ended already, as a sibling of one that was filled, goes without a word.
        """
        self._drop(order.id)
        if order.status.is_live:
            self._reports.append(Canceled(order_id=order.id))

    def edit(self, order: Order) -> None:
        """Replace what is waiting by its new terms: it arrives anew, and is the youngest. A trail keeps its place."""
        waiting = self._orders.get(order.id)
        if waiting is None:
            return
        self._drop(order.id)
        trail = waiting.trail
        self._admit(order, waiting.instrument).trail = trail

    def meet_anew(self, order: Order) -> None:
        """Let a resting order take what the next price shows; post-only does not count: it would have been met."""
        self.edit(replace(order, is_post_only=False))

    def ratchets(self) -> Mapping[str, str]:
        """Return what is remembered beside the books: of orders, and of what was taken of each book."""
        notes: dict[str, str] = {}
        for waiting in self._orders.values():
            if waiting.has_notes:
                notes.update(waiting.notes())
        if self._taken.is_any:
            notes.update(self._taken.notes())
        if self._left_over:
            live = self._funds.portfolio.orders
            notes.update((key, text) for key, text in self._left_over.items() if (_order_of(key) or 0) in live)
        return notes

    def take_ratchets(self, ratchets: Mapping[str, str]) -> None:
        """Remember what the exchange of the last process did, until the orders that it is about come."""
        self._taken.remember(ratchets)
        self._left_over.update((key, text) for key, text in ratchets.items() if _order_of(key) is not None)

    def on_quote(self, quote: Quote) -> None:
        """Do the next thing that this quote does, if there is any."""
        line = self._lines.get(quote.symbol)
        if line is None or (line.band is not None and line.band.is_missed_by(quote)):
            return
        for waiting in line.orders:
            reach = line.reaches[waiting.order.id]
            if reach is not None and reach.is_missed_by(quote):
                continue
            outcome = self._quotes.look(waiting, quote, beside=line.orders)
            if outcome is not None:
                line.change(waiting, None)
                if self._conclude(waiting, outcome):
                    return
            line.change(waiting, reach_of(waiting))
        line.draw_band()

    def on_bar_open(self, bar: Bar) -> None:
        """Do the next thing that the open of a bar does."""
        line = self._lines.get(bar.symbol)
        if line is not None:
            self._look_at_bar(line.orders, bar, look_at_open)

    def on_bar_range(self, bar: Bar) -> None:
        """Do the next thing that the range of a bar does."""
        line = self._lines.get(bar.symbol)
        if line is not None:
            self._look_at_bar(line.inside_a_bar(), bar, look_inside)

    def drain(self) -> Sequence[BrokerReport]:
        """Return the reports since the last call and forget them."""
        if not self._reports:
            return ()
        reports, self._reports = self._reports, []
        return reports

    def _look_at_bar(self, orders: Sequence[Waiting], bar: Bar, look: _Look) -> None:
        for waiting in orders:
            outcome = look(waiting, bar)
            if outcome is not None and self._conclude(waiting, outcome):
                return

    def _conclude(self, waiting: Waiting, outcome: BrokerReport | Deal) -> bool:
        """Report what happened to an order; say whether anything did."""
        report = clear(waiting, outcome, funds=self._funds) if isinstance(outcome, Deal) else outcome
        if report is None:
            return False
        self._reports.append(report)
        order = waiting.order
        if isinstance(report, Expired | Rejected):
            self._drop(order.id)
        elif isinstance(report, Filled) and isinstance(outcome, Deal):
            quantity = report.execution.quantity
            for part in outcome.taken(quantity):
                self._taken.take(order.symbol, part, at=outcome.at)
            waiting.credit -= min(waiting.credit, quantity)
            waiting.filled += quantity
            if waiting.filled == order.quantity:
                self._drop(order.id)
        return True

    def _admit(self, order: Order, instrument: Instrument) -> Waiting:
        """Let an order wait where it stood before, or at the end."""
        waiting = Waiting(
            order=order,
            instrument=instrument,
            place=self._place_of(order),
            due_at=order.eligible_at + self._latency.of(order) if self._latency else order.eligible_at,
            filled=order.filled_quantity,
            is_triggered=order.is_triggered,
            is_accepted=order.status not in _ON_ITS_WAY or order.type is OrderType.MARKET,
        )
        if order.time_in_force in AT_ONCE or waiting.is_of_a_position:
            waiting.is_accepted = True
        if self._left_over:
            waiting.remember(self._left_over)
            for key in [key for key in self._left_over if _order_of(key) == order.id]:
                del self._left_over[key]
        self._orders[order.id] = waiting
        self._lines.setdefault(order.symbol, _Line()).add(waiting)
        return waiting

    def _place_of(self, order: Order) -> Place:
        """Return where an order stands by age; one that was edited comes after everything that was live then."""
        if not order.revision:
            return order.id, 0, order.id
        noted = self._left_over.get(f"edited:{order.id}", "").split()
        if noted and noted[0] == str(order.revision):
            return int(noted[1]), int(noted[2]), order.id
        live = self._funds.portfolio.orders
        newest = max((*live, *self._orders, order.id))
        places = (*self._places_left_over(), *(each.place for each in self._orders.values()))
        return newest, 1 + max((count for last, count, _ in places if last == newest), default=0), order.id

    def _places_left_over(self) -> Iterator[Place]:
        for key, text in self._left_over.items():
            if key.startswith("edited:"):
                _, last, count = text.split()
                yield int(last), int(count), int(key.partition(":")[2])

    def _drop(self, order_id: int) -> None:
        waiting = self._orders.pop(order_id, None)
        if waiting is None:
            return
        line = self._lines[waiting.order.symbol]
        line.remove(waiting)
        if not line.orders:
            del self._lines[waiting.order.symbol]


def _order_of(key: str) -> int | None:
    """Return the order that a ratchet is about; None of another kind."""
    kind, _, number = key.partition(":")
    return int(number) if kind in ("queue", "trail", "edited", "hit") else None
