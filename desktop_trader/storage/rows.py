"""Accounts, entries, wallets and market states as rows and back: the order of their columns is known here only."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeAlias

from desktop_trader.domain.ledger import LedgerEntry
from desktop_trader.domain.market import Timeframe, instant_text
from desktop_trader.domain.money import canonical, from_units, to_units
from desktop_trader.domain.strategy_run import Decision, StrategyRun
from desktop_trader.domain.wallet import Account, Run, RunTotals, Wallet
from desktop_trader.engine.ports import BarPhase, MarketState

Row: TypeAlias = tuple[Any, ...]

ACCOUNT = ("id", "type", "exchange", "currency", "name", "created_at")
RUN = ("id", "account", "started_at", "ended_at", "start_amount", "how_ended")
ENTRY = (
    "id", "account", "run", "kind", "idempotency_key", "occurred_at", "position", "order", "fill", "reason", "author",
    "description", "corrects", "currency", "total_after", "locked_after", "previous_hash", "hash",
)  # fmt: skip
POSTING = ("entry", "ledger_account", "currency", "amount")
WALLET = (
    "account", "account_type", "currency", "total", "available", "locked", "total_deposits", "total_withdrawals",
    "total_pnl", "updated_at",
)  # fmt: skip
RUN_TOTALS = (
    "opening", "imports", "deposits", "withdrawals", "adjustments", "realized_pnl", "fees", "funding", "rounding",
    "suspense", "reset",
)  # fmt: skip
STRATEGY_RUN = (
    "id", "account", "run", "strategy", "parameters", "symbol", "timeframe", "source_id", "started_at", "ended_at",
)  # fmt: skip
DECISION = ("account", "at", "strategy_run", "symbol", "action", "outcome", "detail", "order")
MARKET = (
    "account", "source_id", "anchor_at", "at", "clock_at", "phase", "bars_seen", "notices_sent", "peak_equity",
    "last_bar_at", "is_entries_paused", "marks", "close_only", "ratchets",
)  # fmt: skip

_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is not UTC:
        raise ValueError(f"{text!r} is no moment in UTC")
    return at


def iso(at: datetime | None) -> str | None:
    """Return the stored text of a moment."""
    return None if at is None else instant_text(at)


def moment(text: str | None) -> datetime | None:
    """Return the moment of a stored text."""
    return None if text is None else _instant(text)


def account_row(account: Account) -> Row:
    """Return the row of an account."""
    created_at = instant_text(account.created_at)
    return (account.id, account.type, account.exchange, account.currency, account.name, created_at)


def account_from(row: Row) -> Account:
    """Return the account of a row."""
    account_id, type_, exchange, currency, name, created_at = row
    return Account(
        id=account_id, type=type_, exchange=exchange, currency=currency, name=name, created_at=_instant(created_at)
    )


def run_row(run: Run) -> Row:
    """Return the row of a run."""
    return (
        run.id,
        run.account_id,
        instant_text(run.started_at),
        iso(run.ended_at),
        to_units(run.start_amount),
        run.how_ended or None,
    )


def run_from(row: Row) -> Run:
    """Return the run of a row."""
    run_id, account_id, started_at, ended_at, start_amount, how_ended = row
    return Run(
        id=run_id,
        account_id=account_id,
        started_at=_instant(started_at),
        start_amount=from_units(start_amount),
        ended_at=moment(ended_at),
        how_ended=how_ended or "",
    )


def entry_row(entry: LedgerEntry) -> Row:
    """Return the row of an entry; links to nothing are null."""
    draft = entry.draft
    return (
        entry.id,
        draft.account_id,
        draft.run_id,
        draft.kind.value,
        draft.idempotency_key,
        instant_text(draft.occurred_at),
        draft.position_id or None,
        draft.order_id or None,
        draft.fill_id or None,
        draft.reason,
        draft.author,
        draft.description,
        draft.corrects or None,
        draft.currency,
        to_units(entry.total_after),
        to_units(entry.locked_after),
        entry.previous_hash,
        entry.hash,
    )


def wallet_row(wallet: Wallet, account: Account) -> Row:
    """Return the row of a wallet."""
    total, locked = to_units(wallet.total), to_units(wallet.locked)
    return (
        wallet.account_id,
        account.type,
        wallet.currency,
        total,
        total - locked,
        locked,
        to_units(wallet.total_deposits),
        to_units(wallet.total_withdrawals),
        to_units(wallet.total_pnl),
        instant_text(wallet.updated_at),
    )


def wallet_from(row: Row) -> Wallet:
    """Return the wallet of a row."""
    return Wallet(
        account_id=row[0],
        currency=row[2],
        total=from_units(row[3]),
        locked=from_units(row[5]),
        total_deposits=from_units(row[6]),
        total_withdrawals=from_units(row[7]),
        total_pnl=from_units(row[8]),
        updated_at=_instant(row[9]),
    )


def run_totals_row(totals: RunTotals) -> Row:
    """Return the sums of a run in the order of `RUN_TOTALS`."""
    return tuple(to_units(getattr(totals, name)) for name in RUN_TOTALS)


def run_totals_from(row: Row) -> RunTotals:
    """Return the sums of a row."""
    return RunTotals(**{name: from_units(units) for name, units in zip(RUN_TOTALS, row, strict=True)})


def strategy_run_row(run: StrategyRun) -> Row:
    """Return the row of a strategy's run."""
    return (
        run.id,
        run.account_id,
        run.run_id,
        run.strategy,
        _json(run.parameters),
        run.symbol,
        run.timeframe.value,
        run.source_id,
        instant_text(run.started_at),
        iso(run.ended_at),
    )


def strategy_run_from(row: Row) -> StrategyRun:
    """Return the strategy's run of a row."""
    return StrategyRun(
        id=row[0],
        account_id=row[1],
        run_id=row[2],
        strategy=row[3],
        parameters=tuple((name, text) for name, text in json.loads(row[4])),
        symbol=row[5],
        timeframe=Timeframe(row[6]),
        source_id=row[7],
        started_at=_instant(row[8]),
        ended_at=moment(row[9]),
    )


def decision_row(decision: Decision, account_id: int) -> Row:
    """Return the row of a decision."""
    return (
        account_id,
        instant_text(decision.at),
        decision.strategy_run_id or None,
        decision.symbol,
        decision.action,
        decision.outcome,
        decision.detail,
        decision.order_id or None,
    )


def decision_from(row: Row) -> Decision:
    """Return the decision of a row."""
    return Decision(
        at=_instant(row[1]),
        strategy_run_id=row[2] or 0,
        symbol=row[3],
        action=row[4],
        outcome=row[5],
        detail=row[6],
        order_id=row[7] or 0,
    )


def market_row(state: MarketState, account_id: int) -> Row:
    """Return the row of where the market stands."""
    marks = _json([(symbol, canonical(price)) for symbol, price in state.marks]) if state.marks else "[]"
    return (
        account_id,
        state.source_id,
        instant_text(state.anchor_at),
        instant_text(state.at),
        instant_text(state.clock_at),
        int(state.phase),
        state.bars_seen,
        state.notices_sent,
        to_units(state.peak_equity),
        iso(state.last_bar_at),
        int(state.is_entries_paused),
        marks,
        state.close_only,
        _json(dict(state.ratchets)) if state.ratchets else "{}",
    )


def market_from(row: Row) -> MarketState:
    """Return where the market stood."""
    return MarketState(
        source_id=row[1],
        anchor_at=_instant(row[2]),
        at=_instant(row[3]),
        clock_at=_instant(row[4]),
        phase=BarPhase(row[5]),
        bars_seen=row[6],
        notices_sent=row[7],
        peak_equity=from_units(row[8]),
        last_bar_at=moment(row[9]),
        is_entries_paused=row[10] == 1,
        marks=tuple((symbol, Decimal(price)) for symbol, price in json.loads(row[11])),
        close_only=row[12],
        ratchets=tuple((name, text) for name, text in json.loads(row[13]).items()),
    )
