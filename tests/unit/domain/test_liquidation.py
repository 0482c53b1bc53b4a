"""Where positions are closed by force: bracket by bracket, alone and together, found by trying every price as well."""

from dataclasses import replace
from decimal import Decimal

import pytest

from desktop_trader.domain.liquidation import Exposure, SafeRange, level_of_one, safe_range
from desktop_trader.domain.margin import (
    break_even_price,
    leverage_limit,
    liquidation_price,
    maintenance_margin,
    notional_limit,
)
from desktop_trader.domain.margin_brackets import STANDARD_BRACKETS, MarginBracket, make_brackets
from desktop_trader.domain.order import Direction
from desktop_trader.domain.pnl import unrealized_pnl
from tests.builders import SPOT, SWAP, make_position

LONG, SHORT = Direction.LONG, Direction.SHORT
STEPS = make_brackets(
    ((Decimal(100), 50, Decimal("0.01")), (Decimal(200), 20, Decimal("0.1")), (None, 5, Decimal("0.5")))
)
COARSE = replace(SWAP, brackets=STEPS, tick_size=Decimal("0.01"))


def exposure(direction: Direction, size: str, cost: str) -> Exposure:
    return Exposure(sign=direction.sign, size=Decimal(size), cost=Decimal(cost), brackets=STEPS)


@pytest.mark.parametrize(
    ("notional", "margin"),
    [("0", "0"), ("100", "1"), ("100.01", "1.001"), ("200", "11"), ("300", "61")],
)
def test_maintenance_grows_without_a_step_from_bracket_to_bracket(notional: str, margin: str) -> None:
    assert maintenance_margin(Decimal(notional), COARSE) == Decimal(margin)


def test_maintenance_is_rounded_up_as_margin_is() -> None:
    assert maintenance_margin(Decimal("0.000001"), COARSE) == Decimal("0.00000001")


@pytest.mark.parametrize(("notional", "leverage"), [("0", 50), ("100", 50), ("100.01", 20), ("200", 20), ("201", 5)])
def test_the_larger_a_position_the_less_leverage_it_may_have(notional: str, leverage: int) -> None:
    assert leverage_limit(Decimal(notional), COARSE) == leverage


@pytest.mark.parametrize(
    ("leverage", "cap"), [(1, None), (5, None), (6, 200), (20, 200), (21, 100), (50, 100), (51, 0)]
)
def test_the_more_leverage_the_smaller_a_position_may_be(leverage: int, cap: int | None) -> None:
    assert notional_limit(leverage, COARSE) == cap


@pytest.mark.parametrize(
    ("direction", "margin", "level"),
    [
        (LONG, "20", "95.00"),  # 2p - 180 = 0.1 x 2p - 9: p = 171 / 1.8, in the second bracket
        (LONG, "150", "25.26"),  # 2p - 50 = 0.01 x 2p: p = 50 / 1.98 = 25.2525..., fallen into the first
        (SHORT, "40", "109.66"),  # 240 - 2p = 0.5 x 2p - 89: p = 329 / 3 = 109.666..., risen into the third
        (LONG, "200", None),
        (LONG, "250", None),
    ],
)
def test_the_level_lies_in_the_bracket_of_its_own_notional(
    direction: Direction, margin: str, level: str | None
) -> None:
    position = make_position(direction, quantity=2, price=100, leverage=5, margin=Decimal(margin))
    found = liquidation_price(position, COARSE)
    if level is None:
        assert found is None
        return
    assert found == Decimal(level)
    tried = [
        price
        for price in (Decimal(cents) / 100 for cents in range(1, 20_000))
        if position.margin + unrealized_pnl(position, price) >= maintenance_margin(2 * price, COARSE)
    ]
    assert found == (min(tried) if direction is LONG else max(tried))


def test_the_quick_way_and_the_careful_way_agree_in_every_bracket() -> None:
    for direction in Direction:
        for margin in range(1, 199):
            one = Exposure(sign=direction.sign, size=Decimal(2), cost=Decimal(200), brackets=STEPS)
            safe = safe_range(Decimal(margin), (one,))
            assert safe is not None
            assert level_of_one(Decimal(margin), one) == (safe.low if direction is LONG else safe.high)


def test_lots_of_both_directions_have_a_range_with_two_ends() -> None:
    lots = (exposure(LONG, "3", "300"), exposure(SHORT, "2", "200"))
    safe = safe_range(Decimal(90), lots)
    assert safe is not None
    assert safe.low is not None
    assert safe.high is not None

    def left(price: Decimal) -> Decimal:
        maintenance = sum((maintenance_margin(each.size * price, COARSE) for each in lots), Decimal(0))
        return 90 + sum(((each.size * price - each.cost) * each.sign for each in lots), Decimal(0)) - maintenance

    unit = Decimal("0.000001")
    assert left(safe.low + unit) > 0 > left(safe.low - unit)
    assert left(safe.high - unit) > 0 > left(safe.high + unit)


def test_a_hedge_that_cannot_hold_is_safe_nowhere() -> None:
    assert safe_range(Decimal(1), (exposure(LONG, "3", "300"), exposure(SHORT, "3", "100"))) is None


def test_nothing_open_is_safe_everywhere_while_there_is_money() -> None:
    assert safe_range(Decimal(1), ()) == SafeRange(low=None, high=None)


def test_brackets_with_a_step_between_them_still_have_a_level() -> None:
    jump = (
        MarginBracket(floor=Decimal(0), cap=Decimal(100), max_leverage=10, maintenance_rate=Decimal("0.01")),
        MarginBracket(floor=Decimal(100), cap=None, max_leverage=5, maintenance_rate=Decimal("0.4")),
    )
    lot = Exposure(sign=-1, size=Decimal(1), cost=Decimal(90), brackets=jump)
    # At 100 1 of 100 is enough with 11 left; a hair above it would have to be 40.
    assert level_of_one(Decimal(21), lot) == 100


def test_spot_is_never_closed_by_force() -> None:
    assert liquidation_price(make_position(LONG, price=1000), SPOT) is None


def test_the_standard_brackets_cover_every_notional_and_125_times() -> None:
    assert STANDARD_BRACKETS[0].max_leverage == 125
    assert leverage_limit(Decimal(10**12), SWAP) == 5


@pytest.mark.parametrize(
    ("direction", "fees", "funding", "earned", "price"),
    [
        (LONG, "0", "0", "0", "1001.01"),  # 1000 / 0.999 = 1001.001...
        (SHORT, "0", "0", "0", "999.00"),  # 1000 / 1.001 = 999.0009...
        (LONG, "1", "0", "0", "1002.01"),  # 1001 / 0.999 = 1002.002...
        (LONG, "1", "-2", "0", "1004.01"),  # 1003 / 0.999 = 1004.004...
        (LONG, "1", "2", "0", "1000.00"),  # 999 / 0.999
        (SHORT, "1", "2", "0", "1000.00"),  # 1001 / 1.001
        (SHORT, "1", "-2", "0", "996.00"),  # 997 / 1.001 = 996.003...
        (LONG, "1", "0", "1001", None),  # parts of it earned all of it already
        (SHORT, "1001", "0", "0", None),
    ],
)
def test_break_even_pays_fees_funding_and_the_close(
    direction: Direction, fees: str, funding: str, earned: str, price: str | None
) -> None:
    position = make_position(
        direction,
        price=1000,
        fees=Decimal(fees),
        funding=Decimal(funding),
        realized_pnl=Decimal(earned),
    )
    found = break_even_price(position, SWAP)
    assert found == (None if price is None else Decimal(price))
    if found is None:
        return

    def result(at: Decimal) -> Decimal:
        exit_fee = at * SWAP.taker_fee_rate
        return unrealized_pnl(position, at) - exit_fee + position.realized_pnl - position.fees + position.funding

    assert result(found) >= 0 > result(found - direction.sign * SWAP.tick_size)
