"""What the engine needs from outside, as protocols, and the values that cross them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import IntEnum
from typing import Protocol

from desktop_trader.domain.fill import Fill
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.ledger import GENESIS, EntryKind, LedgerEntry, LedgerHead
from desktop_trader.domain.market import Bar, FundingRate, MarketEvent, OrderBook, PriceSource, Quote, Timeframe
from desktop_trader.domain.order import Order
from desktop_trader.domain.order_receipt import OrderEvent
from desktop_trader.domain.portfolio import EndedRun, Portfolio
from desktop_trader.domain.position import Position
from desktop_trader.domain.position_change import PositionChange
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

    def next_event(self) -> MarketEvent | None:
        """Return the next event, or None at the end of the data. A rate comes at its time, before prices of it."""
        ...

    def depth(self, quote: Quote) -> OrderBook | None:
        """Return what waits around a quote at its time; None where nothing beyond the best bid and ask is known.

        Asking says as well that the book of this symbol is needed for a while (`want_depth`).
        """
        ...

    def want_depth(self, symbol: str, seconds: float) -> None:
        """Say that somebody needs the book of a symbol for so long from now: keep it fresh; from any thread."""
        ...

    def mark_bar(self, bar: Bar) -> Bar | None:
        """Return what the mark price did during a bar; None where the market names none, and the bar itself counts."""
        ...

    def funding_rates(self, symbol: str, *, after: datetime, until: datetime) -> Sequence[FundingRate]:
        """Return the rates that were due after one market time and until another, oldest first, as far as known.

        Once the engine has booked one, it does not matter how often it comes.
        """
        ...

    def next_funding(self, symbol: str, *, at: datetime) -> FundingRate | None:
        """Return the estimate of what is due next; None where nothing is due or nothing is known."""
        ...

    def history(self, symbol: str, timeframe: Timeframe, *, before: datetime, limit: int) -> Sequence[Bar]:
        """Return up to `limit` bars that closed at or before `before`, oldest first."""
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
    the run; money put in or taken out moves it by the same amount. `close_only` is why nothing may be entered until a
    person clears it; empty while all is open. `ratchets` are what broker and trails remember beside the books.
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
    close_only: str = ""
    ratchets: tuple[tuple[str, str], ...] = ()


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
    receipt: tuple[OrderEvent, ...] = ()
    position_changes: tuple[PositionChange, ...] = ()


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


@dataclass(frozen=True, slots=True, kw_only=True)
class LaterTrades:
    """What an account has traded since a time: its fills, newest first, and the positions that they closed."""

    fills: tuple[Fill, ...] = ()
    closed: tuple[Position, ...] = ()


class TradeLog(Protocol):
    """The fills of the books, read backwards."""

    def since(self, account_id: int, at: datetime) -> LaterTrades:
        """Return what an account has traded at or after a time.

        Raises:
            StorageError: it cannot be read.
        """
        ...


class LedgerStore(Protocol):
    """The books. One writer, one transaction per state change; what raised was not written."""

    @property
    def outages(self) -> OutageLog:
        """The rows of outages, written by the same writer."""
        ...

    @property
    def trades(self) -> TradeLog:
        """What was traded lately."""
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

    def decision_beginning(self, detail: str, account_id: int) -> Decision | None:
        """Return the newest decision whose detail begins so, of the last 10,000 of an account; None without one."""
        ...

    def close(self) -> None:
        """Finish: nothing is written after this."""
        ...
