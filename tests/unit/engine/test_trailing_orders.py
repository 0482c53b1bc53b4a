"""Where the triggers of trailing orders stand, as a snapshot tells it."""

from dataclasses import replace
from decimal import Decimal

import pytest

from desktop_trader.domain.order import OrderSide, OrderType
from desktop_trader.engine.trailing_orders import trail_levels
from tests.builders import SWAP
from tests.ui.snapshot_builders import make_order

TRAILING = make_order(
    7, symbol=SWAP.symbol, type=OrderType.TRAILING_STOP, limit_price=None, trail_percent=Decimal("1.5")
)


@pytest.mark.parametrize(
    ("side", "note", "level"),
    [
        (OrderSide.SELL, "45120.03", "44443.23"),  # 44,443.22955, up to the tick: it acts earlier
        (OrderSide.BUY, "45120.03", "45796.83"),  # 45,796.83045, down
        (OrderSide.SELL, "45120.03 45200 1", "44443.23"),  # what the bar reached counts from the next one on
    ],
)
def test_a_trigger_stands_at_its_distance_from_the_best_price(side: OrderSide, note: str, level: str) -> None:
    order = replace(TRAILING, side=side)
    found = trail_levels([order], [dict, lambda: {"trail:7": note}], instruments={SWAP.symbol: SWAP})
    assert found == ((7, Decimal(level)),)


def test_an_order_that_has_not_begun_or_follows_nothing_has_none() -> None:
    asked: list[int] = []

    def source() -> dict[str, str]:
        asked.append(1)
        return {"trail:8": "45000"}

    assert trail_levels([TRAILING], [source], instruments={SWAP.symbol: SWAP}) == ()
    assert trail_levels([make_order(8)], [source], instruments={SWAP.symbol: SWAP}) == ()
    assert len(asked) == 1, "nobody is asked where no order trails"
