"""What a position would come to at a price that is not there."""

from decimal import Decimal

import pytest

from desktop_trader.domain.level_result import Holding, liquidation_result, result_at
from desktop_trader.domain.order import Direction
from tests.builders import SWAP

LONG = Holding(direction=Direction.LONG, quantity=Decimal("0.1"), entry_price=Decimal(45_000))


@pytest.mark.parametrize(
    ("price", "fee"),
    [
        # 10x isolated, margin 450: what the P&L leaves pays the fee of 0.5 %, as far as it goes.
        ("41000", "50"),  # 450 - 400 left, 20.5 asked: the fee is paid whole
        ("40700", "20"),  # 450 - 430 left, 20.35 asked
        ("40500", "0"),  # nothing left
        ("40400", "-10"),  # beyond: the loss is the margin and no more
    ],
)
def test_a_liquidation_costs_its_loss_and_its_fee_but_never_more_than_answers(price: str, fee: str) -> None:
    at = Decimal(price)
    gross = result_at(LONG, at, instrument=SWAP)
    found = liquidation_result(LONG, at, left=Decimal(450) + gross, instrument=SWAP)
    asked = SWAP.notional(LONG.quantity, at) * SWAP.liquidation_fee_rate
    assert found == gross - min(asked, Decimal(fee))
    assert found >= -450
