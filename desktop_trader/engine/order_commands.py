"""Orders and closes by hand: each command ends in the notice of what it did, or of why it was refused."""

from desktop_trader.domain.entry_rules import EntryWish
from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.order import Direction, Order, OrderReason, OrderSide, OrderType
from desktop_trader.engine.command_ground import CommandGround, CommandHandlers
from desktop_trader.engine.order_desk import OrderDesk
from desktop_trader.engine.tickets import EntryTicket, ExitTicket
from desktop_trader.engine.units_check import units_text
from desktop_trader.messages import commands as c


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
            c.CancelOrder: self._cancel_order,
            c.ClosePosition: self._close_position,
        }

    def _submit_order(self, command: c.SubmitOrder) -> None:
        key = f"request:{command.request_id}"
        stored = self._books.order_of_signal(key)
        if stored is not None:
            self._ground.answer_repeat("This order was already placed", is_same=_is_placed(stored, command))
            return
        instrument = self._ground.instrument(command.symbol)
        _check_numbers(command)
        if self._ground.is_held(command.symbol):
            return
        direction = Direction.LONG if command.side is OrderSide.BUY else Direction.SHORT
        limit = command.limit_price if command.type is OrderType.LIMIT else None
        if command.type not in (OrderType.MARKET, OrderType.LIMIT):
            raise InvalidInputError("an entry is a market or a limit order")
        if command.type is OrderType.LIMIT and limit is None:
            raise InvalidInputError("a limit order needs its limit price")
        price = limit or self._ground.price(command.symbol, direction)
        wish = EntryWish(
            instrument=instrument,
            direction=direction,
            quantity=command.quantity,
            price=price,
            limit_price=limit,
            stop_loss=command.protection.stop_price(price, direction, instrument=instrument),
            take_profit=command.protection.target_price(price, direction, instrument=instrument),
        )
        ticket = EntryTicket(
            reason=OrderReason.MANUAL,
            signal_key=key,
            epoch=self._desk.gate.epoch,
            type=command.type,
            protection=command.protection,
            action=f"enter_{direction.value}",
            detail="by hand",
        )
        self._orders.place_entry(wish, ticket)

    def _cancel_order(self, command: c.CancelOrder) -> None:
        order = self._books.portfolio.orders.get(command.order_id)
        if order is None:
            self._ground.refuse("not_live", f"order {command.order_id} is not live any more")
            return
        self._orders.cancel(order)

    def _close_position(self, command: c.ClosePosition) -> None:
        position = self._books.portfolio.positions.get(command.position_id)
        if position is None:
            self._ground.refuse("not_open", f"position {command.position_id} is not open any more")
            return
        if position.symbol not in self._desk.gate.reviewed:
            self._ground.instrument(position.symbol)
        if self._ground.is_held(position.symbol):
            return
        instrument = self._ground.instruments[position.symbol]
        if not self._orders.units.holds(position, instrument):
            self._ground.refuse("units", units_text(position, instrument))
            return
        ticket = ExitTicket(reason=OrderReason.MANUAL, epoch=self._desk.gate.epoch, detail="by hand")
        if self._orders.place_exit(position, ticket) is None:
            self._ground.refuse("closing", f"position {command.position_id} is being closed already")


def _is_placed(stored: Order, command: c.SubmitOrder) -> bool:
    """Say whether an order is what a command asks for."""
    limit = command.limit_price if command.type is OrderType.LIMIT else None
    return (
        stored.reason,
        stored.symbol,
        stored.side,
        stored.type,
        stored.quantity,
        stored.limit_price,
        stored.protection,
    ) == (
        OrderReason.MANUAL,
        command.symbol,
        command.side,
        command.type,
        command.quantity,
        limit,
        command.protection,
    )


def _check_numbers(command: c.SubmitOrder) -> None:
    levels = command.protection
    numbers = {
        "the quantity": command.quantity,
        "the limit price": command.limit_price,
        "the stop loss": levels.stop_loss,
        "the take profit": levels.take_profit,
        "the stop loss in percent": levels.stop_loss_percent,
        "the take profit in percent": levels.take_profit_percent,
    }
    for what, number in numbers.items():
        if number is not None and not number.is_finite():
            raise InvalidInputError(f"{what} must be a number, not {number}")
