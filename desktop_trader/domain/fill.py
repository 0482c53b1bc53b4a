"""Fills: executions of orders, as they really happened."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from desktop_trader.domain.money import ZERO
from desktop_trader.domain.order import OrderSide


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """What an exchange reports of one fill, before it is booked. `fee` >= 0 in the account's currency.

    `bar_opened_at` names the bar whose prices filled it (None on quotes); `is_within_bar` says that it happened
    somewhere inside that bar, not at its open. `is_gap` says that its price is the first one after an outage.
    """

    trade_id: str
    quantity: Decimal
    price: Decimal
    fee: Decimal
    is_maker: bool
    at: datetime
    bar_opened_at: datetime | None = None
    is_within_bar: bool = False
    is_gap: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """One execution. `quantity`, `price` > 0; `fee` >= 0 in the account's currency.

    `trade_id` is the exchange's own and makes a fill unique per account, so that one reported twice is booked
    once. `realized_pnl` is gross of fees and zero for entries. `is_gap` says that its price is the first one after an
    outage.
    """

    id: int
    order_id: int
    position_id: int
    account_id: int
    run_id: int
    trade_id: str
    symbol: str
    side: OrderSide
    quantity: Decimal
    price: Decimal
    fee: Decimal
    is_maker: bool
    at: datetime
    realized_pnl: Decimal = ZERO
    is_gap: bool = False
