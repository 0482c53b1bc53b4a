"""The Data page: every table and view of the file with its columns as stored, and the SQL that made it. Read only."""

from __future__ import annotations

from uuid import uuid4

from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QPlainTextEdit,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
)

from desktop_trader.messages.table_page import (
    TableInfo,
    TableListReply,
    TableListRequest,
    TablePage,
    TablePageReply,
    TablePageRequest,
)
from desktop_trader.ui.models.row_table_model import Column, RowTableModel
from desktop_trader.ui.pages.page import Page, PageDoors
from desktop_trader.ui.theme import MONO_FONT_FAMILY, SPACE_M, SPACE_S
from desktop_trader.ui.widgets.data_table import DataTable
from desktop_trader.ui.widgets.plain_label import plain_label

_INTRO = (
    "The file as it is stored; nothing can be changed here. Amounts are whole numbers of 0.00000001 of the currency, "
    "times UTC. The view wallet_transactions tells the same in plain decimals."
)
_NO_ROWS = "This table has no rows."
_START_TABLE = "ledger_entries"
_NUMBERS = ("INTEGER", "REAL")

Cells = tuple[str | None, ...]


class DataPage(Page):
    """One page of rows at a time, the last ones first."""

    def __init__(self, doors: PageDoors) -> None:
        super().__init__()
        self._request = doors.request
        self._tables: dict[str, TableInfo] = {}
        self._page = TablePage()
        self._list_id = ""
        self._page_id = ""
        self.setObjectName("data-page")
        self.setAccessibleName("Data")
        self._choice = QComboBox()
        self._choice.setObjectName("data-table-combo")
        self._choice.setAccessibleName("Table or view")
        self._choice.setMinimumWidth(220)
        self._choice.activated.connect(self._on_table_chosen)
        self._rows = RowTableModel[Cells]((), key=lambda row: row, parent=self)
        self._table = DataTable(self._rows, name="data-rows-table", spoken="Rows as stored", empty_text=_NO_ROWS)
        self._table.setSortingEnabled(False)
        header = self._table.horizontalHeader()
        header.setSectionsClickable(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self._schema = QPlainTextEdit()
        self._schema.setObjectName("data-schema-edit")
        self._schema.setAccessibleName("SQL of the table, its indices and triggers")
        self._schema.setReadOnly(True)
        font = self._schema.font()
        font.setFamily(MONO_FONT_FAMILY)
        self._schema.setFont(font)
        self._newest = self._button("newest", "Last rows", "Go to the last rows")
        self._newest.clicked.connect(self._on_newest)
        self._later = self._button("later", "Later", "Rows after these")
        self._later.clicked.connect(self._on_later)
        self._earlier = self._button("earlier", "Earlier", "Rows before these")
        self._earlier.clicked.connect(self._on_earlier)
        self._copy = self._button("copy", "Copy", "Copy the selected rows, or all of this page")
        self._copy.clicked.connect(self._table.copy_selection)
        self._arrange()
        self._show_page(TablePage())

    def refresh(self) -> None:
        """Ask for the tables, and for the rows shown, anew."""
        self._list_id = uuid4().hex
        self._request(TableListRequest(request_id=self._list_id))

    def show_reply(self, reply: object) -> None:
        """Take an answer to its own newest question."""
        if isinstance(reply, TableListReply) and reply.request_id == self._list_id:
            self._show_tables(reply)
        elif isinstance(reply, TablePageReply) and reply.request_id == self._page_id:
            self._table.set_empty_text(reply.error or _NO_ROWS)
            self._show_page(reply.page)

    def _arrange(self) -> None:
        bar = QHBoxLayout()
        bar.setSpacing(SPACE_S)
        bar.addWidget(self._choice)
        bar.addStretch(1)
        for button in (self._newest, self._later, self._earlier, self._copy):
            bar.addWidget(button)
        intro = plain_label(_INTRO, name="data-intro", tone="muted")
        intro.setWordWrap(True)
        tabs = QTabWidget()
        tabs.setObjectName("data-tabs")
        tabs.setAccessibleName("Rows or schema")
        tabs.addTab(self._table, "Rows")
        tabs.addTab(self._schema, "Schema")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_M)
        layout.addWidget(intro)
        layout.addLayout(bar)
        layout.addWidget(tabs, 1)

    def _button(self, name: str, text: str, spoken: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(f"data-{name}-btn")
        button.setAccessibleName(spoken)
        button.setToolTip(spoken)
        button.setProperty("look", "small-button")
        return button

    def _show_tables(self, reply: TableListReply) -> None:
        if reply.error:
            self._table.set_empty_text(reply.error)
            return
        chosen = self._choice.currentData() or _START_TABLE
        self._tables = {table.name: table for table in reply.tables}
        self._choice.clear()
        for table in reply.tables:
            self._choice.addItem(f"{table.name} (view)" if table.is_view else table.name, table.name)
        self._choice.setCurrentIndex(max(0, self._choice.findData(chosen)))
        self._on_table_chosen()

    def _on_table_chosen(self) -> None:
        info = self._tables.get(self._choice.currentData())
        if info is None:
            return
        self._schema.setPlainText(info.schema)
        if [column.title for column in self._rows.columns] != list(info.columns):
            self._rows.replace_columns([_column(info, place) for place in range(len(info.columns))])
            header = self._table.horizontalHeader()
            header.resizeSections(QHeaderView.ResizeMode.ResizeToContents)
        self._ask()

    def _on_newest(self) -> None:
        self._ask()

    def _on_later(self) -> None:
        self._ask(after=self._page.first)

    def _on_earlier(self) -> None:
        self._ask(before=self._page.last)

    def _ask(self, *, before: tuple[object, ...] | None = None, after: tuple[object, ...] | None = None) -> None:
        table = self._choice.currentData()
        if table is None:
            return
        self._page_id = uuid4().hex
        self._request(TablePageRequest(request_id=self._page_id, table=table, before=before, after=after))

    def _show_page(self, page: TablePage) -> None:
        self._page = page
        self._rows.replace_rows(page.rows)
        self._table.scrollToTop()
        self._later.setEnabled(page.has_later)
        self._newest.setEnabled(page.has_later)
        self._earlier.setEnabled(page.has_earlier)


def _column(info: TableInfo, place: int) -> Column[Cells]:
    def text(row: Cells) -> str:
        value = row[place]
        return "NULL" if value is None else " ".join(value.split())

    return Column(
        title=info.columns[place],
        full_title=f"{info.columns[place]} {info.types[place]}".strip(),
        text=text,
        sort_key=text,
        is_number=info.types[place] in _NUMBERS,
        tone=lambda row: "text_muted" if row[place] is None else "",
        tooltip=lambda row: row[place] or "",
    )
