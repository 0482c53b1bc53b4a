"""The dialogs over a real engine: what is pressed is booked once, counts for the next order, and is no profit."""

from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from desktop_trader.domain.errors import StorageError
from desktop_trader.domain.ledger import EntryKind
from desktop_trader.domain.order import OrderSide
from desktop_trader.messages import commands as c
from desktop_trader.ui.dialogs.adjust_balance import AdjustBalanceDialog
from desktop_trader.ui.dialogs.reset_account import ResetAccountDialog
from tests.ui.test_adjust_balance import expire
from tests.ui.trading_room import Room


@pytest.fixture
def room(qtbot: QtBot, dressed_app: QApplication, tmp_path: Path) -> Room:
    return Room(qtbot, tmp_path)


@pytest.mark.requirement("R56")
def test_a_deposit_is_the_balance_and_no_return(room: Room) -> None:
    before = (room.text("virtual-pnl"), room.model.balance and room.model.balance.pnl)
    room.deposit("1000")
    assert room.text("virtual-balance") == "$11,000.00"
    assert (room.text("virtual-pnl"), room.model.balance and room.model.balance.pnl) == before
    (entry,) = room.entries(EntryKind.DEPOSIT)
    assert entry.draft.reason == "savings"
    assert entry.draft.author


def test_one_submit_is_one_entry_however_often_it_is_pressed_and_asked_again(room: Room) -> None:
    room.hold_answers = True
    dialog = room.open("auto-deposit-btn", AdjustBalanceDialog)
    room.type(dialog, "adjust-amount-edit", "250")
    reason = room.type(dialog, "adjust-reason-edit", "savings")
    room.qtbot.keyClick(reason, Qt.Key.Key_Return)
    room.press(dialog, "adjust-ok-btn")
    room.press(dialog, "adjust-ok-btn")
    assert len(room.entries(EntryKind.DEPOSIT)) == 1
    expire(dialog)
    room.hold_answers = False
    room.press(dialog, "adjust-ok-btn")
    assert not dialog.isVisible(), "the books say that it was booked already"
    assert len(room.entries(EntryKind.DEPOSIT)) == 1
    assert room.text("virtual-balance") == "$10,250.00"


@pytest.mark.requirement("R20", "R60", "R55", "R88")
def test_a_balance_that_moves_between_the_look_and_the_books_is_asked_about_and_nothing_is_booked(room: Room) -> None:
    dialog = room.open("futures-adjust-btn", AdjustBalanceDialog)
    room.type(dialog, "adjust-amount-edit", "15000")
    room.type(dialog, "adjust-reason-edit", "as at my bank")
    room.before_command = lambda: room.rig.deposit(5)
    room.press(dialog, "adjust-ok-btn")
    room.before_command = lambda: None
    assert dialog.isVisible()
    assert room.entries(EntryKind.ADJUSTMENT) == []
    moved = dialog.findChild(QLabel, "adjust-moved")
    assert moved is not None
    assert "from $10,000.00 to $10,005.00" in moved.text()
    ok = dialog.findChild(QPushButton, "adjust-ok-btn")
    assert ok is not None
    room.qtbot.waitUntil(ok.isEnabled)
    room.press(dialog, "adjust-ok-btn")
    (entry,) = room.entries(EntryKind.ADJUSTMENT)
    assert entry.total_after == 15_000
    assert entry.draft.reason == "as at my bank"


def test_what_was_put_in_counts_for_the_next_order(room: Room) -> None:
    room.rig.quote(100)
    room.rig.quote(100)
    signal = c.ExecuteSignal(request_id="first", symbol=room.rig.instruments[0].symbol, side=OrderSide.BUY)
    room.rig.step(signal)
    room.rig.quote(100)
    first = room.rig.position.quantity
    room.rig.close(room.rig.position.id)
    room.rig.quote(100)
    room.show()
    total = room.rig.portfolio.wallet.total
    room.deposit(f"{total:f}")
    room.rig.step(c.ExecuteSignal(request_id="second", symbol=signal.symbol, side=OrderSide.BUY))
    room.rig.quote(100)
    assert abs(room.rig.position.quantity / first - 2) < Decimal("0.01")


@pytest.mark.requirement("R21", "R142", "R150")
def test_a_reset_from_the_futures_panel_is_seen_in_every_panel_and_the_old_run_is_kept(room: Room) -> None:
    room.deposit("2345")
    dialog = room.open("futures-reset-balance-btn", ResetAccountDialog)
    room.type(dialog, "reset-account-name-edit", "demo")
    room.press(dialog, "reset-account-ok-btn")
    assert not dialog.isVisible()
    for name in ("virtual-balance", "auto-balance-display", "futures-virtual-balance", "futures-total-balance"):
        assert room.text(name) == "$10,000.00"
    assert room.text("virtual-pnl") == "$0.00"
    assert room.model.snapshot is not None
    assert room.model.snapshot.run_id == 2
    assert [entry.total_after for entry in room.entries(EntryKind.RESET)] == [0]


@pytest.mark.requirement("R21")
def test_an_open_position_keeps_the_reset_from_being_asked_for(room: Room) -> None:
    room.rig.quote(100)
    room.rig.buy(1)
    room.rig.quote(100)
    room.show()
    dialog = room.open("sidebar-reset-balance-btn", ResetAccountDialog)
    room.type(dialog, "reset-account-name-edit", "demo")
    room.press(dialog, "reset-account-ok-btn")
    assert dialog.isVisible()
    assert room.entries(EntryKind.RESET) == []


@pytest.mark.requirement("R126")
def test_on_a_disk_that_refuses_the_balance_on_screen_does_not_move_and_that_is_said(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_update: object) -> None:
        raise StorageError("The disk is full", detail="ENOSPC")

    monkeypatch.setattr(room.rig.store, "commit", refuse)
    dialog = room.open("sidebar-deposit-btn", AdjustBalanceDialog)
    room.type(dialog, "adjust-amount-edit", "250")
    room.type(dialog, "adjust-reason-edit", "savings")
    room.press(dialog, "adjust-ok-btn")
    assert dialog.isVisible()
    error = dialog.findChild(QLabel, "adjust-error")
    assert error is not None
    assert "Trading is halted" in error.text()
    assert room.text("virtual-balance") == "$10,000.00"
    assert "could not be written" in room.text("halt-banner-text")
    assert "⚠" in room.text("virtual-balance-updated")
    assert room.entries(EntryKind.DEPOSIT) == []
    room.press(dialog, "adjust-ok-btn")
    assert "Trading is halted" in error.text(), "a halted engine does not look at the request"
    monkeypatch.undo()
    room.rig.restart()
    room.press(dialog, "adjust-ok-btn")
    assert not dialog.isVisible()
    assert len(room.entries(EntryKind.DEPOSIT)) == 1
    assert room.text("virtual-balance") == "$10,250.00"


def test_a_deposit_that_was_booked_before_the_halt_was_told_is_not_booked_again_after_it(room: Room) -> None:
    room.hold_answers = True
    dialog = room.open("sidebar-deposit-btn", AdjustBalanceDialog)
    room.type(dialog, "adjust-amount-edit", "250")
    room.type(dialog, "adjust-reason-edit", "savings")
    room.press(dialog, "adjust-ok-btn")
    room.hold_answers = False
    for notice in room.rig.engine.halt("test", "as after a failed sync"):
        room.model.raise_notice(notice)
    room.press(dialog, "adjust-ok-btn")
    assert dialog.isVisible()
    room.rig.restart()
    room.press(dialog, "adjust-ok-btn")
    assert not dialog.isVisible()
    assert len(room.entries(EntryKind.DEPOSIT)) == 1
