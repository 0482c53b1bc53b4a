"""The process dies after each commit of a long session in turn, starts again from the books, and ends the same."""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from desktop_trader.domain.ledger import EntryKind
from desktop_trader.domain.market import Bar, MarketEvent, PriceSource, Timeframe
from desktop_trader.domain.order import OrderReason, OrderSide, OrderType, Protection
from desktop_trader.engine.ports import LedgerStore
from desktop_trader.engine.trading_engine import TradingEngine
from desktop_trader.messages import commands as c
from tests.builders import SWAP, after, make_bar, make_quote
from tests.engine_rig import build_engine
from tests.fakes import MemoryLedgerStore, RecordingStore, ScriptedFeed

BARS = 400
QUIET = range(100, 105)
"""These minutes end with an account that was reset."""
EVENTS_TO_AGREE = 6
"""So many events after a kill everything that decides the future is compared; some kills are followed to the end."""


def _series() -> list[Bar]:
    """Waves with noise and jumps between bars, so that both directions, both levels and gaps occur."""
    dice = random.Random(20)
    bars: list[Bar] = []
    close = 10_000
    for index in range(BARS):
        open_ = close + (dice.randrange(-400, 401) if dice.random() < 0.1 else dice.randrange(-20, 21))
        close = round(10_000 + 500 * math.sin(index / 9) + 200 * math.sin(index / 2.3)) + dice.randrange(-80, 81)
        high, low = max(open_, close) + dice.randrange(60), min(open_, close) - dice.randrange(60)
        prices = " ".join(f"{Decimal(cents) / 100}" for cents in (open_, high, low, close))
        bars.append(make_bar(prices, opened_at=after(minutes=index), symbol=SWAP.symbol))
    return bars


SERIES = _series()


class Session:
    """What a person does before each bar; the same request ids and choices whenever it is played again."""

    def __init__(self) -> None:
        self._choices: dict[str, int] = {}
        self._endings: dict[int, list[c.Command]] = {}

    def commands_before(self, index: int, engine: TradingEngine) -> list[c.Command]:
        if index == 0:
            return [self._start()]
        if index in QUIET:
            return self._towards_reset(index, engine)
        actions: dict[int, Callable[[str, TradingEngine], c.Command]] = {
            3: self._rest,
            7: self._money,
            11: self._cancel,
            13: self._close,
        }
        commands = [act(f"{index}-{step}", engine) for step, act in actions.items() if index % step == 0]
        once: dict[int, c.Command] = {
            151: c.PauseEntries(request_id="pause"),
            181: c.ResumeEntries(request_id="resume"),
            193: c.StopAutoTrading(request_id="stop"),
            199: self._start(fast="2"),
        }
        return [*commands, once[index]] if index in once else commands

    def _towards_reset(self, index: int, engine: TradingEngine) -> list[c.Command]:
        """End everything that is open, reset the account in the midst of its strategy's run, and start again."""
        portfolio = engine.books.portfolio
        ends: list[c.Command] = [
            *(c.CancelOrder(request_id=f"{index}-o{each}", order_id=each) for each in portfolio.orders),
            *(c.ClosePosition(request_id=f"{index}-p{each}", position_id=each) for each in portfolio.positions),
        ]
        once: dict[int, list[c.Command]] = {
            QUIET[0]: [c.PauseEntries(request_id="quiet")],
            QUIET[1]: self._endings.setdefault(index, ends),
            QUIET[3]: [
                c.ResetAccount(request_id="reset", start_amount=Decimal(7_000), author="a person", reason="again")
            ],
            QUIET[4]: [c.ResumeEntries(request_id="loud"), self._start(fast="4")],
        }
        return once.get(index, [])

    def _start(self, fast: str = "3") -> c.Command:
        parameters = (("fast", fast), ("slow", "8"), ("stop_loss_percent", "1"), ("take_profit_percent", "2"))
        return c.StartAutoTrading(
            request_id=f"start-{fast}",
            strategy="moving_average_cross",
            symbol=SWAP.symbol,
            timeframe=Timeframe.M1,
            parameters=parameters,
        )

    def _rest(self, key: str, engine: TradingEngine) -> c.Command:
        index = int(key.split("-", maxsplit=1)[0])
        buys = index % 2 == 0
        last = SERIES[index - 1].close
        return c.SubmitOrder(
            request_id=key,
            symbol=SWAP.symbol,
            side=OrderSide.BUY if buys else OrderSide.SELL,
            type=OrderType.LIMIT,
            quantity=Decimal(index % 5 + 1),
            limit_price=last - 1 if buys else last + 1,
            protection=Protection(stop_loss_percent=Decimal("1.5"), take_profit_percent=Decimal(1)),
        )

    def _money(self, key: str, engine: TradingEngine) -> c.Command:
        kind = c.AdjustmentKind.DEPOSIT if int(key.split("-", maxsplit=1)[0]) % 2 else c.AdjustmentKind.WITHDRAW
        return c.AdjustBalance(request_id=key, kind=kind, amount=Decimal("12.34567891"), reason="r", author="a person")

    def _cancel(self, key: str, engine: TradingEngine) -> c.Command:
        resting = [order.id for order in engine.books.portfolio.orders.values() if order.type is OrderType.LIMIT]
        return c.CancelOrder(request_id=key, order_id=self._choices.setdefault(key, min(resting, default=0)))

    def _close(self, key: str, engine: TradingEngine) -> c.Command:
        held = min(engine.books.portfolio.positions, default=0)
        return c.ClosePosition(request_id=key, position_id=self._choices.setdefault(key, held))


def state(engine: TradingEngine) -> tuple[object, ...]:
    """Everything that decides what happens from here on."""
    books = engine.books
    run = engine.auto_trading.run
    return (
        books.head,
        books.portfolio.wallet,
        books.portfolio.totals,
        books.portfolio.run,
        sorted(books.portfolio.positions.values(), key=lambda each: each.id),
        sorted((order.id, order.status, order.reserve) for order in books.portfolio.orders.values()),
        books.is_entries_paused,
        books.peak_equity,
        None if run is None else (run.id, run.parameters),
        (engine.desk.cursor.bars_seen, engine.desk.cursor.last_bar_at),
    )


@dataclass(frozen=True)
class Market:
    """The series as whole bars, or as four quotes a bar and the bar at its close."""

    fills_on: PriceSource
    events: list[MarketEvent]
    minutes: dict[datetime, int]
    """By the time of the first event of each minute: the number of that minute."""

    def feed(self) -> ScriptedFeed:
        return ScriptedFeed([SWAP], self.events, fills_on=self.fills_on)


def _bars() -> Market:
    return Market(PriceSource.BARS, list(SERIES), {bar.closed_at: index for index, bar in enumerate(SERIES)})


def _quotes() -> Market:
    events: list[MarketEvent] = []
    minutes: dict[datetime, int] = {}
    for index, bar in enumerate(SERIES[:160]):
        for second, price in zip((1, 16, 31, 46), (bar.open, bar.low, bar.high, bar.close), strict=True):
            at = bar.opened_at + timedelta(seconds=second)
            spread = Decimal("0.02")
            events.append(make_quote(price, at=at, symbol=SWAP.symbol, bid=price - spread, ask=price + spread))
        minutes[bar.opened_at + timedelta(seconds=1)] = index
        events.append(bar)
    return Market(PriceSource.QUOTES, events, minutes)


def play(
    store: LedgerStore,
    market: Market,
    session: Session,
    *,
    most: int = 10_000,
    seen: dict[datetime, object] | None = None,
) -> TradingEngine:
    """Start on these books and go on until the end, or for so many events, noting the state after each."""
    feed = market.feed()
    engine = build_engine(store, feed)
    for number in range(most):
        at = feed.peek_time()
        if at is None:
            break
        if at in market.minutes:
            for command in session.commands_before(market.minutes[at], engine):
                engine.step(command)
        event = feed.next_event()
        assert event is not None
        engine.step(event)
        if number % 50 == 49:
            engine.checkpoint()
        if seen is not None:
            seen[at] = state(engine)
        assert not engine.halted, engine.halted
    return engine


@dataclass(frozen=True)
class Played:
    """One session played without interruption: its books after every write, and its state after every event."""

    market: Market
    session: Session
    store: RecordingStore
    seen: dict[datetime, object]
    engine: TradingEngine


@pytest.fixture(scope="module", params=[_bars, _quotes], ids=["bars", "quotes"])
def played(request: pytest.FixtureRequest) -> Played:
    market, session, store = request.param(), Session(), RecordingStore()
    seen: dict[datetime, object] = {}
    return Played(market, session, store, seen, play(store, market, session, seen=seen))


def test_the_session_has_everything_that_can_happen(played: Played) -> None:
    store = played.store
    kinds = {entry.draft.kind for entry in store.entries}
    assert kinds >= {
        EntryKind.ORDER_LOCK,
        EntryKind.ORDER_RELEASE,
        EntryKind.POSITION_OPEN,
        EntryKind.POSITION_CLOSE,
        EntryKind.FEE,
        EntryKind.DEPOSIT,
        EntryKind.WITHDRAWAL,
        EntryKind.RESET,
    }
    reasons = {entry.draft.reason for entry in store.entries if entry.draft.kind is EntryKind.POSITION_CLOSE}
    assert reasons >= {
        f"trade_pnl_{OrderReason(each).value}" for each in ("stop_loss", "take_profit", "manual", "signal")
    }
    descriptions = {entry.draft.description.partition(" position")[0] for entry in store.entries}
    assert descriptions >= {"Opened LONG", "Opened SHORT", "Closed LONG", "Closed SHORT"}
    assert len(store.updates) > 300


@pytest.mark.slow
@pytest.mark.requirement("R10", "R42", "R3")
def test_whenever_the_process_dies_the_books_end_the_same(played: Played) -> None:
    for number, left_behind in enumerate(played.store.left_behind):
        goes_to_the_end = number % 250 == 0
        engine = play(left_behind, played.market, played.session, most=10_000 if goes_to_the_end else EVENTS_TO_AGREE)
        at = engine.desk.clock.now()
        assert state(engine) == played.seen[at], f"killed after write {number}: differs at {at}"
        if goes_to_the_end:
            assert engine.books.head == played.engine.books.head


def test_dying_again_and_again_ends_the_same(played: Played) -> None:
    """A process that never lives for more than some forty writes still gets to the end, and to the same books."""
    books = MemoryLedgerStore()
    for _ in range(200):
        life = RecordingStore()
        life.__dict__.update(books.copy().__dict__, left_behind=[])
        engine = play(life, played.market, played.session, most=40)
        if engine.feed.peek_time() is None:
            assert engine.books.head == played.engine.books.head
            return
        books = life.left_behind[min(len(life.left_behind), 40) - 1]
    pytest.fail("the session never got to its end")
