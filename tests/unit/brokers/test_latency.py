"""How long orders travel to the paper exchange, and what that changes."""

from datetime import timedelta
from decimal import Decimal

import pytest

from desktop_trader.brokers.latency import Latency, latency_between
from desktop_trader.domain.order import OrderReason, OrderSide, OrderType
from tests.builders import make_order, make_position
from tests.paper_rig import PaperRig

D = Decimal
TWO_SECONDS = Latency(shortest=timedelta(seconds=2), longest=timedelta(seconds=2))


def test_every_order_has_a_latency_of_its_own_between_both_ends_and_the_same_for_ever() -> None:
    latency = latency_between(40, 160)
    delays = [latency.of(make_order(id=number)) / timedelta(milliseconds=1) for number in range(1, 2_001)]
    assert delays == [latency.of(make_order(id=number)) / timedelta(milliseconds=1) for number in range(1, 2_001)]
    assert (min(delays), max(delays)) == (40, 160)
    assert 95 < sum(delays) / len(delays) < 105
    assert all(delay == int(delay) for delay in delays)
    assert delays[:5] != [latency.of(make_order(id=n, account_id=2)) / timedelta(milliseconds=1) for n in range(1, 6)]


@pytest.mark.parametrize("reason", list(OrderReason))
def test_what_we_send_ourselves_travels_and_what_a_level_closes_does_not(reason: OrderReason) -> None:
    travels = reason in {OrderReason.SIGNAL, OrderReason.MANUAL, OrderReason.REVERSE, OrderReason.CLOSE_ALL}
    assert bool(TWO_SECONDS.of(make_order(reason=reason))) is travels
    assert not TWO_SECONDS.of(make_order(reason=reason, type=OrderType.STOP_MARKET, trigger_price=D(1)))


def test_a_market_order_takes_the_first_price_after_it_arrived() -> None:
    rig = PaperRig(latency=TWO_SECONDS)
    rig.place()
    assert rig.quote("99x9 | 100x9") == []
    assert rig.quote("100x9 | 101x9") == []  # exactly two seconds: not after it
    assert rig.quote("101x9 | 102x9") == ["1 gets 1 @ 102, fee 0.102 taker: walked the book: 1 @ 102 of 9 there"]


def test_a_limit_order_is_accepted_when_it_arrives_and_no_sooner() -> None:
    rig = PaperRig(latency=TWO_SECONDS)
    assert rig.place(type=OrderType.LIMIT, limit_price=D(99)) == []
    assert rig.quote("90x9 | 91x9") == []
    rig.restart()
    assert rig.quote("90x9 | 91x9") == []
    assert rig.quote("99x4 | 100x9") == ["1 accepted"]
    rig.restart()
    assert rig.quote("98x4 | 99x4.5") == ["1 gets 0.5 @ 99, fee 0.02475 maker: maker at the limit, behind 4"]


def test_a_trigger_lies_at_the_exchange_already() -> None:
    rig = PaperRig(make_position(quantity=1), latency=TWO_SECONDS)
    stop = {"type": OrderType.STOP_MARKET, "trigger_price": D(95)}
    assert rig.place(side=OrderSide.SELL, is_exit=True, position_id=1, **stop) == ["1 accepted"]
    assert rig.quote("94x9 | 96x9")[0] == "1 triggered at 94"
