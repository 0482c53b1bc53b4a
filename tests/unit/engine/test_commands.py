"""What people ask for: done once, answered always, and bad input changes nothing."""

from dataclasses import replace
from decimal import Decimal

import pytest

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.market import PriceSource, Timeframe
from desktop_trader.domain.order import OrderSide, OrderType
from desktop_trader.domain.risk import RiskLimits
from desktop_trader.messages import commands as c
from desktop_trader.messages.notices import (
    AutoTradingChanged,
    BalanceChanged,
    CommandRefused,
    EntriesPaused,
    LogNotice,
    OrderAccepted,
    OrderCanceled,
    OrderDenied,
    OrderFilled,
    PositionClosed,
    PositionOpened,
)
from tests.builders import FREE_SPOT, SPOT, SWAP
from tests.engine_rig import EngineRig, only


@pytest.fixture
def rig() -> EngineRig:
    rig = EngineRig()
    rig.quote(100)
    return rig


def figures(rig: EngineRig) -> list[str]:
    wallet = rig.portfolio.wallet
    return [f"{each.normalize():f}" for each in (wallet.total, wallet.available, wallet.locked)]


@pytest.mark.requirement("R13")
@pytest.mark.parametrize(
    ("kind", "amount", "total", "booked"),
    [
        (c.AdjustmentKind.SET_TOTAL, "15000", "15000", "5000"),
        (c.AdjustmentKind.SET_TOTAL, "9000", "9000", "-1000"),
        (c.AdjustmentKind.SET_TOTAL, "0", "0", "-10000"),
        (c.AdjustmentKind.DEPOSIT, "0.00000001", "10000.00000001", "0.00000001"),
        (c.AdjustmentKind.WITHDRAW, "10000", "0", "-10000"),
    ],
)
def test_a_change_of_the_balance_is_one_signed_entry(
    rig: EngineRig, kind: c.AdjustmentKind, amount: str, total: str, booked: str
) -> None:
    before = len(rig.memory.entries)
    command = c.AdjustBalance(request_id="r1", kind=kind, amount=Decimal(amount), reason=" why ", author="Ann")
    notice = only(rig.step(command), BalanceChanged)
    assert (notice.amount, notice.current_balance) == (Decimal(booked), Decimal(total))
    assert (notice.reason, notice.author, notice.request_id) == ("why", "Ann", "r1")
    assert len(rig.memory.entries) == before + 1
    entry = rig.memory.entries[-1]
    assert (entry.draft.reason, entry.draft.author, entry.draft.idempotency_key) == ("why", "Ann", "request:r1")
    assert entry.total_after == Decimal(total)


@pytest.mark.requirement("R163")
@pytest.mark.parametrize(
    ("kind", "amount", "reason", "author", "refused", "is_bad_input"),
    [
        (c.AdjustmentKind.SET_TOTAL, "-1", "r", "a", "bad_input", True),
        (c.AdjustmentKind.DEPOSIT, "0", "r", "a", "bad_input", True),
        (c.AdjustmentKind.DEPOSIT, "-5", "r", "a", "bad_input", True),
        (c.AdjustmentKind.WITHDRAW, "-5", "r", "a", "bad_input", True),
        (c.AdjustmentKind.DEPOSIT, "5", "  ", "a", "bad_input", True),
        (c.AdjustmentKind.DEPOSIT, "5", "x" * 201, "a", "bad_input", True),
        (c.AdjustmentKind.DEPOSIT, "5", "r", "", "bad_input", True),
        (c.AdjustmentKind.DEPOSIT, "46116860184.27387903", "r", "a", "bad_input", True),
        (c.AdjustmentKind.SET_TOTAL, "46116860184.27387904", "r", "a", "bad_input", True),
        (c.AdjustmentKind.DEPOSIT, "1E+30", "r", "a", "bad_input", True),
        (c.AdjustmentKind.DEPOSIT, "0.000000001", "r", "a", "bad_input", True),
        (c.AdjustmentKind.SET_TOTAL, "15000.123456789", "r", "a", "bad_input", True),
        (c.AdjustmentKind.DEPOSIT, "NaN", "r", "a", "bad_input", True),
        (c.AdjustmentKind.SET_TOTAL, "Infinity", "r", "a", "bad_input", True),
        (c.AdjustmentKind.SET_TOTAL, "10000", "r", "a", "no_change", False),
        (c.AdjustmentKind.WITHDRAW, "10000.00000001", "r", "a", "insufficient_funds", False),
    ],
)
def test_a_change_that_cannot_be_is_refused_and_nothing_happens(
    rig: EngineRig, kind: c.AdjustmentKind, amount: str, reason: str, author: str, refused: str, is_bad_input: bool
) -> None:
    before = rig.memory.head
    command = c.AdjustBalance(request_id="r", kind=kind, amount=Decimal(amount), reason=reason, author=author)
    notice = only(rig.step(command), CommandRefused)
    assert (notice.reason, notice.is_bad_input, notice.request_id) == (refused, is_bad_input, "r")
    assert not rig.engine.halted
    assert rig.memory.head == before


def test_money_that_went_in_and_out_until_the_sums_are_full_is_refused_not_halted(rig: EngineRig) -> None:
    assert only(rig.deposit("30000000000"), BalanceChanged)
    assert only(rig.withdraw("30000000000"), BalanceChanged)
    assert only(rig.deposit("30000000000"), CommandRefused).is_bad_input
    assert not rig.engine.halted


@pytest.mark.parametrize(("seen", "is_done"), [("10000", True), ("9999.99", False)])
def test_a_new_total_is_refused_when_the_balance_moved_since_it_was_seen(
    rig: EngineRig, seen: str, is_done: bool
) -> None:
    notices = rig.set_total(15_000, seen=seen)
    if is_done:
        assert only(notices, BalanceChanged).current_balance == 15_000
    else:
        refusal = only(notices, CommandRefused)
        assert (refusal.reason, refusal.detail) == ("balance_moved", "the balance is $10,000.00 by now; look again")
        assert figures(rig)[0] == "10000"


def test_a_balance_is_never_set_below_what_is_locked(rig: EngineRig) -> None:
    rig.buy(50)
    rig.quote(100)
    assert figures(rig) == ["9995", "4995", "5000"]
    for refused in (rig.set_total("4999.99999999"), rig.withdraw("4995.00000001")):
        notice = only(refused, CommandRefused)
        assert notice.reason == "insufficient_funds"
        assert notice.detail == "only $4,995.00 is available; $5,000.00 is locked in positions and orders"
    assert only(rig.withdraw(4995), BalanceChanged).current_balance == 5000


@pytest.mark.requirement("R42")
def test_the_same_request_twice_acts_once_also_after_a_restart(rig: EngineRig) -> None:
    rig.deposit(100, request_id="d")
    rig.buy(1, request_id="b")
    for _ in range(2):
        assert (
            only(rig.deposit(100, request_id="d"), LogNotice).message == "This change of the balance was already booked"
        )
        assert only(rig.buy(1, request_id="b"), LogNotice).message == "This order was already placed"
        rig.restart()
    rig.quote(100)
    rig.quote(100)
    assert len(rig.portfolio.positions) == 1
    assert figures(rig)[0] == "10099.9"


def test_a_market_order_is_accepted_then_filled_at_the_next_price(rig: EngineRig) -> None:
    accepted = only(rig.buy(1, request_id="mine"), OrderAccepted)
    assert (accepted.request_id, accepted.symbol, accepted.side) == ("mine", SPOT.symbol, "buy")
    assert figures(rig) == ["10000", "9899.9", "100.1"]
    notices = rig.quote(101, bid=100, ask=102)
    filled = only(notices, OrderFilled)
    assert (filled.price, filled.fee, filled.order_id) == (102, Decimal("0.102"), accepted.order_id)
    assert filled.current_balance == Decimal("9999.898")
    assert only(notices, PositionOpened).position_id == rig.position.id
    assert figures(rig) == ["9999.898", "9897.898", "102"]


def test_a_limit_order_rests_until_it_is_canceled(rig: EngineRig) -> None:
    order_id = only(rig.buy(1, limit=90), OrderAccepted).order_id
    assert figures(rig) == ["10000", "9909.91", "90.09"]
    rig.quote("90.01")
    canceled = only(rig.cancel(order_id), OrderCanceled)
    assert (canceled.order_id, canceled.reason) == (order_id, "canceled")
    assert figures(rig) == ["10000", "10000", "0"]
    rig.quote(50)
    assert not rig.portfolio.positions
    assert only(rig.cancel(order_id), CommandRefused).reason == "not_live"


def test_a_position_is_closed_once(rig: EngineRig) -> None:
    rig.buy(1)
    rig.quote(100)
    rig.close(1)
    assert only(rig.close(1), CommandRefused).reason == "closing"
    assert rig.snapshot.positions[0].is_closing
    closed = only(rig.quote(110), PositionClosed)
    assert (closed.realized_pnl, closed.fee, closed.reason) == (10, Decimal("0.21"), "manual")
    assert figures(rig) == ["10009.79", "10009.79", "0"]
    assert only(rig.close(1), CommandRefused).reason == "not_open"


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"symbol": "DOGE/USDT"}, "DOGE/USDT is not traded here; there is BTC/USDT"),
        ({"type": OrderType.LIMIT}, "a limit order needs its limit price"),
        ({"type": OrderType.STOP_LOSS}, "a stop order is a stop_market"),
        ({"quantity": Decimal("NaN")}, "quantity"),
        ({"quantity": Decimal("Infinity")}, "quantity"),
        ({"type": OrderType.LIMIT, "limit_price": Decimal("NaN")}, "price"),
    ],
)
def test_an_order_that_makes_no_sense_is_bad_input(rig: EngineRig, fields: dict[str, object], why: str) -> None:
    values: dict[str, object] = {
        "symbol": SPOT.symbol,
        "side": OrderSide.BUY,
        "type": OrderType.MARKET,
        "quantity": Decimal(1),
    }
    notice = only(rig.step(c.SubmitOrder(request_id="r", **(values | fields))), CommandRefused)  # type: ignore[arg-type]
    assert notice.is_bad_input
    assert why in notice.detail
    assert len(rig.memory.entries) == 1


def test_without_a_price_there_is_no_market_order() -> None:
    assert "has no price yet" in only(EngineRig().buy(1), CommandRefused).detail


def test_a_denied_order_is_told_kept_in_the_decisions_and_locks_nothing(rig: EngineRig) -> None:
    denied = only(rig.buy(1_000), OrderDenied)
    assert (denied.reason, denied.detail) == (
        "insufficient_funds",
        "Insufficient balance: Need $100,100.00, Have $10,000.00",
    )
    (decision,) = rig.snapshot.auto_trading.decisions
    assert (decision.outcome, decision.action, decision.order_id) == ("insufficient_funds", "enter_long", 0)
    assert figures(rig) == ["10000", "10000", "0"]


def test_enormous_numbers_are_denied_not_crashed(rig: EngineRig) -> None:
    for quantity, limit in (("9" * 24, "9" * 24), ("9" * 24, None), ("1", "9" * 24)):
        assert only(rig.buy(quantity, limit=limit), OrderDenied)
    assert not rig.engine.halted


def test_limits_of_risk_are_obeyed() -> None:
    rig = EngineRig(limits=RiskLimits(max_position_percent=Decimal(50), risk_per_trade_percent=Decimal(2)))
    rig.quote(100)
    assert only(rig.buy("50.00001"), OrderDenied).reason == "max_position_size"
    assert only(rig.buy(50, stop=95), OrderDenied).reason == "risk_per_trade"
    assert only(rig.buy(40, stop=95), OrderAccepted)


def test_paused_entries_are_denied_while_exits_live_on(rig: EngineRig) -> None:
    rig.buy(1, stop=90)
    rig.quote(100)
    rig.buy(1)
    rig.quote(100)
    assert only(rig.pause(), EntriesPaused).is_paused
    assert only(rig.buy(1), OrderDenied).reason == "entries_paused"
    assert only(rig.buy(1, limit=90), OrderDenied).reason == "entries_paused"
    rig.close(2)
    assert len(rig.quote(100)) > 0
    assert only(rig.quote(89), PositionClosed).reason == "stop_loss"
    assert only(rig.deposit(1), BalanceChanged)
    assert not rig.portfolio.positions


@pytest.mark.requirement("R18")
def test_the_latch_of_paused_entries_survives_a_restart(rig: EngineRig) -> None:
    rig.pause()
    rig.restart()
    assert rig.snapshot.auto_trading.is_entries_paused
    rig.quote(100)
    assert only(rig.buy(1), OrderDenied).reason == "entries_paused"
    assert not only(rig.resume(), EntriesPaused).is_paused
    rig.restart()
    rig.quote(100)
    assert only(rig.buy(1), OrderAccepted)


def test_shorts_are_for_swaps(rig: EngineRig) -> None:
    assert only(rig.sell(1), OrderDenied).reason == "short_on_spot"
    swap = EngineRig(instruments=[SWAP])
    swap.quote(100)
    assert only(swap.sell(1), OrderAccepted)


def test_every_command_is_answered(rig: EngineRig) -> None:
    """A window waits for the answer of each request; silence would leave its button waiting for ever."""
    start = {"strategy": "moving_average_cross", "symbol": SPOT.symbol, "timeframe": Timeframe.M1}
    requests: list[c.Command] = [
        c.StartAutoTrading(request_id="1", **start),  # type: ignore[arg-type]
        c.StartAutoTrading(request_id="2", **start),  # type: ignore[arg-type]
        c.StopAutoTrading(request_id="3"),
        c.StopAutoTrading(request_id="4"),
        c.PauseEntries(request_id="5"),
        c.PauseEntries(request_id="6"),
        c.ResumeEntries(request_id="7"),
        c.ExecuteSignal(request_id="8", symbol=SPOT.symbol, side=OrderSide.BUY),
        c.ExecuteSignal(request_id="8", symbol=SPOT.symbol, side=OrderSide.BUY),
        c.ExecuteSignal(request_id="9", symbol="X/Y", side=OrderSide.BUY),
        c.WatchSymbol(request_id="10", symbol=SPOT.symbol),
        c.WatchSymbol(request_id="11", symbol="X/Y"),
        c.CancelOrder(request_id="12", order_id=99),
        c.ClosePosition(request_id="13", position_id=99),
        c.StartAutoTrading(request_id="14", strategy="x", symbol=SPOT.symbol, timeframe=Timeframe.M1),
    ]
    for command in requests:
        answers = rig.step(command)
        assert answers, command
        assert {answer.request_id for answer in answers} == {command.request_id}


def test_a_symbol_paid_in_another_currency_may_be_watched_but_not_traded() -> None:
    other = replace(SPOT, symbol="ETH/BTC", base="ETH", quote="BTC", settle="BTC")
    rig = EngineRig(instruments=[SPOT, other])
    rig.quote(100)
    assert "ETH/BTC" in only(rig.step(c.WatchSymbol(request_id="w", symbol="ETH/BTC")), LogNotice).message
    assert ("ETH/BTC", None) in rig.feed.subscribed
    order = c.SubmitOrder(
        request_id="o", symbol="ETH/BTC", side=OrderSide.BUY, type=OrderType.MARKET, quantity=Decimal(1)
    )
    assert only(rig.step(order), CommandRefused).detail.startswith("ETH/BTC is paid in BTC")


def test_a_signal_by_hand_is_sized_and_protected_as_a_strategys() -> None:
    rig = EngineRig(instruments=[FREE_SPOT])
    rig.quote(100)
    signal = c.ExecuteSignal(request_id="s", symbol=SPOT.symbol, side=OrderSide.BUY)
    assert only(rig.step(signal), OrderAccepted).quantity == 10
    rig.quote(100)
    assert (rig.position.stop_loss, rig.position.take_profit) == (98, 104)
    assert only(rig.step(signal), LogNotice).message == "This signal was already executed"


def test_a_signal_without_a_price_or_too_small_is_denied_by_name() -> None:
    rig = EngineRig(start_amount=10)
    signal = c.ExecuteSignal(request_id="s", symbol=SPOT.symbol, side=OrderSide.BUY)
    assert only(rig.step(signal), OrderDenied).reason == "no_price"
    rig.quote(100)
    denied = only(rig.step(signal), OrderDenied)
    assert (denied.reason, denied.detail) == ("minimum_notional", "10 % of $10.00 is less than the smallest order")


def test_an_adjusted_balance_counts_at_the_next_sizing(rig: EngineRig) -> None:
    """An earlier system read an adjusted balance only at the next start."""
    rig.set_total(20_000)
    signal = c.ExecuteSignal(request_id="s", symbol=SPOT.symbol, side=OrderSide.BUY)
    assert only(rig.step(signal), OrderAccepted).quantity == 20


def test_a_bad_strategy_leaves_the_running_one_alone(rig: EngineRig) -> None:
    rig.start_strategy(fast="3", slow="9")
    assert only(rig.start_strategy(fast="9", slow="3"), CommandRefused).is_bad_input
    assert only(rig.start_strategy(nonsense="3"), CommandRefused).is_bad_input
    view = rig.snapshot.auto_trading
    assert (view.state, dict(view.parameters)["fast"]) == ("running", "3")
    notices = rig.start_strategy(fast="4", slow="9")
    assert [notice.state for notice in notices if isinstance(notice, AutoTradingChanged)] == ["stopped", "running"]


@pytest.mark.requirement("R218")
def test_stopping_a_strategy_leaves_its_position_with_stop_and_target() -> None:
    rig = EngineRig(instruments=[FREE_SPOT], fills_on=PriceSource.BARS)
    rig.start_strategy(fast="2", slow="4")
    rig.closes(10, 10, 10, 10, 11, 11)
    assert rig.position.stop_loss == Decimal("10.78")
    rig.step(c.StopAutoTrading(request_id="stop"))
    rig.restart()
    assert rig.snapshot.auto_trading.state == "stopped"
    rig.closes(11)
    assert only(rig.bar("11 11 10 10"), PositionClosed).reason == "stop_loss"


def test_a_position_whose_symbol_this_market_does_not_trade_is_left_alone_in_words() -> None:
    rig = EngineRig(instruments=[SWAP])
    rig.quote(100)
    rig.sell(1)
    rig.quote(100)
    rig.instruments, rig.source_id = [SPOT], "scripted:2"
    rig.restart()
    refusal = only(rig.close(1), CommandRefused)
    assert "BTC/USDT:USDT is not traded here" in refusal.detail
    assert rig.snapshot.positions[0].liquidation_price is None
    assert not rig.engine.halted


def test_a_first_start_with_nothing_or_less_is_refused() -> None:
    for amount in (0, -1, "0.000000001"):
        with pytest.raises(InvalidInputError, match="start amount"):
            EngineRig(start_amount=amount)
