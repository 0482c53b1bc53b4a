"""How people are told of a market, of the way back to it, and of what is open on it."""

import pytest

from desktop_trader.messages.market_name import held_text, market_name, market_options

REPLAY = "replay:85486b44aa:BTC/USDT:USDT:1h"


def test_a_market_is_named_and_so_is_the_way_to_it() -> None:
    assert market_name("simulated:1:3") == "the simulated market (seed 3)"
    assert market_options("simulated:1:3") == "--market simulated --seed 3"
    assert market_name(REPLAY) == "the replay of BTC/USDT:USDT 1h (85486b44)"
    assert market_options(REPLAY) == "--market replay:FILE.csv --symbol BTC/USDT:USDT --timeframe 1h"
    assert (market_name("moon"), market_options("moon")) == ("moon", "")


@pytest.mark.parametrize(
    ("source_id", "name", "options"),
    [
        ("exchange:coinex", "CoinEx", "--market coinex"),
        ("exchange:okx", "OKX", "--market okx"),
        ("exchange:bitvavo", "bitvavo", "--market bitvavo"),
        (
            "exchange:coinex@127.0.0.1:8800",
            "CoinEx at 127.0.0.1:8800",
            "--market coinex --exchange-url http://127.0.0.1:8800",
        ),
        ("exchange:gate@[::1]:9", "Gate at [::1]:9", "--market gate --exchange-url http://[::1]:9"),
        ("exchange:gate@localhost", "Gate at localhost", "--market gate --exchange-url http://localhost"),
        (
            "exchange:kraken@sandbox.example.com",
            "Kraken at sandbox.example.com",
            "--market kraken --exchange-url https://sandbox.example.com",
        ),
    ],
)
def test_an_exchange_is_named_with_its_address_where_that_is_not_its_own(
    source_id: str, name: str, options: str
) -> None:
    assert market_name(source_id) == name
    assert market_options(source_id) == options


@pytest.mark.parametrize(
    ("positions", "orders", "text"),
    [
        (0, 0, ""),
        (1, 0, "1 open position"),
        (0, 2, "2 open orders"),
        (3, 1, "3 open positions and 1 open order"),
    ],
)
def test_what_is_held_is_counted_in_words(positions: int, orders: int, text: str) -> None:
    assert held_text(positions, orders) == text
