"""How the figures of the balance read, for every view alike. No Qt, and no arithmetic on money."""

from decimal import Decimal

from desktop_trader.messages.snapshot import BalanceView
from desktop_trader.ui.number_format import (
    UNKNOWN,
    direction_arrow,
    format_exact_money,
    format_money,
    format_percent,
    format_signed_money,
)


def balance_text(balance: BalanceView) -> str:
    """Write the wallet's total: the figure that the balance views call the balance."""
    return format_money(balance.total, balance.currency)


def pnl_text(amount: Decimal | None, currency: str) -> str:
    """Write a gain or loss with sign and arrow: `+$31.20 ▲`; zero has neither."""
    figure = format_signed_money(amount, currency)
    is_signed = figure.startswith(("+", "-"))
    return f"{figure} {direction_arrow(amount)}" if is_signed else figure


def change_24h_text(balance: BalanceView) -> str:
    """Write the change over 24 hours as amount and percent; `n/a` while the account is younger."""
    if balance.balance_change_24h is None:
        return "n/a"
    amount = pnl_text(balance.balance_change_24h, balance.currency)
    if balance.balance_change_24h_percent is None:
        return amount
    return f"{amount} ({format_percent(balance.balance_change_24h_percent)})"


def account_badge(account_type: str) -> str:
    """The one word that says whose money it is."""
    return "LIVE" if account_type == "live" else "PAPER"


def breakdown_text(balance: BalanceView) -> str:
    """Every part of the balance with all eight decimals, a line each."""

    def line(caption: str, amount: Decimal | None) -> str:
        return f"{caption}: {format_exact_money(amount, balance.currency)}"

    return "\n".join(
        (
            line("Total", balance.total),
            line("Available", balance.available),
            line("Locked", balance.locked),
            line("  margin of positions", balance.locked_in_positions),
            line("  reserve of orders", balance.locked_in_orders),
            line("Deposits", balance.total_deposits),
            line("Withdrawals", balance.total_withdrawals),
            f"Last change: {balance.last_update_reason} ({balance.last_updated:%Y-%m-%d %H:%M:%S} UTC)",
        )
    )


def pnl_formula(balance: BalanceView) -> str:
    """How profit and loss comes about, with all eight decimals."""
    currency = balance.currency
    return "\n".join(
        (
            "P&L = portfolio value − money put in",
            f"Portfolio value: {format_exact_money(balance.portfolio_value, currency)}",
            f"Put in, net: {format_exact_money(balance.contributed, currency)}",
            f"Realized: {format_exact_money(balance.realized_pnl, currency)}",
            f"Fees: {format_exact_money(balance.fees, currency)}",
            f"Unrealized: {format_exact_money(balance.unrealized_pnl, currency)}",
        )
    )


def portfolio_formula(balance: BalanceView) -> str:
    """How the portfolio value comes about, and how far below its peak it is."""
    currency = balance.currency
    drawdown = UNKNOWN if balance.drawdown_percent is None else format_percent(-balance.drawdown_percent)
    return "\n".join(
        (
            "Portfolio value = total + unrealized P&L",
            f"Portfolio value: {format_exact_money(balance.portfolio_value, currency)}",
            f"Peak: {format_exact_money(balance.peak_equity, currency)}",
            f"Below the peak: {drawdown}",
        )
    )


def change_24h_formula(balance: BalanceView) -> str:
    """Both ends of the 24 hours and what lies between, exactly, or why there is no change."""
    day = balance.day_change
    if balance.balance_change_24h is None or day is None:
        return "n/a: the run is younger than 24 hours of market time"
    currency = balance.currency
    return "\n".join(
        (
            f"Balance at {day.begins_at:%Y-%m-%d %H:%M:%S} UTC: {format_exact_money(day.before, currency)}",
            f"Balance at {day.ends_at:%Y-%m-%d %H:%M:%S} UTC: {format_exact_money(day.after, currency)}",
            f"Put in (+) or taken out (-) between: {format_exact_money(day.flow, currency)}",
            f"Change net of deposits: {format_exact_money(day.net, currency)} ({format_percent(day.net_percent)})",
            f"Change with deposits: {format_exact_money(day.gross, currency)} ({format_percent(day.gross_percent)})",
        )
    )


def gross_change_24h_text(balance: BalanceView) -> str:
    """Write the change over 24 hours with deposits and withdrawals counted; `n/a` while the account is younger."""
    day = balance.day_change
    if day is None:
        return "n/a"
    amount = pnl_text(day.gross, balance.currency)
    return amount if day.gross_percent is None else f"{amount} ({format_percent(day.gross_percent)})"


def change_tone(change: Decimal | None, currency: str = "") -> str:
    """The color a gain or loss is shown in: `up`, `down`, or plain for unknown and for what is written as zero.

    Without a currency the change is one in percent.
    """
    figure = format_signed_money(change, currency) if currency else format_percent(change)
    return {"+": "up", "-": "down"}.get(figure[0], "")
