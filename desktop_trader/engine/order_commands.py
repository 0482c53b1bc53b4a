"""Orders and closes by hand: each command ends in the notice of what it did, or of why it was refused."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal

from desktop_trader.domain.entry_rules import Denial, EntryWish, Rule, check_exit
from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.money import canonical
from desktop_trader.domain.order import NO_PROTECTION, Order, OrderReason, OrderSide, OrderType
from desktop_trader.domain.order_terms import (
    OrderTerms,
    check_form,
    check_leverage,
    check_terms,
    check_trail_percent,
    first_denial,
    terms_of,
)
from desktop_trader.domain.position import Position
from desktop_trader.engine.command_ground import CommandGround, CommandHandlers
from desktop_trader.engine.entry_check import market_direction
from desktop_trader.engine.order_desk import OrderDesk
from desktop_trader.engine.tickets import EntryTicket, ExitTicket
from desktop_trader.engine.units_check import units_text
from desktop_trader.messages import commands as c

_BY_HAND = "by hand"
_PART = ":part"
"""What ends the key of a close of a part: the same request may not close the whole."""


class OrderCommands:
    """Places, cancels and closes what people ask for, through the desk that checks and stores. One thread."""

    def __init__(self, ground: CommandGround, orders: OrderDesk) -> None:
        """Trade through `orders`."""
        self._ground = ground
        self._orders = orders
        self._books, self._desk = ground.books, ground.desk

    @property
    def handlers(self) -> CommandHandlers:
        """What is answered here."""
        return {
            c.SubmitOrder: self._submit_order,
            c.SubmitOco: self._submit_pair,
            c.CancelOrder: self._cancel_order,
            c.ClosePosition: self._close_position,
            c.ReversePosition: self._reverse_position,
        }

    def _submit_order(self, command: c.SubmitOrder) -> None:
        key = f"request:{command.request_id}"
        if self._is_repeat(key, lambda stored: _is_placed(stored, command, is_cut=self._orders.entries.cuts_down)):
            return
        instrument = self._check_input(command)
        if self._ground.lacks_price_for(command.symbol, command.trigger_price):
            return
        if command.position_id is not None:
            position = self._position_to_leave(command, instrument)
            if position is not None:
                self._leave(position, (command,), (key,))
            return
        if self._ground.is_held(command.symbol):
            return
        self._orders.place_entry(self._wish(command, instrument), self._entry_ticket(command, key))

    def _submit_pair(self, command: c.SubmitOco) -> None:
        legs = (command.limit, command.stop)
        keys = (f"request:{command.request_id}", f"request:{command.request_id}:stop")
        if self._is_repeat(keys[0], lambda stored: self._is_pair(stored, command, keys[1])):
            return
        _check_pair(command)
        instruments = [self._check_input(leg) for leg in legs]
        if self._ground.lacks_price_for(command.stop.symbol, command.stop.trigger_price):
            return
        if legs[0].position_id is not None:
            position = self._position_to_leave(legs[0], instruments[0])
            if position is not None:
                self._leave(position, legs, keys, oco_id=command.request_id)
            return
        if self._ground.is_held(legs[0].symbol):
            return
        wishes = [self._wish(leg, instrument) for leg, instrument in zip(legs, instruments, strict=True)]
        tickets = [self._entry_ticket(leg, key, oco_id=command.request_id) for leg, key in zip(legs, keys, strict=True)]
        self._orders.place_entry_pair(wishes, tickets)

    def _is_pair(self, stored: Order, command: c.SubmitOco, key: str) -> bool:
        """Say whether a stored order and the one of `key` are the pair that a command asks for."""
        other, oco_id = self._books.order_of_signal(key), command.request_id
        return (
            other is not None
            and _is_placed(stored, command.limit, is_cut=False, oco_id=oco_id)
            and _is_placed(other, command.stop, is_cut=False, oco_id=oco_id)
        )

    def _check_input(self, command: c.SubmitOrder) -> Instrument:
        """Refuse what is no order of any market; return what is traded."""
        instrument = self._ground.instrument(command.symbol)
        _check_numbers(command)
        check_form(_terms(command))
        check_trail_percent(command.protection.trail_percent)
        check_leverage(command.leverage, command.margin_mode, instrument=instrument)
        return instrument

    def _wish(self, command: c.SubmitOrder, instrument: Instrument) -> EntryWish:
        direction, terms = market_direction(command.side is OrderSide.BUY), _terms(command)
        is_priced = terms.limit_price is not None or terms.trigger_price is not None
        market = Decimal(0) if is_priced else self._ground.price(command.symbol, direction)
        price = terms.entry_price(command.side, market, instrument=instrument)
        return EntryWish(
            instrument=instrument,
            direction=direction,
            quantity=command.quantity,
            price=price,
            leverage=command.leverage,
            margin_mode=command.margin_mode,
            limit_price=terms.limit_price,
            trigger_price=terms.trigger_price,
            stop_loss=command.protection.stop_price(price, direction, instrument=instrument),
            take_profit=command.protection.target_price(price, direction, instrument=instrument),
            trail_percent=command.protection.trail_percent,
        )

    def _entry_ticket(self, command: c.SubmitOrder, key: str, *, oco_id: str = "") -> EntryTicket:
        direction = market_direction(command.side is OrderSide.BUY)
        return EntryTicket(
            reason=OrderReason.MANUAL,
            signal_key=key,
            epoch=self._desk.gate.epoch,
            terms=_terms(command),
            protection=command.protection,
            oco_id=oco_id,
            action=f"enter_{direction.value}",
            detail=_BY_HAND,
        )

    def _position_to_leave(self, command: c.SubmitOrder, instrument: Instrument) -> Position | None:
        """Return the position of a reduce-only order; None where it was refused."""
        position = self._open_position(command.position_id or 0)
        if position is None:
            return None
        if position.symbol != instrument.symbol:
            raise InvalidInputError(f"position {position.id} is of {position.symbol}, not of {instrument.symbol}")
        if command.side is position.direction.entry_side:
            side = position.direction.entry_side.opposite.value
            raise InvalidInputError(f"position {position.id} is {position.direction.value}: a {side} closes it")
        if command.protection != NO_PROTECTION:
            raise InvalidInputError("an order that closes has no stop and no target of its own")
        return position

    def _open_position(self, position_id: int) -> Position | None:
        """Return a position that may be left now; None where that was refused."""
        position = self._books.portfolio.positions.get(position_id)
        if position is None:
            self._ground.refuse("not_open", f"position {position_id} is not open any more")
            return None
        if position.symbol not in self._desk.gate.reviewed:
            self._ground.instrument(position.symbol)
        if self._ground.is_held(position.symbol):
            return None
        instrument = self._ground.instruments[position.symbol]
        if not self._orders.units.holds(position, instrument):
            self._ground.refuse("units", units_text(position, instrument))
            return None
        return position

    def _leave(
        self, position: Position, legs: Sequence[c.SubmitOrder], keys: Sequence[str], *, oco_id: str = ""
    ) -> None:
        tickets = [
            ExitTicket(
                reason=OrderReason.MANUAL,
                epoch=self._desk.gate.epoch,
                quantity=leg.quantity,
                terms=_terms(leg),
                signal_key=key,
                oco_id=oco_id,
                detail=_BY_HAND,
            )
            for leg, key in zip(legs, keys, strict=True)
        ]
        self._leave_by(position, tickets)

    def _leave_by(self, position: Position, tickets: Sequence[ExitTicket]) -> None:
        """Place exits that a person asked for, or tell the rule that is against one of them."""
        instrument = self._ground.instruments[position.symbol]
        side = position.direction.entry_side.opposite
        market = self._desk.marks.entry_price(position.symbol, market_direction(side is OrderSide.BUY))
        at, checks = self._desk.clock.present(), []
        for ticket in tickets:
            terms, quantity = ticket.order_terms, ticket.quantity or position.quantity
            looked_at = check_exit(
                position, quantity, instrument=instrument, prices=(terms.limit_price, terms.trigger_price)
            )
            looked_at += check_terms(terms, side, market=market, at=at)
            denial = first_denial(tuple(looked_at)) or self._too_late(position, terms, quantity)
            if denial is not None:
                self._orders.deny(ticket, denial, instrument=instrument, direction=position.direction)
                return
            checks += looked_at
        self._orders.place_exits(position, tickets, checks=checks)

    def _too_late(self, position: Position, terms: OrderTerms, quantity: Decimal) -> Denial | None:
        """Say that so much of a position is on its way out already."""
        leaving = self._books.portfolio.leaving_of(position.id)
        if terms.type is not OrderType.MARKET or quantity + leaving <= position.quantity:
            return None
        return Denial(
            reason=Rule.MAXIMUM_QUANTITY,
            detail=f"{canonical(leaving)} of {canonical(position.quantity)} are being closed already: "
            f"{canonical(position.quantity - leaving)} can be closed besides",
        )

    def _cancel_order(self, command: c.CancelOrder) -> None:
        order = self._books.portfolio.orders.get(command.order_id)
        if order is None:
            self._ground.refuse("not_live", f"order {command.order_id} is not live any more")
            return
        self._orders.cancel(order)
        # Alone, the other one of a pair would do what nobody asked for: exchanges cancel both.
        for other in list(self._books.portfolio.orders.values()):
            if order.oco_id and other.oco_id == order.oco_id and other.id != order.id:
                self._orders.cancel(other, f"the other order of its pair was canceled: {order.id}")

    def _close_position(self, command: c.ClosePosition) -> None:
        key, quantity = f"request:{command.request_id}", command.quantity
        if self._is_repeat(key, lambda stored: _is_close_by(stored, command)):
            return
        if quantity is not None and (not quantity.is_finite() or quantity <= 0):
            raise InvalidInputError(f"the quantity to close must be more than zero, not {quantity}")
        position = self._open_position(command.position_id)
        if position is None:
            return
        is_whole = quantity is None or quantity == position.quantity
        ticket = ExitTicket(
            reason=OrderReason.MANUAL,
            epoch=self._desk.gate.epoch,
            signal_key=key if is_whole else f"{key}{_PART}",
            quantity=quantity,
            detail=_BY_HAND,
        )
        if is_whole:
            self._leave_whole(position, ticket)
        else:
            self._leave_by(position, (ticket,))

    def _reverse_position(self, command: c.ReversePosition) -> None:
        key = f"request:{command.request_id}"
        if self._is_repeat(key, lambda stored: _is_close_of(stored, command.position_id, OrderReason.REVERSE)):
            return
        position = self._open_position(command.position_id)
        if position is None:
            return
        instrument = self._ground.instruments[position.symbol]
        if not instrument.allows_short:
            raise InvalidInputError(f"{instrument.symbol} is spot and long only: close position {position.id} instead")
        epoch = self._desk.gate.epoch
        self._leave_whole(
            position, ExitTicket(reason=OrderReason.REVERSE, epoch=epoch, signal_key=key, detail=_BY_HAND)
        )

    def _leave_whole(self, position: Position, ticket: ExitTicket) -> None:
        if self._orders.place_exit(position, replace(ticket, quantity=None)) is None:
            self._ground.refuse("closing", f"position {position.id} is being closed already")

    def _is_repeat(self, key: str, is_same: Callable[[Order], bool]) -> bool:
        """Answer a request whose id has an order already; say whether it was one."""
        stored = self._books.order_of_signal(key) or self._books.order_of_signal(f"{key}{_PART}")
        if stored is None:
            return False
        self._ground.answer_repeat("This order was already placed", is_same=is_same(stored))
        return True


def _terms(command: c.SubmitOrder) -> OrderTerms:
    return OrderTerms(
        type=command.type,
        limit_price=command.limit_price,
        trigger_price=command.trigger_price,
        trail_percent=command.trail_percent,
        time_in_force=command.time_in_force,
        expires_at=command.expires_at,
        is_post_only=command.is_post_only,
    )


def _is_placed(stored: Order, command: c.SubmitOrder, *, is_cut: bool, oco_id: str = "") -> bool:
    """Say whether an order is what a command asks for, as far as it was not edited since, nor cut down (`is_cut`)."""
    asked = (OrderReason.MANUAL, command.symbol, command.side, command.position_id is not None, oco_id)
    if (stored.reason, stored.symbol, stored.side, stored.is_exit, stored.oco_id) != asked:
        return False
    if stored.is_exit and stored.position_id != command.position_id:
        return False
    if not stored.is_exit and (stored.leverage, stored.margin_mode) != (command.leverage, command.margin_mode):
        return False
    had, wanted = terms_of(stored), _terms(command)
    if stored.revision:  # what an edit may have changed says nothing
        edits = {name: getattr(wanted, name) for name in ("limit_price", "trigger_price", "trail_percent")}
        return (replace(had, **edits), stored.protection) == (wanted, command.protection)
    is_size = stored.quantity <= command.quantity if is_cut else stored.quantity == command.quantity
    return is_size and (had, stored.protection) == (wanted, command.protection)


def _is_close_by(stored: Order, command: c.ClosePosition) -> bool:
    """Say whether an order is the close that a command asks for: of the whole, or of the same part."""
    if not _is_close_of(stored, command.position_id, OrderReason.MANUAL) or stored.type is not OrderType.MARKET:
        return False
    if command.quantity is None:
        return not stored.signal_key.endswith(_PART)
    return stored.quantity == command.quantity


def _is_close_of(stored: Order, position_id: int, reason: OrderReason) -> bool:
    return stored.is_exit and stored.position_id == position_id and stored.reason is reason


def _check_pair(command: c.SubmitOco) -> None:
    limit, stop = command.limit, command.stop
    if limit.type is not OrderType.LIMIT or not stop.type.has_trigger:
        raise InvalidInputError("a pair is a limit order and one that waits for its trigger")
    names = ("symbol", "side", "quantity", "position_id", "leverage", "margin_mode")
    for name in names:
        if getattr(limit, name) != getattr(stop, name):
            raise InvalidInputError(f"the {name.replace('_', ' ')} of the two orders of a pair must be the same")


def _check_numbers(command: c.SubmitOrder) -> None:
    levels = command.protection
    numbers = {
        "the quantity": command.quantity,
        "the stop loss": levels.stop_loss,
        "the take profit": levels.take_profit,
        "the stop loss in percent": levels.stop_loss_percent,
        "the take profit in percent": levels.take_profit_percent,
    }
    for what, number in numbers.items():
        if number is not None and not number.is_finite():
            raise InvalidInputError(f"{what} must be a number, not {number}")
