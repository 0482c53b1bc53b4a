"""What surrounds the wish for an order: who wants it, why, and in which epoch of the gate that was decided."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from desktop_trader.domain.entry_rules import EntryWish
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.margin import bankruptcy_price
from desktop_trader.domain.order import (
    NO_PROTECTION,
    MarginMode,
    Order,
    OrderReason,
    OrderStatus,
    OrderType,
    Protection,
)
from desktop_trader.domain.order_terms import AT_THE_MARKET, OrderTerms
from desktop_trader.domain.portfolio import Portfolio
from desktop_trader.domain.position import Position


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryTicket:
    """Who wants an entry and how: what surrounds the wish itself. `epoch` is the gate's when it was decided."""

    reason: OrderReason
    signal_key: str
    epoch: int
    terms: OrderTerms = AT_THE_MARKET
    protection: Protection = NO_PROTECTION
    strategy_run_id: int | None = None
    oco_id: str = ""
    action: str = "entry"
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitTicket:
    """Why a position is left and how: at the market, at a level that was hit, or on `terms` that a person chose.

    Without a `quantity` all that is open is closed. `signal_key` makes a person's exit unique. `epoch` is as of an
    entry.
    """

    reason: OrderReason
    epoch: int
    type: OrderType = OrderType.MARKET
    trigger_price: Decimal | None = None
    eligible_at: datetime | None = None
    quantity: Decimal | None = None
    terms: OrderTerms | None = None
    signal_key: str = ""
    oco_id: str = ""
    action: str = ""
    detail: str = ""

    @property
    def order_terms(self) -> OrderTerms:
        """What was chosen, else the type and the level that was hit."""
        return self.terms or OrderTerms(type=self.type, trigger_price=self.trigger_price)

    @property
    def said_action(self) -> str:
        """What the log of decisions calls it."""
        return self.action or f"exit_{self.reason.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderStamp:
    """What makes an order this one: its id, when it was made, and from when on prices may fill it."""

    order_id: int
    at: datetime
    eligible_at: datetime


def entry_order(wish: EntryWish, ticket: EntryTicket, *, portfolio: Portfolio, stamp: OrderStamp) -> Order:
    """Return the order that a wish becomes, as it is stored before it is sent."""
    terms = ticket.terms
    return Order(
        id=stamp.order_id,
        account_id=portfolio.account.id,
        run_id=portfolio.run.id,
        client_order_id=f"dt{portfolio.account.id}-{stamp.order_id}",
        symbol=wish.instrument.symbol,
        side=wish.direction.entry_side,
        type=terms.type,
        quantity=wish.quantity,
        reason=ticket.reason,
        signal_key=ticket.signal_key,
        created_at=stamp.at,
        updated_at=stamp.at,
        eligible_at=stamp.eligible_at,
        limit_price=wish.limit_price,
        trigger_price=wish.trigger_price,
        status=OrderStatus.SENT,
        reserve=wish.reserve,
        leverage=wish.leverage,
        protection=ticket.protection,
        strategy_run_id=ticket.strategy_run_id,
        detail=ticket.detail,
        time_in_force=terms.time_in_force,
        expires_at=terms.expires_at,
        is_post_only=terms.is_post_only,
        oco_id=ticket.oco_id,
        margin_mode=wish.margin_mode,
        trail_percent=terms.trail_percent,
    )


def exit_order(position: Position, ticket: ExitTicket, *, instrument: Instrument, stamp: OrderStamp) -> Order:
    """Return the order that closes a position or a part of it; it belongs to the run that the position does."""
    terms = ticket.order_terms
    return Order(
        id=stamp.order_id,
        account_id=position.account_id,
        run_id=position.run_id,
        client_order_id=f"dt{position.account_id}-{stamp.order_id}",
        symbol=position.symbol,
        side=position.direction.entry_side.opposite,
        type=terms.type,
        quantity=position.quantity if ticket.quantity is None else ticket.quantity,
        reason=ticket.reason,
        signal_key=ticket.signal_key or f"exit:{position.id}:{stamp.order_id}",
        created_at=stamp.at,
        updated_at=stamp.at,
        eligible_at=stamp.eligible_at,
        limit_price=terms.limit_price,
        trigger_price=terms.trigger_price,
        worst_price=_worst_price(position, instrument) if ticket.quantity is None else None,
        status=OrderStatus.SENT,
        position_id=position.id,
        is_exit=True,
        leverage=position.leverage,
        strategy_run_id=position.strategy_run_id,
        detail=ticket.detail,
        time_in_force=terms.time_in_force,
        expires_at=terms.expires_at,
        is_post_only=terms.is_post_only,
        oco_id=ticket.oco_id,
        margin_mode=position.margin_mode,
        trail_percent=terms.trail_percent,
    )


def _worst_price(position: Position, instrument: Instrument) -> Decimal | None:
    """Only an isolated position that can lose more than its margin needs a bound; of others the funds tell."""
    if position.margin_mode is MarginMode.CROSS:
        return None
    price = bankruptcy_price(position, instrument)
    return price if price > 0 else None
