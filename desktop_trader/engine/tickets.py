"""What surrounds the wish for an order: who wants it, why, and in which epoch of the gate that was decided."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from desktop_trader.domain.order import NO_PROTECTION, OrderReason, OrderType, Protection


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryTicket:
    """Who wants an entry and how: what surrounds the wish itself. `epoch` is the gate's when it was decided."""

    reason: OrderReason
    signal_key: str
    epoch: int
    type: OrderType = OrderType.MARKET
    protection: Protection = NO_PROTECTION
    strategy_run_id: int | None = None
    action: str = "entry"
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitTicket:
    """Why a position is left and how: at the market, or at a level that was hit. `epoch` is as of an entry."""

    reason: OrderReason
    epoch: int
    type: OrderType = OrderType.MARKET
    trigger_price: Decimal | None = None
    eligible_at: datetime | None = None
    action: str = ""
    detail: str = ""
