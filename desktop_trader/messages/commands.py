"""Commands: what the window, the command line and the local API may ask of the engine.

Each carries a `request_id` made where the person acted; the notice that answers it repeats it, and the same
request arriving twice acts once.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from desktop_trader.domain.market import Timeframe
from desktop_trader.domain.order import NO_PROTECTION, OrderSide, OrderType, Protection


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitOrder:
    """Open a position by hand. `quantity` > 0 in base currency; a limit order needs `limit_price`."""

    request_id: str
    symbol: str
    side: OrderSide
    type: OrderType
    quantity: Decimal
    limit_price: Decimal | None = None
    protection: Protection = NO_PROTECTION


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOrder:
    """Cancel a live order."""

    request_id: str
    order_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosePosition:
    """Close a position whole, at the market."""

    request_id: str
    position_id: int


class AdjustmentKind(StrEnum):
    """How a person moves money: to a new total, or in or out by an amount."""

    SET_TOTAL = "set_total"
    DEPOSIT = "deposit"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustBalance:
    """Move money by hand; booked as one signed entry.

    SET_TOTAL: `amount` >= 0 is the new total; `expected_total`, when given, is the total the person saw, and the
    command is refused if that has moved since. DEPOSIT, WITHDRAW: `amount` > 0.
    """

    request_id: str
    kind: AdjustmentKind
    amount: Decimal
    reason: str
    author: str
    expected_total: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StartAutoTrading:
    """Let a strategy trade one symbol. `parameters` as typed: name and text; missing ones take their defaults."""

    request_id: str
    strategy: str
    symbol: str
    timeframe: Timeframe
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StopAutoTrading:
    """Stop the strategy. Its positions stay, with their stops and targets."""

    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseEntries:
    """No new entries until resumed; exits, stops and manual closes live on."""

    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeEntries:
    """Allow new entries again."""

    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecuteSignal:
    """Walk the path of a strategy's signal by hand: sizing, risk checks, then an order or a named denial."""

    request_id: str
    symbol: str
    side: OrderSide


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSymbol:
    """Follow the prices of a symbol."""

    request_id: str
    symbol: str


Command = (
    SubmitOrder
    | CancelOrder
    | ClosePosition
    | AdjustBalance
    | StartAutoTrading
    | StopAutoTrading
    | PauseEntries
    | ResumeEntries
    | ExecuteSignal
    | WatchSymbol
)
