"""Nothing acts on a price that the market made too long ago, however newly it came."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from desktop_trader.domain.order import OrderSide, OrderType
from desktop_trader.messages import commands as c
from desktop_trader.messages.notices import CommandRefused, Notice, OrderAccepted, OrderDenied, PositionClosed
from tests.builders import SPOT, START, make_quote
from tests.pause_rig import PauseRig

ETHER = replace(SPOT, symbol="ETH/USDT", base="ETH")


def live_rig() -> PauseRig:
    rig = PauseRig(instruments=[SPOT, ETHER], is_live=True, accounts=("demo",))
    rig.floor.gate.open()
    rig.engine().desk.clock.pass_to(START)
    return rig


def pass_time(rig: PauseRig, **span: float) -> None:
    """Time passes by itself, as it does on a market outside."""
    rig.now += timedelta(**span)
    rig.engine().desk.clock.pass_to(rig.now)


def late_quote(rig: PauseRig, price: int, *, age: float, symbol: str = SPOT.symbol) -> list[Notice]:
    """A price comes now that the market made some seconds ago."""
    return rig.step(make_quote(price, at=rig.now - timedelta(seconds=age), symbol=symbol))


def signal(rig: PauseRig, symbol: str) -> list[Notice]:
    return rig.step(c.ExecuteSignal(request_id="signal", symbol=symbol, side=OrderSide.BUY))


@pytest.mark.requirement("R40")
def test_a_price_that_lags_behind_the_market_closes_nothing_and_fills_nothing() -> None:
    rig = live_rig()
    pass_time(rig, seconds=1)
    late_quote(rig, 100, age=0)
    rig.buy(1, stop=95)
    pass_time(rig, seconds=1)
    late_quote(rig, 100, age=0)
    rig.buy(1, limit=93)
    pass_time(rig, minutes=10)
    late_quote(rig, 90, age=517)
    engine = rig.engine()
    assert rig.told(PositionClosed) == []
    assert len(engine.books.portfolio.orders) == 1
    assert engine.desk.marks.price(SPOT.symbol) == 90  # shown, with its age
    assert (engine.desk.held.exits, engine.desk.held.entries) == (1, 1)
    late_quote(rig, 92, age=9)
    assert len(rig.told(PositionClosed)) == 1


@pytest.mark.requirement("R40")
def test_an_order_at_a_price_of_long_ago_is_refused_with_its_age() -> None:
    rig = live_rig()
    late_quote(rig, 100, age=0, symbol=ETHER.symbol)
    pass_time(rig, hours=1)
    ((refused,),) = rig.buy(1, symbol=ETHER.symbol)
    assert isinstance(refused, CommandRefused)
    assert refused.detail == "the newest price of ETH/USDT is 60 min old; wait for a new one"
    (denied,) = signal(rig, ETHER.symbol)
    assert isinstance(denied, OrderDenied)
    assert (denied.reason, denied.detail) == ("no_price", refused.detail)
    late_quote(rig, 100, age=1, symbol=ETHER.symbol)
    assert isinstance(rig.buy(1, symbol=ETHER.symbol)[0][0], OrderAccepted)


def test_a_price_of_the_last_session_is_none_to_order_at() -> None:
    rig = live_rig()
    late_quote(rig, 100, age=0)
    rig.buy(1)
    pass_time(rig, seconds=1)
    late_quote(rig, 100, age=0)
    rig.floor.checkpoint()
    rig.restart()
    rig.floor.gate.open()
    rig.engine().desk.marks.set_price(SPOT.symbol, Decimal(100))  # as the books have it
    ((refused,),) = rig.buy(1)
    assert isinstance(refused, CommandRefused)
    assert refused.detail == "BTC/USDT has no price yet; wait for the first one"


def test_no_trigger_is_held_against_a_price_of_the_last_session() -> None:
    rig = live_rig()
    late_quote(rig, 100, age=0)
    rig.buy(2)
    pass_time(rig, seconds=1)
    late_quote(rig, 100, age=0)
    target = c.SubmitOrder(
        request_id="target",
        symbol=SPOT.symbol,
        side=OrderSide.SELL,
        type=OrderType.TAKE_PROFIT,
        quantity=Decimal(1),
        trigger_price=Decimal(110),
        position_id=1,
    )
    stop = replace(target, request_id="stop", type=OrderType.STOP_MARKET, trigger_price=Decimal(90))
    limit = replace(target, request_id="limit", type=OrderType.LIMIT, trigger_price=None, limit_price=Decimal(120))
    assert isinstance(rig.step(target)[0], OrderAccepted)
    rig.floor.checkpoint()
    rig.restart()
    rig.floor.gate.open()
    moved = c.EditOrder(request_id="moved", order_id=2, trigger_price=Decimal(105))
    for command in (stop, replace(stop, position_id=None), c.SubmitOco(request_id="x", limit=limit, stop=stop), moved):
        (refused,) = rig.step(command)
        assert isinstance(refused, CommandRefused)
        assert refused.reason == "no_price"
        assert refused.detail == (
            "a trigger is held against a fresh price, or it might act at once: BTC/USDT has no price yet; wait for the "
            "first one"
        )
    late_quote(rig, 80, age=0)  # below the stop: it would have closed the position at once
    (denied,) = rig.step(stop)
    assert isinstance(denied, OrderDenied)
    assert denied.reason == "terms"


def test_a_quiet_symbol_has_as_much_time_as_it_usually_takes() -> None:
    rig = live_rig()
    rig.feed.cadence = lambda symbol: timedelta(seconds=60)  # type: ignore[method-assign]
    late_quote(rig, 100, age=0)
    pass_time(rig, seconds=299)
    assert isinstance(rig.buy(1)[0][0], OrderAccepted)
    pass_time(rig, seconds=1)
    assert isinstance(rig.buy(1)[0][0], CommandRefused)


def test_where_market_time_is_the_clock_no_price_is_old() -> None:
    rig = PauseRig(accounts=("demo",))
    rig.quote(100)
    rig.engine().desk.clock.advance_to(rig.now + timedelta(hours=1))
    assert isinstance(rig.buy(1)[0][0], OrderAccepted)
