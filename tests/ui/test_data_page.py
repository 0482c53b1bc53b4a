"""The Data page: every table to look at and to copy, and no way to change one."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QApplication, QComboBox, QPlainTextEdit, QTabWidget
from pytestqt.qtbot import QtBot

from desktop_trader.answers.catalog import ANSWERS
from desktop_trader.domain.ledger import EntryKind
from desktop_trader.locations import DataFolderPaths
from desktop_trader.settings import Settings
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from desktop_trader.storage.table_reader import TableReader
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.pages.catalog import PAGES
from desktop_trader.ui.pages.data import DataPage
from desktop_trader.ui.pages.page import PageDoors
from desktop_trader.ui.widgets.data_table import DataTable
from tests.booked_account import BookedAccount, small_history


@dataclass
class Shown:
    """The page, its books, and where its questions are answered."""

    page: DataPage
    account: BookedAccount
    paths: DataFolderPaths

    def table(self) -> DataTable:
        return cast(DataTable, self.page.findChild(DataTable, "data-rows-table"))

    def button(self, name: str) -> QAbstractButton:
        return cast(QAbstractButton, self.page.findChild(QAbstractButton, f"data-{name}-btn"))

    def cells(self) -> list[list[str]]:
        rows = self.table().sorted_rows
        return [
            [str(rows.index(line, place).data()) for place in range(rows.columnCount())]
            for line in range(rows.rowCount())
        ]

    def choose(self, name: str) -> None:
        combo = cast(QComboBox, self.page.findChild(QComboBox, "data-table-combo"))
        combo.setCurrentIndex(combo.findData(name))
        combo.activated.emit(combo.currentIndex())


@pytest.fixture
def shown(qtbot: QtBot, dressed_app: QApplication, tmp_path: Path) -> Shown:
    paths = DataFolderPaths(root=tmp_path)
    account = small_history(SqliteLedgerStore.open(paths))
    for number in range(120):
        account.change("1", kind=EntryKind.DEPOSIT, key=f"more {number}")

    class Worker:
        """Answers at once, out of the file."""

        def __init__(self) -> None:
            self.paths = paths

    made: list[DataPage] = []

    def request(question: object) -> None:
        made[0].show_reply(ANSWERS[type(question)](Worker(), question))  # type: ignore[arg-type]

    doors = PageDoors(
        model=BalanceModel(),
        send=lambda _command: None,
        request=request,
        folder=paths,
        settings=Settings(),
        show_history=lambda _filter: None,
    )
    page = DataPage(doors)
    made.append(page)
    qtbot.addWidget(page)
    page.resize(800, 500)
    page.show()
    page.refresh()
    return Shown(page=page, account=account, paths=paths)


@pytest.mark.requirement("R73", "R77", "R100")
def test_every_table_can_be_chosen_and_shows_its_rows_and_its_sql(shown: Shown) -> None:
    schema = cast(QPlainTextEdit, shown.page.findChild(QPlainTextEdit, "data-schema-edit"))
    with closing(TableReader(shown.paths.database)) as reader:
        for table in reader.tables():
            shown.choose(table.name)
            rows = reader.page(table.name).rows
            assert len(shown.cells()) == len(rows), table.name
            assert schema.toPlainText() == table.schema
            if rows:
                assert shown.cells()[0] == ["NULL" if each is None else " ".join(each.split()) for each in rows[0]]


def test_it_opens_on_the_journal_and_its_buttons_turn_the_pages(qtbot: QtBot, shown: Shown) -> None:
    head = shown.account.head.entry_id
    assert [row[0] for row in shown.cells()] == [str(number) for number in range(head, head - 100, -1)]
    assert not shown.button("later").isEnabled()
    qtbot.mouseClick(shown.button("earlier"), Qt.MouseButton.LeftButton)
    assert [row[0] for row in shown.cells()] == [str(number) for number in range(head - 100, 0, -1)]
    assert not shown.button("earlier").isEnabled()
    qtbot.mouseClick(shown.button("later"), Qt.MouseButton.LeftButton)
    assert shown.cells()[0][0] == str(head)


@pytest.mark.requirement("R182")
def test_nothing_can_be_typed_pasted_or_deleted(qtbot: QtBot, shown: Shown) -> None:
    before, file = shown.cells(), shown.paths.database.read_bytes()
    table = shown.table()
    table.selectRow(0)
    table.setCurrentIndex(table.sorted_rows.index(0, 3))
    QGuiApplication.clipboard().setText("12345")
    qtbot.keyClick(table, Qt.Key.Key_F2)
    qtbot.keyClicks(table, "999")
    for key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace, Qt.Key.Key_Return):
        qtbot.keyClick(table, key)
    qtbot.keyClick(table, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    qtbot.mouseDClick(table.viewport(), Qt.MouseButton.LeftButton, pos=table.visualRect(table.currentIndex()).center())
    assert table.editTriggers() == QAbstractItemView.EditTrigger.NoEditTriggers
    assert not table.sorted_rows.flags(table.currentIndex()) & Qt.ItemFlag.ItemIsEditable
    schema = cast(QPlainTextEdit, shown.page.findChild(QPlainTextEdit, "data-schema-edit"))
    text = schema.toPlainText()
    cast(QTabWidget, shown.page.findChild(QTabWidget, "data-tabs")).setCurrentIndex(1)
    qtbot.keyClicks(schema, "DROP")
    assert schema.toPlainText() == text
    assert (shown.cells(), shown.paths.database.read_bytes()) == (before, file)


def test_rows_are_copied_with_the_names_of_their_columns(qtbot: QtBot, shown: Shown) -> None:
    shown.choose("accounts")
    qtbot.mouseClick(shown.button("copy"), Qt.MouseButton.LeftButton)
    titles, row = QGuiApplication.clipboard().text().split("\n")
    assert titles.split("\t")[:2] == ["id", "type"]
    assert "demo" in row.split("\t")


def test_books_that_cannot_be_read_are_said_and_the_page_is_in_the_window(shown: Shown) -> None:
    assert "data" in [entry.name for entry in PAGES]
    shown.account.store.close()
    shown.paths.database.unlink()
    shown.choose("wallet")
    assert shown.cells() == []
    assert "cannot be read" in shown.table()._empty_text
