"""Why an order cannot be sent now, as a sentence; empty when it can. The engine decides again anyway. No Qt."""

from __future__ import annotations

from desktop_trader.domain.order import OrderSide
from desktop_trader.messages.snapshot import PositionView
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.models.order_ticket import OrderTicket
from desktop_trader.ui.network_text import refusal_text

_SPOT_IS_LONG_ONLY = "Spot is long only: choose a swap such as BTC/USDT:USDT to go short"


def closing_side(position: PositionView) -> OrderSide:
    """Return the side of an order that closes a position."""
    return OrderSide.SELL if position.direction == "long" else OrderSide.BUY


def shut_text(model: BalanceModel, *, is_exit: bool) -> str:
    """Say why nothing can be ordered at all, or nothing that opens a position."""
    if model.halted:
        return f"Trading is halted: {model.halted}"
    shut, shown = refusal_text(model.network), model.snapshot
    if shut or shown is None or is_exit:
        return shut
    if shown.close_only:
        return f"Close only ({shown.close_only}): nothing may be opened until that is cleared"
    is_paused = shown.auto_trading.is_entries_paused
    return "New entries are paused: resume them to open a position" if is_paused else ""


def lacking_text(ticket: OrderTicket | None, position: PositionView | None, *, symbol: str, is_exit: bool) -> str:
    """Say what an order lacks, or why it is of the wrong side."""
    if ticket is None:
        return f"No open position of {symbol} to reduce" if is_exit else "Waiting for the market"
    if position is not None:
        if ticket.side is not closing_side(position):
            return "Reduce-only: only the side that closes the position"
    elif ticket.side is OrderSide.SELL and not ticket.instrument.allows_short:
        return _SPOT_IS_LONG_ONLY
    return ticket.missing()
