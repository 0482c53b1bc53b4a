"""Why an order is refused before anything is stored: every rule, its figures, and their order."""

from dataclasses import replace
from decimal import Decimal

import pytest

from desktop_trader.domain.entry_rules import EntryWish, Rule
from desktop_trader.domain.order import Direction
from desktop_trader.domain.risk import RiskLimits, check_entry, stake_quantity
from tests.builders import SPOT, SWAP, make_portfolio, make_position

LIMITS = RiskLimits(max_position_percent=Decimal(50), risk_per_trade_percent=Decimal(2))
LOOSE = RiskLimits(max_position_percent=Decimal(1000), risk_per_trade_percent=Decimal(1000))


def wish(quantity: str = "0.1", price: str = "45000", **fields: object) -> EntryWish:
    values: dict[str, object] = {"instrument": SPOT, "direction": Direction.LONG}
    return EntryWish(quantity=Decimal(quantity), price=Decimal(price), **(values | fields))  # type: ignore[arg-type]


def test_what_breaks_no_rule_is_allowed() -> None:
    allowed = wish(limit_price=Decimal(45_000), stop_loss=Decimal(44_000), take_profit=Decimal(47_000))
    assert check_entry(allowed, make_portfolio(), limits=LIMITS).denial is None


@pytest.mark.parametrize(
    ("asked", "rule", "detail"),
    [
        (
            wish(direction=Direction.SHORT),
            Rule.SHORT_ON_SPOT,
            "BTC/USDT is spot and long only; go short on BTC/USDT:USDT",
        ),
        (wish("0.000015"), Rule.QUANTITY_GRID, "quantity 0.000015 is not a multiple of the lot 0.00001"),
        (wish("0"), Rule.QUANTITY_GRID, "quantity 0 is not"),
        (wish("-0.1"), Rule.QUANTITY_GRID, "quantity -0.1 is not"),
        (wish(limit_price=Decimal("45000.005")), Rule.PRICE_GRID, "45000.005 is not a multiple of the tick 0.01"),
        (wish(limit_price=Decimal(0)), Rule.PRICE_GRID, "0 is not"),
        (wish("0.00011"), Rule.MINIMUM_NOTIONAL, "the order is worth $4.95; the minimum is $5.00"),
        (
            wish(stop_loss=Decimal(45_000)),
            Rule.PROTECTION,
            "the stop loss 45000 of a long must be below the entry price 45000",
        ),
        (wish(stop_loss=Decimal(46_000)), Rule.PROTECTION, "below"),
        (wish(stop_loss=Decimal(0)), Rule.PROTECTION, "stop loss 0"),
        (wish(stop_loss=Decimal(-1)), Rule.PROTECTION, "stop loss -1"),
        (
            wish(take_profit=Decimal(45_000)),
            Rule.PROTECTION,
            "the take profit 45000 of a long must be above the entry price",
        ),
        (
            wish(instrument=SWAP, direction=Direction.SHORT, stop_loss=Decimal(44_000)),
            Rule.PROTECTION,
            "the stop loss 44000 of a short must be above",
        ),
        (
            wish(instrument=SWAP, direction=Direction.SHORT, take_profit=Decimal(46_000)),
            Rule.PROTECTION,
            "the take profit 46000 of a short must be below",
        ),
        (wish(stop_loss=Decimal("44000.001")), Rule.PRICE_GRID, "44000.001 is not a multiple of the tick 0.01"),
        (wish(take_profit=Decimal("47000.001")), Rule.PRICE_GRID, "47000.001 is not a multiple of the tick 0.01"),
        (
            wish("0.11112"),
            Rule.MAX_POSITION,
            "the position is worth $5,000.40; the limit is $5,000.00 (50 % of the balance)",
        ),
        (
            wish(stop_loss=Decimal("42999.99")),
            Rule.RISK_PER_TRADE,
            "the stop would lose $200.00; the limit is $200.00 (2 % of the balance)",
        ),
    ],
)
def test_each_rule_refuses_with_its_figures(asked: EntryWish, rule: Rule, detail: str) -> None:
    denial = check_entry(asked, make_portfolio(), limits=LIMITS).denial
    assert denial is not None
    assert denial.reason is rule
    assert detail in denial.detail


@pytest.mark.parametrize(("quantity", "is_allowed"), [("0.11111", True), ("0.11112", False)])
def test_the_largest_position_is_a_share_of_the_balance(quantity: str, is_allowed: bool) -> None:
    denial = check_entry(wish(quantity), make_portfolio(), limits=LIMITS).denial
    assert (denial is None) is is_allowed


@pytest.mark.parametrize(("stop", "is_allowed"), [("43000", True), ("42999.99", False)])
def test_the_risk_of_a_trade_is_what_its_stop_would_lose(stop: str, is_allowed: bool) -> None:
    denial = check_entry(wish(stop_loss=Decimal(stop)), make_portfolio(), limits=LIMITS).denial
    assert (denial is None) is is_allowed


@pytest.mark.parametrize(("available", "is_allowed"), [("4504.5", True), ("4504.49999999", False)])
def test_funds_cover_margin_and_fee(available: str, is_allowed: bool) -> None:
    denial = check_entry(wish(), make_portfolio(available), limits=LOOSE).denial
    assert (denial is None) is is_allowed
    if denial is not None:
        assert denial.reason is Rule.FUNDS
        assert denial.detail == "Insufficient balance: Need $4,504.50, Have $4,504.50"


def test_what_is_locked_cannot_be_spent_again() -> None:
    portfolio = make_portfolio(10_000, positions=[make_position(price=6_000)])
    denial = check_entry(wish(), portfolio, limits=LOOSE).denial
    assert denial is not None
    assert denial.detail == "Insufficient balance: Need $4,504.50, Have $4,000.00"


def test_the_rules_of_the_exchange_come_before_ours() -> None:
    bad_in_every_way = wish("0.000011", direction=Direction.SHORT, stop_loss=Decimal(1))
    denial = check_entry(bad_in_every_way, make_portfolio(0), limits=LIMITS).denial
    assert denial is not None
    assert denial.reason is Rule.SHORT_ON_SPOT


def test_leverage_lowers_what_is_reserved_but_not_the_fee() -> None:
    assert wish(instrument=SWAP, leverage=10).reserve == Decimal("454.5")
    assert wish(instrument=SWAP).reserve == Decimal("4504.5")


@pytest.mark.parametrize(
    ("balance", "percent", "price", "quantity"),
    [
        ("10000", "10", "45000", "0.02222"),  # 0.022222...
        ("10000", "10", "50000", "0.02"),
        ("100", "10", "45000", "0.00022"),
        ("100", "4.9", "10", "0"),  # 4.90 is under the minimum notional
        ("100", "5", "10", "0.5"),
        ("0", "10", "45000", "0"),
        ("15000", "10", "50000", "0.03"),
    ],
)
def test_a_stake_is_a_share_of_the_balance_rounded_down_to_the_lot(
    balance: str, percent: str, price: str, quantity: str
) -> None:
    found = stake_quantity(Decimal(balance), Decimal(percent), price=Decimal(price), instrument=SPOT)
    assert found == Decimal(quantity)


def test_a_stake_counts_the_contract_size() -> None:
    contract = replace(SWAP, contract_size=Decimal("0.001"), lot_size=Decimal(1))
    assert stake_quantity(Decimal(10_000), Decimal(10), price=Decimal(45_000), instrument=contract) == 22
