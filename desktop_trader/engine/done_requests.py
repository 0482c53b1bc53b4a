"""Changes by hand that are booked already: the same request acts once, also after a restart and after later changes.

What was asked for stands, word for word, in the log of decisions, in the transaction of what it did.
"""

from dataclasses import fields
from decimal import Decimal

from desktop_trader.domain.money import canonical
from desktop_trader.domain.strategy_run import Decision
from desktop_trader.engine.command_ground import CommandGround
from desktop_trader.messages import commands as c

ChangeCommand = c.EditOrder | c.SetProtection | c.ChangeMargin | c.SetLeverage
_ACTIONS: dict[type, str] = {
    c.EditOrder: "edit_order",
    c.SetProtection: "set_protection",
    c.ChangeMargin: "change_margin",
    c.SetLeverage: "set_leverage",
}
_NOT_TERMS = frozenset({"request_id", "author", "account"})


class DoneRequests:
    """Knows the changes of orders and positions of one account by their requests. One thread."""

    def __init__(self, ground: CommandGround) -> None:
        """Look into the books of this ground."""
        self._ground = ground

    def is_repeat(self, command: ChangeCommand, message: str) -> bool:
        """Answer a request whose id was used already, with `message` where it asked for the same."""
        books = self._ground.books
        done = books.decision_beginning(_beginning(command.request_id))
        if done is None and not books.has_entry(f"request:{command.request_id}"):
            return False
        is_same = done is not None and (done.action, done.detail) == (_ACTIONS[type(command)], _text(command))
        self._ground.answer_repeat(message, is_same=is_same)
        return True

    def decision(self, command: ChangeCommand, *, symbol: str, order_id: int = 0) -> Decision:
        """Return what notes that a request is done, to be stored with what it did."""
        return Decision(
            at=self._ground.desk.clock.now(),
            strategy_run_id=0,
            symbol=symbol,
            action=_ACTIONS[type(command)],
            outcome="changed",
            detail=_text(command),
            order_id=order_id,
        )


def _beginning(request_id: str) -> str:
    return f"request {request_id}: "


def _text(command: ChangeCommand) -> str:
    terms = (
        f"{each.name.replace('_', ' ')} {_value(getattr(command, each.name))}"
        for each in fields(command)
        if each.name not in _NOT_TERMS
    )
    return _beginning(command.request_id) + ", ".join(terms)


def _value(value: Decimal | int | None) -> str:
    if value is None:
        return "-"
    return canonical(value) if isinstance(value, Decimal) else str(value)
