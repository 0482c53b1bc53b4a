"""The Qt-free composition root: opens the books, a market and an exchange, and builds the engine over them.

Used by the window, the command line and the tests alike. What it opens, `Trader.close` closes.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from desktop_trader.brokers.latency import latency_between
from desktop_trader.brokers.paper import PaperBroker
from desktop_trader.crash_points import crash_point
from desktop_trader.domain.errors import (
    DatabaseBusyError,
    DeclinedError,
    InvariantError,
    RefusedError,
    RestoreOrderedError,
    StorageError,
)
from desktop_trader.domain.market import PriceSource
from desktop_trader.domain.money import ZERO, install_context
from desktop_trader.domain.risk import RiskLimits
from desktop_trader.domain.wallet import DEMO
from desktop_trader.engine.bookkeeper import Bookkeeper
from desktop_trader.engine.notice_board import NoticeBoard
from desktop_trader.engine.ports import MarketFeed, StoredBooks
from desktop_trader.engine.recovery import NewAccount
from desktop_trader.engine.seating import SeatParts, seat_accounts
from desktop_trader.engine.trading_engine import TradingEngine
from desktop_trader.engine.trading_floor import TradingFloor
from desktop_trader.engine.trading_gate import TradingGate
from desktop_trader.feeds.closed import ClosedFeed
from desktop_trader.feeds.market_line import MarketLine
from desktop_trader.locations import DataFolderPaths
from desktop_trader.market_opening import DEFAULT_SEED, line_of
from desktop_trader.messages.market_name import held_text, market_name, market_options
from desktop_trader.messages.notices import Notice
from desktop_trader.settings import Settings
from desktop_trader.storage.data_folder import DataFolder, probe_writing, take_data_folder
from desktop_trader.storage.ledger_store import SqliteLedgerStore

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChoice:
    """Which account to trade, and what it starts with if it does not exist yet.

    `ask_start_amount` is called for that only when there is no `start_amount`; it gets the setting's default, and
    answers None when the person would rather not begin.
    """

    name: str = DEMO
    start_amount: Decimal | None = None
    ask_start_amount: Callable[[Decimal], Decimal | None] | None = None

    @property
    def asks(self) -> bool:
        """Whether a person is asked what a new account starts with."""
        return self.start_amount is None and self.ask_start_amount is not None

    def first_amount(self, default: Decimal) -> Decimal:
        """Return what a new account starts with.

        Raises:
            DeclinedError: the person was asked and would rather not begin.
        """
        if self.start_amount is not None:
            return self.start_amount
        amount = default if self.ask_start_amount is None else self.ask_start_amount(default)
        if amount is None:
            raise DeclinedError("No account was opened; nothing was stored")
        return amount


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ground:
    """Opened books and what they hold: of the account a process is for, and of those beside it."""

    store: SqliteLedgerStore
    stored: StoredBooks
    others: tuple[StoredBooks, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """Books with the accounts that stand on them, and what their recovery told."""

    store: SqliteLedgerStore
    floor: TradingFloor
    notices: list[Notice]


class Trader:
    """The accounts of a data folder with everything they stand on. `opening_notices` are those of the recovery."""

    def __init__(
        self,
        opened: Opened,
        *,
        folder: DataFolder | None = None,
        reopen: Callable[[SqliteLedgerStore], Opened] | None = None,
    ) -> None:
        """Take over opened books and the folder's lock; `reopen` opens them once more in the place of a store."""
        self.store = opened.store
        self.floor = opened.floor
        self.opening_notices = opened.notices
        self._folder = folder
        self._reopen = reopen
        self._line = line_of(self.engine.feed, self.held_units)

    @property
    def engine(self) -> TradingEngine:
        """The engine of the account that the process was started with."""
        return self.floor.primary

    def now(self) -> datetime:
        """Return the present market time, also after the books were taken up again: a trader is a clock."""
        return self.engine.desk.clock.now()

    @property
    def line(self) -> MarketLine | None:
        """The way to the market outside; None where the market needs no network."""
        return self._line

    def held_units(self) -> dict[str, Decimal]:
        """Return the contract size that each symbol of an open position was bought with."""
        engines = [account.engine for account in self.floor.accounts.values() if not account.asleep]
        positions = [each for engine in engines for each in engine.books.portfolio.positions.values()]
        return {position.symbol: position.contract_size for position in positions}

    @property
    def can_recover(self) -> bool:
        """Whether the books can be taken up again without another start of the program."""
        return self._reopen is not None

    def recover(self) -> list[Notice]:
        """Close the books and take everything up from them again, as a start does; return what that told.

        The lock on the folder is held all the while.

        Raises:
            RestoreOrderedError: others are to take their place, which only a start may do; nothing has changed.
            StorageError: the books still refuse; nothing has changed, and this may be tried again.
        """
        if self._reopen is None:
            raise InvariantError("books in memory cannot be taken up again")
        opened = self._reopen(self.store)
        self.store, self.floor = opened.store, opened.floor
        return opened.notices

    def close(self, how: str) -> None:
        """Store where the market stands, note how this process ended, and let go of the folder; again is harmless."""
        crash_point("L24.begun")
        self.floor.checkpoint()
        crash_point("L24.checkpoint")
        try:
            self.store.end_session("halted" if self.engine.halted else how, at=datetime.now(UTC))
        except StorageError as error:  # the disk that halted us refuses this too; the next start says "killed"
            _log.warning("How this start ended could not be noted: %s", error)
        crash_point("L24.noted")
        self.store.close()
        crash_point("L24.closed")
        if self._folder is not None:
            self._folder.release()


def open_trader(
    paths: DataFolderPaths, account: AccountChoice, *, settings: Settings, make_feed: Callable[[], MarketFeed]
) -> Trader:
    """Lock the folder, recover its books and bring the engine to life on a market; nothing moves before its first step.

    `make_feed` is called first, so that a market that cannot be opened leaves no trace, and once more where a person
    took time to say what a new account begins with. Must be called in the thread that will own the engine.

    Raises:
        DataFolderInUseError, StorageError, BooksDamagedError: the folder or the books refuse; nothing was changed.
        InvalidInputError, MarketDataError: the market cannot be opened.
        RefusedError: the account holds something on another market, where its prices are.
        DeclinedError: the person would rather not begin.
    """
    install_context()
    feed = make_feed()

    def choose_feed(stored: StoredBooks) -> MarketFeed:
        return make_feed() if stored.portfolio is None and account.asks else _checked_feed(stored, feed)

    return _open(paths, account, settings=settings, choose_feed=choose_feed, with_others=True)


def open_books(paths: DataFolderPaths, account: AccountChoice, *, settings: Settings) -> Trader:
    """Lock the folder and open an account with its market closed: for commands that only move money.

    Nothing is recovered into trading: orders stay where they are, and the market's cursor with them.

    Raises:
        DataFolderInUseError, StorageError, BooksDamagedError: the folder or the books refuse; nothing was changed.
    """
    install_context()
    return _open(paths, account, settings=settings, choose_feed=_closed_market)


def trader_in_memory(feed: MarketFeed, account: AccountChoice, *, settings: Settings) -> Trader:
    """Return a trader whose journal lives in memory: for benchmarks and tests of speed."""
    install_context()
    store = SqliteLedgerStore.in_memory()
    ground = _Ground(store=store, stored=store.load(account.name))
    new_account = _new_account(ground.stored, account, settings)
    return Trader(_bring_to_life(ground, _FloorPlan(feed=feed, new_account=new_account, settings=settings)))


def _open(
    paths: DataFolderPaths,
    account: AccountChoice,
    *,
    settings: Settings,
    choose_feed: Callable[[StoredBooks], MarketFeed],
    with_others: bool = False,
) -> Trader:
    folder = take_data_folder(paths)
    crash_point("L25.locked")
    try:
        store = SqliteLedgerStore.open(paths)
        try:
            ground = _load(store, account.name, with_others=with_others)
            crash_point("L25.loaded")
            new_account = _new_account(ground.stored, account, settings)
            plan = _FloorPlan(feed=choose_feed(ground.stored), new_account=new_account, settings=settings)
            if plan.feed.is_live:
                plan.gate.close("the market has not been verified yet")
            opened = _bring_to_life(ground, plan)
        except BaseException:
            store.close()
            raise
    except BaseException:
        folder.release()
        raise

    def reopen(old: SqliteLedgerStore) -> Opened:
        if paths.swap_order.exists():
            raise RestoreOrderedError("Restart Desktop Trader: it then finishes the restore that was ordered")
        probe_writing(paths.root)
        if not old.is_free():
            raise DatabaseBusyError("Another program still holds the database")
        old.close()
        store = SqliteLedgerStore.open(paths)
        try:
            store.continue_session(old)
            return _bring_to_life(_load(store, account.name, with_others=with_others), plan, is_start=False)
        except BaseException:
            store.close()
            raise

    return Trader(opened, folder=folder, reopen=reopen)


def _load(store: SqliteLedgerStore, name: str, *, with_others: bool) -> _Ground:
    others = [each for each in store.account_names() if each != name] if with_others else []
    return _Ground(store=store, stored=store.load(name), others=tuple(store.load(each) for each in others))


def _closed_market(stored: StoredBooks) -> MarketFeed:
    """The market the books know, closed: so that they keep their place in it."""
    if stored.market is None:
        return ClosedFeed(source_id=f"simulated:1:{DEFAULT_SEED}", starts_at=datetime.now(UTC))
    return ClosedFeed(source_id=stored.market.source_id, starts_at=stored.market.anchor_at)


def _checked_feed(stored: StoredBooks, feed: MarketFeed) -> MarketFeed:
    """Refuse a market on which what is open would be closed at prices that never were its own."""
    portfolio, market = stored.portfolio, stored.market
    if portfolio is None or market is None or market.source_id == feed.source_id:
        return feed
    held = held_text(len(portfolio.positions), len(portfolio.orders))
    if held:
        options = market_options(market.source_id) or "on the former"
        raise RefusedError(
            f"The account {portfolio.account.name} has {held} on {market_name(market.source_id)}; "
            f"{market_name(feed.source_id)} has other prices. Start with {options} to go on or to close them, or use "
            "another --data-dir or --account"
        )
    return feed


def _new_account(stored: StoredBooks, account: AccountChoice, settings: Settings) -> NewAccount:
    """What the account starts with, asked for only where it does not exist yet."""
    paper = settings.paper
    return NewAccount(
        name=account.name,
        type=DEMO,
        exchange="paper",
        currency=paper.currency,
        start_amount=account.first_amount(paper.initial_balance) if stored.portfolio is None else ZERO,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _FloorPlan:
    """On which market accounts are brought to life, and what a new one begins with.

    `gate` stays the same when the books are taken up again.
    """

    feed: MarketFeed
    new_account: NewAccount
    settings: Settings
    gate: TradingGate = field(default_factory=TradingGate)


def _paper_exchange(plan: _FloorPlan) -> Callable[[Bookkeeper], PaperBroker]:
    """Return what makes the paper exchange of an account: with the market's depth, and orders that travel.

    On whole bars there is nothing between them that could tell how long an order took.
    """
    paper, depth = plan.settings.paper, plan.feed.depth
    latency = latency_between(paper.latency_min_ms, paper.latency_max_ms)
    if plan.feed.fills_on is PriceSource.BARS:
        return PaperBroker
    return lambda books: PaperBroker(books, depth=depth, latency=latency)


def _bring_to_life(ground: _Ground, plan: _FloorPlan, *, is_start: bool = True) -> Opened:
    store, risk = ground.store, plan.settings.risk
    plan.gate.stale_after = float(plan.settings.pause.stale_after)

    def begin(board: NoticeBoard) -> None:
        crash_point("L25.built")
        previous = store.begin_session(datetime.now(UTC)) if is_start else None
        crash_point("L25.session")
        if previous is not None:
            board.log(f"The previous start of the program ended: {previous.how_ended or 'it was killed'}")
        for note in store.notes:
            board.log(note, level="warning")

    parts = SeatParts(
        store=store,
        feed=plan.feed,
        limits=RiskLimits(
            max_position_percent=risk.max_position_percent,
            risk_per_trade_percent=risk.risk_per_trade_percent,
            max_margin_ratio_percent=risk.max_margin_ratio_percent,
            cuts_down=risk.cuts_down,
            trading_capital=risk.trading_capital,
        ),
        new_account=plan.new_account,
        make_broker=_paper_exchange(plan),
        closed_market=_closed_market,
        gate=plan.gate,
    )
    floor, notices = seat_accounts(parts, primary=ground.stored, others=ground.others, begin=begin)
    crash_point("L25.started")
    return Opened(store=store, floor=floor, notices=notices)
