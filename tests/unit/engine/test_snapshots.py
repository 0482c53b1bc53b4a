"""What the window is shown, and how often."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from desktop_trader.domain.market import PriceSource
from desktop_trader.engine.snapshot_publisher import SnapshotPublisher
from desktop_trader.messages.snapshot import AccountSnapshot, BalanceView
from tests.builders import FREE_SPOT, SPOT, SWAP
from tests.engine_rig import EngineRig


def held(**fields: object) -> EngineRig:
    """One BTC bought at 100, without fees."""
    rig = EngineRig(instruments=[FREE_SPOT], **fields)  # type: ignore[arg-type]
    rig.quote(100)
    rig.buy(1)
    rig.quote(100)
    return rig


def balance(rig: EngineRig) -> BalanceView:
    return rig.snapshot.balance


@pytest.mark.requirement("R74", "R75", "R76", "R138", "R139", "R140", "R172")
def test_every_figure_of_the_balance_of_an_open_position_and_a_resting_order() -> None:
    rig = EngineRig()
    rig.quote(100)
    rig.buy(10)
    rig.quote(100)
    rig.buy(1, limit=90)
    rig.quote(110)
    view = balance(rig)
    assert (view.total, view.available, view.locked) == (9999, Decimal("8908.91"), Decimal("1090.09"))
    assert (view.locked_in_positions, view.locked_in_orders) == (1000, Decimal("90.09"))
    assert (view.realized_pnl, view.unrealized_pnl, view.fees) == (0, 100, 1)
    assert (view.portfolio_value, view.pnl, view.contributed) == (10_099, 99, 10_000)
    assert view.total == view.available + view.locked
    assert view.currency == "USDT"


@pytest.mark.requirement("R138", "R175", "R176")
def test_a_deposit_is_not_profit_and_a_withdrawal_no_loss() -> None:
    rig = held()
    for move, amount in ((rig.deposit, 5_000), (rig.withdraw, 100), (rig.set_total, 12_000)):
        move(amount)
        assert (balance(rig).pnl, balance(rig).drawdown_percent) == (0, 0)
    rig.quote(150)
    assert balance(rig).pnl == 50
    assert (balance(rig).total_deposits, balance(rig).total_withdrawals) == (5_000, 100)


def test_the_peak_follows_equity_and_money_moves_it_by_itself() -> None:
    rig = held()
    rig.quote(600)  # equity 10,500
    rig.quote(350)  # 10,250
    assert (balance(rig).peak_equity, balance(rig).drawdown_percent) == (10_500, Decimal("2.38"))
    rig.deposit(1_000)
    assert (balance(rig).peak_equity, balance(rig).portfolio_value) == (11_500, 11_250)
    rig.withdraw(2_000)
    assert (balance(rig).peak_equity, balance(rig).drawdown_percent) == (9_500, Decimal("2.63"))


def test_the_peak_of_equity_survives_a_restart() -> None:
    """Its peak restarted with every start, and it looked at cash: so a drawdown halt never came."""
    rig = held()
    rig.quote(1_100)
    rig.quote(100)
    rig.engine.checkpoint()
    rig.restart()
    assert (balance(rig).peak_equity, balance(rig).drawdown_percent) == (11_000, Decimal("9.09"))


def test_the_change_of_24_hours_is_counted_in_time_and_without_what_people_put_in() -> None:
    """An earlier system took the last ten rows for a day."""
    rig = held()
    assert balance(rig).balance_change_24h is None
    rig.wait(hours=23)
    rig.quote(100)
    for _ in range(20):
        rig.deposit(100)
    rig.close(1)
    rig.quote(130)
    assert balance(rig).balance_change_24h is None
    rig.wait(hours=1, seconds=5)
    rig.quote(130)
    view = balance(rig)
    assert (view.balance_change_24h, view.balance_change_24h_percent) == (30, Decimal("0.30"))
    rig.restart()
    rig.quote(130)
    assert (balance(rig).balance_change_24h, balance(rig).balance_change_24h_percent) == (30, Decimal("0.30"))
    rig.wait(hours=24)
    rig.quote(130)
    assert (balance(rig).balance_change_24h, balance(rig).balance_change_24h_percent) == (0, 0)


def test_without_a_price_what_needs_one_is_unknown_not_zero() -> None:
    rig = held()
    rig.source_id = "scripted:other"
    rig.instruments = [SWAP]
    market = rig.memory.load("demo").market
    assert market is not None
    rig.memory.checkpoint(1, replace(market, marks=()))  # as if no mark had ever been stored
    rig.restart()
    view = balance(rig)
    assert (view.unrealized_pnl, view.portfolio_value, view.pnl, view.drawdown_percent) == (None, None, None, None)
    assert view.total == 10_000
    (position,) = rig.snapshot.positions
    assert (position.mark_price, position.unrealized_pnl, position.unrealized_percent) == (None, None, None)


def test_a_position_is_shown_with_its_mark_and_levels() -> None:
    rig = EngineRig(instruments=[SWAP])
    rig.quote(100)
    rig.sell(2, stop=110, target=90)
    rig.quote(100)
    rig.quote(95)
    (position,) = rig.snapshot.positions
    assert (position.symbol, position.direction, position.quantity, position.entry_price) == (
        SWAP.symbol,
        "short",
        2,
        100,
    )
    assert (position.stop_loss, position.take_profit, position.liquidation_price) == (110, 90, Decimal("199.00"))
    assert (position.mark_price, position.unrealized_pnl, position.unrealized_percent) == (95, 10, 5)
    assert (position.margin, position.fees, position.is_closing) == (200, Decimal("0.2"), False)


def test_the_snapshot_names_account_market_and_head() -> None:
    rig = held()
    snapshot = rig.snapshot
    assert (snapshot.account_name, snapshot.account_type, snapshot.run_id) == ("demo", "demo", 1)
    assert (snapshot.market.source_id, snapshot.market.now) == ("scripted:1", rig.now)
    assert [quote.symbol for quote in snapshot.market.quotes] == [SPOT.symbol]
    assert (snapshot.ledger_head_id, snapshot.head_hash) == (rig.memory.head.entry_id, rig.memory.head.hash)
    assert [row.kind for row in snapshot.recent_changes] == ["position_open", "order_lock", "opening"]
    assert snapshot.balance.last_update_reason == "order_manual"
    assert (snapshot.halted, snapshot.instruments) == ("", (FREE_SPOT,))


def test_the_newest_ten_changes_are_shown_newest_first() -> None:
    rig = EngineRig()
    for _ in range(30):
        rig.deposit(1)
    rows = rig.snapshot.recent_changes
    assert [row.total for row in rows] == list(range(10_030, 10_020, -1))


def test_auto_trading_is_shown_running_paused_and_stopped() -> None:
    rig = EngineRig(fills_on=PriceSource.BARS)
    assert rig.snapshot.auto_trading.state == "stopped"
    rig.start_strategy(fast="2", slow="4")
    rig.closes(10, 10, 10)
    view = rig.snapshot.auto_trading
    assert (view.state, view.strategy, view.symbol, view.bars_seen) == (
        "running",
        "moving_average_cross",
        SPOT.symbol,
        3,
    )
    assert dict(view.parameters)["fast"] == "2"
    rig.pause()
    assert rig.snapshot.auto_trading.state == "paused"
    rig.closes(10, 11)
    (decision,) = rig.snapshot.auto_trading.decisions
    assert (decision.action, decision.outcome) == ("enter_long", "entries_paused")


class Publishing:
    """A publisher on a clock of its own, and what it published."""

    def __init__(self, rig: EngineRig) -> None:
        self.rig = rig
        self.now = 100.0
        self.snapshots: list[AccountSnapshot] = []
        self.publisher = SnapshotPublisher(rig.engine, self.snapshots.append, monotonic=lambda: self.now, per_second=20)
        self.publisher.publish_if_due()

    def tick(self, price: int, seconds: float) -> None:
        self.now += seconds
        self.rig.quote(price)
        self.publisher.publish_if_due()


def test_ten_thousand_prices_in_a_second_are_twenty_snapshots() -> None:
    publishing = Publishing(EngineRig())
    for number in range(10_000):
        publishing.tick(100 + number % 7, 0.0001)
    assert 19 <= len(publishing.snapshots) - 1 <= 20
    sequences = [snapshot.sequence for snapshot in publishing.snapshots]
    assert sequences == list(range(1, len(sequences) + 1))


@pytest.mark.requirement("R37", "R149")
def test_a_change_of_the_ledger_is_published_at_once_whenever_the_last_one_was() -> None:
    publishing = Publishing(EngineRig())
    for number in range(1, 6):
        publishing.rig.deposit(1)
        publishing.publisher.publish_if_due()
        assert publishing.snapshots[-1].balance.total == 10_000 + number
    assert len(publishing.snapshots) == 6


def test_the_last_price_of_a_burst_is_published_when_its_turn_comes() -> None:
    publishing = Publishing(EngineRig())
    publishing.tick(100, 0.06)
    publishing.tick(101, 0.01)
    assert publishing.snapshots[-1].market.quotes[0].last == 100
    publishing.now += 0.05
    publishing.publisher.publish_if_due()
    assert publishing.snapshots[-1].market.quotes[0].last == 101


def test_nothing_new_is_not_published() -> None:
    publishing = Publishing(EngineRig())
    publishing.now += 10
    publishing.publisher.publish_if_due()
    assert len(publishing.snapshots) == 1


def test_a_halt_is_published() -> None:
    publishing = Publishing(EngineRig())
    publishing.rig.engine.halt("why", "detail")
    publishing.publisher.publish_if_due()
    assert publishing.snapshots[-1].halted == "why"


@pytest.mark.requirement("R58")
def test_the_day_change_names_both_ends_and_what_was_moved_between() -> None:
    rig = EngineRig()
    rig.quote(100)
    rig.wait(hours=20)
    rig.quote(100)
    rig.set_total(10_500)
    rig.wait(hours=10)
    rig.quote(100)
    rig.deposit(2_100)
    rig.buy(10)
    rig.quote(100)
    rig.quote(121, bid=121, ask=121)
    rig.close(rig.position.id)
    rig.quote(121)
    day = balance(rig).day_change
    fees = balance(rig).fees
    assert day is not None
    assert (day.ends_at, day.ends_at - day.begins_at) == (rig.engine.desk.clock.now(), timedelta(hours=24))
    assert (day.before, day.after, day.flow) == (10_000, rig.portfolio.wallet.total, 2_600)
    assert (day.gross, day.net) == (2_810 - fees, 210 - fees)
    assert (day.gross_percent, day.net_percent) == (Decimal("28.08"), Decimal("2.08"))
    assert (balance(rig).balance_change_24h, balance(rig).balance_change_24h_percent) == (day.net, day.net_percent)


def test_a_run_younger_than_a_day_has_no_day_change() -> None:
    rig = EngineRig()
    rig.wait(hours=23, minutes=59)
    rig.quote(100)
    assert balance(rig).day_change is None
    rig.wait(minutes=1)
    rig.quote(100)
    day = balance(rig).day_change
    assert (day is not None, day and day.net, day and day.gross_percent) == (True, 0, 0)


@pytest.mark.requirement("R14", "R58")
def test_the_sums_of_the_run_explain_the_balance() -> None:
    rig = EngineRig()
    rig.quote(100)
    rig.deposit(300)
    rig.withdraw(50)
    rig.set_total(10_240)
    rig.take_over(10_245)
    rig.buy(1)
    rig.quote(100)
    rig.close(rig.position.id)
    rig.quote(90)
    view = balance(rig)
    totals = view.totals
    assert totals is not None
    assert (totals.opening, totals.deposits, totals.withdrawals) == (10_000, 300, 50)
    assert (totals.adjustments, totals.imports, totals.fees) == (-10, 5, view.fees)
    assert totals.expected_total == view.total
    assert totals.contributed == view.contributed
