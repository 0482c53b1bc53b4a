"""What closes cost, and who answers for them: forced closes, gaps beyond the margin, and parts."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from desktop_trader.domain.order import Direction, MarginMode, OrderReason, OrderType
from desktop_trader.domain.position import Position
from tests.builders import SWAP, make_portfolio, make_position
from tests.paper_rig import PaperRig

D = Decimal
LONG, SHORT = Direction.LONG, Direction.SHORT
BEYOND, FUND = "nothing answers beyond", "the insurance fund pays from there"
FORCED: dict[str, Any] = {"type": OrderType.STOP_LOSS, "reason": OrderReason.LIQUIDATION}
STOPPED: dict[str, Any] = {"type": OrderType.STOP_LOSS, "reason": OrderReason.STOP_LOSS}


def held(direction: Direction, **fields: object) -> Position:
    """Ten contracts entered at 100 with leverage 10: margin 100."""
    values = {"symbol": SWAP.symbol, "leverage": 10, "margin": D(100)} | fields
    return make_position(direction, quantity=10, price=100, **values)


def exit_of(position: Position, level: str, **fields: object) -> dict[str, Any]:
    side = position.direction.entry_side.opposite
    terms = {"side": side, "is_exit": True, "position_id": 1, "quantity": position.quantity}
    return terms | {"trigger_price": D(level)} | fields


@pytest.mark.parametrize(
    ("direction", "level", "book", "report"),
    [
        # margin 100, loss 92, fee 0.5 % of 908 = 4.54: both fit
        (LONG, "91", "90.8x50 | 91x50", "1 gets 10 @ 90.8, fee 4.54 taker: walked the book: 10 @ 90.8 of 50 there"),
        # loss 97: 3 are left for a fee of 4.515
        (LONG, "91", "90.3x50 | 91x50", "1 gets 10 @ 90.3, fee 3 taker: walked the book: 10 @ 90.3 of 50 there"),
        (
            LONG,
            "91",
            "85x50 | 91x50",
            f"1 gets 10 @ 90, fee 0 taker: walked the book: 10 @ 85 of 50 there; {BEYOND} 90, {FUND}",
        ),
        (
            SHORT,
            "109",
            "108x9 | 109.2x50",
            "1 gets 10 @ 109.2, fee 5.46 taker: walked the book: 10 @ 109.2 of 50 there",
        ),
        (
            SHORT,
            "109",
            "108x9 | 120x50",
            f"1 gets 10 @ 110, fee 0 taker: walked the book: 10 @ 120 of 50 there; {BEYOND} 110, {FUND}",
        ),
    ],
)
def test_a_forced_close_costs_its_fee_as_far_as_margin_is_left_and_never_more_than_that(
    direction: Direction, level: str, book: str, report: str
) -> None:
    position = held(direction)
    rig = PaperRig(position, instrument=SWAP)
    rig.place(**exit_of(position, level, **FORCED))
    assert rig.quote(book) == [report]


def test_a_forced_close_is_decided_by_the_mark_and_takes_what_the_book_gives() -> None:
    position = held(LONG)
    rig = PaperRig(position, instrument=SWAP)
    rig.place(**exit_of(position, "91", **FORCED))
    assert rig.quote("93x4 92.5x50 | 94x50") == [
        "1 gets 4 @ 93, fee 1.86 taker: walked the book: 4 @ 93 of 4 there",
        "1 gets 6 @ 92.5, fee 2.775 taker: walked the book: 6 @ 92.5 of 50 there",
    ]


def test_each_part_of_a_forced_close_has_its_share_of_the_margin() -> None:
    position = held(LONG)
    rig = PaperRig(position, instrument=SWAP)
    rig.place(**exit_of(position, "91", **FORCED))
    told = rig.quote("90.5x4 80x50 | 91x50")
    assert told[0] == "1 gets 4 @ 90.5, fee 1.81 taker: walked the book: 4 @ 90.5 of 4 there"
    assert told[1].startswith("1 gets 6 @ 90, fee 0 taker")


def test_on_cross_all_that_is_free_answers() -> None:
    position = held(LONG, margin_mode=MarginMode.CROSS)
    rig = PaperRig(position, instrument=SWAP)
    rig.books.portfolio = make_portfolio(250, positions=[position])  # 150 are free beside the margin of 100
    rig.place(**exit_of(position, "77", **FORCED))
    assert rig.quote("70x50 | 91x50") == [
        f"1 gets 10 @ 75, fee 0 taker: walked the book: 10 @ 70 of 50 there; {BEYOND} 75, {FUND}"
    ]


@pytest.mark.parametrize(
    ("bar", "report"),
    [
        ("95 96 90 92", "1 gets 10 @ 91, fee 4.55 taker: trigger 91 inside the bar"),
        ("90.5 96 90 92", "1 gets 10 @ 90.5, fee 4.525 taker: open of the bar, beyond the trigger"),
        # The mark reached the level and the market itself did not: its lowest price is what was there.
        ("95 96 93 94", "1 gets 10 @ 93, fee 4.65 taker: trigger 93 inside the bar"),
    ],
)
def test_on_bars_a_forced_close_fills_at_its_level_or_where_the_bar_was(bar: str, report: str) -> None:
    position = held(LONG)
    rig = PaperRig(position, instrument=SWAP)
    rig.place(**exit_of(position, "91", **FORCED))
    assert rig.bar(bar) == [report]


def test_a_stop_in_a_gap_costs_the_margin_with_its_fee_and_no_more() -> None:
    position = held(LONG)
    rig = PaperRig(position, instrument=SWAP)
    rig.place(**exit_of(position, "95", **STOPPED))
    (report,) = rig.quote("80x50 | 96x50")
    # 900 / (1 - 0.001), rounded up to the tick: loss 99.0, fee 0.901
    assert report.startswith("1 gets 10 @ 90.1, fee 0.901 taker: walked the book: 10 @ 80 of 50 there; nothing answers")


def test_margin_that_was_added_after_the_order_answers_too() -> None:
    position = held(LONG)
    rig = PaperRig(position, instrument=SWAP)
    rig.place(**exit_of(position, "95", worst_price=D("90.1"), **STOPPED))
    rig.books.portfolio = replace(rig.books.portfolio, positions={1: replace(position, margin=D(200))})
    (report,) = rig.quote("85x50 | 96x50")
    assert report == "1 gets 10 @ 85, fee 0.85 taker: walked the book: 10 @ 85 of 50 there"


def test_a_long_that_cannot_lose_more_than_it_cost_sells_at_any_price() -> None:
    position = make_position(quantity=1, price=100)
    rig = PaperRig(position)
    rig.place(**exit_of(position, "95", **STOPPED))
    assert rig.quote("0.01x50 | 96x50") == ["1 gets 1 @ 0.01, fee 0.00001 taker: walked the book: 1 @ 0.01 of 50 there"]


def test_an_exit_of_more_than_is_open_is_bounded_by_what_it_closes() -> None:
    position = held(LONG)
    rig = PaperRig(position, instrument=SWAP)
    rig.place(**exit_of(position, "91", **FORCED | {"quantity": D(20)}))
    assert rig.quote("91x50 | 92x50")[0].startswith("1 gets 10 @ 91, fee 4.55 taker")
