"""Each law of the books is broken on purpose, and each time the change is refused."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from desktop_trader.domain import accounting
from desktop_trader.domain.accounting import BalanceChange, RunChange
from desktop_trader.domain.errors import InvariantError
from desktop_trader.domain.invariants import check_account, check_ended_run, check_entries, check_movement
from desktop_trader.domain.ledger import GENESIS, EntryKind, LedgerEntry, LedgerHead, Posting, seal
from desktop_trader.domain.order import OrderReason, OrderSide, OrderStatus
from desktop_trader.domain.portfolio import EndedRun, Movement, Portfolio
from desktop_trader.domain.wallet import LIVE, RunTotals
from tests.builders import after, make_fill, make_order, make_portfolio, make_position

HEAD = LedgerHead(entry_id=41, hash="ab" * 32)
Entries = tuple[LedgerEntry, ...]


def two_deposits() -> tuple[Entries, Portfolio, Portfolio]:
    """Two entries that follow HEAD, and the account before and after them."""
    before = make_portfolio()
    changes = [
        BalanceChange(kind=EntryKind.DEPOSIT, amount=Decimal(5), reason="r", author="a", request_key=key)
        for key in "xy"
    ]
    drafts = tuple(accounting.change_balance(before, each, at=after(minutes=1)).drafts[0] for each in changes)
    entries, _ = seal(drafts, head=HEAD, total=before.wallet.total, locked=before.wallet.locked)
    return entries, before, before.apply(Movement(drafts=drafts), at=after(minutes=1))


def check(entries: Entries, before: Portfolio, after_: Portfolio, head: LedgerHead = HEAD) -> None:
    check_entries(entries, head=head, before=before, after=after_)


def test_entries_that_follow_from_each_other_pass() -> None:
    check(*two_deposits())


def test_no_entries_and_no_change_pass() -> None:
    check((), make_portfolio(), make_portfolio())


def _with_draft(entry: LedgerEntry, **fields: object) -> LedgerEntry:
    return replace(entry, draft=replace(entry.draft, **fields))  # type: ignore[arg-type]


BREAKS: list[tuple[str, Callable[[Entries], Entries]]] = [
    (
        "sum to zero",
        lambda e: (
            _with_draft(e[0], postings=(e[0].draft.postings[0], replace(e[0].draft.postings[1], amount=Decimal(-4)))),
            e[1],
        ),
    ),
    ("I13", lambda e: (e[1],)),
    ("I13", lambda e: (e[0], replace(e[1], id=44))),
    ("I13", lambda e: (e[0], replace(e[1], id=42))),
    ("I13", lambda e: (_with_draft(e[0], account_id=2), e[1])),
    ("I13", lambda e: (_with_draft(e[0], currency="EUR"), e[1])),
    ("I13", lambda e: (_with_draft(e[0], run_id=2), e[1])),
    ("I13", lambda e: (e[0], _with_draft(e[1], run_id=0))),
    ("I8", lambda e: (replace(e[0], previous_hash="cd" * 32), e[1])),
    ("I8", lambda e: (replace(e[0], hash="cd" * 32), e[1])),
    ("I6", lambda e: (replace(e[0], total_after=Decimal(10_006)), e[1])),
    ("I6", lambda e: (replace(e[0], locked_after=Decimal(1)), e[1])),
    ("I2", lambda e: (e[0],)),
]


@pytest.mark.parametrize(("law", "breaks"), BREAKS, ids=[f"{index}-{law}" for index, (law, _) in enumerate(BREAKS)])
def test_a_broken_entry_is_never_written(law: str, breaks: Callable[[Entries], Entries]) -> None:
    entries, before, after_ = two_deposits()
    with pytest.raises(InvariantError, match=law):
        check(breaks(entries), before, after_)


def test_entries_that_do_not_follow_the_stored_head_are_never_written() -> None:
    entries, before, after_ = two_deposits()
    with pytest.raises(InvariantError):
        check(entries, before, after_, GENESIS)


def test_a_wallet_that_moved_without_entries_is_never_written() -> None:
    with pytest.raises(InvariantError, match="I2"):
        check((), make_portfolio(10_000), make_portfolio(10_001))


@pytest.mark.requirement("R173", "R174")
@pytest.mark.parametrize(
    ("law", "portfolio"),
    [
        ("I3", replace(make_portfolio(), orders={1: make_order(reserve=Decimal(1))})),
        ("I3", replace(make_portfolio(), positions={1: make_position()})),
        ("I3", replace(make_portfolio(positions=[make_position()]), positions={})),
        ("I4", make_portfolio(50, positions=[make_position(price=100)])),
        ("I12", replace(make_portfolio(), wallet=replace(make_portfolio().wallet, total=Decimal("10000.00000001")))),
    ],
)
def test_an_account_that_breaks_a_law_is_never_stored(law: str, portfolio: Portfolio) -> None:
    with pytest.raises(InvariantError, match=law):
        check_account(portfolio)


@pytest.mark.parametrize(
    "portfolio",
    [
        make_portfolio(),
        make_portfolio(0),
        make_portfolio(100, positions=[make_position(price=100)]),
        make_portfolio(orders=[make_order(reserve=Decimal(7))]),
    ],
)
def test_an_account_in_order_passes(portfolio: Portfolio) -> None:
    check_account(portfolio)


def test_a_live_account_below_zero_is_for_review_not_for_us_to_refuse() -> None:
    check_account(make_portfolio(50, positions=[make_position(price=100)], account_type=LIVE))


@pytest.mark.parametrize(
    ("law", "movement"),
    [
        ("I10", Movement(orders=(make_order(status=OrderStatus.CANCELED, reserve=Decimal("0.00000001")),))),
        ("I10", Movement(orders=(make_order(status=OrderStatus.FILLED, reserve=Decimal(1)),))),
        (
            "I10",
            Movement(
                positions=(
                    make_position(
                        quantity=0,
                        entry_quantity=Decimal(1),
                        margin=Decimal(1),
                        closed_at=after(),
                        close_reason=OrderReason.MANUAL,
                    ),
                )
            ),
        ),
        ("I10", Movement(positions=(make_position(quantity=0, entry_quantity=Decimal(1), margin=Decimal(0)),))),
        ("I11", Movement(positions=(make_position(quantity="-0.1", entry_quantity=Decimal(1), margin=Decimal(0)),))),
        ("I11", Movement(positions=(make_position(margin=Decimal("-0.00000001")),))),
    ],
)
def test_what_has_ended_holds_nothing(law: str, movement: Movement) -> None:
    account = standing_before(movement)
    with pytest.raises(InvariantError, match=law):
        check_movement(movement, before=account, after=account)


def standing_before(movement: Movement) -> Portfolio:
    """An account whose lots and orders have the very sums of the movement's, which brings no fills."""
    return replace(
        make_portfolio(),
        positions={position.id: position for position in movement.positions},
        orders={order.id: order for order in movement.orders},
    )


@pytest.mark.parametrize(
    ("what", "forged"),
    [
        ("position", {"quantity": Decimal(7)}),
        ("position", {"entry_cost": Decimal(1)}),
        ("position", {"realized_pnl": Decimal(5)}),
    ],
)
def test_a_position_that_is_not_the_sum_of_its_fills_is_refused(what: str, forged: dict[str, Decimal]) -> None:
    position = make_position()
    account = replace(make_portfolio(), positions={position.id: position})
    with pytest.raises(InvariantError, match=f"I11: {what}"):
        check_movement(
            Movement(positions=(replace(position, **forged),)),  # type: ignore[arg-type]
            before=account,
            after=account,
        )


def test_an_order_filled_by_nothing_is_refused() -> None:
    order = make_order(status=OrderStatus.OPEN)
    account = replace(make_portfolio(), orders={order.id: order})
    forged = replace(order, filled_quantity=order.quantity, status=OrderStatus.FILLED)
    with pytest.raises(InvariantError, match="I11: order"):
        check_movement(Movement(orders=(forged,)), before=account, after=account)


def test_a_pair_of_which_both_live_after_a_fill_is_never_written() -> None:
    first = make_order(status=OrderStatus.OPEN, oco_id="pair")
    second = make_order(id=2, status=OrderStatus.OPEN, oco_id="pair")
    before = replace(make_portfolio(), orders={1: first, 2: second})
    fill = make_fill(OrderSide.BUY, "0.4", 100)
    filled = first.filled_by(Decimal("0.4"), at=after(minutes=1), position_id=1)
    opened = make_position(quantity="0.4", margin=Decimal(0), fees=Decimal(0))
    half_told = Movement(orders=(filled,), fills=(fill,), positions=(opened,))
    with pytest.raises(InvariantError, match=r"I10: order 1 was filled, and \[2\] of its pair lives on"):
        check_movement(half_told, before=before, after=before.apply(half_told, at=after(minutes=1)))
    ended = second.moved_to(OrderStatus.CANCELED, at=after(minutes=1))
    told = replace(half_told, orders=(filled, ended))
    check_movement(told, before=before, after=before.apply(told, at=after(minutes=1)))


def test_a_reserve_that_no_entry_locks_is_never_written() -> None:
    order = make_order(status=OrderStatus.OPEN, reserve=Decimal(5))
    before = replace(make_portfolio(), orders={1: order})
    forged = Movement(orders=(replace(order, reserve=Decimal(4)),))
    with pytest.raises(InvariantError, match="I3: order 1: reserve"):
        check_movement(forged, before=before, after=before)


def test_a_fee_that_the_position_does_not_say_is_never_written() -> None:
    position = make_position()
    before = replace(make_portfolio(), positions={1: position})
    forged = Movement(positions=(replace(position, fees=Decimal(1)),))
    with pytest.raises(InvariantError, match="I7: position 1: fees"):
        check_movement(forged, before=before, after=before)


def test_a_movement_in_order_passes() -> None:
    closed = make_position(
        quantity=0, entry_quantity=Decimal(1), margin=Decimal(0), closed_at=after(), close_reason=OrderReason.STOP_LOSS
    )
    movement = Movement(
        positions=(make_position(), replace(closed, id=2)),
        orders=(make_order(reserve=Decimal(1)), make_order(id=2, status=OrderStatus.FILLED)),
    )
    account = standing_before(movement)
    check_movement(movement, before=account, after=account)


def test_a_posting_is_a_value() -> None:
    assert Posting(ledger_account="x", amount=Decimal("1.0")) == Posting(ledger_account="x", amount=Decimal(1))


def reset(start: str = "70") -> tuple[Movement, Portfolio, Portfolio]:
    """A reset, and the account before and after it."""
    before = make_portfolio()
    change = RunChange(run_id=5, start_amount=Decimal(start), reason="r", author="a", request_key="k")
    movement = accounting.reset_account(before, change, at=after(minutes=1))
    return movement, before, before.apply(movement, at=after(minutes=1))


@pytest.mark.requirement("R16")
def test_a_reset_in_order_passes() -> None:
    movement, before, after_ = reset()
    entries, _ = seal(movement.drafts, head=HEAD, total=before.wallet.total, locked=before.wallet.locked)
    check(entries, before, after_)
    check_account(after_)
    ended = before.ended_by(movement, at=after(minutes=1))
    assert ended is not None
    check_ended_run(ended, next_run=after_.run)
    assert (ended.totals.reset, ended.totals.opening) == (before.wallet.total, before.wallet.total)
    assert (after_.totals, after_.run.id) == (RunTotals(opening=Decimal(70)), 5)


def test_an_entry_of_a_reset_in_a_third_run_is_never_written() -> None:
    movement, before, after_ = reset()
    drafts = (movement.drafts[0], replace(movement.drafts[1], run_id=3))
    entries, _ = seal(drafts, head=HEAD, total=before.wallet.total, locked=before.wallet.locked)
    with pytest.raises(InvariantError, match="I13"):
        check(entries, before, after_)


def test_an_entry_of_the_run_before_after_the_next_has_begun_is_never_written() -> None:
    movement, before, after_ = reset()
    entries, _ = seal(reversed(movement.drafts), head=HEAD, total=before.wallet.total, locked=before.wallet.locked)
    with pytest.raises(InvariantError, match="I13"):
        check(entries, before, after_)


def test_a_run_never_ends_with_something_left_in_it_or_before_itself() -> None:
    movement, before, after_ = reset()
    ended = before.ended_by(movement, at=after(minutes=1))
    assert ended is not None
    rich = EndedRun(run=ended.run, totals=replace(ended.totals, fees=Decimal(1)))
    with pytest.raises(InvariantError, match="I12"):
        check_ended_run(rich, next_run=after_.run)
    for next_run in (
        replace(after_.run, id=ended.run.id),
        replace(after_.run, account_id=9),
        replace(after_.run, ended_at=after(minutes=2)),
    ):
        with pytest.raises(InvariantError, match="I13"):
            check_ended_run(ended, next_run=next_run)
