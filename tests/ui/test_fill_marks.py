"""Fills on the chart: one mark for the parts of one order in one bar."""

from datetime import timedelta
from decimal import Decimal

from desktop_trader.domain.market import Timeframe
from desktop_trader.messages.chart_data import FillMark
from desktop_trader.ui.charts.fill_marks import drawn_fills
from tests.ui.snapshot_builders import NOON, make_instrument


def fill(order_id: int, price: str, quantity: str, *, side: str = "buy", seconds: int = 0) -> FillMark:
    return FillMark(
        at=NOON + timedelta(seconds=seconds),
        side=side,
        price=Decimal(price),
        quantity=Decimal(quantity),
        position_id=1,
        order_id=order_id,
    )


def test_parts_of_one_order_in_one_bar_are_one_mark_at_their_average_price() -> None:
    fills = [
        fill(1, "45000.00", "0.01", seconds=1),
        fill(2, "44990.00", "0.01", side="sell", seconds=2),
        fill(1, "45000.04", "0.03", seconds=59),
        fill(1, "45010.00", "0.01", seconds=60),
        fill(0, "45000.00", "0.01"),
        fill(0, "45000.00", "0.01"),
    ]
    marks = drawn_fills(fills, Timeframe.M1, make_instrument())
    assert [mark.text for mark in marks] == [
        "BUY 0.04 @ 45,000.03, 2 fills",
        "SELL 0.01 @ 44,990.00",
        "BUY 0.01 @ 45,010.00",
        "BUY 0.01 @ 45,000.00",
        "BUY 0.01 @ 45,000.00",
    ]
    assert marks[0].at == int(NOON.timestamp()) + 1
