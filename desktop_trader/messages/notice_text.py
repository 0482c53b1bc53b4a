"""Notices as sentences: the same words in the log, in the window and on the terminal."""

from desktop_trader.domain.money import HUNDRED, canonical, display_amount
from desktop_trader.messages.network import NO_NETWORK, RESUMED
from desktop_trader.messages.notices import (
    NETWORK,
    AutoTradingChanged,
    BalanceChanged,
    CloseOnlyChanged,
    CommandRefused,
    EntriesPaused,
    FundingPaid,
    LogNotice,
    Notice,
    OrderAccepted,
    OrderCanceled,
    OrderDenied,
    OrderEdited,
    OrderFilled,
    OrderTriggered,
    OutageEnded,
    PositionChanged,
    PositionClosed,
    PositionOpened,
    TradingHalted,
    TradingPaused,
    TradingResumed,
)

_NETWORK_KINDS = frozenset({"internet", "exchange", "feed"})
_WHY = {
    "auth": "The exchange refuses the key",
    "clock": "The clock is wrong",
    "database": "The database cannot be written",
    "stall": "The program stood still",
    "resume": "The computer was asleep",
    "review": "A person has to look at it",
}


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
    if isinstance(notice, OrderEdited | OrderTriggered | PositionChanged | FundingPaid | CloseOnlyChanged):
        return _change_text(notice, currency)
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
    return _trading_text(notice)


def pause_sentence(reason: str) -> str:
    """Return what log, status bar and tray say of a pause whose notice has this reason: `network: internet, clock`.

    A lost network, exchange or feed has the sentence of the documents, letter for letter; others say what it is.
    """
    kinds = [each.strip().partition(":")[0] for each in reason.removeprefix(f"{NETWORK}:").split(",")]
    if any(kind in _NETWORK_KINDS for kind in kinds):
        return NO_NETWORK
    why = ", ".join(_WHY.get(kind, kind) for kind in dict.fromkeys(kinds))
    return f"⏸️  SYSTEM PAUSED: {why} - ALL operations frozen"


def _trading_text(notice: Notice) -> str:
    """Return a sentence on whether anything is traded."""
    if isinstance(notice, TradingPaused) and is_network(notice.reason):
        return pause_sentence(notice.reason)
    if isinstance(notice, TradingResumed) and is_network(notice.reason):
        return RESUMED
    if isinstance(notice, OutageEnded):
        return f"Outage report: {notice.detail}"
    if isinstance(notice, TradingHalted | TradingPaused):
        state = "halted" if isinstance(notice, TradingHalted) else "paused"
        return f"Trading is {state}: {notice.reason} ({notice.detail})"
    if isinstance(notice, TradingResumed):
        return f"Trading goes on: {notice.detail}"
    return notice.event


def is_network(reason: str) -> bool:
    """Say whether a pause is the network's, not that of books which refuse to be written."""
    return reason.partition(":")[0] == NETWORK


def notice_level(notice: Notice) -> str:
    """Return how serious a notice is: debug (the steps of an order), info, warning or error."""
    if isinstance(notice, LogNotice):
        return notice.level
    if isinstance(notice, OrderAccepted | OrderFilled):
        return "debug"
    if isinstance(notice, TradingHalted):
        return "error"
    if isinstance(notice, TradingResumed) and is_network(notice.reason):
        return "info"
    if isinstance(notice, CloseOnlyChanged):
        return "warning" if notice.is_close_only else "info"
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


def _change_text(
    notice: OrderEdited | OrderTriggered | PositionChanged | FundingPaid | CloseOnlyChanged, currency: str
) -> str:
    """Return a sentence on new terms of something open, and on what it costs or is paid for being open."""
    if isinstance(notice, OrderEdited):
        terms = notice.detail or f"{canonical(notice.quantity)}" + (
            f" at {canonical(notice.price)}" if notice.price is not None else ""
        )
        return f"Edited order {notice.order_id}: {notice.side} {notice.symbol}, {terms}"
    if isinstance(notice, OrderTriggered):
        return f"Triggered order {notice.order_id}: {notice.side} {notice.symbol} at {canonical(notice.price)}"
    if isinstance(notice, PositionChanged):
        return f"Changed position {notice.position_id} on {notice.symbol}: {notice.detail}"
    if isinstance(notice, FundingPaid):
        verb = "Received" if notice.amount > 0 else "Paid"
        rate = canonical(notice.rate * HUNDRED)
        return (
            f"{verb} funding of {display_amount(abs(notice.amount), currency)} on {notice.symbol}: "
            f"{rate} % at {canonical(notice.price)}, position {notice.position_id}"
        )
    told = f" ({notice.detail})" if notice.detail else ""
    if notice.is_close_only:
        return f"CLOSE ONLY from now on, by {notice.author}: {notice.reason}{told}"
    return f"Entries are allowed again after CLOSE ONLY, by {notice.author}: {notice.reason}{told}"
