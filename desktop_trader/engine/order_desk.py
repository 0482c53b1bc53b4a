"""Orders from wish to exchange: checked, stored, handed over; `order_reports` books what the exchange says of them.

Every entry passes `place_entry`, every exit `place_exit`: reserve first, send afterwards. One thread.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from desktop_trader.crash_points import crash_point
from desktop_trader.domain import order_accounting
from desktop_trader.domain.entry_rules import Check, Denial, EntryWish
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.order import Direction, Order, OrderReason, OrderStatus, OrderType, TimeInForce
from desktop_trader.domain.portfolio import Movement, Portfolio
from desktop_trader.domain.position import Position
from desktop_trader.domain.risk import RiskLimits
from desktop_trader.domain.strategy_run import Decision
from desktop_trader.engine.bookkeeper import Bookkeeper, Desk
from desktop_trader.engine.broker_port import Broker
from desktop_trader.engine.entry_check import EntryCheck
from desktop_trader.engine.gap_prices import GapPrices
from desktop_trader.engine.order_reports import DraftedOrder, OrderReports
from desktop_trader.engine.tickets import EntryTicket, ExitTicket, OrderStamp, entry_order, exit_order
from desktop_trader.engine.units_check import UnitsCheck
from desktop_trader.messages.notices import OrderDenied

VOID = "void: decided before trading paused"
_VOID_WISH = "void: placed before trading paused, and not filled until then"
_CLOSES_ANYWAY = "close of a reversal that was asked for before trading paused; what it was to open is void"
_TAKEN_OVER = "its position is liquidated: the forced close takes over"
_AT_ONCE = frozenset({TimeInForce.IOC, TimeInForce.FOK})


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
        self._unlisted: set[int] | None = None
        self.gaps = GapPrices()
        self.reports = OrderReports(books, broker, desk, instruments=instruments, gaps=self.gaps)
        self.reports.reverse = self._draft_reversal
        self.units = UnitsCheck(desk.board)
        self.entries = EntryCheck(books, desk, limits=limits, units=self.units)
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
            self._broker.submit(_from(now, order), self._instruments[order.symbol])
        self.reports.book()

    def place_entry(self, wish: EntryWish, ticket: EntryTicket) -> Order | Denial:
        """Check a wish and, if nothing is against it, store the order with its reserve and hand it over."""
        drafted = self._draft_entry(wish, ticket)
        if isinstance(drafted, Denial):
            return self.deny(ticket, drafted, instrument=wish.instrument, direction=wish.direction)
        self._store_and_send((drafted,), epoch=ticket.epoch)
        return drafted.order

    def place_entry_pair(self, wishes: Sequence[EntryWish], tickets: Sequence[EntryTicket]) -> Sequence[Order] | Denial:
        """Store two entries of which the first to fill ends the other, or neither: both lock what they need."""
        books = self._books
        drafts: list[DraftedOrder] = []
        portfolio, order_id = books.portfolio, books.next_ids.order
        for number, (wish, ticket) in enumerate(zip(wishes, tickets, strict=True)):
            drafted = self._draft_entry(wish, ticket, portfolio=portfolio, order_id=order_id + number)
            if isinstance(drafted, Denial):
                return self.deny(ticket, drafted, instrument=wish.instrument, direction=wish.direction)
            portfolio = portfolio.apply(drafted.movement, at=drafted.order.created_at)
            drafts.append(drafted)
        self._store_and_send(drafts, epoch=tickets[0].epoch)
        return [drafted.order for drafted in drafts]

    def deny(
        self, ticket: EntryTicket | ExitTicket, denial: Denial, *, instrument: Instrument, direction: Direction
    ) -> Denial:
        """Refuse an order: kept in the decision log and told; nothing else changes. `direction` is the position's."""
        is_exit = isinstance(ticket, ExitTicket)
        self._books.post(
            Movement(), decisions=(_denied(ticket, denial, symbol=instrument.symbol, at=self._desk.clock.now()),)
        )
        self._desk.board.pin(
            OrderDenied,
            symbol=instrument.symbol,
            side=(direction.entry_side.opposite if is_exit else direction.entry_side).value,
            reason=denial.reason.value,
            detail=denial.detail,
        )
        return denial

    def place_exit(self, position: Position, ticket: ExitTicket) -> Order | None:
        """Store an order that closes a position whole, at once, and hand it over; None when that is on its way already.

        None as well where the market's units are not the position's any more; that is told. Exits that rest stay until
        the position is closed: none of them fills more than is open. A liquidation takes over from a close that has
        filled a part and waits for somebody to trade the rest with; one that is still to meet its first price goes
        before it.
        """
        held_up = _held_up(self._books.portfolio, position) if ticket.reason is OrderReason.LIQUIDATION else ()
        if not held_up and self._books.portfolio.leaving_of(position.id) >= position.quantity:
            return None
        if not self.units.holds(position, self._instruments[position.symbol]):
            return None
        crash_point("L14")
        self._cancel_rest_of_entry(position)
        for order in held_up:
            self.cancel(order, _TAKEN_OVER)
        return self.place_exits(position, (ticket,))[0]

    def place_exits(
        self, position: Position, tickets: Sequence[ExitTicket], *, checks: Sequence[Check] = ()
    ) -> Sequence[Order]:
        """Store the exits that a person asks for, of a part or of the whole, at once or resting: all or none of them.

        Whoever calls has checked them; two are a pair.
        """
        first = self._books.next_ids.order
        drafts = [
            self._draft_exit(position, ticket, order_id=first + number, checks=checks)
            for number, ticket in enumerate(tickets)
        ]
        self._store_and_send(drafts, epoch=tickets[0].epoch)
        return [drafted.order for drafted in drafts]

    def cancel(self, order: Order, why: str = "") -> None:
        """Ask the exchange for the end of a live order; its lock is released when the exchange confirms.

        `why` is kept with it.
        """
        self.reports.ending = why
        self._broker.cancel(order)
        self.reports.book()
        self.reports.ending = ""

    def replace(self, before: Order, after: Order, *, done: Decision) -> None:
        """Store an order's new terms with what it needs more or less, and who asked (`done`); tell the exchange."""
        self._books.post(order_accounting.edit_order(self._books.portfolio, before, after=after), decisions=(done,))
        crash_point("L3")
        self._broker.edit(after)
        self.reports.book()

    def end_pause(self) -> None:
        """Trading goes on, and prices begin with a gap.

        What a signal or a person wished to enter at the market before is void, and what a signal wished to leave: it
        was decided on prices that are over. A close by hand stays: the person wants to be out whatever it costs; of a
        reversal it is what stays.
        """
        self.hand_over_live_orders()
        for order in list(self._books.portfolio.orders.values()):
            is_now = order.type is OrderType.MARKET or order.time_in_force in _AT_ONCE
            if is_now and (not order.is_exit or order.reason in (OrderReason.SIGNAL, OrderReason.REVERSE)):
                self._void(order)
        self.open_gaps()

    def open_gaps(self, symbols: Collection[str] | None = None) -> None:
        """Nobody looked for a while, at these symbols or at any: what rests meets the first price as if just come."""
        portfolio = self._books.portfolio
        if symbols is None:
            self.gaps.open(portfolio)
        else:
            self.gaps.reopen(portfolio, symbols)
        for order in portfolio.orders.values():
            rests = order.type is OrderType.LIMIT or (order.type.has_limit and order.is_triggered)
            if rests and (symbols is None or order.symbol in symbols):
                self._broker.meet_anew(_from(self._desk.clock.present(), order))

    def _void(self, order: Order) -> None:
        self._desk.held.voided += 1
        if order.reason is OrderReason.REVERSE and order.is_exit:
            self._close_instead(order)
            return
        self.cancel(order, _VOID_WISH)

    def _close_instead(self, reversal: Order) -> None:
        """Let a plain close take the place of the close of a reversal, in one transaction."""
        position = self._books.portfolio.positions[reversal.position_id or 0]
        ticket = ExitTicket(reason=OrderReason.MANUAL, epoch=self._desk.gate.epoch, detail=_CLOSES_ANYWAY)
        drafted = self._draft_exit(position, ticket, order_id=self._books.next_ids.order)
        end = order_accounting.end_order(
            self._books.portfolio,
            reversal,
            status=OrderStatus.CANCELED,
            at=self._desk.clock.now(),
            detail=_VOID_WISH,
        )
        self._books.post(end.followed_by(drafted.movement), decisions=(drafted.decision,))
        self.reports.tell_end(end.orders[0])
        self._broker.cancel(end.orders[0])
        self._hand_over(drafted.order)

    def _cancel_rest_of_entry(self, position: Position) -> None:
        """What is being left is not bought on: a closed position has no live order."""
        for order in list(self._books.portfolio.orders.values()):
            if not order.is_exit and order.position_id == position.id:
                self.cancel(order)

    def _draft_entry(
        self, wish: EntryWish, ticket: EntryTicket, *, portfolio: Portfolio | None = None, order_id: int = 0
    ) -> DraftedOrder | Denial:
        closed = self.entries.closed()
        if closed is not None:
            return closed
        account = portfolio or self._books.portfolio
        wish = self.entries.on_top(wish, account, pair=ticket.oco_id)
        verdict = self.entries.verdict(wish, ticket.terms, portfolio=account, is_whole=bool(ticket.oco_id))
        if isinstance(verdict, Denial):
            return verdict
        number = order_id or self._books.next_ids.order
        clock = self._desk.clock
        stamp = OrderStamp(order_id=number, at=clock.now(), eligible_at=clock.present())
        order = entry_order(verdict.wish, ticket, portfolio=account, stamp=stamp)
        movement = order_accounting.place_order(account, order, checks=verdict.checks, note=verdict.cut)
        return DraftedOrder(order=order, movement=movement, decision=_placed(order, ticket.action))

    def _draft_exit(
        self, position: Position, ticket: ExitTicket, *, order_id: int, checks: Sequence[Check] = ()
    ) -> DraftedOrder:
        instrument, clock = self._instruments[position.symbol], self._desk.clock
        stamp = OrderStamp(order_id=order_id, at=clock.now(), eligible_at=ticket.eligible_at or clock.present())
        order = exit_order(position, ticket, instrument=instrument, stamp=stamp)
        movement = order_accounting.place_order(self._books.portfolio, order, checks=checks)
        return DraftedOrder(order=order, movement=movement, decision=_placed(order, ticket.said_action))

    def _draft_reversal(self, exit_order: Order, position: Position, portfolio: Portfolio) -> DraftedOrder | Decision:
        """Return what a reversal opens once its position is closed, or the decision that refuses it, which is told.

        The size is what the reversal itself closed, whatever other exits took before; leverage and margin mode are the
        position's. Stop and target are not taken over: they lie on the other side of the price.
        """
        instrument = self._instruments[position.symbol]
        direction = Direction.SHORT if position.direction is Direction.LONG else Direction.LONG
        price = self._desk.marks.entry_price(position.symbol, direction)
        wish = EntryWish(
            instrument=instrument,
            direction=direction,
            quantity=exit_order.filled_quantity,
            price=price or position.entry_price,
            leverage=position.leverage,
            margin_mode=position.margin_mode,
        )
        ticket = EntryTicket(
            reason=OrderReason.REVERSE,
            signal_key=f"{exit_order.signal_key}:entry",
            epoch=self._desk.gate.epoch,
            action=f"enter_{direction.value}",
            detail=f"reversal of position {position.id}",
        )
        drafted = self._draft_entry(wish, ticket, portfolio=portfolio)
        if isinstance(drafted, Denial):
            return _denied(ticket, drafted, symbol=position.symbol, at=self._desk.clock.now())
        return drafted

    def _store_and_send(self, drafts: Sequence[DraftedOrder], *, epoch: int) -> None:
        """Commit orders as sent, all or none, then send them: from the commit on they may have reached the exchange.

        One that was decided before a pause is not sent any more, and ends here.
        """
        crash_point("L1")
        movement = drafts[0].movement
        for drafted in drafts[1:]:
            movement = movement.followed_by(drafted.movement)
        self._books.post(movement, decisions=[drafted.decision for drafted in drafts])
        crash_point("L3")
        for drafted in drafts:
            self.reports.tell_placed(drafted.order)
        for drafted in drafts:
            order = drafted.order
            if not self._desk.gate.lets(epoch):
                self._desk.held.voided += not order.is_exit or order.reason is OrderReason.SIGNAL
                self.reports.end(order, OrderStatus.NOT_PLACED, detail=VOID)
                continue
            self._broker.submit(order, self._instruments[order.symbol])
        self.reports.book()

    def _hand_over(self, order: Order) -> None:
        self.reports.tell_placed(order)
        self._broker.submit(order, self._instruments[order.symbol])
        self.reports.book()


def _held_up(portfolio: Portfolio, position: Position) -> Sequence[Order]:
    """Return the closes of a position that a used-up book holds up; none where one of them is a forced close."""
    leaving = [order for order in portfolio.exit_orders_of(position.id) if order.leaves_at_once]
    if any(order.reason is OrderReason.LIQUIDATION for order in leaving):
        return ()
    return [order for order in leaving if order.filled_quantity > 0]


def _denied(ticket: EntryTicket | ExitTicket, denial: Denial, *, symbol: str, at: datetime) -> Decision:
    action, run_id = ticket.action, 0
    if isinstance(ticket, ExitTicket):
        action = ticket.said_action
    else:
        run_id = ticket.strategy_run_id or 0
    return Decision(
        at=at,
        strategy_run_id=run_id,
        symbol=symbol,
        action=action,
        outcome=denial.reason.value,
        detail=denial.detail,
    )


def _placed(order: Order, action: str) -> Decision:
    return Decision(
        at=order.created_at,
        strategy_run_id=order.strategy_run_id or 0,
        symbol=order.symbol,
        action=action,
        outcome="order",
        detail=order.detail,
        order_id=order.id,
    )


def _from(now: datetime, order: Order) -> Order:
    """Return an order that waits from now on at the latest: the time it was placed at may be another market's."""
    return order if order.eligible_at <= now else replace(order, eligible_at=now)
