"""When a stop, a target or a liquidation level is hit."""

from decimal import Decimal
from typing import Any

import pytest

from desktop_trader.domain.order import Direction, OrderReason, OrderType
from desktop_trader.domain.protection import hit_by_bar, hit_by_quote
from tests.builders import START, SWAP, after, make_bar, make_position, make_quote

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
