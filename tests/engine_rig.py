"""An engine on a scripted market, stepped by hand: what a host does, without a loop, a thread or a disk."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from itertools import count
from typing import Any, TypeVar

from desktop_trader.brokers.paper import PaperBroker
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.market import Bar, MarketEvent, PriceSource, Timeframe
from desktop_trader.domain.order import NO_PROTECTION, OrderSide, OrderType, Protection
from desktop_trader.domain.portfolio import Portfolio
from desktop_trader.domain.position import Position
from desktop_trader.domain.risk import RiskLimits
from desktop_trader.engine import recovery
from desktop_trader.engine.broker_port import Broker, FundsView
from desktop_trader.engine.ports import LedgerStore, MarketFeed
from desktop_trader.engine.recovery import NewAccount
from desktop_trader.engine.snapshot_publisher import build_snapshot
from desktop_trader.engine.trading_engine import EngineEvent, EngineParts, TradingEngine
from desktop_trader.messages import commands as c
from desktop_trader.messages.notices import LogNotice, Notice
from desktop_trader.messages.snapshot import AccountSnapshot
from tests.builders import SPOT, START, Number, make_bar, make_quote, number
from tests.fakes import MemoryLedgerStore, ScriptedFeed

_N = TypeVar("_N", bound=Notice)
NO_LIMITS = RiskLimits(
    max_position_percent=Decimal(1_000_000),
    risk_per_trade_percent=Decimal(1_000_000),
    max_margin_ratio_percent=Decimal(1_000_000),
)
DEMO_ACCOUNT = NewAccount(name="demo", type="demo", exchange="paper", currency="USDT", start_amount=Decimal(10_000))


def build_engine(
    store: LedgerStore,
    feed: MarketFeed,
    *,
    start_amount: Number = 10_000,
    limits: RiskLimits = NO_LIMITS,
    make_broker: Callable[[FundsView], Broker] = PaperBroker,
) -> TradingEngine:
    """Recover the books of the demo account, or open it, and return the engine over them; its notices wait inside."""
    stored = store.load("demo")
    new_account = replace(DEMO_ACCOUNT, start_amount=number(start_amount))
    books, desk = recovery.take_up_books(store, stored, feed=feed, new_account=new_account)
    parts = EngineParts(books=books, desk=desk, broker=make_broker(books), feed=feed, limits=limits)
    engine = TradingEngine(parts)
    recovery.start(engine, stored, new_account=new_account)
    return engine


@dataclass(kw_only=True)
class EngineRig:
    """One account from its first start on. Time goes on by a second per quote and a minute per bar."""

    instruments: Sequence[Instrument] = (SPOT,)
    start_amount: Number = 10_000
    fills_on: PriceSource = PriceSource.QUOTES
    limits: RiskLimits = NO_LIMITS
    broker: Broker | None = None
    store: LedgerStore = field(default_factory=MemoryLedgerStore)
    source_id: str = "scripted:1"
    now: datetime = START

    def __post_init__(self) -> None:
        self.notices: list[Notice] = []
        self._requests = count(1)
        self._bars: list[MarketEvent] = []
        self.restart()

    @property
    def portfolio(self) -> Portfolio:
        return self.engine.books.portfolio

    @property
    def position(self) -> Position:
        """The only open position."""
        (position,) = self.portfolio.positions.values()
        return position

    @property
    def snapshot(self) -> AccountSnapshot:
        return build_snapshot(self.engine, sequence=1)

    @property
    def memory(self) -> MemoryLedgerStore:
        """The store, where it is the one of memory."""
        assert isinstance(self.store, MemoryLedgerStore)
        return self.store

    def restart(self) -> list[str]:
        """Forget the engine, as a kill does, and build another from the books; return the sentences it says."""
        self.feed = self.make_feed()
        self.engine = build_engine(
            self.store,
            self.feed,
            start_amount=self.start_amount,
            limits=self.limits,
            make_broker=lambda funds: self.broker or self.make_broker(funds, self.feed),
        )
        told = self.engine.desk.board.take()
        self.notices += told
        return [notice.message for notice in told if isinstance(notice, LogNotice)]

    def make_feed(self) -> ScriptedFeed:
        """Return the market of a start."""
        return ScriptedFeed(*self.feed_values(), **self.feed_fields())

    def feed_values(self) -> tuple[Sequence[Instrument], list[MarketEvent]]:
        return self.instruments, self._bars

    def feed_fields(self) -> dict[str, Any]:
        return {"fills_on": self.fills_on, "starts_at": START, "source_id": self.source_id}

    def make_broker(self, funds: FundsView, feed: ScriptedFeed) -> Broker:
        """Return the exchange of a start."""
        return PaperBroker(funds)

    def step(self, event: EngineEvent) -> list[Notice]:
        """Let one event happen."""
        notices = self.engine.step(event)
        self.notices += notices
        if isinstance(event, Bar):
            self._bars.append(event)  # from now on history, here and after a restart
            self.feed.events.append(event)
        return notices

    def quote(
        self, price: Number, *, symbol: str = "", bid: Number | None = None, ask: Number | None = None
    ) -> list[Notice]:
        """A second later: a price."""
        self.now += timedelta(seconds=1)
        symbol = symbol or self.instruments[0].symbol
        return self.step(make_quote(price, at=self.now, symbol=symbol, bid=bid, ask=ask))

    def bar(self, prices: str, *, timeframe: Timeframe = Timeframe.M1) -> list[Notice]:
        """The next bar of the first instrument: `open high low close`."""
        bar = make_bar(prices, opened_at=self.now, symbol=self.instruments[0].symbol, timeframe=timeframe)
        self.now = bar.closed_at
        return self.step(bar)

    def closes(self, *prices: Number) -> None:
        """Bars without range."""
        for price in prices:
            self.bar(f"{price} {price} {price} {price}")

    def wait(self, **span: float) -> None:
        """Let market time pass; the next event is after it."""
        self.now += timedelta(**span)

    def request_id(self) -> str:
        return f"request-{next(self._requests)}"

    def buy(self, quantity: Number, **fields: Any) -> list[Notice]:
        """Open a long by hand; `limit` makes it a limit order."""
        return self.enter(OrderSide.BUY, quantity, **fields)

    def sell(self, quantity: Number, **fields: Any) -> list[Notice]:
        """Open a short by hand."""
        return self.enter(OrderSide.SELL, quantity, **fields)

    def enter(
        self,
        side: OrderSide,
        quantity: Number,
        *,
        limit: Number | None = None,
        stop: Number | None = None,
        target: Number | None = None,
        symbol: str = "",
        request_id: str = "",
    ) -> list[Notice]:
        """Open a position by hand."""
        protection = NO_PROTECTION
        if stop is not None or target is not None:
            protection = Protection(
                stop_loss=None if stop is None else number(stop), take_profit=None if target is None else number(target)
            )
        return self.step(
            c.SubmitOrder(
                request_id=request_id or self.request_id(),
                symbol=symbol or self.instruments[0].symbol,
                side=side,
                type=OrderType.MARKET if limit is None else OrderType.LIMIT,
                quantity=number(quantity),
                limit_price=None if limit is None else number(limit),
                protection=protection,
            )
        )

    def close(self, position_id: int) -> list[Notice]:
        return self.step(c.ClosePosition(request_id=self.request_id(), position_id=position_id))

    def cancel(self, order_id: int) -> list[Notice]:
        return self.step(c.CancelOrder(request_id=self.request_id(), order_id=order_id))

    def set_total(
        self, amount: Number, *, seen: Number | None = None, reason: str = "test", request_id: str = ""
    ) -> list[Notice]:
        """Adjust the balance to a new total."""
        return self._adjust(c.AdjustmentKind.SET_TOTAL, amount, reason=reason, seen=seen, request_id=request_id)

    def deposit(self, amount: Number, *, request_id: str = "") -> list[Notice]:
        return self._adjust(c.AdjustmentKind.DEPOSIT, amount, reason="test", request_id=request_id)

    def withdraw(self, amount: Number, *, request_id: str = "") -> list[Notice]:
        return self._adjust(c.AdjustmentKind.WITHDRAW, amount, reason="test", request_id=request_id)

    def reset(
        self, amount: Number = 10_000, *, reason: str = "a new try", author: str = "a person", request_id: str = ""
    ) -> list[Notice]:
        """End the present run and begin the next."""
        return self.step(
            c.ResetAccount(
                request_id=request_id or self.request_id(), start_amount=number(amount), author=author, reason=reason
            )
        )

    def take_over(
        self, amount: Number, *, content: str = "a file", description: str = "a file of before"
    ) -> list[Notice]:
        """Import a balance."""
        return self.step(
            c.ImportBalance(
                request_id=self.request_id(),
                amount=number(amount),
                content_hash=sha256(content.encode()).hexdigest(),
                description=description,
                author="a person",
            )
        )

    def pause(self) -> list[Notice]:
        return self.step(c.PauseEntries(request_id=self.request_id()))

    def resume(self) -> list[Notice]:
        return self.step(c.ResumeEntries(request_id=self.request_id()))

    def start_strategy(self, **parameters: str) -> list[Notice]:
        """Start the moving average cross on one-minute bars of the first instrument."""
        return self.step(
            c.StartAutoTrading(
                request_id=self.request_id(),
                strategy="moving_average_cross",
                symbol=self.instruments[0].symbol,
                timeframe=Timeframe.M1,
                parameters=tuple(parameters.items()),
            )
        )

    def told(self, kind: type[_N]) -> list[_N]:
        """Every notice of a kind since the first start."""
        return [notice for notice in self.notices if isinstance(notice, kind)]

    def _adjust(
        self,
        kind: c.AdjustmentKind,
        amount: Number,
        *,
        reason: str,
        seen: Number | None = None,
        request_id: str = "",
    ) -> list[Notice]:
        return self.step(
            c.AdjustBalance(
                request_id=request_id or self.request_id(),
                kind=kind,
                amount=number(amount),
                reason=reason,
                author="a person",
                expected_total=None if seen is None else number(seen),
            )
        )


def only(notices: Sequence[Notice], kind: type[_N]) -> _N:
    """Return the one notice of a kind."""
    (found,) = [notice for notice in notices if isinstance(notice, kind)]
    return found


def events_of(feed: ScriptedFeed) -> list[MarketEvent]:
    """Return what is left to play."""
    events: list[MarketEvent] = []
    while (event := feed.next_event()) is not None:
        events.append(event)
    return events
