"""The life of a futures position through the panel, over a real engine: every figure is the same wherever it stands."""

from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtWidgets import QAbstractButton, QApplication, QCheckBox, QLabel
from pytestqt.qtbot import QtBot

from desktop_trader.domain.order import Direction
from desktop_trader.ui.number_format import format_money
from tests.ui.futures_desk import FuturesDesk


@pytest.fixture
def desk(qtbot: QtBot, dressed_app: QApplication, tmp_path: Path) -> FuturesDesk:
    made = FuturesDesk(qtbot, tmp_path)
    made.price("45000")
    return made


@pytest.mark.requirement("R144", "R151", "R152")
def test_a_position_is_opened_funded_halved_and_closed_from_the_panel(desk: FuturesDesk) -> None:
    desk.write("futures-quantity-edit", "0.1")
    preview = desk.text("futures-preview-long-margin"), desk.text("futures-preview-long-liquidation")
    desk.click("futures-long-btn")
    desk.price("45000")
    position = desk.rig.position
    assert (position.direction, position.quantity, position.leverage) == (Direction.LONG, Decimal("0.1"), 10)
    assert (position.stop_loss, position.take_profit) == (Decimal(44_100), Decimal(47_250))
    # What the preview said is what was booked: 4,500 / 10, and a fee of 4.5.
    assert preview[0] == format_money(position.margin, "USDT") == "$450.00"
    assert desk.rig.portfolio.wallet.total == Decimal("9995.5")
    held = desk.rig.snapshot.positions[0]
    assert held.liquidation_price is not None
    assert preview[1] == f"{held.liquidation_price:,.2f}"
    desk.check_figures()

    desk.futures.fund("0.0001", 45_000)
    desk.show()
    assert desk.rig.portfolio.wallet.total == Decimal("9995.05")
    desk.check_figures()

    box = desk.window.findChild(QCheckBox, "futures-reduce-only-check")
    assert box is not None
    box.click()
    desk.price("46000")
    desk.click("futures-size-50-btn")
    assert desk.text("futures-preview-short-result") == "+$50.00"
    desk.click("futures-short-btn")
    desk.price("46000")
    assert desk.rig.position.quantity == Decimal("0.05")
    desk.check_figures()

    desk.click("futures-size-100-btn")
    desk.click("futures-short-btn")
    desk.price("46000")
    assert not desk.rig.portfolio.positions
    # 9,995.05 + 100 - 4.6 of fees.
    assert desk.rig.portfolio.wallet.total == Decimal("10090.45")
    assert desk.rig.portfolio.wallet.locked == 0
    desk.check_figures()
    hint = desk.window.findChild(QLabel, "futures-hint")
    assert hint is not None
    assert "No open position" in hint.text()


def test_what_is_locked_rises_with_a_resting_order_and_falls_when_it_is_canceled(desk: FuturesDesk) -> None:
    desk.choose("futures-type-combo", "Limit")
    desk.write("futures-limit-price-edit", "44000")
    desk.write("futures-quantity-edit", "0.1")
    desk.click("futures-long-btn")
    # 4,400 / 10 and the taker fee of 4.4.
    assert desk.text("futures-locked-balance") == "$444.40"
    desk.check_figures()
    (order,) = desk.rig.portfolio.orders.values()
    desk.futures.cancel(order.id)
    desk.show()
    assert desk.text("futures-locked-balance") == "$0.00"
    desk.check_figures()


def test_one_press_of_a_pair_is_two_orders_of_which_one_fills(desk: FuturesDesk) -> None:
    desk.choose("futures-type-combo", "OCO (limit + stop)")
    desk.write("futures-limit-price-edit", "44000")
    desk.write("futures-trigger-price-edit", "46000")
    desk.write("futures-quantity-edit", "0.01")
    desk.click("futures-long-btn")
    assert len(desk.rig.portfolio.orders) == 2
    desk.price("45000")
    desk.price("43990")
    assert not desk.rig.portfolio.orders
    assert desk.rig.position.entry_price == Decimal(44_000)
    desk.check_figures()


def test_what_the_engine_refuses_is_said_and_the_ticket_is_free_again(desk: FuturesDesk) -> None:
    desk.write("futures-quantity-edit", "0.11")
    desk.write("futures-leverage-edit", "1")
    # The engine has a newer price than the window: at that it costs more than there is.
    desk.futures.show("95000")
    desk.click("futures-long-btn")
    assert "Insufficient balance" in desk.text("futures-message")
    assert not desk.rig.portfolio.orders
    button = desk.window.findChild(QAbstractButton, "futures-long-btn")
    assert button is not None
    desk.write("futures-quantity-edit", "0.01")
    assert button.isEnabled()
