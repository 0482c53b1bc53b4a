"""The account as it stands after one event: complete, frozen, and safe to drop when a newer one exists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the first paint needs the balance's figures alone
    from desktop_trader.domain.instrument import Instrument
    from desktop_trader.domain.market import FundingRate, Quote, Timeframe
    from desktop_trader.domain.order import Order
    from desktop_trader.domain.strategy_run import Decision
    from desktop_trader.domain.wallet import RunTotals
    from desktop_trader.messages.network import NetworkView


@dataclass(frozen=True, slots=True, kw_only=True)
class DayChange:
    """The balance at two moments 24 hours of market time apart, and what people put in (+) or took out (-) between.

    `gross` counts that, `net` does not: deposits are no profit. Percentages are of the balance before, two decimals;
    None where that was nothing.
    """

    begins_at: datetime
    ends_at: datetime
    before: Decimal
    after: Decimal
    flow: Decimal
    gross_percent: Decimal | None
    net_percent: Decimal | None

    @property
    def gross(self) -> Decimal:
        """What the balance moved by, deposits and withdrawals included."""
        return self.after - self.before

    @property
    def net(self) -> Decimal:
        """What it moved by beside them."""
        return self.gross - self.flow


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceView:
    """Every figure the balance views show. Amounts in `currency`; percentages of 100.

    `pnl` is equity minus what people put in over the run; `balance_change_24h` is that of the total, net of the
    same flows, None while the run is younger than 24 hours of market time. `unrealized_pnl` and what follows
    from it are None while a held symbol has no price yet. `totals` are the sums of the run that the total is made of,
    `day_change` both ends of the 24 hours; None before the engine is up. `maintenance_margin` is what all open
    positions need together, `margin_ratio_percent` what is locked in percent of equity: new orders are limited by it.
    """

    currency: str
    total: Decimal
    available: Decimal
    locked: Decimal
    locked_in_positions: Decimal
    locked_in_orders: Decimal
    realized_pnl: Decimal
    fees: Decimal
    contributed: Decimal
    total_deposits: Decimal
    total_withdrawals: Decimal
    unrealized_pnl: Decimal | None
    portfolio_value: Decimal | None
    pnl: Decimal | None
    balance_change_24h: Decimal | None
    balance_change_24h_percent: Decimal | None
    peak_equity: Decimal
    drawdown_percent: Decimal | None
    last_updated: datetime
    last_update_reason: str
    totals: RunTotals | None = None
    day_change: DayChange | None = None
    maintenance_margin: Decimal | None = None
    margin_ratio_percent: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionView:
    """An open position with its mark. `unrealized_percent` (ROE) relates to the margin; prices None while unknown.

    `maintenance_margin` and `liquidation_price` are at the present mark; on cross the price is where the account as a
    whole would fall short if only this symbol moved. `liquidation_percent` is how far the mark is from it, in percent
    of the mark. `trailing_stop` is where a trailing stop stands now. `break_even_price` pays all fees and funding.
    `entry_order_id` is the order that opened it. `entry_price` is derived from `entry_cost`, the sum of what
    `entry_quantity` was filled at.
    """

    id: int
    symbol: str
    direction: str
    quantity: Decimal
    entry_price: Decimal
    margin: Decimal
    leverage: int
    stop_loss: Decimal | None
    take_profit: Decimal | None
    liquidation_price: Decimal | None
    fees: Decimal
    opened_at: datetime
    mark_price: Decimal | None
    unrealized_pnl: Decimal | None
    unrealized_percent: Decimal | None
    is_closing: bool
    margin_mode: str = "isolated"
    maintenance_margin: Decimal | None = None
    liquidation_percent: Decimal | None = None
    trail_percent: Decimal | None = None
    trailing_stop: Decimal | None = None
    funding: Decimal = Decimal(0)
    break_even_price: Decimal | None = None
    entry_order_id: int = 0
    entry_quantity: Decimal = Decimal(0)
    entry_cost: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoTradingView:
    """The strategy and what it did. `state` is running, paused or stopped; `parameters` as text by name.

    `is_entries_paused` is the person's latch, whether or not a strategy runs.
    """

    state: str
    is_entries_paused: bool
    strategy: str
    symbol: str
    timeframe: Timeframe | None
    parameters: tuple[tuple[str, str], ...]
    started_at: datetime | None
    bars_seen: int
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceRow:
    """One of the newest balance changes, for the sidebar: the wallet's total after it."""

    at: datetime
    kind: str
    reason: str
    total: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketView:
    """Where prices come from and how old they are: `quotes` holds the newest of every followed symbol.

    `day_open` is what a symbol cost at the beginning of the market's UTC day, where that is known; `funding` what
    is due next for each followed swap.
    """

    source_id: str
    now: datetime
    quotes: tuple[Quote, ...]
    day_open: tuple[tuple[str, Decimal], ...] = ()
    funding: tuple[FundingRate, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSnapshot:
    """One account at one `sequence` number; a higher number is newer.

    `close_only` is empty, or why nothing may be entered until a person clears it. `trail_levels` is where the triggers
    of orders that follow the price stand now, by the order's id.
    `halted` is empty, or why nothing trades; with `is_halt_passing` it goes on by itself. `asleep` is empty, or why
    this account is not traded while the market runs for others. `network` is None before the host has said anything.
    """

    sequence: int
    account_id: int
    account_name: str
    account_type: str
    run_id: int
    balance: BalanceView
    positions: tuple[PositionView, ...]
    orders: tuple[Order, ...]
    auto_trading: AutoTradingView
    market: MarketView
    recent_changes: tuple[BalanceRow, ...]
    instruments: tuple[Instrument, ...]
    ledger_head_id: int
    head_hash: str
    halted: str = ""
    is_halt_passing: bool = False
    asleep: str = ""
    network: NetworkView | None = None
    close_only: str = ""
    trail_levels: tuple[tuple[int, Decimal], ...] = ()
