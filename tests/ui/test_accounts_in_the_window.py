"""Several accounts in one window: every figure follows the one chosen, and no command ever reaches another."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit, QPushButton, QToolBar
from pytestqt.qtbot import QtBot

from desktop_trader.messages.chart_data import ChartRequest
from desktop_trader.messages.commands import AdjustBalance, ClosePosition, OpenAccount, PauseEntries
from desktop_trader.messages.ledger_page import LedgerFilter
from desktop_trader.messages.ledger_request import LedgerPageRequest
from desktop_trader.messages.notices import BalanceChanged, BooksRecovered, CommandRefused, OrderFilled
from desktop_trader.messages.snapshot import AccountSnapshot
from desktop_trader.ui.dialogs.confirm_quit import quit_warning
from desktop_trader.ui.dialogs.new_account import NewAccountDialog
from desktop_trader.ui.models.account_watch import AccountWatch
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.window_layout import WindowLayout
from tests.ui.snapshot_builders import NOON, make_balance, make_position, make_snapshot
from tests.ui.window_builders import OpenWindow, make_window


def demo(sequence: int = 1, **changes: Any) -> AccountSnapshot:
    return make_snapshot(sequence, **changes)


def second(sequence: int = 2, **changes: Any) -> AccountSnapshot:
    parts = {"balance": make_balance("500"), "account_id": 2, "account_name": "second", "run_id": 2} | changes
    return make_snapshot(sequence, **parts)


@pytest.fixture
def opened(qtbot: QtBot, tmp_path: Path) -> OpenWindow:
    opened = make_window(qtbot, tmp_path)
    opened.window.fill_docks()
    opened.model.choose_account("demo")
    opened.model.replace_snapshot(demo())
    opened.model.replace_snapshot(second(positions=(make_position(9, "ETH/USDT"),)))
    opened.window.show()
    return opened


def text_of(opened: OpenWindow, name: str) -> str:
    label = opened.window.findChild(QLabel, name)
    assert label is not None
    return label.text()


def switch_of(opened: OpenWindow) -> QComboBox:
    combo = opened.window.findChild(QComboBox, "toolbar-account-combo")
    assert combo is not None
    return combo


def choose(opened: OpenWindow, name: str) -> None:
    """Choose an account as a person does."""
    combo = switch_of(opened)
    combo.setFocus()
    target = combo.findData(name)
    while combo.currentIndex() != target:
        QTest.keyClick(combo, Qt.Key.Key_Down if combo.currentIndex() < target else Qt.Key.Key_Up)


def test_the_newest_state_of_every_account_is_kept_and_the_chosen_one_shown() -> None:
    model = BalanceModel()
    model.choose_account("second")
    model.replace_snapshot(demo(1))
    assert model.snapshot is None
    model.replace_snapshot(second(2))
    model.replace_snapshot(demo(3, balance=make_balance("7")))
    assert model.balance is not None
    assert model.balance.total == 500
    assert model.choose_account("demo")
    assert model.balance.total == 7
    model.replace_snapshot(demo(2, balance=make_balance("1")))
    assert model.balance.total == 7
    assert not model.choose_account("nobody")
    assert model.account == "demo"
    assert [each.name for each in model.accounts] == ["demo", "second"]


def test_a_switch_shows_everything_of_one_account_at_once() -> None:
    """Whatever a slot reads while the window switches is of the account switched to."""
    model = BalanceModel()
    model.replace_snapshot(demo(1))
    model.replace_snapshot(second(2, positions=(make_position(9),)))
    seen: list[tuple[str, Decimal, int]] = []

    def note() -> None:
        snapshot, balance = model.snapshot, model.balance
        assert snapshot is not None
        assert balance is not None
        seen.append((snapshot.account_name, balance.total, len(model.positions)))

    for signal in (model.balance_changed, model.positions_changed, model.state_changed, model.account_switched):
        signal.connect(note)
    model.choose_account("second")
    assert len(seen) == 4
    assert set(seen) == {("second", Decimal(500), 1)}


@pytest.mark.requirement("R185", "R170")
def test_title_badges_cards_and_tables_follow_the_account(opened: OpenWindow) -> None:
    opened.window.attach_chart()
    opened.window._docks.show("history")
    QApplication.processEvents()
    choose(opened, "second")
    QApplication.processEvents()
    assert opened.window.windowTitle() == "Desktop Trader - PAPER - second - BTC/USDT"
    assert text_of(opened, "account-badge") == "PAPER  second · run 2"
    for name in ("virtual-balance", "auto-balance-display", "futures-virtual-balance"):
        assert "500.00" in text_of(opened, name)
    assert [each.id for each in opened.model.positions] == [9]
    charts = [each for each in opened.requested if isinstance(each, ChartRequest)]
    assert charts[-1].account == "second"
    pages = [each for each in opened.requested if isinstance(each, LedgerPageRequest)]
    assert pages[-1].filter.account == "second"
    choose(opened, "demo")
    assert "10,000.00" in text_of(opened, "virtual-balance")
    assert opened.model.positions == ()


@pytest.mark.requirement("R222")
def test_the_switch_names_every_account_its_type_and_offers_a_new_one(opened: OpenWindow) -> None:
    combo = switch_of(opened)
    texts = [combo.itemText(place) for place in range(combo.count()) if combo.itemText(place)]
    assert texts == ["demo · PAPER", "second · PAPER", "New paper account…"]
    colors = [combo.itemIcon(place).pixmap(12).toImage().pixelColor(6, 6).name() for place in (0, 1)]
    assert colors[0] != colors[1]
    opened.model.replace_snapshot(second(3, account_type="live", asleep="it is elsewhere"))
    assert combo.itemText(1) == "second · LIVE (asleep)"


def test_a_command_goes_to_the_account_that_is_shown_when_it_is_pressed(opened: OpenWindow) -> None:
    opened.window.actions_.pause.trigger()
    choose(opened, "second")
    opened.window._send(ClosePosition(request_id="c", position_id=9))
    opened.window._send(ClosePosition(request_id="d", position_id=9, account="demo"))
    pauses = [each for each in opened.sent if isinstance(each, PauseEntries)]
    assert [each.account for each in pauses] == ["demo"]
    assert [each.account for each in opened.sent if isinstance(each, ClosePosition)] == ["second", "demo"]


def test_a_dialog_stays_with_the_account_it_was_opened_on(opened: OpenWindow, qtbot: QtBot) -> None:
    dialog = opened.window.money.adjust("deposit")
    choose(opened, "second")
    amount = dialog.findChild(QLineEdit, "adjust-amount-edit")
    reason = dialog.findChild(QLineEdit, "adjust-reason-edit")
    assert amount is not None
    assert reason is not None
    amount.setText("25")
    reason.setText("savings")
    dialog.accept()
    (sent,) = [each for each in opened.sent if isinstance(each, AdjustBalance)]
    assert sent.account == "demo"
    other = opened.window.money.adjust("deposit")
    assert other is not dialog
    assert other.account == "second"


def test_a_watched_account_is_followed_while_another_is_shown() -> None:
    model = BalanceModel()
    model.replace_snapshot(demo(1))
    watch = AccountWatch(model, model)
    model.replace_snapshot(second(2))
    model.choose_account("second")
    model.replace_snapshot(demo(3, balance=make_balance("9000")))
    assert watch.total == 9_000


def test_what_was_typed_into_the_ticket_is_forgotten_with_the_account(opened: OpenWindow) -> None:
    quantity = opened.window.findChild(QLineEdit, "futures-quantity-edit")
    assert quantity is not None
    quantity.setText("0.5")
    choose(opened, "second")
    assert quantity.text() == ""


def test_the_choice_is_kept_over_a_restart(opened: OpenWindow, tmp_path: Path) -> None:
    choose(opened, "second")
    opened.window.save_layout(WindowLayout(tmp_path / "layout.ini"))
    assert WindowLayout(tmp_path / "layout.ini").account == "second"


def test_notices_of_other_accounts_name_them_and_draw_no_marks_here(opened: OpenWindow) -> None:
    filled = OrderFilled(
        id=1, at=NOON, account="second", symbol="BTC/USDT", side="buy", quantity=Decimal(1), price=Decimal(5),
        fee=Decimal(0), order_id=1, fill_id=1, position_id=1, reason="manual", current_balance=Decimal(1),
    )  # fmt: skip
    opened.model.raise_notice(filled)
    assert text_of(opened, "last-notice").startswith("[second] Filled order 1")
    assert opened.window._panels.chart._fills == []
    recovered = BooksRecovered(
        id=2, at=NOON, account="second", message="m", current_balance=Decimal(1), open_positions=2
    )
    opened.model.raise_notice(recovered)
    band = opened.window.findChild(QToolBar, "recovery-banner")
    assert band is not None
    assert band.isVisible()
    assert "Recovered 2 open positions in account second" in text_of(opened, "recovery-banner-text")


def test_open_positions_of_other_accounts_are_counted_and_named(opened: OpenWindow) -> None:
    opened.model.replace_snapshot(second(3, positions=(make_position(9),)))
    assert text_of(opened, "open-positions-state") == "1 open (1 in second)"
    choose(opened, "second")
    assert text_of(opened, "open-positions-state") == "1 open"


def test_a_history_of_another_account_says_that_the_window_shows_that_one_now(opened: OpenWindow) -> None:
    books = opened.window.open_books("runs")
    opened.window.show_history(LedgerFilter(account="second"))
    assert "account second now" in text_of(opened, "last-notice")
    assert not books.isVisible()


def test_an_account_that_sleeps_with_something_open_is_said_loudly(opened: OpenWindow) -> None:
    band = opened.window.findChild(QToolBar, "asleep-banner")
    assert band is not None
    assert not band.isVisible()
    reason = "it has 1 open position on the replay of X, which is not running"
    opened.model.replace_snapshot(second(3, asleep=reason, positions=(make_position(9),), instruments=()))
    assert band.isVisible()
    assert "NOBODY WATCHES ITS STOPS" in text_of(opened, "asleep-banner-text")
    choose(opened, "second")
    assert "ASLEEP" in text_of(opened, "connection-state")
    symbols = opened.window.findChild(QComboBox, "toolbar-symbol-combo")
    assert symbols is not None
    assert symbols.count() > 0


def test_a_halt_that_passes_says_that_it_does(opened: OpenWindow) -> None:
    opened.model.replace_snapshot(demo(3, halted="the disk is full (1.0 MB are free)", is_halt_passing=True))
    text = text_of(opened, "halt-banner-text")
    assert "TRADING WAITS: the disk is full (1.0 MB are free)" in text
    assert "goes on by itself" in text
    opened.model.replace_snapshot(demo(4))
    assert text_of(opened, "halt-banner-text") == ""


def open_new_account(opened: OpenWindow, name: str) -> NewAccountDialog:
    opened.window.actions_.new_account.trigger()
    dialog = opened.window.findChild(NewAccountDialog)
    assert dialog is not None
    edit = dialog.findChild(QLineEdit, "new-account-name-edit")
    assert edit is not None
    edit.setText(name)
    return dialog


def press(dialog: NewAccountDialog, qtbot: QtBot) -> None:
    button = dialog.findChild(QPushButton, "new-account-ok-btn")
    assert button is not None
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    QTest.keyClick(dialog, Qt.Key.Key_Return)


def test_a_new_account_is_asked_for_once_and_shown_when_it_is_there(opened: OpenWindow, qtbot: QtBot) -> None:
    dialog = open_new_account(opened, "third")
    press(dialog, qtbot)
    (command,) = [each for each in opened.sent if isinstance(each, OpenAccount)]
    assert (command.name, command.start_amount) == ("third", 10_000)
    opened.model.raise_notice(
        BalanceChanged(
            id=1,
            at=NOON,
            request_id=command.request_id,
            account="third",
            reason="r",
            kind="opening",
            amount=Decimal(10_000),
            author="system",
            current_balance=Decimal(10_000),
        )
    )
    assert not dialog.isVisible()
    assert opened.model.account == "demo"
    opened.model.replace_snapshot(make_snapshot(9, account_id=3, account_name="third"))
    assert opened.model.account == "third"


def test_a_name_that_exists_or_cannot_be_one_is_refused_before_asking(opened: OpenWindow, qtbot: QtBot) -> None:
    for name in ("Second", "", " blank", "x" * 41):
        press(open_new_account(opened, name), qtbot)
    assert not [each for each in opened.sent if isinstance(each, OpenAccount)]


def test_a_refusal_is_shown_and_the_dialog_stays(opened: OpenWindow, qtbot: QtBot) -> None:
    dialog = open_new_account(opened, "third")
    press(dialog, qtbot)
    command = opened.sent[-1]
    assert isinstance(command, OpenAccount)
    opened.model.raise_notice(
        CommandRefused(id=1, at=NOON, request_id=command.request_id, reason="halted", detail="trading is halted")
    )
    assert dialog.isVisible()
    error = dialog.findChild(QLabel, "new-account-error")
    assert error is not None
    assert error.text() == "Trading is halted"


def test_quitting_says_what_it_means_for_every_account(opened: OpenWindow) -> None:
    opened.model.replace_snapshot(second(3, positions=(make_position(9), make_position(10, stop_loss=None))))
    warning = quit_warning(opened.model)
    assert warning == (
        "Account second: 2 positions are open, 1 of them without a stop. Stops and targets are not watched while the "
        "application is closed."
    )
