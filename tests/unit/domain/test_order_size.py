"""How large an order is that may cost so much."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_trader.domain.entry_rules import EntryWish
from desktop_trader.domain.instrument import Instrument, InstrumentKind
from desktop_trader.domain.order import Direction
from desktop_trader.domain.order_size import part_of, quantity_for_budget, quantity_for_margin


def make_swap(*, lot: str = "0.001", contract_size: str = "1") -> Instrument:
    return Instrument(
        symbol="BTC/USDT:USDT",
        base="BTC",
        quote="USDT",
        settle="USDT",
        kind=InstrumentKind.SWAP,
        tick_size=Decimal("0.1"),
        lot_size=Decimal(lot),
        minimum_notional=Decimal(5),
        maker_fee_rate=Decimal("0.0002"),
        taker_fee_rate=Decimal("0.0005"),
        contract_size=Decimal(contract_size),
    )


@pytest.mark.parametrize(
    ("margin", "leverage", "quantity"),
    [("100", 10, "0.022"), ("100", 1, "0.002"), ("0", 10, "0"), ("4.49", 10, "0")],
)
def test_a_margin_buys_as_much_as_its_leverage_carries_down_to_the_lot(
    margin: str, leverage: int, quantity: str
) -> None:
    bought = quantity_for_margin(make_swap(), Decimal(margin), price=Decimal(45_000), leverage=leverage)
    assert bought == Decimal(quantity)


def test_a_contract_of_many_coins_is_counted_in_contracts() -> None:
    swap = make_swap(lot="1", contract_size="0.01")
    assert quantity_for_margin(swap, Decimal(900), price=Decimal(45_000), leverage=5) == 10


def test_a_part_of_a_position_is_on_the_lot_and_the_whole_is_whole() -> None:
    swap = make_swap()
    assert part_of(swap, Decimal("0.015"), percent=Decimal(50)) == Decimal("0.007")
    assert part_of(swap, Decimal("0.0155"), percent=Decimal(100)) == Decimal("0.0155")


@given(
    budget=st.decimals(min_value=0, max_value=10**6, places=8),
    price=st.decimals(min_value="0.1", max_value=10**6, places=1),
    leverage=st.integers(1, 125),
    lot=st.sampled_from(["1", "0.001", "0.00000001"]),
)
def test_an_order_of_a_budget_can_be_paid_from_it_and_one_lot_more_can_not(
    budget: Decimal, price: Decimal, leverage: int, lot: str
) -> None:
    swap = make_swap(lot=lot)

    def reserve(quantity: Decimal) -> Decimal:
        return EntryWish(
            instrument=swap, direction=Direction.LONG, quantity=quantity, price=price, leverage=leverage
        ).reserve

    quantity = quantity_for_budget(swap, budget, price=price, leverage=leverage)
    assert quantity % swap.lot_size == 0
    assert quantity == 0 or reserve(quantity) <= budget
    # Two amounts are rounded up, each by less than 10^-8.
    assert reserve(quantity + swap.lot_size) + Decimal("0.00000002") > budget
