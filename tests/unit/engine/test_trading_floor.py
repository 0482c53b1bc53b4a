"""Accounts side by side: each trades as if it were alone, and none is ever taken for another."""

from dataclasses import replace
from decimal import Decimal

import pytest

from desktop_trader.domain.errors import DiskError
from desktop_trader.domain.market import MarketEvent, PriceSource, Quote, Timeframe
from desktop_trader.domain.order import OrderSide, OrderType, Protection
from desktop_trader.engine.market_places import find_places
from desktop_trader.engine.ports import BookUpdate, LedgerStore
from desktop_trader.engine.snapshot_publisher import FloorPublisher
from desktop_trader.engine.trading_floor import TradingFloor
from desktop_trader.messages import commands as c
from desktop_trader.messages.notices import (
    AlreadyDone,
    AutoTradingChanged,
    BalanceChanged,
    BooksRecovered,
    CommandRefused,
    LogNotice,
    Notice,
    OrderAccepted,
    OrderFilled,
    PositionClosed,
    TradingHalted,
)
from desktop_trader.messages.snapshot import AccountSnapshot
from tests.builders import SPOT, after, bars_of_closes, make_quote
from tests.engine_rig import only
from tests.fakes import MemoryLedgerStore, ScriptedFeed
from tests.floor_rig import build_floor, open_account


def quotes_feed(*prices: float | str, source_id: str = "scripted:1", start: int = 1) -> ScriptedFeed:
    events: list[MarketEvent] = [
        make_quote(str(price), at=after(seconds=start + number)) for number, price in enumerate(prices)
    ]
    return ScriptedFeed([SPOT], events, source_id=source_id)


def play_one(floor: TradingFloor, feed: ScriptedFeed) -> None:
    event = feed.next_event()
    assert event is not None
    floor.step(event)


def play(floor: TradingFloor, feed: ScriptedFeed) -> list[Notice]:
    """Give the floor what is left of the market."""
    told: list[Notice] = []
    while (event := feed.next_event()) is not None:
        told += floor.step(event)
    return told


def buy(account: str, request_id: str = "", *, stop: str = "90", quantity: str = "1") -> c.SubmitOrder:
    return c.SubmitOrder(
        request_id=request_id or f"buy-{account}",
        symbol=SPOT.symbol,
        side=OrderSide.BUY,
        type=OrderType.MARKET,
        quantity=Decimal(quantity),
        protection=Protection(stop_loss=Decimal(stop)),
        account=account,
    )


def total(floor: TradingFloor, account: str) -> Decimal:
    engine = floor.accounts[account].engine
    return engine.books.portfolio.wallet.total


def held(floor: TradingFloor, account: str) -> int:
    engine = floor.accounts[account].engine
    return len(engine.books.portfolio.positions)


def two_accounts(store: LedgerStore, feed: ScriptedFeed) -> TradingFloor:
    floor = build_floor(store, feed)
    open_account(floor, "second")
    return floor


def test_a_new_account_has_its_money_its_run_and_the_prices_of_the_market() -> None:
    store, feed = MemoryLedgerStore(), quotes_feed(100, 101)
    floor = build_floor(store, feed)
    play(floor, feed)
    opened = only(open_account(floor, "second", "5000", "r-1"), BalanceChanged)
    assert (opened.account, opened.request_id, opened.kind) == ("second", "r-1", "opening")
    engine = floor.accounts["second"].engine
    portfolio = engine.books.portfolio
    assert (portfolio.account.id, portfolio.run.id, portfolio.account.type) == (2, 2, "demo")
    assert (total(floor, "second"), total(floor, "demo")) == (5_000, 10_000)
    assert engine.desk.marks.price(SPOT.symbol) == 101
    assert engine.desk.clock.now() == after(seconds=2)
    assert store.load("second").portfolio == portfolio


@pytest.mark.parametrize(
    ("name", "amount", "reason"),
    [
        ("demo", "1", "account_exists"),
        ("DEMO", "1", "account_exists"),
        ("", "1", "bad_input"),
        (" blank", "1", "bad_input"),
        ("x" * 41, "1", "bad_input"),
        ("third", "0", "bad_input"),
        ("third", "-1", "bad_input"),
        ("third", "NaN", "bad_input"),
        ("third", "0.000000001", "bad_input"),
        ("third", "40000000000.01", "bad_input"),
    ],
)
def test_an_account_that_cannot_be_is_refused(name: str, amount: str, reason: str) -> None:
    store = MemoryLedgerStore()
    floor = build_floor(store, quotes_feed())
    entries = len(store.entries)
    refused = only(open_account(floor, name, amount, "r"), CommandRefused)
    assert (refused.reason, refused.request_id) == (reason, "r")
    assert (len(store.entries), list(floor.accounts)) == (entries, ["demo"])


def test_the_same_account_asked_for_twice_is_opened_once() -> None:
    store = MemoryLedgerStore()
    floor = build_floor(store, quotes_feed())
    open_account(floor, "second", request_id="same")
    assert only(open_account(floor, "second", request_id="same"), CommandRefused).reason == "account_exists"
    assert store.account_names() == ("demo", "second")


def deposit(account: str, amount: str) -> c.AdjustBalance:
    return c.AdjustBalance(
        request_id="same",
        kind=c.AdjustmentKind.DEPOSIT,
        amount=Decimal(amount),
        reason="r",
        author="a",
        account=account,
    )


def test_a_request_id_belongs_to_one_change_of_one_account_also_after_a_restart() -> None:
    store = MemoryLedgerStore()
    assert only(two_accounts(store, quotes_feed()).step(deposit("demo", "5")), BalanceChanged).amount == 5
    floor = build_floor(store, quotes_feed())
    for other in (deposit("second", "5"), deposit("demo", "6")):
        assert only(floor.step(other), CommandRefused).reason == "request_id_used"
    reset = c.ResetAccount(request_id="same", start_amount=Decimal(5), author="a", reason="r")
    withdrawal = replace(deposit("demo", "5"), kind=c.AdjustmentKind.WITHDRAW)
    for another in (reset, withdrawal):
        assert only(floor.step(another), CommandRefused).reason == "request_id_used"
    assert only(floor.step(deposit("demo", "5")), AlreadyDone).request_id == "same"
    assert (total(floor, "demo"), total(floor, "second")) == (10_005, 5_000)


def test_two_accounts_may_order_under_the_same_request_id_and_each_orders_once() -> None:
    store, feed = MemoryLedgerStore(), quotes_feed(100, 100)
    floor = two_accounts(store, feed)
    play_one(floor, feed)
    for account in ("demo", "second"):
        assert only(floor.step(buy(account, "same")), OrderAccepted).account == account
        assert only(floor.step(buy(account, "same")), AlreadyDone)
        assert only(floor.step(buy(account, "same", quantity="2")), CommandRefused).reason == "request_id_used"
    play(floor, feed)
    assert (held(floor, "demo"), held(floor, "second")) == (1, 1)


def test_a_command_acts_on_the_account_it_names_and_on_no_other() -> None:
    store, feed = MemoryLedgerStore(), quotes_feed(100, 100, 100)
    floor = two_accounts(store, feed)
    event = feed.next_event()
    assert event is not None
    floor.step(event)
    floor.step(buy("second"))
    told = play(floor, feed)
    assert {notice.account for notice in told} == {"second"}
    assert (held(floor, "demo"), held(floor, "second")) == (0, 1)
    position = next(iter(floor.accounts["second"].engine.books.portfolio.positions))
    refused = only(floor.step(c.ClosePosition(request_id="x", position_id=position)), CommandRefused)
    assert (refused.reason, refused.account) == ("not_open", "demo")
    assert held(floor, "second") == 1
    missing = only(floor.step(buy("nobody")), CommandRefused)
    assert (missing.reason, missing.is_bad_input) == ("no_account", True)


@pytest.mark.requirement("R185")
def test_stops_of_every_account_are_watched_whichever_is_shown() -> None:
    store, feed = MemoryLedgerStore(), quotes_feed(100, 100, 89, 89)
    floor = two_accounts(store, feed)
    for _ in range(1):
        event = feed.next_event()
        assert event is not None
        floor.step(event)
    for name in ("demo", "second"):
        floor.step(buy(name))
    told = play(floor, feed)
    closed = {notice.account: notice.reason for notice in told if isinstance(notice, PositionClosed)}
    assert closed == {"demo": "stop_loss", "second": "stop_loss"}


@pytest.mark.requirement("R36", "R187")
def test_a_start_takes_up_every_account_and_the_stops_of_those_beside_it() -> None:
    store, feed = MemoryLedgerStore(), quotes_feed(100, 100)
    floor = two_accounts(store, feed)
    event = feed.next_event()
    assert event is not None
    floor.step(event)
    floor.step(buy("second"))
    play(floor, feed)
    told: list[Notice] = []
    later = quotes_feed(100, 100, 100, 89, 89)
    again = build_floor(store, later, notices=told)
    recovered = {notice.account: notice.open_positions for notice in told if isinstance(notice, BooksRecovered)}
    assert recovered == {"demo": 0, "second": 1}
    closed = only(play(again, later), PositionClosed)
    assert (closed.account, closed.reason) == ("second", "stop_loss")


def test_one_account_alone_makes_the_books_it_made_without_a_floor() -> None:
    """The floor adds nothing to the books: the same market and the same commands give the same hash."""
    heads = []
    for with_second in (False, True):
        store, feed = MemoryLedgerStore(), quotes_feed(100, 101, 102, 89, 88)
        floor = build_floor(store, feed)
        floor.step(make_quote(100, at=after(seconds=0)))
        floor.step(buy("demo" if with_second else ""))
        play(floor, feed)
        heads.append(store.head)
    assert heads[0] == heads[1]


def test_an_account_with_something_open_on_another_market_sleeps_and_says_so() -> None:
    store = MemoryLedgerStore()
    elsewhere = quotes_feed(100, 100, source_id="scripted:2")
    first = build_floor(store, elsewhere, primary="second")
    event = elsewhere.next_event()
    assert event is not None
    first.step(event)
    first.step(buy("second"))
    play(first, elsewhere)
    before = store.load("second")
    told: list[Notice] = []
    feed = quotes_feed(100, 50, 50)
    floor = build_floor(store, feed, notices=told)
    assert floor.accounts["second"].asleep
    (warning,) = [
        each for each in told if isinstance(each, LogNotice) and each.level == "warning" and each.account == "second"
    ]
    assert "nobody watches its stops" in warning.message
    assert not [each for each in play(floor, feed) if each.account == "second"]
    floor.checkpoint()
    asleep = store.load("second")
    assert (asleep.portfolio, asleep.market) == (before.portfolio, before.market)
    assert held(floor, "second") == 1
    refused = only(floor.step(buy("second", "r-2")), CommandRefused)
    assert (refused.reason, refused.request_id) == ("asleep", "r-2")
    paid = c.AdjustBalance(
        request_id="pay", kind=c.AdjustmentKind.DEPOSIT, amount=Decimal(7), reason="r", author="a", account="second"
    )
    assert only(floor.step(paid), BalanceChanged).account == "second"
    after_payment = store.load("second").market
    assert after_payment is not None
    assert before.market is not None
    assert (after_payment.source_id, after_payment.at) == (before.market.source_id, before.market.at)


def start_strategy(floor: TradingFloor, account: str) -> None:
    floor.step(
        c.StartAutoTrading(
            request_id=f"start-{account}",
            strategy="moving_average_cross",
            symbol=SPOT.symbol,
            timeframe=Timeframe.M1,
            account=account,
        )
    )


def test_the_strategy_of_an_account_that_sleeps_can_be_stopped_and_then_it_sleeps_no_more() -> None:
    store = MemoryLedgerStore()
    start_strategy(build_floor(store, quotes_feed(source_id="scripted:2"), primary="second"), "second")
    floor = build_floor(store, quotes_feed())
    assert floor.accounts["second"].asleep
    seen: list[AccountSnapshot] = []
    FloorPublisher(floor, seen.append, monotonic=lambda: 0.0, per_second=30).publish_if_due()
    assert {each.account_name: each.auto_trading.state for each in seen} == {"demo": "stopped", "second": "paused"}
    told = floor.step(c.StopAutoTrading(request_id="stop", account="second"))
    assert only(told, AutoTradingChanged).state == "stopped"
    assert store.load("second").strategy_runs == ()
    assert not build_floor(store, quotes_feed()).accounts["second"].asleep


def test_a_strategy_of_another_market_does_not_move_the_market_on_from_where_others_hold_something() -> None:
    store, feed = MemoryLedgerStore(), quotes_feed(100, 100)
    first = build_floor(store, feed, primary="second")
    play_one(first, feed)
    first.step(buy("second"))
    play(first, feed)
    start_strategy(build_floor(store, quotes_feed(source_id="scripted:2")), "demo")

    places = find_places(quotes_feed(100, 50), primary=store.load("demo"), others=[store.load("second")])

    assert places.asleep == {}
    assert places.resumes_at is not None
    assert places.resumes_at < after(seconds=3)


def test_an_account_with_nothing_open_joins_any_market_and_keeps_its_place_until_it_acts() -> None:
    store = MemoryLedgerStore()
    build_floor(store, quotes_feed(source_id="scripted:2"), primary="second")
    before = store.load("second").market
    feed = quotes_feed(100, 100, 100)
    floor = build_floor(store, feed)
    event = feed.next_event()
    assert event is not None
    floor.step(event)
    floor.checkpoint()
    assert not floor.accounts["second"].asleep
    assert store.load("second").market == before
    floor.step(buy("second"))
    assert [notice.account for notice in play(floor, feed) if isinstance(notice, OrderFilled)] == ["second"]


def test_an_account_that_is_days_away_in_the_same_market_sleeps() -> None:
    store = MemoryLedgerStore()
    early = quotes_feed(100, 100)
    first = build_floor(store, early, primary="second")
    event = early.next_event()
    assert event is not None
    first.step(event)
    first.step(buy("second"))
    play(first, early)
    days = 3 * 86_400
    feed = quotes_feed(100, 100, start=days)
    floor = build_floor(MemoryLedgerStore(), feed)
    floor = build_floor(store, feed)
    assert not floor.accounts["second"].asleep  # demo is new: it joins where second stands
    floor.step(make_quote(100, at=after(seconds=days)))
    floor.step(buy("demo"))
    floor.step(make_quote(100, at=after(seconds=days + 1)))
    market = store.load("second").market
    assert market is not None
    far = replace(market, at=after(seconds=2), clock_at=after(seconds=2))
    store.checkpoint(1, far)
    again = build_floor(store, quotes_feed(100, start=days))
    assert "its books stand at 2026-01-01 00:00 UTC of this market" in again.accounts["second"].asleep


def test_recorded_bars_are_played_again_for_the_account_that_has_not_seen_them() -> None:
    store = MemoryLedgerStore()

    def bars() -> ScriptedFeed:
        return ScriptedFeed([SPOT], list(bars_of_closes(range(100, 140))), fills_on=PriceSource.BARS)

    feed = bars()
    floor = build_floor(store, feed, primary="second")
    floor.step(_strategy("second"))
    play(floor, feed)
    seen = floor.primary.desk.cursor.bars_seen
    assert seen == 40
    floor.checkpoint()
    again = bars()
    floor = build_floor(store, again)
    assert again.peek_time() == bars().peek_time()
    floor.step(_strategy("demo"))
    play(floor, again)
    assert floor.accounts["second"].engine.desk.cursor.bars_seen == seen
    assert floor.primary.desk.cursor.bars_seen == 40


def _strategy(account: str) -> c.StartAutoTrading:
    return c.StartAutoTrading(
        request_id=f"start-{account}",
        strategy="moving_average_cross",
        symbol=SPOT.symbol,
        timeframe=Timeframe.M1,
        parameters=(("fast", "2"), ("slow", "4")),
        account=account,
    )


class FullDisk(MemoryLedgerStore):
    """Books on a disk that fills up."""

    is_full = False

    def commit(self, update: BookUpdate) -> None:
        if self.is_full:
            raise DiskError("The change could not be stored: the disk is full (0.1 MB are free)")
        super().commit(update)


def test_what_one_account_cannot_write_halts_them_all_and_is_told_once() -> None:
    store, feed = FullDisk(), quotes_feed(100, 100)
    floor = two_accounts(store, feed)
    play(floor, feed)
    store.is_full = True
    halt = only(floor.step(buy("second")), TradingHalted)
    assert (halt.reason, halt.is_passing) == ("disk", True)
    assert [account.engine.halted for account in floor.accounts.values()] == [floor.halted] * 2
    assert floor.is_halt_passing
    refused = only(floor.step(buy("demo")), CommandRefused)
    assert "try again once it goes on" in refused.detail
    assert floor.step(make_quote(1, at=after(seconds=9))) == []
    assert only(open_account(floor, "third"), CommandRefused).reason == "halted"


def test_a_disk_that_refuses_a_new_account_halts_and_leaves_none() -> None:
    store = FullDisk()
    floor = build_floor(store, quotes_feed())
    store.is_full = True
    assert only(open_account(floor, "second"), TradingHalted).reason == "disk"
    assert list(floor.accounts) == ["demo"]
    assert store.account_names() == ("demo",)


def test_an_error_of_ours_in_one_account_halts_them_all_and_loses_no_notice() -> None:
    store, feed = MemoryLedgerStore(), quotes_feed(100, 89)
    floor = two_accounts(store, feed)
    event = feed.next_event()
    assert event is not None
    floor.step(event)
    floor.step(buy("demo"))
    second = floor.accounts["second"].engine

    def fail(quote: Quote) -> bool:
        raise ZeroDivisionError

    second.desk.marks.set_quote = fail  # type: ignore[method-assign]
    event = feed.next_event()
    assert event is not None
    with pytest.raises(ZeroDivisionError):
        floor.step(event)
    assert floor.halted
    told = floor.halt("again", "later")
    assert next(type(each) for each in told if each.account == "demo") is OrderFilled
    assert [each.account for each in told if isinstance(each, TradingHalted)] == ["second"]


def test_each_account_has_snapshots_of_its_own_numbered_together() -> None:
    store, feed = MemoryLedgerStore(), quotes_feed(100, 100)
    floor = two_accounts(store, feed)
    seen: list[AccountSnapshot] = []
    publisher = FloorPublisher(floor, seen.append, monotonic=lambda: 0.0, per_second=20)
    publisher.publish_if_due()
    open_account(floor, "third")
    publisher.publish_if_due()
    assert [(each.account_name, each.sequence) for each in seen] == [("demo", 1), ("second", 2), ("third", 3)]
    seen.clear()
    publisher.follow(build_floor(store, quotes_feed(100)))
    publisher.publish_if_due()
    assert [each.sequence for each in seen] == [4, 5, 6]
    assert [each.balance.total for each in seen] == [10_000, 5_000, 5_000]


def test_a_reset_of_one_account_leaves_the_others_alone() -> None:
    store, feed = MemoryLedgerStore(), quotes_feed(100)
    floor = two_accounts(store, feed)
    floor.step(
        c.ResetAccount(request_id="reset", account="second", start_amount=Decimal(300), author="a", reason="again")
    )
    assert (total(floor, "demo"), total(floor, "second")) == (10_000, 300)
    open_account(floor, "third")
    runs = [account.engine.books.portfolio.run.id for account in floor.accounts.values()]
    assert runs == [1, 3, 4]
