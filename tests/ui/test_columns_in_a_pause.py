"""Columns of positions while their prices are old: the button that closes one stays in view, and widths come back."""

from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop_trader.ui.widgets.data_table import DataTable
from tests.ui.network_builders import make_ages, make_network, make_pause
from tests.ui.snapshot_builders import make_position, make_snapshot
from tests.ui.window_builders import OpenWindow, make_window

POSITION = make_position(
    1,
    quantity=Decimal("0.01658206"),
    entry_price=Decimal("60006.21"),
    mark_price=Decimal("59988.28"),
    stop_loss=Decimal("58806.09"),
    take_profit=Decimal("62406.45"),
    unrealized_pnl=Decimal("-12345.30"),
    unrealized_percent=Decimal("-20.25"),
)


@pytest.fixture
def opened(qtbot: QtBot, dressed_app: QApplication, tmp_path: Path) -> OpenWindow:
    made = make_window(qtbot, tmp_path)
    made.window.resize(1280, 800)
    with qtbot.waitExposed(made.window):
        made.window.show()
    made.window.fill_docks()
    made.model.replace_snapshot(make_snapshot(1, positions=(POSITION,), network=make_network()))
    return made


def table_of(opened: OpenWindow, name: str) -> DataTable:
    found = opened.window.findChild(DataTable, name)
    assert found is not None
    return found


def place_of(table: DataTable, title: str) -> QRect:
    titles = [table.model().headerData(each, Qt.Orientation.Horizontal) for each in range(table.model().columnCount())]
    return table.visualRect(table.model().index(0, titles.index(title)))


def reads_whole(table: DataTable, title: str, text: str) -> bool:
    place = place_of(table, title)
    return place.width() >= table.fontMetrics().horizontalAdvance(text)


@pytest.mark.parametrize("name", ["positions-table", "futures-positions-table"])
def test_the_button_that_closes_a_position_stays_in_view(qtbot: QtBot, opened: OpenWindow, name: str) -> None:
    table = table_of(opened, name)
    for sequence, network in ((2, make_pause(ages=make_ages(50 * 60))), (3, make_network(epoch=1))):
        opened.model.replace_snapshot(make_snapshot(sequence, positions=(POSITION,), network=network))
        text = "-$12,345.30 ▼ · 50 min" if sequence == 2 else "-$12,345.30 ▼"
        qtbot.waitUntil(lambda text=text: reads_whole(table, "uP&L", text), timeout=2000)  # type: ignore[misc]
        seen = table.viewport().rect()
        assert seen.contains(place_of(table, "Close")), (place_of(table, "Close"), seen)


def test_columns_take_the_room_of_ages_only_while_there_are_ages(qtbot: QtBot, opened: OpenWindow) -> None:
    table = table_of(opened, "positions-table")
    header = table.horizontalHeader()
    table.setColumnWidth(1, 120)  # as a person drags it
    qtbot.waitUntil(lambda: reads_whole(table, "uP&L", "-$12,345.30 ▼"), timeout=2000)
    before = header.length()
    opened.model.replace_snapshot(make_snapshot(2, positions=(POSITION,), network=make_pause(ages=make_ages(20))))
    qtbot.waitUntil(lambda: header.length() > before + 60, timeout=2000)
    opened.model.replace_snapshot(make_snapshot(3, positions=(POSITION,), network=make_network(epoch=1)))
    qtbot.waitUntil(lambda: header.length() == before, timeout=2000)
    assert table.columnWidth(1) == 120
