"""What an exchange reports of our orders, booked one by one: accepted, filled, ended."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from desktop_trader.crash_points import crash_point
from desktop_trader.domain import accounting, order_accounting
from desktop_trader.domain.accounting import BookingIds
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.order import Order, OrderReason, OrderStatus
from desktop_trader.domain.portfolio import Movement, Portfolio
from desktop_trader.domain.position import Position
from desktop_trader.domain.strategy_run import Decision
from desktop_trader.engine.bookkeeper import Bookkeeper, Desk
from desktop_trader.engine.broker_port import (
    Accepted,
    Broker,
    BrokerReport,
    Canceled,
    Expired,
    Filled,
    Rejected,
    Triggered,
)
from desktop_trader.engine.fill_notices import tell_fill
from desktop_trader.engine.gap_prices import GapPrices
from desktop_trader.messages.notices import OrderAccepted, OrderCanceled, OrderDenied, OrderTriggered


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftedOrder:
    """An order that nothing is against, and what storing it books and notes."""

    order: Order
    movement: Movement
    decision: Decision


class OrderReports:
    """Books the reports of one exchange for one account; a report that comes once more changes nothing. One thread."""

    def __init__(
        self,
        books: Bookkeeper,
        broker: Broker,
        desk: Desk,
        *,
        instruments: Mapping[str, Instrument],
        gaps: GapPrices,
    ) -> None:
        """Book into `books` what `broker` reports; `gaps` says which fills are at a first price after a gap."""
        self._books = books
        self._broker = broker
        self._desk = desk
        self._instruments = instruments
        self._gaps = gaps
        self.ending = ""
        """Why orders are canceled just now, where that is worth keeping with them."""
        self.reverse: Callable[[Order, Position, Portfolio], DraftedOrder | Decision] | None = None
        """What a reversal opens once its position is closed: its exit as filled, the position, the account after."""

    def book(self) -> bool:
        """Book everything that was reported; say whether there was anything."""
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
            self._book_fill(order, report)
        elif isinstance(report, Accepted):
            self._post(order_accounting.accept_order(order, at=self._desk.clock.now()))
        elif isinstance(report, Triggered):
            self._book_trigger(order, report.price)
        elif isinstance(report, Rejected):
            self.end(order, OrderStatus.REJECTED, detail=report.reason)
        elif isinstance(report, Expired):
            self.end(order, OrderStatus.EXPIRED, detail=report.reason)
        elif isinstance(report, Canceled):
            self.end(order, OrderStatus.CANCELED, detail=self.ending)

    def _post(self, movement: Movement) -> None:
        """Commit what changed an order; nothing where it was known."""
        if movement.orders:
            self._books.post(movement)

    def _book_trigger(self, order: Order, price: Decimal) -> None:
        if order.is_triggered:
            return
        self._post(order_accounting.trigger_order(order, price, at=self._desk.clock.now()))
        self._desk.board.pin(OrderTriggered, symbol=order.symbol, side=order.side.value, order_id=order.id, price=price)

    def end(self, order: Order, status: OrderStatus, *, detail: str) -> None:
        """Book the end of an order that fills no more, and tell it."""
        now = self._desk.clock.now()
        self._books.post(order_accounting.end_order(self._books.portfolio, order, status=status, at=now, detail=detail))
        self.tell_end(replace(order, status=status, detail=detail))

    def tell_end(self, order: Order) -> None:
        """Tell of an order that has ended in the books."""
        self._desk.board.pin(
            OrderCanceled,
            symbol=order.symbol,
            side=order.side.value,
            order_id=order.id,
            reason=order.status.value,
            detail=order.detail,
        )

    def tell_placed(self, order: Order) -> None:
        """Tell of an order that is stored."""
        self._desk.board.pin(
            OrderAccepted,
            symbol=order.symbol,
            side=order.side.value,
            quantity=order.quantity,
            order_id=order.id,
            reason=order.reason.value,
            price=order.limit_price or order.trigger_price,
        )

    def _book_fill(self, order: Order, report: Filled) -> None:
        crash_point("L11")
        execution = report.execution
        if order.filled_quantity and self._books.has_entry(accounting.execution_key(order, execution)):
            return  # A part that was reported before; of an order without fills nothing can have been.
        now = self._desk.clock.now()
        if execution.at < now:  # on a live market time has passed since its price was made: it is booked as it happens
            execution = replace(execution, at=now)
        if self._gaps.waiting and self._gaps.is_gap(order):
            order, execution = replace(order, detail=accounting.GAP), replace(execution, is_gap=True)
        ids = self._books.next_ids
        movement = accounting.apply_execution(
            self._books.portfolio,
            order,
            execution=execution,
            instrument=self._instruments[order.symbol],
            ids=BookingIds(fill_id=ids.fill, position_id=ids.position, model=report.model),
        )
        self._desk.marks.set_price_if_unknown(order.symbol, execution.price)
        opening = self._reversal_of(order, movement, at=now)
        if opening is None:
            self._books.post(movement)
        elif isinstance(opening, DraftedOrder):
            self._books.post(movement.followed_by(opening.movement), decisions=(opening.decision,))
        else:
            self._books.post(movement, decisions=(opening,))
        crash_point("L13")
        tell_fill(
            self._desk.board,
            order,
            fill=movement.fills[0],
            position=movement.positions[0],
            balance=self._books.portfolio.wallet.total,
        )
        self._end_with(movement)
        if opening is not None:
            self._go_on_reversing(order, opening)

    def _reversal_of(self, order: Order, movement: Movement, *, at: datetime) -> DraftedOrder | Decision | None:
        """Return what a reversal opens with the fill that closes its position; None for every other fill."""
        if order.reason is not OrderReason.REVERSE or not order.is_exit or self.reverse is None:
            return None
        if movement.positions[0].is_open:
            return None
        closing = next(each for each in movement.orders if each.id == order.id)
        return self.reverse(closing, movement.positions[0], self._books.portfolio.apply(movement, at=at))

    def _go_on_reversing(self, order: Order, opening: DraftedOrder | Decision) -> None:
        if isinstance(opening, DraftedOrder):
            self.tell_placed(opening.order)
            self._broker.submit(opening.order, self._instruments[order.symbol])
            return
        self._desk.board.pin(
            OrderDenied,
            symbol=order.symbol,
            side=order.side.value,
            reason=opening.outcome,
            detail=f"the position is closed, but nothing was opened the other way: {opening.detail}",
        )

    def _end_with(self, movement: Movement) -> None:
        """Have the exchange forget what a fill ended in the books, and tell of it."""
        for ended in movement.orders:
            if ended.status is OrderStatus.CANCELED:
                self._broker.cancel(ended)
                self.tell_end(ended)
