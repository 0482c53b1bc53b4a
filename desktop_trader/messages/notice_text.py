"""Notices as sentences: the same words in the log, in the window and on the terminal."""

from desktop_trader.domain.money import canonical, display_amount
from desktop_trader.messages.notices import (
    AutoTradingChanged,
    BalanceChanged,
    CommandRefused,
    EntriesPaused,
    LogNotice,
    Notice,
    OrderAccepted,
    OrderCanceled,
    OrderDenied,
    OrderFilled,
    PositionClosed,
    PositionOpened,
    TradingHalted,
    TradingPaused,
    TradingResumed,
)


def notice_text(notice: Notice, currency: str) -> str:
    """Return what happened in one sentence; `currency` is that of the account's amounts."""
    if isinstance(notice, LogNotice):
        return notice.message
    if isinstance(notice, PositionOpened):
        return f"Opened {notice.side.upper()} position for {notice.symbol}"
    if isinstance(notice, PositionClosed):
        pnl = display_amount(notice.realized_pnl, currency)
        return f"Closed {notice.side.upper()} position for {notice.symbol}, PnL: {pnl}"
    if isinstance(notice, OrderAccepted | OrderFilled | OrderCanceled | OrderDenied):
        return _order_text(notice, currency)
    if isinstance(notice, BalanceChanged):
        total = display_amount(notice.current_balance, currency)
        return (
            f"Balance is {total} now: {notice.kind} of {canonical(notice.amount)} by {notice.author} ({notice.reason})"
        )
    if isinstance(notice, CommandRefused):
        return f"Refused: {notice.detail}"
    if isinstance(notice, AutoTradingChanged):
        return f"Auto trading {notice.state}: {notice.strategy} on {notice.symbol}"
    if isinstance(notice, EntriesPaused):
        return "New entries are paused" if notice.is_paused else "New entries are allowed again"
    if isinstance(notice, TradingHalted | TradingPaused):
        state = "halted" if isinstance(notice, TradingHalted) else "paused"
        return f"Trading is {state}: {notice.reason} ({notice.detail})"
    if isinstance(notice, TradingResumed):
        return f"Trading goes on: {notice.detail}"
    return notice.event


def notice_level(notice: Notice) -> str:
    """Return how serious a notice is: debug (the steps of an order), info, warning or error."""
    if isinstance(notice, LogNotice):
        return notice.level
    if isinstance(notice, OrderAccepted | OrderFilled):
        return "debug"
    if isinstance(notice, TradingHalted):
        return "error"
    return "warning" if isinstance(notice, CommandRefused | OrderDenied | TradingPaused | TradingResumed) else "info"


def _order_text(notice: OrderAccepted | OrderFilled | OrderCanceled | OrderDenied, currency: str) -> str:
    if isinstance(notice, OrderFilled):
        return (
            f"Filled order {notice.order_id}: {notice.side} {canonical(notice.quantity)} {notice.symbol} at "
            f"{canonical(notice.price)}, fee {display_amount(notice.fee, currency)}"
        )
    if isinstance(notice, OrderAccepted):
        return f"Placed order {notice.order_id}: {notice.side} {canonical(notice.quantity)} {notice.symbol}"
    if isinstance(notice, OrderCanceled):
        return f"Order {notice.order_id} on {notice.symbol} ended: {notice.reason}" + (
            f" ({notice.detail})" if notice.detail else ""
        )
    return f"Denied {notice.side} of {notice.symbol}: {notice.detail}"
