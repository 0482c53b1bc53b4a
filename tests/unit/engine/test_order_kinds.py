"""Orders by hand of every kind: what is refused, what is placed once whatever is repeated, and what closes what."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from desktop_trader.domain.order import MarginMode, Order, OrderReason, OrderSide, OrderStatus, OrderType, Protection
from desktop_trader.domain.order_receipt import ReceiptStep
from desktop_trader.messages import commands as c
from desktop_trader.messages.notices import (
    AlreadyDone,
    CommandRefused,
    OrderAccepted,
    OrderCanceled,
    OrderDenied,
    OrderTriggered,
    PositionClosed,
)
from tests.builders import SPOT, SWAP
from tests.engine_rig import only
from tests.trading_rig import TradingRig, play


@pytest.fixture
def rig() -> TradingRig:
    rig = TradingRig(instruments=[SPOT])
    rig.show(100)
    return rig


def swaps() -> TradingRig:
    rig = TradingRig(instruments=[SWAP])
    rig.show(100)
    return rig


def held(rig: TradingRig, *lines: str) -> TradingRig:
    """A long of 1 at 100, and what comes then."""
    for line in ("buy 1", "quote 100", *lines):
        play(rig, line)
    return rig


def orders(rig: TradingRig) -> list[Order]:
    return list(rig.portfolio.orders.values())


def statuses(rig: TradingRig) -> dict[int, tuple[str, str]]:
    """The last that the books say of every order: how it stands, and why."""
    return {order.id: (order.status.value, order.detail) for update in rig.memory.updates for order in update.orders}


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("1 limit 99 post-only ioc", "cannot be IOC"),
        ("1 stop-market 105 fok", "cannot be FOK"),
        ("1 trailing 60", "must be 0.01 % to 50 %, not 60"),
        ("1 trail 60", "must be 0.01 % to 50 %, not 60"),
        ("1 x5", "BTC/USDT is spot and paid whole: its leverage is 1, not 5"),
        ("1 cross", "there is no cross margin"),
    ],
)
def test_what_is_no_order_is_bad_input_and_changes_nothing(rig: TradingRig, words: str, why: str) -> None:
    refused = only(rig.order(OrderSide.BUY, *words.split()), CommandRefused)
    assert refused.is_bad_input
    assert why in refused.detail
    assert orders(rig) == []


@pytest.mark.parametrize(
    ("words", "rule", "detail"),
    [
        ("1 stop-market 99", "terms", "the trigger 99 of a buy stop market must be above the market 100"),
        ("1 take-profit 101", "terms", "the trigger 101 of a buy take profit must be below the market 100"),
        ("1 limit 99 gtd 0", "terms", "the order would end at 2026-01-01 00:00:01 UTC, which is past"),
        ("1 stop-limit 105 105.001", "price_grid", "105.001 is not a multiple of the tick 0.01"),
        ("1 stop-market 105.001", "price_grid", "105.001 is not a multiple of the tick 0.01"),
        ("0.000001", "quantity_grid", "quantity 0.000001 is not a multiple of the lot 0.00001"),
        ("0.01", "minimum_notional", "the order is worth $1.00; the minimum is $5.00"),
        ("1 stop-market 105 stop 106", "protection", "the stop loss 106 of a long must be below the entry price 105"),
    ],
)
def test_a_refusal_names_the_rule_and_the_value(rig: TradingRig, words: str, rule: str, detail: str) -> None:
    denied = only(rig.order(OrderSide.BUY, *words.split()), OrderDenied)
    assert (denied.reason, denied.detail) == (rule, detail)
    assert rig.snapshot.auto_trading.decisions[0].outcome == rule
    assert orders(rig) == []


def test_leverage_is_bounded_by_the_bracket_of_what_would_be_held() -> None:
    rig = TradingRig(instruments=[SWAP], start_amount=1_000_000)
    rig.show(100)
    denied = only(rig.order(OrderSide.SELL, "2501", "x125"), OrderDenied)
    assert (denied.reason, denied.detail) == (
        "leverage",
        "the leverage 125x is not between 1x and 100x, which a position of $250,100.00 may have",
    )
    assert only(rig.order(OrderSide.SELL, "2500", "x125"), OrderAccepted)


def test_the_same_request_places_once_whatever_it_asks_for(rig: TradingRig) -> None:
    command = replace(rig.order_of(OrderSide.BUY, "1", "stop-limit", "105", "106"), request_id="one")
    assert only(rig.step(command), OrderAccepted).price == 106
    assert only(rig.step(command), AlreadyDone)
    rig.restart()
    assert only(rig.step(command), AlreadyDone)
    other = replace(command, trigger_price=Decimal(104))
    assert only(rig.step(other), CommandRefused).reason == "request_id_used"
    assert len(orders(rig)) == 1


def test_a_trigger_is_told_and_kept(rig: TradingRig) -> None:
    play(rig, "buy 1 stop-limit 105 104")
    triggered = only(rig.show(105), OrderTriggered)
    assert (triggered.order_id, triggered.price) == (1, 105)
    (order,) = orders(rig)
    assert order.is_triggered
    rig.restart()
    assert orders(rig)[0].is_triggered


@pytest.mark.requirement("R34", "R96")
def test_the_whole_life_of_an_order_is_on_its_receipt(rig: TradingRig) -> None:
    play(rig, "buy 1 stop-limit 105 106")
    play(rig, "quote 105")
    lines = [line for update in rig.memory.updates for line in update.receipt if line.order_id == 1]
    steps = [line.step for line in lines]
    checked = [line.subject for line in lines if line.step is ReceiptStep.CHECKED]
    assert checked[:3] == ["terms", "short_on_spot", "quantity_grid"]
    assert checked[-2:] == ["insufficient_funds", "margin_ratio"]
    rest = [step for step in steps if step is not ReceiptStep.CHECKED]
    assert rest[:2] == [ReceiptStep.STORED, ReceiptStep.SENT]
    assert rest[-2:] == [ReceiptStep.TRIGGERED, ReceiptStep.FILLED]
    assert lines[-1].detail.startswith("1 @ 105 = $105.00; fee $0.105 taker; ")


def test_an_order_that_names_a_position_closes_it_and_nothing_else(rig: TradingRig) -> None:
    held(rig)
    assert only(rig.order(OrderSide.SELL, "0.4", "limit", "110", "of", "1"), OrderAccepted)
    assert (orders(rig)[0].is_exit, orders(rig)[0].reserve) == (True, 0)
    for words, why in (
        ("buy 0.4 of 1", "position 1 is long: a sell closes it"),
        ("sell 0.4 stop 90 of 1", "no stop and no target of its own"),
    ):
        play(rig, words)
        assert why in rig.told(CommandRefused)[-1].detail
    assert only(rig.order(OrderSide.SELL, "1", "of", "7"), CommandRefused).reason == "not_open"
    denied = only(rig.order(OrderSide.SELL, "1.1", "limit", "110", "of", "1"), OrderDenied)
    assert (denied.reason, denied.side, denied.detail) == (
        "maximum_quantity",
        "sell",
        "the order would close 1.1, but 1 is open",
    )


def test_a_reduce_only_order_is_of_its_position_s_market() -> None:
    rig = TradingRig(instruments=[SPOT, SWAP])
    rig.show(100)
    held(rig)
    command = replace(rig.order_of(OrderSide.SELL, "1", "of", "1"), symbol=SWAP.symbol)
    assert "position 1 is of BTC/USDT, not of BTC/USDT:USDT" in only(rig.step(command), CommandRefused).detail


def test_a_part_is_closed_once_per_request_also_after_a_restart(rig: TradingRig) -> None:
    held(rig)
    command = c.ClosePosition(request_id="part", position_id=1, quantity=Decimal("0.25"))
    assert only(rig.step(command), OrderAccepted).quantity == Decimal("0.25")
    assert only(rig.step(command), AlreadyDone)
    rig.show(110)
    rig.restart()
    assert only(rig.step(command), AlreadyDone)
    assert rig.position.quantity == Decimal("0.75")
    other = replace(command, position_id=2)
    assert only(rig.step(other), CommandRefused).reason == "request_id_used"


def test_two_parts_may_leave_at_once_but_no_more_than_is_open(rig: TradingRig) -> None:
    held(rig)
    rig.step(c.ClosePosition(request_id="a", position_id=1, quantity=Decimal("0.6")))
    denied = only(rig.step(c.ClosePosition(request_id="b", position_id=1, quantity=Decimal("0.5"))), OrderDenied)
    assert denied.detail == "0.6 of 1 are being closed already: 0.4 can be closed besides"
    rig.step(c.ClosePosition(request_id="c", position_id=1, quantity=Decimal("0.4")))
    assert only(rig.close(1), CommandRefused).reason == "closing"
    rig.show(110)
    assert rig.portfolio.positions == {}
    assert rig.snapshot.balance.total == Decimal("10009.79")


@pytest.mark.parametrize("quantity", ["0", "-1", "NaN"])
def test_no_quantity_is_no_part(rig: TradingRig, quantity: str) -> None:
    held(rig)
    command = c.ClosePosition(request_id="x", position_id=1, quantity=Decimal(quantity))
    assert only(rig.step(command), CommandRefused).is_bad_input


def test_the_whole_is_closed_while_parts_rest_and_they_end_with_it(rig: TradingRig) -> None:
    held(rig, "sell 0.5 limit 110 of 1", "sell 1 stop-market 80 of 1", "close 1")
    notices = rig.show(101)
    assert only(notices, PositionClosed).realized_pnl == 1
    ended = [each for each in notices if isinstance(each, OrderCanceled)]
    assert {(each.order_id, each.detail) for each in ended} == {
        (2, "its position was closed"),
        (3, "its position was closed"),
    }
    assert orders(rig) == []


def test_a_resting_exit_does_not_keep_the_stop_of_its_position_from_acting(rig: TradingRig) -> None:
    rig.order(OrderSide.BUY, "1", "stop", "95")
    rig.show(100)
    play(rig, "sell 1 limit 110 of 1")
    assert only(rig.show(95), PositionClosed).reason == "stop_loss"
    assert statuses(rig)[2] == ("canceled", "its position was closed")


def test_a_pair_is_placed_whole_or_not_at_all(rig: TradingRig) -> None:
    notices = rig.pair(OrderSide.BUY, "60", "limit", "95", "stop", "105")
    assert only(notices, OrderDenied).reason == "insufficient_funds"
    assert (orders(rig), rig.portfolio.wallet.locked) == ([], 0)
    rig.pair(OrderSide.BUY, "1", "limit", "95", "stop", "105")
    assert [(each.type, each.oco_id != "") for each in orders(rig)] == [
        (OrderType.LIMIT, True),
        (OrderType.STOP_MARKET, True),
    ]
    assert len({each.oco_id for each in orders(rig)}) == 1


def test_a_pair_is_placed_once_per_request(rig: TradingRig) -> None:
    command = c.SubmitOco(
        request_id="pair",
        limit=rig.order_of(OrderSide.BUY, "1", "limit", "95"),
        stop=rig.order_of(OrderSide.BUY, "1", "stop-market", "105"),
    )
    rig.step(command)
    rig.restart()
    assert only(rig.step(command), AlreadyDone)
    assert len(orders(rig)) == 2
    rig.show(106)
    assert only(rig.step(command), AlreadyDone)


@pytest.mark.parametrize(
    ("limit", "stop", "why"),
    [
        ("1 limit 95", "2 stop-market 105", "the quantity of the two orders"),
        ("1 stop-market 104", "1 stop-market 105", "a pair is a limit order and one that waits for its trigger"),
        ("1 limit 95", "1 limit 105", "a pair is a limit order and one that waits for its trigger"),
    ],
)
def test_two_orders_that_are_no_pair_are_refused(rig: TradingRig, limit: str, stop: str, why: str) -> None:
    command = c.SubmitOco(
        request_id="pair",
        limit=rig.order_of(OrderSide.BUY, *limit.split()),
        stop=rig.order_of(OrderSide.BUY, *stop.split()),
    )
    assert why in only(rig.step(command), CommandRefused).detail
    assert orders(rig) == []


@pytest.mark.parametrize("canceled", [1, 2])
def test_one_of_a_pair_that_is_canceled_takes_the_other_with_it(rig: TradingRig, canceled: int) -> None:
    play(rig, "oco buy 1 limit 95 stop 105")
    notices = rig.cancel(canceled)
    assert orders(rig) == []
    assert rig.portfolio.wallet.locked == 0
    ends = [each for each in notices if isinstance(each, OrderCanceled)]
    assert [(each.order_id, each.reason) for each in ends] == [(canceled, "canceled"), (3 - canceled, "canceled")]
    assert ends[1].detail == f"the other order of its pair was canceled: {canceled}"
    rig.show(106)
    assert rig.portfolio.positions == {}


def test_an_order_beside_a_pair_stays_when_that_is_canceled(rig: TradingRig) -> None:
    play(rig, "oco buy 1 limit 95 stop 105")
    play(rig, "oco buy 1 limit 94 stop 106")
    rig.cancel(2)
    assert [each.id for each in orders(rig)] == [3, 4]


def test_what_the_other_of_a_pair_has_locked_pays_for_a_gap(rig: TradingRig) -> None:
    play(rig, "oco buy 49 limit 95 stop 105")
    assert rig.portfolio.wallet.available == Decimal("190.2")
    rig.show(150)
    assert (rig.position.margin, rig.portfolio.wallet.available) == (7350, Decimal("2642.65"))


def test_an_order_whose_outcome_nobody_knows_keeps_its_symbol_from_other_orders(rig: TradingRig) -> None:
    play(rig, "buy 1 limit 90")
    (order,) = orders(rig)
    rig.engine.books.portfolio = replace(rig.portfolio, orders={order.id: replace(order, status=OrderStatus.UNKNOWN)})
    denied = only(rig.buy(1), OrderDenied)
    assert (denied.reason, denied.detail) == (
        "unknown_order",
        "nobody knows yet what became of order 1 of BTC/USDT; no other is placed there until then",
    )


def test_a_reversal_closes_and_opens_in_one_transaction() -> None:
    rig = swaps()
    for line in ("long 2 x10", "quote 100", "reverse 1"):
        play(rig, line)
    rig.show(110)
    update = rig.memory.updates[-1]
    assert [order.reason for order in update.orders] == [OrderReason.REVERSE, OrderReason.REVERSE]
    assert [entry.draft.kind.value for entry in update.entries] == ["fee", "position_close", "order_lock"]
    assert rig.portfolio.positions == {}
    rig.restart()
    rig.show(110)
    position = rig.position
    assert (position.direction.value, position.quantity, position.leverage) == ("short", 2, 10)
    assert rig.snapshot.balance.total == Decimal("10019.36")


def test_a_reversal_whose_other_side_is_refused_only_closes_and_says_so() -> None:
    rig = swaps()
    for line in ("long 2 x10", "quote 100", "reverse 1"):
        play(rig, line)
    rig.pause()
    notices = rig.show(110)
    assert only(notices, PositionClosed).reason == "reverse"
    denied = only(notices, OrderDenied)
    assert denied.reason == "entries_paused"
    assert denied.detail.startswith("the position is closed, but nothing was opened the other way: ")
    assert (rig.portfolio.positions, orders(rig)) == ({}, [])


@pytest.mark.parametrize("before", ["close 1 1.5", "sell 1.5 limit 101 of 1"])
def test_a_reversal_opens_what_it_closed_itself_and_not_what_other_exits_took(before: str) -> None:
    rig = swaps()
    for line in ("long 2 x10", "quote 100", before, "reverse 1", "quote 101.5", "quote 101.5"):
        play(rig, line)
    assert (rig.position.direction.value, rig.position.quantity) == ("short", Decimal("0.5"))
    assert rig.position.margin == Decimal("5.075")
    assert orders(rig) == []


def test_the_same_reversal_twice_reverses_once() -> None:
    rig = swaps()
    for line in ("long 2 x10 cross", "quote 100"):
        play(rig, line)
    command = c.ReversePosition(request_id="turn", position_id=1)
    rig.step(command)
    assert only(rig.step(command), AlreadyDone)
    rig.show(101)
    rig.show(101)
    rig.restart()
    assert only(rig.step(command), AlreadyDone)
    assert (rig.position.direction.value, rig.position.margin_mode) == ("short", MarginMode.CROSS)


def test_spot_is_not_reversed_and_stays_as_it_is(rig: TradingRig) -> None:
    held(rig)
    refused = only(rig.step(c.ReversePosition(request_id="turn", position_id=1)), CommandRefused)
    assert "BTC/USDT is spot and long only: close position 1 instead" in refused.detail
    assert rig.position.is_open


def test_after_a_pause_a_reversal_only_closes() -> None:
    rig = swaps()
    for line in ("long 2 x10", "quote 100", "reverse 1", "pause", "resume"):
        play(rig, line)
    (order,) = orders(rig)
    assert (order.reason, order.quantity) == (OrderReason.MANUAL, 2)
    assert statuses(rig)[2] == ("canceled", "void: placed before trading paused, and not filled until then")
    rig.show(90)
    rig.show(90)
    assert rig.portfolio.positions == {}


def test_what_is_wanted_at_once_is_void_after_a_pause_and_what_rests_is_not(rig: TradingRig) -> None:
    for line in ("buy 1 limit 99 ioc", "buy 1 limit 98", "buy 1 stop-market 105", "pause", "resume"):
        play(rig, line)
    assert [each.type for each in orders(rig)] == [OrderType.LIMIT, OrderType.STOP_MARKET]
    assert statuses(rig)[1] == ("canceled", "void: placed before trading paused, and not filled until then")


def test_an_order_that_ends_at_its_date_says_so(rig: TradingRig) -> None:
    play(rig, "buy 1 limit 90 gtd 3")
    rig.now += timedelta(seconds=5)
    ended = only(rig.show(90), OrderCanceled)
    assert ended.reason == "expired"
    assert statuses(rig)[1][0] == "expired"


def test_a_bracket_is_an_entry_with_stop_target_and_trail() -> None:
    rig = swaps()
    rig.order(OrderSide.SELL, "1", "x5", "stop", "105", "target", "90", "trail", "3")
    rig.show(100)
    position = rig.position
    assert (position.stop_loss, position.take_profit, position.trail_percent) == (105, 90, 3)
    assert orders(rig) == []
    command = replace(rig.order_of(OrderSide.BUY, "1"), protection=Protection(stop_loss_percent=Decimal("NaN")))
    assert only(rig.step(command), CommandRefused).is_bad_input
