"""A close that waits in a used-up book does not keep its position from being liquidated."""

import pytest

from desktop_trader.domain.money import canonical
from desktop_trader.domain.order import OrderReason
from tests.builders import SWAP
from tests.trading_rig import TradingRig, check, play, row

THIN = "quote 89 bids 89x1 asks 90x1"


def closes(rig: TradingRig) -> list[tuple[int, str, str]]:
    """Return the live closes: their numbers, reasons and how much of them is filled."""
    return [
        (order.id, order.reason.value, canonical(order.filled_quantity))
        for order in rig.portfolio.orders.values()
        if order.is_exit
    ]


def held_up(*, mode: str = "") -> TradingRig:
    """Return a rig with a long of 10 whose close got a part of what a thin book had."""
    rig = TradingRig(instruments=[SWAP])
    for line in ("quote 100", f"long 10 x10 {mode}", "quote 100", "close 1", "quote 95 bids 95x1 asks 96x1"):
        play(rig, line)
    assert closes(rig) == [(2, "manual", "1")]
    return rig


def test_a_liquidation_takes_over_from_a_close_that_waits_in_a_used_up_book() -> None:
    rig = held_up()
    play(rig, THIN)
    assert closes(rig) == [(3, "liquidation", "1")]
    ended = [order for update in rig.memory.updates for order in update.orders if order.id == 2][-1]
    assert (ended.status.value, ended.detail) == (
        "canceled",
        "its position is liquidated: the forced close takes over",
    )
    play(rig, "quote 89 bids 89x9 asks 90x1")
    assert closes(rig) == []
    assert row(rig)[1] == "-"


def test_a_forced_close_that_waits_in_a_used_up_book_is_not_replaced_by_another() -> None:
    rig = held_up()
    for _ in range(3):
        play(rig, THIN)
    assert closes(rig) == [(3, "liquidation", "1")]


def test_on_cross_it_takes_over_as_well() -> None:
    rig = held_up(mode="cross")
    play(rig, "withdraw 9800")
    play(rig, "quote 76 bids 76x1 asks 77x1")
    assert [reason for _, reason, _ in closes(rig)] == ["liquidation"]


def test_a_close_that_is_still_to_meet_its_first_price_goes_before_a_liquidation() -> None:
    rig = TradingRig(instruments=[SWAP])
    check(
        rig,
        """
        quote 100   | 10000 10000 0       | -             | 10000
        long 10 x10 | 10000 9899 101      | -             | 10000
        quote 100   | 9999 9899 100       | long 10 @ 100 | 9999
        close 1     | 9999 9899 100       | long 10 @ 100 | 9999
        quote 90.3  | 9901.097 9901.097 0 | -             | 9901.097
        """,
    )
    assert rig.portfolio.orders == {}
    assert OrderReason.LIQUIDATION not in {order.reason for each in rig.memory.updates for order in each.orders}


@pytest.mark.parametrize("mode", ["", "cross"])
def test_what_took_over_goes_on_after_a_restart(mode: str) -> None:
    alone, killed = held_up(mode=mode), held_up(mode=mode)
    for line in ("withdraw 9800", "quote 76 bids 76x1 asks 77x1", "quote 76 bids 76x20 asks 77x1"):
        play(alone, line)
        play(killed, line)
        play(killed, "restart")
    assert row(alone) == row(killed)
    assert closes(alone) == closes(killed) == []
