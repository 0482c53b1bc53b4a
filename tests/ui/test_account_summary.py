"""What the window says of the account beside its balance: assets, the 24 hours, the log by topic, and About."""

import logging
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QRect
from PySide6.QtWidgets import QApplication, QComboBox, QDockWidget, QLabel, QMenu, QPlainTextEdit
from pytestqt.qtbot import QtBot

from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.snapshot import DayChange
from desktop_trader.ui.dialogs.about import AboutDialog
from desktop_trader.ui.panels.log import LogPanel
from desktop_trader.ui.qt_log import QtLogFeed
from desktop_trader.ui.widgets.data_table import DataTable
from tests.ui.snapshot_builders import NOON, make_balance, make_position, make_snapshot
from tests.ui.window_builders import OpenWindow, make_window

RECOVERY = (
    "Found active session #123",
    "Restored wallet from database: demo balance = $10,000.00",
    "Recovered balance from previous session: $1,250.00",
    "Recovering 2 active positions...",
    "Recovered position: BTCUSDT long @ $45,000.00",
    "Successfully recovered 2 positions",
)
DAY = DayChange(
    begins_at=NOON - timedelta(hours=24),
    ends_at=NOON,
    before=Decimal(10_000),
    after=Decimal("11_012.34"),
    flow=Decimal(1_000),
    gross_percent=Decimal("10.12"),
    net_percent=Decimal("0.12"),
)
CHANGED = make_balance(
    "11012.34", balance_change_24h=Decimal("12.34"), balance_change_24h_percent=Decimal("0.12"), day_change=DAY
)


@pytest.fixture
def opened(qtbot: QtBot, dressed_app: QApplication, tmp_path: Path) -> OpenWindow:
    made = make_window(qtbot, tmp_path)
    made.window.show()
    made.window.fill_docks()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return made


def label(opened: OpenWindow, name: str) -> QLabel:
    found = opened.window.findChild(QLabel, name)
    assert isinstance(found, QLabel), name
    return found


@pytest.mark.requirement("R44", "R77")
def test_the_assets_are_a_tab_whose_sum_is_the_balance(opened: OpenWindow) -> None:
    position = make_position(margin=Decimal(450), unrealized_pnl=Decimal("1.20"))
    balance = make_balance("10000", available=Decimal(9550), locked=Decimal(450), portfolio_value=Decimal("10001.20"))
    opened.model.replace_snapshot(make_snapshot(1, balance=balance, positions=(position,)))
    table = opened.window.findChild(DataTable, "assets-table")
    assert table is not None
    lines = [line.split("\t") for line in table.selection_text().splitlines()]
    assert lines[0][:4] == ["Asset", "Free", "Locked", "Value"]
    assert lines[1] == ["USDT", "9,550.00", "0.00", "$9,550.00", "$9,550.00", ""]
    assert lines[2] == ["BTC", "0", "0.01000", "$450.00", "$451.20", "position 1"]
    assert label(opened, "assets-sum").text() == "Sum: $10,000.00 in the books, $10,001.20 at market"


@pytest.mark.requirement("R58")
def test_the_change_of_24_hours_names_both_ends_and_can_count_deposits(qtbot: QtBot, opened: OpenWindow) -> None:
    opened.model.replace_snapshot(make_snapshot(1, balance=CHANGED))
    change = label(opened, "balance-change-24h")
    assert change.text() == "+$12.34 ▲ (+0.12%)"
    assert "Balance at 2025-12-31 12:00:00 UTC: 10,000.00000000 USDT" in change.toolTip()
    assert "Balance at 2026-01-01 12:00:00 UTC: 11,012.34000000 USDT" in change.toolTip()
    action = opened.window.actions_.net_change
    action.trigger()
    assert change.text() == "+$1,012.34 ▲ (+10.12%)"
    action.trigger()
    assert change.text() == "+$12.34 ▲ (+0.12%)"
    opened.model.replace_snapshot(make_snapshot(2))
    assert change.text() == "n/a"
    assert "younger than 24 hours" in change.toolTip()


@pytest.mark.requirement("R56")
def test_a_deposit_moves_the_balance_and_no_profit(opened: OpenWindow) -> None:
    opened.model.replace_snapshot(make_snapshot(1, balance=make_balance("10000", pnl=Decimal("5"))))
    opened.model.replace_snapshot(
        make_snapshot(2, balance=make_balance("11000", pnl=Decimal("5"), contributed=Decimal(11000)))
    )
    assert label(opened, "virtual-balance").text() == "$11,000.00"
    assert label(opened, "virtual-pnl").text() == "+$5.00 ▲"


@pytest.mark.requirement("R166")
@pytest.mark.parametrize("size", [(1024, 640), (1280, 800)])
def test_profit_and_loss_is_seen_in_the_sidebar_without_scrolling(
    qtbot: QtBot, opened: OpenWindow, size: tuple[int, int]
) -> None:
    opened.model.replace_snapshot(make_snapshot(1))
    opened.window.resize(*size)
    dock = opened.window.findChild(QDockWidget, "sidebar")
    assert dock is not None
    pnl = label(opened, "virtual-pnl")
    qtbot.waitUntil(lambda: dock.rect().contains(QRect(pnl.mapTo(dock, QPoint(0, 0)), pnl.size())) and pnl.isVisible())


@pytest.mark.requirement("R103")
def test_the_log_can_show_what_was_recovered_alone(qtbot: QtBot, dressed_app: QApplication) -> None:
    feed = QtLogFeed()
    others = ("Placed order 7: buy 0.01 BTC/USDT", "Following ETH/USDT", "Balance is $12.00 now")
    for text in (*others, *RECOVERY):
        feed.add(logging.LogRecord("desktop_trader.engine_host", logging.INFO, "", 0, text, None, None))
    panel = LogPanel(feed)
    qtbot.addWidget(panel)
    panel.show()
    feed.lines_waiting.emit()
    shown = panel.findChild(QPlainTextEdit, "log-text")
    topics = panel.findChild(QComboBox, "log-topic-combo")
    assert shown is not None
    assert topics is not None
    assert len(shown.toPlainText().splitlines()) == 9
    qtbot.keyClicks(topics, "Recovery")
    assert topics.currentText() == "Recovery"
    assert [line.split("INFO     ")[1] for line in shown.toPlainText().splitlines()] == list(RECOVERY)
    topics.setCurrentIndex(0)
    assert len(shown.toPlainText().splitlines()) == 9


@pytest.mark.requirement("R5", "R83")
def test_about_names_the_database_and_its_schema(qtbot: QtBot, dressed_app: QApplication, tmp_path: Path) -> None:
    paths = DataFolderPaths(root=tmp_path)
    dialog = AboutDialog(paths, schema_version=2)
    qtbot.addWidget(dialog)
    texts = {each.objectName(): each.text() for each in dialog.findChildren(QLabel)}
    assert texts["about-database"] == str(paths.database)
    assert texts["about-schema-version"] == "2"


def test_every_menu_lists_what_belongs_to_it(opened: OpenWindow) -> None:
    trade = opened.window.findChild(QMenu, "menu-trade")
    assert trade is not None
    names = [action.objectName() for action in trade.actions() if action.objectName()]
    assert names[-6:-1] == [action.objectName() for action in opened.window.actions_.money]
    assert names[-1] == "action-close-all"
