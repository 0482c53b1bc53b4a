"""The life of an order, and the levels its protection gives a position."""

from decimal import Decimal
from itertools import product

import pytest

from desktop_trader.domain.errors import InvariantError
from desktop_trader.domain.order import NO_PROTECTION, Direction, OrderSide, OrderStatus, Protection
from tests.builders import SPOT, SWAP, after, make_order

S = OrderStatus
LEGAL = {
    S.INTENT: {S.SENT, S.NOT_PLACED, S.CANCELED},
    S.SENT: {
        S.OPEN,
        S.PARTIALLY_FILLED,
        S.FILLED,
        S.REJECTED,
        S.UNKNOWN,
        S.CANCELED,
        S.EXPIRED,
        S.NOT_PLACED,
    },
    S.OPEN: {S.PARTIALLY_FILLED, S.FILLED, S.REJECTED, S.UNKNOWN, S.CANCELED, S.EXPIRED},
    S.PARTIALLY_FILLED: {S.PARTIALLY_FILLED, S.FILLED, S.REJECTED, S.UNKNOWN, S.CANCELED, S.EXPIRED},
    S.UNKNOWN: {S.OPEN, S.PARTIALLY_FILLED, S.FILLED, S.REJECTED, S.CANCELED, S.EXPIRED, S.NOT_PLACED},
}


@pytest.mark.parametrize(("before", "after_"), list(product(S, S)))
def test_an_order_takes_legal_steps_only(before: OrderStatus, after_: OrderStatus) -> None:
    order = make_order(status=before, detail="as before")
    if after_ in LEGAL.get(before, ()):
        moved = order.moved_to(after_, at=after(minutes=3))
        assert (moved.status, moved.updated_at, moved.detail) == (after_, after(minutes=3), "as before")
        assert order.status is before
    else:
        with pytest.raises(InvariantError, match=f"order 1 cannot go from {before} to {after_}"):
            order.moved_to(after_, at=after(minutes=3))


@pytest.mark.parametrize("status", list(S))
def test_live_is_what_has_a_next_step(status: OrderStatus) -> None:
    assert status.is_live is (status in LEGAL)


def test_an_unknown_order_is_never_sent_again() -> None:
    assert S.SENT not in LEGAL[S.UNKNOWN]
    assert all(S.SENT not in steps for status, steps in LEGAL.items() if status is not S.INTENT)


def test_fills_add_up_to_the_quantity_and_then_the_order_is_filled() -> None:
    order = make_order(quantity=Decimal("1.5"), reserve=Decimal(200))
    partly = order.filled_by(Decimal("0.5"), at=after(minutes=1), position_id=7, reserve=Decimal(100))
    assert (partly.status, partly.filled_quantity, partly.remaining_quantity) == (S.PARTIALLY_FILLED, Decimal("0.5"), 1)
    assert (partly.position_id, partly.reserve) == (7, 100)
    done = partly.filled_by(Decimal(1), at=after(minutes=2), position_id=7)
    assert (done.status, done.remaining_quantity, done.reserve) == (S.FILLED, 0, 0)


@pytest.mark.parametrize("quantity", ["1.00001", "0", "-1"])
def test_a_fill_beyond_what_remains_is_refused(quantity: str) -> None:
    with pytest.raises(InvariantError):
        make_order().filled_by(Decimal(quantity), at=after(minutes=1), position_id=7)


def test_an_ended_order_takes_no_fill() -> None:
    with pytest.raises(InvariantError):
        make_order(status=S.CANCELED).filled_by(Decimal(1), at=after(minutes=1), position_id=7)


@pytest.mark.parametrize(
    ("side", "is_exit", "direction"),
    [
        (OrderSide.BUY, False, Direction.LONG),
        (OrderSide.SELL, False, Direction.SHORT),
        (OrderSide.SELL, True, Direction.LONG),
        (OrderSide.BUY, True, Direction.SHORT),
    ],
)
def test_an_order_knows_the_direction_of_its_position(side: OrderSide, is_exit: bool, direction: Direction) -> None:
    assert make_order(side=side, is_exit=is_exit).direction is direction


def test_sides_and_directions_have_opposites() -> None:
    assert OrderSide.BUY.opposite is OrderSide.SELL
    assert OrderSide.SELL.opposite is OrderSide.BUY
    assert (Direction.LONG.sign, Direction.SHORT.sign) == (1, -1)
    assert (Direction.LONG.entry_side, Direction.SHORT.entry_side) == (OrderSide.BUY, OrderSide.SELL)


@pytest.mark.parametrize(
    ("direction", "fill", "stop", "target"),
    [
        # 2 % and 4 % of the fill, to the cent towards the fill
        (Direction.LONG, "45000", "44100", "46800"),
        (Direction.SHORT, "45000", "45900", "43200"),
        (Direction.LONG, "33.33", "32.67", "34.66"),  # 32.6634 up, 34.6632 down
        (Direction.SHORT, "33.33", "33.99", "32.00"),  # 33.9966 down, 31.9968 up
        (Direction.LONG, "0.01", "0.01", "0.01"),
    ],
)
def test_levels_in_percent_are_rounded_to_the_tick_towards_the_fill(
    direction: Direction, fill: str, stop: str, target: str
) -> None:
    protection = Protection(stop_loss_percent=Decimal(2), take_profit_percent=Decimal(4))
    price = Decimal(fill)
    assert protection.stop_price(price, direction, instrument=SWAP) == Decimal(stop)
    assert protection.target_price(price, direction, instrument=SWAP) == Decimal(target)


def test_levels_given_as_prices_stay_as_they_are() -> None:
    protection = Protection(stop_loss=Decimal("44000.5"), take_profit=Decimal(47000))
    assert protection.stop_price(Decimal(1), Direction.LONG, instrument=SPOT) == Decimal("44000.5")
    assert protection.target_price(Decimal(1), Direction.LONG, instrument=SPOT) == 47000


def test_without_protection_there_are_no_levels() -> None:
    assert NO_PROTECTION.stop_price(Decimal(1), Direction.LONG, instrument=SPOT) is None
    assert NO_PROTECTION.target_price(Decimal(1), Direction.LONG, instrument=SPOT) is None
