"""Two accounts trade the same market; the process dies after each write in turn, and the books end the same."""

import math
import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from desktop_trader.domain.ledger import EntryKind
from desktop_trader.domain.market import Bar, MarketEvent, PriceSource, Timeframe
from desktop_trader.domain.order import OrderSide, OrderType, Protection
from desktop_trader.engine.ports import LedgerStore, StoredBooks
from desktop_trader.engine.trading_floor import TradingFloor
from desktop_trader.messages import commands as c
from tests.builders import SWAP, after, make_bar, make_quote
from tests.fakes import RecordingStore, ScriptedFeed
from tests.floor_rig import build_floor, open_account

BARS = 70
PARAMETERS = {"demo": ("3", "8"), "second": ("2", "5")}


def _series() -> list[Bar]:
    dice = random.Random(7)
    bars: list[Bar] = []
    close = 10_000
    for index in range(BARS):
        open_ = close + dice.randrange(-150, 151)
        close = round(10_000 + 500 * math.sin(index / 5) + 200 * math.sin(index / 1.7)) + dice.randrange(-80, 81)
        high, low = max(open_, close) + dice.randrange(60), min(open_, close) - dice.randrange(60)
        prices = " ".join(f"{Decimal(cents) / 100}" for cents in (open_, high, low, close))
        bars.append(make_bar(prices, opened_at=after(minutes=index), symbol=SWAP.symbol))
    return bars


SERIES = _series()


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
    minutes = {bar.opened_at + timedelta(seconds=1): index for index, bar in enumerate(SERIES)}
    for bar in SERIES[:35]:
        for second, price in zip((1, 16, 31, 46), (bar.open, bar.low, bar.high, bar.close), strict=True):
            at = bar.opened_at + timedelta(seconds=second)
            spread = Decimal("0.02")
            events.append(make_quote(price, at=at, symbol=SWAP.symbol, bid=price - spread, ask=price + spread))
        events.append(bar)
    return Market(PriceSource.QUOTES, events, minutes)


def commands_before(index: int) -> list[c.Command]:
    """What people ask for before a bar, the same whenever it is played again; each request acts once."""
    if index == 0:
        return [_start(name) for name in PARAMETERS]
    last = SERIES[index - 1].close
    commands: list[c.Command] = []
    for name, step in (("demo", 4), ("second", 3)):
        if index % step:
            continue
        buys = index % 2 == 0
        commands.append(
            c.SubmitOrder(
                request_id=f"rest-{name}-{index}",
                symbol=SWAP.symbol,
                side=OrderSide.BUY if buys else OrderSide.SELL,
                type=OrderType.LIMIT,
                quantity=Decimal(1),
                limit_price=last - 1 if buys else last + 1,
                protection=Protection(stop_loss_percent=Decimal("1.5"), take_profit_percent=Decimal(1)),
                account=name,
            )
        )
        commands.append(
            c.AdjustBalance(
                request_id=f"pay-{name}-{index}",
                kind=c.AdjustmentKind.DEPOSIT,
                amount=Decimal("1.00000001"),
                reason="r",
                author="a person",
                account=name,
            )
        )
    return commands


def _start(name: str) -> c.Command:
    fast, slow = PARAMETERS[name]
    levels = (("stop_loss_percent", "1"), ("take_profit_percent", "2"))
    return c.StartAutoTrading(
        request_id=f"start-{name}",
        strategy="moving_average_cross",
        symbol=SWAP.symbol,
        timeframe=Timeframe.M1,
        parameters=(("fast", fast), ("slow", slow), *levels),
        account=name,
    )


def play(store: LedgerStore, market: Market) -> TradingFloor:
    """Start on these books and go on to the end; a command that was answered before is asked once more."""
    feed = market.feed()
    floor = build_floor(store, feed)
    if "second" not in floor.accounts:
        open_account(floor, "second")
    number = 0
    while (at := feed.peek_time()) is not None:
        if at in market.minutes:
            for command in commands_before(market.minutes[at]):
                floor.step(command)
        event = feed.next_event()
        assert event is not None
        floor.step(event)
        number += 1
        if number % 40 == 39:
            floor.checkpoint()
        assert not floor.halted, floor.halted
    floor.checkpoint()
    return floor


def stored(store: LedgerStore, name: str) -> StoredBooks:
    """An account as a start finds it; how many notices were told in between is nobody's business."""
    books = store.load(name)
    assert books.market is not None
    return replace(books, market=replace(books.market, notices_sent=0))


@pytest.fixture(scope="module", params=[_bars, _quotes], ids=["bars", "quotes"])
def played(request: pytest.FixtureRequest) -> tuple[Market, RecordingStore]:
    market, store = request.param(), RecordingStore()
    play(store, market)
    return market, store


def test_both_accounts_trade_in_one_chain(played: tuple[Market, RecordingStore]) -> None:
    _, store = played
    for account_id in (1, 2):
        kinds = {entry.draft.kind for entry in store.entries if entry.draft.account_id == account_id}
        assert kinds >= {EntryKind.POSITION_OPEN, EntryKind.POSITION_CLOSE, EntryKind.DEPOSIT, EntryKind.FEE}
    owners = [entry.draft.account_id for entry in store.entries]
    assert owners != sorted(owners)
    assert [entry.id for entry in store.entries] == list(range(1, len(store.entries) + 1))


def check_kills(market: Market, store: RecordingStore, *, every: int) -> None:
    for number, left_behind in list(enumerate(store.left_behind))[::every]:
        again = RecordingStore()
        again.__dict__.update(left_behind.copy().__dict__, left_behind=[])
        play(again, market)
        assert again.head == store.head, f"killed after write {number} of {len(store.left_behind)}"
        for name in PARAMETERS:
            assert stored(again, name) == stored(store, name), f"killed after write {number}: {name}"


@pytest.mark.requirement("R3", "R36")
def test_wherever_the_process_dies_both_accounts_end_the_same(played: tuple[Market, RecordingStore]) -> None:
    check_kills(*played, every=17)


@pytest.mark.campaign
def test_whenever_the_process_dies_both_accounts_end_the_same(played: tuple[Market, RecordingStore]) -> None:
    check_kills(*played, every=1)
