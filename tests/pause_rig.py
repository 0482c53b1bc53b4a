"""Accounts beside each other on a scripted market whose network goes and comes back, stepped by hand.

What a host and the network pause do of it: begin, close the gate, let prices pass, end, open the gate.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.market import Bar, MarketEvent, PriceSource, Timeframe
from desktop_trader.domain.order import OrderSide, OrderType, Protection
from desktop_trader.engine.outage_desk import PauseBegun
from desktop_trader.engine.ports import LedgerStore
from desktop_trader.engine.snapshot_publisher import build_snapshot
from desktop_trader.engine.trading_engine import TradingEngine
from desktop_trader.engine.trading_floor import TradingFloor
from desktop_trader.messages import commands as c
from desktop_trader.messages.network import Outage, PauseReason, ReasonKind
from desktop_trader.messages.notices import Notice
from desktop_trader.messages.snapshot import AccountSnapshot
from tests.builders import SPOT, START, Number, make_bar, make_quote, number
from tests.fakes import MemoryLedgerStore, ScriptedFeed
from tests.floor_rig import build_floor, open_account

_N = TypeVar("_N", bound=Notice)
INTERNET = PauseReason(kind=ReasonKind.INTERNET)
ACCOUNTS = ("demo", "second")


class PauseRig:
    """Two accounts of 10,000 from their first start on. Time goes on by a second per quote and a minute per bar."""

    def __init__(
        self,
        *,
        instruments: Sequence[Instrument] = (SPOT,),
        fills_on: PriceSource = PriceSource.QUOTES,
        is_live: bool = False,
        store: LedgerStore | None = None,
        accounts: Sequence[str] = ACCOUNTS,
        source_id: str = "scripted:1",
    ) -> None:
        self.instruments, self.fills_on, self.is_live = list(instruments), fills_on, is_live
        self.books: LedgerStore = store or MemoryLedgerStore()
        self.source_id = source_id
        self.now: datetime = START
        self.notices: list[Notice] = []
        self.history: list[MarketEvent] = []
        self._requests = 0
        self.restart()
        for name in accounts[1:]:
            self.notices += open_account(self.floor, name, "10000")
        self.accounts = tuple(accounts)

    @classmethod
    def over(cls, store: LedgerStore, *, at: datetime, is_live: bool = False) -> "PauseRig":
        """Start on books that a kill left behind, when the market is at a time."""
        rig = cls(store=store, is_live=is_live, accounts=("demo",))
        rig.now, rig.accounts = at, tuple(rig.floor.accounts)
        return rig

    def restart(self, *, is_listed: bool = True) -> list[Notice]:
        """Forget everything, as a kill does, and begin again from the books; return what that told.

        With `is_listed` False the market's list has not come yet.
        """
        self.feed = ScriptedFeed(
            self.instruments,
            self.history,
            fills_on=self.fills_on,
            starts_at=START,
            is_live=self.is_live,
            source_id=self.source_id,
        )
        if not is_listed:
            self.feed.listed.clear()
        told: list[Notice] = []
        self.floor: TradingFloor = build_floor(self.books, self.feed, notices=told)
        self.notices += told
        return told

    def engine(self, account: str = "demo") -> TradingEngine:
        return self.floor.accounts[account].engine

    def snapshot(self, account: str = "demo") -> AccountSnapshot:
        return build_snapshot(self.engine(account), sequence=1)

    @property
    def store(self) -> MemoryLedgerStore:
        """The books, where they are those of memory."""
        assert isinstance(self.books, MemoryLedgerStore)
        return self.books

    @property
    def outages(self) -> list[Outage]:
        return self.store.outages.rows

    def told(self, kind: type[_N]) -> list[_N]:
        return [notice for notice in self.notices if isinstance(notice, kind)]

    def step(self, event: MarketEvent | c.Command) -> list[Notice]:
        notices = self.floor.step(event)
        self.notices += notices
        return notices

    def quote(
        self, price: Number, *, symbol: str = "", bid: Number | None = None, ask: Number | None = None
    ) -> list[Notice]:
        """A second later: a price."""
        self.now += timedelta(seconds=1)
        return self.step(make_quote(price, at=self.now, symbol=symbol or self.instruments[0].symbol, bid=bid, ask=ask))

    def bar(self, prices: str) -> list[Notice]:
        """The next minute of the first instrument: `open high low close`."""
        bar = make_bar(prices, opened_at=self.now, symbol=self.instruments[0].symbol)
        self.now = bar.closed_at
        self.remember(bar)
        return self.step(bar)

    def remember(self, *bars: Bar) -> None:
        """Let bars be history, here and after a restart."""
        self.history += bars
        self.feed.events += bars

    def unseen_bar(self, prices: str) -> None:
        """A minute that nobody was shown; the market's history has it."""
        bar = make_bar(prices, opened_at=self.now, symbol=self.instruments[0].symbol)
        self.now = bar.closed_at
        self.remember(bar)

    def lose(self, *reasons: PauseReason, detail: str = "", is_simulated: bool = False) -> list[Notice]:
        """The network goes."""
        begun = PauseBegun(at=self.now, reasons=reasons or (INTERNET,), detail=detail, is_simulated=is_simulated)
        self.floor.gate.close("trading is paused: internet")
        notices = self.floor.begin_pause(begun)
        self.notices += notices
        return notices

    def note(self, *reasons: PauseReason, detail: str = "") -> list[Notice]:
        """The pause has other reasons."""
        notices = self.floor.note_pause(PauseBegun(at=self.now, reasons=reasons, detail=detail))
        self.notices += notices
        return notices

    def regain(self) -> list[Notice]:
        """Everything is verified and stable."""
        notices = self.floor.end_pause(self.now)
        self.floor.gate.open()
        self.notices += notices
        return notices

    def each(self, command: Callable[[str, str], c.Command]) -> list[list[Notice]]:
        """Give every account a command, made of its name and a request id of its own; return each one's answer."""
        self._requests += 1
        return [self.step(command(name, f"{name}-{self._requests}")) for name in self.accounts]

    def enter(
        self,
        side: OrderSide,
        quantity: Number,
        *,
        limit: Number | None = None,
        stop: Number | None = None,
        target: Number | None = None,
        symbol: str = "",
    ) -> list[list[Notice]]:
        """Let every account open a position by hand."""
        return self.each(
            lambda account, request_id: c.SubmitOrder(
                request_id=request_id,
                symbol=symbol or self.instruments[0].symbol,
                side=side,
                type=OrderType.MARKET if limit is None else OrderType.LIMIT,
                quantity=number(quantity),
                limit_price=None if limit is None else number(limit),
                protection=Protection(
                    stop_loss=None if stop is None else number(stop),
                    take_profit=None if target is None else number(target),
                ),
                account=account,
            )
        )

    def buy(self, quantity: Number, **levels: Any) -> list[list[Notice]]:
        return self.enter(OrderSide.BUY, quantity, **levels)

    def sell(self, quantity: Number, **levels: Any) -> list[list[Notice]]:
        return self.enter(OrderSide.SELL, quantity, **levels)

    def close(self) -> list[list[Notice]]:
        """Let every account close its oldest position."""
        return self.each(
            lambda account, request_id: c.ClosePosition(
                request_id=request_id,
                position_id=min(self.engine(account).books.portfolio.positions, default=0),
                account=account,
            )
        )

    def cancel(self) -> list[list[Notice]]:
        """Let every account cancel its oldest live order."""
        return self.each(
            lambda account, request_id: c.CancelOrder(
                request_id=request_id, order_id=min(self.engine(account).books.portfolio.orders), account=account
            )
        )

    def move(self, kind: c.AdjustmentKind, amount: Number) -> list[list[Notice]]:
        """Let money come into every account or leave it."""
        return self.each(
            lambda account, request_id: c.AdjustBalance(
                request_id=request_id, kind=kind, amount=Decimal(amount), reason="t", author="a person", account=account
            )
        )

    def latch(self, is_paused: bool) -> list[list[Notice]]:
        """Pause or resume new entries of every account."""
        make = c.PauseEntries if is_paused else c.ResumeEntries
        return self.each(lambda account, request_id: make(request_id=request_id, account=account))

    def start_strategy(self, **parameters: str) -> list[list[Notice]]:
        """Let every account run the moving average cross on minutes."""
        return self.each(
            lambda account, request_id: c.StartAutoTrading(
                request_id=request_id,
                strategy="moving_average_cross",
                symbol=self.instruments[0].symbol,
                timeframe=Timeframe.M1,
                parameters=tuple(parameters.items()),
                account=account,
            )
        )
