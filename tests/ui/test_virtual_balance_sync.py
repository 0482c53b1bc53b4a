"""The documents' own synchronization test: 10,000, 15,000 and 12,500 set, and read in three places each time."""

from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QDockWidget
from pytestqt.qtbot import QtBot

from desktop_trader.api.payloads import snapshot_balance, virtual_balance
from tests.ui.trading_room import Room

AMOUNTS = ("10000", "15000", "12500")
READ_IN = ("virtual-balance", "auto-balance-display", "futures-virtual-balance")
PROFIT_IN = ("virtual-pnl", "auto-pnl-display", "futures-pnl-display")


@pytest.fixture
def room(qtbot: QtBot, dressed_app: QApplication, tmp_path: Path) -> Room:
    return Room(qtbot, tmp_path)


@pytest.mark.requirement("R155", "R156")
@pytest.mark.parametrize("amount", AMOUNTS)
def test_balance_sync_updates_propagate_to_every_panel(room: Room, amount: str) -> None:
    room.rig.set_total("9000")
    room.rig.set_total(amount)
    room.show()

    assert {room.text(name) for name in READ_IN} == {f"${Decimal(amount):,.2f}"}


@pytest.mark.requirement("R156")
def test_balance_sync_profit_is_what_was_earned_whatever_was_set(room: Room) -> None:
    room.rig.quote(100)
    room.rig.buy(10)
    room.rig.quote(100)
    room.rig.quote(110)
    for amount in AMOUNTS:
        room.rig.set_total(amount)
        room.show()
        # 10 bought at 100 with a fee of 1, and worth 110.
        assert {room.text(name) for name in PROFIT_IN} == {room.text("virtual-pnl")}
        assert "99.00" in room.text("virtual-pnl"), amount


@pytest.mark.requirement("R156")
@pytest.mark.parametrize("amount", AMOUNTS)
def test_balance_sync_both_routes_answer_what_the_panels_show(room: Room, amount: str) -> None:
    room.rig.set_total("9000")
    room.rig.set_total(amount)
    room.show()

    short, long = virtual_balance(room.rig.snapshot), snapshot_balance(room.rig.snapshot)

    assert short["balance"] == long["current_balance"] == Decimal(amount)
    assert room.text("virtual-balance") == f"${short['balance']:,.2f}"


@pytest.mark.requirement("R156")
def test_balance_sync_a_dock_that_was_hidden_shows_what_the_others_show(room: Room) -> None:
    dock = room.window.findChild(QDockWidget, "futures")
    assert dock is not None
    dock.hide()
    room.rig.set_total("12500")
    room.show()

    dock.show()

    assert {room.text(name) for name in READ_IN} == {"$12,500.00"}
