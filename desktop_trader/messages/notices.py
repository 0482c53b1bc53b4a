"""Notices: what happened, told once, after it was committed, and never dropped.

The names of the classes' fields are the public JSON keys; `event` is the public name of the kind.
"""

from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

DISK = "disk"
DATABASE = "database"
NETWORK = "network"
HALTED = "halted"
UNCERTAIN = "uncertain"
"""Reasons of a refusal: nothing was done, and nobody knows whether it was done."""
BOOKS_DAMAGED = "the books do not verify"
"""The reason of a halt after which only a backup, or the right file in its place, helps."""
RESTORE_ORDERED = "other books take the place of these"
"""The reason of a halt that ends with the next start: what would be booked after the order would be moved aside."""
_NAMES: dict[type, tuple[str, ...]] = {}
NoticeField = str | int | bool | Decimal | datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What every notice has: its account and its number there, market time, and the request it answers, if any."""

    event: ClassVar[str] = "log"

    id: int
    at: datetime
    request_id: str = ""
    account: str = ""

    def as_fields(self) -> dict[str, NoticeField]:
        """Return the public keys and values, without those that do not apply."""
        present: dict[str, NoticeField] = {"event": self.event}
        kind = type(self)
        names = _NAMES.get(kind) or _NAMES.setdefault(kind, tuple(each.name for each in fields(kind)))
        for name in names:
            value = getattr(self, name)
            if value is not None and value != "":
                present[name] = value
        return present


@dataclass(frozen=True, slots=True, kw_only=True)
class LogNotice(Notice):
    """A sentence for log and status bar. `level` is info, warning or error."""

    event: ClassVar[str] = "log"

    message: str
    level: str = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyDone(LogNotice):
    """The same request was carried out before; nothing changed now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksRecovered(LogNotice):
    """A start found an account and took everything of it up again: its balance and so many open positions."""

    current_balance: Decimal
    open_positions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAccepted(Notice):
    """An order is stored and on its way, or rests at the exchange."""

    event: ClassVar[str] = "order_accepted"

    symbol: str
    side: str
    quantity: Decimal
    order_id: int
    reason: str
    price: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilled(Notice):
    """An order was executed, in part or whole. `realized_pnl` is gross, for exits only."""

    event: ClassVar[str] = "order_filled"

    symbol: str
    side: str
    quantity: Decimal
    price: Decimal
    fee: Decimal
    order_id: int
    fill_id: int
    position_id: int
    reason: str
    current_balance: Decimal
    realized_pnl: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCanceled(Notice):
    """An order ended without (further) fill; `reason` says how: canceled, rejected, expired, not_placed."""

    event: ClassVar[str] = "order_canceled"

    symbol: str
    side: str
    order_id: int
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEdited(Notice):
    """A live order has new terms; `quantity` is its whole size, `price` its limit, else its trigger."""

    event: ClassVar[str] = "order_edited"

    symbol: str
    side: str
    order_id: int
    quantity: Decimal
    price: Decimal | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTriggered(Notice):
    """A trigger was reached: the order is at the market now, or rests at its limit."""

    event: ClassVar[str] = "order_triggered"

    symbol: str
    side: str
    order_id: int
    price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionChanged(Notice):
    """Stop, target, trailing, margin or leverage of an open position changed; `detail` says from what to what."""

    event: ClassVar[str] = "position_changed"

    symbol: str
    position_id: int
    detail: str
    current_balance: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingPaid(Notice):
    """An open swap was paid (`amount` > 0) or paid (< 0) funding at `rate`, on its notional at `price`."""

    event: ClassVar[str] = "funding_paid"

    symbol: str
    position_id: int
    amount: Decimal
    rate: Decimal
    price: Decimal
    current_balance: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseOnlyChanged(Notice):
    """Entries are refused from now on (`is_close_only`), or allowed again; `reason` is the person's."""

    event: ClassVar[str] = "close_only_changed"

    is_close_only: bool
    reason: str
    author: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDenied(Notice):
    """We refused a wish before any order existed; `reason` names the rule, `detail` its figures."""

    event: ClassVar[str] = "order_denied"

    symbol: str
    side: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionOpened(Notice):
    """A position came into being."""

    event: ClassVar[str] = "position_opened"

    symbol: str
    side: str
    quantity: Decimal
    price: Decimal
    position_id: int
    order_id: int
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionClosed(Notice):
    """A position ended; `realized_pnl` is its whole gross P&L, `fee` all its fees."""

    event: ClassVar[str] = "position_closed"

    symbol: str
    side: str
    quantity: Decimal
    price: Decimal
    position_id: int
    order_id: int
    reason: str
    realized_pnl: Decimal
    fee: Decimal
    current_balance: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceChanged(Notice):
    """Money moved by a person's hand: opening, deposit, withdrawal or adjustment."""

    event: ClassVar[str] = "balance_changed"

    reason: str
    kind: str
    amount: Decimal
    author: str
    current_balance: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRefused(Notice):
    """A command was understood and refused, or made no sense; nothing changed.

    Where the reason is `UNCERTAIN` it may have been carried out: asked again, the same request is carried out once.
    """

    event: ClassVar[str] = "command_refused"

    reason: str
    detail: str
    is_bad_input: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoTradingChanged(Notice):
    """The strategy was started or stopped; `state` is running, paused or stopped."""

    event: ClassVar[str] = "auto_trading_changed"

    state: str
    strategy: str = ""
    symbol: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntriesPaused(Notice):
    """The person's latch moved: `is_paused` says whether new entries are held back now."""

    event: ClassVar[str] = "entries_paused"

    is_paused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingHalted(Notice):
    """A broken law, a disk that refuses or an error of ours: nothing is traded or written until a restart.

    Only where the reason is the disk (`is_passing`) trading goes on by itself, once it accepts writes again.
    """

    event: ClassVar[str] = "trading_halted"

    reason: str
    detail: str

    @property
    def is_passing(self) -> bool:
        """Whether somebody tries again until it is over."""
        return self.reason == DISK


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingPaused(Notice):
    """The world outside holds trading up for a while; it goes on by itself. Nothing was lost."""

    event: ClassVar[str] = "trading_paused"

    reason: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingResumed(Notice):
    """What held trading up is over: the account was taken up again from the books, and trading goes on."""

    event: ClassVar[str] = "trading_resumed"

    reason: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageEnded(Notice):
    """The report of a pause that is over: what was held back, which levels were crossed; for information.

    `detail` is the whole report in words; the row with everything is in the books under `outage_id`.
    """

    event: ClassVar[str] = "outage"

    outage_id: int
    begun_at: datetime
    ended_at: datetime
    reason: str
    detail: str
    held_back: int
    levels_crossed: int
    is_simulated: bool = False
