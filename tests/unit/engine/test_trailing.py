"""Trailing stops of positions: how far they have come, what they leave, and what a restart knows of it."""

from decimal import Decimal

import pytest

from desktop_trader.domain.order import OrderReason
from desktop_trader.messages import commands as c
from desktop_trader.messages.notices import CommandRefused, PositionClosed, PositionOpened
from tests.builders import SWAP
from tests.engine_rig import only
from tests.trading_rig import TradingRig, on_bars, play


def rig_with(*actions: str, bars: bool = False) -> TradingRig:
    rig = on_bars(instruments=[SWAP]) if bars else TradingRig(instruments=[SWAP])
    for action in actions:
        play(rig, action)
    return rig


def stop(rig: TradingRig) -> Decimal | None:
    return rig.snapshot.positions[0].trailing_stop


LONG = ("quote 100", "long 1 trail 5", "quote 100")


@pytest.mark.requirement("R41")
def test_it_follows_what_leaving_would_get_and_never_goes_back() -> None:
    rig = rig_with(*LONG)
    assert stop(rig) == 95
    for price, level in (("110", "104.5"), ("108", "104.5"), ("120.01", "114.01"), ("114.02", "114.01")):
        play(rig, f"quote {price}")
        assert stop(rig) == Decimal(level), price
    closed = only(rig.show("114.01"), PositionClosed)
    assert (closed.reason, closed.price) == (OrderReason.TRAILING_STOP.value, Decimal("114.01"))


def test_a_short_trails_from_above_at_the_ask() -> None:
    rig = rig_with("quote 100", "short 1 trail 5", "quote 100")
    assert stop(rig) == 105
    rig.show("80", bids="79x9", asks="81x9")
    assert stop(rig) == Decimal("85.05")
    closed = only(rig.show("85", bids="85x9", asks="85.05x9"), PositionClosed)
    assert closed.price == Decimal("85.05")


def test_a_fixed_stop_that_is_tighter_comes_first() -> None:
    rig = rig_with("quote 100", "long 1 stop 97 trail 5", "quote 100", "quote 101")
    assert only(rig.show("97"), PositionClosed).reason == OrderReason.STOP_LOSS.value


@pytest.mark.requirement("R41")
def test_a_restart_knows_how_far_it_has_come() -> None:
    rig = rig_with(*LONG, "quote 110")
    rig.engine.checkpoint()
    rig.restart()
    assert stop(rig) == Decimal("104.5")
    assert only(rig.show("104.4"), PositionClosed).reason == OrderReason.TRAILING_STOP.value


def test_on_bars_a_high_moves_it_only_when_the_bar_is_over() -> None:
    rig = rig_with("bar 100 100 100 100", "long 1 trail 5", bars=True)
    play(rig, "bar 100 110 96 108")
    assert stop(rig) == Decimal("104.5")
    closed = only(rig.bar("108 115 104 104"), PositionClosed)
    assert (closed.reason, closed.price) == (OrderReason.TRAILING_STOP.value, Decimal("104.5"))


def test_on_bars_a_gap_beyond_it_is_left_at_the_open() -> None:
    rig = rig_with("bar 100 100 100 100", "long 1 trail 5", "bar 100 110 96 108", bars=True)
    assert only(rig.bar("101 102 100 101"), PositionClosed).price == 101


def test_the_bar_that_it_was_entered_inside_of_moves_nothing() -> None:
    rig = rig_with("bar 100 100 100 100", "long 1 limit 98 trail 5", "bar 100 112 97 111", bars=True)
    assert stop(rig) == Decimal("93.1")
    play(rig, "bar 111 112 110 111")
    assert stop(rig) == Decimal("106.4")


def test_it_begins_at_the_price_of_when_it_was_set_and_ends_when_it_is_taken_away() -> None:
    rig = rig_with("quote 100", "long 1", "quote 100", "quote 120", "quote 110", "protect 1 trail 5")
    assert stop(rig) == Decimal("104.5")
    play(rig, "quote 130")
    play(rig, "protect 1")
    assert stop(rig) is None
    play(rig, "quote 105")
    play(rig, "protect 1 trail 5")
    assert stop(rig) == Decimal("99.75")
    assert rig.engine.books.stored_ratchets == {}
    assert dict(rig.memory.updates[-1].market.ratchets) == {"position:1": "105"}  # type: ignore[union-attr]


def test_a_distance_whose_stop_would_act_at_once_is_refused_with_its_figures() -> None:
    rig = rig_with(*LONG, "quote 120", "quote 116")
    refused = only(
        rig.step(
            c.SetProtection(request_id="x", position_id=1, stop_loss=None, take_profit=None, trail_percent=Decimal(3))
        ),
        CommandRefused,
    )
    assert refused.reason == "protection"
    for figure in ("3 %", "120", "116.4", "116"):
        assert figure in refused.detail
    assert rig.position.trail_percent == 5


def test_what_is_remembered_ends_with_the_position() -> None:
    rig = rig_with(*LONG, "quote 110", "close 1", "quote 110")
    assert rig.told(PositionOpened)
    rig.engine.checkpoint()
    assert rig.memory.load("demo").market.ratchets == ()  # type: ignore[union-attr]
