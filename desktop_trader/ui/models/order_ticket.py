"""What a ticket asks for: the kinds of orders, the fields that each of them has, and the command it becomes. No Qt.

A ticket holds what was typed, as numbers. What is missing it says in a sentence; what is typed wrong never gets here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.order import (
    NO_PROTECTION,
    Direction,
    MarginMode,
    OrderSide,
    OrderType,
    Protection,
    TimeInForce,
)
from desktop_trader.domain.order_terms import OrderTerms
from desktop_trader.messages.commands import SubmitOco, SubmitOrder

_UNTIL = (TimeInForce.GTC, TimeInForce.GTD)
_AT_LIMIT = (*_UNTIL, TimeInForce.IOC, TimeInForce.FOK)


class TicketKind(StrEnum):
    """What a person can order; the values are those of the order types, and `oco` is a pair."""

    MARKET = "market"
    LIMIT = "limit"
    STOP_MARKET = "stop_market"
    STOP_LIMIT = "stop_limit"
    TAKE_PROFIT = "take_profit"
    TAKE_PROFIT_LIMIT = "take_profit_limit"
    TRAILING_STOP = "trailing_stop"
    OCO = "oco"


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketShape:
    """The fields of a kind. `lives` are the times in force that it may have; none: it is over at once.

    `is_trigger_optional` where an order can begin to follow the price at once.
    """

    title: str
    has_limit: bool = False
    has_trigger: bool = False
    is_trigger_optional: bool = False
    has_trail: bool = False
    lives: tuple[TimeInForce, ...] = ()
    can_post_only: bool = False


SHAPES: dict[TicketKind, TicketShape] = {
    TicketKind.MARKET: TicketShape(title="Market"),
    TicketKind.LIMIT: TicketShape(title="Limit", has_limit=True, lives=_AT_LIMIT, can_post_only=True),
    TicketKind.STOP_MARKET: TicketShape(title="Stop market", has_trigger=True, lives=_UNTIL),
    TicketKind.STOP_LIMIT: TicketShape(title="Stop limit", has_limit=True, has_trigger=True, lives=_UNTIL),
    TicketKind.TAKE_PROFIT: TicketShape(title="Take profit", has_trigger=True, lives=_UNTIL),
    TicketKind.TAKE_PROFIT_LIMIT: TicketShape(
        title="Take profit limit", has_limit=True, has_trigger=True, lives=_UNTIL
    ),
    TicketKind.TRAILING_STOP: TicketShape(
        title="Trailing stop", has_trigger=True, is_trigger_optional=True, has_trail=True, lives=_UNTIL
    ),
    TicketKind.OCO: TicketShape(title="OCO (limit + stop)", has_limit=True, has_trigger=True, lives=_UNTIL),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTicket:
    """One order as it stands in the form; None where a field is empty, wrong or not one of its kind.

    `price` is about what it would fill at: its limit, else its trigger, else what the market shows; None while that is
    unknown. With a `position_id` it is reduce-only.
    """

    kind: TicketKind
    instrument: Instrument
    side: OrderSide
    quantity: Decimal | None
    price: Decimal | None = None
    limit_price: Decimal | None = None
    trigger_price: Decimal | None = None
    trail_percent: Decimal | None = None
    protection: Protection = NO_PROTECTION
    leverage: int = 1
    margin_mode: MarginMode = MarginMode.ISOLATED
    time_in_force: TimeInForce = TimeInForce.GTC
    expires_at: datetime | None = None
    is_post_only: bool = False
    position_id: int | None = None

    @property
    def shape(self) -> TicketShape:
        """The fields of its kind."""
        return SHAPES[self.kind]

    @property
    def direction(self) -> Direction:
        """The direction of the position that it opens or closes."""
        buys = self.side is OrderSide.BUY
        return Direction.LONG if buys != (self.position_id is not None) else Direction.SHORT

    @property
    def names_price(self) -> bool:
        """Whether `price` is one that was typed, and none of the market."""
        return self.limit_price is not None or self.trigger_price is not None

    def missing(self) -> str:
        """Say what has to be filled in before it can be sent; empty when nothing has."""
        shape = self.shape
        if not self.quantity:
            return "Enter a size"
        if shape.has_limit and self.limit_price is None:
            return "Enter a limit price"
        if shape.has_trigger and not shape.is_trigger_optional and self.trigger_price is None:
            return "Enter a trigger price"
        if shape.has_trail and self.trail_percent is None:
            return "Enter how far the stop follows, in percent"
        if self.time_in_force is TimeInForce.GTD and self.expires_at is None:
            return "Choose a date until which the order works"
        return ""

    def command(self, request_id: str) -> SubmitOrder | SubmitOco:
        """Return what to send; `missing` is empty."""
        orders = self.orders(request_id)
        if len(orders) == 1:
            return orders[0]
        limit, stop = orders
        return SubmitOco(request_id=request_id, limit=limit, stop=stop)

    def orders(self, request_id: str = "") -> tuple[SubmitOrder, ...]:
        """Return the orders that it is made of: one, or both of a pair, the resting one first."""
        if self.kind is not TicketKind.OCO:
            return (self._order(request_id, OrderType(self.kind)),)
        return (
            self._order(request_id, OrderType.LIMIT, has_trigger=False),
            self._order(request_id, OrderType.STOP_MARKET, has_limit=False),
        )

    def _order(
        self, request_id: str, order_type: OrderType, *, has_limit: bool = True, has_trigger: bool = True
    ) -> SubmitOrder:
        shape = self.shape
        is_exit = self.position_id is not None
        return SubmitOrder(
            request_id=request_id,
            symbol=self.instrument.symbol,
            side=self.side,
            type=order_type,
            quantity=self.quantity or Decimal(0),
            limit_price=self.limit_price if shape.has_limit and has_limit else None,
            trigger_price=self.trigger_price if shape.has_trigger and has_trigger else None,
            trail_percent=self.trail_percent if shape.has_trail else None,
            protection=NO_PROTECTION if is_exit else self.protection,
            leverage=self.leverage,
            margin_mode=self.margin_mode,
            time_in_force=self.time_in_force,
            expires_at=self.expires_at if self.time_in_force is TimeInForce.GTD else None,
            is_post_only=self.is_post_only,
            position_id=self.position_id,
        )


def terms_of(order: SubmitOrder) -> OrderTerms:
    """Return the terms that a command names."""
    return OrderTerms(
        type=order.type,
        limit_price=order.limit_price,
        trigger_price=order.trigger_price,
        trail_percent=order.trail_percent,
        time_in_force=order.time_in_force,
        expires_at=order.expires_at,
        is_post_only=order.is_post_only,
    )


def expected_price(order: SubmitOrder, market: Decimal | None, *, instrument: Instrument) -> Decimal | None:
    """Return the price that an order is sized and reserved at; None while only the market knows it, and does not say.

    `market` is the ask for a buy and the bid for a sell.
    """
    if market is None and order.limit_price is None and order.trigger_price is None:
        return None
    return terms_of(order).entry_price(order.side, market or Decimal(0), instrument=instrument)
