"""Every balance figure of an account, from a running engine's memory or from the books alone, by the same formulas."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from desktop_trader.domain.errors import InvariantError
from desktop_trader.domain.money import HUNDRED, ZERO
from desktop_trader.domain.portfolio import Portfolio
from desktop_trader.engine.ports import BalancePoint, StoredBooks
from desktop_trader.messages.snapshot import BalanceRow, BalanceView, DayChange

_CENT = Decimal("0.01")
_DAY = timedelta(hours=24)
_RECENT_CHANGES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceSources:
    """What the figures are made of. `unrealized` and `maintenance` are None while a held symbol has no price.

    `now` is market time.
    """

    portfolio: Portfolio
    balances: Sequence[BalancePoint]
    peak_equity: Decimal
    unrealized: Decimal | None
    now: datetime
    maintenance: Decimal | None = None


def balance_view(sources: BalanceSources) -> BalanceView:
    """Return every figure; what needs a price that is not known is None."""
    portfolio, totals, wallet = sources.portfolio, sources.portfolio.totals, sources.portfolio.wallet
    equity = None if sources.unrealized is None else portfolio.equity(sources.unrealized)
    peak = max(sources.peak_equity, equity or ZERO)
    margins = sum((position.margin for position in portfolio.positions.values()), ZERO)
    day = day_change(sources)
    return BalanceView(
        currency=wallet.currency,
        total=wallet.total,
        available=wallet.available,
        locked=wallet.locked,
        locked_in_positions=margins,
        locked_in_orders=wallet.locked - margins,
        realized_pnl=totals.realized_pnl,
        fees=totals.fees,
        contributed=totals.contributed,
        total_deposits=wallet.total_deposits,
        total_withdrawals=wallet.total_withdrawals,
        unrealized_pnl=sources.unrealized,
        portfolio_value=equity,
        pnl=None if equity is None else equity - totals.contributed,
        balance_change_24h=None if day is None else day.net,
        balance_change_24h_percent=None if day is None else day.net_percent,
        peak_equity=peak,
        drawdown_percent=None if equity is None or peak <= 0 else percent(peak - equity, peak),
        last_updated=wallet.updated_at,
        last_update_reason=sources.balances[-1].reason if sources.balances else "",
        totals=totals,
        day_change=day,
        maintenance_margin=sources.maintenance,
        margin_ratio_percent=None if equity is None or equity <= 0 else percent(wallet.locked, equity),
    )


def stored_balance(stored: StoredBooks) -> BalanceView:
    """Return the figures of an account that nobody runs: nothing has a price, so open positions leave gaps.

    Raises:
        InvariantError: there is no such account.
    """
    portfolio, market = stored.portfolio, stored.market
    if portfolio is None:
        raise InvariantError("an account that does not exist has no balance")
    return balance_view(
        BalanceSources(
            portfolio=portfolio,
            balances=stored.recent_balances,
            peak_equity=ZERO if market is None else market.peak_equity,
            unrealized=None if portfolio.positions else ZERO,
            maintenance=None if portfolio.positions else ZERO,
            now=portfolio.wallet.updated_at if market is None else market.clock_at,
        )
    )


def recent_changes(balances: Sequence[BalancePoint]) -> tuple[BalanceRow, ...]:
    """Return the newest changes, newest first."""
    newest = list(balances)[-_RECENT_CHANGES:]
    return tuple(
        BalanceRow(at=point.at, kind=point.kind, reason=point.reason, total=point.total) for point in reversed(newest)
    )


def balance_a_day_ago(balances: Sequence[BalancePoint], now: datetime) -> tuple[Decimal, Decimal] | None:
    """Return the total 24 hours of market time ago, and what people put in since; None for a younger run."""
    since = now - _DAY
    before: BalancePoint | None = None
    flow = ZERO
    for point in balances:
        if point.at <= since:
            before = point
        else:
            flow += point.flow
    return None if before is None else (before.total, flow)


def percent(part: Decimal, whole: Decimal) -> Decimal:
    """Return a part in percent of a whole that is not zero, rounded to two decimals for display."""
    return (part * HUNDRED / whole).quantize(_CENT)


def day_change(sources: BalanceSources) -> DayChange | None:
    """Return the balance now and 24 hours of market time ago; None for a younger run."""
    day_ago = balance_a_day_ago(sources.balances, sources.now)
    if day_ago is None:
        return None
    before, flow = day_ago
    after = sources.portfolio.wallet.total
    return DayChange(
        begins_at=sources.now - _DAY,
        ends_at=sources.now,
        before=before,
        after=after,
        flow=flow,
        gross_percent=percent(after - before, before) if before > 0 else None,
        net_percent=percent(after - before - flow, before) if before > 0 else None,
    )
