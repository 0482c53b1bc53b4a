"""Edits of live orders: new terms, the difference of what is locked, and what may not be changed."""

from decimal import Decimal
from typing import Any

import pytest

from desktop_trader.domain.order import Order, OrderSide
from desktop_trader.messages import commands as c
from desktop_trader.messages.notices import AlreadyDone, CommandRefused, OrderDenied, OrderEdited, PositionClosed
from tests.builders import SPOT
from tests.engine_rig import only
from tests.trading_rig import TradingRig, play


@pytest.fixture
def rig() -> TradingRig:
    rig = TradingRig(instruments=[SPOT])
    rig.show(100)
    return rig


def edit(rig: TradingRig, order_id: int = 1, *, request_id: str = "", **terms: str) -> c.EditOrder:
    values = {name: Decimal(value) for name, value in terms.items()}
    return c.EditOrder(request_id=request_id or rig.request_id(), order_id=order_id, **values)  # type: ignore[arg-type]


def order(rig: TradingRig) -> Order:
    return next(iter(rig.portfolio.orders.values()))


@pytest.mark.requirement("R174")
def test_new_terms_are_told_stored_and_locked(rig: TradingRig) -> None:
    play(rig, "buy 1 limit 90")
    edited = only(rig.step(edit(rig, quantity="2", limit_price="85")), OrderEdited)
    assert (edited.quantity, edited.price, edited.detail) == (2, 85, "quantity 1 to 2, limit 90 to 85")
    assert (order(rig).revision, order(rig).reserve) == (1, Decimal("170.17"))
    rig.step(edit(rig, limit_price="80"))
    assert (order(rig).revision, order(rig).reserve) == (2, Decimal("160.16"))
    rig.restart()
    assert (order(rig).revision, order(rig).limit_price, rig.portfolio.wallet.locked) == (2, 80, Decimal("160.16"))
    rig.show(85)
    assert rig.portfolio.positions == {}
    rig.show(80)
    assert rig.position.quantity == 2


def test_the_same_edit_twice_changes_once(rig: TradingRig) -> None:
    play(rig, "buy 1 limit 90")
    first, second = edit(rig, limit_price="85", request_id="one"), edit(rig, limit_price="88")
    rig.step(first)
    rig.step(second)
    assert only(rig.step(first), AlreadyDone)
    assert order(rig).limit_price == 88
    rig.restart()
    assert only(rig.step(edit(rig, limit_price="88")), AlreadyDone).message == "Order 1 has these terms already"
    assert order(rig).revision == 2


@pytest.mark.parametrize(
    ("placed", "terms", "why"),
    [
        ("buy 1", {"quantity": "2"}, "order 1 does not rest"),
        ("buy 1 limit 90", {}, "nothing to change was named"),
        ("buy 1 limit 90", {"trigger_price": "95"}, "a limit order has no trigger price"),
        ("buy 1 limit 90", {"limit_price": "NaN"}, "the limit price must be a number"),
        ("buy 1 limit 90", {"quantity": "0"}, "the quantity must be more than the 0 that are filled, not 0"),
        ("oco buy 1 limit 95 stop 105", {"quantity": "2"}, "the quantity of a pair is that of both orders"),
    ],
)
def test_what_an_order_does_not_have_cannot_be_changed(
    rig: TradingRig, placed: str, terms: dict[str, Any], why: str
) -> None:
    play(rig, placed)
    before = dict(rig.portfolio.orders)
    refused = only(rig.step(edit(rig, **terms)), CommandRefused)
    assert refused.is_bad_input
    assert why in refused.detail
    assert dict(rig.portfolio.orders) == before


@pytest.mark.parametrize(
    ("placed", "terms", "rule"),
    [
        ("buy 1 limit 90", {"limit_price": "90.001"}, "price_grid"),
        ("buy 1 limit 90", {"quantity": "0.01"}, "minimum_notional"),
        ("buy 1 limit 90", {"quantity": "1000"}, "insufficient_funds"),
        ("buy 1 stop-market 105", {"trigger_price": "99"}, "terms"),
        ("buy 1 limit 90 stop 85", {"limit_price": "84"}, "protection"),
    ],
)
def test_new_terms_are_checked_as_those_of_a_new_order(
    rig: TradingRig, placed: str, terms: dict[str, Any], rule: str
) -> None:
    play(rig, placed)
    before, locked = dict(rig.portfolio.orders), rig.portfolio.wallet.locked
    assert only(rig.step(edit(rig, **terms)), OrderDenied).reason == rule
    assert (dict(rig.portfolio.orders), rig.portfolio.wallet.locked) == (before, locked)


def test_an_order_may_use_what_it_has_locked_itself(rig: TradingRig) -> None:
    play(rig, "buy 99 limit 100")
    assert only(rig.step(edit(rig, quantity="98.9", limit_price="101")), OrderEdited)
    assert rig.portfolio.wallet.locked == Decimal("9998.8889")


def test_an_exit_is_edited_within_what_is_open(rig: TradingRig) -> None:
    for line in ("buy 1", "quote 100", "sell 0.5 limit 110 of 1"):
        play(rig, line)
    denied = only(rig.step(edit(rig, 2, quantity="1.1")), OrderDenied)
    assert (denied.side, denied.detail) == ("sell", "the order would close 1.1, but 1 is open")
    assert only(rig.step(edit(rig, 2, quantity="1", limit_price="105")), OrderEdited)
    assert only(rig.show(105), PositionClosed).realized_pnl == 5


def test_what_a_trigger_has_done_is_not_undone(rig: TradingRig) -> None:
    play(rig, "buy 1 stop-limit 105 104")
    rig.show(106)
    refused = only(rig.step(edit(rig, trigger_price="110")), CommandRefused)
    assert "the trigger of order 1 was reached already" in refused.detail
    assert only(rig.step(edit(rig, limit_price="103")), OrderEdited)


def test_a_partly_filled_order_keeps_what_it_has_and_locks_for_the_rest(rig: TradingRig) -> None:
    rig.order(OrderSide.BUY, "1", "limit", "100")
    rig.show(100, bids="99x1", asks="100x0.4")
    assert (order(rig).filled_quantity, rig.position.quantity) == (Decimal("0.4"), Decimal("0.4"))
    assert "more than the 0.4 that are filled" in only(rig.step(edit(rig, quantity="0.4")), CommandRefused).detail
    rig.step(edit(rig, quantity="0.6", limit_price="95"))
    assert order(rig).reserve == Decimal("19.019")
    rig.show(94)
    rig.show(94)
    assert (rig.position.quantity, rig.portfolio.orders) == (Decimal("0.6"), {})


def test_what_has_ended_is_not_edited(rig: TradingRig) -> None:
    assert only(rig.step(edit(rig, 7, quantity="1")), CommandRefused).reason == "not_live"


def test_nothing_is_edited_while_nothing_may_trade(rig: TradingRig) -> None:
    play(rig, "buy 1 limit 90")
    rig.hold()
    assert only(rig.step(edit(rig, limit_price="80")), CommandRefused).reason == "network"
    assert order(rig).limit_price == 90
