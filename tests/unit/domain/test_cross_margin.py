"""Cross positions stand together: what answers for them, and where they fall."""

from dataclasses import replace
from decimal import Decimal

import pytest

from desktop_trader.domain.cross_margin import (
    cover_of_exit,
    cross_health,
    cross_liquidation_price,
    free_collateral,
)
from desktop_trader.domain.order import Direction, MarginMode
from desktop_trader.domain.portfolio import Portfolio
from tests.builders import SPOT, SWAP, Number, make_order, make_portfolio, make_position, number

LONG, SHORT = Direction.LONG, Direction.SHORT
CROSS = MarginMode.CROSS
ETH = replace(SWAP, symbol="ETH/USDT:USDT", base="ETH")
INSTRUMENTS = {SWAP.symbol: SWAP, ETH.symbol: ETH, SPOT.symbol: SPOT}


def account(total: Number, *, with_isolated: bool = False) -> Portfolio:
    """A long of 1 BTC at 1,000 and a short of 2 ETH at 100, both cross at 10x, and perhaps an isolated long."""
    positions = [
        make_position(LONG, id=1, symbol=SWAP.symbol, price=1000, leverage=10, margin=number(100), margin_mode=CROSS),
        make_position(
            SHORT, id=2, symbol=ETH.symbol, quantity=2, price=100, leverage=10, margin=number(20), margin_mode=CROSS
        ),
    ]
    if with_isolated:
        positions.append(make_position(LONG, id=3, symbol=SWAP.symbol, price=1000, leverage=10, margin=number(100)))
    return make_portfolio(total, positions=positions)


def marks(btc: Number, eth: Number) -> dict[str, Decimal]:
    return {SWAP.symbol: number(btc), ETH.symbol: number(eth)}


def test_what_answers_is_what_is_available_with_margins_and_results_of_the_cross_positions() -> None:
    health = cross_health(account(300), marks(950, 110), instruments=INSTRUMENTS)
    assert health is not None
    assert (health.balance, health.unrealized, health.answering) == (300, -70, 230)
    assert health.maintenance == Decimal("4.75") + Decimal("1.1")
    assert not health.is_liquidated
    assert health.margin_percent == Decimal("5.85") / 230 * 100


def test_margins_of_isolated_positions_and_reserves_of_orders_do_not_answer() -> None:
    portfolio = account(500, with_isolated=True)
    order = make_order(reserve=Decimal(50))
    portfolio = replace(
        portfolio, orders={1: order}, wallet=replace(portfolio.wallet, locked=portfolio.wallet.locked + 50)
    )
    health = cross_health(portfolio, marks(950, 110), instruments=INSTRUMENTS)
    assert health is not None
    assert health.balance == 500 - 100 - 50
    assert health.unrealized == -70


def test_the_largest_loss_goes_first_and_the_oldest_of_equal_ones() -> None:
    def first(btc: Number, eth: Number) -> int | None:
        health = cross_health(account(300), marks(btc, eth), instruments=INSTRUMENTS)
        assert health is not None
        return health.first_to_close

    assert first(900, 110) == 1
    assert first(995, 110) == 2
    assert first(980, 110) == 1
    assert first(1100, 90) == 2  # both win; the smaller gain


@pytest.mark.parametrize(("btc", "falls"), [("704.53", False), ("704.52", True), ("600", True)])
def test_the_account_falls_when_what_answers_is_no_more_than_maintenance(btc: str, falls: bool) -> None:
    # 300 + (p - 1000) = 0.005 p + 1 with ETH where it was bought: p = 701 / 0.995 = 704.5226...
    health = cross_health(account(300), marks(btc, 100), instruments=INSTRUMENTS)
    assert health is not None
    assert health.is_liquidated is falls
    assert (health.margin_percent == 100) is health.is_liquidated


def test_the_liquidation_price_is_that_if_only_this_symbol_moves() -> None:
    portfolio = account(300)
    btc, eth = portfolio.positions[1], portfolio.positions[2]
    assert cross_liquidation_price(portfolio, btc, marks=marks(1, 100), instruments=INSTRUMENTS) == Decimal("704.53")
    # 300 - 2 (p - 100) = 0.005 x 2p + 5 with BTC where it was bought: p = 495 / 2.01 = 246.268...
    found = cross_liquidation_price(portfolio, eth, marks=marks(1000, 1), instruments=INSTRUMENTS)
    assert found == Decimal("246.26")


def test_lots_of_one_symbol_fall_together() -> None:
    twins = [
        make_position(
            LONG, id=each, symbol=SWAP.symbol, price=price, leverage=10, margin=number(100), margin_mode=CROSS
        )
        for each, price in ((1, 1000), (2, 900))
    ]
    portfolio = make_portfolio(400, positions=twins)
    levels = {cross_liquidation_price(portfolio, each, marks={}, instruments=INSTRUMENTS) for each in twins}
    assert levels == {Decimal("753.77")}  # 400 + 2p - 1900 = 0.01 p: p = 1500 / 1.99 = 753.768...


def test_with_more_money_than_everything_can_lose_there_is_no_price() -> None:
    portfolio = account(5000)
    assert (
        cross_liquidation_price(portfolio, portfolio.positions[1], marks=marks(1, 100), instruments=INSTRUMENTS) is None
    )


def test_while_a_mark_or_the_rules_are_unknown_nothing_is_said() -> None:
    portfolio = account(300)
    only_btc = {SWAP.symbol: number(900)}
    assert cross_health(portfolio, only_btc, instruments=INSTRUMENTS) is None
    assert cross_health(portfolio, marks(900, 100), instruments={SWAP.symbol: SWAP}) is None
    assert free_collateral(portfolio, only_btc) is None
    btc, eth = portfolio.positions[1], portfolio.positions[2]
    assert cross_liquidation_price(portfolio, btc, marks=only_btc, instruments=INSTRUMENTS) is None
    assert cross_liquidation_price(portfolio, btc, marks=marks(1, 1), instruments={SWAP.symbol: SWAP}) is None
    # Its own mark is what is asked for, and need not be known.
    assert cross_liquidation_price(portfolio, eth, marks=only_btc, instruments=INSTRUMENTS) is not None


def test_without_cross_positions_there_is_nothing_to_say() -> None:
    portfolio = make_portfolio(300, positions=[make_position(symbol=SWAP.symbol, margin=number(10), leverage=10)])
    assert cross_health(portfolio, {}, instruments=INSTRUMENTS) is None
    assert free_collateral(portfolio, {}) == 290


@pytest.mark.requirement("R75")
@pytest.mark.parametrize(
    ("btc", "eth", "free"),
    [(1000, 100, 180), (950, 100, 130), (1100, 100, 180), (950, 75, 180), (700, 100, 0)],
)
def test_losses_of_cross_positions_are_not_free_and_gains_are_not_yet(btc: int, eth: int, free: int) -> None:
    assert free_collateral(account(300), marks(btc, eth)) == free


def test_marks_may_be_asked_for_one_by_one() -> None:
    assert free_collateral(account(300), marks(950, 100).get) == 130


@pytest.mark.parametrize(
    ("quantity", "cover"),
    [(3, "100"), (1, "33.33333333"), (2, "66.66666666")],
)
def test_an_isolated_close_may_lose_the_margin_that_it_sets_free(quantity: int, cover: str) -> None:
    position = make_position(SHORT, quantity=3, price=100, leverage=3, margin=number(100))
    portfolio = make_portfolio(1000, positions=[position])
    assert cover_of_exit(portfolio, position, quantity=number(quantity)) == Decimal(cover)


def test_a_cross_close_may_lose_what_is_available_and_the_margins_of_the_others_too() -> None:
    portfolio = account(300, with_isolated=True)
    assert portfolio.wallet.available == 80
    assert cover_of_exit(portfolio, portfolio.positions[1], quantity=number(1)) == 100 + 80 + 20
    assert cover_of_exit(portfolio, portfolio.positions[2], quantity=number(1)) == 10 + 80 + 100


def test_a_long_that_cannot_lose_so_much_has_no_bound() -> None:
    paid = make_position(LONG, price=100)
    assert cover_of_exit(make_portfolio(100, positions=[paid]), paid, quantity=number(1)) is None
