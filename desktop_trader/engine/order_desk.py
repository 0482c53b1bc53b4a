"""Orders from wish to fill: checked, stored, handed over, and booked when the exchange reports.

Every entry passes `place_entry`, every exit `place_exit`: reserve first, send afterwards. One thread.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from desktop_trader.crash_points import crash_point
from desktop_trader.domain import accounting
from desktop_trader.domain.accounting import BookingIds
from desktop_trader.domain.fill import Execution, Fill
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.margin import bankruptcy_price
from desktop_trader.domain.market import Bar, Quote
from desktop_trader.domain.money import ZERO
from desktop_trader.domain.order import NO_PROTECTION, Direction, Order, OrderReason, OrderStatus, OrderType, Protection
from desktop_trader.domain.portfolio import Movement, Portfolio
from desktop_trader.domain.position import Position
from desktop_trader.domain.protection import ProtectiveHit, hit_by_bar, hit_by_quote
from desktop_trader.domain.risk import Denial, EntryWish, RiskLimits, Rule, check_entry
from desktop_trader.domain.strategy_run import Decision
from desktop_trader.engine.bookkeeper import Bookkeeper, Desk
from desktop_trader.engine.ports import Accepted, Broker, BrokerReport, Canceled, Filled, Rejected
from desktop_trader.messages.notices import (
    OrderAccepted,
    OrderCanceled,
    OrderDenied,
    OrderFilled,
    PositionClosed,
    PositionOpened,
)

_P = TypeVar("_P", Quote, Bar)
VOID = "void: decided before trading paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryTicket:
    """Who wants an entry and how: what surrounds the wish itself. `epoch` is the gate's when it was decided."""

    reason: OrderReason
    signal_key: str
    epoch: int
    type: OrderType = OrderType.MARKET
    protection: Protection = NO_PROTECTION
    strategy_run_id: int | None = None
    action: str = "entry"
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitTicket:
    """Why a position is left and how: at the market, or at a level that was hit. `epoch` is as of an entry."""

    reason: OrderReason
    epoch: int
    type: OrderType = OrderType.MARKET
    trigger_price: Decimal | None = None
    eligible_at: datetime | None = None
    action: str = ""
    detail: str = ""


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

    def hand_over_live_orders(self) -> None:
        """Give every live order of the books to the exchange once: the paper one was rebuilt empty at this start.

        An order from another market's time waits from now on; one of a symbol that is not traded here stays as it is.
        """
        now = self._desk.clock.now()
        for order in self._books.portfolio.orders.values():
            if order.symbol in self._instruments:
                waiting = replace(order, eligible_at=min(order.eligible_at, now))
                self._broker.submit(waiting, self._instruments[order.symbol])
        self._book_reports()

    def place_entry(self, wish: EntryWish, ticket: EntryTicket) -> Order | Denial:
        """Check a wish and, if nothing is against it, store the order with its reserve and hand it over."""
        denial = self._check(wish)
        if denial is not None:
            return self.deny(ticket, denial, instrument=wish.instrument, direction=wish.direction)
        order = self._entry_order(wish, ticket)
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
        """Store an order that closes a position whole and hand it over; None when one is on its way already."""
        if self._books.portfolio.exit_order_of(position.id) is not None:
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
            eligible_at=ticket.eligible_at or now,
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

    def on_quote(self, quote: Quote) -> None:
        """Leave what this quote hits, then let the exchange match against it.

        The quote that opened a position does not close it: played again after a kill, it would.
        """
        instrument = self._instruments[quote.symbol]
        for position in _held(self._books.portfolio, quote.symbol):
            hit = hit_by_quote(position, quote, instrument=instrument)
            if hit is not None and position.opened_at != quote.at:
                self._leave(position, hit, eligible_at=quote.at)
        self._match(self._broker.on_quote, quote)

    def on_bar_open(self, bar: Bar) -> None:
        """Let the exchange match against the open of a bar."""
        self._match(self._broker.on_bar_open, bar)

    def on_bar_range(self, bar: Bar) -> None:
        """Let the exchange match inside a bar: limit orders first, then what the range hits."""
        self._match(self._broker.on_bar_range, bar)
        if not self._books.portfolio.positions:
            return
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
        return check_entry(wish, self._books.portfolio, limits=self._limits)

    def _entry_order(self, wish: EntryWish, ticket: EntryTicket) -> Order:
        portfolio = self._books.portfolio
        order_id = self._books.next_order_id()
        now = self._desk.clock.now()
        return Order(
            id=order_id,
            account_id=portfolio.account.id,
            run_id=portfolio.run.id,
            client_order_id=f"dt{portfolio.account.id}-{order_id}",
            symbol=wish.instrument.symbol,
            side=wish.direction.entry_side,
            type=ticket.type,
            quantity=wish.quantity,
            reason=ticket.reason,
            signal_key=ticket.signal_key,
            created_at=now,
            updated_at=now,
            eligible_at=now,
            limit_price=wish.limit_price,
            status=OrderStatus.SENT,
            reserve=wish.reserve,
            leverage=wish.leverage,
            protection=ticket.protection,
            strategy_run_id=ticket.strategy_run_id,
            detail=ticket.detail,
        )

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
            self._desk.held.voided += not order.is_exit
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
            self._book_end(order, OrderStatus.CANCELED, "")

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
        self._tell_fill(order, movement.fills[0], movement.positions[0])

    def _tell_fill(self, order: Order, fill: Fill, position: Position) -> None:
        board = self._desk.board
        balance = self._books.portfolio.wallet.total
        subject = {"symbol": order.symbol, "order_id": order.id, "position_id": position.id, "price": fill.price}
        board.pin(
            OrderFilled,
            **subject,
            side=order.side.value,
            quantity=fill.quantity,
            fee=fill.fee,
            fill_id=fill.id,
            reason=order.reason.value,
            current_balance=balance,
            realized_pnl=fill.realized_pnl if order.is_exit else None,
        )
        if not order.is_exit and position.entry_quantity == fill.quantity:
            board.pin(
                PositionOpened,
                **subject,
                side=position.direction.value,
                quantity=position.quantity,
                stop_loss=position.stop_loss,
                take_profit=position.take_profit,
            )
        elif not position.is_open:
            board.pin(
                PositionClosed,
                **subject,
                side=position.direction.value,
                quantity=position.entry_quantity,
                reason=order.reason.value,
                realized_pnl=position.realized_pnl,
                fee=position.fees,
                current_balance=balance,
            )


def _held(portfolio: Portfolio, symbol: str) -> list[Position]:
    return [position for position in portfolio.positions.values() if position.symbol == symbol]


def _worst_price(position: Position, instrument: Instrument) -> Decimal | None:
    """Only a position that can lose more than its margin needs a bound."""
    price = bankruptcy_price(position, instrument)
    return price if price > ZERO else None
