"""Where and when the paper exchange fills, and what it refuses to pay."""

from dataclasses import dataclass, field, replace
from decimal import Decimal

import pytest

from desktop_trader.brokers.paper import PaperBroker
from desktop_trader.domain.errors import InvariantError
from desktop_trader.domain.order import Order, OrderReason, OrderSide, OrderType
from desktop_trader.domain.portfolio import Portfolio
from desktop_trader.engine.broker_port import Accepted, Canceled, Filled, Rejected
from tests.builders import SPOT, SWAP, after, make_bar, make_order, make_portfolio, make_quote

BUY, SELL = OrderSide.BUY, OrderSide.SELL


@dataclass
class Funds:
    """An account with this much to spend."""

    amount: Decimal = Decimal(1_000_000)

    portfolio: Portfolio = field(default_factory=make_portfolio)

    def spendable_for(self, order: Order) -> Decimal:
        return self.amount

    def closable_by(self, order: Order) -> Decimal:
        return order.remaining_quantity

    def waits_for_gains(self, order: Order, *, price: Decimal) -> str:
        return ""

    def cover_of(self, order: Order, quantity: Decimal) -> Decimal | None:
        return None


def fresh(order: Order, funds: str = "1000000") -> PaperBroker:
    broker = PaperBroker(Funds(Decimal(funds)))
    broker.submit(order, SPOT)
    return broker


def limit(side: OrderSide, price: str, **fields: object) -> Order:
    return make_order(**({"side": side, "type": OrderType.LIMIT, "limit_price": Decimal(price)} | fields))


def trigger(side: OrderSide, kind: OrderType, price: str, **fields: object) -> Order:
    """What the engine sends when a level of a position was reached."""
    values = {"side": side, "type": kind, "trigger_price": Decimal(price), "is_exit": True, "position_id": 1}
    values["reason"] = OrderReason(kind.value)
    return make_order(**(values | fields))


def fills(reports: object) -> list[str]:
    assert isinstance(reports, list | tuple)
    return [f"{report.execution.price}" for report in reports if isinstance(report, Filled)]


def bar_fill(order: Order, bar: str, *, minutes: int = 0) -> str | None:
    """At which price, and when inside it, a bar fills an order."""
    broker = fresh(order)
    candle = make_bar(bar, opened_at=after(minutes=minutes))
    broker.on_bar_open(candle)
    at_open = fills(broker.drain())
    broker.on_bar_range(candle)
    within = fills(broker.drain())
    assert len(at_open) + len(within) <= 1
    return f"open {at_open[0]}" if at_open else f"within {within[0]}" if within else None


@pytest.mark.parametrize(
    ("order", "bar", "fill"),
    [
        (make_order(), "100 110 90 105", "open 100"),
        (make_order(side=SELL), "100 110 90 105", "open 100"),
        (limit(BUY, "95"), "100 110 95.01 105", None),
        (limit(BUY, "95"), "100 110 95 105", "within 95"),  # touched
        (limit(BUY, "95"), "100 110 90 105", "within 95"),  # never better than the limit inside a bar
        (limit(BUY, "95"), "94 110 90 105", "open 94"),  # opens better
        (limit(BUY, "95"), "95 110 90 105", "open 95"),
        (limit(SELL, "105"), "100 104.99 90 100", None),
        (limit(SELL, "105"), "100 105 90 100", "within 105"),
        (limit(SELL, "105"), "110 120 106 107", "open 110"),
        (trigger(SELL, OrderType.STOP_LOSS, "95"), "100 101 94 96", "within 95"),
        (trigger(SELL, OrderType.STOP_LOSS, "95"), "90 91 80 85", "within 90"),  # gap through the stop
        (trigger(SELL, OrderType.STOP_LOSS, "95"), "95 96 94 96", "within 95"),
        (trigger(SELL, OrderType.TAKE_PROFIT, "105"), "100 106 99 101", "within 105"),
        (trigger(SELL, OrderType.TAKE_PROFIT, "105"), "110 112 108 109", "within 110"),  # gap beyond the target
        (trigger(BUY, OrderType.STOP_LOSS, "105"), "100 106 99 101", "within 105"),
        (trigger(BUY, OrderType.STOP_LOSS, "105"), "120 121 110 115", "within 120"),
        (trigger(BUY, OrderType.TAKE_PROFIT, "95"), "100 101 94 96", "within 95"),
        (trigger(BUY, OrderType.TAKE_PROFIT, "95"), "90 96 89 91", "within 90"),
    ],
)
def test_bars_fill_at_prices_that_really_were_there(order: Order, bar: str, fill: str | None) -> None:
    assert bar_fill(order, bar) == fill


@pytest.mark.parametrize(("minutes", "is_filled"), [(-1, False), (0, True), (7, True)])
def test_an_order_waits_for_the_first_bar_that_opens_once_it_is_eligible(minutes: int, is_filled: bool) -> None:
    for order in (make_order(), limit(BUY, "200"), limit(BUY, "95"), trigger(SELL, OrderType.STOP_LOSS, "95")):
        assert (bar_fill(order, "100 110 90 105", minutes=minutes) is not None) is is_filled


@pytest.mark.parametrize(
    ("order", "bid", "ask", "fill"),
    [
        (make_order(), "99", "101", ["101"]),
        (make_order(side=SELL), "99", "101", ["99"]),
        (limit(BUY, "100"), "99", "100.01", []),
        (limit(BUY, "100"), "99", "100", ["100"]),
        (limit(BUY, "100"), "97", "98", ["98"]),  # better than the limit
        (limit(SELL, "100"), "99.99", "101", []),
        (limit(SELL, "100"), "103", "104", ["103"]),
        (trigger(SELL, OrderType.STOP_LOSS, "95"), "94", "96", ["94"]),
        (trigger(BUY, OrderType.STOP_LOSS, "105"), "104", "106", ["106"]),
    ],
)
def test_on_quotes_a_buy_pays_the_ask_and_a_sell_gets_the_bid(
    order: Order, bid: str, ask: str, fill: list[str]
) -> None:
    broker = fresh(order)
    broker.drain()
    broker.on_quote(make_quote(100, bid=bid, ask=ask, at=after(seconds=1)))
    assert fills(broker.drain()) == fill


def test_an_order_takes_a_later_quote_but_a_trigger_may_take_the_one_that_pulled_it() -> None:
    for order, is_filled in (
        (make_order(), False),
        (limit(BUY, "200"), False),
        (trigger(SELL, OrderType.STOP_LOSS, "200"), True),
    ):
        broker = fresh(order)
        broker.on_quote(make_quote(100, at=after(seconds=-1)))
        assert fills(broker.drain()) == []
        broker.on_quote(make_quote(100, at=after()))
        assert bool(fills(broker.drain())) is is_filled


def test_a_fill_says_what_it_cost_and_where_in_the_bar_it_happened() -> None:
    broker = fresh(make_order(quantity=Decimal("0.5")))
    broker.on_bar_open(make_bar("100 110 90 105"))
    (report,) = broker.drain()
    assert isinstance(report, Filled)
    execution = report.execution
    assert (execution.quantity, execution.price, execution.fee, execution.is_maker) == (
        Decimal("0.5"),
        100,
        Decimal("0.05"),
        False,
    )
    assert (execution.at, execution.bar_opened_at, execution.is_within_bar) == (after(), after(), False)

    broker = fresh(limit(BUY, "95"))
    broker.drain()
    broker.on_bar_range(make_bar("100 110 90 105"))
    (report,) = broker.drain()
    assert isinstance(report, Filled)
    execution = report.execution
    assert (execution.fee, execution.is_maker) == (Decimal("0.0475"), True)
    assert (execution.at, execution.bar_opened_at, execution.is_within_bar) == (after(minutes=1), after(), True)


@pytest.mark.parametrize(("funds", "is_filled"), [("100.1", True), ("100.09999999", False)])
def test_an_entry_the_account_cannot_pay_at_the_price_of_its_fill_is_rejected(funds: str, is_filled: bool) -> None:
    broker = fresh(make_order(), funds)
    broker.on_bar_open(make_bar("100 100 100 100"))
    (report,) = broker.drain()
    assert isinstance(report, Filled) is is_filled
    if not is_filled:
        assert report == Rejected(order_id=1, reason="Insufficient balance: Need $100.10, Have $100.10")
    broker.on_bar_open(make_bar("100 100 100 100", opened_at=after(minutes=1)))
    assert broker.drain() == ()


def test_an_exit_is_filled_whatever_is_available() -> None:
    broker = fresh(make_order(side=SELL, is_exit=True, position_id=1), "0")
    broker.on_bar_open(make_bar("100 100 100 100"))
    assert fills(broker.drain()) == ["100"]


@pytest.mark.parametrize(
    ("side", "price", "fill"), [(BUY, "250", "190"), (BUY, "150", "150"), (SELL, "5", "10"), (SELL, "50", "50")]
)
def test_no_exit_costs_more_than_its_margin(side: OrderSide, price: str, fill: str) -> None:
    worst = Decimal(190) if side is BUY else Decimal(10)
    broker = PaperBroker(Funds())
    broker.submit(make_order(side=side, is_exit=True, position_id=1, worst_price=worst, symbol=SWAP.symbol), SWAP)
    broker.on_quote(make_quote(price, at=after(seconds=1), symbol=SWAP.symbol))
    assert fills(broker.drain()) == [fill]


def test_limit_orders_rest_and_say_so_once() -> None:
    broker = fresh(limit(BUY, "95"))
    assert list(broker.drain()) == [Accepted(order_id=1)]
    broker.submit(limit(BUY, "95"), SPOT)
    assert broker.drain() == ()


def test_a_canceled_order_is_never_filled() -> None:
    order = limit(BUY, "95")
    broker = fresh(order)
    broker.drain()
    broker.cancel(order)
    assert list(broker.drain()) == [Canceled(order_id=1)]
    broker.on_bar_open(make_bar("90 90 90 90"))
    broker.on_bar_range(make_bar("90 90 90 90"))
    assert broker.drain() == ()


def test_prices_of_other_symbols_fill_nothing() -> None:
    broker = fresh(make_order())
    broker.on_quote(make_quote(100, symbol="ETH/USDT", at=after(seconds=1)))
    broker.on_bar_open(make_bar("100 100 100 100", symbol="ETH/USDT"))
    broker.on_bar_range(make_bar("100 100 100 100", symbol="ETH/USDT"))
    assert broker.drain() == ()


def test_what_was_filled_before_a_restart_is_not_filled_again() -> None:
    broker = fresh(replace(limit(BUY, "95"), filled_quantity=Decimal("0.4")))
    broker.drain()
    broker.on_bar_open(make_bar("90 90 90 90"))
    (report,) = broker.drain()
    assert isinstance(report, Filled)
    assert report.execution.quantity == Decimal("0.6")


def test_orders_end_one_at_a_time_the_oldest_first_however_they_were_handed_over() -> None:
    broker = PaperBroker(Funds())
    for number in (3, 1, 2):
        broker.submit(make_order(id=number), SPOT)
    ended: list[list[int]] = []
    for _ in range(4):
        broker.on_bar_open(make_bar("100 100 100 100"))
        ended.append([report.order_id for report in broker.drain()])
    assert ended == [[1], [2], [3], []]


def test_a_stop_without_a_trigger_is_our_fault() -> None:
    broker = fresh(make_order(type=OrderType.STOP_LOSS, side=SELL, is_exit=True))
    with pytest.raises(InvariantError, match="no trigger"):
        broker.on_bar_range(make_bar("100 100 100 100"))
