"""Carries out what people ask for: each command ends in the notice of what it did, or of why it was refused."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from decimal import Decimal
from itertools import islice
from typing import Any

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.order import Direction, Order, OrderReason, OrderSide, OrderType
from desktop_trader.domain.risk import EntryWish
from desktop_trader.engine.auto_trading import AutoTrading
from desktop_trader.engine.balance_desk import BalanceDesk
from desktop_trader.engine.bookkeeper import Bookkeeper, Desk
from desktop_trader.engine.order_desk import OrderDesk
from desktop_trader.engine.ports import MarketFeed
from desktop_trader.engine.price_age import PriceAge
from desktop_trader.engine.tickets import EntryTicket, ExitTicket
from desktop_trader.engine.trading_gate import review_text
from desktop_trader.engine.units_check import units_text
from desktop_trader.messages import commands as c
from desktop_trader.messages.notices import HALTED, NETWORK, UNCERTAIN, AlreadyDone, CommandRefused, EntriesPaused

_REQUEST_ID_LIMIT = 64
_SYMBOLS_NAMED = 8


class CommandDesk:
    """Answers commands, one at a time, in the engine's thread."""

    def __init__(
        self, books: Bookkeeper, orders: OrderDesk, auto_trading: AutoTrading, *, desk: Desk, feed: MarketFeed
    ) -> None:
        """Act on these parts of one engine."""
        self._books = books
        self._orders = orders
        self._auto = auto_trading
        self._desk = desk
        self._feed = feed
        self._instruments: Mapping[str, Instrument] = feed.listing()
        self._price_age = PriceAge(feed, desk.gate, clock=desk.clock, marks=desk.marks)
        money = BalanceDesk(books, auto_trading, desk)
        self._handlers: dict[type, Callable[[Any], None]] = {
            c.SubmitOrder: self._submit_order,
            c.CancelOrder: self._cancel_order,
            c.ClosePosition: self._close_position,
            c.AdjustBalance: money.adjust,
            c.ResetAccount: money.reset,
            c.ImportBalance: money.take_over,
            c.StartAutoTrading: self._start_auto_trading,
            c.StopAutoTrading: self._stop_auto_trading,
            c.PauseEntries: self._pause_entries,
            c.ResumeEntries: self._resume_entries,
            c.ExecuteSignal: self._execute_signal,
            c.WatchSymbol: self._watch_symbol,
        }

    def carry_out(self, command: c.Command) -> None:
        """Do what a command asks, or pin why not; bad input changes nothing."""
        try:
            _check_texts(command)
            self._desk.board.request_id = command.request_id
            self._handlers[type(command)](command)
        except InvalidInputError as error:
            self._refuse("bad_input", error.user_message, is_bad_input=True)
        finally:
            self._desk.board.request_id = ""

    def refuse_halted(self, command: c.Command, why: str, *, is_certain: bool = True) -> None:
        """Answer a command that came after trading was halted, or halted it; one that has its answer gets no other.

        Not `is_certain`: it may have been carried out.
        """
        board = self._desk.board
        if board.has_answered(command.request_id):
            return
        board.request_id = command.request_id
        self._refuse(HALTED if is_certain else UNCERTAIN, why)
        board.request_id = ""

    def _submit_order(self, command: c.SubmitOrder) -> None:
        key = f"request:{command.request_id}"
        stored = self._books.order_of_signal(key)
        if stored is not None:
            self._answer_repeat("This order was already placed", is_same=_is_placed(stored, command))
            return
        instrument = self._instrument(command.symbol)
        _check_numbers(command)
        if self._is_held(command.symbol):
            return
        direction = Direction.LONG if command.side is OrderSide.BUY else Direction.SHORT
        limit = command.limit_price if command.type is OrderType.LIMIT else None
        if command.type not in (OrderType.MARKET, OrderType.LIMIT):
            raise InvalidInputError("an entry is a market or a limit order")
        if command.type is OrderType.LIMIT and limit is None:
            raise InvalidInputError("a limit order needs its limit price")
        price = limit or self._price(command.symbol, direction)
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

    def _price(self, symbol: str, direction: Direction) -> Decimal:
        """Return what an entry would pay now, of a price that is new enough to say so."""
        why_none = self._price_age.why_none(symbol)
        price = self._desk.marks.entry_price(symbol, direction)
        if why_none or price is None:
            raise InvalidInputError(why_none or f"{symbol} has no price yet; wait for the first one")
        return price

    def _cancel_order(self, command: c.CancelOrder) -> None:
        order = self._books.portfolio.orders.get(command.order_id)
        if order is None:
            self._refuse("not_live", f"order {command.order_id} is not live any more")
            return
        self._orders.cancel(order)

    def _close_position(self, command: c.ClosePosition) -> None:
        position = self._books.portfolio.positions.get(command.position_id)
        if position is None:
            self._refuse("not_open", f"position {command.position_id} is not open any more")
            return
        if position.symbol not in self._desk.gate.reviewed:
            self._instrument(position.symbol)
        if self._is_held(position.symbol):
            return
        instrument = self._instruments[position.symbol]
        if not self._orders.units.holds(position, instrument):
            self._refuse("units", units_text(position, instrument))
            return
        ticket = ExitTicket(reason=OrderReason.MANUAL, epoch=self._desk.gate.epoch, detail="by hand")
        if self._orders.place_exit(position, ticket) is None:
            self._refuse("closing", f"position {command.position_id} is being closed already")

    def _start_auto_trading(self, command: c.StartAutoTrading) -> None:
        self._instrument(command.symbol)
        if self._is_held(command.symbol):
            return
        self._auto.start(command.strategy, command.parameters, symbol=command.symbol, timeframe=command.timeframe)

    def _stop_auto_trading(self, command: c.StopAutoTrading) -> None:
        if self._auto.run is None:
            self._refuse("not_running", "no strategy is running")
            return
        self._auto.stop()

    def _pause_entries(self, command: c.PauseEntries) -> None:
        self._books.pause_entries(True)
        self._desk.board.pin(EntriesPaused, is_paused=True)

    def _resume_entries(self, command: c.ResumeEntries) -> None:
        self._books.pause_entries(False)
        self._desk.board.pin(EntriesPaused, is_paused=False)

    def _execute_signal(self, command: c.ExecuteSignal) -> None:
        key = f"request:{command.request_id}"
        self._instrument(command.symbol)
        stored = self._books.order_of_signal(key)
        if stored is not None:
            is_same = (stored.reason, stored.symbol, stored.side) == (OrderReason.SIGNAL, command.symbol, command.side)
            self._answer_repeat("This signal was already executed", is_same=is_same)
            return
        if self._is_held(command.symbol):
            return
        direction = Direction.LONG if command.side is OrderSide.BUY else Direction.SHORT
        self._auto.execute_signal(command.symbol, direction, request_key=key)

    def _watch_symbol(self, command: c.WatchSymbol) -> None:
        self._listed(command.symbol)  # whatever it is paid in: prices may be looked at
        self._feed.subscribe(command.symbol, None)
        self._desk.board.log(f"Following {command.symbol}")

    def _listed(self, symbol: str) -> Instrument:
        instrument = self._instruments.get(symbol)
        if instrument is None:
            raise InvalidInputError(f"{symbol} is not traded here; there is {_some_of(self._instruments)}")
        return instrument

    def _instrument(self, symbol: str) -> Instrument:
        instrument = self._listed(symbol)
        currency = self._books.portfolio.account.currency
        if instrument.settle != currency:
            raise InvalidInputError(f"{symbol} is paid in {instrument.settle}, but this account holds {currency}")
        return instrument

    def _is_held(self, symbol: str) -> bool:
        """Refuse a command that would trade while nothing may, or not this symbol; it is not kept for later."""
        gate = self._desk.gate
        if symbol in gate.reviewed:
            self._refuse("review", review_text(symbol))
            return True
        if gate.is_open:
            return False
        self._desk.held.commands += 1
        self._refuse(NETWORK, f"{gate.refusal}; nothing was done; try again when trading goes on")
        return True

    def _answer_repeat(self, message: str, *, is_same: bool) -> None:
        """Answer a request whose id has an order already."""
        if is_same:
            self._desk.board.pin(AlreadyDone, message=message)
        else:
            self._refuse("request_id_used", "this request_id was used for another order; take a new one")

    def _refuse(self, reason: str, detail: str, *, is_bad_input: bool = False) -> None:
        self._desk.board.pin(CommandRefused, reason=reason, detail=detail, is_bad_input=is_bad_input)


def _some_of(instruments: Mapping[str, Instrument]) -> str:
    """Name what there is; of thousands the first few."""
    if not instruments:
        return "nothing yet: the market's list has not come"
    names = ", ".join(islice(instruments, _SYMBOLS_NAMED))
    more = len(instruments) - _SYMBOLS_NAMED
    return f"{names} and {more:,} more" if more > 0 else names


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


def _check_texts(command: c.Command) -> None:
    """Refuse what the books cannot hold or a person cannot read: control characters, lone surrogates, endless ids."""
    for each in fields(command):
        value = getattr(command, each.name)
        if isinstance(value, str) and not value.isprintable():
            raise InvalidInputError(f"{each.name.replace('_', ' ')} holds characters that cannot be printed")
    if len(command.request_id) > _REQUEST_ID_LIMIT:
        raise InvalidInputError(f"a request id has {_REQUEST_ID_LIMIT} characters at most")
