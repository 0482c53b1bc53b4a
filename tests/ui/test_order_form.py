"""The order form: one press is one order, and only complete tickets can be pressed."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QLabel
from pytestqt.qtbot import QtBot

from desktop_trader.domain.order import OrderSide, OrderType
from desktop_trader.messages.notices import OrderDenied
from desktop_trader.ui.models import pending_request
from tests.ui.network_builders import make_network, make_pause
from tests.ui.snapshot_builders import NOON, make_instrument, make_snapshot
from tests.ui.ticket_builders import Ticket


@pytest.fixture
def ticket(qtbot: QtBot, dressed_app: QApplication) -> Ticket:
    made = Ticket(qtbot)
    made.show()
    return made


def test_nothing_can_be_pressed_before_the_first_snapshot(qtbot: QtBot, dressed_app: QApplication) -> None:
    ticket = Ticket(qtbot)
    assert not ticket.long.isEnabled()
    assert not ticket.short.isEnabled()


def test_a_press_of_long_sends_one_market_order_under_its_own_id(ticket: Ticket) -> None:
    assert not ticket.long.isEnabled()
    ticket.type("futures-quantity-edit", "0.01")
    ticket.click("futures-stop-loss-unit-btn")
    ticket.type("futures-stop-loss-edit", "44000")
    ticket.click("futures-take-profit-unit-btn")
    ticket.type("futures-take-profit-edit", "47000.5")
    ticket.qtbot.mouseClick(ticket.long, Qt.MouseButton.LeftButton)
    order = ticket.sent[0]
    assert (order.symbol, order.side, order.type) == ("BTC/USDT", OrderSide.BUY, OrderType.MARKET)
    assert (order.quantity, order.limit_price) == (Decimal("0.01"), None)
    assert order.protection.stop_loss == Decimal(44000)
    assert order.protection.take_profit == Decimal("47000.5")
    assert len(order.request_id) == 32


def test_enter_and_click_and_double_click_give_one_order(ticket: Ticket) -> None:
    ticket.type("futures-quantity-edit", "0.01")
    ticket.long.setFocus()
    ticket.qtbot.keyClick(ticket.long, Qt.Key.Key_Space)
    ticket.qtbot.keyClick(ticket.long, Qt.Key.Key_Return)
    ticket.qtbot.mouseClick(ticket.long, Qt.MouseButton.LeftButton)
    ticket.qtbot.mouseDClick(ticket.long, Qt.MouseButton.LeftButton)
    assert len(ticket.sent) == 1
    assert not ticket.long.isEnabled()
    ticket.accept()
    assert ticket.long.isEnabled()
    ticket.qtbot.mouseClick(ticket.long, Qt.MouseButton.LeftButton)
    assert len({order.request_id for order in ticket.sent}) == 2


def test_the_focus_stays_with_the_ticket_while_its_button_rests(ticket: Ticket) -> None:
    ticket.type("futures-quantity-edit", "0.01")
    ticket.form.activateWindow()
    ticket.long.setFocus()
    ticket.qtbot.keyClick(ticket.long, Qt.Key.Key_Space)
    assert QApplication.focusWidget() is ticket.form
    ticket.accept()
    assert QApplication.focusWidget() is ticket.long


def test_a_denial_is_told_beside_the_buttons(ticket: Ticket) -> None:
    ticket.type("futures-quantity-edit", "0.1")
    ticket.qtbot.mouseClick(ticket.long, Qt.MouseButton.LeftButton)
    ticket.model.raise_notice(
        OrderDenied(
            id=1,
            at=NOON,
            request_id=ticket.sent[0].request_id,
            symbol="BTC/USDT",
            side="buy",
            reason="funds",
            detail="needs $225,000.00, available $10,000.00",
        )
    )
    message = ticket.find(QLabel, "futures-message")
    assert message.isVisible()
    assert "needs $225,000.00" in message.text()
    assert ticket.long.isEnabled()


def test_a_denial_is_there_until_the_market_goes_or_comes(ticket: Ticket) -> None:
    open_market = make_network()
    ticket.model.replace_snapshot(make_snapshot(11, network=open_market))
    ticket.model.raise_notice(
        OrderDenied(
            id=1, at=NOON, request_id=_pressed(ticket), symbol="BTC/USDT", side="buy", reason="funds", detail="no money"
        )
    )
    message = ticket.find(QLabel, "futures-message")
    later = replace(open_market, at=open_market.at + timedelta(seconds=1))
    ticket.model.replace_snapshot(make_snapshot(12, network=later))
    assert message.text() == "no money"
    ticket.model.replace_snapshot(make_snapshot(13, network=make_pause()))
    assert message.text() == ""


def test_spot_is_long_only_and_says_why(ticket: Ticket) -> None:
    ticket.type("futures-quantity-edit", "0.01")
    assert ticket.long.isEnabled()
    assert not ticket.short.isEnabled()
    assert "long only" in ticket.short.toolTip()


def test_a_swap_can_be_sold_short(ticket: Ticket) -> None:
    ticket.form.choose_symbol("BTC/USDT:USDT")
    ticket.type("futures-quantity-edit", "0.01")
    ticket.qtbot.mouseClick(ticket.short, Qt.MouseButton.LeftButton)
    assert (ticket.sent[0].side, ticket.sent[0].symbol) == (OrderSide.SELL, "BTC/USDT:USDT")


def test_a_limit_order_needs_its_price(ticket: Ticket) -> None:
    ticket.find(QComboBox, "futures-type-combo").setCurrentText("Limit")
    ticket.type("futures-quantity-edit", "0.01")
    assert not ticket.long.isEnabled()
    ticket.type("futures-limit-price-edit", "44000.5")
    ticket.qtbot.mouseClick(ticket.long, Qt.MouseButton.LeftButton)
    assert (ticket.sent[0].type, ticket.sent[0].limit_price) == (OrderType.LIMIT, Decimal("44000.5"))


def test_a_minimum_is_named_only_where_the_market_has_one(ticket: Ticket) -> None:
    assert ticket.find(QLabel, "futures-estimate").text() == "Minimum order $5.00"
    free = replace(make_instrument(), minimum_notional=Decimal(0))
    ticket.model.replace_snapshot(make_snapshot(9, instruments=(free,)))
    assert "0.00" not in ticket.find(QLabel, "futures-estimate").text()
    assert "inimum" not in ticket.find(QLabel, "futures-estimate").text()


def test_quantities_off_the_grid_cannot_be_sent(ticket: Ticket) -> None:
    ticket.type("futures-quantity-edit", "0.000001")
    assert not ticket.long.isEnabled()
    assert ticket.quantity.error_text()


def test_without_an_answer_the_ticket_becomes_free_and_says_so(
    qtbot: QtBot, dressed_app: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pending_request, "ANSWER_MS_MAX", 20)
    ticket = Ticket(qtbot)
    ticket.show()
    ticket.type("futures-quantity-edit", "0.01")
    qtbot.mouseClick(ticket.long, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(ticket.long.isEnabled, timeout=2000)
    assert "No answer came" in ticket.find(QLabel, "futures-message").text()


def test_nothing_can_be_ordered_while_trading_is_halted(ticket: Ticket) -> None:
    ticket.type("futures-quantity-edit", "0.01")
    ticket.model.replace_snapshot(make_snapshot(2, halted="the disk is full"))
    ticket.type("futures-quantity-edit", "0.02")
    assert not ticket.long.isEnabled()


def _pressed(ticket: Ticket) -> str:
    """Press LONG and return the name of the request."""
    ticket.type("futures-quantity-edit", "0.01")
    ticket.qtbot.mouseClick(ticket.long, Qt.MouseButton.LeftButton)
    return ticket.sent[-1].request_id
