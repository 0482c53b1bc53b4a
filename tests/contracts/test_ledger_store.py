"""What every `LedgerStore` keeps, the real one and the fake."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from desktop_trader.domain.errors import InvariantError, StorageError
from desktop_trader.domain.ledger import GENESIS, EntryKind
from desktop_trader.domain.market import Timeframe
from desktop_trader.domain.order import OrderSide
from desktop_trader.domain.strategy_run import Decision, StrategyRun
from desktop_trader.engine.ports import BookUpdate, LedgerStore, NextIds
from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from tests.booked_account import START, BookedAccount, market_at, small_history
from tests.fakes import MemoryLedgerStore


@pytest.fixture(params=["file", "memory file", "fake"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LedgerStore]:
    makers: dict[str, Callable[[], LedgerStore]] = {
        "file": lambda: SqliteLedgerStore.open(DataFolderPaths(root=tmp_path)),
        "memory file": SqliteLedgerStore.in_memory,
        "fake": MemoryLedgerStore,
    }
    made = makers[request.param]()
    yield made
    made.close()


def test_empty_books_know_nobody_and_begin_at_the_genesis(store: LedgerStore) -> None:
    books = store.load("demo")
    assert (books.portfolio, books.head, books.next_ids) == (None, GENESIS, NextIds())


@pytest.mark.requirement("R184")
def test_what_was_committed_is_loaded_to_the_last_digit(store: LedgerStore) -> None:
    account = small_history(store)
    books = store.load("demo")
    assert books.portfolio == account.portfolio
    assert books.head == account.head
    assert books.market == market_at(account.now, peak=account.portfolio.wallet.total)
    assert books.next_ids == NextIds(account=2, run=2, order=8, fill=6, position=4)


def test_a_second_load_continues_where_the_first_owner_stopped(store: LedgerStore) -> None:
    small_history(store)
    again = BookedAccount(store)
    position = next(iter(again.portfolio.positions.values()))
    again.close(position, position.quantity, "45100")
    assert position.id not in store.load("demo").portfolio.positions  # type: ignore[union-attr]


@pytest.mark.requirement("R170", "R185")
def test_two_accounts_share_the_chain_and_nothing_else(store: LedgerStore) -> None:
    first = BookedAccount(store, name="demo")
    first.change("10000")
    second = BookedAccount(store, name="other")
    second.change("70")
    first.head = second.head
    first.open(OrderSide.BUY, "0.01", "45000")
    assert store.load("other").portfolio == second.portfolio
    assert store.load("demo").portfolio == first.portfolio


def test_a_booked_key_is_known_and_refused_a_second_time(store: LedgerStore) -> None:
    account = BookedAccount(store)
    account.change("10000", key="opening:demo")
    assert store.has_entry("opening:demo")
    assert not store.has_entry("opening:other")
    assert store.booked_change("opening:other") is None
    booked = store.booked_change("opening:demo")
    assert booked is not None
    assert (booked.account_id, booked.kind) == (account.portfolio.account.id, EntryKind.OPENING)
    assert booked.amount == booked.total_after == 10_000
    with pytest.raises(StorageError):
        account.change("5", kind=EntryKind.DEPOSIT, key="opening:demo")
    assert store.load("demo").head == account.head


def test_a_signal_is_known_and_refused_a_second_time(store: LedgerStore) -> None:
    account = BookedAccount(store)
    account.change("10000")
    account.order(OrderSide.BUY, "0.001", "45000", signal_key="run 1, candle 5")
    found = store.order_of_signal("run 1, candle 5", account.portfolio.account.id)
    assert found == account.portfolio.orders[1]
    assert store.order_of_signal("run 1, candle 6", account.portfolio.account.id) is None
    assert store.order_of_signal("run 1, candle 5", account.portfolio.account.id + 1) is None
    with pytest.raises(StorageError):
        account.order(OrderSide.BUY, "0.001", "45000", signal_key="run 1, candle 5")
    assert store.load("demo").portfolio == account.portfolio


@pytest.mark.requirement("R76")
def test_what_was_traded_since_a_time_is_told_newest_first_with_what_it_closed(store: LedgerStore) -> None:
    account = BookedAccount(store)
    account.change("10000")
    first = account.open(OrderSide.BUY, "0.01", "45000")
    account.now += timedelta(hours=1)
    second = account.open(OrderSide.BUY, "0.02", "45000")
    since = second.opened_at
    account.now += timedelta(hours=1)
    account.close(first, Decimal("0.01"), "45100")
    trades = store.trades.since(account.portfolio.account.id, since)
    assert [fill.position_id for fill in trades.fills] == [first.id, second.id]
    closed_at = trades.fills[0].at
    assert trades.fills[1].at == since < closed_at
    assert [(lot.id, lot.closed_at, lot.quantity) for lot in trades.closed] == [(first.id, closed_at, 0)]
    assert store.trades.since(account.portfolio.account.id, closed_at + timedelta(seconds=1)).fills == ()
    assert store.trades.since(account.portfolio.account.id + 1, since).fills == ()


def test_an_entry_that_does_not_follow_the_head_is_refused(store: LedgerStore) -> None:
    account = BookedAccount(store)
    account.change("10000")
    account.head = GENESIS
    with pytest.raises(InvariantError):
        account.change("5", kind=EntryKind.DEPOSIT)


def test_balances_reach_back_to_the_one_that_held_a_day_ago(store: LedgerStore) -> None:
    account = BookedAccount(store)
    account.change("10000")
    for amount in ("1", "2", "3"):
        account.now += timedelta(hours=20)
        account.change(amount, kind=EntryKind.DEPOSIT)
    points = store.load("demo").recent_balances
    assert [(point.total, point.flow, point.kind) for point in points] == [
        (Decimal(10001), Decimal(1), "deposit"),
        (Decimal(10003), Decimal(2), "deposit"),
        (Decimal(10006), Decimal(3), "deposit"),
    ]


def test_balances_stop_where_the_calendar_went_back(store: LedgerStore) -> None:
    account = BookedAccount(store)
    account.change("10000")
    account.now += timedelta(days=900)
    account.change("1", kind=EntryKind.DEPOSIT)
    account.now = START + timedelta(hours=5)
    for amount in ("2", "3"):
        account.change(amount, kind=EntryKind.DEPOSIT)
    points = store.load("demo").recent_balances
    assert [(point.total, point.flow) for point in points] == [
        (Decimal(10003), Decimal(2)),
        (Decimal(10006), Decimal(3)),
    ]


def test_balances_from_before_the_present_market_began_are_left_out(store: LedgerStore) -> None:
    account = BookedAccount(store)
    account.now = START - timedelta(days=900)
    account.change("10000")
    account.now = START
    account.change("2", kind=EntryKind.DEPOSIT)
    assert [point.total for point in store.load("demo").recent_balances] == [Decimal(10002)]


def test_however_many_entries_a_day_has_the_balance_before_it_is_found(store: LedgerStore) -> None:
    account = BookedAccount(store)
    account.change("10000")
    account.now += timedelta(hours=30)
    for number in range(2_100):
        account.change("1" if number % 2 else "-1", kind=EntryKind.ADJUSTMENT)
        account.now -= timedelta(minutes=1)
    points = store.load("demo").recent_balances
    assert points[0].total == Decimal(10000)
    assert sum(point.flow for point in points[1:]) == 0
    assert len(points) == 2_101


def test_a_lock_changes_no_balance_and_is_no_flow(store: LedgerStore) -> None:
    account = BookedAccount(store)
    account.change("10000")
    account.order(OrderSide.BUY, "0.001", "45000")
    point = store.load("demo").recent_balances[-1]
    assert (point.total, point.flow, point.kind) == (Decimal(10000), Decimal(0), "order_lock")


def test_strategy_runs_come_back_until_they_end_and_decisions_in_order(store: LedgerStore) -> None:
    account = BookedAccount(store)
    account.change("10000")
    run = StrategyRun(
        id=1,
        account_id=account.portfolio.account.id,
        run_id=account.portfolio.run.id,
        strategy="moving_average_cross",
        parameters=(("fast", "10"), ("slow", "30")),
        symbol="BTC/USDT",
        timeframe=Timeframe.H1,
        source_id="test",
        started_at=START,
    )
    decisions = tuple(
        Decision(at=START, strategy_run_id=1, symbol="BTC/USDT", action="buy", outcome="denied", detail=f"reason {n}")
        for n in range(3)
    )
    portfolio = account.portfolio
    update = BookUpdate(portfolio=portfolio, equity=Decimal(0), strategy_runs=(run,), decisions=decisions)
    store.commit(update)
    books = store.load("demo")
    assert (books.strategy_runs, books.recent_decisions) == ((run,), decisions)
    assert books.next_ids.strategy_run == 2
    ended = replace(run, ended_at=START + timedelta(days=1))
    store.commit(BookUpdate(portfolio=portfolio, equity=Decimal(0), strategy_runs=(ended,)))
    assert store.load("demo").strategy_runs == ()


def test_an_order_comes_back_with_the_worst_price_it_takes(store: LedgerStore) -> None:
    account = BookedAccount(store)
    account.change("10000")
    order = account.order(OrderSide.BUY, "0.001", "45000", worst_price=Decimal("45012.5"))
    portfolio = store.load("demo").portfolio
    assert portfolio is not None
    assert portfolio.orders[order.id].worst_price == Decimal("45012.5")


def test_a_checkpoint_moves_the_market_and_nothing_else(store: LedgerStore) -> None:
    account = BookedAccount(store)
    account.change("10000")
    later = market_at(START + timedelta(days=3), peak=Decimal("10500.5"))
    store.checkpoint(account.portfolio.account.id, later)
    books = store.load("demo")
    assert (books.market, books.portfolio, books.head) == (later, account.portfolio, account.head)


@pytest.mark.requirement("R16")
def test_a_reset_leaves_the_next_run_with_its_own_sums_and_balances(store: LedgerStore) -> None:
    account = BookedAccount(store)
    account.change("10000")
    account.change("-250", kind=EntryKind.WITHDRAWAL)
    account.reset("7000.5")
    account.change("1", kind=EntryKind.DEPOSIT)
    books = store.load("demo")
    assert books.portfolio == account.portfolio
    assert (account.portfolio.run.id, account.portfolio.totals.expected_total) == (2, Decimal("7001.5"))
    assert (account.portfolio.wallet.total_withdrawals, books.next_ids.run) == (Decimal(250), 3)
    assert [(point.kind, point.total) for point in books.recent_balances] == [
        ("opening", Decimal("7000.5")),
        ("deposit", Decimal("7001.5")),
    ]


def test_a_reset_that_was_booked_is_refused_a_second_time(store: LedgerStore) -> None:
    account = BookedAccount(store)
    account.change("10000")
    account.reset(key="one submit")
    before = store.load("demo")
    with pytest.raises(StorageError):
        account.reset(key="one submit")
    assert store.load("demo") == before


def test_the_newest_decision_of_an_account_is_found_by_how_its_detail_begins(store: LedgerStore) -> None:
    account = small_history(store)
    decisions = [
        Decision(at=START, strategy_run_id=0, symbol="", action=action, outcome="changed", detail=detail)
        for action, detail in (
            ("edit_order", "request a_: 1"),
            ("set_leverage", "request a%: 2"),
            ("x", "request a_: 3"),
        )
    ]
    update = BookUpdate(portfolio=account.portfolio, equity=None, decisions=tuple(decisions))
    store.commit(update)
    account_id = account.portfolio.account.id
    assert store.decision_beginning("request a_: ", account_id) == decisions[2]
    assert store.decision_beginning("request a%: ", account_id) == decisions[1]
    assert store.decision_beginning("request b", account_id) is None
    assert store.decision_beginning("request a%: ", account_id + 1) is None
