"""The largest order that would be accepted."""

from dataclasses import replace
from decimal import Decimal

import pytest

from desktop_trader.domain.accepted_size import accepted_quantity
from desktop_trader.domain.entry_rules import EntryWish, Rule
from desktop_trader.domain.order import Direction
from desktop_trader.domain.risk import Funds, RiskLimits, check_entry
from tests.builders import SWAP, make_portfolio

LOOSE = RiskLimits(max_position_percent=Decimal(100), risk_per_trade_percent=Decimal(100))
FUNDS = Funds(free=Decimal(10_000), equity=Decimal(10_000))
LONG = EntryWish(
    instrument=SWAP,
    direction=Direction.LONG,
    quantity=Decimal(3),
    price=Decimal(45_000),
    leverage=10,
    stop_loss=Decimal(44_100),
)


@pytest.mark.parametrize(
    ("limits", "bound"),
    [
        (LOOSE, Rule.FUNDS),
        (replace(LOOSE, max_position_percent=Decimal(50)), Rule.MAX_POSITION),
        (replace(LOOSE, risk_per_trade_percent=Decimal(2)), Rule.RISK_PER_TRADE),
        (replace(LOOSE, max_margin_ratio_percent=Decimal(80)), Rule.MARGIN_RATIO),
    ],
)
def test_one_lot_more_would_break_the_rule_that_is_named(limits: RiskLimits, bound: Rule) -> None:
    portfolio = make_portfolio()
    quantity, found = accepted_quantity([LONG], portfolio.wallet, limits=limits, funds=FUNDS)
    assert found is bound
    assert check_entry(replace(LONG, quantity=quantity), portfolio, limits=limits).denial is None
    more = check_entry(replace(LONG, quantity=quantity + SWAP.lot_size), portfolio, limits=limits).denial
    assert more is not None
    assert more.reason is bound


def test_both_of_a_pair_have_to_fit_beside_each_other() -> None:
    portfolio = make_portfolio()
    one, _ = accepted_quantity([LONG], portfolio.wallet, limits=LOOSE, funds=FUNDS)
    both, bound = accepted_quantity([LONG, LONG], portfolio.wallet, limits=LOOSE, funds=FUNDS)
    assert bound in (Rule.FUNDS, Rule.MARGIN_RATIO)
    assert both == SWAP.round_quantity(one / 2)


def test_what_fits_is_left_as_it_is_and_what_size_does_not_mend_too() -> None:
    wallet = make_portfolio().wallet
    small = replace(LONG, quantity=Decimal("0.1"))
    assert accepted_quantity([small], wallet, limits=LOOSE, funds=FUNDS) == (Decimal("0.1"), None)
    wrong = replace(small, stop_loss=Decimal(46_000))
    assert accepted_quantity([wrong], wallet, limits=LOOSE, funds=FUNDS) == (Decimal("0.1"), None)
    poor = replace(FUNDS, free=Decimal(0))
    assert accepted_quantity([small], wallet, limits=LOOSE, funds=poor) == (0, Rule.FUNDS)
