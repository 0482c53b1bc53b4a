"""When positions are closed by force, at which price, and which of several comes first."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from desktop_trader.domain.market import Bar, PriceSource
from desktop_trader.domain.order import MarginMode, OrderReason, OrderSide, OrderStatus, OrderType
from desktop_trader.messages import commands as c
from desktop_trader.messages.notices import Notice, PositionClosed
from tests.builders import SPOT, SWAP, make_bar, make_quote, number
from tests.engine_rig import only
from tests.fakes import ScriptedFeed
from tests.trading_rig import TradingRig, on_bars, play

OTHER = replace(SWAP, symbol="ETH/USDT:USDT", base="ETH")
LONG = ("quote 100", "long 1 x10", "quote 100")
"""Its margin is 10, and 100 - 10 = 90 = 0.995 x the mark where it is closed by force: 90.46."""


def rig_with(*actions: str) -> TradingRig:
    rig = TradingRig(instruments=[SWAP])
    for action in actions:
        play(rig, action)
    return rig


def closes(notices: list[Notice]) -> list[tuple[int, str, Decimal]]:
    return [(each.position_id, each.reason, each.price) for each in notices if isinstance(each, PositionClosed)]


@pytest.mark.requirement("R74")
def test_the_mark_decides_and_the_market_is_what_it_gets() -> None:
    rig = rig_with(*LONG)
    assert closes(rig.show(80, mark="90.47")) == []
    assert closes(rig.show(95, mark="90.46")) == [(1, "liquidation", 95)]
    assert rig.portfolio.wallet.total == number("9999.9") - 5 - number("0.475")  # its fee is 0.5 % of 95


@pytest.mark.parametrize("first_price", ["90.46", "50", "0.01"])
def test_one_beyond_its_level_at_the_first_price_after_a_restart_is_closed_at_that_price(first_price: str) -> None:
    rig = rig_with(*LONG)
    rig.restart()
    (closed,) = closes(rig.show(first_price))
    assert closed[:2] == (1, "liquidation")
    assert rig.portfolio.wallet.total >= number("9989.9")
    assert rig.portfolio.wallet.locked == 0


def test_a_resting_target_order_ends_with_the_position() -> None:
    rig = rig_with(*LONG, "sell 1 limit 120 of 1")
    rig.show(90)
    assert not rig.portfolio.orders
    (target,) = (
        order
        for update in rig.memory.updates
        for order in update.orders
        if order.type is OrderType.LIMIT and not order.status.is_live
    )
    assert target.status is OrderStatus.CANCELED


def test_a_long_on_spot_is_never_closed_by_force() -> None:
    rig = TradingRig(instruments=[SPOT])
    for action in ("quote 100", "buy 1", "quote 100", "quote 0.01"):
        play(rig, action)
    assert len(rig.portfolio.positions) == 1


class MarkFeed(ScriptedFeed):
    """Bars whose mark is told apart."""

    def __init__(self, *values: Any, **fields: Any) -> None:
        super().__init__(*values, **fields)
        self.marks: dict[Bar, Bar] = {}

    def mark_bar(self, bar: Bar) -> Bar | None:
        return self.marks.get(bar)


class MarkRig(TradingRig):
    """Bars with a mark of their own."""

    def make_feed(self) -> ScriptedFeed:
        return MarkFeed(*self.feed_values(), **self.feed_fields())

    def bar_with(self, prices: str, mark: str) -> list[Notice]:
        """The next bar, and what the mark did meanwhile: `open high low close` of both."""
        assert isinstance(self.feed, MarkFeed)
        bar = make_bar(prices, opened_at=self.now, symbol=SWAP.symbol)
        self.feed.marks = {bar: make_bar(mark, opened_at=self.now, symbol=SWAP.symbol)}
        self.now = bar.closed_at
        return self.step(bar)


@pytest.mark.parametrize(
    ("prices", "mark", "price"),
    [
        ("100 101 85 100", "100 101 91 100", None),
        ("95 96 85 90", "95 96 90 92", "90.46"),
        ("95 96 93 94", "95 96 90 92", "93"),
        ("92 93 91 92", "89 92 89 92", "92"),
        ("85 86 84 85", "95 96 90 92", "90"),
    ],
    ids=[
        "the mark stays",
        "inside of both",
        "the market is not there",
        "the mark opens beyond",
        "a gap beyond the last cent",
    ],
)
def test_on_bars_the_mark_decides_too(prices: str, mark: str, price: str | None) -> None:
    rig = MarkRig(instruments=[SWAP], fills_on=PriceSource.BARS)
    for action in ("bar 100 100 100 100", "long 1 x10", "bar 100 100 100 100"):
        play(rig, action)
    expected = [] if price is None else [(1, "liquidation", number(price))]
    assert closes(rig.bar_with(prices, mark)) == expected


def test_inside_one_bar_liquidation_comes_before_the_target() -> None:
    rig = on_bars(instruments=[SWAP])
    for action in ("bar 100 100 100 100", "long 1 x10 target 110", "bar 100 100 100 100"):
        play(rig, action)
    assert closes(rig.bar("100 115 85 112")) == [(1, "liquidation", number("90.46"))]


class TestCross:
    """50 BTC and 30 ETH at 100 on leverage 10 with 1,000: 8 are paid in fees, 800 locked, 192 available."""

    def rig(self) -> TradingRig:
        rig = TradingRig(instruments=[SWAP, OTHER], start_amount=1_000)
        for symbol, quantity in ((SWAP.symbol, 50), (OTHER.symbol, 30)):
            rig.quote(100, symbol=symbol)
            rig.step(
                c.SubmitOrder(
                    request_id=rig.request_id(),
                    symbol=symbol,
                    side=OrderSide.BUY,
                    type=OrderType.MARKET,
                    quantity=Decimal(quantity),
                    leverage=10,
                    margin_mode=MarginMode.CROSS,
                )
            )
            rig.quote(100, symbol=symbol)
        assert (rig.portfolio.wallet.total, rig.portfolio.wallet.available) == (992, 192)
        return rig

    def test_what_is_free_answers_and_the_largest_loss_goes_first(self) -> None:
        rig = self.rig()
        assert closes(rig.quote("80.9", symbol=SWAP.symbol)) == []
        assert closes(rig.quote("80.8", symbol=SWAP.symbol))[0][:2] == (1, "liquidation")
        # 50 x 19.2 = 960 were lost and 20.2 is the fee: 500 + 192 answer for it, and 288.2 of the other lot's margin.
        assert (rig.portfolio.wallet.total, rig.portfolio.wallet.available) == (Decimal("11.8"), 0)
        # What is left, 11.8, is less than the 15 that the other lot needs: it goes at its own next price.
        assert [(each.reason, each.position_id) for each in rig.portfolio.orders.values()] == [
            (OrderReason.LIQUIDATION, 2)
        ]
        assert closes(rig.quote(100, symbol=OTHER.symbol)) == [(2, "liquidation", 100)]
        assert rig.portfolio.wallet.total == 0

    def test_one_of_another_symbol_goes_at_its_own_next_price_and_nothing_else_meanwhile(self) -> None:
        rig = self.rig()
        rig.quote(82, symbol=SWAP.symbol)
        assert closes(rig.quote(97, symbol=OTHER.symbol)) == []
        (order,) = rig.portfolio.orders.values()
        assert (order.reason, order.position_id, order.type) == (OrderReason.LIQUIDATION, 1, OrderType.MARKET)
        assert closes(rig.quote("96.9", symbol=OTHER.symbol)) == []
        assert len(rig.portfolio.orders) == 1
        assert closes(rig.quote(82, symbol=SWAP.symbol))[0][:2] == (1, "liquidation")
        assert [each.id for each in rig.portfolio.positions.values()] == [2]

    def test_a_restart_finds_the_close_that_was_on_its_way(self) -> None:
        rig = self.rig()
        rig.quote(82, symbol=SWAP.symbol)
        rig.quote(97, symbol=OTHER.symbol)
        rig.restart()
        assert closes(rig.quote(82, symbol=SWAP.symbol))[0][:2] == (1, "liquidation")

    def test_nobody_may_take_out_what_answers(self) -> None:
        rig = self.rig()
        rig.quote(98, symbol=SWAP.symbol)
        rig.withdraw("92.00000001")
        assert rig.portfolio.wallet.total == 992
        rig.withdraw(92)
        assert rig.portfolio.wallet.total == 900


def cross_on_bars(*actions: str, start_amount: int = 2_000) -> TradingRig:
    rig = on_bars(instruments=[SWAP], start_amount=start_amount)
    for action in actions:
        play(rig, action)
    return rig


def test_on_bars_a_cross_position_goes_where_the_account_falls_short() -> None:
    rig = cross_on_bars("bar 100 100 100 100", "long 100 x10 cross", "bar 100 100 100 100")
    # 1,990 + 100 (p - 100) = 0.5 p where p is 8,010 / 99.5: 80.5025..., 80.51 in ticks.
    assert closes(rig.bar("95 96 80.52 90")) == []
    assert closes(rig.bar("90 91 70 80")) == [(1, "liquidation", number("80.51"))]
    assert rig.portfolio.wallet.total == number("1990") - number("1949") - number("40.255")


def test_on_bars_a_stop_that_is_nearer_than_the_accounts_end_comes_first() -> None:
    rig = cross_on_bars("bar 100 100 100 100", "long 100 x10 cross stop 85", "bar 100 100 100 100")
    assert closes(rig.bar("95 96 70 90")) == [(1, "stop_loss", 85)]


def test_a_cross_hedge_stands_while_both_lots_lose_and_earn_the_same() -> None:
    rig = TradingRig(instruments=[SWAP], start_amount=1_000)
    for action in ("quote 100", "long 40 x10 cross", "short 40 x10 cross", "quote 100"):
        play(rig, action)
    assert len(rig.portfolio.positions) == 2
    for price in ("60", "150", "180"):
        assert closes(rig.show(price)) == []


def test_only_prices_of_now_liquidate() -> None:
    rig = rig_with(*LONG)
    rig.hold()
    rig.show(50)
    assert len(rig.portfolio.positions) == 1
    rig.step(make_quote(100, at=rig.now, symbol=SWAP.symbol))
    rig.go_on()
    assert only(rig.show("90.2"), PositionClosed).price == number("90.2")
