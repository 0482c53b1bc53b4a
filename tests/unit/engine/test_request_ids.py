"""A request id stands for one wish: once more is harmless, with other terms it is refused, after a restart as well."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from desktop_trader.domain.order import OrderSide
from desktop_trader.messages import commands as c
from desktop_trader.messages.notices import AlreadyDone, CommandRefused
from tests.builders import SWAP
from tests.engine_rig import only
from tests.trading_rig import TradingRig, play

_START = ("quote 100", "long 1 x10", "long 1 x10", "quote 100", "long 1 x10 limit 90", "long 1 x10 limit 91")
_D = Decimal
_CHANGES: Sequence[tuple[c.Command, c.Command]] = (
    (
        c.ChangeMargin(request_id="R", position_id=1, amount=_D(5)),
        c.ChangeMargin(request_id="R", position_id=2, amount=_D(5)),
    ),
    (
        c.ChangeMargin(request_id="R", position_id=1, amount=_D(5)),
        c.ChangeMargin(request_id="R", position_id=1, amount=_D(6)),
    ),
    (
        c.ChangeMargin(request_id="R", position_id=1, amount=_D(5)),
        c.SetLeverage(request_id="R", position_id=1, leverage=5),
    ),
    (
        c.SetLeverage(request_id="R", position_id=1, leverage=5),
        c.SetLeverage(request_id="R", position_id=1, leverage=2),
    ),
    (
        c.SetProtection(request_id="R", position_id=1, stop_loss=_D(95), take_profit=None),
        c.SetProtection(request_id="R", position_id=1, stop_loss=_D(95), take_profit=_D(110)),
    ),
    (
        c.EditOrder(request_id="R", order_id=3, limit_price=_D(80)),
        c.EditOrder(request_id="R", order_id=4, limit_price=_D(80)),
    ),
    (
        c.EditOrder(request_id="R", order_id=3, limit_price=_D(80)),
        c.EditOrder(request_id="R", order_id=3, limit_price=_D(80), quantity=_D(2)),
    ),
    (
        c.ClosePosition(request_id="R", position_id=1, quantity=_D("0.5")),
        c.ClosePosition(request_id="R", position_id=1),
    ),
    (
        c.ClosePosition(request_id="R", position_id=1, quantity=_D("0.5")),
        c.ClosePosition(request_id="R", position_id=1, quantity=_D("0.4")),
    ),
    (
        c.ClosePosition(request_id="R", position_id=1),
        c.ClosePosition(request_id="R", position_id=1, quantity=_D("0.5")),
    ),
    (c.ClosePosition(request_id="R", position_id=1), c.ReversePosition(request_id="R", position_id=1)),
)


@pytest.fixture
def rig() -> TradingRig:
    rig = TradingRig(instruments=[SWAP])
    for line in _START:
        play(rig, line)
    return rig


@pytest.mark.parametrize("is_restarted", [False, True])
@pytest.mark.parametrize(("first", "other"), _CHANGES)
def test_a_request_id_with_other_terms_is_refused_and_with_the_same_ones_done_already(
    rig: TradingRig, first: c.Command, other: c.Command, is_restarted: bool
) -> None:
    rig.step(first)
    if is_restarted:
        rig.start_again()
    before = rig.portfolio
    assert only(rig.step(other), CommandRefused).reason == "request_id_used"
    assert only(rig.step(first), AlreadyDone)
    assert rig.portfolio == before


def test_a_pair_is_compared_whole(rig: TradingRig) -> None:
    pair = c.SubmitOco(
        request_id="R",
        limit=rig.order_of(OrderSide.BUY, "1", "limit", "95"),
        stop=rig.order_of(OrderSide.BUY, "1", "stop-market", "105"),
    )
    rig.step(pair)
    other = replace(pair, stop=rig.order_of(OrderSide.BUY, "1", "stop-market", "106"))
    assert only(rig.step(other), CommandRefused).reason == "request_id_used"
    assert only(rig.step(replace(pair.limit, request_id="R")), CommandRefused).reason == "request_id_used"
    assert only(rig.step(pair), AlreadyDone)


def test_one_order_is_not_half_of_a_pair(rig: TradingRig) -> None:
    limit = replace(rig.order_of(OrderSide.BUY, "1", "limit", "95"), request_id="R")
    rig.step(limit)
    pair = c.SubmitOco(request_id="R", limit=limit, stop=rig.order_of(OrderSide.BUY, "1", "stop-market", "105"))
    assert only(rig.step(pair), CommandRefused).reason == "request_id_used"


@pytest.mark.parametrize("is_restarted", [False, True])
def test_an_edit_that_comes_once_more_does_not_undo_a_later_one(rig: TradingRig, is_restarted: bool) -> None:
    first = c.EditOrder(request_id="E1", order_id=3, limit_price=_D(80))
    rig.step(first)
    rig.step(c.EditOrder(request_id="E2", order_id=3, limit_price=_D(85)))
    if is_restarted:
        rig.start_again()
    assert only(rig.step(first), AlreadyDone)
    assert rig.portfolio.orders[3].limit_price == 85


@pytest.mark.parametrize("is_restarted", [False, True])
def test_a_request_that_had_nothing_to_change_stays_done(rig: TradingRig, is_restarted: bool) -> None:
    firsts: list[c.Command] = [
        c.EditOrder(request_id="E1", order_id=3, limit_price=_D(90)),
        c.SetProtection(request_id="P1", position_id=1, stop_loss=None, take_profit=None),
        c.SetLeverage(request_id="L1", position_id=1, leverage=10),
    ]
    for command in firsts:
        assert only(rig.step(command), AlreadyDone)
    rig.step(c.EditOrder(request_id="E2", order_id=3, limit_price=_D(85)))
    rig.step(c.SetProtection(request_id="P2", position_id=1, stop_loss=_D(95), take_profit=None))
    rig.step(c.SetLeverage(request_id="L2", position_id=1, leverage=5))
    if is_restarted:
        rig.start_again()
    for command in firsts:
        assert only(rig.step(command), AlreadyDone)
    position = rig.portfolio.positions[1]
    assert (rig.portfolio.orders[3].limit_price, position.stop_loss, position.leverage) == (85, 95, 5)
