"""What a position locks, and the prices at which the exchange ends it: worked by hand."""

from decimal import Decimal

import pytest

from desktop_trader.domain.margin import bankruptcy_price, initial_margin, liquidation_price
from desktop_trader.domain.order import Direction
from desktop_trader.domain.pnl import unrealized_pnl
from tests.builders import SWAP, make_position

LONG, SHORT = Direction.LONG, Direction.SHORT


@pytest.mark.parametrize(
    ("notional", "leverage", "margin"),
    [("45000", 1, "45000"), ("45000", 10, "4500"), ("100", 3, "33.33333334"), ("0.00000001", 100, "0.00000001")],
)
def test_initial_margin_is_the_notional_by_leverage_rounded_up(notional: str, leverage: int, margin: str) -> None:
    assert initial_margin(Decimal(notional), leverage) == Decimal(margin)


@pytest.mark.parametrize(
    ("direction", "leverage", "price"),
    [
        (LONG, 1, None),  # the price would have to fall to zero
        (LONG, 10, "904.53"),  # (1000 - 100) / 0.995 = 904.522613...: up, earlier
        (LONG, 2, "502.52"),  # (1000 - 500) / 0.995 = 502.512...
        (SHORT, 1, "1990.04"),  # (1000 + 1000) / 1.005 = 1990.049...: down, earlier
        (SHORT, 10, "1094.52"),  # (1000 + 100) / 1.005 = 1094.527...
    ],
)
def test_a_position_is_liquidated_when_half_a_percent_of_its_value_is_left(
    direction: Direction, leverage: int, price: str | None
) -> None:
    position = make_position(direction, price=1000, leverage=leverage, margin=Decimal(1000) / leverage)
    level = liquidation_price(position, SWAP)
    assert level == (None if price is None else Decimal(price))
    if level is None:
        return
    tick = SWAP.tick_size * direction.sign
    left = position.margin + unrealized_pnl(position, level)
    a_tick_later = position.margin + unrealized_pnl(position, level - tick)
    assert left >= level * Decimal("0.005")
    assert a_tick_later < (level - tick) * Decimal("0.005")


@pytest.mark.parametrize(("direction", "leverage"), [(LONG, 2), (LONG, 10), (LONG, 33), (SHORT, 1), (SHORT, 10)])
def test_at_the_bankruptcy_price_margin_covers_loss_and_fee_and_a_tick_later_it_does_not(
    direction: Direction, leverage: int
) -> None:
    position = make_position(
        direction, price="1234.56", leverage=leverage, margin=initial_margin(Decimal("1234.56"), leverage)
    )
    price = bankruptcy_price(position, SWAP)

    def left(at: Decimal) -> Decimal:
        return position.margin + unrealized_pnl(position, at) - at * SWAP.taker_fee_rate

    assert left(price) >= 0
    assert left(price - SWAP.tick_size * direction.sign) < 0


def test_liquidation_comes_before_bankruptcy() -> None:
    for direction in Direction:
        position = make_position(direction, price=1000, leverage=10, margin=Decimal(100))
        level = liquidation_price(position, SWAP)
        assert level is not None
        assert (level - bankruptcy_price(position, SWAP)) * direction.sign > 0


def test_a_position_that_was_closed_in_part_keeps_its_levels() -> None:
    whole = make_position(SHORT, quantity=2, price=1000)
    half = make_position(SHORT, quantity=1, price=1000, entry_quantity=Decimal(2), entry_cost=Decimal(2000))
    assert liquidation_price(half, SWAP) == liquidation_price(whole, SWAP)
    assert bankruptcy_price(half, SWAP) == bankruptcy_price(whole, SWAP)
