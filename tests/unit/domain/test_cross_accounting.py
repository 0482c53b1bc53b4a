"""A close on cross that loses more than its own margin and all that is available: the other margins pay the rest."""

from dataclasses import replace
from decimal import Decimal

import pytest

from desktop_trader.domain import accounting
from desktop_trader.domain.accounting import BookingIds
from desktop_trader.domain.cross_margin import cover_of_exit
from desktop_trader.domain.invariants import check_account, check_entries, check_movement
from desktop_trader.domain.ledger import GENESIS, EntryKind, seal
from desktop_trader.domain.order import Direction, MarginMode, OrderSide, OrderStatus
from desktop_trader.domain.portfolio import Movement, Portfolio
from tests.builders import SWAP, Number, after, make_execution, make_order, make_portfolio, make_position, number

CROSS, ISOLATED = MarginMode.CROSS, MarginMode.ISOLATED


def account(total: Number, *, mode: MarginMode = CROSS) -> Portfolio:
    """A long of 2 at 1,000 with a margin of 200, and two cross positions and an isolated one beside it."""
    margins = ((1, 200, mode), (2, 100, CROSS), (3, 150, CROSS), (4, 500, ISOLATED))
    return make_portfolio(
        total,
        positions=[
            make_position(
                Direction.LONG if each == 1 else Direction.SHORT,
                id=each,
                symbol=SWAP.symbol,
                quantity=2,
                price=1000,
                leverage=10,
                margin=number(margin),
                margin_mode=its,
            )
            for each, margin, its in margins
        ],
    )


def close(before: Portfolio, quantity: Number, price: Number, *, fee: Number = 0) -> tuple[Movement, Portfolio]:
    """Close so much of position 1 and hold what is booked against every law."""
    order = make_order(
        symbol=SWAP.symbol, side=OrderSide.SELL, quantity=number(quantity), position_id=1, is_exit=True,
        status=OrderStatus.OPEN,
    )  # fmt: skip
    before = replace(before, orders={1: order})
    movement = accounting.apply_execution(
        before,
        order,
        execution=make_execution(quantity, price, fee=fee),
        instrument=SWAP,
        ids=BookingIds(fill_id=1, position_id=9),
    )
    done = before.apply(movement, at=after(minutes=1))
    entries, _ = seal(movement.drafts, head=GENESIS, total=before.wallet.total, locked=before.wallet.locked)
    check_entries(entries, head=GENESIS, before=before, after=done)
    check_account(done)
    check_movement(movement, before=before, after=done)
    return movement, done


@pytest.mark.parametrize(
    ("price", "fee", "available", "margins"),
    [
        ("900", "0", "50", {2: 100, 3: 150}),  # loses 200: its own margin
        ("880", "0", "10", {2: 100, 3: 150}),  # 240: and 40 of what is available
        ("875", "0", "0", {2: 100, 3: 150}),
        ("850", "0", "0", {2: 100, 3: 100}),  # 300: 50 more, from the largest margin
        ("850", "1", "0", {2: 100, 3: 99}),  # and its fee
        ("790", "0", "0", {2: 80, 3: 0}),  # 420: 170 more
        ("750", "0", "0", {2: 0, 3: 0}),  # all that stands for it
    ],
)
def test_the_largest_margin_lends_first_and_isolated_ones_never(
    price: str, fee: str, available: str, margins: dict[int, int]
) -> None:
    before = account(1000)
    _, done = close(before, 2, price, fee=fee)
    assert done.wallet.available == Decimal(available)
    assert {each.id: each.margin for each in done.positions.values()} == margins | {4: 500}
    assert done.wallet.total == 1000 - (1000 - Decimal(price)) * 2 - Decimal(fee)


def test_what_was_lent_is_an_entry_of_its_own_before_the_fee_and_the_close() -> None:
    movement, _ = close(account(1000), 2, 790, fee=1)
    assert [draft.kind for draft in movement.drafts] == [
        EntryKind.MARGIN_CHANGE,
        EntryKind.FEE,
        EntryKind.POSITION_CLOSE,
    ]
    loan = movement.drafts[0]
    assert loan.reason == "margin_lent"
    assert loan.description == "Set free from the margin of cross positions #3, #2 for a loss beyond its own"
    assert loan.idempotency_key.endswith(":margin_change")
    assert (loan.position_id, loan.fill_id) == (1, 1)
    assert [position.id for position in movement.positions] == [1, 3, 2]


def test_a_part_that_is_closed_borrows_too() -> None:
    _, done = close(account(1000), 1, 700)  # loses 300 with 100 of its own and 50 available
    assert done.wallet.available == 0
    assert {each.id: each.margin for each in done.positions.values()} == {1: 100, 2: 100, 3: 0, 4: 500}


@pytest.mark.parametrize("quantity", ["2", "1", "0.5"])
def test_at_the_very_bound_nothing_is_left_and_nothing_is_below_zero(quantity: str) -> None:
    before = account(1000)
    cover = cover_of_exit(before, before.positions[1], quantity=Decimal(quantity))
    assert cover is not None
    price = 1000 - cover / Decimal(quantity)
    assert price > 0
    _, done = close(before, quantity, price)
    assert done.wallet.available == 0
    assert done.positions[2].margin == done.positions[3].margin == 0


def test_an_isolated_position_borrows_nothing() -> None:
    before = account(1000, mode=ISOLATED)
    movement, done = close(before, 2, 890)  # a loss beyond its margin, which its bound forbids, takes what is available
    assert [draft.kind for draft in movement.drafts] == [EntryKind.POSITION_CLOSE]
    assert done.positions[3].margin == 150
