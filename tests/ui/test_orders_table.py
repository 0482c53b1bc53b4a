"""The table of orders, the dialog that edits one, and the receipt that says what became of it."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QDialog, QPlainTextEdit
from pytestqt.qtbot import QtBot

from desktop_trader.domain.fill import Fill
from desktop_trader.domain.order import OrderSide, OrderStatus, OrderType, TimeInForce
from desktop_trader.domain.order_receipt import OrderEvent, ReceiptStep
from desktop_trader.messages.commands import CancelOrder, EditOrder
from desktop_trader.messages.order_receipt import OrderReceipt, OrderReceiptReply
from desktop_trader.ui.dialogs.order_receipt import OrderReceiptDialog, receipt_text
from desktop_trader.ui.panels.orders import OrdersPanel, OrdersTable
from tests.ui.desk_rig import (
    SWAP,
    Desk,
    action,
    button,
    column,
    dialog_of,
    exit_order,
    field,
    label,
    swap_position,
    text,
    type_into,
)
from tests.ui.snapshot_builders import NOON, make_order


class Orders(Desk):
    """The panel with a resting entry, a pair of exits, and an order of another symbol."""

    def __init__(self, qtbot: QtBot) -> None:
        super().__init__(qtbot)
        self.panel = self.put(OrdersPanel(self.model, send=self.sent.append))
        found = self.panel.findChild(OrdersTable, "orders-table")
        assert found is not None
        self.table: OrdersTable = found
        self.orders = (
            make_order(5, symbol=SWAP, leverage=10),
            exit_order(6, oco_id="pair"),
            exit_order(9, type=OrderType.LIMIT, trigger_price=None, limit_price=Decimal("46200.00"), oco_id="pair"),
            make_order(11, symbol="BTC/USDT"),
        )
        self.show(positions=(swap_position(),), orders=self.orders)

    def edit(self, row: int) -> QDialog:
        self.table.selectRow(row)
        self.qtbot.mouseClick(button(self.panel, "orders-edit-btn"), Qt.MouseButton.LeftButton)
        return dialog_of(self.panel, "edit-order")


@pytest.fixture
def desk(qtbot: QtBot, dressed_app: QApplication) -> Orders:
    return Orders(qtbot)


def test_every_term_of_an_order_has_its_column(desk: Orders) -> None:
    expires = NOON + timedelta(days=2)
    trailing = exit_order(
        7,
        type=OrderType.TRAILING_STOP,
        limit_price=None,
        trigger_price=None,
        trail_percent=Decimal("1.5"),
        time_in_force=TimeInForce.GTD,
        expires_at=expires,
    )
    maker = make_order(8, is_post_only=True, filled_quantity=Decimal("0.004"), status=OrderStatus.PARTIALLY_FILLED)
    desk.show(positions=(swap_position(),), orders=(desk.orders[1], desk.orders[2], trailing, maker))
    assert column(desk.table, "Type") == ["stop limit", "limit", "trailing stop", "limit"]
    assert column(desk.table, "Price") == ["44,480.00", "46,200.00", "—", "44,000.00"]
    assert column(desk.table, "Trigger") == ["44,500.00", "—", "trails 1.5 %", "—"]
    assert column(desk.table, "Exit") == ["closes #1", "closes #1", "closes #1", "—"]
    assert column(desk.table, "Pair") == ["with #9", "with #6", "—", "—"]
    assert text(desk.table, 2, "Force") == f"GTD {expires.astimezone():%m-%d %H:%M}"
    assert text(desk.table, 3, "Force") == "GTC post-only"
    assert text(desk.table, 3, "Filled") == "0.00400"
    assert text(desk.table, 3, "Reserved") == "$440.44"


def test_a_trigger_that_follows_the_price_is_shown_where_it_stands_now(desk: Orders) -> None:
    trailing = exit_order(
        7, type=OrderType.TRAILING_STOP, limit_price=None, trigger_price=None, trail_percent=Decimal("1.5")
    )
    state = {"positions": (swap_position(),), "orders": (trailing,)}
    for at, said in (("44443.20", "44,443.20"), ("44500.10", "44,500.10")):
        desk.show(**state, trail_levels=((7, Decimal(at)),))
        assert column(desk.table, "Trigger") == [f"trails 1.5 % → {said}"]


def test_a_pair_whose_other_half_is_gone_says_so(desk: Orders) -> None:
    desk.show(positions=(swap_position(),), orders=(desk.orders[1],))
    assert text(desk.table, 0, "Pair") == "alone"


def test_only_what_was_changed_is_sent(desk: Orders) -> None:
    dialog = desk.edit(1)
    assert not button(dialog, "edit-order-ok-btn").isEnabled()
    type_into(desk.qtbot, field(dialog, "edit-order-limit-edit"), "44400.5")
    assert "Limit price: 44,480.00 → 44,400.50" in label(dialog, "edit-order-facts")
    desk.qtbot.keyClick(dialog, Qt.Key.Key_Return)
    desk.qtbot.mouseClick(button(dialog, "edit-order-ok-btn"), Qt.MouseButton.LeftButton)
    assert desk.sent == [
        EditOrder(request_id=desk.sent[0].request_id, order_id=6, limit_price=Decimal("44400.5"), account="demo")
    ]


def test_quantity_and_trigger_are_edited_too(desk: Orders) -> None:
    dialog = desk.edit(1)
    type_into(desk.qtbot, field(dialog, "edit-order-quantity-edit"), "0.005")
    type_into(desk.qtbot, field(dialog, "edit-order-trigger-edit"), "44600")
    desk.qtbot.mouseClick(button(dialog, "edit-order-ok-btn"), Qt.MouseButton.LeftButton)
    assert (desk.sent[0].quantity, desk.sent[0].trigger_price) == (Decimal("0.005"), Decimal(44600))
    assert desk.sent[0].limit_price is None


@pytest.mark.parametrize(
    ("name", "typed"), [("limit", "44400.005"), ("limit", "0"), ("quantity", "0.000001"), ("quantity", "")]
)
def test_terms_off_the_grid_cannot_be_sent(desk: Orders, name: str, typed: str) -> None:
    dialog = desk.edit(1)
    type_into(desk.qtbot, field(dialog, f"edit-order-{name}-edit"), typed)
    desk.qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert desk.sent == []
    assert dialog.isVisible()


def test_less_than_what_is_filled_cannot_be_asked_for(desk: Orders) -> None:
    desk.show(orders=(make_order(5, filled_quantity=Decimal("0.004"), status=OrderStatus.PARTIALLY_FILLED),))
    dialog = desk.edit(0)
    type_into(desk.qtbot, field(dialog, "edit-order-quantity-edit"), "0.004")
    assert "0.00400 is filled already" in label(dialog, "edit-order-error")


def test_an_order_that_ends_meanwhile_is_said_to_be_over(desk: Orders) -> None:
    dialog = desk.edit(1)
    desk.show(orders=())
    assert label(dialog, "edit-order-error") == "This order is over."


def test_all_orders_of_a_symbol_are_canceled_and_no_other(desk: Orders) -> None:
    desk.table.selectRow(0)
    action(desk.table, "cancel-symbol").trigger()
    # 6 and 9 are a pair: with one of them the other ends.
    assert [each.order_id for each in desk.sent] == [5, 6]
    assert all(isinstance(each, CancelOrder) for each in desk.sent)
    assert column(desk.table, "Cancel") == ["asked…", "asked…", "Cancel", "Cancel"]
    desk.refuse("the exchange does not answer")
    assert column(desk.table, "Cancel") == ["asked…", "Cancel", "Cancel", "Cancel"]
    assert "the exchange does not answer" in label(desk.table, "orders-table-note")


def test_enter_asks_for_the_receipt(desk: Orders) -> None:
    wanted: list[int] = []
    desk.table.receipt_wanted.connect(wanted.append)
    desk.table.setFocus()
    desk.table.selectRow(2)
    desk.qtbot.keyClick(desk.table, Qt.Key.Key_Return)
    assert wanted == [9]


def a_receipt() -> OrderReceipt:
    order = exit_order(6, filled_quantity=Decimal("0.01"), status=OrderStatus.FILLED, revision=1)

    def event(step: ReceiptStep, minute: int, subject: str = "", detail: str = "") -> OrderEvent:
        return OrderEvent(order_id=6, at=NOON + timedelta(minutes=minute), step=step, subject=subject, detail=detail)

    def fill(number: int, quantity: str, price: str, fee: str) -> Fill:
        return Fill(
            id=number,
            order_id=6,
            position_id=1,
            account_id=1,
            run_id=1,
            trade_id=f"t{number}",
            symbol=SWAP,
            side=OrderSide.SELL,
            quantity=Decimal(quantity),
            price=Decimal(price),
            fee=Decimal(fee),
            is_maker=number == 1,
            at=NOON + timedelta(minutes=2 + number),
            realized_pnl=Decimal("-1.04"),
        )

    return OrderReceipt(
        account="demo",
        currency="USDT",
        order=order,
        events=(
            event(ReceiptStep.CHECKED, 0, "margin_ratio", "6.7 %; limit 80 %"),
            event(ReceiptStep.STORED, 0),
            event(ReceiptStep.SENT, 0),
            event(ReceiptStep.TRIGGERED, 2, "", "the bid reached 44,500"),
            event(ReceiptStep.FILLED, 3, "", "0.004 @ 44,480 = $177.92; fee $0.08896 maker; at its limit"),
        ),
        fills=(fill(1, "0.004", "44480", "0.08896"), fill(2, "0.006", "44490", "0.26694")),
    )


@pytest.mark.requirement("R34", "R96")
def test_a_receipt_lists_checks_steps_fills_fees_and_sums() -> None:
    lines = receipt_text(a_receipt()).splitlines()
    assert lines[0] == "ORDER 6"
    assert "  what               stop limit sell 0.01 BTC/USDT:USDT" in lines
    assert "  reduce-only        closes position 1" in lines
    assert "  margin ratio  6.7 %; limit 80 %" in lines
    assert "  2026-01-01 12:02:00 UTC  triggered   the bid reached 44,500" in lines
    assert "  2026-01-01 12:03:00 UTC  0.004 @ 44480  fee 0.08896000 USDT maker  P&L -1.04000000 USDT" in lines
    assert lines[-4:] == [
        "  filled             0.01",
        "  average price      44486",
        "  fees               0.35590000 USDT",
        "  realized P&L       -2.08000000 USDT",
    ]


@pytest.mark.parametrize(
    ("status", "detail", "said"),
    [
        (OrderStatus.OPEN, "by hand", ["  came from          by hand"]),
        (
            OrderStatus.FILLED,
            "the stop was hit",
            ["  came from          the stop was hit", "  how it ended       filled"],
        ),
        (OrderStatus.CANCELED, "by hand", ["  how it ended       canceled: by hand"]),
        (OrderStatus.REJECTED, "", ["  how it ended       rejected"]),
    ],
)
def test_a_receipt_tells_the_origin_of_an_order_from_how_it_ended(
    status: OrderStatus, detail: str, said: list[str]
) -> None:
    order = exit_order(6, status=status, detail=detail)
    lines = receipt_text(replace(a_receipt(), order=order)).splitlines()
    assert [each for each in lines if each.startswith(("  came from", "  how it ended"))] == said


def test_a_receipt_is_copied_whole(qtbot: QtBot, dressed_app: QApplication) -> None:
    dialog = OrderReceiptDialog(OrderReceiptReply(request_id="1", receipt=a_receipt()))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.mouseClick(button(dialog, "order-receipt-copy-btn"), Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == receipt_text(a_receipt())
    assert dialog.windowTitle() == "Receipt of order 6"


def test_a_receipt_that_is_not_there_says_why(qtbot: QtBot, dressed_app: QApplication) -> None:
    dialog = OrderReceiptDialog(OrderReceiptReply(request_id="1", receipt=None, error="no order 6"))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    shown = dialog.findChild(QPlainTextEdit, "order-receipt-text-edit")
    assert shown is not None
    assert shown.toPlainText() == "no order 6"
