"""Worked examples that two exchanges publish, recomputed with our formulas.

Where an exchange's convention is another than ours the test says which, and what follows from it.
"""

from dataclasses import replace
from decimal import Decimal

import pytest

from desktop_trader.domain.cross_margin import cross_health, cross_liquidation_price
from desktop_trader.domain.funding import funding_amount
from desktop_trader.domain.margin import bankruptcy_price, initial_margin, liquidation_price, maintenance_margin
from desktop_trader.domain.margin_brackets import bracket_of, make_brackets
from desktop_trader.domain.market import FundingRate
from desktop_trader.domain.money import ZERO
from desktop_trader.domain.order import Direction, MarginMode
from desktop_trader.domain.pnl import unrealized_pnl
from desktop_trader.domain.position import Position
from tests.builders import SWAP, after, make_portfolio, make_position

pytestmark = pytest.mark.requirement("R34")
LONG, SHORT = Direction.LONG, Direction.SHORT

# ------------------------------------------------------------------------------------------------------ Binance
# Its support page "How to Calculate Liquidation Price of USDⓈ-M Futures Contracts", b3c689c1f50a44cabb3a84e663b81d93:
# a cross wallet of 1,535,443.01 USDT holds 3,683.979 ETH bought at 1,456.84 (mark 1,335.18) and 109.488 BTC bought
# at 32,481.98 (mark 31,967.27). Its tables of that time are those below ("Leverage and Margin of USDⓈ-M Futures", page
# 360033162192).
WALLET = Decimal("1535443.01")
BTC = replace(
    SWAP,
    symbol="BTC/USDT:USDT",
    brackets=make_brackets(
        (
            (Decimal(50_000), 125, Decimal("0.004")),
            (Decimal(250_000), 100, Decimal("0.005")),
            (Decimal(1_000_000), 50, Decimal("0.01")),
            (Decimal(10_000_000), 20, Decimal("0.025")),
            (Decimal(20_000_000), 10, Decimal("0.05")),
            (None, 5, Decimal("0.1")),
        )
    ),
)
ETH = replace(
    SWAP,
    symbol="ETH/USDT:USDT",
    base="ETH",
    brackets=make_brackets(
        (
            (Decimal(10_000), 100, Decimal("0.005")),
            (Decimal(100_000), 75, Decimal("0.0065")),
            (Decimal(500_000), 50, Decimal("0.01")),
            (Decimal(1_000_000), 25, Decimal("0.02")),
            (Decimal(2_000_000), 10, Decimal("0.05")),
            (Decimal(5_000_000), 5, Decimal("0.1")),
            (None, 4, Decimal("0.125")),
        )
    ),
)
MARKS = {"BTC/USDT:USDT": Decimal("31967.27"), "ETH/USDT:USDT": Decimal("1335.18")}
INSTRUMENTS = {BTC.symbol: BTC, ETH.symbol: ETH}


def binance_position(number: int, symbol: str, quantity: str, *, price: str, mode: MarginMode) -> Position:
    """Return one of the two positions; margin does not matter to the cross formula, which takes the whole wallet."""
    return make_position(
        LONG,
        id=number,
        symbol=symbol,
        quantity=quantity,
        price=price,
        leverage=20,
        margin=WALLET if mode is MarginMode.ISOLATED else ZERO,
        margin_mode=mode,
    )


def binance_btc(mode: MarginMode = MarginMode.CROSS) -> Position:
    return binance_position(1, BTC.symbol, "109.488", price="32481.980", mode=mode)


def binance_eth(mode: MarginMode = MarginMode.CROSS) -> Position:
    return binance_position(2, ETH.symbol, "3683.979", price="1456.84", mode=mode)


def test_binance_maintenance_amounts_follow_from_the_caps_and_rates_of_the_table() -> None:
    amounts = [bracket.maintenance_amount for bracket in BTC.brackets]
    assert amounts == [0, 50, 1_300, 16_300, 266_300, 1_266_300]
    assert bracket_of(ETH.brackets, Decimal(4_000_000)).maintenance_amount == 135_365


def test_binance_maintenance_margins_and_unrealized_pnl_of_the_example() -> None:
    btc, eth = binance_btc(), binance_eth()
    btc_value = BTC.notional(btc.quantity, MARKS[BTC.symbol])
    eth_value = ETH.notional(eth.quantity, MARKS[ETH.symbol])
    assert btc_value.quantize(Decimal("0.001")) == Decimal("3500032.458")
    assert eth_value.quantize(Decimal("0.001")) == Decimal("4918775.081")
    assert maintenance_margin(btc_value, BTC).quantize(Decimal("0.00001")) == Decimal("71200.81144")
    assert maintenance_margin(eth_value, ETH).quantize(Decimal("0.001")) == Decimal("356512.508")
    assert unrealized_pnl(btc, MARKS[BTC.symbol]).quantize(Decimal("0.01")) == Decimal("-56354.57")
    assert unrealized_pnl(eth, MARKS[ETH.symbol]).quantize(Decimal("0.01")) == Decimal("-448192.89")


def test_binance_liquidation_prices_of_the_cross_example() -> None:
    """26,316.89 and 1,153.26, published to the nearest tick; ours is the one that acts earlier."""
    portfolio = make_portfolio(WALLET, positions=[binance_btc(), binance_eth()])
    found = [
        cross_liquidation_price(portfolio, position, marks=MARKS, instruments=INSTRUMENTS)
        for position in portfolio.positions.values()
    ]
    assert found == [Decimal("26316.90"), Decimal("1153.26")]
    health = cross_health(portfolio, MARKS, instruments=INSTRUMENTS)
    assert health is not None
    assert not health.is_liquidated
    assert health.first_to_close == 2


@pytest.mark.parametrize(("position", "instrument", "published"), [
    (binance_btc(MarginMode.ISOLATED), BTC, "18778.73"),
    (binance_eth(MarginMode.ISOLATED), ETH, "1114.78"),
])  # fmt: skip
def test_binance_liquidation_prices_if_the_same_money_stood_for_one_position_alone(
    position: Position, instrument: object, published: str
) -> None:
    """With the other contract left out (TMM = UPNL = 0), as the article says of isolated margin."""
    assert instrument in (BTC, ETH)
    level = liquidation_price(position, BTC if instrument is BTC else ETH)
    assert level is not None
    assert Decimal(0) <= level - Decimal(published) <= Decimal("0.01")


# -------------------------------------------------------------------------------------------------------- Bybit
# Its help center, article "Liquidation Price (USDT Contract)", also as it was earlier (900000181046). It takes the
# maintenance margin of the value at the *entry* there, we that of the value at the mark, as Binance does; so that our
# level lies lower by (entry - level) x sign x rate / (1 - sign x rate), which is computed here and all the difference.
HALF_PERCENT = make_brackets(((None, 100, Decimal("0.005")),))
BYBIT = replace(SWAP, brackets=HALF_PERCENT, tick_size=Decimal("0.00000001"))


@pytest.mark.parametrize(
    ("direction", "entry", "leverage", "published"),
    [(LONG, 20_000, 50, 19_700), (LONG, 10_000, 50, 9_850), (SHORT, 8_000, 40, 8_160)],
)
def test_bybit_isolated_liquidation_prices(direction: Direction, entry: int, leverage: int, published: int) -> None:
    margin = initial_margin(Decimal(entry), leverage)
    at_entry = maintenance_margin(Decimal(entry), BYBIT)
    sign = direction.sign
    assert entry - sign * (margin - at_entry) == published
    level = liquidation_price(make_position(direction, price=entry, leverage=leverage, margin=margin), BYBIT)
    assert level is not None
    rate = Decimal("0.005")
    difference = sign * (entry - published) * rate / (1 - sign * rate)
    assert abs(level - (published - difference)) <= Decimal("0.00000002")


def test_bybit_initial_and_maintenance_margin_of_the_first_example() -> None:
    assert initial_margin(Decimal(20_000), 50) == 400
    assert maintenance_margin(Decimal(20_000), BYBIT) == 100


def test_bybit_bankruptcy_price() -> None:
    """Help center, "Bankruptcy Price (USDT Contract)": 1 BTC long at 10,000 with 50x is worth nothing at 9,800.

    Bybit leaves the fee of the close out; it is what our liquidations do, whose fee is only what is left.
    """
    position = make_position(LONG, price=10_000, leverage=50, margin=Decimal(200))
    assert bankruptcy_price(position, BYBIT, fee_rate=ZERO) == 9_800


def test_bybit_maintenance_margin_is_charged_tier_by_tier() -> None:
    """Help center, "Maintenance Margin (USDT Contract)": tiers of 1,000 USDT from 2 % on, half a percent more each.

    A position of 100 contracts at 35 with 10x: each tier is charged at its own rate, which is the same as one rate less
    a deduction.
    """
    tiers = make_brackets(
        (
            (Decimal(1_000), 50, Decimal("0.02")),
            (Decimal(2_000), 40, Decimal("0.025")),
            (Decimal(3_000), 33, Decimal("0.03")),
            (Decimal(4_000), 28, Decimal("0.035")),
            (None, 25, Decimal("0.04")),
        )
    )
    value = Decimal(100) * 35
    by_tier = 1_000 * Decimal("0.02") + 1_000 * Decimal("0.025") + 1_000 * Decimal("0.03") + 500 * Decimal("0.035")
    assert maintenance_margin(value, replace(SWAP, brackets=tiers)) == by_tier
    assert initial_margin(value, 10) == 350


# ------------------------------------------------------------------------------------------------------ funding
@pytest.mark.parametrize(
    ("direction", "rate", "amount"),
    [(LONG, "0.0001", -8), (SHORT, "0.0001", 8), (LONG, "-0.0001", 8), (SHORT, "-0.0001", -8)],
)
def test_funding_is_the_value_at_the_mark_times_the_rate_on_both(direction: Direction, rate: str, amount: int) -> None:
    """Bybit, "Funding Fee Calculation": position value x rate, longs pay while it is positive, with any leverage.

    Binance, "Introduction to Binance Futures Funding Rates" (faq 360033525031): nominal value at the mark x rate.
    """
    for leverage in (1, 100):
        position = make_position(direction, quantity=10, price=7_500, leverage=leverage, symbol=SWAP.symbol)
        funding = FundingRate(symbol=SWAP.symbol, at=after(days=1), rate=Decimal(rate), mark_price=Decimal(8_000))
        assert funding_amount(position, funding) == amount
