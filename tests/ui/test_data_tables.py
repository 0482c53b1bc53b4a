"""Tables: value sorting, copying, filters, empty sentences, and models that tell Qt the truth."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from desktop_trader.messages.commands import CancelOrder, ClosePosition
from desktop_trader.messages.notices import CommandRefused
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.models.row_table_model import Column, RowTableModel
from desktop_trader.ui.panels.orders import OrdersPanel
from desktop_trader.ui.panels.positions import PositionsPanel
from desktop_trader.ui.widgets.data_table import DataTable
from tests.ui.snapshot_builders import NOON, make_order, make_position, make_snapshot

Pair = tuple[int, Decimal]
COLUMNS: tuple[Column[Pair], ...] = (
    Column(title="Name", text=lambda row: f"row {row[0]}", sort_key=lambda row: row[0]),
    Column(title="Value", text=lambda row: f"{row[1]:,.2f}", sort_key=lambda row: row[1], is_number=True),
    Column(title="Act", text=lambda row: "Act", sort_key=lambda row: row[0], is_action=True),
)


def make_table(qtbot: QtBot, rows: list[Pair]) -> tuple[RowTableModel[Pair], DataTable]:
    model: RowTableModel[Pair] = RowTableModel(COLUMNS, key=lambda row: row[0])
    table = DataTable(model, name="test-table", spoken="Test", empty_text="Nothing yet.")
    qtbot.addWidget(table)
    model.replace_rows(rows)
    table.show()
    return model, table


def column_texts(table: DataTable, column: int) -> list[str]:
    model = table.sorted_rows
    return [str(model.index(row, column).data()) for row in range(model.rowCount())]


def test_sorting_compares_values_not_text(qtbot: QtBot, dressed_app: QApplication) -> None:
    _, table = make_table(qtbot, [(1, Decimal("900")), (2, Decimal("-5")), (3, Decimal("10000")), (4, Decimal("70"))])
    table.sortByColumn(1, Qt.SortOrder.AscendingOrder)
    assert column_texts(table, 1) == ["-5.00", "70.00", "900.00", "10,000.00"]
    table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    assert column_texts(table, 1)[0] == "10,000.00"


@settings(suppress_health_check=list(HealthCheck), max_examples=100)
@given(
    steps=st.lists(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 3)), max_size=10, unique_by=lambda p: p[0]))
)
def test_replacing_rows_keeps_the_model_honest(qtbot: QtBot, steps: list[list[tuple[int, int]]]) -> None:
    model: RowTableModel[Pair] = RowTableModel(COLUMNS, key=lambda row: row[0])
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, model)
    for step in steps:
        rows = [(key, Decimal(value)) for key, value in step]
        model.replace_rows(rows)
        assert list(model.rows) == rows
        assert [model.index(place, 0).data() for place in range(model.rowCount())] == [f"row {key}" for key, _ in rows]


def test_only_the_cells_that_read_otherwise_are_painted_again(qtbot: QtBot) -> None:
    model: RowTableModel[Pair] = RowTableModel(COLUMNS, key=lambda row: row[0])
    model.replace_rows([(1, Decimal(1)), (2, Decimal(2))])
    told: list[tuple[int, int, int]] = []
    model.dataChanged.connect(lambda first, last, _roles: told.append((first.row(), first.column(), last.column())))
    model.replace_rows([(1, Decimal(1)), (2, Decimal(22))])
    assert told == [(1, 1, 1)]
    # What sorts otherwise is told of too, though it reads the same.
    model.replace_rows([(1, Decimal("1.001")), (2, Decimal(22))])
    assert told == [(1, 1, 1), (0, 1, 1)]


def test_cells_apart_from_each_other_are_told_of_apart(qtbot: QtBot) -> None:
    def column(at: int) -> Column[tuple[int, ...]]:
        return Column(title=str(at), text=lambda row: str(row[at]), sort_key=lambda row: row[at])

    model: RowTableModel[tuple[int, ...]] = RowTableModel([column(at) for at in range(6)], key=lambda row: row[0])
    model.replace_rows([(1, 0, 0, 0, 0, 0)])
    told: list[tuple[int, int]] = []
    model.dataChanged.connect(lambda first, last, _roles: told.append((first.column(), last.column())))
    model.replace_rows([(1, 9, 9, 0, 0, 9)])
    assert told == [(1, 2), (5, 5)]


def test_a_table_filled_behind_others_has_room_for_its_figures_once_it_is_seen(
    qtbot: QtBot, dressed_app: QApplication
) -> None:
    model, table = make_table(qtbot, [(1, Decimal(1))])
    table.hide()
    model.replace_rows([(1, Decimal("123456789.12"))])
    table.show()
    assert table.columnWidth(1) >= table.fontMetrics().horizontalAdvance("123,456,789.12")


def test_rows_that_only_changed_keep_the_selection(qtbot: QtBot, dressed_app: QApplication) -> None:
    model, table = make_table(qtbot, [(1, Decimal(1)), (2, Decimal(2)), (3, Decimal(3))])
    table.selectRow(1)
    model.replace_rows([(1, Decimal(1)), (2, Decimal(22)), (4, Decimal(4))])
    assert table.selected_rows() == [(2, Decimal(22))]


def test_copy_gives_tab_separated_rows_without_action_cells(qtbot: QtBot, dressed_app: QApplication) -> None:
    _, table = make_table(qtbot, [(1, Decimal(1000)), (2, Decimal(2))])
    assert table.selection_text() == "Name\tValue\nrow 1\t1,000.00\nrow 2\t2.00"
    table.selectRow(1)
    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "Name\tValue\nrow 2\t2.00"


def test_the_filter_keeps_rows_with_every_word(qtbot: QtBot, dressed_app: QApplication) -> None:
    _, table = make_table(qtbot, [(1, Decimal(10)), (2, Decimal(20)), (12, Decimal(10))])
    table.sorted_rows.set_filter_text("ROW 10.00")
    assert column_texts(table, 0) == ["row 1", "row 12"]
    table.sorted_rows.set_filter_text("nothing")
    assert table.sorted_rows.rowCount() == 0
    table.grab()


def test_numbers_are_right_aligned_and_never_elided(qtbot: QtBot, dressed_app: QApplication) -> None:
    model, table = make_table(qtbot, [(1, Decimal(1))])
    alignment = table.sorted_rows.index(0, 1).data(Qt.ItemDataRole.TextAlignmentRole)
    assert Qt.AlignmentFlag(alignment) & Qt.AlignmentFlag.AlignRight
    model.replace_rows([(1, Decimal("123456789.12"))])
    needed = table.fontMetrics().horizontalAdvance("123,456,789.12")
    qtbot.waitUntil(lambda: table.columnWidth(1) >= needed)


def click_cell(qtbot: QtBot, table: DataTable, row: int, title: str) -> None:
    titles = [
        table.model().headerData(place, Qt.Orientation.Horizontal) for place in range(table.model().columnCount())
    ]
    index: QModelIndex = table.sorted_rows.index(row, titles.index(title))
    table.scrollTo(index)
    place: QPoint = table.visualRect(index).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)


@pytest.fixture
def positions(qtbot: QtBot, dressed_app: QApplication) -> tuple[BalanceModel, PositionsPanel, list[object]]:
    model, sent = BalanceModel(), list[object]()
    panel = PositionsPanel(model, send=sent.append)
    qtbot.addWidget(panel)
    panel.resize(1200, 300)
    panel.show()
    return model, panel, sent


def test_positions_close_one_by_one_and_each_once(
    qtbot: QtBot, positions: tuple[BalanceModel, PositionsPanel, list[object]]
) -> None:
    model, panel, sent = positions
    model.replace_snapshot(make_snapshot(1, positions=(make_position(1), make_position(2, "ETH/USDT"))))
    table = panel.findChild(DataTable, "positions-table")
    assert table is not None
    click_cell(qtbot, table, 1, "Close")
    click_cell(qtbot, table, 1, "Close")
    assert len(sent) == 1
    command = sent[0]
    assert isinstance(command, ClosePosition)
    assert command.position_id == 2
    model.raise_notice(CommandRefused(id=1, at=NOON, request_id=command.request_id, reason="x", detail="y"))
    click_cell(qtbot, table, 1, "Close")
    assert len(sent) == 2
    table.selectRow(0)
    button = panel.findChild(QPushButton, "positions-close-btn")
    assert button is not None
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert len(sent) == 3


def test_positions_show_direction_with_its_arrow_and_prices_on_their_grid(
    positions: tuple[BalanceModel, PositionsPanel, list[object]],
) -> None:
    model, panel, _ = positions
    short = make_position(2, "XRP/USDT", direction="short", entry_price=Decimal("0.5"), mark_price=None)
    model.replace_snapshot(make_snapshot(1, positions=(make_position(1), short)))
    table = panel.findChild(DataTable, "positions-table")
    assert table is not None
    assert column_texts(table, 1) == ["LONG ▲", "SHORT ▼"]
    assert column_texts(table, 3) == ["45,000.00", "0.5000"]
    assert column_texts(table, 4) == ["45,120.00", "—"]


def test_orders_are_canceled_once_each(qtbot: QtBot, dressed_app: QApplication) -> None:
    model, sent = BalanceModel(), list[object]()
    panel = OrdersPanel(model, send=sent.append)
    qtbot.addWidget(panel)
    panel.resize(1200, 300)
    panel.show()
    model.replace_snapshot(make_snapshot(1, orders=(make_order(5),)))
    table = panel.findChild(DataTable, "orders-table")
    assert table is not None
    click_cell(qtbot, table, 0, "Cancel")
    click_cell(qtbot, table, 0, "Cancel")
    assert len(sent) == 1
    assert isinstance(sent[0], CancelOrder)
    assert sent[0].order_id == 5
    model.replace_snapshot(make_snapshot(2))
    assert table.sorted_rows.rowCount() == 0
