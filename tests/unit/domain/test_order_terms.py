"""Which terms make an order, and which are refused, with the rule and the value in the sentence."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from desktop_trader.domain.entry_rules import Denial, Rule
from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.order import MarginMode, OrderSide, OrderType, TimeInForce
from desktop_trader.domain.order_terms import (
    OrderTerms,
    check_form,
    check_leverage,
    check_terms,
    check_trail_percent,
    first_denial,
    terms_of,
)
from tests.builders import SPOT, SWAP, after, make_order

LIMIT, STOP, STOP_LIMIT = OrderType.LIMIT, OrderType.STOP_MARKET, OrderType.STOP_LIMIT
TRAILING, TARGET = OrderType.TRAILING_STOP, OrderType.TAKE_PROFIT
TARGET_LIMIT = OrderType.TAKE_PROFIT_LIMIT
P = Decimal(100)


def terms(type_: OrderType, **fields: Any) -> OrderTerms:
    return OrderTerms(type=type_, **fields)


@pytest.mark.parametrize(
    "good",
    [
        terms(OrderType.MARKET),
        terms(OrderType.MARKET, time_in_force=TimeInForce.FOK),
        terms(LIMIT, limit_price=P),
        terms(LIMIT, limit_price=P, is_post_only=True),
        terms(LIMIT, limit_price=P, is_post_only=True, time_in_force=TimeInForce.GTD, expires_at=after(minutes=1)),
        terms(LIMIT, limit_price=P, time_in_force=TimeInForce.IOC),
        terms(LIMIT, limit_price=P, time_in_force=TimeInForce.FOK),
        terms(STOP, trigger_price=P),
        terms(STOP, trigger_price=P, time_in_force=TimeInForce.GTD, expires_at=after(minutes=1)),
        terms(STOP_LIMIT, trigger_price=P, limit_price=P),
        terms(TARGET, trigger_price=P),
        terms(TARGET_LIMIT, trigger_price=P, limit_price=P),
        terms(TRAILING, trail_percent=Decimal(1)),
        terms(TRAILING, trail_percent=Decimal("0.01"), trigger_price=P),
    ],
)
def test_every_kind_of_order_has_its_terms(good: OrderTerms) -> None:
    check_form(good)


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (terms(OrderType.STOP_LOSS, trigger_price=P), "a stop order is a stop_market"),
        (terms(LIMIT), "a limit order needs its limit price"),
        (terms(LIMIT, limit_price=Decimal("NaN")), "the limit price must be a number, not NaN"),
        (terms(LIMIT, limit_price=P, trigger_price=P), "a limit order has no trigger price, but 100 was given"),
        (terms(OrderType.MARKET, limit_price=P), "a market order has no limit price, but 100 was given"),
        (terms(STOP), "a stop market order needs its trigger price"),
        (terms(STOP, trigger_price=P, limit_price=P), "a stop market order has no limit price"),
        (terms(STOP_LIMIT, trigger_price=P), "a stop limit order needs its limit price"),
        (terms(TARGET_LIMIT, limit_price=P), "a take profit limit order needs its trigger price"),
        (terms(TRAILING), "a trailing stop order needs its trailing distance"),
        (terms(LIMIT, limit_price=P, trail_percent=P), "a limit order has no trailing distance"),
        (terms(TRAILING, trail_percent=Decimal(51)), "must be 0.01 % to 50 %, not 51"),
        (terms(TRAILING, trail_percent=Decimal(0)), "must be 0.01 % to 50 %, not 0"),
        (terms(OrderType.MARKET, is_post_only=True), "only a limit order can be post-only"),
        (terms(STOP_LIMIT, trigger_price=P, limit_price=P, is_post_only=True), "only a limit order can be post-only"),
        (terms(LIMIT, limit_price=P, is_post_only=True, time_in_force=TimeInForce.IOC), "cannot be IOC"),
        (terms(STOP, trigger_price=P, time_in_force=TimeInForce.FOK), "waits for its trigger and cannot be FOK"),
        (terms(LIMIT, limit_price=P, time_in_force=TimeInForce.GTD), "needs the date"),
        (terms(LIMIT, limit_price=P, expires_at=after(minutes=1)), "an order that is GTC has no date to end at"),
        (
            terms(OrderType.MARKET, time_in_force=TimeInForce.GTD, expires_at=after(minutes=1)),
            "a market order does not wait",
        ),
        (
            terms(LIMIT, limit_price=P, time_in_force=TimeInForce.GTD, expires_at=datetime(2026, 1, 1)),
            "must be in UTC",
        ),
        (
            terms(
                LIMIT,
                limit_price=P,
                time_in_force=TimeInForce.GTD,
                expires_at=datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1))),
            ),
            "must be in UTC",
        ),
    ],
)
def test_terms_that_are_no_order_are_refused(bad: OrderTerms, why: str) -> None:
    with pytest.raises(InvalidInputError, match=why):
        check_form(bad)


@pytest.mark.parametrize("percent", ["NaN", "Infinity", "0.009", "50.01", "-1"])
def test_a_trailing_distance_out_of_range_is_refused(percent: str) -> None:
    with pytest.raises(InvalidInputError, match="trailing distance"):
        check_trail_percent(Decimal(percent))


@pytest.mark.parametrize(
    ("type_", "side", "trigger", "where"),
    [
        (STOP, OrderSide.BUY, "99", "above"),
        (STOP, OrderSide.BUY, "100", "above"),
        (STOP, OrderSide.SELL, "101", "below"),
        (STOP_LIMIT, OrderSide.BUY, "99", "above"),
        (TARGET, OrderSide.BUY, "101", "below"),
        (TARGET, OrderSide.SELL, "99", "above"),
        (TARGET_LIMIT, OrderSide.SELL, "99", "above"),
        (TRAILING, OrderSide.SELL, "99", "above"),
        (TRAILING, OrderSide.BUY, "101", "below"),
    ],
)
def test_a_trigger_that_the_price_has_passed_is_refused(
    type_: OrderType, side: OrderSide, trigger: str, where: str
) -> None:
    checks = check_terms(terms(type_, trigger_price=Decimal(trigger)), side, market=P, at=after())
    denial = first_denial(checks)
    assert denial is not None
    name = type_.value.replace("_", " ")
    assert denial.reason is Rule.TERMS
    assert denial.detail == f"the trigger {trigger} of a {side.value} {name} must be {where} the market 100"
    mirrored = Decimal(200) - Decimal(trigger)
    if mirrored != P:
        right = check_terms(terms(type_, trigger_price=mirrored), side, market=P, at=after())
        assert first_denial(right) is None
        assert [(each.value, each.limit) for each in right] == [(f"trigger {mirrored}", f"{where} 100")]


def test_without_a_price_no_trigger_is_taken() -> None:
    denial = first_denial(check_terms(terms(STOP, trigger_price=P), OrderSide.BUY, market=None, at=after()))
    assert denial == Denial(
        reason=Rule.NO_PRICE,
        detail="there is no price yet to hold the trigger 100 against: on the wrong side of the market it would act at "
        "once; try again after the first price",
    )
    assert check_terms(terms(OrderType.LIMIT, limit_price=P), OrderSide.BUY, market=None, at=after()) == ()


def test_an_order_ends_in_the_future() -> None:
    past = terms(LIMIT, limit_price=P, time_in_force=TimeInForce.GTD, expires_at=after())
    denial = first_denial(check_terms(past, OrderSide.BUY, market=P, at=after()))
    assert denial is not None
    assert denial.detail == "the order would end at 2026-01-01 00:00:00 UTC, which is past"
    later = terms(LIMIT, limit_price=P, time_in_force=TimeInForce.GTD, expires_at=after(seconds=1))
    assert first_denial(check_terms(later, OrderSide.BUY, market=P, at=after())) is None


def test_spot_is_paid_whole_and_a_swap_has_at_most_125x() -> None:
    check_leverage(1, MarginMode.ISOLATED, instrument=SPOT)
    check_leverage(125, MarginMode.CROSS, instrument=SWAP)
    for leverage, mode, instrument, why in (
        (2, MarginMode.ISOLATED, SPOT, "its leverage is 1, not 2"),
        (1, MarginMode.CROSS, SPOT, "there is no cross margin"),
        (126, MarginMode.ISOLATED, SWAP, "between 1 and 125, not 126"),
        (0, MarginMode.ISOLATED, SWAP, "between 1 and 125, not 0"),
    ):
        with pytest.raises(InvalidInputError, match=why):
            check_leverage(leverage, mode, instrument=instrument)


@pytest.mark.parametrize(
    ("asked", "side", "price"),
    [
        (terms(OrderType.MARKET), OrderSide.BUY, "100"),
        (terms(LIMIT, limit_price=Decimal(95)), OrderSide.BUY, "95"),
        (terms(STOP, trigger_price=Decimal(105)), OrderSide.BUY, "105"),
        (terms(STOP_LIMIT, trigger_price=Decimal(105), limit_price=Decimal(106)), OrderSide.BUY, "106"),
        (terms(TRAILING, trail_percent=Decimal(3)), OrderSide.BUY, "103"),
        (terms(TRAILING, trail_percent=Decimal(3), trigger_price=Decimal("90.01")), OrderSide.BUY, "92.72"),
        (terms(TRAILING, trail_percent=Decimal(3)), OrderSide.SELL, "100"),
    ],
)
def test_an_entry_is_reserved_at_the_price_it_names(asked: OrderTerms, side: OrderSide, price: str) -> None:
    assert asked.entry_price(side, P, instrument=SPOT) == Decimal(price)


def test_the_terms_of_an_order_are_those_it_was_placed_with() -> None:
    asked = terms(
        LIMIT,
        limit_price=P,
        time_in_force=TimeInForce.GTD,
        expires_at=datetime(2026, 1, 2, tzinfo=UTC),
        is_post_only=True,
    )
    order = make_order(
        type=LIMIT,
        limit_price=P,
        time_in_force=TimeInForce.GTD,
        expires_at=datetime(2026, 1, 2, tzinfo=UTC),
        is_post_only=True,
    )
    assert terms_of(order) == asked
