"""The public fields of what is told."""

from dataclasses import fields
from decimal import Decimal

import pytest

from desktop_trader.messages import notices as n
from tests.builders import START

EVENTS = {
    n.LogNotice: "log",
    n.OrderAccepted: "order_accepted",
    n.OrderFilled: "order_filled",
    n.OrderCanceled: "order_canceled",
    n.OrderDenied: "order_denied",
    n.PositionOpened: "position_opened",
    n.PositionClosed: "position_closed",
    n.BalanceChanged: "balance_changed",
    n.EntriesPaused: "entries_paused",
    n.TradingHalted: "trading_halted",
}


@pytest.mark.parametrize(("kind", "event"), list(EVENTS.items()))
def test_every_kind_has_its_public_name_number_and_time(kind: type[n.Notice], event: str) -> None:
    assert kind.event == event
    assert {"id", "at"} <= {each.name for each in fields(kind)}


def test_what_does_not_apply_is_left_out_and_zero_and_false_are_not() -> None:
    fill = n.OrderFilled(
        id=1,
        at=START,
        symbol="BTC/USDT",
        side="buy",
        quantity=Decimal(1),
        price=Decimal(100),
        fee=Decimal(0),
        order_id=3,
        fill_id=4,
        position_id=5,
        reason="manual",
        current_balance=Decimal("9999.9"),
    )
    assert fill.as_fields() == {
        "event": "order_filled",
        "id": 1,
        "at": START,
        "symbol": "BTC/USDT",
        "side": "buy",
        "quantity": 1,
        "price": 100,
        "fee": 0,
        "order_id": 3,
        "fill_id": 4,
        "position_id": 5,
        "reason": "manual",
        "current_balance": Decimal("9999.9"),
    }
    assert n.EntriesPaused(id=1, at=START, is_paused=False).as_fields()["is_paused"] is False
