"""A session of orders of every kind is killed after each of its commits in turn, starts again, and ends the same.

Limits that queue, stops, targets, trailing stops, pairs, dates, parts, reversals and edits, on books of orders with
latency and on whole bars.
"""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from desktop_trader.brokers.latency import latency_between
from desktop_trader.brokers.paper import PaperBroker
from desktop_trader.domain.market import Bar, BookLevel, MarketEvent, OrderBook, PriceSource, Quote
from desktop_trader.domain.order import OrderReason, OrderSide, OrderStatus, OrderType, Protection, TimeInForce
from desktop_trader.engine.broker_port import Broker, FundsView
from desktop_trader.engine.ports import LedgerStore
from desktop_trader.engine.trading_engine import TradingEngine
from desktop_trader.messages import commands as c
from tests.builders import SWAP, after, make_bar, make_quote
from tests.engine_rig import build_engine
from tests.fakes import RecordingStore, ScriptedFeed

MINUTES = 100
EVENTS_TO_AGREE = 8
"""So many events after a kill everything that decides the future is compared; some kills are followed to the end."""


def _series() -> list[Bar]:
    dice = random.Random(9)
    bars: list[Bar] = []
    close = 10_000
    for index in range(MINUTES):
        open_ = close + (dice.randrange(-300, 301) if dice.random() < 0.15 else dice.randrange(-20, 21))
        close = round(10_000 + 400 * math.sin(index / 5) + 200 * math.sin(index / 1.7)) + dice.randrange(-60, 61)
        high, low = max(open_, close) + dice.randrange(60), min(open_, close) - dice.randrange(60)
        prices = " ".join(f"{Decimal(cents) / 100}" for cents in (open_, high, low, close))
        bars.append(make_bar(prices, opened_at=after(minutes=index), symbol=SWAP.symbol))
    return bars


SERIES = _series()


class BookFeed(ScriptedFeed):
    """A market of one swap with five levels of uneven size on each side."""

    def depth(self, quote: Quote) -> OrderBook | None:
        dice = random.Random(str((quote.at, quote.last)))

        def side(best: Decimal, step: str) -> tuple[BookLevel, ...]:
            return tuple(
                BookLevel(price=best + Decimal(step) * number, size=Decimal(dice.randrange(20, 300)) / 100)
                for number in range(5)
            )

        return OrderBook(symbol=quote.symbol, bids=side(quote.bid, "-0.05"), asks=side(quote.ask, "0.05"), at=quote.at)


class Session:
    """What a person does before each minute; the same request ids and choices whenever it is played again.

    `answered` is how many writes there were when each request had its answer: a person asks again for what has none.
    """

    def __init__(self) -> None:
        self._made: dict[str, c.Command] = {}
        self.answered: dict[str, int] = {}

    def commands_before(self, index: int, engine: TradingEngine) -> list[c.Command]:
        acts: dict[int, Callable[[int, str, TradingEngine], c.Command]] = {
            2: self._enter,
            3: self._rest_exit,
            7: self._pair,
            5: self._edit,
            11: self._part,
            13: self._reverse,
            17: self._cancel,
        }
        if index in (60, 63):
            return [self._kept(f"{index}", lambda: self._panic(index))]
        due = [step for step in acts if index % step == 1]
        return [self._kept(f"{index}-{step}", partial(acts[step], index, f"{index}-{step}", engine)) for step in due]

    def _kept(self, key: str, make: Callable[[], c.Command]) -> c.Command:
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def _panic(self, index: int) -> c.Command:
        if index == 60:
            return c.CloseAll(request_id="panic")
        return c.ClearCloseOnly(request_id="clear", reason="looked at it")

    def _order(self, key: str, side: OrderSide, type_: OrderType, **fields: Any) -> c.SubmitOrder:
        values: dict[str, Any] = {"quantity": Decimal(1), "leverage": 10} | fields
        return c.SubmitOrder(request_id=key, symbol=SWAP.symbol, side=side, type=type_, **values)

    def _enter(self, index: int, key: str, engine: TradingEngine) -> c.Command:
        last, side = SERIES[index - 1].close, OrderSide.BUY if index % 4 == 1 else OrderSide.SELL
        sign = 1 if side is OrderSide.BUY else -1
        size = Decimal(index % 5 + 1)
        kinds: list[c.SubmitOrder] = [
            self._order(key, side, OrderType.MARKET, quantity=size, protection=Protection(trail_percent=Decimal(2))),
            self._order(key, side, OrderType.LIMIT, quantity=size, limit_price=last - sign),
            self._order(key, side, OrderType.STOP_MARKET, quantity=size, trigger_price=last + sign),
            self._order(
                key, side, OrderType.STOP_LIMIT, trigger_price=last + sign, limit_price=last + sign * Decimal("1.5")
            ),
            self._order(key, side, OrderType.TAKE_PROFIT, quantity=size, trigger_price=last - sign),
            self._order(key, side, OrderType.TRAILING_STOP, quantity=size, trail_percent=Decimal("0.8")),
            self._order(
                key,
                side,
                OrderType.LIMIT,
                limit_price=last - sign * 5,
                is_post_only=True,
                time_in_force=TimeInForce.GTD,
                expires_at=after(minutes=index + 3),
            ),
            self._order(
                key,
                side,
                OrderType.LIMIT,
                quantity=size * 5,
                limit_price=last + sign,
                time_in_force=TimeInForce.IOC if index % 3 else TimeInForce.FOK,
                protection=Protection(stop_loss_percent=Decimal(3), take_profit_percent=Decimal(2)),
            ),
        ]
        chosen = kinds[(index // 2) % len(kinds)]
        # What nobody holds has no price right after a start, and what needs one is refused until the first comes:
        # what is placed at the market, and every trigger.
        needs_price = chosen.limit_price is None or chosen.trigger_price is not None
        return kinds[1] if needs_price and not engine.books.portfolio.positions else chosen

    def _rest_exit(self, index: int, key: str, engine: TradingEngine) -> c.Command:
        held = engine.books.portfolio.positions.get(self._held(engine))
        if held is None:
            return c.CancelOrder(request_id=key, order_id=0)
        sign = held.direction.sign
        return self._order(
            key,
            held.direction.entry_side.opposite,
            OrderType.LIMIT,
            quantity=SWAP.round_quantity(held.quantity / 2) or held.quantity,
            limit_price=SERIES[index - 1].close + sign * 2,
            position_id=held.id,
        )

    def _pair(self, index: int, key: str, engine: TradingEngine) -> c.Command:
        last = SERIES[index - 1].close
        if not engine.books.portfolio.positions:  # no price to hold the trigger against right after a start
            return self._order(key, OrderSide.BUY, OrderType.LIMIT, limit_price=last - 2)
        return c.SubmitOco(
            request_id=key,
            limit=self._order("", OrderSide.BUY, OrderType.LIMIT, limit_price=last - 2),
            stop=self._order("", OrderSide.BUY, OrderType.STOP_MARKET, trigger_price=last + 2),
        )

    def _edit(self, index: int, key: str, engine: TradingEngine) -> c.Command:
        last = SERIES[index - 1].close
        for order in engine.books.portfolio.orders.values():
            if order.type is OrderType.LIMIT and not order.is_exit:
                sign = 1 if order.side is OrderSide.BUY else -1
                return c.EditOrder(request_id=key, order_id=order.id, limit_price=last - sign * Decimal("0.5"))
        return c.EditOrder(request_id=key, order_id=0, quantity=Decimal(1))

    def _part(self, index: int, key: str, engine: TradingEngine) -> c.Command:
        held = engine.books.portfolio.positions.get(self._held(engine))
        part = None if held is None else SWAP.round_quantity(held.quantity / 3) or None
        return c.ClosePosition(request_id=key, position_id=0 if held is None else held.id, quantity=part)

    def _reverse(self, index: int, key: str, engine: TradingEngine) -> c.Command:
        return c.ReversePosition(request_id=key, position_id=self._held(engine))

    def _cancel(self, index: int, key: str, engine: TradingEngine) -> c.Command:
        return c.CancelOrder(request_id=key, order_id=min(engine.books.portfolio.orders, default=0))

    def _held(self, engine: TradingEngine) -> int:
        return min(engine.books.portfolio.positions, default=0)


def state(engine: TradingEngine) -> tuple[object, ...]:
    """Everything that decides what happens from here on."""
    books = engine.books
    return (
        books.head,
        books.portfolio.wallet,
        books.portfolio.totals,
        sorted(books.portfolio.positions.values(), key=lambda each: each.id),
        sorted(
            (order.id, order.status, order.reserve, order.filled_quantity, order.is_triggered, order.revision)
            for order in books.portfolio.orders.values()
        ),
        books.close_only,
        books.peak_equity,
    )


@dataclass(frozen=True)
class Market:
    """The series as whole bars, or as six quotes a minute with books around them."""

    fills_on: PriceSource
    events: list[MarketEvent]
    minutes: dict[datetime, int]
    """By the time of the first event of each minute: the number of that minute."""

    def feed(self) -> ScriptedFeed:
        return BookFeed([SWAP], self.events, fills_on=self.fills_on)

    def broker(self, feed: ScriptedFeed) -> Callable[[FundsView], Broker]:
        if self.fills_on is PriceSource.BARS:
            return PaperBroker
        return lambda funds: PaperBroker(funds, depth=feed.depth, latency=latency_between(40, 4_000))


def _bars() -> Market:
    return Market(PriceSource.BARS, list(SERIES), {bar.closed_at: index for index, bar in enumerate(SERIES)})


def _quotes() -> Market:
    events: list[MarketEvent] = []
    minutes: dict[datetime, int] = {}
    for index, bar in enumerate(SERIES[:70]):
        path = (bar.open, (bar.open + bar.low) / 2, bar.low, (bar.low + bar.high) / 2, bar.high, bar.close)
        for number, price in enumerate(path):
            at, last = bar.opened_at + timedelta(seconds=1 + 9 * number), price.quantize(SWAP.tick_size)
            # Without a spread: right after a start the last price is all that is known, until the first quote.
            events.append(make_quote(last, at=at, symbol=SWAP.symbol))
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
    engine = build_engine(store, feed, make_broker=market.broker(feed))
    for _ in range(most):
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
        engine.checkpoint()
        if seen is not None:
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


def test_the_session_has_every_kind_of_order_and_every_end(played: Played) -> None:
    orders = {order.id: order for update in played.store.updates for order in update.orders}.values()
    filled = {order.type for order in orders if order.filled_quantity}
    assert filled >= set(OrderType) - {OrderType.STOP_LOSS, OrderType.TAKE_PROFIT_LIMIT}
    assert {order.status for order in orders} >= {OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.EXPIRED}
    reasons = {order.reason for order in orders if order.filled_quantity}
    assert reasons >= {OrderReason.MANUAL, OrderReason.REVERSE, OrderReason.CLOSE_ALL}
    assert {order.detail for order in orders} >= {
        "the other order of the pair was filled",
        "its position was closed",
        "close all: close all",
    }
    assert any(order.revision for order in orders)


def test_every_order_has_its_receipt_from_beginning_to_end(played: Played) -> None:
    lines: dict[int, list[str]] = {}
    for update in played.store.updates:
        for line in update.receipt:
            lines.setdefault(line.order_id, []).append(line.step.value)
    orders = {order.id: order for update in played.store.updates for order in update.orders}
    assert lines.keys() == orders.keys()
    for order in orders.values():
        steps = lines[order.id]
        assert {"stored", "sent"} <= set(steps)
        if order.status is OrderStatus.FILLED:
            assert steps[-1] == "filled"
        elif not order.status.is_live:
            assert steps[-1] == order.status.value


@pytest.mark.slow
@pytest.mark.requirement("R40", "R75")
def test_whenever_the_process_dies_orders_end_the_same(played: Played) -> None:
    for number, left_behind in enumerate(played.store.left_behind):
        goes_to_the_end = number % 200 == 0
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
