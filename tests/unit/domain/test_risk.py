"""Why an order is refused before anything is stored: every rule, its figures, and their order."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from desktop_trader.domain.entry_rules import EntryWish, Rule, check_exit
from desktop_trader.domain.order import Direction
from desktop_trader.domain.risk import Funds, RiskLimits, Verdict, check_entry, stake_quantity
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


@pytest.mark.requirement("R92")
@pytest.mark.parametrize(
    ("capital", "balance", "counted"), [("1000", "10000", "1000"), ("0", "10000", "10000"), ("1000", "400", "400")]
)
def test_the_trading_capital_counts_where_the_balance_is_more(capital: str, balance: str, counted: str) -> None:
    limits = replace(LIMITS, trading_capital=Decimal(capital))
    assert limits.capital_of(Decimal(balance)) == Decimal(counted)


@pytest.mark.requirement("R92")
@pytest.mark.parametrize(
    ("asked", "limits", "detail"),
    [
        (
            wish("0.0112"),
            replace(LOOSE, max_position_percent=Decimal(50)),
            "the position is worth $504.00; the limit is $500.00 (50 % of the trading capital)",
        ),
        (
            wish("0.011", stop_loss=Decimal(44_000)),
            replace(LOOSE, risk_per_trade_percent=Decimal(1)),
            "the stop would lose $11.00; the limit is $10.00 (1 % of the trading capital)",
        ),
        (
            # 0.018 x 45,000 = 810, and its fee of 0.81.
            wish("0.018"),
            replace(LOOSE, max_margin_ratio_percent=Decimal(80)),
            "$810.81 would be locked of a trading capital of $1,000.00 (81.08 %); the limit is 80 %",
        ),
    ],
)
def test_limits_in_percent_count_the_trading_capital(asked: EntryWish, limits: RiskLimits, detail: str) -> None:
    assert check_entry(asked, make_portfolio(10_000), limits=limits).denial is None
    denial = check_entry(asked, make_portfolio(10_000), limits=replace(limits, trading_capital=Decimal(1_000))).denial
    assert denial is not None
    assert denial.detail == detail


@pytest.mark.requirement("R92")
def test_an_order_is_cut_down_to_the_trading_capital() -> None:
    limits = replace(LOOSE, max_position_percent=Decimal(50), cuts_down=True, trading_capital=Decimal(1_000))
    verdict = check_entry(wish("0.1"), make_portfolio(10_000), limits=limits)
    assert verdict.denial is None
    # 500 / 45,000, down to the lot.
    assert verdict.wish.quantity == Decimal("0.01111")


def broken(verdict: Verdict) -> tuple[Rule, str]:
    assert verdict.denial is not None
    return verdict.denial.reason, verdict.denial.detail


@pytest.mark.requirement("R96")
def test_the_checks_say_every_rule_with_its_value_and_its_limit() -> None:
    swap = replace(SWAP, minimum_quantity=Decimal("0.001"), maximum_quantity=Decimal(50))
    asked = wish(instrument=swap, leverage=10, limit_price=Decimal(45_000), stop_loss=Decimal(44_955))
    limits = replace(LIMITS, max_margin_ratio_percent=Decimal(80))
    verdict = check_entry(asked, make_portfolio(), limits=limits)
    assert verdict.denial is None
    assert [(check.rule.value, check.value, check.limit) for check in verdict.checks] == [
        ("short_on_spot", "long", "long or short"),
        ("quantity_grid", "0.1", "a multiple of 0.00001"),
        ("minimum_quantity", "0.1", "at least 0.001"),
        ("maximum_quantity", "0.1", "at most 50"),
        ("price_grid", "45000", "a multiple of 0.01"),
        ("minimum_notional", "$4,500.00", "at least $5.00"),
        ("leverage", "10x", "1x to 125x at $4,500.00"),
        ("protection", "stop loss 44955", "below 45000"),
        ("price_grid", "44955", "a multiple of 0.01"),
        ("max_position_size", "$450.00", "$5,000.00"),
        ("risk_per_trade", "$4.50", "$200.00"),
        ("insufficient_funds", "$454.50", "$10,000.00"),
        ("margin_ratio", "4.54 %", "80 %"),
    ]


@pytest.mark.requirement("R96")
@pytest.mark.parametrize(
    ("fields", "rule", "detail"),
    [
        ({"quantity": "0.0009"}, Rule.MINIMUM_QUANTITY, "the quantity 0.0009 is less than the minimum 0.001"),
        ({"quantity": "51"}, Rule.MAXIMUM_QUANTITY, "the quantity 51 is more than the maximum 50"),
        (
            {"quantity": "6", "leverage": 101},
            Rule.LEVERAGE,
            "the leverage 101x is not between 1x and 100x, which a position of $270,000.00 may have",
        ),
        (
            {"quantity": "6", "leverage": 50, "trail_percent": Decimal(1)},
            Rule.RISK_PER_TRADE,
            "the stop would lose $2,700.00; the limit is $200.00 (2 % of the balance)",
        ),
        (
            {"quantity": "1", "leverage": 100, "trail_percent": Decimal(1)},
            Rule.RISK_PER_TRADE,
            "the liquidation before the stop would lose $450.00; the limit is $200.00 (2 % of the balance)",
        ),
        (
            {"quantity": "2", "leverage": 10},
            Rule.MARGIN_RATIO,
            "$9,090.00 would be locked of an equity of $10,000.00 (90.90 %); the limit is 80 %",
        ),
    ],
)
def test_rules_of_futures_refuse_with_their_figures(fields: dict[str, Any], rule: Rule, detail: str) -> None:
    swap = replace(SWAP, minimum_quantity=Decimal("0.001"), maximum_quantity=Decimal(50))
    limits = RiskLimits(
        max_position_percent=Decimal(100),
        risk_per_trade_percent=Decimal(2),
        max_margin_ratio_percent=Decimal(80),
    )
    fields = dict(fields)
    quantity = str(fields.pop("quantity"))
    assert broken(check_entry(wish(quantity, instrument=swap, **fields), make_portfolio(), limits=limits)) == (
        rule,
        detail,
    )


@pytest.mark.requirement("R96")
def test_what_a_position_locks_counts_against_its_limit_not_what_it_is_worth() -> None:
    asked = wish("1", instrument=SWAP, leverage=9)
    assert check_entry(asked, make_portfolio(), limits=LIMITS).denial is None
    rule, detail = broken(check_entry(replace(asked, leverage=8), make_portfolio(), limits=LIMITS))
    assert (rule, detail) == (
        Rule.MAX_POSITION,
        "the margin of the position at 8x is $5,625.00; the limit is $5,000.00 (50 % of the balance)",
    )


def test_what_cross_positions_lose_is_not_free() -> None:
    funds = Funds(free=Decimal(500), equity=Decimal(9_000))
    verdict = check_entry(wish("0.1", instrument=SWAP, leverage=5), make_portfolio(), limits=LOOSE, funds=funds)
    assert broken(verdict) == (Rule.FUNDS, "Insufficient balance: Need $904.50, Have $500.00")


def test_nothing_is_entered_without_equity() -> None:
    funds = Funds(free=Decimal(10_000), equity=Decimal(0))
    rule, detail = broken(check_entry(wish("0.1"), make_portfolio(), limits=LOOSE, funds=funds))
    assert rule is Rule.MARGIN_RATIO
    assert "without equity" in detail


@pytest.mark.requirement("R96")
@pytest.mark.parametrize(
    ("fields", "quantity"),
    [
        ({"quantity": "1"}, "0.11111"),  # 5,000 of 45,000
        ({"quantity": "1", "stop_loss": Decimal(43_000)}, "0.1"),  # 200 of 2,000
        ({"quantity": "1", "instrument": SWAP, "leverage": 10, "stop_loss": Decimal(44_600)}, "0.5"),
        # At 125x the liquidation comes before a stop 2 % away: 200 of the margin of 360.
        ({"quantity": "1", "instrument": SWAP, "leverage": 125, "stop_loss": Decimal(44_100)}, "0.55555"),
        ({"quantity": "0.1"}, "0.1"),
    ],
)
def test_an_order_beyond_a_limit_is_cut_down_to_it_where_that_is_asked_for(
    fields: dict[str, Any], quantity: str
) -> None:
    fields = dict(fields)
    asked = wish(str(fields.pop("quantity")), **fields)
    verdict = check_entry(asked, make_portfolio(), limits=replace(LIMITS, cuts_down=True))
    assert verdict.denial is None
    assert verdict.wish.quantity == Decimal(quantity)
    is_cut = Decimal(quantity) != asked.quantity
    assert verdict.cut == (f"cut down from {asked.quantity} to {quantity} by the limits" if is_cut else "")


def test_the_margin_ratio_cuts_down_to_the_last_lot_that_fits() -> None:
    limits = replace(LOOSE, max_margin_ratio_percent=Decimal(80), cuts_down=True)
    verdict = check_entry(wish("5", instrument=SWAP, leverage=10), make_portfolio(), limits=limits)
    quantity = verdict.wish.quantity
    assert quantity == Decimal("1.76017")  # 8,000 / (4,500 + 45)
    assert verdict.wish.reserve <= 8_000 < replace(verdict.wish, quantity=quantity + SWAP.lot_size).reserve


def test_what_would_be_too_small_is_refused_instead_of_cut_down() -> None:
    tight = RiskLimits(
        max_position_percent=Decimal("0.01"), risk_per_trade_percent=Decimal(2), cuts_down=True
    )  # a dollar, and the market takes five
    rule, _ = broken(check_entry(wish("1"), make_portfolio(), limits=tight))
    assert rule is Rule.MAX_POSITION


@pytest.mark.parametrize(
    ("quantity", "prices", "rule", "detail"),
    [
        ("1.5", (), None, ""),
        ("0.00001", (), None, ""),
        ("1.500001", (), Rule.QUANTITY_GRID, "quantity 1.500001 is not a multiple of the lot 0.00001"),
        ("0", (), Rule.QUANTITY_GRID, "quantity 0 is not"),
        ("1.6", (), Rule.MAXIMUM_QUANTITY, "the order would close 1.6, but 1.5 is open"),
        ("1", ("100.001",), Rule.PRICE_GRID, "100.001 is not a multiple of the tick 0.01"),
    ],
)
def test_an_exit_closes_at_most_what_is_open(
    quantity: str, prices: tuple[str, ...], rule: Rule | None, detail: str
) -> None:
    position = make_position(quantity=Decimal("1.5"))
    checks = check_exit(position, Decimal(quantity), instrument=SPOT, prices=[Decimal(price) for price in prices])
    last = checks[-1]
    if rule is None:
        assert not last.broken
    else:
        assert last.rule is rule
        assert detail in last.broken


def test_the_whole_rest_may_be_closed_whatever_its_size() -> None:
    odd = make_position(quantity=Decimal("0.000003"))
    assert not check_exit(odd, Decimal("0.000003"), instrument=SPOT)[-1].broken
