"""What an edit or another lot leads to is what is limited: margin, risk, leverage, sizes, and what books can hold."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from desktop_trader.domain.risk import RiskLimits
from desktop_trader.messages import commands as c
from desktop_trader.messages.notices import CommandRefused, OrderDenied, PositionChanged
from tests.builders import SPOT, SWAP
from tests.engine_rig import only
from tests.trading_rig import TradingRig, play

_LIMITS = RiskLimits(max_position_percent=Decimal(10), risk_per_trade_percent=Decimal(1))


def swaps(*lines: str, **fields: Any) -> TradingRig:
    rig = TradingRig(instruments=[SWAP], **fields)
    for line in lines:
        play(rig, line)
    return rig


def denial(rig: TradingRig) -> tuple[str, str]:
    newest = rig.notices[-1]
    assert isinstance(newest, OrderDenied), newest
    return newest.reason, newest.detail


def test_the_margin_of_a_lot_that_grows_by_edits_is_limited_whole() -> None:
    rig = swaps("quote 100", "long 98 x10 limit 100", "quote 100 bids 99.9x1 asks 100x97", limits=_LIMITS)
    play(rig, "edit 1 quantity 195")
    assert denial(rig) == (
        "max_position_size",
        "the margin of the position at 10x is $1,950.00; the limit is $999.03 (10 % of the balance)",
    )
    play(rig, "edit 1 quantity 99")
    assert rig.portfolio.orders[1].quantity == 99


def test_the_risk_of_a_lot_that_grows_by_edits_is_limited_whole() -> None:
    lines = ("quote 100", "long 49 x10 stop 98 limit 100", "quote 100 bids 99.9x1 asks 100x48", "edit 1 quantity 60")
    rig = swaps(*lines, limits=_LIMITS)
    assert denial(rig) == (
        "risk_per_trade",
        "the stop would lose $120.00; the limit is $99.95 (1 % of the balance)",
    )


def test_a_stop_in_profit_leaves_the_risk_of_the_rest_alone() -> None:
    lines = (
        "quote 100",
        "long 49 x10 stop 98 limit 100",
        "quote 100 bids 99.9x1 asks 100x20",
        "quote 105",
        "protect 1 stop 101",
    )
    rig = swaps(*lines, limits=_LIMITS)
    play(rig, "edit 1 limit 101.5")
    assert rig.portfolio.orders == {} or rig.portfolio.orders[1].limit_price == Decimal("101.5")


def test_an_edit_counts_the_bracket_of_the_lot_that_results() -> None:
    lines = ("quote 100", "long 2500 x125 limit 100", "quote 100 bids 99.9x1 asks 100x2490", "edit 1 quantity 4980")
    rig = swaps(*lines, start_amount=100_000)
    assert denial(rig) == (
        "leverage",
        "the leverage 125x is not between 1x and 100x, which $498,000.00 open and ordered may have",
    )


def test_lots_and_orders_of_a_symbol_and_direction_share_a_bracket() -> None:
    rig = swaps("quote 100", "long 1000 x125", "quote 100", "long 1000 x125 limit 99", start_amount=100_000)
    play(rig, "long 600 x125")
    assert denial(rig) == (
        "leverage",
        "the leverage 125x is not between 1x and 100x, which $259,000.00 open and ordered may have",
    )
    play(rig, "short 600 x125")
    play(rig, "long 510 x125")
    assert [order.quantity for order in rig.portfolio.orders.values()] == [1000, 600, 510]


def test_a_pair_counts_once_in_a_bracket() -> None:
    rig = swaps("quote 100", "oco long 2000 limit 99 stop 101 x125", start_amount=100_000)
    assert len(rig.portfolio.orders) == 2
    play(rig, "edit 1 limit 98")
    assert rig.portfolio.orders[1].limit_price == 98


def test_more_leverage_for_one_lot_counts_the_others() -> None:
    rig = swaps("quote 100", "long 2000 x50", "quote 100", "long 2000 x50", "quote 100", start_amount=100_000)
    play(rig, "leverage 1 125")
    refused = only(rig.notices[-1:], CommandRefused)
    assert (refused.reason, refused.detail) == (
        "leverage",
        "leverage must be 1x to 100x for $400,000.00 open and ordered, not 125x",
    )
    play(rig, "leverage 1 40")
    assert only(rig.notices[-1:], PositionChanged).position_id == 1


def test_the_largest_order_is_that_of_all_that_was_filled_and_is_left() -> None:
    bounded = replace(SWAP, maximum_quantity=Decimal(10))
    rig = TradingRig(instruments=[bounded])
    for line in ("quote 100", "long 10 x10 limit 100", "quote 100 bids 99.9x1 asks 100x9", "edit 1 quantity 12"):
        play(rig, line)
    assert denial(rig) == ("maximum_quantity", "the quantity 12 is more than the maximum 10")


def test_the_rest_of_a_half_filled_entry_may_be_smaller_than_the_smallest_order() -> None:
    bounded = replace(SWAP, minimum_quantity=Decimal(1))
    rig = TradingRig(instruments=[bounded])
    for line in ("quote 100", "long 10 x10 limit 100", "quote 100 bids 99.9x5 asks 100x9.99", "edit 1 limit 99"):
        play(rig, line)
    order = rig.portfolio.orders[1]
    assert (order.limit_price, order.remaining_quantity) == (99, Decimal("0.01"))


def test_what_may_gain_more_than_the_books_hold_is_refused() -> None:
    rig = TradingRig(instruments=[SPOT], start_amount=39_000_000_000)
    for line in ("quote 100", "long 380000000"):
        play(rig, line)
    reason, detail = denial(rig)
    assert reason == "max_position_size"
    assert detail == (
        "the order is worth 38,000,000,000 USDT; 4,000,000,000 is the most of one, so that the books can hold what it "
        "may gain"
    )
    play(rig, "long 5000000")
    play(rig, "long 5000000")
    reason, detail = denial(rig)
    assert reason == "max_position_size"
    assert detail == (
        "$1,000,500,000.00 would be open and ordered in all; beside a balance of $39,000,000,000.00 it may be "
        "$700,000,000.00, so that the books can hold what it may gain"
    )
    for line in ("quote 100", "quote 1000", "close 1", "quote 1000"):
        play(rig, line)
    assert not rig.engine.halted
    assert rig.portfolio.wallet.total > 43_000_000_000


@pytest.mark.parametrize("kind", ["stop-market 90", "take-profit 110", "trailing 1 from 110"])
def test_after_a_restart_no_trigger_is_taken_before_the_first_price(kind: str) -> None:
    rig = swaps("quote 100", "restart", f"long 1 x10 {kind}")
    reason, detail = denial(rig)
    _, _, trigger = kind.rpartition(" ")
    assert reason == "no_price"
    assert detail.startswith(f"there is no price yet to hold the trigger {trigger} against: ")
    assert rig.portfolio.orders == {}


def test_after_a_restart_a_trigger_is_not_moved_before_the_first_price() -> None:
    rig = swaps("quote 100", "long 1 x10 stop-market 110", "restart", "edit 1 trigger 90")
    assert denial(rig)[0] == "no_price"
    assert rig.portfolio.orders[1].trigger_price == 110


def test_the_leverage_stays_while_the_entry_is_filled_on() -> None:
    rig = swaps("quote 100", "long 10 x10 limit 100", "quote 100 bids 99x1 asks 100x2", "leverage 1 1")
    refused = only(rig.notices[-1:], CommandRefused)
    assert refused.reason == "filling"
    assert refused.detail == (
        "order 1 still opens position 1 at 10x, 8 of it is not filled: cancel it or wait for it, then change the "
        "leverage"
    )
    for line in ("cancel 1", "leverage 1 1"):
        play(rig, line)
    assert (rig.position.leverage, rig.position.margin) == (1, 200)


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "1E+30", "0.000000001"])
def test_no_margin_is_changed_by_what_is_no_amount(amount: str) -> None:
    rig = swaps("quote 100", "long 1 x10", "quote 100")
    command = c.ChangeMargin(request_id="m", position_id=1, amount=Decimal(amount))
    assert only(rig.step(command), CommandRefused).is_bad_input
    assert not rig.engine.halted


@pytest.mark.parametrize("number", ["NaN", "sNaN", "-Infinity", "1E+999999", "1E-999999"])
@pytest.mark.parametrize("term", ["quantity", "limit_price", "trigger_price", "trail_percent"])
def test_no_order_is_edited_to_what_is_no_number_of_a_market(term: str, number: str) -> None:
    rig = swaps("quote 100", "long 1 x10 limit 90")
    command = c.EditOrder(request_id="e", order_id=1, **{term: Decimal(number)})  # type: ignore[arg-type]
    assert only(rig.step(command), CommandRefused).is_bad_input
    assert not rig.engine.halted
