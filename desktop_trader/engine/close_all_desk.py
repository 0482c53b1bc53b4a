"""Panic: cancel every order, close every position, and enter nothing until a person allows it again.

The latch comes first and is stored: whatever happens afterwards, nothing is entered. What cannot be closed now is told,
never kept for later.
"""

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.order import OrderReason
from desktop_trader.domain.position import Position
from desktop_trader.domain.strategy_run import Decision
from desktop_trader.engine.command_ground import CommandGround, CommandHandlers
from desktop_trader.engine.order_desk import OrderDesk
from desktop_trader.engine.tickets import ExitTicket
from desktop_trader.engine.trading_gate import review_text
from desktop_trader.engine.units_check import units_text
from desktop_trader.messages import commands as c
from desktop_trader.messages.notices import NETWORK, AlreadyDone, CloseOnlyChanged

_LONGEST_REASON = 200


class CloseAllDesk:
    """Answers the panic commands of one account. One thread."""

    def __init__(self, ground: CommandGround, orders: OrderDesk) -> None:
        """Cancel and close through `orders`."""
        self._ground = ground
        self._orders = orders
        self._books, self._desk = ground.books, ground.desk

    @property
    def handlers(self) -> CommandHandlers:
        """What is answered here."""
        return {c.CloseAll: self._close_all, c.ClearCloseOnly: self._clear}

    def _close_all(self, command: c.CloseAll) -> None:
        reason = _checked_reason(command.reason)
        was_latched = bool(self._books.close_only)
        if not was_latched:
            self._books.set_close_only(reason, self._decision("close_all", reason, command.author))
        canceled = self._cancel_orders()
        positions = list(self._books.portfolio.positions.values())
        why_not = {position.id: self._why_not(position) for position in positions}
        for position in positions:
            if not why_not[position.id]:
                self._leave(position)
        if was_latched:
            message = "Entries were stopped by a close all before, and still are"
            self._desk.board.pin(AlreadyDone, message=f"{message}: {self._books.close_only}")
        else:
            self._desk.board.pin(
                CloseOnlyChanged,
                is_close_only=True,
                reason=reason,
                author=command.author,
                detail=f"{canceled} orders canceled, {len(positions)} positions to close",
            )
        self._tell_left(positions, why_not)

    def _cancel_orders(self) -> int:
        """End every order but those that leave a position at once; return how many."""
        resting = [each for each in self._books.portfolio.orders.values() if not each.leaves_at_once]
        for order in resting:
            if order.id in self._books.portfolio.orders:  # the other one of a pair may have ended with it
                self._orders.cancel(order, f"close all: {self._books.close_only}")
        return len(resting)

    def _leave(self, position: Position) -> None:
        ticket = ExitTicket(
            reason=OrderReason.CLOSE_ALL, epoch=self._desk.gate.epoch, detail=f"close all: {self._books.close_only}"
        )
        self._orders.place_exit(position, ticket)

    def _why_not(self, position: Position) -> str:
        """Say why a position cannot be closed now; empty where it can."""
        gate, instrument = self._desk.gate, self._ground.instruments.get(position.symbol)
        if position.symbol in gate.reviewed:
            return review_text(position.symbol)
        if not gate.is_open:
            return gate.refusal
        if instrument is None:
            return f"{position.symbol} is not listed here any more"
        return "" if self._orders.units.holds(position, instrument) else units_text(position, instrument)

    def _tell_left(self, positions: list[Position], why_not: dict[int, str]) -> None:
        left = [position for position in positions if why_not[position.id]]
        if not left:
            return
        is_network = not self._desk.gate.is_open
        if is_network:
            self._desk.held.commands += 1
        named = ", ".join(f"{position.id} ({position.symbol})" for position in left)
        reasons = "; ".join(dict.fromkeys(why_not[position.id] for position in left))
        self._ground.refuse(
            NETWORK if is_network else "review",
            f"orders are canceled and nothing new is entered, but {len(left)} of {len(positions)} positions stay open: "
            f"{named}. {reasons}. Close all again when trading goes on",
        )

    def _clear(self, command: c.ClearCloseOnly) -> None:
        reason = _checked_reason(command.reason)
        if not self._books.close_only:
            self._desk.board.pin(AlreadyDone, message="Entries are allowed: nothing was to be cleared")
            return
        self._books.set_close_only("", self._decision("clear_close_only", reason, command.author))
        self._desk.board.pin(CloseOnlyChanged, is_close_only=False, reason=reason, author=command.author)

    def _decision(self, action: str, reason: str, author: str) -> Decision:
        return Decision(
            at=self._desk.clock.now(),
            strategy_run_id=0,
            symbol="",
            action=action,
            outcome="latched" if action == "close_all" else "cleared",
            detail=f"{reason} (by {author})",
        )


def _checked_reason(text: str) -> str:
    reason = text.strip()
    if not 1 <= len(reason) <= _LONGEST_REASON:
        raise InvalidInputError(f"a reason of 1 to {_LONGEST_REASON} characters is needed, not of {len(reason)}")
    return reason
