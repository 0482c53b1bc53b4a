"""An entry that filled in part: leaving the position ends the rest of it."""

from decimal import Decimal

from desktop_trader.domain.fill import Execution
from desktop_trader.domain.order import OrderStatus
from desktop_trader.engine.broker_port import Canceled, Filled
from desktop_trader.messages import commands as c
from tests.builders import after
from tests.engine_rig import EngineRig
from tests.fakes import ScriptedBroker


def part(order_id: int, number: int, quantity: str) -> Filled:
    execution = Execution(
        trade_id=f"trade-{number}",
        quantity=Decimal(quantity),
        price=Decimal(100),
        fee=Decimal("0.1"),
        is_maker=False,
        at=after(seconds=number),
    )
    return Filled(order_id=order_id, execution=execution)


def test_closing_a_partly_filled_position_cancels_the_rest_of_its_entry() -> None:
    broker = ScriptedBroker()
    rig = EngineRig(broker=broker)
    rig.quote(100)
    rig.buy(2)
    broker.reports.append(part(1, 1, "1"))
    rig.quote(100)
    assert rig.portfolio.orders[1].status is OrderStatus.PARTIALLY_FILLED

    broker.reports.append(Canceled(order_id=1))
    rig.step(c.ClosePosition(request_id="close", position_id=rig.position.id))

    assert [order.id for order in broker.canceled] == [1]
    assert [order.is_exit for order in rig.portfolio.orders.values()] == [True]
    broker.reports.append(part(2, 2, "1"))
    rig.quote(100)
    assert rig.portfolio.positions == {}
    assert rig.portfolio.wallet.locked == 0
