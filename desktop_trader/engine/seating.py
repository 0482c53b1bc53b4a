"""Brings every account of the books to life on one market: the start of a floor, and of an account that joins it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from desktop_trader.domain.ledger import EntryKind
from desktop_trader.domain.risk import RiskLimits
from desktop_trader.engine import recovery
from desktop_trader.engine.bookkeeper import Bookkeeper, Desk
from desktop_trader.engine.broker_port import Broker
from desktop_trader.engine.journal import Journal
from desktop_trader.engine.market_places import MarketPlaces, find_places
from desktop_trader.engine.notice_board import NoticeBoard
from desktop_trader.engine.outage_desk import OutageDesk
from desktop_trader.engine.ports import LedgerStore, MarketFeed, StoredBooks
from desktop_trader.engine.recovery import NewAccount, Seat
from desktop_trader.engine.trading_engine import EngineParts, TradingEngine
from desktop_trader.engine.trading_floor import FloorAccount, TradingFloor
from desktop_trader.engine.trading_gate import TradingGate
from desktop_trader.messages.commands import OpenAccount
from desktop_trader.messages.notices import Notice

_FILLS = frozenset({EntryKind.POSITION_OPEN, EntryKind.POSITION_CLOSE, EntryKind.FEE, EntryKind.LIQUIDATION})


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatParts:
    """What accounts are seated with.

    `new_account` is the one the process was started with, and what every further one begins with but for name and
    amount. `closed_market` stands in for the market of an account that sleeps. `gate` is the one that all of them obey.
    """

    store: LedgerStore
    feed: MarketFeed
    limits: RiskLimits
    new_account: NewAccount
    make_broker: Callable[[Bookkeeper], Broker]
    closed_market: Callable[[StoredBooks], MarketFeed]
    gate: TradingGate = field(default_factory=TradingGate)


def seat_accounts(
    parts: SeatParts,
    *,
    primary: StoredBooks,
    others: Sequence[StoredBooks],
    begin: Callable[[NoticeBoard], None] = lambda board: None,
) -> tuple[TradingFloor, list[Notice]]:
    """Return a floor of all accounts and what their recovery told; the feed goes on where the first one stands.

    `begin` is called when everything is built and nothing told or written yet.

    Raises:
        StorageError, InvariantError: the books could not be taken up; what was committed stays.
    """
    places = find_places(parts.feed, primary=primary, others=others)
    if places.resumes_at is not None:
        parts.feed.resume(places.resumes_at)
    seats = _Seats(parts, Journal(head=primary.head, ids=primary.next_ids), places)
    engine = seats.take(primary)
    begin(engine.desk.board)
    accounts = [FloorAccount(engine=engine)]
    recovery.start(engine, primary, new_account=parts.new_account)
    notices = engine.desk.board.take()
    for stored in others:
        account = seats.put(stored)
        accounts.append(account)
        notices += account.engine.desk.board.take()
    accounts.sort(key=lambda each: each.engine.books.portfolio.account.id)
    floor = TradingFloor(
        accounts,
        primary=parts.new_account.name,
        open_account=seats.open_account,
        outages=OutageDesk(
            parts.store.outages,
            parts.feed,
            engine.desk.board,
            traded_at=_traded_at((primary, *others), parts.feed.source_id),
        ),
    )
    clocks = {_name(each): each.market.clock_at for each in (primary, *others) if each.market is not None}
    return floor, notices + _take_up_outage(floor, clocks)


def _take_up_outage(floor: TradingFloor, clocks: Mapping[str, datetime]) -> list[Notice]:
    """End what the process before this one could not, where this market needs no network and trades at once.

    Where the gate is closed, the pause goes on and ends as every other. `clocks` is where each account stood: one that
    has seen nothing of the market since the newest outage still waits for its first price after that. Where a market
    is closed, as for commands that only move money, an outage is left to whoever trades there next.
    """
    if not floor.gate.is_open or not floor.primary.instruments:
        return []
    awake = {name: each.engine for name, each in floor.accounts.items() if not each.asleep}
    if floor.outages.is_open:
        return floor.end_pause(max(engine.desk.clock.now() for engine in awake.values()), is_taken_up=True)
    ended_at = floor.outages.last_ended_at
    for name, engine in awake.items():
        if ended_at is not None and name in clocks and clocks[name] <= ended_at:
            engine.wait_for_prices()
    return []


def _traded_at(books: Sequence[StoredBooks], source_id: str) -> datetime | None:
    """Return when anybody bought or sold last on a market, as far as the newest of the books say."""
    here = [each for each in books if each.market is not None and each.market.source_id == source_id]
    fills = [point.at for each in here for point in each.recent_balances if point.kind in _FILLS]
    opened = [position.opened_at for each in here if each.portfolio for position in each.portfolio.positions.values()]
    return max((*fills, *opened), default=None)


def _name(stored: StoredBooks) -> str:
    return "" if stored.portfolio is None else stored.portfolio.account.name


class _Seats:
    """Makes the engines of one floor, which share its journal."""

    def __init__(self, parts: SeatParts, journal: Journal, places: MarketPlaces) -> None:
        self._parts = parts
        self._journal = journal
        self._places = places

    def take(self, stored: StoredBooks) -> TradingEngine:
        """Return the engine of an account on the market; it has not begun."""
        return self._engine(stored, self._parts.feed, joins_at=self._places.resumes_at)

    def put(self, stored: StoredBooks) -> FloorAccount:
        """Bring an account beside the primary one to life, or let it sleep and say so."""
        name = "" if stored.portfolio is None else stored.portfolio.account.name
        reason = self._places.asleep.get(name, "")
        if not reason:
            engine = self.take(stored)
            recovery.start(engine, stored, new_account=self._parts.new_account)
            return FloorAccount(engine=engine)
        engine = self._engine(stored, self._parts.closed_market(stored))
        for run in stored.strategy_runs:
            if run.is_active:
                engine.auto_trading.hold(run)
        engine.desk.board.log(f"Account {name} sleeps, and nobody watches its stops: {reason}", level="warning")
        return FloorAccount(engine=engine, asleep=reason)

    def open_account(self, command: OpenAccount, here: TradingEngine) -> TradingEngine:
        """Store a new account where `here` stands, and return its engine."""
        parts = self._parts
        new_account = replace(parts.new_account, name=command.name, start_amount=command.start_amount)
        books, desk = recovery.open_beside(parts.store, here, journal=self._journal, new_account=new_account)
        engine = self._connect(books, desk, parts.feed)
        desk.board.request_id = command.request_id
        recovery.start(engine, StoredBooks(), new_account=new_account)
        desk.board.request_id = ""
        return engine

    def _engine(self, stored: StoredBooks, feed: MarketFeed, *, joins_at: datetime | None = None) -> TradingEngine:
        parts = self._parts
        seat = Seat(journal=self._journal, gate=parts.gate, joins_at=joins_at)
        books, desk = recovery.take_up_books(parts.store, stored, feed=feed, new_account=parts.new_account, seat=seat)
        return self._connect(books, desk, feed)

    def _connect(self, books: Bookkeeper, desk: Desk, feed: MarketFeed) -> TradingEngine:
        broker = self._parts.make_broker(books)
        return TradingEngine(EngineParts(books=books, desk=desk, broker=broker, feed=feed, limits=self._parts.limits))
