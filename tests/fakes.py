"""Stand-ins for the outside world that behave as the real thing does, without a disk, a network or a clock."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from desktop_trader.domain.errors import InvariantError, StorageError
from desktop_trader.domain.fill import Fill
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.ledger import GENESIS, LedgerEntry, LedgerHead
from desktop_trader.domain.market import Bar, FundingRate, MarketEvent, PriceSource, Quote, Timeframe
from desktop_trader.domain.money import ZERO
from desktop_trader.domain.order import Order
from desktop_trader.domain.portfolio import EndedRun, Portfolio
from desktop_trader.domain.position import Position
from desktop_trader.domain.strategy_run import Decision, StrategyRun
from desktop_trader.engine.broker_port import BrokerReport
from desktop_trader.engine.ports import (
    BalancePoint,
    BookedChange,
    BookUpdate,
    LaterTrades,
    MarketState,
    NextIds,
    StoredBooks,
)
from desktop_trader.feeds.bare_market import BareMarket
from desktop_trader.messages.market_overview import TickerRow
from desktop_trader.messages.network import Outage


class MemoryLedgerStore:
    """A `LedgerStore` of dictionaries: forgets everything with the process, refuses what the real one refuses."""

    def __init__(self) -> None:
        self.entries: list[LedgerEntry] = []
        self.updates: list[BookUpdate] = []
        self.fails_next_commit = False
        self.is_closed = False
        self.ended_runs: list[EndedRun] = []
        self.outages = MemoryOutages()
        self.trades = MemoryTrades(self)
        self._portfolios: dict[str, Portfolio] = {}
        self._keys: set[str] = set()
        self._signals: dict[tuple[str, int], int] = {}
        self._orders: dict[int, Order] = {}
        self._positions: dict[int, Position] = {}
        self._trade_ids: dict[tuple[int, str, str], int] = {}
        self._fills: list[Fill] = []
        self._strategy_runs: dict[int, StrategyRun] = {}
        self._decisions: list[tuple[int, Decision]] = []
        self._markets: dict[int, MarketState] = {}

    @property
    def head(self) -> LedgerHead:
        return LedgerHead(entry_id=self.entries[-1].id, hash=self.entries[-1].hash) if self.entries else GENESIS

    def account_names(self) -> tuple[str, ...]:
        return tuple(self._portfolios)

    def load(self, account_name: str) -> StoredBooks:
        portfolio = self._portfolios.get(account_name)
        if portfolio is None:
            return StoredBooks(head=self.head, next_ids=self._next_ids())
        account_id = portfolio.account.id
        return StoredBooks(
            head=self.head,
            portfolio=portfolio,
            strategy_runs=tuple(
                run for run in self._strategy_runs.values() if run.account_id == account_id and run.is_active
            ),
            market=self._markets.get(account_id),
            next_ids=self._next_ids(),
            recent_balances=self._recent_balances(account_id, portfolio.run.id),
            recent_decisions=tuple(decision for owner, decision in self._decisions[-100:] if owner == account_id),
        )

    def commit(self, update: BookUpdate) -> None:
        if self.is_closed or self.fails_next_commit:
            self.fails_next_commit = False
            raise StorageError("The change could not be stored: the disk is full")
        head = self.head
        if update.entries and (update.entries[0].id, update.entries[0].previous_hash) != (head.entry_id + 1, head.hash):
            raise InvariantError(f"I13: entry {update.entries[0].id} does not follow {head.entry_id}")
        self._refuse_what_is_booked(update)
        portfolio = update.portfolio
        self._portfolios[portfolio.account.name] = portfolio
        if update.ended_run is not None:
            self.ended_runs.append(update.ended_run)
        self.entries.extend(update.entries)
        self._keys.update(entry.draft.idempotency_key for entry in update.entries)
        self._signals.update(
            ((order.signal_key, order.account_id), order.id) for order in update.orders if order.signal_key
        )
        self._orders.update((order.id, order) for order in update.orders)
        self._positions.update((position.id, position) for position in update.positions)
        self._trade_ids.update(((fill.account_id, fill.symbol, fill.trade_id), fill.id) for fill in update.fills)
        self._fills.extend(update.fills)
        self._strategy_runs.update((run.id, run) for run in update.strategy_runs)
        self._decisions.extend((portfolio.account.id, decision) for decision in update.decisions)
        if update.market is not None:
            self._markets[portfolio.account.id] = update.market
        self.updates.append(update)

    def checkpoint(self, account_id: int, market: MarketState) -> None:
        self._markets[account_id] = market

    def has_entry(self, idempotency_key: str) -> bool:
        return idempotency_key in self._keys

    def booked_change(self, idempotency_key: str) -> BookedChange | None:
        for entry in self.entries:
            if entry.draft.idempotency_key == idempotency_key:
                return BookedChange(
                    account_id=entry.draft.account_id,
                    kind=entry.draft.kind,
                    amount=entry.draft.changes()[0],
                    total_after=entry.total_after,
                )
        return None

    def order_of_signal(self, signal_key: str, account_id: int) -> Order | None:
        order_id = self._signals.get((signal_key, account_id))
        return None if order_id is None else self._orders[order_id]

    def decision_beginning(self, detail: str, account_id: int) -> Decision | None:
        own = (each for owner, each in reversed(self._decisions) if owner == account_id)
        return next((each for each in own if each.detail.startswith(detail)), None)

    def close(self) -> None:
        self.is_closed = True

    def copy(self) -> "MemoryLedgerStore":
        """Return the same books once more: what a disk holds when the process dies now."""
        other = MemoryLedgerStore()
        other.entries = list(self.entries)
        other.ended_runs = list(self.ended_runs)
        other.outages = MemoryOutages(self.outages.rows)
        other._portfolios = dict(self._portfolios)
        other._keys = set(self._keys)
        other._signals = dict(self._signals)
        other._orders = dict(self._orders)
        other._positions = dict(self._positions)
        other._trade_ids = dict(self._trade_ids)
        other._fills = list(self._fills)
        other._strategy_runs = dict(self._strategy_runs)
        other._decisions = list(self._decisions)
        other._markets = dict(self._markets)
        return other

    def _refuse_what_is_booked(self, update: BookUpdate) -> None:
        if any(entry.draft.idempotency_key in self._keys for entry in update.entries):
            raise StorageError("The change could not be stored: an entry with this key is booked")
        if any((fill.account_id, fill.symbol, fill.trade_id) in self._trade_ids for fill in update.fills):
            raise StorageError("The change could not be stored: this fill is booked")
        if any(
            self._signals.get((order.signal_key, order.account_id), order.id) != order.id for order in update.orders
        ):
            raise StorageError("The change could not be stored: an order with this signal is stored")

    def _next_ids(self) -> NextIds:
        accounts = [portfolio.account.id for portfolio in self._portfolios.values()]
        runs = [portfolio.run.id for portfolio in self._portfolios.values()]
        return replace(
            NextIds(),
            account=max(accounts, default=0) + 1,
            run=max(runs, default=0) + 1,
            order=max(self._orders, default=0) + 1,
            fill=max(self._trade_ids.values(), default=0) + 1,
            position=max(self._positions, default=0) + 1,
            strategy_run=max(self._strategy_runs, default=0) + 1,
        )

    def _recent_balances(self, account_id: int, run_id: int) -> tuple[BalancePoint, ...]:
        market = self._markets.get(account_id)
        points: list[BalancePoint] = []
        for entry in self.entries:
            point = _balance_point(entry)
            if (entry.draft.account_id, entry.draft.run_id) != (account_id, run_id) or (
                market is not None and point.at < market.anchor_at
            ):
                continue
            if points and point.at < points[-1].at:
                points.clear()  # another calendar began
            points.append(point)
        since = points[-1].at - timedelta(hours=24) if points else None
        older = [point for point in points if since is not None and point.at <= since]
        return (*older[-1:], *(point for point in points if since is not None and point.at > since))


def _balance_point(entry: LedgerEntry) -> BalancePoint:
    flow = -sum((p.amount for p in entry.draft.postings if p.ledger_account.startswith("equity:")), ZERO)
    draft = entry.draft
    return BalancePoint(
        at=draft.occurred_at, total=entry.total_after, flow=flow, reason=draft.reason, kind=draft.kind.value
    )


class MemoryTrades:
    """A `TradeLog` over the books in memory."""

    def __init__(self, store: MemoryLedgerStore) -> None:
        self._store = store

    def since(self, account_id: int, at: datetime) -> LaterTrades:
        fills = tuple(each for each in reversed(self._store._fills) if each.account_id == account_id and each.at >= at)
        ids = sorted({each.position_id for each in fills})
        closed = tuple(self._store._positions[each] for each in ids if not self._store._positions[each].is_open)
        return LaterTrades(fills=fills, closed=closed)


class MemoryOutages:
    """An `OutageLog` in a list. `on_write` is called after every write; with `fails` every write is refused."""

    def __init__(self, rows: Sequence[Outage] = (), on_write: Callable[[], None] = lambda: None) -> None:
        self.rows = list(rows)
        self.on_write = on_write
        self.fails = False

    def newest(self, source_id: str) -> Outage | None:
        return next((row for row in reversed(self.rows) if row.source_id == source_id), None)

    def begin(self, outage: Outage) -> int:
        self._check()
        if any(row.source_id == outage.source_id and row.ended_at is None for row in self.rows):
            raise StorageError("The outage could not be stored: there is an open one")
        self.rows.append(replace(outage, id=len(self.rows) + 1))
        self.on_write()
        return len(self.rows)

    def change(self, outage: Outage) -> None:
        self._check()
        self.rows[outage.id - 1] = outage
        self.on_write()

    def _check(self) -> None:
        if self.fails:
            raise StorageError("The outage could not be stored: the disk is full")


class RecordingStore(MemoryLedgerStore):
    """Books that keep a copy of themselves after every write: each is what one `kill -9` would leave behind."""

    def __init__(self) -> None:
        super().__init__()
        self.left_behind: list[MemoryLedgerStore] = []
        self.outages.on_write = lambda: self.left_behind.append(self.copy())

    def commit(self, update: BookUpdate) -> None:
        super().commit(update)
        self.left_behind.append(self.copy())

    def checkpoint(self, account_id: int, market: MarketState) -> None:
        super().checkpoint(account_id, market)
        self.left_behind.append(self.copy())


class ManualClock:
    """A `Clock` that the test moves."""

    def __init__(self, start: datetime) -> None:
        self.at = start

    def now(self) -> datetime:
        return self.at


class ScriptedFeed(BareMarket):
    """A `MarketFeed` that plays a list of quotes and bars, oldest first."""

    def __init__(
        self,
        instruments: Sequence[Instrument],
        events: Sequence[MarketEvent] = (),
        *,
        fills_on: PriceSource = PriceSource.QUOTES,
        starts_at: datetime = datetime(2026, 1, 1, tzinfo=UTC),
        source_id: str = "scripted:1",
        is_live: bool = False,
    ) -> None:
        self.is_live = is_live
        self.fills_on = fills_on
        self.starts_at = starts_at
        self.source_id = source_id
        self.events = list(events)
        self.subscribed: list[tuple[str, Timeframe | None]] = []
        self.overview_wanted = 0.0
        self._instruments = list(instruments)
        self.listed = {instrument.symbol: instrument for instrument in self._instruments}
        self._position = 0

    def instruments(self) -> Sequence[Instrument]:
        return self._instruments

    def listing(self) -> Mapping[str, Instrument]:
        return self.listed

    def cadence(self, symbol: str) -> timedelta | None:
        return None

    def overview(self, *, at: datetime) -> Sequence[TickerRow]:
        """Return the newest scripted price of every symbol; what a day did is unknown."""
        newest: dict[str, TickerRow] = {}
        for event in tuple(self.events):
            if isinstance(event, FundingRate):
                continue
            price, seen_at = (event.last, event.at) if isinstance(event, Quote) else (event.close, event.closed_at)
            if seen_at <= at:
                bid, ask = (event.bid, event.ask) if isinstance(event, Quote) else (None, None)
                newest[event.symbol] = TickerRow(
                    symbol=event.symbol,
                    last=price,
                    bid=bid,
                    ask=ask,
                    change_percent_24h=None,
                    quote_volume_24h=None,
                    at=seen_at,
                )
        return tuple(newest.values())

    def want_overview(self, seconds: float) -> None:
        self.overview_wanted = max(self.overview_wanted, seconds)

    def subscribe(self, symbol: str, timeframe: Timeframe | None) -> None:
        self.subscribed.append((symbol, timeframe))

    def resume(self, at: datetime) -> None:
        times = [self._key(event) for event in self.events]
        self._position = next((index for index, time in enumerate(times) if time >= at), len(times))

    def peek_time(self) -> datetime | None:
        if self._position >= len(self.events):
            return None
        event = self.events[self._position]
        return event.closed_at if isinstance(event, Bar) else event.at

    def next_event(self) -> MarketEvent | None:
        if self._position >= len(self.events):
            return None
        self._position += 1
        return self.events[self._position - 1]

    def history(self, symbol: str, timeframe: Timeframe, *, before: datetime, limit: int) -> Sequence[Bar]:
        bars = [
            event
            for event in self.events
            if isinstance(event, Bar) and (event.symbol, event.timeframe) == (symbol, timeframe)
        ]
        closed = [bar for bar in bars if bar.closed_at <= before]
        return closed[-limit:] if limit > 0 else []

    def _key(self, event: MarketEvent) -> datetime:
        if not isinstance(event, Bar):
            return event.at
        return event.opened_at if self.fills_on is PriceSource.BARS else event.closed_at


class ScriptedBroker:
    """A `Broker` that does what the test says: it keeps what it was given and reports what the test puts in."""

    def __init__(self) -> None:
        self.submitted: list[Order] = []
        self.canceled: list[Order] = []
        self.edited: list[Order] = []
        self.reports: list[BrokerReport] = []

    def submit(self, order: Order, instrument: Instrument) -> None:
        self.submitted.append(order)

    def cancel(self, order: Order) -> None:
        self.canceled.append(order)

    def edit(self, order: Order) -> None:
        self.edited.append(order)

    def meet_anew(self, order: Order) -> None:
        """Live exchanges match by themselves."""

    def ratchets(self) -> Mapping[str, str]:
        return {}

    def take_ratchets(self, ratchets: Mapping[str, str]) -> None:
        """An exchange of its own remembers by itself."""

    def on_quote(self, quote: Quote) -> None:
        """Live exchanges match by themselves."""

    def on_bar_open(self, bar: Bar) -> None:
        """Live exchanges match by themselves."""

    def on_bar_range(self, bar: Bar) -> None:
        """Live exchanges match by themselves."""

    def drain(self) -> Sequence[BrokerReport]:
        reports, self.reports = self.reports, []
        return reports
