"""Messages as the public keys of JSON: the same whether a running instance answers or the books alone."""

from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from math import isfinite

from desktop_trader.domain.money import canonical
from desktop_trader.domain.order import Order
from desktop_trader.messages.ledger_page import LedgerRow
from desktop_trader.messages.network import CrossedLevel, HeldBack, NetworkView, Outage, SymbolAge
from desktop_trader.messages.snapshot import AccountSnapshot, BalanceRow, BalanceView, PositionView

Fields = dict[str, object]
PriceAge = tuple[float | None, bool | None]
"""Seconds, and whether that is too old to be believed; None where nobody knows."""
_HISTORY_KEYS = (
    "id", "transaction_type", "amount", "balance_before", "balance_after", "reason", "updated_by", "description",
    "position_id", "created_at",
)  # fmt: skip
_ORDER_KEYS = (
    "id", "client_order_id", "symbol", "side", "type", "status", "quantity", "filled_quantity", "limit_price",
    "trigger_price", "reason", "position_id", "is_exit", "reserve", "detail", "created_at", "updated_at", "leverage",
    "margin_mode", "time_in_force", "expires_at", "is_post_only", "oco_id", "trail_percent", "is_triggered", "revision",
)  # fmt: skip

_DERIVED_KEYS = ("entry_price", "break_even_price", "unrealized_percent", "liquidation_percent")


def balance_fields(
    balance: BalanceView, *, account_id: int, account_type: str, run_id: int, changes: Iterable[BalanceRow]
) -> Fields:
    """Return the keys of `balance show --json`; figures that need an unknown price are None."""
    return {
        "account_id": account_id,
        "account_type": account_type,
        "currency": balance.currency,
        "current_balance": balance.total,
        "available_balance": balance.available,
        "locked_balance": balance.locked,
        "realized_pnl": balance.realized_pnl,
        "unrealized_pnl": balance.unrealized_pnl,
        "portfolio_value": balance.portfolio_value,
        "total_deposits": balance.total_deposits,
        "total_withdrawals": balance.total_withdrawals,
        "balance_change_24h": balance.balance_change_24h,
        "balance_change_24h_percent": balance.balance_change_24h_percent,
        "peak_equity": balance.peak_equity,
        "drawdown_percent": balance.drawdown_percent,
        "last_updated": balance.last_updated,
        "last_update_reason": balance.last_update_reason,
        "run_id": run_id,
        "recent_history": [
            {
                "transaction_type": row.kind,
                "balance_after": row.total,
                "reason": row.reason,
                "created_at": row.at,
            }
            for row in changes
        ],
        **_age_keys((None, None)),
    }


def snapshot_balance(snapshot: AccountSnapshot) -> Fields:
    """Return the keys of `balance show --json` for an account that is running."""
    values = balance_fields(
        snapshot.balance,
        account_id=snapshot.account_id,
        account_type=snapshot.account_type,
        run_id=snapshot.run_id,
        changes=snapshot.recent_changes,
    )
    return values | _age_keys(_oldest_price(snapshot))


def _oldest_price(snapshot: AccountSnapshot) -> PriceAge:
    """Return the age of the oldest price of what is held, and whether any is stale; unknown where one of them is."""
    view = snapshot.network
    if view is None or not snapshot.positions:
        return None, None if view is None else False
    ages = [view.price_age(position.symbol) for position in snapshot.positions]
    seconds = [age for age, _ in ages if age is not None]
    stale = [is_stale for _, is_stale in ages]
    is_stale = True if True in stale else None if None in stale else False
    return (max(seconds) if len(seconds) == len(ages) else None), is_stale


def virtual_balance(snapshot: AccountSnapshot) -> Fields:
    """Return the short form that the documents call the virtual balance."""
    balance = snapshot.balance
    return {
        "balance": balance.total,
        "pnl": balance.pnl,
        "realized_pnl": balance.realized_pnl,
        "unrealized_pnl": balance.unrealized_pnl,
        "portfolio_value": balance.portfolio_value,
        "currency": balance.currency,
        "last_updated": balance.last_updated,
    }


def auto_trading_status(snapshot: AccountSnapshot) -> Fields:
    """Return what the strategy does and what came of it."""
    auto, balance = snapshot.auto_trading, snapshot.balance
    return {
        "state": auto.state,
        "strategy": auto.strategy or None,
        "symbol": auto.symbol or None,
        "timeframe": auto.timeframe,
        "parameters": dict(auto.parameters),
        "started_at": auto.started_at,
        "balance": balance.total,
        "pnl": balance.pnl,
        "statistics": {
            "bars_seen": auto.bars_seen,
            "open_positions": len(snapshot.positions),
            "realized_pnl": balance.realized_pnl,
            "fees": balance.fees,
        },
        "pause": {
            "is_entries_paused": auto.is_entries_paused,
            "close_only": snapshot.close_only or None,
            "halted": snapshot.halted or None,
            **_pause_of_network(snapshot.network),
        },
    }


def _pause_of_network(view: NetworkView | None) -> Fields:
    """Return whether the network lets anything trade; nothing is known before the host has said anything."""
    if view is None:
        return {"network": None, "reasons": [], "since": None, "detail": None}
    return {
        "network": view.state.word,
        "reasons": [reason.text for reason in view.reasons],
        "since": view.since,
        "detail": view.detail or None,
    }


def network_fields(view: NetworkView | None) -> Fields | None:
    """Return how the connection to the market stands, with the age of every price; None before that is known."""
    if view is None:
        return None
    return {
        "state": view.state.value,
        "word": view.state.word,
        "is_open": view.is_open,
        "reasons": [reason.text for reason in view.reasons],
        "detail": view.detail or None,
        "since": view.since,
        "has_line": view.has_line,
        "simulated_loss": view.simulated_loss,
        "retry_in_seconds": _number(view.retry_in_seconds),
        "wait_ends_in_seconds": _number(view.wait_ends_in_seconds),
        "loss_ends_in_seconds": _number(view.loss_ends_in_seconds),
        "stable_seconds": _number(view.stable_seconds),
        "stable_needed_seconds": _number(view.stable_needed_seconds),
        "latency_ms": _number(view.latency_ms),
        "heard_seconds_ago": _number(view.heard_seconds),
        "clock_skew_seconds": _number(view.clock_skew_seconds),
        "clock_compared_seconds_ago": _number(view.clock_compared_seconds),
        "checks": [{"name": check.name, "ok": check.ok, "detail": check.detail} for check in view.checks],
        "rejected_ticks": dict(view.rejected_ticks),
        "prices": [_age_fields(age, view.at) for age in view.ages],
    }


def _age_fields(age: SymbolAge, at: datetime) -> Fields:
    # The market's time follows the exchange's within half a second: a price made meanwhile is new, not from the future.
    seconds = None if age.source_at is None else max(0.0, (at - age.source_at).total_seconds())
    return {
        "symbol": age.symbol,
        "source_at": age.source_at,
        "received_at": age.received_at,
        "age_seconds": _number(seconds),
        "limit_seconds": _number(age.limit_seconds),
        "is_stale": age.is_stale,
    }


def _number(value: float | None) -> float | None:
    """JSON has no infinity: what has no end has no number."""
    return round(value, 3) if value is not None and isfinite(value) else None


def outage_fields(outage: Outage) -> Fields:
    """Return an outage with everything that was held back and crossed."""
    values: Fields = {each.name: getattr(outage, each.name) for each in fields(outage)}
    return values | {
        "reasons": list(outage.reasons),
        "held_back": [_plain(held) for held in outage.held_back],
        "levels_crossed": [_plain(level) for level in outage.levels_crossed],
    }


def _plain(value: HeldBack | CrossedLevel) -> Fields:
    return {each.name: getattr(value, each.name) for each in fields(value)}


def position_fields(position: PositionView, view: NetworkView | None) -> Fields:
    """Return an open position with its mark, how old that is, and whether it is stale; None where nobody knows.

    Averages are as `without_tails` leaves them; `entry_cost` and `entry_quantity` are exact.
    """
    values: Fields = {each.name: getattr(position, each.name) for each in fields(position)}
    return without_tails(values) | _age_keys((None, None) if view is None else view.price_age(position.symbol))


def without_tails(values: Fields) -> Fields:
    """Return a position's keys with what comes of a division rounded to 12 decimals, half to even.

    An average of several fills has no end otherwise; money, quantities and prices of the market stay as they are.
    """
    derived = {key: values[key] for key in _DERIVED_KEYS if key in values}
    return values | {key: rounded(value, 12) for key, value in derived.items() if isinstance(value, Decimal)}


def rounded(value: Decimal, places: int) -> Decimal:
    """Return a number with at most so many decimals, half to even, and no zeros behind them."""
    step = Decimal(1).scaleb(-places)
    return Decimal(canonical(value.quantize(step, ROUND_HALF_EVEN)))


def _age_keys(age: PriceAge) -> Fields:
    return {"price_age_seconds": _number(age[0]), "is_stale": age[1]}


def order_fields(order: Order) -> Fields:
    """Return a live order."""
    return {key: getattr(order, key) for key in _ORDER_KEYS}


def panic_fields(snapshot: AccountSnapshot) -> Fields:
    """Return why nothing may be entered, if so, and what of an account is open or waits."""
    return {
        "account": snapshot.account_name,
        "close_only": snapshot.close_only or None,
        "open_positions": [
            {
                "id": position.id,
                "symbol": position.symbol,
                "direction": position.direction,
                "quantity": position.quantity,
                "is_closing": position.is_closing,
            }
            for position in snapshot.positions
        ],
        "live_orders": [order_fields(order) for order in snapshot.orders],
    }


def history_row(row: LedgerRow) -> Fields:
    """Return the keys of `balance history --json`."""
    return {key: getattr(row, key) for key in _HISTORY_KEYS}
