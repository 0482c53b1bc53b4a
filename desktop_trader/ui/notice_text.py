"""What a notice says to a person, in one line."""

from desktop_trader.domain.money import canonical
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
)
from desktop_trader.ui.number_format import format_money, format_signed_money


def notice_text(notice: Notice, currency: str) -> str:
    """Write a notice as a sentence; amounts in the account's currency."""
    return _about_orders(notice, currency) or _about_the_account(notice, currency)


def is_bad_news(notice: Notice) -> bool:
    """Whether a notice says that something did not happen, or must not go unseen."""
    if isinstance(notice, LogNotice):
        return notice.level != "info"
    return isinstance(notice, OrderDenied | CommandRefused | TradingHalted)


def _about_orders(notice: Notice, currency: str) -> str:
    match notice:
        case OrderFilled():
            size = f"{notice.side.upper()} {canonical(notice.quantity)} {notice.symbol}"
            return f"Filled: {size} @ {notice.price:,f}, fee {format_money(notice.fee, currency)}"
        case OrderAccepted():
            return f"Order accepted: {notice.side.upper()} {canonical(notice.quantity)} {notice.symbol}"
        case OrderCanceled():
            return f"Order {notice.order_id} on {notice.symbol} ended: {notice.detail or notice.reason}"
        case OrderDenied():
            return f"Denied: {notice.side.upper()} {notice.symbol}: {notice.detail or notice.reason}"
        case PositionOpened():
            return f"Opened {_direction(notice.side)} position for {notice.symbol}"
        case PositionClosed():
            pnl = format_signed_money(notice.realized_pnl, currency)
            return f"Closed {_direction(notice.side)} position for {notice.symbol}, P&L {pnl} before fees"
    return ""


def _about_the_account(notice: Notice, currency: str) -> str:
    match notice:
        case BalanceChanged():
            amount = format_signed_money(notice.amount, currency)
            return f"Balance {amount}, now {format_money(notice.current_balance, currency)}: {notice.reason}"
        case CommandRefused():
            return f"Refused: {notice.detail or notice.reason}"
        case AutoTradingChanged():
            return f"Auto trading {notice.state} {notice.strategy} {notice.symbol}".rstrip()
        case EntriesPaused():
            return "New entries are paused" if notice.is_paused else "New entries are allowed again"
        case TradingHalted():
            return f"Trading is halted: {notice.detail or notice.reason}"
        case LogNotice():
            return notice.message
    return notice.event.replace("_", " ")


def _direction(side: str) -> str:
    return {"buy": "LONG", "sell": "SHORT"}.get(side, side.upper())
