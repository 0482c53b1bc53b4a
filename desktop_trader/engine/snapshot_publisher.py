"""Turns the engine's state into snapshots: at once after a change of the ledger, 20 a second when only prices move."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import count
from math import inf
from typing import Protocol

from desktop_trader.domain.market import PriceSource, Quote
from desktop_trader.domain.money import ZERO
from desktop_trader.engine.balance_figures import BalanceSources, balance_view, recent_changes
from desktop_trader.engine.position_view import maintenance_of, position_view
from desktop_trader.engine.trading_engine import TradingEngine
from desktop_trader.engine.trading_floor import TradingFloor
from desktop_trader.engine.trailing_orders import trail_levels
from desktop_trader.engine.view_ground import view_ground
from desktop_trader.messages.network import NetworkView
from desktop_trader.messages.snapshot import (
    AccountSnapshot,
    AutoTradingView,
    BalanceView,
    MarketView,
)


class NetworkSource(Protocol):
    """Who knows how the connection stands. `version` grows when that has to be shown at once."""

    @property
    def version(self) -> int:
        """Count what is new."""
        ...

    def view(self) -> NetworkView:
        """Return how it stands now."""
        ...


class SnapshotPublisher:
    """Publishes the engine's newest state. One thread; `monotonic` is the host's, in seconds.

    `numbers` may go on where earlier publishers stopped.
    """

    def __init__(
        self,
        engine: TradingEngine,
        publish: Callable[[AccountSnapshot], None],
        *,
        monotonic: Callable[[], float],
        per_second: int,
        network: NetworkSource | None = None,
    ) -> None:
        """Publish through `publish`, price-only snapshots at most `per_second` times a second."""
        self._network = network
        self._seen_network = 0
        self._engine = engine
        self._publish = publish
        self._monotonic = monotonic
        self._interval = 1 / per_second
        self.numbers: Iterator[int] = count(1)
        self.asleep = ""
        self._seen_books = -1
        self._seen_prices = -1
        self._published_at = -inf

    def publish_if_due(self, *, is_last: bool = False) -> None:
        """Publish if the books changed, or if prices did and their turn has come; what is last waits for no turn."""
        books, prices = self._engine.books.version, self._engine.desk.marks.version
        network = 0 if self._network is None else self._network.version
        if books == self._seen_books and network == self._seen_network:
            if prices == self._seen_prices:
                return
            if not is_last and self._monotonic() - self._published_at < self._interval:
                return
        self._seen_books, self._seen_prices, self._seen_network = books, prices, network
        self._published_at = self._monotonic()
        view = None if self._network is None else self._network.view()
        self._publish(build_snapshot(self._engine, sequence=next(self.numbers), asleep=self.asleep, network=view))


class FloorPublisher:
    """Publishes every account of a floor, each when it has something new. One thread."""

    def __init__(
        self,
        floor: TradingFloor,
        publish: Callable[[AccountSnapshot], None],
        *,
        monotonic: Callable[[], float],
        per_second: int,
        network: NetworkSource | None = None,
    ) -> None:
        """Publish through `publish`, price-only snapshots of an account at most `per_second` times a second."""
        self._network = network
        self._publish = publish
        self._monotonic = monotonic
        self._per_second = per_second
        self._numbers = count(1)
        self._publishers: dict[str, SnapshotPublisher] = {}
        self.follow(floor)

    def follow(self, floor: TradingFloor) -> None:
        """Publish another floor from now on, as newer than everything before."""
        self._floor = floor
        self._publishers.clear()
        self._add_accounts()

    def publish_if_due(self, *, is_last: bool = False) -> None:
        """Publish what changed; see `SnapshotPublisher.publish_if_due`."""
        if len(self._publishers) != len(self._floor.accounts):
            self._add_accounts()
        for publisher in self._publishers.values():
            publisher.publish_if_due(is_last=is_last)

    def _add_accounts(self) -> None:
        for name, account in self._floor.accounts.items():
            if name not in self._publishers:
                self._publishers[name] = publisher = SnapshotPublisher(
                    account.engine,
                    self._publish,
                    monotonic=self._monotonic,
                    per_second=self._per_second,
                    network=self._network,
                )
                publisher.asleep = account.asleep
                publisher.numbers = self._numbers


def build_snapshot(
    engine: TradingEngine, *, sequence: int, asleep: str = "", network: NetworkView | None = None
) -> AccountSnapshot:
    """Return the account as it stands, complete."""
    portfolio = engine.books.portfolio
    ground = view_ground(engine)
    return AccountSnapshot(
        sequence=sequence,
        account_id=portfolio.account.id,
        account_name=portfolio.account.name,
        account_type=portfolio.account.type,
        run_id=portfolio.run.id,
        balance=build_balance(engine),
        positions=tuple(position_view(ground, position) for position in portfolio.positions.values()),
        orders=tuple(portfolio.orders.values()),
        auto_trading=_auto_trading_view(engine, is_asleep=bool(asleep)),
        market=MarketView(
            source_id=engine.feed.source_id,
            now=engine.desk.clock.now(),
            quotes=_shown_quotes(engine),
            day_open=tuple(engine.desk.marks.day_opens.items()),
            funding=engine.funding.due_next(),
        ),
        recent_changes=recent_changes(engine.books.balances),
        instruments=tuple(engine.feed.instruments()),
        ledger_head_id=engine.books.head.entry_id,
        head_hash=engine.books.head.hash,
        halted=engine.halted,
        is_halt_passing=engine.is_halt_passing,
        asleep=asleep,
        network=network,
        close_only=engine.books.close_only,
        trail_levels=trail_levels(
            portfolio.orders.values(), engine.books.ratchet_sources, instruments=engine.instruments
        ),
    )


def build_balance(engine: TradingEngine) -> BalanceView:
    """Return every balance figure of the account."""
    books = engine.books
    return balance_view(
        BalanceSources(
            portfolio=books.portfolio,
            balances=books.balances,
            peak_equity=books.peak_equity,
            unrealized=engine.desk.marks.unrealized(books.portfolio),
            now=engine.desk.clock.now(),
            maintenance=_maintenance(engine),
        )
    )


def _maintenance(engine: TradingEngine) -> Decimal | None:
    """Return what all open positions need together; None while one of them has no mark."""
    total = ZERO
    for position in engine.books.portfolio.positions.values():
        mark = engine.desk.marks.mark(position.symbol)
        if mark is None:
            return None
        total += maintenance_of(position, mark, instrument=engine.instruments.get(position.symbol)) or ZERO
    return total


def _auto_trading_view(engine: TradingEngine, *, is_asleep: bool) -> AutoTradingView:
    run = engine.auto_trading.run
    is_paused = engine.books.is_entries_paused
    decisions = tuple(reversed(engine.books.decisions))
    if run is None:
        return AutoTradingView(
            state="stopped",
            is_entries_paused=is_paused,
            strategy="",
            symbol="",
            timeframe=None,
            parameters=(),
            started_at=None,
            bars_seen=0,
            decisions=decisions,
        )
    return AutoTradingView(
        state="paused" if is_paused or is_asleep else "running",
        is_entries_paused=is_paused,
        strategy=run.strategy,
        symbol=run.symbol,
        timeframe=run.timeframe,
        parameters=run.parameters,
        started_at=run.started_at,
        bars_seen=engine.desk.cursor.bars_seen,
        decisions=decisions,
    )


def _shown_quotes(engine: TradingEngine) -> tuple[Quote, ...]:
    """A stored mark is no fresh price: on quotes only what has been quoted since the start is shown."""
    marks = engine.desk.marks
    if engine.feed.fills_on is PriceSource.BARS:
        return marks.newest_quotes(engine.desk.clock.now())
    return tuple(marks.quotes.values())
