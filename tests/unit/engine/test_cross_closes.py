"""Gains on cross are closed before losses that only they can pay; the insurance fund pays for nobody who is solvent."""

from dataclasses import replace
from decimal import Decimal

import pytest

from desktop_trader.domain.order import MarginMode, OrderReason, OrderSide, OrderStatus, OrderType
from desktop_trader.domain.order_receipt import OrderEvent
from desktop_trader.messages import commands as c
from desktop_trader.messages.notices import LogNotice
from tests.builders import SWAP, Number, number
from tests.fakes import RecordingStore
from tests.trading_rig import TradingRig, on_bars, play
from tests.unit.engine import test_quote_in_parts as in_parts

BTC, ETH = SWAP.symbol, "ETH/USDT:USDT"
OTHER = replace(SWAP, symbol=ETH, base="ETH")


def hedge(*sides: OrderSide) -> TradingRig:
    """500 of each symbol at 100 with leverage 20: 9,900 are left, 5,000 of them as margins."""
    rig = TradingRig(instruments=[SWAP, OTHER])
    quotes(rig, 100, 100)
    for symbol, side in zip((BTC, ETH), sides, strict=True):
        rig.step(
            c.SubmitOrder(
                request_id=rig.request_id(),
                symbol=symbol,
                side=side,
                type=OrderType.MARKET,
                quantity=Decimal(500),
                leverage=20,
                margin_mode=MarginMode.CROSS,
            )
        )
    quotes(rig, 100, 100)
    assert rig.portfolio.wallet.total == 9900
    return rig


def quotes(rig: TradingRig, btc: Number, eth: Number) -> None:
    rig.quote(btc, symbol=BTC)
    rig.quote(eth, symbol=ETH)


def review(rig: TradingRig, *symbols: str) -> None:
    rig.engine.desk.gate.reviewed = frozenset(symbols)


def reasons(rig: TradingRig) -> list[tuple[int, OrderReason]]:
    return [(order.position_id or 0, order.reason) for order in rig.portfolio.orders.values()]


def waits(rig: TradingRig) -> list[str]:
    return [each.message for each in rig.notices if isinstance(each, LogNotice) and "waits:" in each.message]


def notes(rig: TradingRig) -> list[OrderEvent]:
    return [line for update in rig.memory.updates for line in update.receipt if "waits:" in line.detail]


def ends(rig: TradingRig, reason: OrderReason) -> list[tuple[OrderStatus, str]]:
    orders = (order for update in rig.memory.updates for order in update.orders)
    return [(each.status, each.detail) for each in orders if each.reason is reason and not each.status.is_live]


def test_a_loss_waits_for_the_gain_of_another_symbol_and_is_paid_out_of_it() -> None:
    rig = hedge(OrderSide.BUY, OrderSide.SELL)
    quotes(rig, 150, 140)
    rig.close(2)
    rig.quote(140, symbol=ETH)
    assert reasons(rig) == [(2, OrderReason.MANUAL), (1, OrderReason.CROSS_LOSS)]
    assert rig.portfolio.wallet.total == 9900
    assert len(waits(rig)) == len(notes(rig)) == 1
    assert "Position 1 (BTC/USDT:USDT), which gains $25,000.00, is closed first" in waits(rig)[0]

    rig.quote(141, symbol=ETH)
    assert len(waits(rig)) == 1
    rig.quote(149, symbol=BTC)
    assert rig.portfolio.wallet.total == 9900 + 500 * 49 - number("74.5")
    rig.quote(142, symbol=ETH)
    assert not rig.portfolio.positions
    assert rig.portfolio.wallet.total == 9900 + 500 * 49 - number("74.5") - 500 * 42 - 71


def test_a_forced_close_waits_and_is_dropped_when_the_gain_saves_the_account() -> None:
    rig = hedge(OrderSide.BUY, OrderSide.SELL)
    rig.quote(150, symbol=BTC)
    rig.quote("169", symbol=ETH)  # 9,900 + 25,000 - 34,500 = 400, and 797.5 are its maintenance
    assert reasons(rig) == [(2, OrderReason.LIQUIDATION), (1, OrderReason.CROSS_LOSS)]
    rig.quote(160, symbol=BTC)
    assert reasons(rig) == [(2, OrderReason.LIQUIDATION)]
    total = rig.portfolio.wallet.total
    assert total == 9900 + 500 * 60 - 80
    rig.quote("169", symbol=ETH)
    assert list(rig.portfolio.positions) == [2]
    assert rig.portfolio.wallet.total == total
    assert ends(rig, OrderReason.LIQUIDATION) == [
        (OrderStatus.CANCELED, "the account can answer for its cross positions again")
    ]


def test_nothing_of_a_lost_account_stays_a_gain() -> None:
    rig = hedge(OrderSide.BUY, OrderSide.SELL)
    rig.quote(150, symbol=BTC)
    rig.quote(200, symbol=ETH)
    assert rig.portfolio.wallet.total == 9900
    rig.quote(150, symbol=BTC)
    rig.quote(200, symbol=ETH)
    assert not rig.portfolio.positions
    assert rig.portfolio.wallet.total == 0


def test_a_gain_that_no_loss_waits_for_any_more_is_kept() -> None:
    rig = hedge(OrderSide.BUY, OrderSide.SELL)
    quotes(rig, 150, 140)
    rig.close(2)
    rig.quote(140, symbol=ETH)
    rig.quote(105, symbol=ETH)
    assert list(rig.portfolio.positions) == [1]
    rig.quote(150, symbol=BTC)
    assert list(rig.portfolio.positions) == [1]
    assert ends(rig, OrderReason.CROSS_LOSS) == [(OrderStatus.CANCELED, "no loss waits for its gain any more")]


@pytest.mark.requirement("R34")
def test_while_the_symbol_of_the_gain_is_reviewed_the_loss_waits_told_once_restart_or_not() -> None:
    rig = hedge(OrderSide.BUY, OrderSide.SELL)
    quotes(rig, 150, 140)
    review(rig, BTC)
    rig.close(2)
    for _ in range(3):
        rig.quote(140, symbol=ETH)
    assert len(waits(rig)) == 1
    assert "until then nobody can close it" in waits(rig)[0]
    assert reasons(rig) == [(2, OrderReason.MANUAL)]

    rig.start_again()
    review(rig, BTC)
    rig.quote(140, symbol=ETH)
    assert len(waits(rig)) == len(notes(rig)) == 1
    assert rig.portfolio.wallet.total == 9900

    review(rig)
    for _ in range(2):
        quotes(rig, 150, 140)
    assert not rig.portfolio.positions
    assert rig.portfolio.wallet.total == 9900 + 25_000 - 75 - 20_000 - 70


def test_an_order_that_is_decided_at_once_is_refused_with_what_to_close_first() -> None:
    rig = TradingRig(instruments=[SWAP])
    for line in ("quote 100", "long 500 x20 cross", "short 500 x20 cross", "quote 100", "quote 150"):
        play(rig, line)
    play(rig, "buy 500 limit 160 ioc of 2")
    play(rig, "quote 150")
    status, detail = ends(rig, OrderReason.MANUAL)[-1]
    assert status is OrderStatus.EXPIRED
    assert detail == (
        "closing it now would cost more than the cash and the margins that answer for it: position 1 (BTC/USDT:USDT), "
        "which gains $25,000.00, has to be closed first"
    )
    assert len(rig.portfolio.positions) == 2


def test_the_largest_gain_goes_first_and_no_more_than_are_needed() -> None:
    rig = TradingRig(instruments=[SWAP])
    lines = ("quote 100", "long 300 x20 cross", "quote 100", "quote 98", "long 200 x20 cross", "short 500 x20 cross")
    for line in (*lines, "quote 98", "quote 140", "close 3", "quote 140"):
        play(rig, line)
    assert list(rig.portfolio.positions) == [2]
    assert rig.portfolio.wallet.total == 10_000 - 30 - number("19.6") - 49 + 12_000 - 42 - 21_000 - 70


def test_a_thin_book_pays_the_loss_in_parts_as_its_gain_comes_in() -> None:
    rig = TradingRig(instruments=[SWAP])
    for line in ("quote 100", "long 500 x20 cross", "short 500 x20 cross", "quote 100", "quote 150", "close 2"):
        play(rig, line)
    for price in (150, 149, 148, 147):
        play(rig, f"quote {price} bids {price}x200 asks {price}x5000")
    assert list(rig.portfolio.positions) == [1]
    assert 0 < rig.position.quantity < 500  # no more of the gain was taken than the loss needed
    assert not rig.portfolio.orders
    fills = [fill for update in rig.memory.updates for fill in update.fills]
    assert rig.portfolio.wallet.total == 10_000 + sum(fill.realized_pnl - fill.fee for fill in fills)
    assert all(fill.price in (100, 150, 149, 148, 147) for fill in fills)  # nobody paid for a bound
    assert all(entry.total_after >= 0 for entry in rig.memory.entries)


def test_a_gain_with_nothing_else_left_books_its_gain_before_its_fee() -> None:
    rig = TradingRig(instruments=[SWAP])
    for line in ("quote 100", "long 500 x20 cross", "short 500 x20 cross", "quote 100", "quote 119.6", "close 2"):
        play(rig, line)
    play(rig, "quote 119.6")
    assert rig.portfolio.wallet.total == number("40.2")  # what the short left: the fee of the long is 59.8
    play(rig, "close 1")
    play(rig, "quote 119.6")
    assert rig.portfolio.wallet.total == number("9780.4")
    assert [entry.total_after for entry in rig.memory.entries[-2:]] == [number("9840.2"), number("9780.4")]


@pytest.mark.parametrize(
    ("bar", "at"),
    [("119 130 118 126", 125), ("127 130 126 128", 127)],
    ids=["inside of the bar", "a gap at the open"],
)
def test_on_bars_the_gain_is_taken_where_the_stop_of_the_loss_is(bar: str, at: int) -> None:
    rig = on_bars(instruments=[SWAP])
    for line in ("bar 100 100 100 100", "long 500 x20 cross", "short 500 x20 cross stop 125", "bar 100 100 100 100"):
        play(rig, line)
    play(rig, f"bar {bar}")
    assert not rig.portfolio.positions
    assert rig.portfolio.wallet.total == 9900 - number(at)
    assert {fill.price for update in rig.memory.updates for fill in update.fills} == {100, number(at)}


def test_a_reviewed_symbol_is_never_closed_by_force_the_others_are() -> None:
    rig = hedge(OrderSide.BUY, OrderSide.BUY)
    quotes(rig, 99, 92)
    review(rig, ETH)
    rig.quote(88, symbol=BTC)
    assert list(rig.portfolio.positions) == [2]
    for price in (80, 60):
        rig.quote(price, symbol=BTC)
    assert list(rig.portfolio.positions) == [2]
    assert not rig.portfolio.orders


@pytest.mark.parametrize(("price", "is_left"), [(100, True), (84, False)])
def test_a_forced_close_that_waited_for_its_price_is_looked_at_again_with_it(price: int, is_left: bool) -> None:
    rig = hedge(OrderSide.BUY, OrderSide.BUY)
    quotes(rig, 99, 88)
    rig.quote("92", symbol=BTC)
    assert reasons(rig) == [(2, OrderReason.LIQUIDATION)]
    review(rig, ETH)
    rig.quote("95", symbol=BTC)
    assert rig.portfolio.positions.keys() == {1, 2}
    review(rig)
    rig.quote(price, symbol=ETH)
    assert (2 in rig.portfolio.positions) is is_left
    if is_left:
        ((status, detail),) = ends(rig, OrderReason.LIQUIDATION)
        assert (status, detail) == (OrderStatus.CANCELED, "the account can answer for its cross positions again")


@pytest.mark.requirement("R40")
@pytest.mark.parametrize(
    "last",
    [
        "quote 126|quote 126",
        "quote 126 bids 126x90,125x90 asks 126x40,127x900|quote 125|quote 120",
        "quote 210|quote 100",
    ],
    ids=["best prices", "a thin book", "beyond what is there"],
)
def test_a_kill_between_gain_and_loss_changes_nothing(last: str) -> None:
    rig = TradingRig(instruments=[SWAP], store=RecordingStore())
    table = f"quote 100|long 500 x20 cross|short 500 x20 cross stop 125|quote 100|long 20 x5 cross|quote 101|{last}"
    assert in_parts._end_the_same(rig, [in_parts._play(rig, text) for text in table.split("|")]) >= 3
    assert any(reason is OrderReason.CROSS_LOSS for reason in ended_reasons(rig))


def ended_reasons(rig: TradingRig) -> list[OrderReason]:
    orders = (order for update in rig.memory.updates for order in update.orders)
    return [each.reason for each in orders if each.filled_quantity]
