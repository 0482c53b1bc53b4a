"""A strategy sizes by the trading capital where that is less than the balance, and by the balance where it is not."""

from dataclasses import replace
from decimal import Decimal

import pytest

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.market import PriceSource
from desktop_trader.messages.notices import OrderDenied
from desktop_trader.settings import RiskSettings
from tests.engine_rig import NO_LIMITS, EngineRig


def crossed(capital: str, *, start_amount: int = 10_000) -> EngineRig:
    """Return an account whose strategy, with a stake of 10 %, has decided at a close of 20 and was filled at 20."""
    rig = EngineRig(
        fills_on=PriceSource.BARS,
        limits=replace(NO_LIMITS, trading_capital=Decimal(capital)),
        start_amount=start_amount,
    )
    rig.start_strategy(fast="2", slow="3", stake_percent="10")
    rig.closes(10, 10, 10, 10, 20, 20)
    return rig


@pytest.mark.requirement("R92")
@pytest.mark.parametrize(
    ("capital", "balance", "quantity"),
    [("0", 10_000, "50"), ("1000", 10_000, "5"), ("10000", 10_000, "50"), ("1000", 400, "2")],
)
def test_a_stake_is_a_part_of_the_capital(capital: str, balance: int, quantity: str) -> None:
    rig = crossed(capital, start_amount=balance)
    assert rig.position.quantity == Decimal(quantity)


@pytest.mark.requirement("R92")
def test_too_small_a_stake_of_the_capital_is_told_with_it() -> None:
    rig = crossed("40")
    assert not rig.portfolio.positions
    (denied,) = rig.told(OrderDenied)
    assert denied.detail == "10 % of $40.00 is less than the smallest order"


@pytest.mark.parametrize("wrong", [Decimal(-1), Decimal(2_000_000_000), 5])
def test_a_capital_out_of_its_limits_is_refused(wrong: Decimal) -> None:
    with pytest.raises(InvalidInputError, match="trading_capital must be between 0 and 1000000000"):
        RiskSettings(trading_capital=wrong)
