"""Which stops and targets an open position may be given."""

from decimal import Decimal

import pytest

from desktop_trader.domain.entry_rules import Denial, Rule
from desktop_trader.domain.order import Direction, Protection
from desktop_trader.domain.protection_check import check_protection, stop_note
from tests.builders import SWAP, make_position

LONG, SHORT = Direction.LONG, Direction.SHORT


def wanted(stop: str | None = None, target: str | None = None, trail: str | None = None) -> Protection:
    stop_loss, take_profit, trail_percent = (None if each is None else Decimal(each) for each in (stop, target, trail))
    return Protection(stop_loss=stop_loss, take_profit=take_profit, trail_percent=trail_percent)


def check(protection: Protection, direction: Direction = LONG, *, price: str | None = "100") -> Denial | None:
    position = make_position(direction, stop_loss=Decimal(150), take_profit=Decimal(50))
    return check_protection(position, protection, instrument=SWAP, price=None if price is None else Decimal(price))


@pytest.mark.parametrize(
    ("direction", "protection"),
    [
        (LONG, wanted("99.99", "100.01", "0.1")),
        (SHORT, wanted("100.01", "99.99", "99.9")),
        (LONG, wanted()),
        (LONG, wanted("150", "50")),  # as they were, whatever the price has done meanwhile
    ],
)
def test_levels_on_their_side_of_the_price_may_be_set(direction: Direction, protection: Protection) -> None:
    assert check(protection, direction) is None


@pytest.mark.parametrize(
    ("direction", "protection", "rule", "detail"),
    [
        (LONG, wanted("100"), Rule.PROTECTION, "the stop loss 100 of a long must be below the price 100"),
        (LONG, wanted(None, "100"), Rule.PROTECTION, "the take profit 100 of a long must be above the price 100"),
        (SHORT, wanted("99"), Rule.PROTECTION, "the stop loss 99 of a short must be above the price 100"),
        (SHORT, wanted(None, "101"), Rule.PROTECTION, "the take profit 101 of a short must be below the price 100"),
        (LONG, wanted("99.999"), Rule.PRICE_GRID, "the stop loss 99.999 is not a multiple of the tick 0.01"),
        (LONG, wanted("0"), Rule.PROTECTION, "the stop loss must be above zero, not 0"),
        (SHORT, wanted(None, "-1"), Rule.PROTECTION, "the take profit must be above zero, not -1"),
        (LONG, wanted(trail="0"), Rule.PROTECTION, "the trailing distance must be above 0 and below 100 %, not 0"),
        (LONG, wanted(trail="100"), Rule.PROTECTION, "the trailing distance must be above 0 and below 100 %, not 100"),
    ],
)
def test_levels_are_refused_with_the_rule_and_the_figures(
    direction: Direction, protection: Protection, rule: Rule, detail: str
) -> None:
    denial = check(protection, direction)
    assert denial is not None
    assert denial.reason is rule
    assert denial.detail.startswith(detail)


def test_without_a_price_no_new_level_is_set_and_an_old_one_is_taken_away() -> None:
    denial = check(wanted("99"), price=None)
    assert denial is not None
    assert denial.reason is Rule.NO_PRICE
    assert check(wanted(), price=None) is None


@pytest.mark.parametrize(
    ("direction", "stop", "liquidation", "said"),
    [
        (LONG, 89, 90, True),
        (LONG, 90, 90, False),
        (LONG, 91, 90, False),
        (SHORT, 111, 110, True),
        (SHORT, 109, 110, False),
    ],
)
def test_a_stop_that_never_has_its_turn_is_said(direction: Direction, stop: int, liquidation: int, said: bool) -> None:
    note = stop_note(make_position(direction), Decimal(stop), liquidation=Decimal(liquidation))
    assert note == (f"the liquidation at {liquidation} comes before the stop at {stop}" if said else "")


def test_there_is_nothing_to_say_without_a_stop_or_a_liquidation() -> None:
    assert (
        stop_note(make_position(), None, liquidation=Decimal(90))
        == stop_note(make_position(), Decimal(90), liquidation=None)
        == ""
    )
