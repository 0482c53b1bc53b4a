"""Answers about history: rows of the journal, positions, orders, fills, equity. Amounts in the account's currency."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

MAX_PAGE_ROWS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerFilter:
    """Which entries a page shows: an account, and of it all, or those that every field given lets through.

    `kinds` are the ones shown (none: all). Each word of `text` occurs in the reason or the description, in upper or
    lower case. `author` is a whole name. `from_at` is the first instant shown, `until_at` the first one not shown.
    `before_id` asks for the page of entries older than that one, `after_id` for the one of entries newer.
    """

    account: str
    kinds: tuple[str, ...] = ()
    author: str | None = None
    text: str = ""
    from_at: datetime | None = None
    until_at: datetime | None = None
    run_id: int | None = None
    position_id: int | None = None
    order_id: int | None = None
    before_id: int | None = None
    after_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """One entry as people read it. *Balance* is the total: amount = balance_after - balance_before.

    What an order or a position locks (+) or sets free (-) is `locked_change`. Links to nothing are None.
    """

    id: int
    transaction_type: str
    amount: Decimal
    balance_before: Decimal
    balance_after: Decimal
    locked_change: Decimal
    reason: str
    updated_by: str
    description: str
    position_id: int | None
    order_id: int | None
    fill_id: int | None
    run_id: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerPage:
    """Rows, newest first, and whether more follow in the direction asked for.

    A search that found less than a page in its time says how far it came: entries beyond `searched_to_id`, booked at
    `searched_to_at`, were not looked at. Ask again with that id as `before_id` (or `after_id`) to go on.
    """

    rows: tuple[LedgerRow, ...]
    has_more: bool
    searched_to_id: int | None = None
    searched_to_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionRow:
    """One lot, open or closed. `entry_price` is derived from the exact `entry_cost`; P&L is gross of fees.

    `entry_cost` is what `entry_quantity` cost: the sum of its fills' prices, in the account's currency.
    """

    id: int
    run_id: int
    symbol: str
    direction: str
    quantity: Decimal
    entry_quantity: Decimal
    entry_price: Decimal
    margin: Decimal
    leverage: int
    stop_loss: Decimal | None
    take_profit: Decimal | None
    realized_pnl: Decimal
    fees: Decimal
    is_open: bool
    opened_at: datetime
    closed_at: datetime | None
    close_reason: str | None
    strategy_run_id: int | None
    margin_mode: str = "isolated"
    trail_percent: Decimal | None = None
    funding: Decimal = Decimal(0)
    entry_cost: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """One order and where it stands. Exits are reduce-only; orders of one `oco_id` cancel each other.

    `stop_loss` and what follows it is what an entry gives its position: a price, or a distance in percent.
    """

    id: int
    run_id: int
    client_order_id: str
    symbol: str
    side: str
    type: str
    status: str
    quantity: Decimal
    filled_quantity: Decimal
    limit_price: Decimal | None
    trigger_price: Decimal | None
    reason: str
    position_id: int | None
    is_exit: bool
    is_live: bool
    reserve: Decimal
    detail: str
    created_at: datetime
    updated_at: datetime
    leverage: int = 1
    time_in_force: str = "gtc"
    expires_at: datetime | None = None
    is_post_only: bool = False
    oco_id: str = ""
    margin_mode: str = "isolated"
    trail_percent: Decimal | None = None
    is_triggered: bool = False
    revision: int = 0
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None
    stop_loss_percent: Decimal | None = None
    take_profit_percent: Decimal | None = None
    protection_trail_percent: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FillRow:
    """One execution. `realized_pnl` is gross of fees, zero for entries; `is_gap`: the first price after an outage."""

    id: int
    run_id: int
    order_id: int
    position_id: int
    trade_id: str
    symbol: str
    side: str
    quantity: Decimal
    price: Decimal
    fee: Decimal
    is_maker: bool
    realized_pnl: Decimal
    at: datetime
    is_gap: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCounts:
    """How much of each a run of an account has in the books; `positions` counts open and closed ones."""

    orders: int
    fills: int
    positions: int
    open_positions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EquityPoint:
    """What the account was worth at a moment: equity with, total without unrealized P&L."""

    at: datetime
    equity: Decimal
    total: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseInfo:
    """Facts about the file. `last_session_end` is None while a process runs, and after one was killed."""

    path: str
    size_bytes: int
    application_id: int
    schema_version: int
    sqlite_version: str
    entries: int
    head_hash: str
    accounts: tuple[str, ...]
    last_session_start: datetime | None
    last_session_end: datetime | None
    last_session_how_ended: str
