"""Orders from wish to exchange: checked, stored, handed over; `order_reports` books what the exchange says of them.

Every entry passes `place_entry`, every exit `place_exit`: reserve first, send afterwards. One thread.
"""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from desktop_trader.crash_points import crash_point
from desktop_trader.domain import order_accounting
from desktop_trader.domain.entry_rules import Denial, EntryWish, Rule
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.margin import bankruptcy_price
from desktop_trader.domain.money import ZERO
from desktop_trader.domain.order import Direction, Order, OrderReason, OrderStatus, OrderType
from desktop_trader.domain.portfolio import Movement
from desktop_trader.domain.position import Position
from desktop_trader.domain.risk import RiskLimits, check_entry
from desktop_trader.domain.strategy_run import Decision
from desktop_trader.engine.bookkeeper import Bookkeeper, Desk
from desktop_trader.engine.broker_port import Broker
from desktop_trader.engine.gap_prices import GapPrices
from desktop_trader.engine.order_reports import OrderReports
from desktop_trader.engine.tickets import EntryTicket, ExitTicket, entry_order
from desktop_trader.engine.units_check import UnitsCheck, units_text
from desktop_trader.messages.notices import OrderAccepted, OrderDenied

VOID = "void: decided before trading paused"
_VOID_WISH = "void: placed before trading paused, and not filled until then"


class OrderDesk:
    """Places and cancels orders of one account at one exchange."""

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
        self.gaps = GapPrices()
        self.reports = OrderReports(books, broker, desk, instruments=instruments, gaps=self.gaps)
        self.units = UnitsCheck(desk.board)
        broker.take_ratchets(books.stored_ratchets)
        books.ratchet_sources.append(broker.ratchets)

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
        self.reports.book()

    def place_entry(self, wish: EntryWish, ticket: EntryTicket) -> Order | Denial:
        """Check a wish and, if nothing is against it, store the order with its reserve and hand it over."""
        denial = self._check(wish)
        if denial is not None:
            return self.deny(ticket, denial, instrument=wish.instrument, direction=wish.direction)
        order_id, now = self._books.next_ids.order, self._desk.clock.now()
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
        order_id = self._books.next_ids.order
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
        self.reports.book()

    def end_pause(self) -> None:
        """Trading goes on, and prices begin with a gap.

        What a signal or a person wished to enter at the market before is void, and what a signal wished to leave: it
        was decided on prices that are over. A close by hand stays: the person wants to be out whatever it costs.
        """
        self.hand_over_live_orders()
        for order in list(self._books.portfolio.orders.values()):
            if order.type is OrderType.MARKET and (not order.is_exit or order.reason is OrderReason.SIGNAL):
                self._desk.held.voided += 1
                self.reports.ending = _VOID_WISH
                self.cancel(order)
                self.reports.ending = ""
        self.gaps.open(self._books.portfolio)

    def _check(self, wish: EntryWish) -> Denial | None:
        if self._books.is_entries_paused:
            return Denial(reason=Rule.ENTRIES_PAUSED, detail="new entries are paused; resume them first")
        instrument = wish.instrument
        for position in self._books.portfolio.positions.values():
            if position.symbol == instrument.symbol and not self.units.holds(position, instrument):
                return Denial(reason=Rule.UNITS_CHANGED, detail=units_text(position, instrument))
        return check_entry(wish, self._books.portfolio, limits=self._limits).denial

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
        self._books.post(order_accounting.place_order(self._books.portfolio, order), decisions=(decision,))
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
            self.reports.end(order, OrderStatus.NOT_PLACED, VOID)
            return
        self._broker.submit(order, self._instruments[order.symbol])
        self.reports.book()


def _worst_price(position: Position, instrument: Instrument) -> Decimal | None:
    """Only a position that can lose more than its margin needs a bound."""
    price = bankruptcy_price(position, instrument)
    return price if price > ZERO else None
