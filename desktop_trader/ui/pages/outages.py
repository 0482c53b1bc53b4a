"""The page *Outages*: every stretch in which nothing traded, why, and what it kept from happening."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QSplitter, QVBoxLayout

from desktop_trader.messages.network import Outage, OutagesPage, OutagesRequest
from desktop_trader.messages.notices import Notice, OutageEnded, TradingPaused
from desktop_trader.ui.models.outage_columns import outage_columns
from desktop_trader.ui.models.row_table_model import RowTableModel
from desktop_trader.ui.pages.page import Page, PageDoors
from desktop_trader.ui.theme import SPACE_M
from desktop_trader.ui.widgets.data_table import DataTable
from desktop_trader.ui.widgets.outage_details import OutageDetails
from desktop_trader.ui.widgets.plain_label import plain_label
from desktop_trader.ui.widgets.table_bar import TableBar

_INTRO = (
    "While the network, the exchange or a price is missing nothing is traded: no signals, no checks, no orders. Each "
    "such stretch stays here. Tools > Simulate network loss… shows one without pulling a cable."
)
_EMPTY = "No outages yet: this market has traded without a pause since its books began."


class OutageListPage(Page):
    """The newest first; the one selected is shown in full below. Asks again when an outage begins or ends."""

    def __init__(self, doors: PageDoors) -> None:
        super().__init__()
        self._doors = doors
        self._request_id = ""
        self.setObjectName("outages-page")
        self.setAccessibleName("Outages")
        intro = plain_label(_INTRO, name="outages-intro", tone="muted")
        intro.setWordWrap(True)
        self._error = plain_label("", name="outages-error", tone="error", spoken="What is wrong")
        self._error.setWordWrap(True)
        self._error.hide()
        self._rows: RowTableModel[Outage] = RowTableModel(outage_columns(), key=lambda row: row.id, parent=self)
        self._table = DataTable(self._rows, name="outages-table", spoken="Outages", empty_text=_EMPTY)
        self._table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self._table.selectionModel().selectionChanged.connect(self._show_selected)
        self._details = OutageDetails(doors.model.instrument, prefix="outage")
        self._details.hide()
        bar = TableBar(self._table, place="outages", spoken="Outages")
        split = QSplitter(Qt.Orientation.Vertical)
        split.setObjectName("outages-split")
        split.setChildrenCollapsible(False)
        split.addWidget(self._table)
        split.addWidget(self._details)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_M)
        for widget in (intro, self._error, bar):
            layout.addWidget(widget)
        layout.addWidget(split, 1)
        doors.model.notice_raised.connect(self._on_notice)

    def refresh(self) -> None:
        """Ask which outages there were."""
        self._request_id = uuid4().hex
        self._doors.request(OutagesRequest(request_id=self._request_id))

    def show_reply(self, reply: object) -> None:
        """Take the list."""
        if not isinstance(reply, OutagesPage) or reply.request_id != self._request_id:
            return
        self._error.setText(f"The outages cannot be listed: {reply.error}" if reply.error else "")
        self._error.setVisible(bool(reply.error))
        self._rows.replace_rows(reply.outages)
        self._show_selected()

    def _show_selected(self, *_: Any) -> None:
        rows = self._table.selected_rows()
        self._details.setVisible(bool(rows))
        if rows:
            self._details.show_outage(rows[0])

    def _on_notice(self, notice: Notice) -> None:
        if self.isVisible() and isinstance(notice, OutageEnded | TradingPaused):
            self.refresh()
