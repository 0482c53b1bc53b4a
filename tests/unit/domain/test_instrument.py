"""Symbols, grids, notional and fees."""

from dataclasses import replace
from decimal import Decimal

import pytest

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.fees import trading_fee
from desktop_trader.domain.instrument import parse_symbol
from tests.builders import SPOT, SWAP


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        ("BTC/USDT", "BTC/USDT"),
        ("btc/usdt", "BTC/USDT"),
        (" BTC/USDT ", "BTC/USDT"),
        ("BTCUSDT", "BTC/USDT"),
        ("ethbtc", "ETH/BTC"),
        ("SOLUSDC", "SOL/USDC"),
        ("XRPEUR", "XRP/EUR"),
        ("1000PEPEUSDT", "1000PEPE/USDT"),
        ("BTC/USDT:USDT", "BTC/USDT:USDT"),
    ],
)
def test_symbols_are_understood(text: str, symbol: str) -> None:
    assert parse_symbol(text) == symbol


@pytest.mark.parametrize(
    "text",
    ["", "BTC", "USDT", "BTC/", "/USDT", "BTC-USDT", "BTC/USDT/EUR", "BTC/USDT:", "BTC/US DT", "ВТС/USDT", "../x"],
)
def test_what_is_no_symbol_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidInputError, match="write it as BTC/USDT"):
        parse_symbol(text)


def test_only_swaps_go_short() -> None:
    assert not SPOT.allows_short
    assert SWAP.allows_short


def test_the_notional_counts_the_contract_size() -> None:
    contract = replace(SWAP, contract_size=Decimal("0.001"))
    assert contract.notional(Decimal(3), Decimal("45000.5")) == Decimal("135.0015")
    assert SPOT.notional(Decimal("0.00001"), Decimal("45000.01")) == Decimal("0.4500001")


@pytest.mark.parametrize(("value", "is_on_it"), [("0.00001", True), ("0.000015", False), ("0", False), ("-1", False)])
def test_the_quantity_grid_holds_positive_multiples_of_the_lot(value: str, is_on_it: bool) -> None:
    assert SPOT.is_on_quantity_grid(Decimal(value)) is is_on_it


@pytest.mark.parametrize(("value", "is_on_it"), [("0.01", True), ("45000.015", False), ("0", False), ("-0.01", False)])
def test_the_price_grid_holds_positive_multiples_of_the_tick(value: str, is_on_it: bool) -> None:
    assert SPOT.is_on_price_grid(Decimal(value)) is is_on_it


def test_quantities_go_down_to_the_lot_and_prices_both_ways_to_the_tick() -> None:
    assert SPOT.round_quantity(Decimal("0.123459")) == Decimal("0.12345")
    assert SPOT.round_quantity(Decimal("0.000009")) == 0
    assert SPOT.round_price_down(Decimal("100.019")) == Decimal("100.01")
    assert SPOT.round_price_up(Decimal("100.011")) == Decimal("100.02")
    assert SPOT.round_price_up(Decimal("100.01")) == Decimal("100.01")


@pytest.mark.parametrize(
    ("quantity", "price", "is_maker", "fee"),
    [
        ("1", "45000", False, "45"),
        ("1", "45000", True, "22.5"),
        ("0.00001", "45000.01", False, "0.00045001"),
        ("0.00001", "0.01", False, "0.00000001"),
        ("0.00001", "45000.01", True, "0.00022501"),
    ],
)
def test_fees_are_rounded_up_to_the_last_unit(quantity: str, price: str, is_maker: bool, fee: str) -> None:
    assert trading_fee(SPOT, Decimal(quantity), price=Decimal(price), is_maker=is_maker) == Decimal(fee)
