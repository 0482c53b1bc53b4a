"""The main window: names, docks, layout, replies, symbol, theme, and leaving."""

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QSettings, Qt
from PySide6.QtGui import QAccessible, QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QDockWidget,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QTabBar,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from desktop_trader.domain.market import Bar, Timeframe
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.chart_data import ChartData, ChartRequest
from desktop_trader.messages.ledger_page import LedgerPage, LedgerRow
from desktop_trader.messages.ledger_request import LedgerPageReply, LedgerPageRequest
from desktop_trader.messages.notices import OrderDenied
from desktop_trader.settings import DisplaySettings, PaperSettings, Theme
from desktop_trader.ui import theme
from desktop_trader.ui.dialogs.about import AboutDialog
from desktop_trader.ui.dialogs.adjust_balance import AdjustBalanceDialog
from desktop_trader.ui.dialogs.confirm_quit import quit_warning
from desktop_trader.ui.dialogs.first_start import FirstStartDialog
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.panels.chart import ChartPanel
from desktop_trader.ui.widgets.data_table import DataTable
from desktop_trader.ui.window_layout import WindowLayout
from tests.ui.snapshot_builders import (
    NOON,
    make_auto_trading,
    make_balance,
    make_position,
    make_quote,
    make_snapshot,
)
from tests.ui.window_builders import OpenWindow, make_window

DOCKS = ("sidebar", "auto-trading", "futures", "chart", "positions", "orders", "assets", "history", "log")
CONTROLS = (QAbstractButton, QLineEdit, QComboBox, QAbstractItemView, QPlainTextEdit, QMenu)


@pytest.fixture
def opened(qtbot: QtBot, dressed_app: QApplication, tmp_path: Path) -> OpenWindow:
    made = make_window(qtbot, tmp_path)
    made.window.show()
    made.window.fill_docks()
    # What stood in for the panels until they came goes now, not in the middle of a test.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    made.model.replace_snapshot(make_snapshot(1))
    return made


def label(opened: OpenWindow, name: str) -> str:
    found = opened.window.findChild(QLabel, name)
    assert found is not None, name
    return found.text()


def dock(opened: OpenWindow, name: str) -> QDockWidget:
    found = opened.window.findChild(QDockWidget, name)
    assert found is not None, name
    return found


def unnamed(root: QWidget) -> list[str]:
    """Controls without an object name or without a spoken name, except the parts that Qt makes inside its own."""
    bad = []
    for control in root.findChildren(QWidget):
        if not isinstance(control, CONTROLS) or is_part_of_qt(control):
            continue
        interface = QAccessible.queryAccessibleInterface(control)
        spoken = interface.text(QAccessible.Text.Name) if interface is not None else ""
        if not control.objectName() or not spoken:
            bad.append(f"{type(control).__name__} {control.objectName()!r}: {spoken!r}")
    return bad


def is_part_of_qt(control: QWidget) -> bool:
    """Popups of combos, clear buttons of edits, buttons of dock titles and tab bars."""
    parents = [control]
    while (parent := parents[-1].parentWidget()) is not None:
        parents.append(parent)
    inside = any(isinstance(each, QComboBox | QTabBar | QLineEdit) for each in parents[1:])
    if isinstance(control, QMenu) and not control.title():
        return True  # what does not fit into the menu bar
    return inside or any(each.objectName().startswith("qt_") for each in parents)


def test_every_control_has_an_object_name_and_a_spoken_name(qtbot: QtBot, opened: OpenWindow, tmp_path: Path) -> None:
    opened.window.attach_chart()
    assert unnamed(opened.window) == []
    for dialog in (
        AdjustBalanceDialog(opened.model, send=opened.sent.append),
        FirstStartDialog(PaperSettings()),
        AboutDialog(DataFolderPaths(root=tmp_path)),
    ):
        qtbot.addWidget(dialog)
        assert unnamed(dialog) == []


def test_names_are_given_once(opened: OpenWindow) -> None:
    names = [
        each.objectName()
        for each in opened.window.findChildren(QWidget)
        if each.objectName()
        and not each.objectName().startswith("qt_")
        and isinstance(each, (*CONTROLS, QLabel))
        # Qt's own arrows, under the same name in every bar of tabs.
        and not isinstance(each.parentWidget(), QTabBar)
    ]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_texts_are_never_read_as_markup(opened: OpenWindow) -> None:
    rich = [
        each.objectName()
        for each in opened.window.findChildren(QLabel)
        if each.textFormat() is not Qt.TextFormat.PlainText and each.text() and not each.objectName().startswith("qt_")
    ]
    assert rich == []


@pytest.mark.requirement("R136")
def test_the_docks_of_the_contract_exist_and_can_float_tab_and_hide(opened: OpenWindow) -> None:
    for name in DOCKS:
        features = dock(opened, name).features()
        assert features & QDockWidget.DockWidgetFeature.DockWidgetFloatable
        assert features & QDockWidget.DockWidgetFeature.DockWidgetClosable


@pytest.mark.requirement("R136", "R149", "R160")
def test_one_snapshot_changes_the_balance_in_all_panels_at_once(opened: OpenWindow) -> None:
    opened.model.replace_snapshot(make_snapshot(2, balance=make_balance("15000")))
    names = ("virtual-balance", "auto-balance-display", "futures-virtual-balance", "futures-total-balance")
    assert {label(opened, name) for name in names} == {"$15,000.00"}


@pytest.mark.requirement("R2", "R164")
def test_a_dock_that_was_hidden_is_right_when_it_is_shown(opened: OpenWindow) -> None:
    dock(opened, "futures").hide()
    opened.model.replace_snapshot(make_snapshot(2, balance=make_balance("12500"), positions=(make_position(),)))
    dock(opened, "futures").show()
    assert label(opened, "futures-virtual-balance") == "$12,500.00"
    table = opened.window.findChild(DataTable, "futures-positions-table")
    assert table is not None
    assert table.sorted_rows.rowCount() == 1


def test_the_three_balances_are_there_before_the_rest_is_built(
    qtbot: QtBot, dressed_app: QApplication, tmp_path: Path
) -> None:
    made = make_window(qtbot, tmp_path)
    made.model.replace_snapshot(make_snapshot(1))
    names = ("virtual-balance", "auto-balance-display", "futures-virtual-balance")
    assert [label(made, name) for name in names] == ["$10,000.00"] * 3
    assert made.window.findChild(DataTable, "history-table") is None
    assert label(made, "chart-placeholder") == "Loading chart…"


@pytest.mark.requirement("R159")
def test_layout_survives_a_restart_of_the_window(
    qtbot: QtBot, opened: OpenWindow, dressed_app: QApplication, tmp_path: Path
) -> None:
    window = opened.window
    dock(opened, "log").setFloating(True)
    dock(opened, "history").hide()
    window.actions_.lock_layout.setChecked(True)
    window.save_layout(WindowLayout(tmp_path / "layout.ini"))
    again = make_window(qtbot, tmp_path)
    again.window.restore_layout(WindowLayout(tmp_path / "layout.ini"))
    again.window.show()
    assert dock(again, "log").isFloating()
    assert dock(again, "history").isHidden()
    assert again.window.actions_.lock_layout.isChecked()
    again.window.actions_.reset_layout.trigger()
    assert not dock(again, "log").isFloating()
    assert not dock(again, "history").isHidden()
    assert not again.window.actions_.lock_layout.isChecked()


@pytest.mark.parametrize("content", ["", "garbage \x00 ][", "[window]\ngeometry=1\nstate=2\n"])
def test_a_damaged_layout_file_leaves_the_default(opened: OpenWindow, tmp_path: Path, content: str) -> None:
    path = tmp_path / "layout.ini"
    path.write_text(content, encoding="utf-8")
    opened.window.restore_layout(WindowLayout(path))
    assert all(not dock(opened, name).isHidden() for name in DOCKS)


def test_a_layout_of_another_version_is_not_forced_on_the_window(opened: OpenWindow, tmp_path: Path) -> None:
    path = tmp_path / "layout.ini"
    file = QSettings(str(path), QSettings.Format.IniFormat)
    file.setValue("window/geometry", opened.window.saveGeometry())
    file.setValue("window/state", opened.window.saveState(99))
    file.sync()
    assert not WindowLayout(path).restore(opened.window)


@pytest.mark.requirement("R159")
@pytest.mark.parametrize("size", [(1024, 640), (1280, 800), (1920, 1080)])
def test_the_chart_takes_the_room_that_is_left(qtbot: QtBot, opened: OpenWindow, size: tuple[int, int]) -> None:
    opened.window.resize(*size)
    qtbot.waitUntil(lambda: abs(dock(opened, "futures").width() - 346) <= 30, timeout=30_000)
    # 330 px were enough for the card; symbol, price, change, course and volume of the watchlist beside its star take 22
    # more, and nothing may take more than that from the chart.
    assert dock(opened, "sidebar").width() <= 352
    assert dock(opened, "chart").width() >= size[0] - 346 - 352 - 20
    card = opened.window.findChild(QWidget, "futures-virtual-balance-card")
    assert card is not None
    assert card.isVisible()


def test_six_rows_of_the_watchlist_are_seen_and_the_newest_changes_can_be_folded(
    qtbot: QtBot, opened: OpenWindow
) -> None:
    opened.window.resize(1280, 800)
    table = opened.window.findChild(QAbstractItemView, "sidebar-watchlist-table")
    area = opened.window.findChild(QWidget, "sidebar-scroll")
    changes = opened.window.findChild(QWidget, "sidebar-changes-table")
    fold = opened.window.findChild(QToolButton, "sidebar-changes-fold-btn")
    assert table is not None
    assert area is not None
    assert changes is not None
    assert fold is not None
    qtbot.waitUntil(lambda: table.viewport().height() >= 6 * table.sizeHintForRow(0), timeout=2000)
    foot = table.mapTo(area, table.viewport().geometry().topLeft()).y() + 6 * table.sizeHintForRow(0)
    assert foot <= area.height(), "without scrolling"
    fold.click()
    assert not changes.isVisible()
    fold.click()
    assert changes.isVisible()


def test_locked_docks_stay_where_they_are(opened: OpenWindow) -> None:
    opened.window.actions_.lock_layout.trigger()
    assert dock(opened, "chart").features() == QDockWidget.DockWidgetFeature.NoDockWidgetFeatures
    opened.window.actions_.lock_layout.trigger()
    assert dock(opened, "chart").features() & QDockWidget.DockWidgetFeature.DockWidgetMovable


@pytest.mark.requirement("R64")
def test_the_title_says_whose_money_and_which_symbol(opened: OpenWindow) -> None:
    assert opened.window.windowTitle() == "Desktop Trader - PAPER - demo - BTC/USDT"
    opened.window.choose_symbol("ETH/USDT")
    assert opened.window.windowTitle() == "Desktop Trader - PAPER - demo - ETH/USDT"
    ticket = opened.window.findChild(QComboBox, "futures-symbol-combo")
    assert ticket is not None
    assert ticket.currentText() == "ETH/USDT"


def make_bars(count: int) -> tuple[Bar, ...]:
    start = NOON - timedelta(minutes=count)
    return tuple(
        Bar(
            symbol="BTC/USDT",
            timeframe=Timeframe.M1,
            opened_at=start + timedelta(minutes=place),
            open=Decimal(45000),
            high=Decimal(45010),
            low=Decimal(44990),
            close=Decimal(45005),
            volume=Decimal(3),
        )
        for place in range(count)
    )


def test_the_chart_asks_when_it_is_attached_and_draws_only_the_answer_to_its_last_question(opened: OpenWindow) -> None:
    assert not [each for each in opened.requested if isinstance(each, ChartRequest)]
    opened.window.attach_chart()
    (first,) = (each for each in opened.requested if isinstance(each, ChartRequest))
    assert (first.symbol, first.timeframe) == ("BTC/USDT", Timeframe.M1)
    opened.window.actions_.timeframes[Timeframe.H1].trigger()
    second = opened.requested[-1]
    assert isinstance(second, ChartRequest)
    assert second.timeframe is Timeframe.H1
    opened.window.actions_.timeframes[Timeframe.M1].trigger()
    third = opened.requested[-1]
    assert isinstance(third, ChartRequest)
    stale = ChartData(request_id=first.request_id, symbol="BTC/USDT", timeframe=Timeframe.M1, bars=make_bars(5))
    opened.window.show_reply(stale)
    chart = opened.window.findChild(ChartPanel)
    assert chart is not None
    assert chart.view is not None
    empty = chart.view.findChild(QLabel, "chart-empty")
    assert empty is not None
    assert not empty.isHidden()
    opened.window.show_reply(replace(stale, request_id=third.request_id))
    assert empty.isHidden()
    bars = chart.view.viewport.visible_bar_count()
    opened.model.replace_snapshot(make_snapshot(2, quotes=(make_quote(last="45020", at=NOON),)))
    readout = chart.view.findChild(QLabel, "chart-readout")
    assert readout is not None
    assert "45,020.00" in readout.text()
    assert chart.view.viewport.visible_bar_count() == bars


def make_row(number: int) -> LedgerRow:
    return LedgerRow(
        id=number,
        transaction_type="fee",
        amount=Decimal("-0.45"),
        balance_before=Decimal(10000),
        balance_after=Decimal("9999.55"),
        locked_change=Decimal(0),
        reason="entry fee",
        updated_by="system",
        description="",
        position_id=None,
        order_id=None,
        fill_id=None,
        run_id=1,
        created_at=NOON,
    )


def pages(opened: OpenWindow) -> list[LedgerPageRequest]:
    return [each for each in opened.requested if isinstance(each, LedgerPageRequest)]


@pytest.mark.requirement("R178", "R179")
def test_the_history_is_loaded_when_it_is_seen_in_pages_and_by_kind(qtbot: QtBot, opened: OpenWindow) -> None:
    assert pages(opened) == []
    dock(opened, "history").raise_()
    qtbot.waitUntil(lambda: len(pages(opened)) == 1, timeout=30_000)
    rows = tuple(make_row(number) for number in range(200, 100, -1))
    opened.window.show_reply(
        LedgerPageReply(request_id=pages(opened)[0].request_id, page=LedgerPage(rows=rows, has_more=True))
    )
    table = opened.window.findChild(DataTable, "history-table")
    assert table is not None
    assert table.sorted_rows.rowCount() == 100
    assert table.sorted_rows.index(0, 3).data() == "-$0.45"
    more = opened.window.findChild(QAbstractButton, "history-more-btn")
    assert more is not None
    qtbot.mouseClick(more, Qt.MouseButton.LeftButton)
    assert pages(opened)[1].filter.before_id == 101
    older = tuple(make_row(number) for number in range(100, 90, -1))
    opened.window.show_reply(
        LedgerPageReply(request_id=pages(opened)[1].request_id, page=LedgerPage(rows=older, has_more=False))
    )
    assert table.sorted_rows.rowCount() == 110
    assert not more.isEnabled()
    opened.model.replace_snapshot(make_snapshot(2, balance=make_balance("9999")))
    qtbot.waitUntil(lambda: len(pages(opened)) == 3, timeout=30_000)
    newest = tuple(make_row(number) for number in range(201, 101, -1))
    opened.window.show_reply(
        LedgerPageReply(request_id=pages(opened)[2].request_id, page=LedgerPage(rows=newest, has_more=False))
    )
    assert table.sorted_rows.rowCount() == 111
    fee = opened.window.findChild(QAction, "history-kind-fee")
    assert fee is not None
    fee.trigger()
    qtbot.waitUntil(lambda: len(pages(opened)) == 4, timeout=30_000)
    assert pages(opened)[3].filter.kinds == ("fee",)


@pytest.mark.parametrize("button", ["sidebar-adjust-btn", "auto-adjust-btn", "futures-adjust-btn"])
def test_the_adjust_dialog_opens_from_every_panel_and_only_once(qtbot: QtBot, opened: OpenWindow, button: str) -> None:
    found = opened.window.findChild(QToolButton, button)
    assert found is not None
    qtbot.mouseClick(found, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(found, Qt.MouseButton.LeftButton)
    opened.window.actions_.adjust.trigger()
    dialogs = [each for each in opened.window.findChildren(AdjustBalanceDialog) if each.isVisible()]
    assert len(dialogs) == 1
    dialogs[0].reject()


def test_themes_switch_live_and_are_told_to_the_application(
    qtbot: QtBot, opened: OpenWindow, dressed_app: QApplication
) -> None:
    with qtbot.waitSignal(opened.window.display_changed) as told:
        opened.window.actions_.themes[Theme.LIGHT].trigger()
    assert told.args is not None
    assert told.args[0] == DisplaySettings(theme=Theme.LIGHT)
    assert not theme.active_tokens().is_dark


def test_a_halt_is_told_in_a_band_until_it_is_over(opened: OpenWindow) -> None:
    banner = opened.window.findChild(QWidget, "halt-banner")
    assert banner is not None
    assert banner.isHidden()
    opened.model.replace_snapshot(make_snapshot(2, halted="the disk is full"))
    assert not banner.isHidden()
    assert "the disk is full" in label(opened, "halt-banner-text")
    assert label(opened, "connection-state").startswith("■ HALTED")


def test_bad_news_reach_the_status_bar(opened: OpenWindow) -> None:
    opened.model.raise_notice(
        OrderDenied(id=1, at=NOON, symbol="BTC/USDT", side="buy", reason="funds", detail="needs $15.00")
    )
    assert "needs $15.00" in label(opened, "last-notice")


@pytest.mark.requirement("R147")
def test_the_status_bar_says_how_old_prices_are_and_whose_money_it_is(opened: OpenWindow) -> None:
    assert re.fullmatch(r"last price \d\.\d s ago", label(opened, "price-age"))
    assert label(opened, "account-badge").startswith("PAPER")
    assert label(opened, "connection-state") == "○ CONNECTING  Simulated market"
    assert label(opened, "market-time").startswith("Market 2026-01-01")


def test_run_pause_and_stop_of_the_toolbar_are_those_of_the_panel(opened: OpenWindow) -> None:
    actions = opened.window.actions_
    assert actions.run.isEnabled()
    assert not actions.stop.isEnabled()
    opened.model.replace_snapshot(make_snapshot(2, auto_trading=make_auto_trading("paused")))
    assert not actions.run.isEnabled()
    assert actions.stop.isEnabled()
    assert actions.pause.text() == "Resume entries"
    actions.stop.trigger()
    assert len(opened.sent) == 1


def test_no_two_actions_share_a_key(opened: OpenWindow) -> None:
    keys = [
        action.shortcut().toString()
        for action in opened.window.findChildren(QAction)
        if not action.shortcut().isEmpty() and action.objectName().startswith("action-")
    ]
    assert len(keys) == len(set(keys))


def test_closing_without_anything_open_asks_nothing_and_ends(qtbot: QtBot, opened: OpenWindow) -> None:
    with qtbot.waitSignal(opened.window.quit_requested):
        opened.window.close()
    assert opened.window.isVisible()
    opened.window.end()
    assert not opened.window.isVisible()


def test_closing_with_open_positions_asks_first(
    qtbot: QtBot, opened: OpenWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [False, True]
    monkeypatch.setattr("desktop_trader.ui.dialogs.confirm_quit.confirm_quit", lambda _model, _parent: answers.pop(0))
    with qtbot.assertNotEmitted(opened.window.quit_requested):
        opened.window.close()
    with qtbot.waitSignal(opened.window.quit_requested):
        opened.window.close()


def test_the_question_before_quitting_says_what_it_means_for_the_money(qtbot: QtBot) -> None:
    model = BalanceModel()
    assert quit_warning(model) == ""
    model.replace_snapshot(make_snapshot(1, positions=(make_position(),), auto_trading=make_auto_trading("running")))
    assert "1 position is open" in quit_warning(model)
    assert "strategy goes on" in quit_warning(model)


@pytest.mark.requirement("R43")
def test_every_balance_card_names_the_unit_of_its_money(opened: OpenWindow) -> None:
    opened.model.replace_snapshot(make_snapshot(2, balance=make_balance("12500")))
    for name in ("sidebar", "auto-trading", "futures"):
        texts = [each.text() for each in dock(opened, name).findChildren(QLabel)]
        assert any("USDT" in text for text in texts), name
