"""Margin in and out, another leverage, other levels: what is booked, what is refused and with which figures."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from desktop_trader.domain.entry_rules import Denial, Rule
from desktop_trader.domain.errors import InvalidInputError, InvariantError
from desktop_trader.domain.invariants import check_account, check_entries, check_movement
from desktop_trader.domain.ledger import GENESIS, EntryKind, seal
from desktop_trader.domain.margin_brackets import make_brackets
from desktop_trader.domain.order import Direction, MarginMode, Protection
from desktop_trader.domain.portfolio import Movement, Portfolio
from desktop_trader.domain.position_accounting import (
    ChangeRequest,
    PositionMarket,
    change_leverage,
    change_margin,
    set_protection,
)
from desktop_trader.domain.position_change import PositionTerm
from tests.builders import SPOT, SWAP, Number, after, make_portfolio, make_position, number

LONG, SHORT = Direction.LONG, Direction.SHORT
AT = after(minutes=5)
ASK = ChangeRequest(at=AT, author="user", key="request-1")
SMALL = replace(SWAP, brackets=make_brackets(((Decimal(2000), 50, Decimal("0.005")), (None, 5, Decimal("0.1")))))


LEFT_WITH_TOO_LITTLE = (
    "at 20x the position would be left with $40.00 (margin $50.00, unrealized -$10.00); "
    "its initial margin at the mark is $49.50"
)


def account(direction: Direction = LONG, *, total: Number = 500, margin: Number = 100, **fields: Any) -> Portfolio:
    """An account with one swap position of 1 at 1,000 with 10x."""
    position = make_position(direction, symbol=SWAP.symbol, price=1000, leverage=10, margin=number(margin), **fields)
    return make_portfolio(total, positions=[position])


def market(mark: Number | None = 1000, free: Number | None = 400, **fields: Any) -> PositionMarket:
    values: dict[str, Any] = {
        "instrument": SWAP,
        "mark": None if mark is None else number(mark),
        "free": None if free is None else number(free),
    }
    return PositionMarket(**(values | fields))


def keep_the_laws(movement: Movement | Denial, before: Portfolio) -> Portfolio:
    """Hold a movement against every law and return the account after it."""
    assert isinstance(movement, Movement), movement
    done = before.apply(movement, at=AT)
    entries, _ = seal(movement.drafts, head=GENESIS, total=before.wallet.total, locked=before.wallet.locked)
    check_entries(entries, head=GENESIS, before=before, after=done)
    check_account(done)
    check_movement(movement, before=before, after=done)
    return done


def rows(movement: Movement | Denial) -> list[tuple[PositionTerm, str, str]]:
    assert isinstance(movement, Movement)
    assert all((row.position_id, row.at, row.author) == (1, AT, "user") for row in movement.position_changes)
    return [(row.term, row.before, row.after) for row in movement.position_changes]


# ------------------------------------------------------------------------------------------------------- margin
def test_added_margin_is_locked_and_comes_out_of_what_is_available() -> None:
    before = account()
    movement = change_margin(before, before.positions[1], amount=Decimal(50), market=market(), request=ASK)
    done = keep_the_laws(movement, before)
    assert (done.wallet.total, done.wallet.available, done.wallet.locked) == (500, 350, 150)
    assert (done.positions[1].margin, done.positions[1].leverage) == (150, 10)
    assert rows(movement) == [(PositionTerm.MARGIN, "100", "150")]
    assert isinstance(movement, Movement)
    draft = movement.drafts[0]
    assert (draft.kind, draft.reason, draft.idempotency_key) == (EntryKind.MARGIN_CHANGE, "margin_added", "request-1")
    assert (draft.author, draft.position_id) == ("user", 1)
    assert draft.description == f"Added $50.00 to the margin of LONG position for {SWAP.symbol}"


def test_margin_that_was_added_can_be_taken_out_again() -> None:
    before = account(margin=150)
    movement = change_margin(before, before.positions[1], amount=Decimal(-50), market=market(), request=ASK)
    done = keep_the_laws(movement, before)
    assert (done.wallet.available, done.positions[1].margin) == (400, 100)
    assert isinstance(movement, Movement)
    assert movement.drafts[0].reason == "margin_removed"


@pytest.mark.parametrize(
    ("mark", "margin", "most"),
    [
        (1000, 150, 50),
        (990, 150, 41),  # lost 10, needs 99
        (1010, 150, 49),  # its gain of 10 does not count, and it needs 101
        (800, 150, 0),  # 50 below what it needs
    ],
)
def test_what_is_left_has_to_be_the_initial_margin_at_the_mark(mark: int, margin: int, most: int) -> None:
    before = account(margin=margin)
    position = before.positions[1]
    if most:
        keep_the_laws(change_margin(before, position, amount=Decimal(-most), market=market(mark), request=ASK), before)
    too_much = Decimal(-most) - Decimal("0.00000001")
    denial = change_margin(before, position, amount=too_much, market=market(mark), request=ASK)
    assert isinstance(denial, Denial)
    assert denial.reason is Rule.MARGIN
    assert denial.detail.startswith(f"${most}.00 can be taken out at most: the initial margin at the mark {mark} is")


@pytest.mark.parametrize(
    ("amount", "where", "rule", "detail"),
    [
        ("400.00000001", market(), Rule.FUNDS, "Insufficient balance: Need $400.00, Have $400.00"),
        ("10", market(free=None), Rule.NO_PRICE, "what is free is not known while a cross position has no mark price"),
        ("-10", market(mark=None), Rule.NO_PRICE, f"{SWAP.symbol} has no mark price yet"),
        ("0", market(), Rule.TERMS, "the margin to add or take out must not be zero"),
        ("10", market(instrument=SPOT), Rule.TERMS, f"{SPOT.symbol} is spot and paid whole: it has no margin"),
    ],
)
def test_margin_is_refused_with_the_rule_and_the_figures(
    amount: str, where: PositionMarket, rule: Rule, detail: str
) -> None:
    before = account()
    denial = change_margin(before, before.positions[1], amount=Decimal(amount), market=where, request=ASK)
    assert denial == Denial(reason=rule, detail=detail)


def test_a_cross_position_takes_no_margin_of_its_own() -> None:
    before = account(margin_mode=MarginMode.CROSS)
    denial = change_margin(before, before.positions[1], amount=Decimal(1), market=market(), request=ASK)
    assert isinstance(denial, Denial)
    assert denial.reason is Rule.TERMS


def test_an_amount_the_books_cannot_hold_is_no_margin() -> None:
    before = account()
    with pytest.raises(InvalidInputError, match="more than 8 decimals"):
        change_margin(before, before.positions[1], amount=Decimal("0.000000001"), market=market(), request=ASK)


# ----------------------------------------------------------------------------------------------------- leverage
@pytest.mark.parametrize(
    ("leverage", "margin", "available"),
    [(5, "200", "300"), (20, "50", "450"), (3, "333.33333334", "166.66666666"), (125, "8", "492")],
)
def test_another_leverage_locks_the_initial_margin_anew(leverage: int, margin: str, available: str) -> None:
    before = account()
    movement = change_leverage(before, before.positions[1], leverage=leverage, market=market(), request=ASK)
    done = keep_the_laws(movement, before)
    assert (done.positions[1].leverage, done.positions[1].margin) == (leverage, Decimal(margin))
    assert (done.wallet.total, done.wallet.available) == (500, Decimal(available))
    assert rows(movement) == [
        (PositionTerm.LEVERAGE, "10", str(leverage)),
        (PositionTerm.MARGIN, "100", margin),
    ]
    assert isinstance(movement, Movement)
    assert movement.drafts[0].description == f"Leverage of LONG position for {SWAP.symbol}: 10x to {leverage}x"


def test_margin_that_was_added_is_given_back_with_another_leverage() -> None:
    before = account(margin=300)
    done = keep_the_laws(change_leverage(before, before.positions[1], leverage=5, market=market(), request=ASK), before)
    assert (done.positions[1].margin, done.wallet.available) == (200, 300)


def test_the_same_leverage_changes_nothing() -> None:
    before = account(margin=300)
    assert change_leverage(before, before.positions[1], leverage=10, market=market(), request=ASK) == Movement()


def test_a_leverage_whose_margin_is_there_already_moves_no_money_and_has_its_row() -> None:
    before = account(margin=200)
    movement = change_leverage(before, before.positions[1], leverage=5, market=market(), request=ASK)
    keep_the_laws(movement, before)
    assert isinstance(movement, Movement)
    assert movement.drafts == ()
    assert rows(movement) == [(PositionTerm.LEVERAGE, "10", "5")]


@pytest.mark.parametrize(
    ("leverage", "where", "rule", "detail"),
    [
        (0, market(), Rule.LEVERAGE, "leverage must be 1x to 125x for a position worth $1,000.00, not 0x"),
        (126, market(), Rule.LEVERAGE, "leverage must be 1x to 125x for a position worth $1,000.00, not 126x"),
        (
            6,
            market(mark="2000.01", instrument=SMALL),
            Rule.LEVERAGE,
            "leverage must be 1x to 5x for a position worth $2,000.01, not 6x",
        ),
        (5, market(mark=None), Rule.NO_PRICE, f"{SWAP.symbol} has no mark price yet"),
        (2, market(free="399.99"), Rule.FUNDS, "Insufficient balance: Need $400.00, Have $399.99"),
        (
            20,
            market(mark=990),
            Rule.LEVERAGE,
            LEFT_WITH_TOO_LITTLE,
        ),
    ],
)
def test_a_leverage_is_refused_with_the_figures(leverage: int, where: PositionMarket, rule: Rule, detail: str) -> None:
    before = account()
    denial = change_leverage(before, before.positions[1], leverage=leverage, market=where, request=ASK)
    assert denial == Denial(reason=rule, detail=detail)


def test_less_leverage_is_never_refused_for_a_loss() -> None:
    before = account()
    done = keep_the_laws(
        change_leverage(before, before.positions[1], leverage=5, market=market(950), request=ASK), before
    )
    assert done.positions[1].margin == 200


def test_a_position_that_earned_enough_may_have_more_leverage() -> None:
    before = account()
    done = keep_the_laws(
        change_leverage(before, before.positions[1], leverage=20, market=market(1100), request=ASK), before
    )
    assert done.positions[1].margin == 50


def test_a_cross_position_that_loses_may_have_more_leverage_because_the_account_answers() -> None:
    before = account(margin_mode=MarginMode.CROSS)
    done = keep_the_laws(
        change_leverage(before, before.positions[1], leverage=20, market=market(950), request=ASK), before
    )
    assert done.positions[1].margin == 50


def test_what_was_closed_needs_no_margin_any_more() -> None:
    before = account(margin=50, entry_quantity=Decimal(2), entry_cost=Decimal(1000))
    done = keep_the_laws(
        change_leverage(before, before.positions[1], leverage=5, market=market(500), request=ASK), before
    )
    assert done.positions[1].margin == 100  # half of 1,000 is open


# ------------------------------------------------------------------------------------------------------- levels
def test_levels_are_set_all_three_and_only_what_changed_has_a_row() -> None:
    before = account(stop_loss=Decimal(900), take_profit=Decimal(1200))
    wanted = Protection(stop_loss=Decimal(950), take_profit=Decimal(1200), trail_percent=Decimal("1.50"))
    movement = set_protection(before.positions[1], wanted, request=ASK)
    done = keep_the_laws(movement, before)
    position = done.positions[1]
    assert (position.stop_loss, position.take_profit, position.trail_percent) == (950, 1200, Decimal("1.5"))
    assert rows(movement) == [
        (PositionTerm.STOP_LOSS, "900", "950"),
        (PositionTerm.TRAIL_PERCENT, "", "1.5"),
    ]
    assert movement.drafts == ()


def test_none_takes_a_level_away() -> None:
    before = account(stop_loss=Decimal(900), take_profit=Decimal(1200))
    movement = set_protection(before.positions[1], Protection(), request=ASK)
    done = keep_the_laws(movement, before)
    assert (done.positions[1].stop_loss, done.positions[1].take_profit) == (None, None)
    assert rows(movement) == [(PositionTerm.STOP_LOSS, "900", ""), (PositionTerm.TAKE_PROFIT, "1200", "")]


def test_the_same_levels_are_no_change() -> None:
    position = account(stop_loss=Decimal("900.0")).positions[1]
    assert set_protection(position, Protection(stop_loss=Decimal(900)), request=ASK) == Movement()


@pytest.mark.parametrize(
    "forged",
    [{"stop_loss": Decimal(1)}, {"take_profit": Decimal(1)}, {"trail_percent": Decimal(1)}, {"leverage": 11}],
)
def test_a_term_that_changed_without_a_row_is_never_written(forged: dict[str, Any]) -> None:
    before = account()
    with pytest.raises(InvariantError, match=r"I7: .* of position 1 has no change row"):
        check_movement(Movement(positions=(replace(before.positions[1], **forged),)), before=before, after=before)


@pytest.mark.parametrize(
    "forged",
    [
        {"symbol": "X/USDT"},
        {"direction": SHORT},
        {"margin_mode": MarginMode.CROSS},
        {"contract_size": Decimal(2)},
        {"entry_order_id": 9},
        {"account_id": 9},
    ],
)
def test_what_a_lot_is_never_changes(forged: dict[str, Any]) -> None:
    before = account()
    with pytest.raises(InvariantError, match="I7: position 1 is not the lot that it was"):
        check_movement(Movement(positions=(replace(before.positions[1], **forged),)), before=before, after=before)


def test_margin_that_no_entry_locks_is_never_written() -> None:
    before = account()
    movement = change_margin(before, before.positions[1], amount=Decimal(50), market=market(), request=ASK)
    assert isinstance(movement, Movement)
    forged = replace(movement, positions=(replace(before.positions[1], margin=Decimal(151)),))
    with pytest.raises(InvariantError, match="I3: position 1: margin"):
        check_movement(forged, before=before, after=before)
