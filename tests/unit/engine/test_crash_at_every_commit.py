"""The process dies after each commit of a long session in turn, starts again from the books, and ends the same."""

import math
import random
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from itertools import count

import pytest

from desktop_trader.domain.ledger import EntryKind
from desktop_trader.domain.market import Bar, PriceSource, Timeframe
from desktop_trader.domain.order import OrderReason, OrderSide, OrderType, Protection
from desktop_trader.engine.ports import LedgerStore
from desktop_trader.engine.trading_engine import TradingEngine
from desktop_trader.messages import commands as c
from tests.builders import SWAP, after, make_bar
from tests.engine_rig import build_engine
from tests.fakes import MemoryLedgerStore, RecordingStore, ScriptedFeed

BARS = 400
BARS_TO_AGREE = 12
"""So many bars after a kill everything that decides the future is compared; some kills are followed to the end."""


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

    def commands_before(self, index: int, engine: TradingEngine) -> list[c.Command]:
        if index == 0:
            return [self._start()]
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
        return commands + [once[index]] if index in once else commands

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
        index = int(key.split("-")[0])
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
        kind = c.AdjustmentKind.DEPOSIT if int(key.split("-")[0]) % 2 else c.AdjustmentKind.WITHDRAW
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
        sorted(books.portfolio.positions.values(), key=lambda each: each.id),
        sorted((order.id, order.status, order.reserve) for order in books.portfolio.orders.values()),
        books.is_entries_paused,
        books.peak_equity,
        None if run is None else (run.id, run.parameters),
        (engine.desk.cursor.bars_seen, engine.desk.cursor.last_bar_at),
    )


def play(store: LedgerStore, session: Session, *, most: int = BARS, seen: dict[datetime, object] | None = None) -> TradingEngine:
    """Start on these books and go on until the end, or for so many bars, noting the state after each."""
    feed = ScriptedFeed([SWAP], SERIES, fills_on=PriceSource.BARS)
    engine = build_engine(store, feed)
    for number in count(1):
        at = feed.peek_time()
        if at is None or number > most:
            break
        index = (at - SERIES[0].closed_at) // Timeframe.M1.duration
        for command in session.commands_before(index, engine):
            engine.step(command)
        event = feed.next_event()
        assert event is not None
        engine.step(event)
        if index % 7 == 0:
            engine.checkpoint()
        if seen is not None:
            seen[at] = state(engine)
        assert not engine.halted, engine.desk.board
    return engine


@pytest.fixture(scope="module")
def session() -> Session:
    return Session()


@pytest.fixture(scope="module")
def uninterrupted(session: Session) -> tuple[RecordingStore, dict[datetime, object], TradingEngine]:
    store = RecordingStore()
    seen: dict[datetime, object] = {}
    engine = play(store, session, seen=seen)
    return store, seen, engine


def test_the_session_has_everything_that_can_happen(
    uninterrupted: tuple[RecordingStore, dict[datetime, object], TradingEngine],
) -> None:
    store, _, _ = uninterrupted
    kinds = {entry.draft.kind for entry in store.entries}
    assert kinds >= {
        EntryKind.ORDER_LOCK,
        EntryKind.ORDER_RELEASE,
        EntryKind.POSITION_OPEN,
        EntryKind.POSITION_CLOSE,
        EntryKind.FEE,
        EntryKind.DEPOSIT,
        EntryKind.WITHDRAWAL,
    }
    reasons = {entry.draft.reason for entry in store.entries if entry.draft.kind is EntryKind.POSITION_CLOSE}
    assert reasons >= {f"trade_pnl_{OrderReason(each).value}" for each in ("stop_loss", "take_profit", "manual", "signal")}
    descriptions = {entry.draft.description.partition(" position")[0] for entry in store.entries}
    assert descriptions >= {"Opened LONG", "Opened SHORT", "Closed LONG", "Closed SHORT"}
    assert len(store.updates) > 500


@pytest.mark.requirement("R10", "R42", "R3")
def test_whenever_the_process_dies_the_books_end_the_same(
    session: Session, uninterrupted: tuple[RecordingStore, dict[datetime, object], TradingEngine]
) -> None:
    store, seen, finished = uninterrupted
    for number, left_behind in enumerate(store.left_behind):
        goes_to_the_end = number % 200 == 0
        engine = play(left_behind, session, most=BARS if goes_to_the_end else BARS_TO_AGREE)
        at = engine.desk.clock.now()
        assert state(engine) == seen[at], f"killed after write {number}: differs at {at}"
        if goes_to_the_end:
            assert engine.books.head == finished.books.head


def test_dying_again_and_again_ends_the_same(
    session: Session, uninterrupted: tuple[RecordingStore, dict[datetime, object], TradingEngine]
) -> None:
    """A process that never lives for more than three writes still gets to the end, and to the same books."""
    _, _, finished = uninterrupted
    books = MemoryLedgerStore()
    for _ in range(2_000):
        life = RecordingStore()
        life.__dict__.update(books.copy().__dict__, left_behind=[])
        engine = play(life, session, most=12)
        if engine.feed.peek_time() is None:
            break
        books = life.left_behind[min(len(life.left_behind), 40) - 1]
    assert engine.books.head == finished.books.head
