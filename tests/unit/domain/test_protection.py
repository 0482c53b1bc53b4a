"""When a stop, a target or a liquidation level is hit."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from desktop_trader.domain.order import Direction, MarginMode, OrderReason, OrderType
from desktop_trader.domain.position import Position
from desktop_trader.domain.protection import hit_by_bar, hit_by_quote, levels_of, trailing_stop
from tests.builders import SPOT, START, SWAP, after, make_bar, make_position, make_quote

LONG, SHORT = Direction.LONG, Direction.SHORT
LEVELS: dict[Direction, dict[str, Any]] = {
    LONG: {"stop_loss": Decimal(98), "take_profit": Decimal(104)},
    SHORT: {"stop_loss": Decimal(102), "take_profit": Decimal(96)},
}


@pytest.mark.parametrize(
    ("direction", "bar", "hit"),
    [
        (LONG, "100 103.99 98.01 100", None),
        (LONG, "100 101 98 100", OrderReason.STOP_LOSS),
        (LONG, "100 104 99 100", OrderReason.TAKE_PROFIT),
        (LONG, "100 104 98 104", OrderReason.STOP_LOSS),  # both in one bar: the stop came first
        (LONG, "105 110 104.5 106", OrderReason.TAKE_PROFIT),  # opens beyond the target
        (LONG, "90 91 89 90", OrderReason.STOP_LOSS),  # opens beyond the stop
        (LONG, "110 110 97 100", OrderReason.STOP_LOSS),  # opens beyond the target, then falls through the stop
        (SHORT, "100 101.99 96.01 100", None),
        (SHORT, "100 102 99 100", OrderReason.STOP_LOSS),
        (SHORT, "100 101 96 100", OrderReason.TAKE_PROFIT),
        (SHORT, "100 102 96 96", OrderReason.STOP_LOSS),
        (SHORT, "150 160 149 150", OrderReason.STOP_LOSS),
    ],
)
def test_within_a_bar_the_stop_comes_before_the_target(direction: Direction, bar: str, hit: OrderReason | None) -> None:
    found = hit_by_bar(make_position(direction, **LEVELS[direction]), make_bar(bar), instrument=SWAP)
    assert (found and found.reason) == hit


def test_a_hit_names_its_level_and_how_to_leave() -> None:
    position = make_position(**LEVELS[LONG])
    stop = hit_by_bar(position, make_bar("100 100 90 95"), instrument=SWAP)
    target = hit_by_bar(position, make_bar("100 110 99 105"), instrument=SWAP)
    assert stop is not None
    assert target is not None
    assert (stop.type, stop.trigger_price) == (OrderType.STOP_LOSS, 98)
    assert (target.type, target.trigger_price) == (OrderType.TAKE_PROFIT, 104)


@pytest.mark.parametrize(("bar", "hit"), [("100 110 99 105", None), ("100 110 97 105", OrderReason.STOP_LOSS)])
def test_of_the_bar_a_position_was_entered_in_only_the_stop_is_believed(bar: str, hit: OrderReason | None) -> None:
    position = make_position(**LEVELS[LONG], opening_bar_at=START, entered_within_bar=True)
    found = hit_by_bar(position, make_bar(bar), instrument=SWAP)
    assert (found and found.reason) == hit


def test_of_a_bar_entered_at_its_open_and_of_every_later_one_both_levels_are_believed() -> None:
    at_open = make_position(**LEVELS[LONG], opening_bar_at=START, entered_within_bar=False)
    earlier = make_position(**LEVELS[LONG], opening_bar_at=START, entered_within_bar=True)
    assert hit_by_bar(at_open, make_bar("100 110 99 105"), instrument=SWAP) is not None
    assert hit_by_bar(earlier, make_bar("100 110 99 105", opened_at=after(minutes=1)), instrument=SWAP) is not None


@pytest.mark.parametrize(
    ("direction", "bid", "ask", "hit"),
    [
        (LONG, "98.01", "97", None),  # only the bid counts for a long
        (LONG, "98", "99", OrderReason.STOP_LOSS),
        (LONG, "103.99", "105", None),
        (LONG, "104", "105", OrderReason.TAKE_PROFIT),
        (SHORT, "103", "101.99", None),  # only the ask for a short
        (SHORT, "101", "102", OrderReason.STOP_LOSS),
        (SHORT, "95", "96.01", None),
        (SHORT, "95", "96", OrderReason.TAKE_PROFIT),
    ],
)
def test_a_long_leaves_at_the_bid_and_a_short_at_the_ask(
    direction: Direction, bid: str, ask: str, hit: OrderReason | None
) -> None:
    quote = make_quote(100, bid=bid, ask=ask)
    found = hit_by_quote(make_position(direction, **LEVELS[direction]), quote, instrument=SWAP)
    assert (found and found.reason) == hit


@pytest.mark.parametrize(
    ("direction", "leverage", "bar", "trigger"),
    [
        (SHORT, 1, "150 199.00 150 160", "199"),  # (100 + 100) / 1.005 = 199.0049...
        (SHORT, 1, "150 198.99 150 160", None),
        (LONG, 10, "95 95 90.46 92", "90.46"),  # (100 - 10) / 0.995 = 90.452...
        (LONG, 10, "95 95 90.47 92", None),
        (LONG, 1, "95 95 0.01 0.01", None),
    ],
)
def test_without_a_stop_the_liquidation_level_ends_a_position(
    direction: Direction, leverage: int, bar: str, trigger: str | None
) -> None:
    position = make_position(direction, leverage=leverage, margin=Decimal(100) / leverage)
    found = hit_by_bar(position, make_bar(bar), instrument=SWAP)
    if trigger is None:
        assert found is None
    else:
        assert found is not None
        assert (found.reason, found.trigger_price) == (OrderReason.LIQUIDATION, Decimal(trigger))


def test_a_stop_before_the_liquidation_level_comes_first() -> None:
    position = make_position(SHORT, stop_loss=Decimal(150))
    found = hit_by_bar(position, make_bar("300 300 300 300"), instrument=SWAP)
    assert found is not None
    assert found.reason is OrderReason.STOP_LOSS


def test_without_levels_nothing_is_hit() -> None:
    assert hit_by_bar(make_position(), make_bar("1 1000 0.01 1"), instrument=SWAP) is None
    assert hit_by_quote(make_position(), make_quote("0.01"), instrument=SWAP) is None


# --------------------------------------------------------------------------------------------- marks and trails
def swap_at_10x(direction: Direction = LONG, **fields: Any) -> Position:
    """A swap position of 1 at 100 whose liquidation level is 90.46 (long) or 109.45 (short)."""
    return make_position(direction, leverage=10, margin=Decimal(10), **fields)


@pytest.mark.parametrize(
    ("direction", "price", "mark", "reason", "trigger"),
    [
        (LONG, "91", "90.46", OrderReason.LIQUIDATION, "91"),  # the mark is there, the market is not: at the market
        (LONG, "90", "90.46", OrderReason.LIQUIDATION, "90.46"),
        (LONG, "80", "90.47", None, None),  # a last price far below the mark liquidates nobody
        (SHORT, "108", "109.45", OrderReason.LIQUIDATION, "108"),
        (SHORT, "110", "109.45", OrderReason.LIQUIDATION, "109.45"),
        (SHORT, "120", "109.44", None, None),
    ],
)
def test_the_mark_liquidates_and_the_market_pays(
    direction: Direction, price: str, mark: str, reason: OrderReason | None, trigger: str | None
) -> None:
    quote = replace(make_quote(price), mark=Decimal(mark))
    found = hit_by_quote(swap_at_10x(direction), quote, instrument=SWAP)
    assert (found and found.reason) == reason
    if found is not None and trigger is not None:
        assert found.trigger_price == Decimal(trigger)
        assert found.level == (Decimal("90.46") if direction is LONG else Decimal("109.45"))


@pytest.mark.parametrize(
    ("bid", "mark", "reason"),
    [
        ("95", "95", OrderReason.STOP_LOSS),
        ("89", "89", OrderReason.STOP_LOSS),  # beyond both: the stop lay nearer
        ("95.5", "90", OrderReason.LIQUIDATION),  # the market never came to the stop, the mark came to the end
    ],
)
def test_of_stop_and_liquidation_the_nearer_one_comes_first_if_it_was_reached(
    bid: str, mark: str, reason: OrderReason
) -> None:
    quote = replace(make_quote(bid), mark=Decimal(mark))
    found = hit_by_quote(swap_at_10x(stop_loss=Decimal(95)), quote, instrument=SWAP)
    assert found is not None
    assert found.reason is reason


@pytest.mark.parametrize(
    ("bar", "mark_bar", "reason", "trigger"),
    [
        ("100 101 95 96", "100 101 90.46 96", OrderReason.LIQUIDATION, "95"),  # at the low of the bar, its worst
        ("100 101 85 96", "100 101 90.46 96", OrderReason.LIQUIDATION, "90.46"),
        ("100 101 85 96", "100 101 95 96", None, None),
        ("100 110 85 96", "100 101 90 96", OrderReason.LIQUIDATION, "90.46"),  # the end before the target
        ("100 110 95 96", "100 110 95 96", OrderReason.TAKE_PROFIT, "105"),
    ],
)
def test_on_bars_the_bar_of_the_mark_liquidates(
    bar: str, mark_bar: str, reason: OrderReason | None, trigger: str | None
) -> None:
    position = swap_at_10x(take_profit=Decimal(105))
    found = hit_by_bar(position, make_bar(bar), instrument=SWAP, mark_bar=make_bar(mark_bar))
    assert (found and found.reason) == reason
    assert (found and found.trigger_price) == (None if trigger is None else Decimal(trigger))


@pytest.mark.parametrize(
    ("direction", "best", "stop"),
    [
        (LONG, "100", "98.50"),
        (LONG, "110.01", "108.36"),  # 108.35985: up, towards the best price
        (SHORT, "100", "101.50"),
        (SHORT, "90.01", "91.36"),  # 91.36015: down, towards it
    ],
)
def test_a_trailing_stop_stands_its_distance_behind_the_best_price(direction: Direction, best: str, stop: str) -> None:
    position = make_position(direction, trail_percent=Decimal("1.5"))
    assert trailing_stop(position, Decimal(best), instrument=SWAP) == Decimal(stop)
    assert trailing_stop(make_position(direction), Decimal(best), instrument=SWAP) is None


def test_before_any_better_price_it_trails_the_entry() -> None:
    levels = levels_of(make_position(trail_percent=Decimal(2)), SWAP)
    assert (levels.stop, levels.stop_reason) == (98, OrderReason.TRAILING_STOP)


@pytest.mark.parametrize(
    ("fixed", "best", "stop", "reason"),
    [
        (95, 100, 98, OrderReason.TRAILING_STOP),
        (99, 100, 99, OrderReason.STOP_LOSS),
        (98, 100, 98, OrderReason.STOP_LOSS),
        (99, 110, "107.8", OrderReason.TRAILING_STOP),
    ],
)
def test_of_a_fixed_and_a_trailing_stop_the_tighter_one_counts(
    fixed: int, best: int, stop: int | str, reason: OrderReason
) -> None:
    position = make_position(stop_loss=Decimal(fixed), trail_percent=Decimal(2))
    levels = levels_of(position, SWAP, best=Decimal(best))
    assert (levels.stop, levels.stop_reason) == (Decimal(stop), reason)
    found = hit_by_quote(position, make_quote(stop), instrument=SWAP, levels=levels)
    assert found is not None
    assert (found.reason, found.trigger_price, found.type) == (reason, Decimal(stop), OrderType.STOP_LOSS)


def test_a_cross_position_has_the_level_of_its_account_or_none() -> None:
    position = swap_at_10x(margin_mode=MarginMode.CROSS)
    assert levels_of(position, SWAP).liquidation is None
    assert levels_of(position, SWAP, account_level=Decimal(70)).liquidation == 70
    assert hit_by_quote(position, make_quote("1"), instrument=SWAP) is None
    levels = levels_of(position, SWAP, account_level=Decimal(70))
    found = hit_by_quote(position, make_quote("70"), instrument=SWAP, levels=levels)
    assert found is not None
    assert found.reason is OrderReason.LIQUIDATION


def test_spot_has_no_liquidation_level() -> None:
    assert levels_of(make_position(), SPOT).liquidation is None
