"""Which levels of swaps and of orders with a trigger were crossed while nobody looked."""

from datetime import timedelta
from decimal import Decimal

import pytest

from desktop_trader.domain.market import Timeframe
from desktop_trader.engine.crossed_levels import GapBars, crossed_levels
from desktop_trader.engine.view_ground import view_ground
from tests.builders import SWAP, make_bar
from tests.fakes import ScriptedFeed
from tests.trading_rig import TradingRig, play


def crossed(rig: TradingRig, low: str, high: str) -> list[tuple[str, Decimal]]:
    """What a minute between these prices crossed, after a minute in which all of it was there already."""
    begun = rig.now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    bar = make_bar(f"100 {high} {low} 100", opened_at=begun, symbol=SWAP.symbol)
    feed = ScriptedFeed([SWAP], [bar])
    bars = GapBars(feed, since=begun, until=begun + Timeframe.M1.duration)
    found = crossed_levels(view_ground(rig.engine), bars, price=lambda symbol: None)
    return [(level.level, level.price) for level in found]


def rig_with(*actions: str) -> TradingRig:
    rig = TradingRig(instruments=[SWAP])
    for action in actions:
        play(rig, action)
    return rig


def test_a_trailing_stop_counts_where_it_stood() -> None:
    rig = rig_with("quote 100", "long 1 x10 trail 4", "quote 100", "quote 105")
    assert crossed(rig, "100.81", "120") == []
    assert crossed(rig, "100.8", "120") == [("trailing_stop", Decimal("100.8"))]
    assert crossed(rig, "90", "120") == [("trailing_stop", Decimal("100.8")), ("liquidation", Decimal("90.46"))]


def test_on_cross_the_level_is_that_of_the_account() -> None:
    rig = rig_with("quote 100", "long 100 x10 cross", "quote 100", "withdraw 8000")
    assert crossed(rig, "80.52", "100") == []
    assert crossed(rig, "80.51", "100") == [("liquidation", Decimal("80.51"))]


@pytest.mark.parametrize(
    ("order", "low", "high", "level"),
    [
        ("buy 1 stop-market 110", "100", "110", "trigger"),
        ("sell 1 stop-market 90", "90", "100", "trigger"),
        ("buy 1 take-profit 90", "90", "100", "trigger"),
        ("sell 1 take-profit 110", "100", "110", "trigger"),
        ("buy 1 stop-limit 110 111", "100", "110", "trigger"),
        ("buy 1 limit 90", "90", "100", "limit"),
    ],
)
def test_an_order_waits_for_its_trigger_first(order: str, low: str, high: str, level: str) -> None:
    rig = rig_with("quote 100", order)
    price = Decimal(110) if high == "110" else Decimal(90)
    assert crossed(rig, low, high) == [(level, price)]
    assert crossed(rig, "90.01", "109.99") == []
