"""Orders: instructions to buy or sell, and the life they may lead.

An order is a frozen value; `Order.moved_to` gives the next one and refuses an illegal step. The client order id is
ours, stored before anything is sent, and never reused.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import StrEnum

from desktop_trader.domain.errors import InvariantError
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.money import CONTEXT, HUNDRED, ZERO
from desktop_trader.domain.values import changed


class OrderSide(StrEnum):
    """Which way an order trades."""

    BUY = "buy"
    SELL = "sell"

    @property
    def opposite(self) -> "OrderSide":
        """The other side."""
        return OrderSide.SELL if self is OrderSide.BUY else OrderSide.BUY


class Direction(StrEnum):
    """Which way a position earns: LONG when the price rises, SHORT when it falls."""

    LONG = "long"
    SHORT = "short"

    @property
    def sign(self) -> int:
        """+1 for LONG, -1 for SHORT."""
        return 1 if self is Direction.LONG else -1

    @property
    def entry_side(self) -> OrderSide:
        """The side of an order that opens such a position; its opposite closes it."""
        return OrderSide.BUY if self is Direction.LONG else OrderSide.SELL


class OrderType(StrEnum):
    """How an order wants its price: at once, at its limit or better, or when its trigger is reached.

    STOP_LOSS and TAKE_PROFIT go to the market when their trigger is reached: a sell stop and a buy target lie below
    the price, a buy stop and a sell target above it. STOP_MARKET is a stop placed by a person, STOP_LIMIT and
    TAKE_PROFIT_LIMIT rest at their limit from the trigger on. The trigger of a TRAILING_STOP follows the price.
    """

    MARKET = "market"
    LIMIT = "limit"
    STOP_LOSS = "stop_loss"
    TAKE_PROFIT = "take_profit"
    STOP_MARKET = "stop_market"
    STOP_LIMIT = "stop_limit"
    TAKE_PROFIT_LIMIT = "take_profit_limit"
    TRAILING_STOP = "trailing_stop"

    @property
    def has_trigger(self) -> bool:
        """Whether the order sleeps until a price is reached."""
        return self not in (OrderType.MARKET, OrderType.LIMIT)

    @property
    def is_stop(self) -> bool:
        """Whether the trigger lies where the price would go against who waits: below for a sell, above for a buy."""
        return self in (OrderType.STOP_LOSS, OrderType.STOP_MARKET, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP)

    @property
    def has_limit(self) -> bool:
        """Whether the order names the worst price that it takes."""
        return self in (OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.TAKE_PROFIT_LIMIT)


class TimeInForce(StrEnum):
    """How long an order works: until canceled, until a date, or at once in part (IOC) or whole (FOK)."""

    GTC = "gtc"
    GTD = "gtd"
    IOC = "ioc"
    FOK = "fok"


class MarginMode(StrEnum):
    """What answers for a position: its own margin (ISOLATED), or all that the account has free (CROSS)."""

    ISOLATED = "isolated"
    CROSS = "cross"


class OrderReason(StrEnum):
    """Why an order exists; the exit reasons also name the close of a position."""

    SIGNAL = "signal"
    MANUAL = "manual"
    STOP_LOSS = "stop_loss"
    TAKE_PROFIT = "take_profit"
    TRAILING_STOP = "trailing_stop"
    LIQUIDATION = "liquidation"
    REVERSE = "reverse"
    CLOSE_ALL = "close_all"
    CROSS_LOSS = "cross_loss"


class OrderStatus(StrEnum):
    """Where an order stands. INTENT: stored, funds locked. SENT: it may have reached the exchange from now on."""

    INTENT = "intent"
    SENT = "sent"
    OPEN = "open"
    PARTIALLY_FILLED = "partially_filled"
    UNKNOWN = "unknown"
    FILLED = "filled"
    REJECTED = "rejected"
    CANCELED = "canceled"
    EXPIRED = "expired"
    NOT_PLACED = "not_placed"

    @property
    def is_live(self) -> bool:
        """Whether more can still happen to the order."""
        return self in _NEXT


_OF_A_POSITION = frozenset({OrderType.STOP_LOSS, OrderType.TAKE_PROFIT})
_FINAL_BY_FILL = frozenset({OrderStatus.FILLED, OrderStatus.PARTIALLY_FILLED})
_ENDINGS = frozenset({OrderStatus.REJECTED, OrderStatus.CANCELED, OrderStatus.EXPIRED})
_NEXT: dict[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.INTENT: frozenset({OrderStatus.SENT, OrderStatus.NOT_PLACED, OrderStatus.CANCELED}),
    OrderStatus.SENT: _FINAL_BY_FILL | _ENDINGS | {OrderStatus.OPEN, OrderStatus.UNKNOWN, OrderStatus.NOT_PLACED},
    OrderStatus.OPEN: _FINAL_BY_FILL | _ENDINGS | {OrderStatus.UNKNOWN},
    OrderStatus.PARTIALLY_FILLED: _FINAL_BY_FILL | _ENDINGS | {OrderStatus.UNKNOWN},
    OrderStatus.UNKNOWN: _FINAL_BY_FILL | _ENDINGS | {OrderStatus.OPEN, OrderStatus.NOT_PLACED},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """Stop and target that an entry order gives its position: absolute prices, or percentages of the fill price.

    Percentages are > 0; at most one of price and percentage is set per level. `trail_percent` > 0 lets the stop follow
    the best price since the entry at that distance; it never goes back.
    """

    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None
    stop_loss_percent: Decimal | None = None
    take_profit_percent: Decimal | None = None
    trail_percent: Decimal | None = None

    def stop_price(self, fill_price: Decimal, direction: Direction, *, instrument: Instrument) -> Decimal | None:
        """Return the stop for a fill at this price, rounded to the tick towards the fill price; None without one."""
        if self.stop_loss_percent is None:
            return self.stop_loss
        return _level(fill_price, -direction.sign * self.stop_loss_percent, instrument)

    def target_price(self, fill_price: Decimal, direction: Direction, *, instrument: Instrument) -> Decimal | None:
        """Return the target for a fill at this price, rounded to the tick towards the fill price; None without one."""
        if self.take_profit_percent is None:
            return self.take_profit
        return _level(fill_price, direction.sign * self.take_profit_percent, instrument)


NO_PROTECTION = Protection()


def _level(fill_price: Decimal, percent: Decimal, instrument: Instrument) -> Decimal:
    raw = fill_price * (HUNDRED + percent) / HUNDRED
    towards_fill = ROUND_CEILING if percent < 0 else ROUND_FLOOR
    ticks = (raw / instrument.tick_size).to_integral_value(rounding=towards_fill, context=CONTEXT)
    return ticks * instrument.tick_size


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One instruction. `quantity` > 0 in base currency (contracts for swaps).

    `position_id` names the position an exit closes; an entry has none until it is filled. `reserve` is what is
    locked for it now, in the account's currency. Only prices from after `eligible_at` (market time) may fill it, and
    none worse than `worst_price` (so that a liquidation never costs more than its margin). `signal_key` makes a
    strategy's order unique per candle, a person's per request.

    An exit is reduce-only: it never opens anything. Orders of one `oco_id` cancel each other with the first fill.
    `trigger_price` of a trailing stop is where it starts to follow (None: at once); how far it has come is one of the
    broker's ratchets. `revision` counts how often it was edited, `is_triggered` says that its trigger was reached.
    """

    id: int
    account_id: int
    run_id: int
    client_order_id: str
    symbol: str
    side: OrderSide
    type: OrderType
    quantity: Decimal
    reason: OrderReason
    signal_key: str
    created_at: datetime
    updated_at: datetime
    eligible_at: datetime
    filled_quantity: Decimal = ZERO
    limit_price: Decimal | None = None
    trigger_price: Decimal | None = None
    worst_price: Decimal | None = None
    status: OrderStatus = OrderStatus.INTENT
    position_id: int | None = None
    is_exit: bool = False
    reserve: Decimal = ZERO
    leverage: int = 1
    protection: Protection = NO_PROTECTION
    strategy_run_id: int | None = None
    detail: str = ""
    time_in_force: TimeInForce = TimeInForce.GTC
    expires_at: datetime | None = None
    is_post_only: bool = False
    oco_id: str = ""
    margin_mode: MarginMode = MarginMode.ISOLATED
    trail_percent: Decimal | None = None
    is_triggered: bool = False
    revision: int = 0

    @property
    def remaining_quantity(self) -> Decimal:
        """What is not filled yet."""
        return self.quantity - self.filled_quantity

    @property
    def leaves_at_once(self) -> bool:
        """Whether an exit closes now, at the market or at a level of its position that was hit; the others rest."""
        is_hit = self.type in _OF_A_POSITION and self.reason is not OrderReason.MANUAL
        return self.is_exit and (self.type is OrderType.MARKET or is_hit)

    @property
    def direction(self) -> Direction:
        """The direction of the position that this order opens or closes."""
        buys = self.side is OrderSide.BUY
        return Direction.LONG if buys != self.is_exit else Direction.SHORT

    def moved_to(self, status: OrderStatus, *, at: datetime, detail: str = "") -> "Order":
        """Return the order in its next status.

        Raises:
            InvariantError: the step is not one an order may take.
        """
        self._check_step_to(status)
        return changed(self, status=status, updated_at=at, detail=detail or self.detail)

    def filled_by(self, quantity: Decimal, *, at: datetime, position_id: int, reserve: Decimal = ZERO) -> "Order":
        """Return the order after a fill of `quantity` > 0, with what stays reserved; FILLED when nothing remains.

        Raises:
            InvariantError: the fill is larger than what remains.
        """
        filled = self.filled_quantity + quantity
        if quantity <= 0 or filled > self.quantity:
            raise InvariantError(
                f"order {self.id}: a fill of {quantity} exceeds the remaining {self.remaining_quantity}"
            )
        status = OrderStatus.FILLED if filled == self.quantity else OrderStatus.PARTIALLY_FILLED
        self._check_step_to(status)
        return changed(
            self,
            status=status,
            updated_at=at,
            filled_quantity=filled,
            position_id=position_id,
            reserve=reserve,
        )

    def _check_step_to(self, status: OrderStatus) -> None:
        if status not in _NEXT.get(self.status, ()):
            raise InvariantError(f"order {self.id} cannot go from {self.status} to {status}")
