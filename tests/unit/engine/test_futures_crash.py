"""A session of futures is killed after each of its commits in turn, starts again from the books, and ends the same.

Trailing stops, funding, both margin modes, liquidations, changes of leverage and margin, on quotes and on bars whose
mark goes its own way.
"""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from desktop_trader.domain.ledger import EntryKind
from desktop_trader.domain.market import Bar, FundingRate, MarketEvent, PriceSource
from desktop_trader.domain.order import MarginMode, OrderReason, OrderSide, OrderType, Protection
from desktop_trader.engine.ports import LedgerStore
from desktop_trader.engine.trading_engine import TradingEngine
from desktop_trader.messages import commands as c
from tests.builders import SWAP, after, make_bar, make_quote
from tests.engine_rig import build_engine
from tests.fakes import RecordingStore, ScriptedFeed

BARS = 120
FUNDING_EVERY = 7
EVENTS_TO_AGREE = 8
"""So many events after a kill everything that decides the future is compared; some kills are followed to the end."""


def _series() -> list[Bar]:
    dice = random.Random(5)
    bars: list[Bar] = []
    close = 10_000
    for index in range(BARS):
        open_ = close + (dice.randrange(-500, 501) if dice.random() < 0.15 else dice.randrange(-20, 21))
        close = round(10_000 + 700 * math.sin(index / 7) + 300 * math.sin(index / 2.1)) + dice.randrange(-90, 91)
        high, low = max(open_, close) + dice.randrange(80), min(open_, close) - dice.randrange(80)
        prices = " ".join(f"{Decimal(cents) / 100}" for cents in (open_, high, low, close))
        bars.append(make_bar(prices, opened_at=after(minutes=index), symbol=SWAP.symbol))
    return bars


SERIES = _series()
_OFF = Decimal("1.003")
"""How far the mark stands from the price, up in one minute and down in the next."""


def _mark(price: Decimal, at: datetime) -> Decimal:
    return price * _OFF if at.minute % 2 else price / _OFF


class SwapFeed(ScriptedFeed):
    """A market of one swap whose mark is not its price."""

    def mark_bar(self, bar: Bar) -> Bar | None:
        open_, high, low, close = (_mark(each, bar.opened_at) for each in (bar.open, bar.high, bar.low, bar.close))
        return replace(bar, open=open_, high=high, low=low, close=close)


class Session:
    """What a person does before each minute; the same request ids and choices whenever it is played again.

    `answered` is how many writes there were when each request had its answer: a person asks again for what has none.
    """

    def __init__(self) -> None:
        self._choices: dict[str, int] = {}
        self.answered: dict[str, int] = {}

    def commands_before(self, index: int, engine: TradingEngine) -> list[c.Command]:
        acts: dict[int, Callable[[str, TradingEngine], c.Command]] = {
            2: self._enter,
            5: self._protect,
            9: self._leverage,
            11: self._margin,
            17: self._close,
        }
        return [act(f"{index}-{step}", engine) for step, act in acts.items() if index % step == 1]

    def _enter(self, key: str, engine: TradingEngine) -> c.Command:
        index = int(key.split("-", maxsplit=1)[0])
        trail = Decimal(1) if index % 3 == 0 else None
        return c.SubmitOrder(
            request_id=key,
            symbol=SWAP.symbol,
            side=OrderSide.BUY if index % 4 == 1 else OrderSide.SELL,
            type=OrderType.LIMIT,
            quantity=Decimal(index % 7 + 1) * 4,
            limit_price=(SERIES[index - 1].close * (Decimal("1.01") if index % 4 == 1 else Decimal("0.99"))).quantize(
                SWAP.tick_size
            ),
            leverage=(5, 20, 50, 100)[index % 4],
            margin_mode=MarginMode.CROSS if index % 5 == 1 else MarginMode.ISOLATED,
            protection=Protection(take_profit_percent=Decimal(4), trail_percent=trail),
        )

    def _held(self, key: str, engine: TradingEngine) -> int:
        held = sorted(engine.books.portfolio.positions)
        return self._choices.setdefault(key, held[len(held) // 2] if held else 0)

    def _protect(self, key: str, engine: TradingEngine) -> c.Command:
        trail = Decimal("1.5")
        return c.SetProtection(
            request_id=key, position_id=self._held(key, engine), stop_loss=None, take_profit=None, trail_percent=trail
        )

    def _leverage(self, key: str, engine: TradingEngine) -> c.Command:
        leverage = 25 if int(key.split("-", maxsplit=1)[0]) % 2 else 3
        return c.SetLeverage(request_id=key, position_id=self._held(key, engine), leverage=leverage)

    def _margin(self, key: str, engine: TradingEngine) -> c.Command:
        return c.ChangeMargin(request_id=key, position_id=self._held(key, engine), amount=Decimal("3.00000007"))

    def _close(self, key: str, engine: TradingEngine) -> c.Command:
        return c.ClosePosition(request_id=key, position_id=self._held(key, engine))


def state(engine: TradingEngine) -> tuple[object, ...]:
    """Everything that decides what happens from here on."""
    books = engine.books
    positions = sorted(books.portfolio.positions.values(), key=lambda each: each.id)
    return (
        books.head,
        books.portfolio.wallet,
        books.portfolio.totals,
        positions,
        sorted((order.id, order.status, order.reserve) for order in books.portfolio.orders.values()),
        books.peak_equity,
        [engine.trails.stop_of(each, SWAP) for each in positions],
        [engine.desk.marks.mark(each.symbol) for each in positions],
    )


@dataclass(frozen=True)
class Market:
    """The series as whole bars, or as four quotes a minute; funding falls due every seven minutes."""

    fills_on: PriceSource
    events: list[MarketEvent]
    minutes: dict[datetime, int]
    """By the time of the first event of each minute: the number of that minute."""

    def feed(self) -> ScriptedFeed:
        return SwapFeed([SWAP], self.events, fills_on=self.fills_on)


def _funding(index: int) -> list[MarketEvent]:
    if index % FUNDING_EVERY:
        return []
    rate = Decimal("0.00123") if index % 2 else Decimal("-0.00047")
    return [FundingRate(symbol=SWAP.symbol, at=after(minutes=index), rate=rate, mark_price=SERIES[index].open)]


def _bars() -> Market:
    events = [event for index, bar in enumerate(SERIES) for event in (*_funding(index), bar)]
    return Market(PriceSource.BARS, events, {bar.closed_at: index for index, bar in enumerate(SERIES)})


def _quotes() -> Market:
    events: list[MarketEvent] = []
    minutes: dict[datetime, int] = {}
    for index, bar in enumerate(SERIES[:90]):
        events += _funding(index)
        for second, price in zip((1, 16, 31, 46), (bar.open, bar.low, bar.high, bar.close), strict=True):
            at = bar.opened_at + timedelta(seconds=second)
            spread = Decimal("0.02")
            quote = make_quote(price, at=at, symbol=SWAP.symbol, bid=price - spread, ask=price + spread)
            events.append(replace(quote, mark=_mark(price, at)))
        minutes[bar.opened_at + timedelta(seconds=1)] = index
    return Market(PriceSource.QUOTES, events, minutes)


def play(
    store: LedgerStore,
    market: Market,
    session: Session,
    *,
    most: int = 10_000,
    writes: int = 0,
    seen: dict[datetime, object] | None = None,
) -> TradingEngine:
    """Start on these books, after so many writes, and go on to the end or for so many events, noting each state."""
    feed = market.feed()
    engine = build_engine(store, feed)
    for number in range(most):
        at = feed.peek_time()
        if at is None:
            break
        if at in market.minutes:
            for command in session.commands_before(market.minutes[at], engine):
                if session.answered.get(command.request_id, writes) >= writes:
                    engine.step(command)
                if isinstance(store, RecordingStore):
                    session.answered[command.request_id] = len(store.left_behind)
        event = feed.next_event()
        assert event is not None
        engine.step(event)
        if number % 50 == 49:
            engine.checkpoint()
        if seen is not None and not isinstance(event, FundingRate):
            seen[at] = state(engine)
        assert not engine.halted, engine.halted
    return engine


@dataclass(frozen=True)
class Played:
    """One session played without interruption: its books after every write, and its state after every price."""

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
    entries = played.store.entries
    kinds = {entry.draft.kind for entry in entries}
    assert kinds >= {EntryKind.FUNDING, EntryKind.LIQUIDATION, EntryKind.MARGIN_CHANGE, EntryKind.POSITION_CLOSE}
    reasons = {position.close_reason for update in played.store.updates for position in update.positions}
    assert reasons >= {OrderReason.TRAILING_STOP, OrderReason.LIQUIDATION, OrderReason.MANUAL}
    modes = {position.margin_mode for update in played.store.updates for position in update.positions}
    assert modes == {MarginMode.CROSS, MarginMode.ISOLATED}


def test_funding_is_booked_once_for_each_instant_and_position(played: Played) -> None:
    keys = [entry.draft.idempotency_key for entry in played.store.entries if entry.draft.kind is EntryKind.FUNDING]
    assert len(keys) == len(set(keys)) >= 10


@pytest.mark.slow
@pytest.mark.requirement("R40", "R41", "R74", "R75")
def test_whenever_the_process_dies_futures_end_the_same(played: Played) -> None:
    for number, left_behind in enumerate(played.store.left_behind):
        goes_to_the_end = number % 150 == 0
        engine = play(
            left_behind,
            played.market,
            played.session,
            most=10_000 if goes_to_the_end else EVENTS_TO_AGREE,
            writes=number + 1,
        )
        at = engine.desk.clock.now()
        if at in played.seen:
            assert state(engine) == played.seen[at], f"killed after write {number}: differs at {at}"
        if goes_to_the_end:
            assert engine.books.head == played.engine.books.head
