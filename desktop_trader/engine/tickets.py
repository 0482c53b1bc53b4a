"""What surrounds the wish for an order: who wants it, why, and in which epoch of the gate that was decided."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from desktop_trader.domain.entry_rules import EntryWish
from desktop_trader.domain.order import NO_PROTECTION, Order, OrderReason, OrderStatus, OrderType, Protection
from desktop_trader.domain.portfolio import Portfolio


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


def entry_order(wish: EntryWish, ticket: EntryTicket, *, portfolio: Portfolio, order_id: int, at: datetime) -> Order:
    """Return the order that a wish becomes, as it is stored before it is sent."""
    return Order(
        id=order_id,
        account_id=portfolio.account.id,
        run_id=portfolio.run.id,
        client_order_id=f"dt{portfolio.account.id}-{order_id}",
        symbol=wish.instrument.symbol,
        side=wish.direction.entry_side,
        type=ticket.type,
        quantity=wish.quantity,
        reason=ticket.reason,
        signal_key=ticket.signal_key,
        created_at=at,
        updated_at=at,
        eligible_at=at,
        limit_price=wish.limit_price,
        status=OrderStatus.SENT,
        reserve=wish.reserve,
        leverage=wish.leverage,
        protection=ticket.protection,
        strategy_run_id=ticket.strategy_run_id,
        detail=ticket.detail,
    )
