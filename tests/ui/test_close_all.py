"""CLOSE ALL: from every place, confirmed once, and the band that says that nothing can be entered."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QLabel, QPlainTextEdit, QToolButton
from pytestqt.qtbot import QtBot

from desktop_trader.messages.commands import ClearCloseOnly, CloseAll
from desktop_trader.messages.notices import AlreadyDone, CloseOnlyChanged, CommandRefused, OrderCanceled
from desktop_trader.messages.order_receipt import OrderReceiptReply, OrderReceiptRequest
from desktop_trader.ui import theme
from desktop_trader.ui.time_text import local_time
from desktop_trader.ui.tray_icon import TrayIcon
from desktop_trader.ui.widgets.data_table import DataTable
from desktop_trader.ui.widgets.elided_label import ElidedLabel
from tests.ui.desk_rig import action, button, dialog_of, exit_order, field, is_open, label, swap_position, type_into
from tests.ui.network_builders import make_network, make_pause
from tests.ui.shared_window import SharedWindow
from tests.ui.snapshot_builders import NOON, make_auto_trading, make_decision, make_order

OPEN = {
    "positions": (
        swap_position(),
        swap_position(
            2, direction="short", quantity=Decimal("0.02"), entry_price=Decimal("45500"), unrealized_pnl=Decimal("7.6")
        ),
    ),
    "orders": (make_order(5), exit_order(6)),
}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, qapp: QApplication) -> Iterator[SharedWindow]:
    # Once for all: to dress a whole window takes longer than most of these tests.
    theme.apply(qapp, theme.ThemeChoice())
    window = SharedWindow(tmp_path_factory.mktemp("close-all") / Path("data"))
    yield window
    window.end()


@pytest.fixture
def opened(shared: SharedWindow) -> Iterator[SharedWindow]:
    shared.begin(**OPEN)
    yield shared
    for prefix in ("close-all", "clear-close-only"):
        if is_open(shared.window, prefix):
            dialog_of(shared.window, prefix).close()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def press_button(opened: SharedWindow, qtbot: QtBot) -> None:
    found = opened.window.findChild(QToolButton, "toolbar-close-all-btn")
    assert found is not None
    assert found.isVisible()
    assert found.text() == "CLOSE ALL"
    qtbot.mouseClick(found, Qt.MouseButton.LeftButton)


def press_keys(opened: SharedWindow, qtbot: QtBot) -> None:
    opened.window.activateWindow()
    qtbot.waitUntil(opened.window.isActiveWindow)
    qtbot.keyClick(opened.window, Qt.Key.Key_X, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)


def choose_in_menu(opened: SharedWindow, qtbot: QtBot) -> None:
    opened.window.actions_.close_all.trigger()


def choose_in_tray(opened: SharedWindow, qtbot: QtBot) -> None:
    tray = TrayIcon(opened.model, opened.window)
    found = tray.menu.findChild(QAction, "tray-close-all")
    assert found is not None
    assert found.text() == "Close all positions…"
    found.trigger()
    tray.deleteLater()


@pytest.mark.parametrize("ask", [press_button, press_keys, choose_in_menu, choose_in_tray])
def test_it_is_asked_from_every_place_and_sent_once(opened: SharedWindow, qtbot: QtBot, ask) -> None:  # type: ignore[no-untyped-def]
    ask(opened, qtbot)
    dialog = dialog_of(opened.window, "close-all")
    assert opened.sent == []
    qtbot.mouseClick(button(dialog, "close-all-ok-btn"), Qt.MouseButton.LeftButton)
    qtbot.mouseClick(button(dialog, "close-all-ok-btn"), Qt.MouseButton.LeftButton)
    command = opened.sent[0]
    assert isinstance(command, CloseAll)
    assert opened.sent == [CloseAll(request_id=command.request_id, account="demo")]
    opened.model.raise_notice(
        CloseOnlyChanged(
            id=1, at=NOON, request_id=command.request_id, is_close_only=True, reason="close all", author="user"
        )
    )
    assert not is_open(opened.window, "close-all")


def test_it_lists_what_will_happen_with_estimates_and_names_the_account(opened: SharedWindow) -> None:
    opened.window.trading.close_all()
    dialog = dialog_of(opened.window, "close-all")
    listed = dialog.findChild(QPlainTextEdit, "close-all-list-edit")
    assert listed is not None
    # At 45,120: +1.20 less a fee of 0.4512, and 380 x 0.02 = +7.60 less 0.9024.
    assert listed.toPlainText().splitlines() == [
        "Cancels 2 orders:",
        "    limit BUY 0.01000 BTC/USDT at 44,000.00",
        "    stop limit SELL 0.01000 BTC/USDT:USDT at 44,480.00",
        "Closes 2 positions at the market:",
        "    LONG 0.01000 BTC/USDT:USDT: about +$0.75",
        "    SHORT 0.02000 BTC/USDT:USDT: about +$6.70",
    ]
    assert label(dialog, "close-all-total") == "Estimated together, at the mark and after fees: +$7.45"
    assert label(dialog, "close-all-account") == "Account demo · PAPER"
    assert "nothing can be entered" in label(dialog, "close-all-facts")
    opened.show(positions=OPEN["positions"][:1])
    assert "Closes 1 position at the market:" in listed.toPlainText()
    assert "Cancels no orders." in listed.toPlainText()


@pytest.mark.parametrize(("orders", "positions"), [(0, 1), (5, 3), (6, 6)])
def test_every_line_of_an_ordinary_list_is_seen_without_scrolling(
    opened: SharedWindow, orders: int, positions: int
) -> None:
    opened.show(
        orders=tuple(make_order(each) for each in range(10, 10 + orders)),
        positions=tuple(swap_position(each) for each in range(1, 1 + positions)),
    )
    dialog = opened.window.trading.close_all()
    QApplication.processEvents()
    listed = dialog.findChild(QPlainTextEdit, "close-all-list-edit")
    assert listed is not None
    assert listed.toPlainText().count("\n") == 1 + orders + positions
    assert not listed.verticalScrollBar().isVisible()
    assert listed.verticalScrollBar().maximum() == 0


def test_the_sum_is_below_the_list_however_long_that_is(opened: SharedWindow) -> None:
    opened.show(orders=tuple(make_order(each) for each in range(10, 50)), positions=OPEN["positions"])
    dialog = opened.window.trading.close_all()
    QApplication.processEvents()
    total = dialog.findChild(QLabel, "close-all-total")
    assert total is not None
    assert total.isVisible()
    assert dialog.rect().contains(total.geometry())
    assert dialog.height() < 560
    opened.show()
    assert not total.isVisible()


def test_enter_and_escape_do_nothing(opened: SharedWindow, qtbot: QtBot) -> None:
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Escape):
        opened.window.trading.close_all()
        dialog = dialog_of(opened.window, "close-all")
        assert button(dialog, "close-all-cancel-btn").isDefault()
        qtbot.keyClick(dialog, key)
        assert not is_open(opened.window, "close-all")
    assert opened.sent == []


def test_a_second_use_is_harmless(opened: SharedWindow, qtbot: QtBot) -> None:
    opened.show(close_only="close all")
    first = opened.window.trading.close_all()
    assert opened.window.trading.close_all() is first
    assert label(first, "close-all-facts") == "Nothing can be entered already: close all."
    qtbot.mouseClick(button(first, "close-all-ok-btn"), Qt.MouseButton.LeftButton)
    opened.model.raise_notice(
        AlreadyDone(id=2, at=NOON, request_id=opened.sent[0].request_id, message="nothing is open")  # type: ignore[attr-defined]
    )
    assert not is_open(opened.window, "close-all")


def test_while_the_network_is_away_it_says_what_is_left_open(opened: SharedWindow, qtbot: QtBot) -> None:
    opened.show(**OPEN, network=make_pause())
    dialog = opened.window.trading.close_all()
    assert "the positions are NOT closed, and nothing is kept for later" in label(dialog, "close-all-facts")
    qtbot.mouseClick(button(dialog, "close-all-ok-btn"), Qt.MouseButton.LeftButton)
    opened.model.raise_notice(
        CommandRefused(
            id=3,
            at=NOON,
            request_id=opened.sent[0].request_id,  # type: ignore[attr-defined]
            reason="network",
            detail="2 orders are canceled, 2 positions stay open",
        )
    )
    assert label(dialog, "close-all-error").startswith("2 orders are canceled, 2 positions stay open.")
    assert "Nothing was changed" not in label(dialog, "close-all-error")


def test_a_halt_is_said_before_anything_is_asked(opened: SharedWindow) -> None:
    dialog = opened.window.trading.close_all()
    opened.show(**OPEN, halted="the disk is full")
    assert label(dialog, "close-all-error").startswith("Trading is halted: the disk is full.")
    assert not button(dialog, "close-all-ok-btn").isEnabled()


def test_what_stays_open_is_told_though_the_latch_was_told_before(opened: SharedWindow, qtbot: QtBot) -> None:
    dialog = opened.window.trading.close_all()
    qtbot.mouseClick(button(dialog, "close-all-ok-btn"), Qt.MouseButton.LeftButton)
    request_id = opened.sent[0].request_id  # type: ignore[attr-defined]
    opened.model.raise_notice(
        CloseOnlyChanged(id=6, at=NOON, request_id=request_id, is_close_only=True, reason="close all", author="user")
    )
    assert not is_open(opened.window, "close-all")
    opened.model.raise_notice(
        CommandRefused(id=7, at=NOON, request_id=request_id, reason="network", detail="1 of 2 positions stay open: 2")
    )
    assert label(dialog_of(opened.window, "close-all"), "close-all-error").startswith("1 of 2 positions stay open: 2.")


def test_the_band_the_status_bar_and_the_tray_say_it_until_a_reason_is_given(
    opened: SharedWindow, qtbot: QtBot
) -> None:
    assert not opened.sees("close-only-banner")
    tray = TrayIcon(opened.model, opened.window)
    opened.model.raise_notice(
        CloseOnlyChanged(id=4, at=NOON, is_close_only=True, reason="close all", author="user", account="demo")
    )
    opened.show(close_only="close all")
    assert opened.sees("close-only-banner")
    assert opened.text("close-only-banner-text").startswith(
        f"■ CLOSE ONLY since {local_time(NOON)}: close all. Nothing can be entered"
    )
    assert opened.text("account-badge").endswith("· CLOSE ONLY")
    assert "CLOSE ONLY" in tray.tool_tip()
    tray.deleteLater()
    qtbot.mouseClick(opened.button("close-only-allow-btn"), Qt.MouseButton.LeftButton)
    dialog = dialog_of(opened.window, "clear-close-only")
    ok = button(dialog, "clear-close-only-ok-btn")
    assert not ok.isEnabled()
    reason = field(dialog, "clear-close-only-reason-edit")
    type_into(qtbot, reason, "   ")
    assert not ok.isEnabled()
    type_into(qtbot, reason, " it was a drill ")
    qtbot.mouseClick(ok, Qt.MouseButton.LeftButton)
    command = opened.sent[0]
    assert isinstance(command, ClearCloseOnly)
    assert (command.reason, command.account) == ("it was a drill", "demo")
    opened.model.raise_notice(
        CloseOnlyChanged(
            id=5, at=NOON, request_id=command.request_id, is_close_only=False, reason="it was a drill", author="user"
        )
    )
    opened.show()
    assert not opened.sees("close-only-banner")
    assert not is_open(opened.window, "clear-close-only")
    assert not opened.text("account-badge").endswith("CLOSE ONLY")


def test_a_reason_has_at_most_200_characters(opened: SharedWindow, qtbot: QtBot) -> None:
    opened.show(close_only="close all")
    dialog = opened.window.trading.allow_entries()
    reason = field(dialog, "clear-close-only-reason-edit")
    reason.setText("x" * 300)
    assert len(reason.text()) == 200


def test_a_latch_of_an_older_session_has_its_time_from_the_log_of_decisions(opened: SharedWindow) -> None:
    latched = make_decision(3, action="close_all", outcome="latched", detail="close all (by user)")
    auto = make_auto_trading(decisions=(make_decision(5), latched))
    opened.show(account_name="third", account_id=3, close_only="close all", auto_trading=auto)
    opened.model.choose_account("third")
    assert opened.text("close-only-banner-text").startswith(f"■ CLOSE ONLY since {local_time(latched.at)}: close all.")
    opened.model.choose_account("demo")


def test_a_latch_of_an_older_session_is_said_without_a_time(shared: SharedWindow) -> None:
    shared.begin(account_name="other", account_id=2)
    shared.model.choose_account("other")
    shared.show(account_name="other", account_id=2, close_only="markets look odd")
    assert shared.text("close-only-banner-text").startswith("■ CLOSE ONLY: markets look odd.")
    shared.model.choose_account("demo")
    shared.show()
    assert not shared.sees("close-only-banner")


def test_the_band_says_what_holds_in_a_pause_and_what_holds_after_it(opened: SharedWindow) -> None:
    works = "what is open can be closed, and its stops and targets work."
    opened.show(**OPEN, close_only="close all")
    assert opened.text("close-only-banner-text").endswith(works)
    opened.show(**OPEN, close_only="close all", network=make_pause())
    assert opened.text("close-only-banner-text").endswith(
        "while trading is paused nothing can be closed either, and stops and targets do not act."
    )
    opened.show(**OPEN, close_only="close all", network=make_network(epoch=1))
    assert opened.text("close-only-banner-text").endswith(works)


def ended(number: int, reason: str, detail: str, account: str = "demo") -> OrderCanceled:
    return OrderCanceled(
        id=number, at=NOON, account=account, symbol="BTC/USDT:USDT", side="buy", order_id=number, reason=reason,
        detail=detail,
    )  # fmt: skip


def test_a_rejected_order_is_said_whole_until_somebody_has_read_it(opened: SharedWindow, qtbot: QtBot) -> None:
    for harmless in ("canceled", "expired"):
        opened.model.raise_notice(ended(70, harmless, "its time was over"))
    assert not opened.sees("rejection-band")
    opened.model.raise_notice(ended(71, "rejected", "post-only: it would take at 52067.37 instead of rest"))
    assert opened.sees("rejection-band")
    assert opened.text("rejection-band-text") == (
        "✗  Order 71 (BUY BTC/USDT:USDT) was rejected: post-only: it would take at 52067.37 instead of rest. "
        "Nothing of it stays open."
    )
    opened.model.raise_notice(ended(72, "rejected", "", account="other"))
    assert opened.text("rejection-band-text") == (
        "✗  Order 72 (account other, BUY BTC/USDT:USDT) was rejected. Nothing of it stays open.  "
        "(2 orders since this was last dismissed)"
    )
    qtbot.mouseClick(opened.button("rejection-band-dismiss-btn"), Qt.MouseButton.LeftButton)
    assert not opened.sees("rejection-band")


def test_a_notice_that_is_too_long_for_the_status_bar_ends_in_dots_and_its_tooltip_has_all(
    opened: SharedWindow,
) -> None:
    opened.model.raise_notice(ended(73, "canceled", "a reason of many words, " * 30))
    notice = opened.window.findChild(ElidedLabel, "last-notice")
    assert notice is not None
    QApplication.processEvents()
    assert notice.shown_text().endswith("…")
    assert notice.text() in notice.toolTip()


def test_a_receipt_is_asked_for_and_shown(opened: SharedWindow, qtbot: QtBot) -> None:
    table = opened.window.findChild(DataTable, "positions-table")
    assert table is not None
    table.selectRow(0)
    action(table, "receipt").trigger()
    asked = opened.requested[-1]
    assert isinstance(asked, OrderReceiptRequest)
    assert (asked.account, asked.order_id) == ("demo", 71)
    opened.window.show_reply(OrderReceiptReply(request_id="another", receipt=None, error="no"))
    assert not is_open(opened.window, "order-receipt")
    opened.window.show_reply(OrderReceiptReply(request_id=asked.request_id, receipt=None, error="no order 71"))
    dialog = dialog_of(opened.window, "order-receipt")
    shown = dialog.findChild(QPlainTextEdit, "order-receipt-text-edit")
    assert shown is not None
    assert shown.toPlainText() == "no order 71"
    qtbot.mouseClick(button(dialog, "order-receipt-close-btn"), Qt.MouseButton.LeftButton)
    assert not is_open(opened.window, "order-receipt")
    assert opened.window.findChild(QLabel, "order-receipt-dialog") is None
