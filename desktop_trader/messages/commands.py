"""Commands: what the window, the command line and the local API may ask of the engine.

Each carries a `request_id` made where the person acted; the notice that answers it repeats it, and the same
request arriving twice acts once. `account` names the account it is for; "" is the one the process was started with.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from desktop_trader.domain.market import Timeframe
from desktop_trader.domain.order import (
    NO_PROTECTION,
    MarginMode,
    OrderSide,
    OrderType,
    Protection,
    TimeInForce,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitOrder:
    """Place an order by hand. `quantity` > 0 in base currency; a limit order needs `limit_price`, a stop its trigger.

    With `position_id` it is reduce-only and closes that position or a part of it; without, it opens one.
    `trail_percent` is the distance of a trailing stop. A GTD order needs `expires_at` (market time).
    """

    request_id: str
    symbol: str
    side: OrderSide
    type: OrderType
    quantity: Decimal
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
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitOco:
    """Place two orders of which the first to fill cancels the other: the same symbol, side, quantity and position.

    One rests at a limit, the other waits for its trigger; a `request_id` of their own is not needed.
    """

    request_id: str
    limit: SubmitOrder
    stop: SubmitOrder
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditOrder:
    """Change a live order; None leaves a term as it is. The reserve follows, and its place in the queue is lost."""

    request_id: str
    order_id: int
    quantity: Decimal | None = None
    limit_price: Decimal | None = None
    trigger_price: Decimal | None = None
    trail_percent: Decimal | None = None
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOrder:
    """Cancel a live order."""

    request_id: str
    order_id: int
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosePosition:
    """Close a position at the market: whole, or `quantity` > 0 of it."""

    request_id: str
    position_id: int
    quantity: Decimal | None = None
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReversePosition:
    """Close a position whole and open one of the same size the other way, with the same leverage and margin mode."""

    request_id: str
    position_id: int
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetProtection:
    """Set stop, target and trailing distance of an open position, all three as they shall be; None takes one away."""

    request_id: str
    position_id: int
    stop_loss: Decimal | None
    take_profit: Decimal | None
    trail_percent: Decimal | None = None
    author: str = "user"
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeMargin:
    """Add margin to an isolated position (`amount` > 0), or take some out (< 0)."""

    request_id: str
    position_id: int
    amount: Decimal
    author: str = "user"
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLeverage:
    """Give an open position another leverage: its margin is locked anew, or it is refused with the figures."""

    request_id: str
    position_id: int
    leverage: int
    author: str = "user"
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseAll:
    """Panic: cancel every order, close every position at the market, and enter nothing until it is cleared.

    Once more is harmless.
    """

    request_id: str
    author: str = "user"
    reason: str = "close all"
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearCloseOnly:
    """Allow entries again after a `CloseAll`; the reason (1 to 200 characters) is kept in the log of decisions."""

    request_id: str
    reason: str
    author: str = "user"
    account: str = ""


class AdjustmentKind(StrEnum):
    """How a person moves money: to a new total, or in or out by an amount."""

    SET_TOTAL = "set_total"
    DEPOSIT = "deposit"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustBalance:
    """Move money by hand; booked as one signed entry.

    SET_TOTAL: `amount` >= 0 is the new total. DEPOSIT, WITHDRAW: `amount` > 0. `expected_total`, when given, is the
    total the person saw, and the command is refused if that has moved since.
    """

    request_id: str
    kind: AdjustmentKind
    amount: Decimal
    reason: str
    author: str
    expected_total: Decimal | None = None
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetAccount:
    """End the present run of a demo account and begin the next with `start_amount` > 0.

    Refused with open positions or live orders; a running strategy is stopped by it. `expected_total` and `run_id`,
    when given, are the total and the run that the person saw end, and it is refused if either is another by now.
    """

    request_id: str
    start_amount: Decimal
    author: str
    reason: str
    expected_total: Decimal | None = None
    run_id: int | None = None
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAccount:
    """Create a demo account called `name` beside the others; `start_amount` > 0. `account` means nothing here."""

    request_id: str
    name: str
    start_amount: Decimal
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportBalance:
    """Take over a balance from a file of an earlier program; `amount` >= 0 is the new total.

    `content_hash` is the SHA-256 of the file in lower-case hexadecimal digits: the same content is imported once,
    whatever its name and the request. `description` says where it came from and stays with the entry.
    `expected_total`, when given, is the total the person saw, and the command is refused if that has moved since.
    """

    request_id: str
    amount: Decimal
    content_hash: str
    description: str
    author: str
    expected_total: Decimal | None = None
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartAutoTrading:
    """Let a strategy trade one symbol. `parameters` as typed: name and text; missing ones take their defaults."""

    request_id: str
    strategy: str
    symbol: str
    timeframe: Timeframe
    parameters: tuple[tuple[str, str], ...] = ()
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StopAutoTrading:
    """Stop the strategy. Its positions stay, with their stops and targets."""

    request_id: str
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseEntries:
    """No new entries until resumed; exits, stops and manual closes live on."""

    request_id: str
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeEntries:
    """Allow new entries again."""

    request_id: str
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecuteSignal:
    """Walk the path of a strategy's signal by hand: sizing, risk checks, then an order or a named denial."""

    request_id: str
    symbol: str
    side: OrderSide
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSymbol:
    """Follow the prices of a symbol."""

    request_id: str
    symbol: str
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulateLoss:
    """Behave as if the network were gone, for `seconds` > 0 or, with None, until `EndSimulatedLoss`."""

    request_id: str
    seconds: Decimal | None = None
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSimulatedLoss:
    """Let the network be there again; trading goes on when everything is verified and stable."""

    request_id: str
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryNow:
    """Look now whether the network is back, without waiting for the countdown."""

    request_id: str
    account: str = ""


NetworkCommand = SimulateLoss | EndSimulatedLoss | RetryNow
"""What is carried out by the host, not by an engine: it is about the market, not about an account."""

Command = (
    SubmitOrder
    | SubmitOco
    | EditOrder
    | CancelOrder
    | ClosePosition
    | ReversePosition
    | SetProtection
    | ChangeMargin
    | SetLeverage
    | CloseAll
    | ClearCloseOnly
    | AdjustBalance
    | ResetAccount
    | OpenAccount
    | ImportBalance
    | StartAutoTrading
    | StopAutoTrading
    | PauseEntries
    | ResumeEntries
    | ExecuteSignal
    | WatchSymbol
    | SimulateLoss
    | EndSimulatedLoss
    | RetryNow
)
