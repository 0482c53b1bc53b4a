"""Orders from wish to fill: checked, stored, handed over, and booked when the exchange reports.

Every entry passes `place_entry`, every exit `place_exit`: reserve first, send afterwards. One thread.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from desktop_trader.crash_points import crash_point
from desktop_trader.domain import accounting
from desktop_trader.domain.accounting import BookingIds
from desktop_trader.domain.fill import Execution
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.margin import bankruptcy_price
from desktop_trader.domain.market import Bar, Quote
from desktop_trader.domain.money import ZERO
from desktop_trader.domain.order import Direction, Order, OrderReason, OrderStatus, OrderType
from desktop_trader.domain.portfolio import Movement, Portfolio
from desktop_trader.domain.position import Position
from desktop_trader.domain.protection import ProtectiveHit, hit_by_bar, hit_by_quote
from desktop_trader.domain.risk import Denial, EntryWish, RiskLimits, Rule, check_entry
from desktop_trader.domain.strategy_run import Decision
from desktop_trader.engine.bookkeeper import Bookkeeper, Desk
from desktop_trader.engine.broker_port import Accepted, Broker, BrokerReport, Canceled, Filled, Rejected
from desktop_trader.engine.fill_notices import tell_fill
from desktop_trader.engine.gap_prices import GapPrices
from desktop_trader.engine.tickets import EntryTicket, ExitTicket, entry_order
from desktop_trader.engine.units_check import UnitsCheck, units_text
from desktop_trader.messages.notices import OrderAccepted, OrderCanceled, OrderDenied

_P = TypeVar("_P", Quote, Bar)
VOID = "void: decided before trading paused"
_VOID_WISH = "void: placed before trading paused, and not filled until then"


class OrderDesk:
    """Places, cancels and books orders of one account at one exchange."""

    def __init__(
        self,
        books: Bookkeeper,
        broker: Broker,
        desk: Desk,
        *,
        instruments: Mapping[str, Instrument],
        limits: RiskLimits,
    ) -> None:
        """Trade `instruments` through `broker` within `limits`."""
        self._books = books
        self._broker = broker
        self._desk = desk
        self._instruments = instruments
        self._limits = limits
        self._unlisted: set[int] | None = None
        self._ending = ""
        self.gaps = GapPrices()
        self.units = UnitsCheck(desk.board)

    def hand_over_live_orders(self) -> None:
        """Give every live order of the books to the exchange once: the paper one was rebuilt empty at this start.

        An order from another market's time waits from now on; one of a symbol that is not listed here stays as it is,
        and is handed over when this is asked for again and it is. Positions whose units have changed are told.
        """
        for position in self._books.portfolio.positions.values():
            if position.symbol in self._instruments:
                self.units.holds(position, self._instruments[position.symbol])
        now, orders = self._desk.clock.present(), self._books.portfolio.orders
        waiting = set(orders) if self._unlisted is None else self._unlisted & orders.keys()
        self._unlisted = {order_id for order_id in waiting if orders[order_id].symbol not in self._instruments}
        for order_id in sorted(waiting - self._unlisted):
            order = orders[order_id]
            self._broker.submit(
                replace(order, eligible_at=min(order.eligible_at, now)), self._instruments[order.symbol]
            )
        self._book_reports()

    def place_entry(self, wish: EntryWish, ticket: EntryTicket) -> Order | Denial:
        """Check a wish and, if nothing is against it, store the order with its reserve and hand it over."""
        denial = self._check(wish)
        if denial is not None:
            return self.deny(ticket, denial, instrument=wish.instrument, direction=wish.direction)
        order_id, now = self._books.next_order_id(), self._desk.clock.now()
        order = entry_order(wish, ticket, portfolio=self._books.portfolio, order_id=order_id, at=now)
        order = replace(order, eligible_at=self._desk.clock.present())
        self._store_and_send(order, ticket.action, epoch=ticket.epoch)
        return order

    def deny(self, ticket: EntryTicket, denial: Denial, *, instrument: Instrument, direction: Direction) -> Denial:
        """Refuse an entry: kept in the decision log and told; nothing else changes."""
        decision = Decision(
            at=self._desk.clock.now(),
            strategy_run_id=ticket.strategy_run_id or 0,
            symbol=instrument.symbol,
            action=ticket.action,
            outcome=denial.reason.value,
            detail=denial.detail,
        )
        self._books.post(Movement(), decisions=(decision,))
        self._desk.board.pin(
            OrderDenied,
            symbol=instrument.symbol,
            side=direction.entry_side.value,
            reason=denial.reason.value,
            detail=denial.detail,
        )
        return denial

    def place_exit(self, position: Position, ticket: ExitTicket) -> Order | None:
        """Store an order that closes a position whole and hand it over; None when one is on its way already.

        None as well where the market's units are not the position's any more; that is told.
        """
        if self._books.portfolio.exit_order_of(position.id) is not None:
            return None
        if not self.units.holds(position, self._instruments[position.symbol]):
            return None
        crash_point("L14")
        self._cancel_rest_of_entry(position)
        order_id = self._books.next_order_id()
        now = self._desk.clock.now()
        order = Order(
            id=order_id,
            account_id=position.account_id,
            run_id=self._books.portfolio.run.id,
            client_order_id=f"dt{position.account_id}-{order_id}",
            symbol=position.symbol,
            side=position.direction.entry_side.opposite,
            type=ticket.type,
            quantity=position.quantity,
            reason=ticket.reason,
            signal_key=f"exit:{position.id}:{order_id}",
            created_at=now,
            updated_at=now,
            eligible_at=ticket.eligible_at or self._desk.clock.present(),
            trigger_price=ticket.trigger_price,
            worst_price=_worst_price(position, self._instruments[position.symbol]),
            status=OrderStatus.SENT,
            position_id=position.id,
            is_exit=True,
            leverage=position.leverage,
            strategy_run_id=position.strategy_run_id,
            detail=ticket.detail,
        )
        self._store_and_send(order, ticket.action, epoch=ticket.epoch)
        return order

    def _cancel_rest_of_entry(self, position: Position) -> None:
        """What is being left is not bought on: a closed position has no live order."""
        for order in list(self._books.portfolio.orders.values()):
            if not order.is_exit and order.position_id == position.id:
                self.cancel(order)

    def cancel(self, order: Order) -> None:
        """Ask the exchange for the end of a live order; its lock is released when the exchange confirms."""
        self._broker.cancel(order)
        self._book_reports()

    def end_pause(self) -> None:
        """Trading goes on, and prices begin with a gap.

        What a signal or a person wished to enter at the market before is void, and what a signal wished to leave: it
        was decided on prices that are over. A close by hand stays: the person wants to be out whatever it costs.
        """
        self.hand_over_live_orders()
        for order in list(self._books.portfolio.orders.values()):
            if order.type is OrderType.MARKET and (not order.is_exit or order.reason is OrderReason.SIGNAL):
                self._desk.held.voided += 1
                self._ending = _VOID_WISH
                self.cancel(order)
                self._ending = ""
        self.gaps.open(self._books.portfolio)

    def on_quote(self, quote: Quote) -> None:
        """Leave what this quote hits, then let the exchange match against it.

        The quote that opened a position does not close it: played again after a kill, it would.
        """
        instrument = self._instruments.get(quote.symbol)
        if instrument is None:
            return  # It is not listed any more, and its price came from before that.
        is_first = quote.symbol in self.gaps.waiting
        if is_first:
            self.gaps.begin(quote.symbol)
        for position in _held(self._books.portfolio, quote.symbol):
            hit = hit_by_quote(position, quote, instrument=instrument)
            if hit is not None and position.opened_at != quote.at:
                self._leave(position, hit, eligible_at=quote.at)
        self._match(self._broker.on_quote, quote)
        if is_first:
            self.gaps.end()

    def on_bar_open(self, bar: Bar) -> None:
        """Let the exchange match against the open of a bar."""
        if bar.symbol in self.gaps.waiting:
            self.gaps.begin(bar.symbol)
        self._match(self._broker.on_bar_open, bar)

    def on_bar_range(self, bar: Bar) -> None:
        """Let the exchange match inside a bar: limit orders first, then what the range hits."""
        is_first = bar.symbol in self.gaps.waiting
        if is_first:
            self.gaps.begin_range(bar)
        self._match(self._broker.on_bar_range, bar)
        if self._books.portfolio.positions:
            self._leave_inside(bar)
        if is_first:
            self.gaps.end()

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
        self.place_exit(
            position,
            ExitTicket(
                reason=hit.reason,
                epoch=self._desk.gate.epoch,
                type=hit.type,
                trigger_price=hit.trigger_price,
                eligible_at=eligible_at,
            ),
        )

    def _check(self, wish: EntryWish) -> Denial | None:
        if self._books.is_entries_paused:
            return Denial(reason=Rule.ENTRIES_PAUSED, detail="new entries are paused; resume them first")
        instrument = wish.instrument
        for position in self._books.portfolio.positions.values():
            if position.symbol == instrument.symbol and not self.units.holds(position, instrument):
                return Denial(reason=Rule.UNITS_CHANGED, detail=units_text(position, instrument))
        return check_entry(wish, self._books.portfolio, limits=self._limits)

    def _store_and_send(self, order: Order, action: str, *, epoch: int) -> None:
        """Commit the order as sent, then send it: from the commit on it may have reached the exchange.

        One that was decided before a pause is not sent any more, and ends here.
        """
        crash_point("L1")
        decision = Decision(
            at=self._desk.clock.now(),
            strategy_run_id=order.strategy_run_id or 0,
            symbol=order.symbol,
            action=action or f"exit_{order.reason.value}",
            outcome="order",
            detail=order.detail,
            order_id=order.id,
        )
        self._books.post(accounting.place_order(self._books.portfolio, order), decisions=(decision,))
        crash_point("L3")
        self._desk.board.pin(
            OrderAccepted,
            symbol=order.symbol,
            side=order.side.value,
            quantity=order.quantity,
            order_id=order.id,
            reason=order.reason.value,
            price=order.limit_price or order.trigger_price,
        )
        if not self._desk.gate.lets(epoch):
            self._desk.held.voided += not order.is_exit or order.reason is OrderReason.SIGNAL
            self._book_end(order, OrderStatus.NOT_PLACED, VOID)
            return
        self._broker.submit(order, self._instruments[order.symbol])
        self._book_reports()

    def _match(self, show: Callable[[_P], None], price: _P) -> None:
        """Show a price to the exchange until nothing more comes of it, each report booked before the next."""
        show(price)
        while self._book_reports():
            show(price)

    def _book_reports(self) -> bool:
        is_any = False
        while reports := self._broker.drain():
            is_any = True
            for report in reports:
                self._book_report(report)
        return is_any

    def _book_report(self, report: BrokerReport) -> None:
        order = self._books.portfolio.orders.get(report.order_id)
        if order is None:
            return  # The order has ended in our books: this is the same report once more.
        if isinstance(report, Filled):
            self._book_fill(order, report.execution)
        elif isinstance(report, Accepted):
            if order.status is not OrderStatus.OPEN:
                opened = order.moved_to(OrderStatus.OPEN, at=self._desk.clock.now())
                self._books.post(Movement(orders=(opened,)))
        elif isinstance(report, Rejected):
            self._book_end(order, OrderStatus.REJECTED, report.reason)
        elif isinstance(report, Canceled):
            self._book_end(order, OrderStatus.CANCELED, self._ending)

    def _book_end(self, order: Order, status: OrderStatus, detail: str) -> None:
        now = self._desk.clock.now()
        self._books.post(accounting.end_order(self._books.portfolio, order, status=status, at=now, detail=detail))
        self._desk.board.pin(
            OrderCanceled,
            symbol=order.symbol,
            side=order.side.value,
            order_id=order.id,
            reason=status.value,
            detail=detail,
        )

    def _book_fill(self, order: Order, execution: Execution) -> None:
        crash_point("L11")
        if order.filled_quantity and self._books.has_entry(accounting.execution_key(order, execution)):
            return  # A part that was reported before; of an order without fills nothing can have been.
        now = self._desk.clock.now()
        if execution.at < now:  # on a live market time has passed since its price was made: it is booked as it happens
            execution = replace(execution, at=now)
        if self.gaps.waiting and self.gaps.is_gap(order):
            order, execution = replace(order, detail=accounting.GAP), replace(execution, is_gap=True)
        movement = accounting.apply_execution(
            self._books.portfolio,
            order,
            execution=execution,
            instrument=self._instruments[order.symbol],
            ids=BookingIds(fill_id=self._books.next_fill_id(), position_id=self._books.next_position_id()),
        )
        self._desk.marks.set_price_if_unknown(order.symbol, execution.price)
        self._books.post(movement)
        crash_point("L13")
        tell_fill(
            self._desk.board,
            order,
            fill=movement.fills[0],
            position=movement.positions[0],
            balance=self._books.portfolio.wallet.total,
        )


def _held(portfolio: Portfolio, symbol: str) -> list[Position]:
    return [position for position in portfolio.positions.values() if position.symbol == symbol]


def _worst_price(position: Position, instrument: Instrument) -> Decimal | None:
    """Only a position that can lose more than its margin needs a bound."""
    price = bankruptcy_price(position, instrument)
    return price if price > ZERO else None
