"""What the engine needs from outside, as protocols, and the values that cross them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import IntEnum
from typing import Protocol

from desktop_trader.domain.fill import Execution, Fill
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.ledger import GENESIS, EntryKind, LedgerEntry, LedgerHead
from desktop_trader.domain.market import Bar, PriceSource, Quote, Timeframe
from desktop_trader.domain.order import Order
from desktop_trader.domain.portfolio import EndedRun, Portfolio
from desktop_trader.domain.position import Position
from desktop_trader.domain.strategy_run import Decision, StrategyRun
from desktop_trader.messages.market_overview import TickerRow
from desktop_trader.messages.network import Outage


class Clock(Protocol):
    """The only source of time in the engine: market time, aware UTC."""

    def now(self) -> datetime:
        """Return the present market time."""
        ...


class MarketFeed(Protocol):
    """Market events in time order, pulled by the host, which paces them.

    `is_live` says that events come when they come, and that market time passes by itself: an exchange. Otherwise
    market time is what its events say. `fills_on` says what paper orders fill against. `source_id` names the market
    with everything that decides its prices (kind, seed or file content, symbol); a stored cursor counts only for the
    same source.
    """

    @property
    def source_id(self) -> str:
        """Name this market and everything that decides its prices."""
        ...

    @property
    def fills_on(self) -> PriceSource:
        """Say whether orders fill against single quotes or whole bars."""
        ...

    @property
    def starts_at(self) -> datetime:
        """Return the market time at which a run on a new account begins: the anchor, or the first bar's opening."""
        ...

    @property
    def is_live(self) -> bool:
        """Say whether time passes here by itself."""
        ...

    def instruments(self) -> Sequence[Instrument]:
        """Return what is followed here, with its rules; of a small market everything."""
        ...

    def listing(self) -> Mapping[str, Instrument]:
        """Return everything that can be traded here, by symbol: one mapping, which may grow later."""
        ...

    def cadence(self, symbol: str) -> timedelta | None:
        """Return how far apart quotes of a symbol are declared to come; None where nothing is declared."""
        ...

    def overview(self, *, at: datetime) -> Sequence[TickerRow]:
        """Return every market of the listing in brief, as known at market time `at`; from any thread.

        A live market gives what it heard last, whatever `at`; markets it has not heard of yet are left out.
        """
        ...

    def want_overview(self, seconds: float) -> None:
        """Say that somebody looks at the overview for so long from now: keep it fresh; from any thread."""
        ...

    def subscribe(self, symbol: str, timeframe: Timeframe | None) -> None:
        """Ask for the quotes of a symbol and, with a timeframe, for its closed bars."""
        ...

    def resume(self, at: datetime) -> None:
        """Go to a market time: what comes next is the first event at or after it (bars: opened at or after it)."""
        ...

    def peek_time(self) -> datetime | None:
        """Return when the next event happens in market time, or None at the end of the data."""
        ...

    def next_event(self) -> Quote | Bar | None:
        """Return the next event, or None at the end of the data."""
        ...

    def history(self, symbol: str, timeframe: Timeframe, *, before: datetime, limit: int) -> Sequence[Bar]:
        """Return up to `limit` bars that closed at or before `before`, oldest first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The exchange holds the order; it rests there."""

    order_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """The exchange executed (part of) the order."""

    order_id: int
    execution: Execution


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """The exchange definitely refused the order; `reason` is for the person."""

    order_id: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Canceled:
    """The exchange confirmed that nothing more of the order will fill."""

    order_id: int


BrokerReport = Accepted | Filled | Rejected | Canceled


class FundsView(Protocol):
    """What an exchange knows of its customer's money; the paper exchange asks our books."""

    def spendable_for(self, order: Order) -> Decimal:
        """Return what an order may cost at most: its own reserve and the available balance together."""
        ...


class CandleShelf(Protocol):
    """Stored bars of real markets. `source` is a feed's `source_id`. A shelf belongs to one thread."""

    def write(self, source: str, bars: Sequence[Bar]) -> int:
        """Keep closed bars; one that is there already is replaced. Return how many are new or different.

        Raises:
            StorageError: they cannot be kept; nothing of them was.
        """
        ...

    def newest(self, source: str, symbol: str, *, timeframe: Timeframe, before: datetime, limit: int) -> Sequence[Bar]:
        """Return up to `limit` bars that closed at or before `before`, oldest first; gaps stay gaps.

        Raises:
            StorageError: they cannot be read.
        """
        ...


class Broker(Protocol):
    """An exchange that takes orders. Nothing returns an answer: answers are reports, collected with `drain`.

    A price is shown again until it leads to no more reports: a paper exchange ends one order at a time.
    """

    def submit(self, order: Order, instrument: Instrument) -> None:
        """Hand over an order whose intent is already stored."""
        ...

    def cancel(self, order: Order) -> None:
        """Ask for the end of an order."""
        ...

    def on_quote(self, quote: Quote) -> None:
        """Let a paper exchange match against a quote; live exchanges match by themselves."""
        ...

    def on_bar_open(self, bar: Bar) -> None:
        """Let a paper exchange match against the open of a bar."""
        ...

    def on_bar_range(self, bar: Bar) -> None:
        """Let a paper exchange match against what happened inside a bar."""
        ...

    def drain(self) -> Sequence[BrokerReport]:
        """Return the reports since the last call, in order, and forget them."""
        ...


class BarPhase(IntEnum):
    """How far inside a bar the engine had come; a bar of which a phase is done is done again from the next one."""

    OPEN = 0
    RANGE = 1
    CLOSE = 2
    DONE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketState:
    """Where the market stood at a commit, so that a restart goes on exactly there.

    `at` is the time of the event being worked on (bars: their opening time), `phase` what of it is done.
    `clock_at` is market time then; `is_entries_paused` is the person's latch, which survives restarts.
    `last_bar_at` is when the newest bar that the strategy has seen opened. `peak_equity` is the highest equity of
    the run; money put in or taken out moves it by the same amount.
    """

    source_id: str
    anchor_at: datetime
    at: datetime
    clock_at: datetime
    phase: BarPhase
    bars_seen: int
    notices_sent: int
    peak_equity: Decimal
    last_bar_at: datetime | None = None
    is_entries_paused: bool = False
    marks: tuple[tuple[str, Decimal], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BookUpdate:
    """Everything one transaction writes. `entries` follow the stored head without a gap.

    `opens_account` says that account, run and wallet are new and written first; `ended_run` is the run that a reset
    ends with this update, and then the portfolio's run is new. `equity` is None while a held symbol has no price.
    """

    portfolio: Portfolio
    equity: Decimal | None
    opens_account: bool = False
    ended_run: EndedRun | None = None
    entries: tuple[LedgerEntry, ...] = ()
    orders: tuple[Order, ...] = ()
    fills: tuple[Fill, ...] = ()
    positions: tuple[Position, ...] = ()
    strategy_runs: tuple[StrategyRun, ...] = ()
    decisions: tuple[Decision, ...] = ()
    market: MarketState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedChange:
    """What a booked entry did: whose it is, and by how much (signed) it moved the wallet's total, to what."""

    account_id: int
    kind: EntryKind
    amount: Decimal
    total_after: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class NextIds:
    """The next free id of each kind."""

    account: int = 1
    run: int = 1
    order: int = 1
    fill: int = 1
    position: int = 1
    strategy_run: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class BalancePoint:
    """The wallet's total after one entry, and how much of that entry people put in or took out (`flow`, signed)."""

    at: datetime
    total: Decimal
    flow: Decimal
    reason: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBooks:
    """What a start finds in the books of one account. `portfolio` is None when the account does not exist yet.

    `recent_balances` are the newest balance points of the present run, oldest first, reaching back at least 24 hours
    before the newest one where the run is that old; `recent_decisions` are the newest ones, oldest first.
    """

    head: LedgerHead = GENESIS
    portfolio: Portfolio | None = None
    strategy_runs: tuple[StrategyRun, ...] = ()
    market: MarketState | None = None
    next_ids: NextIds = field(default_factory=NextIds)
    recent_balances: tuple[BalancePoint, ...] = ()
    recent_decisions: tuple[Decision, ...] = ()


class OutageLog(Protocol):
    """The rows of outages, beside the journal and outside its hash. What raised was not written.

    Raises:
        StorageError: a row cannot be read or written.
    """

    def newest(self, source_id: str) -> Outage | None:
        """Return the newest outage of a market, which may still be open; None where there was none."""
        ...

    def begin(self, outage: Outage) -> int:
        """Store a new outage, whose id counts for nothing, and return the id it got."""
        ...

    def change(self, outage: Outage) -> None:
        """Store an outage as it is now."""
        ...


class LedgerStore(Protocol):
    """The books. One writer, one transaction per state change; what raised was not written."""

    @property
    def outages(self) -> OutageLog:
        """The rows of outages, written by the same writer."""
        ...

    def account_names(self) -> Sequence[str]:
        """Return the accounts of the books, oldest first."""
        ...

    def load(self, account_name: str) -> StoredBooks:
        """Return the state of an account as the books have it."""
        ...

    def commit(self, update: BookUpdate) -> None:
        """Write an update in one durable transaction.

        Raises:
            UncertainWriteError: the disk failed at the very end: a later start may find the change.
            StorageError: it could not be written; nothing of it was.
        """
        ...

    def checkpoint(self, account_id: int, market: MarketState) -> None:
        """Store where the market stands, and ratchets, outside the journal."""
        ...

    def has_entry(self, idempotency_key: str) -> bool:
        """Say whether an entry with this key is booked."""
        ...

    def booked_change(self, idempotency_key: str) -> BookedChange | None:
        """Return what the entry with this key did; None where there is none."""
        ...

    def order_of_signal(self, signal_key: str, account_id: int) -> Order | None:
        """Return the order of an account that has this signal key; None where there is none."""
        ...

    def close(self) -> None:
        """Finish: nothing is written after this."""
        ...
