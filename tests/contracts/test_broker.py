"""What the engine may rely on with every broker."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from desktop_trader.brokers.paper import PaperBroker
from desktop_trader.domain.order import Order, OrderSide, OrderStatus, OrderType
from desktop_trader.engine.broker_port import Accepted, Broker, BrokerReport, Canceled, Filled
from tests.builders import SPOT, after, make_bar, make_execution, make_order, make_portfolio, make_quote
from tests.fakes import ScriptedBroker


class _Rich:
    portfolio = make_portfolio()

    def spendable_for(self, order: Order) -> Decimal:
        return Decimal(1_000_000)

    def closable_by(self, order: Order) -> Decimal:
        return order.remaining_quantity

    def waits_for_gains(self, order: Order, *, price: Decimal) -> str:
        return ""

    def cover_of(self, order: Order, quantity: Decimal) -> Decimal | None:
        return None


class _ObedientBroker(ScriptedBroker):
    """Holds limit orders, fills the others at once, confirms every end."""

    def submit(self, order: Order, instrument: object) -> None:
        if any(each.id == order.id for each in self.submitted):
            return
        self.submitted.append(order)
        if order.type is OrderType.LIMIT:
            self.reports.append(Accepted(order_id=order.id))
            return
        execution = make_execution(order.quantity, 100, trade_id=f"{order.client_order_id}-1")
        self.reports.append(Filled(order_id=order.id, execution=execution))

    def cancel(self, order: Order) -> None:
        self.reports.append(Canceled(order_id=order.id))


every_broker = pytest.mark.parametrize("make_broker", [lambda: PaperBroker(_Rich()), _ObedientBroker])
MakeBroker = Callable[[], Broker]


def let_the_market_move(broker: Broker) -> list[BrokerReport]:
    """A quote, and a bar, at 100, each shown until nothing more comes of it."""
    reports = list(broker.drain())
    bar = make_bar("100 100 100 100", opened_at=after(minutes=1))
    shows: list[Callable[[], None]] = [
        lambda: broker.on_quote(make_quote(100, at=after(seconds=1))),
        lambda: broker.on_bar_open(bar),
        lambda: broker.on_bar_range(bar),
    ]
    for show in shows:
        show()
        while told := broker.drain():
            reports += told
            show()
    return reports


def rest(**fields: object) -> Order:
    return make_order(**({"type": OrderType.LIMIT, "limit_price": Decimal(50)} | fields))


@every_broker
def test_reports_are_told_once(make_broker: MakeBroker) -> None:
    broker = make_broker()
    broker.submit(rest(), SPOT)
    assert list(broker.drain()) == [Accepted(order_id=1)]
    assert list(broker.drain()) == []


@every_broker
def test_an_order_handed_over_twice_is_one_order(make_broker: MakeBroker) -> None:
    broker = make_broker()
    broker.submit(make_order(), SPOT)
    broker.submit(make_order(), SPOT)
    reports = let_the_market_move(broker)
    assert [type(report) for report in reports] == [Filled]


@every_broker
def test_a_market_order_ends_in_one_fill_of_all_of_it_with_an_id_of_the_exchanges_own(make_broker: MakeBroker) -> None:
    broker = make_broker()
    for number in (1, 2):
        broker.submit(make_order(id=number, quantity=Decimal("0.3")), SPOT)
    filled = [report for report in let_the_market_move(broker) if isinstance(report, Filled)]
    assert [report.execution.quantity for report in filled] == [Decimal("0.3")] * 2
    assert len({report.execution.trade_id for report in filled}) == 2
    assert all(report.execution.fee >= 0 and report.execution.price > 0 for report in filled)
    assert all(report.execution.at.tzinfo is not None for report in filled)


@every_broker
def test_a_canceled_order_is_confirmed_and_fills_no_more(make_broker: MakeBroker) -> None:
    broker = make_broker()
    order = rest(limit_price=Decimal(100), side=OrderSide.SELL)
    broker.submit(order, SPOT)
    broker.drain()
    broker.cancel(order)
    assert list(broker.drain()) == [Canceled(order_id=1)]
    assert let_the_market_move(broker) == []


@every_broker
def test_without_orders_the_market_moves_nothing(make_broker: MakeBroker) -> None:
    assert let_the_market_move(make_broker()) == []


@every_broker
def test_an_order_of_the_books_goes_on_in_a_rebuilt_exchange_that_has_its_ratchets(make_broker: MakeBroker) -> None:
    before = make_broker()
    before.submit(rest(), SPOT)
    let_the_market_move(before)
    broker = make_broker()
    broker.take_ratchets({**before.ratchets(), "position:1": "100", "of-a-later-version:1": "?"})
    opened = rest(status=OrderStatus.OPEN)
    broker.submit(opened, SPOT)
    assert [report for report in let_the_market_move(broker) if isinstance(report, Filled)] == []
    broker.cancel(opened)
    assert list(broker.drain()) == [Canceled(order_id=1)]


@every_broker
def test_ratchets_are_texts(make_broker: MakeBroker) -> None:
    broker = make_broker()
    broker.submit(rest(), SPOT)
    let_the_market_move(broker)
    assert all(type(key) is str and type(text) is str and text for key, text in broker.ratchets().items())


@every_broker
def test_the_edit_of_an_order_that_nobody_holds_does_nothing(make_broker: MakeBroker) -> None:
    broker = make_broker()
    broker.edit(rest(revision=1))
    assert let_the_market_move(broker) == []
