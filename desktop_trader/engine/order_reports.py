"""What an exchange reports of our orders, booked one by one: accepted, filled, ended."""

from collections.abc import Mapping
from dataclasses import replace

from desktop_trader.crash_points import crash_point
from desktop_trader.domain import accounting, order_accounting
from desktop_trader.domain.accounting import BookingIds
from desktop_trader.domain.fill import Execution
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.order import Order, OrderStatus
from desktop_trader.domain.portfolio import Movement
from desktop_trader.engine.bookkeeper import Bookkeeper, Desk
from desktop_trader.engine.broker_port import Accepted, Broker, BrokerReport, Canceled, Filled, Rejected
from desktop_trader.engine.fill_notices import tell_fill
from desktop_trader.engine.gap_prices import GapPrices
from desktop_trader.messages.notices import OrderCanceled


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
            self._book_fill(order, report.execution)
        elif isinstance(report, Accepted):
            if order.status is not OrderStatus.OPEN:
                opened = order.moved_to(OrderStatus.OPEN, at=self._desk.clock.now())
                self._books.post(Movement(orders=(opened,)))
        elif isinstance(report, Rejected):
            self.end(order, OrderStatus.REJECTED, report.reason)
        elif isinstance(report, Canceled):
            self.end(order, OrderStatus.CANCELED, self.ending)

    def end(self, order: Order, status: OrderStatus, detail: str) -> None:
        """Book the end of an order that fills no more, and tell it."""
        now = self._desk.clock.now()
        self._books.post(order_accounting.end_order(self._books.portfolio, order, status=status, at=now, detail=detail))
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
        if self._gaps.waiting and self._gaps.is_gap(order):
            order, execution = replace(order, detail=accounting.GAP), replace(execution, is_gap=True)
        movement = accounting.apply_execution(
            self._books.portfolio,
            order,
            execution=execution,
            instrument=self._instruments[order.symbol],
            ids=BookingIds(fill_id=self._books.next_ids.fill, position_id=self._books.next_ids.position),
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
