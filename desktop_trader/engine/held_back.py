"""What an account did not do while the gate was closed, counted for the report of the outage."""

from desktop_trader.domain.portfolio import Portfolio
from desktop_trader.messages.network import HeldBack


class HeldCounts:
    """Counts of one account since the last report. One thread.

    `exits` are looks at an open position, `entries` looks at a live order that opens one, each at a price that
    passed; `signals` are bars on which a strategy would have decided, `voided` wishes of entries, and of exits of a
    strategy, that were ended instead of filled, `commands` what people were refused.
    """

    __slots__ = ("commands", "entries", "exits", "signals", "voided")

    def __init__(self) -> None:
        """Begin with nothing."""
        self.clear()

    def clear(self) -> None:
        """Forget everything: it is reported."""
        self.signals = self.exits = self.entries = self.voided = self.commands = 0

    def note_price(self, portfolio: Portfolio, symbol: str) -> None:
        """Count what a price that passes unused would have been looked at for."""
        self.exits += sum(position.symbol == symbol for position in portfolio.positions.values())
        self.entries += sum(order.symbol == symbol and not order.is_exit for order in portfolio.orders.values())

    def view(self, account: str) -> tuple[HeldBack, ...]:
        """Return what there is, without what there is nothing of."""
        counts = ((what, getattr(self, what)) for what in ("signals", "exits", "entries", "voided", "commands"))
        return tuple(HeldBack(account=account, what=what, count=count) for what, count in counts if count)
