"""Carries out what people ask for: each command ends in the notice of what it did, or of why it was refused."""

from collections.abc import Callable
from dataclasses import fields

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.order import Direction, OrderReason, OrderSide
from desktop_trader.engine.auto_trading import AutoTrading
from desktop_trader.engine.balance_desk import BalanceDesk
from desktop_trader.engine.bookkeeper import Bookkeeper, Desk
from desktop_trader.engine.close_all_desk import CloseAllDesk
from desktop_trader.engine.command_ground import CommandGround, CommandHandlers
from desktop_trader.engine.order_commands import OrderCommands
from desktop_trader.engine.order_desk import OrderDesk
from desktop_trader.engine.order_edits import OrderEdits
from desktop_trader.engine.ports import MarketFeed
from desktop_trader.messages import commands as c
from desktop_trader.messages.notices import HALTED, UNCERTAIN, EntriesPaused

_REQUEST_ID_LIMIT = 64


class CommandDesk:
    """Answers commands, one at a time, in the engine's thread."""

    def __init__(
        self, books: Bookkeeper, orders: OrderDesk, auto_trading: AutoTrading, *, desk: Desk, feed: MarketFeed
    ) -> None:
        """Act on these parts of one engine: each desk brings what it answers."""
        self._books = books
        self._auto = auto_trading
        self._desk = desk
        self._ground = ground = CommandGround(books, desk, feed)
        money = BalanceDesk(books, auto_trading, desk)
        desks: tuple[CommandHandlers, ...] = (
            OrderCommands(ground, orders).handlers,
            OrderEdits(ground, orders).handlers,
            CloseAllDesk(ground, orders).handlers,
            {
                c.AdjustBalance: money.adjust,
                c.ResetAccount: money.reset,
                c.ImportBalance: money.take_over,
            },
            {
                c.StartAutoTrading: self._start_auto_trading,
                c.StopAutoTrading: self._stop_auto_trading,
                c.PauseEntries: self._pause_entries,
                c.ResumeEntries: self._resume_entries,
                c.ExecuteSignal: self._execute_signal,
                c.WatchSymbol: self._watch_symbol,
            },
        )
        self._handlers = {kind: handler for answers in desks for kind, handler in answers.items()}

    def answer_with(self, make: Callable[[CommandGround], CommandHandlers]) -> None:
        """Answer what one more desk brings, which stands on the same ground."""
        self._handlers |= make(self._ground)

    def carry_out(self, command: c.Command) -> None:
        """Do what a command asks, or pin why not; bad input changes nothing."""
        try:
            _check_texts(command)
            self._desk.board.request_id = command.request_id
            self._handlers[type(command)](command)
        except InvalidInputError as error:
            self._ground.refuse("bad_input", error.user_message, is_bad_input=True)
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
        self._ground.refuse(HALTED if is_certain else UNCERTAIN, why)
        board.request_id = ""

    def _start_auto_trading(self, command: c.StartAutoTrading) -> None:
        self._ground.instrument(command.symbol)
        if self._ground.is_held(command.symbol):
            return
        self._auto.start(command.strategy, command.parameters, symbol=command.symbol, timeframe=command.timeframe)

    def _stop_auto_trading(self, command: c.StopAutoTrading) -> None:
        if self._auto.run is None:
            self._ground.refuse("not_running", "no strategy is running")
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
        self._ground.instrument(command.symbol)
        stored = self._books.order_of_signal(key)
        if stored is not None:
            is_same = (stored.reason, stored.symbol, stored.side) == (OrderReason.SIGNAL, command.symbol, command.side)
            self._ground.answer_repeat("This signal was already executed", is_same=is_same)
            return
        if self._ground.is_held(command.symbol):
            return
        direction = Direction.LONG if command.side is OrderSide.BUY else Direction.SHORT
        self._auto.execute_signal(command.symbol, direction, request_key=key)

    def _watch_symbol(self, command: c.WatchSymbol) -> None:
        self._ground.listed(command.symbol)  # whatever it is paid in: prices may be looked at
        self._ground.feed.subscribe(command.symbol, None)
        self._desk.board.log(f"Following {command.symbol}")


def _check_texts(command: c.Command) -> None:
    """Refuse what the books cannot hold or a person cannot read: control characters, lone surrogates, endless ids."""
    for each in fields(command):
        value = getattr(command, each.name)
        if isinstance(value, str) and not value.isprintable():
            raise InvalidInputError(f"{each.name.replace('_', ' ')} holds characters that cannot be printed")
    if len(command.request_id) > _REQUEST_ID_LIMIT:
        raise InvalidInputError(f"a request id has {_REQUEST_ID_LIMIT} characters at most")
