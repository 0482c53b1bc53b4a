"""Lots: how they grow, shrink and what they earn."""

from decimal import Decimal

import pytest

from desktop_trader.domain.errors import InvariantError
from desktop_trader.domain.order import Direction, OrderReason, OrderSide
from desktop_trader.domain.pnl import realized_pnl, unrealized_pnl
from tests.builders import after, make_fill, make_position

BUY, SELL = OrderSide.BUY, OrderSide.SELL


def test_the_entry_price_is_the_exact_average_of_the_entry_fills() -> None:
    position = make_position(quantity=1, price=100)
    grown = position.increased_by(make_fill(BUY, 2, 103, fee=Decimal("0.2")), margin=Decimal(206))
    assert (grown.quantity, grown.entry_quantity, grown.entry_cost) == (3, 3, 306)
    assert grown.entry_price == 102
    assert (grown.margin, grown.fees) == (306, Decimal("0.2"))


def test_an_average_that_does_not_end_is_derived_from_the_exact_cost() -> None:
    position = make_position(quantity=1, price=100).increased_by(make_fill(BUY, 2, 101), margin=Decimal(202))
    assert position.entry_cost == 302
    assert position.entry_price.quantize(Decimal("1E-20")) == Decimal("100.66666666666666666667")


def test_closing_in_parts_sums_up_to_the_whole() -> None:
    position = make_position(quantity=3, price=100)
    first = position.reduced_by(
        make_fill(SELL, 1, 110, realized_pnl=Decimal(10), fee=Decimal("0.1")),
        margin=Decimal(100),
        reason=OrderReason.MANUAL,
    )
    assert (first.quantity, first.margin, first.realized_pnl, first.fees) == (2, 200, 10, Decimal("0.1"))
    assert first.is_open
    assert (first.closed_at, first.close_reason) == (None, None)
    assert (first.entry_quantity, first.entry_price) == (3, 100)
    last = first.reduced_by(
        make_fill(SELL, 2, 95, realized_pnl=Decimal(-10), at=after(minutes=9)),
        margin=Decimal(200),
        reason=OrderReason.STOP_LOSS,
    )
    assert (last.quantity, last.margin, last.realized_pnl) == (0, 0, 0)
    assert not last.is_open
    assert (last.closed_at, last.close_reason) == (after(minutes=9), OrderReason.STOP_LOSS)


def test_no_more_is_closed_than_is_open() -> None:
    with pytest.raises(InvariantError, match=r"closing 1\.1 of 1"):
        make_position().reduced_by(make_fill(SELL, "1.1", 100), margin=Decimal(100), reason=OrderReason.MANUAL)


@pytest.mark.parametrize(
    "fill", [make_fill(SELL, 1, 100), make_fill(BUY, 1, 100, symbol="ETH/USDT"), make_fill(BUY, 0, 100)]
)
def test_a_foreign_fill_does_not_enter_a_position(fill: object) -> None:
    with pytest.raises(InvariantError, match="does not belong"):
        make_position().increased_by(fill, margin=Decimal(1))  # type: ignore[arg-type]


def test_a_fill_of_the_entry_side_does_not_leave_a_position() -> None:
    with pytest.raises(InvariantError, match="does not belong"):
        make_position().reduced_by(make_fill(BUY, 1, 100), margin=Decimal(1), reason=OrderReason.MANUAL)


@pytest.mark.parametrize(
    ("direction", "entry", "exit_", "quantity", "pnl"),
    [
        (Direction.LONG, "45000", "46500", "0.1", "150"),
        (Direction.LONG, "45000", "44100", "0.1", "-90"),
        (Direction.SHORT, "45000", "44100", "0.1", "90"),
        (Direction.SHORT, "45000", "46500", "0.1", "-150"),
        (Direction.LONG, "100", "100", "1", "0"),
        (Direction.LONG, "0.000333333", "0.000333334", "1.5", "0"),  # 1.5e-9 of gain: down to nothing
        (Direction.SHORT, "0.000333333", "0.000333334", "1.5", "-0.00000001"),  # of loss: down to one unit
    ],
)
def test_what_a_position_earns(direction: Direction, entry: str, exit_: str, quantity: str, pnl: str) -> None:
    position = make_position(direction, quantity=quantity, price=entry)
    assert realized_pnl(position, Decimal(quantity), exit_price=Decimal(exit_)) == Decimal(pnl)
    assert unrealized_pnl(position, Decimal(exit_)) == Decimal(pnl)


def test_a_part_earns_its_share() -> None:
    position = make_position(quantity=3, price=100)
    assert realized_pnl(position, Decimal(1), exit_price=Decimal(110)) == 10
    half_closed = position.reduced_by(make_fill(SELL, 1, 110), margin=Decimal(100), reason=OrderReason.MANUAL)
    assert unrealized_pnl(half_closed, Decimal(110)) == 20


def test_the_contract_size_counts() -> None:
    position = make_position(quantity=10, price=45_000, contract_size=Decimal("0.001"), entry_cost=Decimal(450))
    assert position.entry_price == 45_000
    assert unrealized_pnl(position, Decimal(46_000)) == 10
