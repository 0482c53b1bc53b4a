"""Every kind of order at the paper exchange, step by step: the book that is shown, and what is reported of it."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from desktop_trader.brokers.latency import latency_between
from desktop_trader.domain.order import OrderReason, OrderSide, OrderType, TimeInForce
from desktop_trader.engine.broker_port import Filled
from tests.builders import SPOT, after, make_position, make_quote
from tests.paper_rig import PaperRig, read_book

D = Decimal
BUY, SELL = OrderSide.BUY, OrderSide.SELL
LIMIT = {"type": OrderType.LIMIT}
EXIT = {"side": SELL, "is_exit": True, "position_id": 1}
THROUGH = "the market went through it, to"
Steps = list[tuple[str, list[str]]]

ON_BOOKS: dict[str, tuple[dict[str, Any], Steps]] = {
    "a market order walks the book, each level a fill of its own": (
        {"quantity": D(2)},
        [
            (
                "99x5 | 100x0.5 100.1x1.2 100.2x9",
                [
                    "1 gets 0.5 @ 100, fee 0.05 taker: walked the book: 0.5 @ 100 of 0.5 there",
                    "1 gets 1.2 @ 100.1, fee 0.12012 taker: walked the book: 1.2 @ 100.1 of 1.2 there",
                    "1 gets 0.3 @ 100.2, fee 0.03006 taker: walked the book: 0.3 @ 100.2 of 9 there",
                ],
            ),
        ],
    ),
    "an entry at the market ends with the book": (
        {"quantity": D(2)},
        [
            (
                "99x5 | 100x0.5",
                [
                    "1 gets 0.5 @ 100, fee 0.05 taker: walked the book: 0.5 @ 100 of 0.5 there",
                    "1 expired: the order book was used up: nobody was left for 1.5 of 2",
                ],
            ),
            ("99x5 | 100x9", []),
        ],
    ),
    "an exit at the market goes on with the next book": (
        {"quantity": D(2), **EXIT},
        [
            ("99x0.5 | 100x1", ["1 gets 0.5 @ 99, fee 0.0495 taker: walked the book: 0.5 @ 99 of 0.5 there"]),
            ("98x9 | 100x1", ["1 gets 1.5 @ 98, fee 0.147 taker: walked the book: 1.5 @ 98 of 9 there"]),
        ],
    ),
    "a limit order that meets the market takes up to its limit, and what is left of it rests": (
        {"quantity": D(2), "limit_price": D("100.1"), **LIMIT},
        [
            (
                "99x5 | 100x0.5 100.1x1 100.2x9",
                [
                    "1 gets 0.5 @ 100, fee 0.05 taker: walked the book: 0.5 @ 100 of 0.5 there",
                    "1 gets 1 @ 100.1, fee 0.1001 taker: walked the book: 1 @ 100.1 of 1 there",
                ],
            ),
            ("100x1 | 100.2x9", []),
            (
                "99x1 | 99.9x0.1 100.15x9",
                [f"1 gets 0.1 @ 100.1, fee 0.005005 maker: maker at the limit; {THROUGH} 99.9"],
            ),
            (
                "99x1 | 99.8x0.2 99.9x0.3 100.1x9",  # 0.1 of the 0.3 are taken
                [f"1 gets 0.4 @ 100.1, fee 0.02002 maker: maker at the limit; {THROUGH} 99.8"],
            ),
        ],
    ),
    "what the book has nothing left for goes on taking while the price meets its limit, however far that is": (
        {"quantity": D(10), "limit_price": D(150), **LIMIT},
        [
            (
                "100x1 | 100.1x1 100.2x1",
                [
                    "1 gets 1 @ 100.1, fee 0.1001 taker: walked the book: 1 @ 100.1 of 1 there",
                    "1 gets 1 @ 100.2, fee 0.1002 taker: walked the book: 1 @ 100.2 of 1 there",
                ],
            ),
            ("100x1 | 100.1x1 100.2x1", []),
            (
                "100x1 | 100.1x1.5 151x9",
                ["1 gets 0.5 @ 100.1, fee 0.05005 taker: walked the book: 0.5 @ 100.1 of 0.5 there"],
            ),
            ("150x4 149x1 | 150.1x9", []),  # now it rests, behind those 4
            ("149x1 | 150x5", ["1 gets 1 @ 150, fee 0.075 maker: maker at the limit, behind 4"]),
            ("149x1 | 149.5x9", [f"1 gets 6.5 @ 150, fee 0.4875 maker: maker at the limit, behind 4; {THROUGH} 149.5"]),
        ],
    ),
    "an exit with a far limit is filled at the prices of the book as well": (
        {"quantity": D(2), "limit_price": D(50), **LIMIT, **EXIT},
        [
            ("100x0.5 | 100.1x9", ["1 gets 0.5 @ 100, fee 0.05 taker: walked the book: 0.5 @ 100 of 0.5 there"]),
            ("100x0.5 | 100.1x9", []),
            ("99x9 | 100.1x9", ["1 gets 1.5 @ 99, fee 0.1485 taker: walked the book: 1.5 @ 99 of 9 there"]),
        ],
    ),
    "a stop limit that the book has nothing left for goes on taking": (
        {"quantity": D(2), "type": OrderType.STOP_LIMIT, "trigger_price": D(95), "limit_price": D(60), **EXIT},
        [
            (
                "94.9x0.5 | 95x9",
                [
                    "1 triggered at 94.9",
                    "1 gets 0.5 @ 94.9, fee 0.04745 taker: walked the book: 0.5 @ 94.9 of 0.5 there",
                ],
            ),
            ("94.9x0.5 | 95x9", []),
            ("94.8x500 | 95x9", ["1 gets 1.5 @ 94.8, fee 0.1422 taker: walked the book: 1.5 @ 94.8 of 500 there"]),
        ],
    ),
    "a limit order rests behind what was there and gets what comes through": (
        {"quantity": D(1), "limit_price": D(99), **LIMIT},
        [
            ("99x0.8 98x3 | 100x5", []),
            ("98x3 | 99x0.5", []),  # 0.3 are still before it
            ("98x3 | 99x0.7", ["1 gets 0.4 @ 99, fee 0.0198 maker: maker at the limit, behind 0.8"]),
            ("98x3 | 99x0.7", ["1 gets 0.3 @ 99, fee 0.01485 maker: maker at the limit, behind 0.8"]),  # 0.4 are taken
            ("99x3 | 100x1", []),
            (
                "98x3 | 98.9x0.1",
                [f"1 gets 0.1 @ 99, fee 0.00495 maker: maker at the limit, behind 0.8; {THROUGH} 98.9"],
            ),
            (
                "98x3 | 98.8x5",
                [f"1 gets 0.2 @ 99, fee 0.0099 maker: maker at the limit, behind 0.8; {THROUGH} 98.8"],
            ),
        ],
    ),
    "below all that the book shows, it waits behind as much as the last level holds": (
        {"quantity": D(1), "limit_price": D(90), **LIMIT},
        [
            ("99x0.8 98x3 | 100x5", []),
            ("89x1 | 90x3", []),
            ("89x1 | 90x0.25", ["1 gets 0.25 @ 90, fee 0.01125 maker: maker at the limit, behind 3"]),
        ],
    ),
    "between bid and ask nobody is before it": (
        {"quantity": D(1), "limit_price": D("99.5"), **LIMIT},
        [
            ("99x0.8 98x3 | 100x5", []),
            ("99x1 | 99.5x0.25", ["1 gets 0.25 @ 99.5, fee 0.0124375 maker: maker at the limit"]),
        ],
    ),
    "post-only that would take is rejected with the price": (
        {"limit_price": D(101), "is_post_only": True, **LIMIT},
        [("99x5 | 100x0.5", ["1 rejected: post-only: it would take at 100 instead of rest"])],
    ),
    "post-only that would not take rests": (
        {"limit_price": D(99), "is_post_only": True, **LIMIT},
        [
            ("98x5 | 100x0.5", ["1 accepted"]),
            ("98x5 | 98.5x5", [f"1 gets 1 @ 99, fee 0.0495 maker: maker at the limit; {THROUGH} 98.5"]),
        ],
    ),
    "immediate-or-cancel takes what is there at once": (
        {"limit_price": D(100), "time_in_force": TimeInForce.IOC, **LIMIT},
        [
            (
                "99x5 | 100x0.4 101x9",
                [
                    "1 gets 0.4 @ 100, fee 0.04 taker: walked the book: 0.4 @ 100 of 0.4 there",
                    "1 expired: immediate or cancel: 0.6 of 1 was not there at once",
                ],
            )
        ],
    ),
    "immediate-or-cancel with nothing there": (
        {"limit_price": D(99), "time_in_force": TimeInForce.IOC, **LIMIT},
        [("98x5 | 100x9", ["1 expired: immediate or cancel: 1 of 1 was not there at once"])],
    ),
    "fill-or-kill gets all of it": (
        {"limit_price": D(101), "time_in_force": TimeInForce.FOK, **LIMIT},
        [
            (
                "99x5 | 100x0.4 101x0.6",
                [
                    "1 gets 0.4 @ 100, fee 0.04 taker: walked the book: 0.4 @ 100 of 0.4 there",
                    "1 gets 0.6 @ 101, fee 0.0606 taker: walked the book: 0.6 @ 101 of 0.6 there",
                ],
            )
        ],
    ),
    "fill-or-kill gets nothing where a bit is missing": (
        {"limit_price": D(101), "time_in_force": TimeInForce.FOK, **LIMIT},
        [("99x5 | 100x0.4 101x0.59999", ["1 expired: fill or kill: only 0.99999 of 1 was there at once"])],
    ),
    "fill-or-kill at a limit that nobody meets": (
        {"limit_price": D(99), "time_in_force": TimeInForce.FOK, **LIMIT},
        [("98x5 | 100x9", ["1 expired: fill or kill: nothing was there at once"])],
    ),
    "a date is up at the first price at or after it": (
        {"limit_price": D(99), "time_in_force": TimeInForce.GTD, "expires_at": after(seconds=3), **LIMIT},
        [
            ("98x5 | 100x9", []),
            ("98x5 | 100x9", []),
            ("98x5 | 98.5x9", ["1 expired: its time was up at 2026-01-01 00:00:03 UTC"]),
        ],
    ),
    "a stop to buy is pulled by the ask, and then walks": (
        {"type": OrderType.STOP_MARKET, "trigger_price": D(105)},
        [
            ("104.99x1 | 104.999x1", []),
            (
                "99x1 | 105x0.25 106x9",
                [
                    "1 triggered at 105",
                    "1 gets 0.25 @ 105, fee 0.02625 taker: walked the book: 0.25 @ 105 of 0.25 there",
                    "1 gets 0.75 @ 106, fee 0.0795 taker: walked the book: 0.75 @ 106 of 9 there",
                ],
            ),
        ],
    ),
    "a stop of a position by hand is pulled by the bid": (
        {"type": OrderType.STOP_MARKET, "trigger_price": D(95), **EXIT},
        [
            ("95.01x1 | 96x1", []),
            (
                "94x9 | 96x1",
                ["1 triggered at 94", "1 gets 1 @ 94, fee 0.094 taker: walked the book: 1 @ 94 of 9 there"],
            ),
        ],
    ),
    "what the engine sends for a level of a position acts without a word": (
        {"type": OrderType.STOP_LOSS, "trigger_price": D(95), "reason": OrderReason.STOP_LOSS, **EXIT},
        [("94x9 | 96x1", ["1 gets 1 @ 94, fee 0.094 taker: walked the book: 1 @ 94 of 9 there"])],
    ),
    "a stop limit rests at its limit from the trigger on": (
        {"type": OrderType.STOP_LIMIT, "trigger_price": D(105), "limit_price": D(106)},
        [
            ("104x1 | 104.5x9", []),
            ("106x2 | 107x9", ["1 triggered at 107"]),
            (
                "104x1 | 105.5x0.1 106x0.9",
                [f"1 gets 1 @ 106, fee 0.053 maker: maker at the limit, behind 2; {THROUGH} 105.5"],
            ),
        ],
    ),
    "a stop limit that is met when it is triggered takes": (
        {"type": OrderType.STOP_LIMIT, "trigger_price": D(105), "limit_price": D(106)},
        [
            (
                "104x1 | 105.5x9",
                ["1 triggered at 105.5", "1 gets 1 @ 105.5, fee 0.1055 taker: walked the book: 1 @ 105.5 of 9 there"],
            )
        ],
    ),
    "a target as an entry buys where the price has fallen to": (
        {"type": OrderType.TAKE_PROFIT, "trigger_price": D(95)},
        [
            ("95x1 | 95.01x1", []),
            (
                "94x1 | 95x9",
                ["1 triggered at 95", "1 gets 1 @ 95, fee 0.095 taker: walked the book: 1 @ 95 of 9 there"],
            ),
        ],
    ),
    "a target with a limit": (
        {"type": OrderType.TAKE_PROFIT_LIMIT, "trigger_price": D(110), "limit_price": D(111), **EXIT},
        [
            ("109.99x1 | 111x1", []),
            ("110x1 | 111x4", ["1 triggered at 110"]),
            ("111x5 | 112x4", ["1 gets 1 @ 111, fee 0.0555 maker: maker at the limit, behind 4"]),
        ],
    ),
    "a trailing stop follows the bid up and never down": (
        {"type": OrderType.TRAILING_STOP, "trail_percent": D(5), **EXIT},
        [
            ("100x1 | 101x1", []),
            ("110x1 | 111x1", []),
            ("104.51x1 | 106x1", []),
            (
                "104.5x9 | 106x1",
                ["1 triggered at 104.5", "1 gets 1 @ 104.5, fee 0.1045 taker: walked the book: 1 @ 104.5 of 9 there"],
            ),
        ],
    ),
    "a trailing stop to buy follows the ask down, from its activation on": (
        {"type": OrderType.TRAILING_STOP, "trail_percent": D(1), "trigger_price": D(95)},
        [
            ("99x1 | 100x1", []),
            ("99x1 | 120x1", []),  # not active yet
            ("94x1 | 95x1", []),
            ("89x1 | 90x1", []),
            ("89x1 | 90.89x1", []),
            (
                "89x1 | 90.9x9",
                ["1 triggered at 90.9", "1 gets 1 @ 90.9, fee 0.0909 taker: walked the book: 1 @ 90.9 of 9 there"],
            ),
        ],
    ),
    "reduce-only: no more than what is open": (
        {"quantity": D(5), **EXIT},
        [("99x9 | 100x1", ["1 gets 2 @ 99, fee 0.198 taker: walked the book: 2 @ 99 of 9 there"])],
    ),
    "reduce-only without a position": (
        {**EXIT, "position_id": 7},
        [("99x9 | 100x1", ["1 expired: reduce-only: nothing of its position is open any more"])],
    ),
}  # fmt: skip


@pytest.mark.requirement("R34")
@pytest.mark.parametrize("dies", [False, True], ids=["", "killed after every report"])
@pytest.mark.parametrize(("terms", "steps"), ON_BOOKS.values(), ids=ON_BOOKS)
def test_on_books(terms: dict[str, Any], steps: Steps, dies: bool) -> None:
    rig = PaperRig(make_position(quantity=2, price=100))
    rig.place(**terms)
    rig.dies_after_each_report = dies
    for book, reports in steps:
        assert rig.quote(book) == reports, book


ON_BARS: dict[str, tuple[dict[str, Any], Steps]] = {
    "a market order takes the next open": (
        {},
        [("100 110 90 105", ["1 gets 1 @ 100, fee 0.1 taker: open of the bar"])],
    ),
    "a limit order that the next open meets takes there": (
        {"limit_price": D(101), **LIMIT},
        [("100 110 90 105", ["1 gets 1 @ 100, fee 0.1 taker: open of the bar"])],
    ),
    "a limit order rests, and a bar that opens beyond it gives its open": (
        {"limit_price": D(95), **LIMIT},
        [
            ("100 110 96 105", []),
            ("94 110 90 105", ["1 gets 1 @ 94, fee 0.047 maker: open of the bar, beyond the limit that rested"]),
        ],
    ),
    "a limit order is filled at its limit inside the bar": (
        {"limit_price": D(95), **LIMIT},
        [("100 110 90 105", ["1 gets 1 @ 95, fee 0.0475 maker: limit inside the bar"])],
    ),
    "fill-or-kill at the next open or never": (
        {"limit_price": D(95), "time_in_force": TimeInForce.FOK, **LIMIT},
        [("100 110 90 105", ["1 expired: fill or kill: nothing was there at once"])],
    ),
    "post-only at an open that it meets": (
        {"limit_price": D(101), "is_post_only": True, **LIMIT},
        [("100 110 90 105", ["1 rejected: post-only: it would take at 100 instead of rest"])],
    ),
    "a date that is up inside the bar: only its open counted": (
        {"limit_price": D(95), "time_in_force": TimeInForce.GTD, "expires_at": after(seconds=30), **LIMIT},
        [("100 110 90 105", ["1 expired: its time was up at 2026-01-01 00:00:30 UTC"])],
    ),
    "a stop is pulled inside the bar, at its trigger": (
        {"type": OrderType.STOP_MARKET, "trigger_price": D(105)},
        [
            ("100 104.99 90 100", []),
            (
                "100 110 90 100",
                ["1 triggered at 105", "1 gets 1 @ 105, fee 0.105 taker: trigger 105 inside the bar"],
            ),
        ],
    ),
    "a stop that the open is beyond": (
        {"type": OrderType.STOP_MARKET, "trigger_price": D(105)},
        [("107 110 90 100", ["1 triggered at 107", "1 gets 1 @ 107, fee 0.107 taker: open of the bar"])],
    ),
    "a stop limit inside the bar, within its limit": (
        {"type": OrderType.STOP_LIMIT, "trigger_price": D(105), "limit_price": D(106)},
        [
            (
                "100 110 90 100",
                ["1 triggered at 105",
                 "1 gets 1 @ 105, fee 0.105 taker: trigger 105 inside the bar, within the limit"],
            )
        ],
    ),
    "a stop limit beyond its limit waits for the next bar, since nobody knows what came first": (
        {"type": OrderType.STOP_LIMIT, "trigger_price": D(105), "limit_price": D(104)},
        [
            ("100 110 90 100", ["1 triggered at 105"]),
            ("104.5 110 103 105", ["1 gets 1 @ 104, fee 0.052 maker: limit inside the bar"]),
        ],
    ),
    "a stop limit that the open is beyond may be filled inside that bar: it came later": (
        {"type": OrderType.STOP_LIMIT, "trigger_price": D(105), "limit_price": D(106)},
        [
            ("107 110 100 105", ["1 triggered at 107", "1 gets 1 @ 106, fee 0.053 maker: limit inside the bar"]),
        ],
    ),
    "a trailing stop knows the high of a bar when that is over": (
        {"type": OrderType.TRAILING_STOP, "trail_percent": D(5), **EXIT},
        [
            ("100 110 95.01 108", []),  # 5 % below the open is 95
            (
                "108 112 104 105",  # 5 % below 110 is 104.5; the high of this bar may have come later
                ["1 triggered at 104.5", "1 gets 1 @ 104.5, fee 0.1045 taker: trigger 104.5 inside the bar"],
            ),
        ],
    ),
    "a trailing stop that the next open is beyond": (
        {"type": OrderType.TRAILING_STOP, "trail_percent": D(5), **EXIT},
        [
            ("100 110 99 108", []),
            ("103 104 102 103", ["1 triggered at 103", "1 gets 1 @ 103, fee 0.103 taker: open of the bar"]),
        ],
    ),
    "a trailing stop that becomes active inside a bar counts from the next one on": (
        {"type": OrderType.TRAILING_STOP, "trail_percent": D(5), "trigger_price": D(105), **EXIT},
        [
            ("100 110 90 108", []),
            (
                "108 109 100 101",
                ["1 triggered at 104.5", "1 gets 1 @ 104.5, fee 0.1045 taker: trigger 104.5 inside the bar"],
            ),
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("dies", [False, True], ids=["", "killed after every report"])
@pytest.mark.parametrize(("terms", "steps"), ON_BARS.values(), ids=ON_BARS)
def test_on_bars(terms: dict[str, Any], steps: Steps, dies: bool) -> None:
    rig = PaperRig(make_position(quantity=2, price=100))
    rig.place(**terms)
    rig.dies_after_each_report = dies
    for bar, reports in steps:
        assert rig.bar(bar) == reports, bar


def test_what_was_taken_of_a_book_is_not_taken_again() -> None:
    rig = PaperRig()
    rig.place(id=1, quantity=D(1))
    rig.place(id=2, quantity=D(1))
    assert rig.quote("99x5 | 100x1.5 101x9") == [
        "1 gets 1 @ 100, fee 0.1 taker: walked the book: 1 @ 100 of 1.5 there",
        "2 gets 0.5 @ 100, fee 0.05 taker: walked the book: 0.5 @ 100 of 0.5 there",
        "2 gets 0.5 @ 101, fee 0.0505 taker: walked the book: 0.5 @ 101 of 9 there",
    ]
    rig.place(id=3, quantity=D(1))
    assert rig.quote("99x5 | 100x1.7 101x9")[0] == (
        "3 gets 0.2 @ 100, fee 0.02 taker: walked the book: 0.2 @ 100 of 0.2 there"
    )
    assert rig.broker.ratchets() == {
        "book:BTC/USDT": "sell 100 1.7 1767225602000000;sell 101 1.3 1767225602000000",
    }


@pytest.mark.parametrize("how", ["a book no longer shows it", "a minute has passed"])
def test_a_level_is_whole_again_once(how: str) -> None:
    rig = PaperRig()
    rig.place(id=1)
    rig.quote("99x5 | 100x1 101x9")
    if how == "a minute has passed":
        rig.now += timedelta(seconds=59)
    else:
        rig.place(id=2)
        rig.quote("99x5 | 100.5x1")
    rig.place(id=3)
    assert rig.quote("99x5 | 100x1 101x9") == ["3 gets 1 @ 100, fee 0.1 taker: walked the book: 1 @ 100 of 1 there"]


def test_own_orders_at_one_price_share_the_queue_before_them_the_oldest_first() -> None:
    rig = PaperRig()
    for number in (1, 2):
        rig.place(id=number, quantity=D("0.5"), limit_price=D(99), **LIMIT)
    rig.quote("99x0.8 | 100x5")
    assert rig.quote("98x3 | 99x1") == [
        "1 gets 0.2 @ 99, fee 0.0099 maker: maker at the limit, behind 0.8",
    ]
    assert rig.quote("98x3 | 99x0.9") == [
        "1 gets 0.3 @ 99, fee 0.01485 maker: maker at the limit, behind 0.8",
        "2 gets 0.4 @ 99, fee 0.0198 maker: maker at the limit, behind 0.8",
    ]


def test_what_came_to_an_order_and_was_not_told_then_is_not_told_at_another_price() -> None:
    rig = PaperRig()
    for number in (1, 2):
        rig.place(id=number, quantity=D("0.5"), limit_price=D(99), **LIMIT)
    rig.quote("98x1 | 100x5")
    rig.now += timedelta(seconds=1)
    rig.shown[rig.now] = read_book("98x1 | 99x2", at=rig.now)
    rig.broker.on_quote(make_quote(99, at=rig.now))
    assert [type(report) for report in rig.broker.drain()] == [Filled]
    rig.restart()
    assert rig.quote("98x1 | 100x5") == []


def test_a_price_beyond_the_limits_of_two_orders_is_shared_the_oldest_first() -> None:
    rig = PaperRig()
    for number in (1, 2):
        rig.place(id=number, quantity=D(1), limit_price=D(98 + number), **LIMIT)
    rig.quote("98x0.8 | 101x5")
    assert rig.quote("97x3 | 98.5x1.25 100x0.25 101x9") == [
        f"1 gets 1 @ 99, fee 0.0495 maker: maker at the limit; {THROUGH} 98.5",
        f"2 gets 0.5 @ 100, fee 0.025 maker: maker at the limit; {THROUGH} 98.5",
    ]
    assert rig.broker.ratchets()["book:BTC/USDT"] == "sell 98.5 1.25 1767225602000000;sell 100 0.25 1767225602000000"


def test_a_price_beyond_all_that_an_older_book_shows_fills_what_rested_whole() -> None:
    rig = PaperRig()
    rig.place(limit_price=D(99), **LIMIT)
    rig.quote("98x0.8 | 100x0.1")
    book = read_book("98x0.8 | 100x0.1", at=after(seconds=2))
    assert rig.show_quote(book, ask=D("98.9")) == [
        f"1 gets 1 @ 99, fee 0.0495 maker: maker at the limit; {THROUGH} 98.9"
    ]


def test_without_depth_a_price_beyond_the_limit_fills_what_rested_whole() -> None:
    rig = PaperRig(has_depth=False)
    rig.place(limit_price=D(99), **LIMIT)
    rig.quote("98x1 | 100x1")
    assert rig.quote("98x0.1 | 98.9x0.1") == [f"1 gets 1 @ 99, fee 0.0495 maker: maker at the limit; {THROUGH} 98.9"]


def test_what_waits_for_a_book_is_accepted_once_and_no_other_order_makes_it_rest() -> None:
    rig = PaperRig(latency=latency_between(1, 1))
    rig.place(id=1, quantity=D(1))
    rig.place(id=2, quantity=D(5), limit_price=D(150), **LIMIT)
    rig.place(id=3, side=SELL, quantity=D("0.5"))
    assert rig.quote("99x5 | 100x1") == [
        "1 gets 1 @ 100, fee 0.1 taker: walked the book: 1 @ 100 of 1 there",
        "2 accepted",
        "3 gets 0.5 @ 99, fee 0.0495 taker: walked the book: 0.5 @ 99 of 5 there",
    ]
    assert rig.quote("99x5 | 100x1") == []
    assert rig.quote("99x5 | 101x9") == ["2 gets 5 @ 101, fee 0.505 taker: walked the book: 5 @ 101 of 9 there"]


def test_an_edited_order_loses_its_place_in_the_queue_and_among_its_own() -> None:
    rig = PaperRig()
    for number in (1, 2):
        rig.place(id=number, quantity=D("0.5"), limit_price=D(99), **LIMIT)
    rig.quote("99x0.2 | 100x5")
    assert rig.edit(1, quantity=D("0.4")) == []
    rig.quote("99x0.6 | 100x5")
    assert rig.quote("98x3 | 99x0.9") == [
        "2 gets 0.5 @ 99, fee 0.02475 maker: maker at the limit, behind 0.2",
    ]
    # 0.4 of those 0.9 went to the 0.6 before it; of what is there now, order 2 has had 0.5.
    assert rig.quote("98x3 | 99x0.9") == ["1 gets 0.2 @ 99, fee 0.0099 maker: maker at the limit, behind 0.6"]
    assert rig.quote("98x3 | 99x2") == ["1 gets 0.2 @ 99, fee 0.0099 maker: maker at the limit, behind 0.6"]


def test_an_edited_order_that_meets_the_market_takes() -> None:
    rig = PaperRig()
    rig.place(limit_price=D(99), **LIMIT)
    rig.quote("98x1 | 100x5")
    rig.edit(1, limit_price=D(100))
    assert rig.quote("98x1 | 100x5") == ["1 gets 1 @ 100, fee 0.1 taker: walked the book: 1 @ 100 of 5 there"]


def test_of_a_pair_the_first_to_fill_ends_the_other_also_where_both_are_due() -> None:
    rig = PaperRig(make_position(quantity=1, price=100))
    pair: dict[str, Any] = {"oco_id": "a", **EXIT}
    rig.place(id=1, limit_price=D(110), **pair, **LIMIT)
    rig.place(id=2, type=OrderType.STOP_MARKET, trigger_price=D(95), **pair)
    assert rig.bar("100 111 94 100") == [
        "2 triggered at 95",
        "2 gets 1 @ 95, fee 0.095 taker: trigger 95 inside the bar",
    ]
    assert rig.books.portfolio.orders == {}
    assert rig.bar("112 120 90 100") == []


def test_a_part_of_one_of_a_pair_ends_the_other() -> None:
    rig = PaperRig(make_position(quantity=1, price=100))
    pair: dict[str, Any] = {"oco_id": "a", **EXIT}
    rig.place(id=1, limit_price=D(110), **pair, **LIMIT)
    rig.place(id=2, type=OrderType.STOP_MARKET, trigger_price=D(95), **pair)
    rig.quote("100x1 | 111x1")
    assert rig.quote("110x0.25 | 111x1") == ["1 gets 0.25 @ 110, fee 0.01375 maker: maker at the limit"]
    assert rig.quote("90x9 | 91x1") == []
    assert list(rig.books.portfolio.orders) == [1]


def test_the_end_of_an_order_that_the_books_have_ended_is_not_reported() -> None:
    rig = PaperRig()
    rig.place(limit_price=D(99), **LIMIT)
    order = rig.books.portfolio.orders[1]
    rig.broker.cancel(replace(order, status=order.status.CANCELED))
    assert rig.broker.drain() == ()
    assert rig.quote("90x1 | 91x1") == []


@pytest.mark.parametrize(
    ("spendable", "reports"),
    [
        (
            "150.6505",
            [
                "1 gets 1 @ 100, fee 0.1 taker: walked the book: 1 @ 100 of 1 there",
                "1 gets 0.5 @ 101, fee 0.0505 taker: walked the book: 0.5 @ 101 of 9 there",
            ],
        ),
        ("150.65049999", ["1 rejected: Insufficient balance: Need $150.65, Have $150.65"]),
        ("150.6", ["1 rejected: Insufficient balance: Need $150.65, Have $150.60"]),
    ],
)
def test_a_walk_that_the_account_cannot_pay_is_refused_before_its_first_part(
    spendable: str, reports: list[str]
) -> None:
    rig = PaperRig(spendable=D(spendable))
    rig.place(quantity=D("1.5"))
    assert rig.quote("99x5 | 100x1 101x9") == reports


def test_an_order_that_is_not_there_for_its_price_says_nothing_of_other_prices() -> None:
    rig = PaperRig(instrument=replace(SPOT, symbol="ETH/USDT"))
    rig.place()
    rig.broker.on_quote(make_quote(100, at=after(seconds=1)))
    assert rig.broker.drain() == ()
