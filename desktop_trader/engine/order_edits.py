"""Edits of live orders: new terms are checked as those of a new order are, and the reserve follows them."""

from dataclasses import replace
from decimal import Decimal

from desktop_trader.domain import order_accounting
from desktop_trader.domain.entry_rules import Denial, EntryWish, check_exit
from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.money import ZERO, canonical
from desktop_trader.domain.order import Order, OrderStatus, OrderType
from desktop_trader.domain.order_terms import OrderTerms, check_figure, check_form, check_terms, first_denial, terms_of
from desktop_trader.domain.portfolio import Movement
from desktop_trader.domain.receipts import change_text
from desktop_trader.domain.standing import Standing
from desktop_trader.engine.command_ground import CommandGround, CommandHandlers
from desktop_trader.engine.done_requests import DoneRequests
from desktop_trader.engine.entry_check import market_direction
from desktop_trader.engine.order_desk import OrderDesk
from desktop_trader.engine.tickets import EntryTicket, ExitTicket
from desktop_trader.messages import commands as c
from desktop_trader.messages.notices import AlreadyDone, OrderEdited

_TERMS = ("quantity", "limit_price", "trigger_price", "trail_percent")


class OrderEdits:
    """Changes quantity, prices and trailing distance of resting orders of one account. One thread."""

    def __init__(self, ground: CommandGround, orders: OrderDesk) -> None:
        """Change orders through `orders`."""
        self._ground = ground
        self._orders = orders
        self._books, self._desk = ground.books, ground.desk
        self._done = DoneRequests(ground)

    @property
    def handlers(self) -> CommandHandlers:
        """What is answered here."""
        return {c.EditOrder: self._edit}

    def _edit(self, command: c.EditOrder) -> None:
        for name in _TERMS:
            check_figure(getattr(command, name), what=f"the {name.replace('_', ' ')}")
        if self._done.is_repeat(command, "This order was already edited so"):
            return
        order = self._books.portfolio.orders.get(command.order_id)
        if order is None:
            self._ground.refuse("not_live", f"order {command.order_id} is not live any more")
            return
        self._ground.instrument(order.symbol)
        if self._ground.is_held(order.symbol) or self._ground.lacks_price_for(order.symbol, command.trigger_price):
            return
        edited = _edited(order, command)
        done = self._done.decision(command, symbol=order.symbol, order_id=order.id)
        if edited == order:
            self._books.post(Movement(), decisions=(done,))
            self._desk.board.pin(AlreadyDone, message=f"Order {order.id} has these terms already")
            return
        denial = self._denial_of(order, edited) if order.is_exit else None
        after: Order | Denial = denial or (edited if order.is_exit else self._with_reserve(order, edited))
        if isinstance(after, Denial):
            self._deny(order, after)
            return
        after = replace(
            after,
            revision=order.revision + 1,
            updated_at=self._desk.clock.now(),
            eligible_at=self._desk.clock.present(),
        )
        self._orders.replace(order, after, done=done)
        self._desk.board.pin(
            OrderEdited,
            symbol=after.symbol,
            side=after.side.value,
            order_id=after.id,
            quantity=after.quantity,
            price=after.limit_price or after.trigger_price,
            detail=change_text(order, after),
        )

    def _with_reserve(self, order: Order, edited: Order) -> Order | Denial:
        """Return an entry with what it needs at its new terms; checked on the account as it is without the order."""
        instrument = self._ground.instruments[order.symbol]
        wish = self._wish(edited, instrument)
        now, grows = self._desk.clock.now(), wish.reserve > order.reserve or edited.quantity > order.quantity
        ended = order_accounting.end_order(self._books.portfolio, order, status=OrderStatus.CANCELED, at=now)
        without = self._books.portfolio.apply(ended, at=now)
        if grows:
            closed = self._orders.entries.closed()
            if closed is not None:
                return closed
            wish = self._orders.entries.on_top(self._with_lot(edited, wish), without, pair=order.oco_id)
        verdict = self._orders.entries.verdict(wish, self._compared(order, edited), portfolio=without, is_whole=True)
        return verdict if isinstance(verdict, Denial) else replace(edited, reserve=wish.reserve)

    def _with_lot(self, order: Order, wish: EntryWish) -> EntryWish:
        """Return what would be filled on top of the lot that the order has opened: limits are those of both."""
        lot = self._books.portfolio.positions.get(order.position_id or 0)
        if lot is None:
            return wish
        wish = replace(wish, stop_loss=lot.stop_loss, take_profit=lot.take_profit, trail_percent=lot.trail_percent)
        opened = replace(wish, quantity=lot.quantity, price=lot.entry_price, leverage=lot.leverage)
        is_gain = lot.stop_loss is not None and (lot.stop_loss - lot.entry_price) * lot.direction.sign >= 0
        loss = ZERO if is_gain else opened.loss_at_stop or ZERO
        return replace(wish, standing=replace(wish.standing, margin=lot.margin, loss=loss))

    def _wish(self, order: Order, instrument: Instrument) -> EntryWish:
        terms, direction = terms_of(order), order.direction
        is_priced = terms.limit_price is not None or terms.trigger_price is not None
        market = ZERO if is_priced else self._ground.price(order.symbol, direction)
        price = terms.entry_price(order.side, market, instrument=instrument)
        return EntryWish(
            instrument=instrument,
            direction=direction,
            quantity=order.remaining_quantity,
            price=price,
            leverage=order.leverage,
            margin_mode=order.margin_mode,
            limit_price=terms.limit_price,
            trigger_price=terms.trigger_price,
            stop_loss=order.protection.stop_price(price, direction, instrument=instrument),
            take_profit=order.protection.target_price(price, direction, instrument=instrument),
            trail_percent=order.protection.trail_percent,
            standing=Standing(filled=order.filled_quantity),
        )

    def _denial_of(self, order: Order, edited: Order) -> Denial | None:
        """Say why an exit may not have its new terms."""
        position = self._books.portfolio.positions[order.position_id or 0]
        instrument = self._ground.instruments[order.symbol]
        looked_at = check_exit(
            position,
            edited.remaining_quantity,
            instrument=instrument,
            prices=(edited.limit_price, edited.trigger_price),
        )
        market = self._desk.marks.entry_price(order.symbol, market_direction(buys=order.side.value == "buy"))
        terms = self._compared(order, edited)
        looked_at += check_terms(terms, order.side, market=market, at=self._desk.clock.present())
        return first_denial(tuple(looked_at))

    def _compared(self, order: Order, edited: Order) -> OrderTerms:
        """Return the new terms, without a trigger that was not changed: it may lie behind the market by now."""
        terms = terms_of(edited)
        return replace(terms, trigger_price=None) if edited.trigger_price == order.trigger_price else terms

    def _deny(self, order: Order, denial: Denial) -> None:
        instrument, epoch = self._ground.instruments[order.symbol], self._desk.gate.epoch
        ticket: EntryTicket | ExitTicket
        if order.is_exit:
            ticket = ExitTicket(reason=order.reason, epoch=epoch, action="edit")
        else:
            ticket = EntryTicket(reason=order.reason, signal_key="", epoch=epoch, action="edit")
        self._orders.deny(ticket, denial, instrument=instrument, direction=order.direction)


def _edited(order: Order, command: c.EditOrder) -> Order:
    """Return an order with the terms that a command names.

    Raises:
        InvalidInputError: the order has no such term, or cannot be changed any more.
    """
    if order.type is OrderType.MARKET or order.leaves_at_once:
        raise InvalidInputError(f"order {order.id} does not rest: it is filled at the next price")
    changes: dict[str, Decimal] = {name: value for name in _TERMS if (value := getattr(command, name)) is not None}
    if not changes:
        raise InvalidInputError("nothing to change was named")
    if order.is_triggered and changes.keys() & {"trigger_price", "trail_percent"}:
        raise InvalidInputError(f"the trigger of order {order.id} was reached already and cannot be moved")
    edited = replace(order, **changes)  # type: ignore[arg-type]  # each name is a decimal of an order
    check_form(terms_of(edited))
    quantity = changes.get("quantity", order.quantity)
    if not quantity.is_finite() or quantity <= order.filled_quantity:
        raise InvalidInputError(
            f"the quantity must be more than the {canonical(order.filled_quantity)} that are filled, not {quantity}"
        )
    if order.oco_id and quantity != order.quantity:
        raise InvalidInputError("the quantity of a pair is that of both orders: cancel them and place another pair")
    return edited
