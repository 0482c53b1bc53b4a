"""Panic: every order canceled, every position closed, and nothing entered until a person allows it again."""

from dataclasses import replace
from decimal import Decimal

import pytest

from desktop_trader.domain.order import OrderReason, OrderSide
from desktop_trader.messages import commands as c
from desktop_trader.messages.notices import (
    NETWORK,
    AlreadyDone,
    CloseOnlyChanged,
    CommandRefused,
    OrderAccepted,
    OrderCanceled,
    OrderDenied,
    OrderEdited,
    PositionClosed,
)
from tests.builders import SWAP
from tests.engine_rig import only
from tests.fakes import RecordingStore
from tests.trading_rig import TradingRig, play

PANIC = c.CloseAll(request_id="panic", author="Ann", reason="I am frightened")
CLEAR = c.ClearCloseOnly(request_id="clear", author="Ann", reason="looked at it")


def busy(**fields: object) -> TradingRig:
    """A long, a short on cross, an entry that rests, a pair, and an exit that rests."""
    rig = TradingRig(instruments=[SWAP], **fields)  # type: ignore[arg-type]
    for line in (
        "quote 100",
        "long 2 x10 stop 90",
        "short 3 x5 cross",
        "quote 100",
        "long 1 limit 80 x10",
        "oco short 1 limit 120 stop 85 x10",
        "sell 1 limit 130 of 1",
    ):
        play(rig, line)
    return rig


def test_everything_is_canceled_and_closed_and_the_latch_is_stored_first() -> None:
    rig = busy()
    before = len(rig.memory.updates)
    notices = rig.step(PANIC)
    first = rig.memory.updates[before]
    assert first.market is not None
    assert (first.market.close_only, first.orders) == ("I am frightened", ())
    assert [each.detail for each in first.decisions] == ["I am frightened (by Ann)"]
    changed = only(notices, CloseOnlyChanged)
    assert (changed.is_close_only, changed.reason, changed.author) == (True, "I am frightened", "Ann")
    assert changed.detail == "4 orders canceled, 2 positions to close"
    canceled = [each for each in notices if isinstance(each, OrderCanceled)]
    assert {each.detail for each in canceled} == {"close all: I am frightened"}
    assert len(canceled) == 4
    exits = list(rig.portfolio.orders.values())
    assert [(each.reason, each.position_id, each.quantity) for each in exits] == [
        (OrderReason.CLOSE_ALL, 1, 2),
        (OrderReason.CLOSE_ALL, 2, 3),
    ]
    closed = [each for each in rig.show(101) if isinstance(each, PositionClosed)]
    assert [each.reason for each in closed] == ["close_all", "close_all"]
    assert (rig.portfolio.positions, rig.portfolio.orders, rig.portfolio.wallet.locked) == ({}, {}, 0)
    assert rig.snapshot.close_only == "I am frightened"


def test_twice_is_harmless() -> None:
    rig = busy()
    rig.step(PANIC)
    orders, decisions = dict(rig.portfolio.orders), len(rig.snapshot.auto_trading.decisions)
    again = rig.step(replace(PANIC, request_id="again", reason="still frightened"))
    assert only(again, AlreadyDone).message.endswith("still are: I am frightened")
    assert dict(rig.portfolio.orders) == orders
    assert len(rig.snapshot.auto_trading.decisions) == decisions
    rig.show(100)
    assert [type(each) for each in rig.step(replace(PANIC, request_id="third"))] == [AlreadyDone]


def test_nothing_is_entered_by_anybody_until_it_is_cleared_also_after_a_restart() -> None:
    rig = busy()
    rig.step(PANIC)
    rig.show(100)
    rig.restart()
    rig.show(100)
    wishes: list[c.Command] = [
        rig.order_of(OrderSide.BUY, "1"),
        rig.order_of(OrderSide.BUY, "1", "limit", "90"),
        c.ExecuteSignal(request_id="signal", symbol=SWAP.symbol, side=OrderSide.SELL),
        c.SubmitOco(
            request_id="pair",
            limit=rig.order_of(OrderSide.BUY, "1", "limit", "95"),
            stop=rig.order_of(OrderSide.BUY, "1", "stop-market", "105"),
        ),
    ]
    for wish in wishes:
        denied = only(rig.step(wish), OrderDenied)
        assert denied.reason == "close_only"
        assert "after a close all (I am frightened) nothing is entered" in denied.detail
    cleared = only(rig.step(CLEAR), CloseOnlyChanged)
    assert (cleared.is_close_only, cleared.reason) == (False, "looked at it")
    rig.restart()
    rig.show(100)
    assert rig.snapshot.close_only == ""
    assert only(rig.step(wishes[0]), OrderAccepted)
    assert only(rig.step(replace(CLEAR, request_id="x")), AlreadyDone)


def test_a_strategy_enters_nothing_either() -> None:
    rig = TradingRig(instruments=[SWAP])
    rig.show(100)
    rig.step(PANIC)
    rig.start_strategy(fast="2", slow="3")
    for price in (100, 100, 100, 90, 80, 100, 130, 150):
        rig.closes(price)
    assert {each.reason for each in rig.told(OrderDenied)} == {"close_only"}
    assert rig.told(OrderAccepted) == []


def test_an_edit_may_make_an_order_smaller_but_not_larger() -> None:
    rig = TradingRig(instruments=[SWAP])
    rig.show(100)
    play(rig, "long 2 limit 80 x10")
    rig.engine.books.close_only = "I am frightened"
    assert only(rig.step(c.EditOrder(request_id="a", order_id=1, quantity=Decimal(3))), OrderDenied)
    assert only(rig.step(c.EditOrder(request_id="b", order_id=1, limit_price=Decimal(90))), OrderDenied)
    assert only(rig.step(c.EditOrder(request_id="c", order_id=1, quantity=Decimal(1))), OrderEdited).quantity == 1


def test_without_network_orders_are_canceled_nothing_is_queued_and_the_rest_is_told() -> None:
    rig = busy()
    rig.hold()
    notices = rig.step(PANIC)
    assert only(notices, CloseOnlyChanged).is_close_only
    refused = only(notices, CommandRefused)
    assert refused.reason == NETWORK
    assert "2 of 2 positions stay open: 1 (BTC/USDT:USDT), 2 (BTC/USDT:USDT). No network" in refused.detail
    assert rig.portfolio.orders == {}
    rig.go_on()
    rig.show(100)
    assert len(rig.portfolio.positions) == 2
    again = rig.step(replace(PANIC, request_id="again"))
    assert only(again, AlreadyDone)
    assert [each.reason for each in again if isinstance(each, OrderAccepted)] == ["close_all", "close_all"]
    rig.show(100)
    assert rig.portfolio.positions == {}


def test_a_close_that_is_on_its_way_goes_on_and_a_reversal_opens_nothing() -> None:
    rig = TradingRig(instruments=[SWAP])
    for line in ("quote 100", "long 2 x10", "quote 100", "reverse 1"):
        play(rig, line)
    rig.step(PANIC)
    assert [each.reason for each in rig.portfolio.orders.values()] == [OrderReason.REVERSE]
    notices = rig.show(100)
    assert only(notices, PositionClosed)
    assert only(notices, OrderDenied).reason == "close_only"
    assert (rig.portfolio.positions, rig.portfolio.orders) == ({}, {})


@pytest.mark.parametrize("reason", ["", "   ", "x" * 201])
def test_a_reason_is_needed(reason: str) -> None:
    rig = busy()
    assert only(rig.step(replace(PANIC, reason=reason)), CommandRefused).is_bad_input
    assert rig.snapshot.close_only == ""
    rig.step(PANIC)
    assert only(rig.step(replace(CLEAR, reason=reason)), CommandRefused).is_bad_input
    assert rig.snapshot.close_only == "I am frightened"


def test_killed_after_any_write_of_it_the_same_request_finishes_it() -> None:
    store = RecordingStore()
    rig = busy(store=store)
    before = len(store.left_behind)
    rig.step(PANIC)
    rig.show(101)
    total = rig.portfolio.wallet.total
    for left_behind in store.left_behind[before:]:
        other = TradingRig(instruments=[SWAP], store=left_behind, now=rig.now)
        other.now = rig.now.replace(second=rig.now.second - 1)
        assert other.snapshot.close_only == "I am frightened"
        other.step(PANIC)
        other.show(101)
        assert (other.portfolio.positions, other.portfolio.orders) == ({}, {})
        assert other.portfolio.wallet.total == total
