"""Start-up is recovery: what it says, what comes back, and what decides nothing."""

from datetime import timedelta
from decimal import Decimal

import pytest

from desktop_trader.domain.market import PriceSource, Timeframe
from desktop_trader.domain.order import OrderReason
from desktop_trader.messages.notices import AutoTradingChanged, BalanceChanged, OrderFilled, PositionClosed
from tests.builders import FREE_SPOT, SPOT, START, SWAP, bars_of_closes
from tests.engine_rig import EngineRig, only


@pytest.mark.requirement("R6", "R190", "R217")
@pytest.mark.parametrize(
    ("amount", "text"), [(10_000, "$10,000.00"), (100, "$100.00"), (1_000, "$1,000.00"), ("1250.5", "$1,250.50")]
)
def test_a_first_start_books_the_start_amount_once(amount: str, text: str) -> None:
    rig = EngineRig(start_amount=amount)
    assert [notice.event for notice in rig.notices] == ["log", "balance_changed"]
    assert rig.notices[0].as_fields()["message"] == f"Created new demo wallet with {text}"
    opening = only(rig.notices, BalanceChanged)
    assert (opening.kind, opening.amount, opening.current_balance) == ("opening", Decimal(amount), Decimal(amount))
    (entry,) = rig.memory.entries
    assert entry.draft.reason == f"initial deposit {Decimal(amount):,.2f}"
    wallet = rig.portfolio.wallet
    assert (wallet.available, wallet.locked) == (Decimal(amount), 0)


@pytest.mark.requirement("R186", "R217", "R50")
def test_a_later_start_restores_and_ignores_the_start_amount() -> None:
    rig = EngineRig(start_amount=100)
    rig.start_amount = 10_000
    assert rig.restart() == [
        "Found active session #1",
        "Restored wallet from database: demo balance = $100.00",
        "Recovered balance from previous session: $100.00",
    ]
    assert len(rig.memory.entries) == 1


@pytest.mark.requirement("R51", "R53", "R188", "R218")
def test_two_positions_on_one_symbol_come_back_as_two_with_the_documented_sentences() -> None:
    rig = EngineRig(instruments=[FREE_SPOT], start_amount=1_250)
    for price in (45_000, 46_500):
        rig.quote(price)
        rig.buy("0.001", stop=44_000, target=48_000)
        rig.quote(price)
    assert rig.restart() == [
        "Found active session #1",
        "Restored wallet from database: demo balance = $1,250.00",
        "Recovered balance from previous session: $1,250.00",
        "Restored used_balance from 2 open positions: $91.50",
        "Recovering 2 active positions...",
        "Recovered position: BTCUSDT long @ $45,000.00",
        "Recovered position: BTCUSDT long @ $46,500.00",
        "Successfully recovered 2 positions",
    ]


@pytest.mark.requirement("R40", "R41", "R18")
def test_everything_comes_back_exactly_and_a_stop_closes_after_the_restart() -> None:
    """An earlier system restored positions as rows while their stops and targets were dead."""
    rig = EngineRig(instruments=[SWAP])
    rig.quote(100)
    rig.sell(2, stop=110, target=80)
    rig.quote(100)
    rig.sell(1, limit=105, stop=110)
    before = rig.portfolio
    for _ in range(3):
        rig.restart()
        assert rig.portfolio.wallet == before.wallet
        assert rig.portfolio.totals == before.totals
        assert dict(rig.portfolio.positions) == dict(before.positions)
        assert {order.id: order.reserve for order in rig.portfolio.orders.values()} == {2: Decimal("105.105")}
    assert only(rig.quote("105.5"), OrderFilled).order_id == 2
    closed = [notice for notice in rig.quote(111) if isinstance(notice, PositionClosed)]
    assert [(notice.reason, notice.price) for notice in closed] == [("stop_loss", 111)] * 2


def test_equity_is_known_before_the_first_price_and_no_exit_happens_before_it() -> None:
    rig = EngineRig(instruments=[FREE_SPOT])
    rig.quote(100)
    rig.buy(1, stop=90)
    rig.quote(100)
    rig.quote(95)
    rig.engine.checkpoint()
    rig.restart()
    assert rig.snapshot.balance.unrealized_pnl == -5
    assert len(rig.portfolio.positions) == 1


def test_recovery_hangs_neither_on_how_the_last_run_ended_nor_on_how_long_ago() -> None:
    """A 24 hour window once lost a session of 47 hours, and a clean quit reset the balance 19 times in a row."""
    rig = EngineRig()
    rig.deposit(2_345)
    rig.engine.checkpoint()  # what a clean quit does
    for days in (0, 1, 2, 400):
        rig.wait(days=days)
        assert "Restored wallet from database: demo balance = $12,345.00" in rig.restart()
        rig.quote(100)
    assert rig.portfolio.wallet.total == 12_345


def test_market_time_stands_still_between_two_starts() -> None:
    rig = EngineRig(fills_on=PriceSource.BARS)
    rig.closes(1, 2, 3)
    rig.engine.checkpoint()
    now = rig.engine.desk.clock.now()
    rig.restart()
    assert rig.engine.desk.clock.now() == now == rig.now


def test_a_market_goes_on_after_the_last_event_that_was_done() -> None:
    bars = bars_of_closes([10, 11, 12, 13])
    rig = EngineRig(fills_on=PriceSource.BARS)
    for bar in bars[:2]:
        rig.step(bar)
    rig.engine.checkpoint()
    rig.restart()
    rig.feed.events = list(bars)
    rig.feed.resume(rig.engine.desk.cursor.at + timedelta(microseconds=1))
    assert rig.feed.next_event() == bars[2]


@pytest.mark.requirement("R8")
def test_a_running_strategy_goes_on_after_a_restart_with_its_parameters() -> None:
    rig = EngineRig(fills_on=PriceSource.BARS)
    rig.start_strategy(fast="3", slow="9", stake_percent="5")
    rig.closes(*range(10, 16))
    before = rig.snapshot.auto_trading
    rig.engine.checkpoint()
    rig.restart()
    after = rig.snapshot.auto_trading
    assert (after.state, after.strategy, after.parameters) == ("running", "moving_average_cross", before.parameters)
    assert (after.started_at, after.bars_seen) == (before.started_at, 6)
    assert (SPOT.symbol, Timeframe.M1) in rig.feed.subscribed


def test_a_strategy_of_another_market_is_stopped_and_said_so() -> None:
    rig = EngineRig(fills_on=PriceSource.BARS)
    rig.start_strategy()
    rig.source_id = "scripted:other"
    sentences = rig.restart()
    assert "Strategy moving_average_cross on BTC/USDT was stopped: it belongs to another market" in sentences
    assert rig.snapshot.auto_trading.state == "stopped"
    assert not any(isinstance(notice, AutoTradingChanged) for notice in rig.notices[-1:])
    rig.source_id = "scripted:1"
    rig.restart()
    assert rig.snapshot.auto_trading.state == "stopped"


def test_another_market_keeps_money_positions_and_stops() -> None:
    rig = EngineRig(instruments=[FREE_SPOT])
    rig.quote(100)
    rig.buy(1, stop=90)
    rig.quote(100)
    rig.buy(1, limit=95)
    rig.source_id = "scripted:other"
    rig.restart()
    rig.now = START  # that market's calendar is another one
    rig.quote(96)
    assert len(rig.portfolio.orders) == 1
    assert only(rig.quote(95), OrderFilled).price == 95
    assert only(rig.quote(89), PositionClosed).reason == OrderReason.STOP_LOSS


def test_a_restart_watches_the_symbols_that_are_held() -> None:
    rig = EngineRig(instruments=[SWAP, SPOT])
    rig.quote(100, symbol=SPOT.symbol)
    rig.buy(1, symbol=SPOT.symbol)
    rig.quote(100, symbol=SPOT.symbol)
    rig.restart()
    assert rig.feed.subscribed == [(SPOT.symbol, None)]


def test_notices_go_on_counting() -> None:
    rig = EngineRig()
    rig.deposit(1)
    rig.engine.checkpoint()
    last = rig.notices[-1].id
    rig.restart()
    ids = [notice.id for notice in rig.notices]
    assert ids == sorted(set(ids))
    assert rig.notices[-1].id > last


def test_a_short_that_is_all_in_survives_a_gap_far_through_its_liquidation() -> None:
    """The exit fee came on top of a loss as large as the margin: with nothing else left the books went below zero."""
    rig = EngineRig(instruments=[SWAP], start_amount="100.1")
    rig.quote(100)
    rig.sell(1)
    rig.quote(100)
    assert rig.portfolio.wallet.available == 0
    closed = only(rig.quote(1_000), PositionClosed)
    assert closed.reason == "liquidation"
    assert not rig.engine.halted
    assert 0 <= rig.portfolio.wallet.total < Decimal("0.01")
