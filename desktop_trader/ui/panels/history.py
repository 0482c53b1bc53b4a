"""The history dock: the journal in pages, newest first, filtered by the books themselves.

The order is that of the journal and cannot be changed: sorting the rows that happen to be loaded would show the largest
of a page as if it were the largest of all.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop_trader.messages.entry_receipt import AuthorsReply, AuthorsRequest, EntryReceiptReply, EntryReceiptRequest
from desktop_trader.messages.ledger_page import LedgerFilter, LedgerRow
from desktop_trader.messages.ledger_request import PAGE_ROWS, LedgerPageReply, LedgerPageRequest
from desktop_trader.ui.models.balance_model import BalanceModel, RequestData
from desktop_trader.ui.models.ledger_window import LedgerWindow, narrows
from desktop_trader.ui.models.table_columns import local_time, utc_time
from desktop_trader.ui.panels.history_bar import HistoryBar
from desktop_trader.ui.panels.history_table import EMPTY, HistoryTable
from desktop_trader.ui.widgets.search_line import SearchLine

if TYPE_CHECKING:
    from desktop_trader.ui.dialogs.export_history import ExportHistoryDialog

_REFRESH_MS = 300
_NEAR_THE_END_PX = 200
_NOTHING = "No entry matches the filter."
_NEWEST, _OLDER, _NEWER = "newest", "older", "newer"


class HistoryPanel(QWidget):
    """Asks for a page when it is seen and the journal has grown; scrolling to an end asks for the one beyond it.

    `row_wanted` carries the dock ("positions" or "orders") and the number of what is to be shown there.
    """

    row_wanted = Signal(str, object)

    def __init__(self, model: BalanceModel, *, request: RequestData, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._request = request
        self._window = LedgerWindow()
        self._filter: LedgerFilter | None = None
        self._request_id = ""
        self._authors_id = ""
        self._receipt_id = ""
        self._direction = ""
        self._rows_wanted = 0
        self._head_asked = -1
        self._export: ExportHistoryDialog | None = None
        self._refresh = QTimer(self, singleShot=True)
        self._refresh.setInterval(_REFRESH_MS)
        self._refresh.timeout.connect(self._catch_up)
        self.setObjectName("history-panel")
        self.setAccessibleName("History")
        self._table = HistoryTable(model)
        self._table.receipt_wanted.connect(self._ask_receipt)
        self._table.filter_wanted.connect(self.show_filter)
        self._table.row_wanted.connect(self.row_wanted)
        self._table.export_wanted.connect(self.open_export)
        self._table.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        self._bar = HistoryBar()
        self._bar.filter_changed.connect(self.request_newest)
        self._bar.zone_changed.connect(lambda: self._table.show_zone(is_utc=self._bar.shows_utc))
        self._newest = self._bar.add_button("history-newest-btn", "Newest", "Go back to the newest entries")
        self._newest.clicked.connect(self.request_newest)
        self._more = self._bar.add_button("history-more-btn", "More", "Load older entries")
        self._more.clicked.connect(self._ask_older)
        copy = self._bar.add_button("history-copy-btn", "Copy", "History: copy the selected rows, or all")
        copy.clicked.connect(self._table.copy_selection)
        export = self._bar.add_button("history-export-btn", "Export…", "Write the history to a file")
        export.clicked.connect(self.open_export)
        self._search = SearchLine()
        self._search.stopped.connect(self._on_stopped)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._bar)
        layout.addWidget(self._search)
        layout.addWidget(self._table, 1)
        self._show_buttons()
        for changed in (model.balance_changed, model.orders_changed, model.state_changed):
            changed.connect(self._on_books_changed)
        model.account_switched.connect(self._on_account_switched)

    def request_newest(self) -> None:
        """Ask for the newest page of what the bar says, from the top."""
        snapshot = self._model.snapshot
        if snapshot is None:
            return
        if self._filter is None or self._filter.account != snapshot.account_name:
            self._ask_authors(snapshot.account_name)
        self._filter = self._bar.chosen(snapshot.account_name, run_id=snapshot.run_id, now=snapshot.market.now)
        self._rows_wanted = PAGE_ROWS
        self._ask(_NEWEST, self._filter)

    def show_filter(self, chosen: LedgerFilter) -> None:
        """Show what a filter lets through, from the newest entry on; the account stays the one shown."""
        snapshot = self._model.snapshot
        self._bar.show_filter(chosen, run_id=0 if snapshot is None else snapshot.run_id)
        self.request_newest()

    def show_page(self, reply: LedgerPageReply) -> None:
        """Show an answer, if it is the one to the last question."""
        if reply.request_id != self._request_id:
            return
        self._request_id = ""
        if reply.error:
            self._search.end()
            self._table.set_empty_text(reply.error)
            self._head_asked = -1
            self._show_buttons()
            return
        before = len(self._window.rows)
        if self._direction == _NEWEST:
            self._window.begin(reply.page, head_id=self._head_asked)
        elif self._direction == _OLDER:
            self._window.add_older(reply.page)
        else:
            self._window.add_newer(reply.page, head_id=self._head_asked)
        self._table.show_rows(list(self._window.rows), from_top=self._direction == _NEWEST)
        self._table.set_empty_text(_NOTHING if self._filter is not None and narrows(self._filter) else EMPTY)
        self._go_on(reply, gained=len(self._window.rows) - (0 if self._direction == _NEWEST else before))
        self._show_buttons()
        self._on_books_changed()
        if self._direction != _NEWEST:
            # Who has scrolled to an end while another page was under way is not left waiting there.
            self._on_scrolled(self._table.verticalScrollBar().value())

    def show_reply(self, reply: object) -> None:
        """Take an answer or the news of a job; those of others are let pass."""
        if isinstance(reply, LedgerPageReply):
            self.show_page(reply)
        elif isinstance(reply, AuthorsReply):
            if reply.request_id == self._authors_id:
                self._bar.show_authors(reply.authors)
        elif isinstance(reply, EntryReceiptReply):
            if reply.request_id == self._receipt_id:
                self._show_receipt(reply)
        elif self._export is not None:
            self._export.show_reply(reply)

    def open_export(self) -> ExportHistoryDialog | None:
        """Open the dialog that writes what is shown, or all of it, to a file; nothing before the account is known."""
        from desktop_trader.ui.dialogs.export_history import ExportHistoryDialog

        snapshot = self._model.snapshot
        if snapshot is None:
            return None
        if self._export is None or not self._export.isVisible():
            chosen = self._bar.chosen(snapshot.account_name, run_id=snapshot.run_id, now=snapshot.market.now)
            self._export = ExportHistoryDialog(chosen, request=self._request, parent=self)
        self._export.show()
        self._export.raise_()
        return self._export

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        self._on_books_changed()

    def _ask(self, direction: str, wanted: LedgerFilter) -> None:
        snapshot = self._model.snapshot
        if snapshot is None:
            return
        if direction != _OLDER:
            self._head_asked = snapshot.ledger_head_id
        self._direction = direction
        self._request_id = uuid4().hex
        self._request(LedgerPageRequest(request_id=self._request_id, filter=wanted))
        self._show_buttons()

    def _ask_older(self) -> None:
        if self._filter is not None and self._window.before_id is not None and not self._request_id:
            self._rows_wanted = PAGE_ROWS
            self._ask(_OLDER, replace(self._filter, before_id=self._window.before_id))

    def _catch_up(self) -> None:
        """Ask for what has been booked since; a history that was never asked for begins at the top."""
        snapshot = self._model.snapshot
        if self._filter is None or snapshot is None or self._filter.account != snapshot.account_name:
            self.request_newest()
        elif not self._request_id and not self._window.has_newer:
            self._ask(_NEWER, replace(self._filter, after_id=self._window.after_id))

    def _go_on(self, reply: LedgerPageReply, *, gained: int) -> None:
        """Let a search that paused before a page was full go on by itself, and say how far it has come."""
        page = reply.page
        self._rows_wanted -= gained
        is_paused = page.searched_to_id is not None and page.has_more
        if not is_paused or self._filter is None or self._direction == _NEWER or self._rows_wanted <= 0:
            self._search.end()
            return
        at = page.searched_to_at
        when = utc_time(at) if self._bar.shows_utc else local_time(at)
        self._table.set_empty_text("Searching…")
        self._search.go_on(f"Searched back to {when}, going on…")
        self._ask(_OLDER, replace(self._filter, before_id=self._window.before_id))

    def _on_stopped(self) -> None:
        self._request_id = ""
        self._search.end()
        self._show_buttons()

    def _show_buttons(self) -> None:
        self._more.setEnabled(self._window.has_older and not self._request_id)
        self._newest.setEnabled(self._window.has_newer)

    def _on_books_changed(self) -> None:
        snapshot = self._model.snapshot
        # Behind another tab a panel counts as visible; nothing of it is seen.
        if snapshot is None or self.visibleRegion().isEmpty():
            return
        is_known = snapshot.ledger_head_id == self._head_asked
        if is_known and self._filter is not None and self._filter.account == snapshot.account_name:
            return
        if not self._refresh.isActive():
            self._refresh.start()

    def _on_account_switched(self) -> None:
        # Rows of one account never stand under the name of another, nor do its filters.
        self._window = LedgerWindow()
        self._table.show_rows([], from_top=True)
        self._bar.show_filter(LedgerFilter(account=""), run_id=0)
        self.request_newest()

    def _on_scrolled(self, value: int) -> None:
        bar = self._table.verticalScrollBar()
        if self._request_id or not bar.maximum():
            return
        if value >= bar.maximum() - _NEAR_THE_END_PX and self._window.has_older:
            self._ask_older()
        elif value <= _NEAR_THE_END_PX and self._window.has_newer and self._filter is not None:
            self._ask(_NEWER, replace(self._filter, after_id=self._window.after_id))

    def _ask_receipt(self, row: LedgerRow) -> None:
        if self._filter is not None:
            self._receipt_id = uuid4().hex
            self._request(
                EntryReceiptRequest(request_id=self._receipt_id, account=self._filter.account, entry_id=row.id)
            )

    def _show_receipt(self, reply: EntryReceiptReply) -> None:
        from desktop_trader.ui.dialogs.entry_receipt import EntryReceiptDialog

        EntryReceiptDialog(reply, parent=self).show()

    def _ask_authors(self, account: str) -> None:
        self._authors_id = uuid4().hex
        self._request(AuthorsRequest(request_id=self._authors_id, account=account))
