"""The history dock: the journal in pages, newest first, by kind."""

from uuid import uuid4

from PySide6.QtCore import QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from desktop_trader.domain.ledger import EntryKind
from desktop_trader.messages.ledger_page import LedgerFilter, LedgerPage
from desktop_trader.messages.ledger_request import LedgerPageReply, LedgerPageRequest
from desktop_trader.ui.models.balance_model import BalanceModel, RequestData
from desktop_trader.ui.models.ledger_columns import ledger_columns
from desktop_trader.ui.models.row_table_model import RowTableModel
from desktop_trader.ui.models.table_columns import words
from desktop_trader.ui.widgets.data_table import DataTable
from desktop_trader.ui.widgets.table_bar import TableBar

_REFRESH_MS = 300
_OLDER_ROWS_MAX = 10_000
_EMPTY = "No entries yet."


class HistoryPanel(QWidget):
    """Asks for a page when it is seen and the journal has grown; *More* asks for the one before the oldest row."""

    def __init__(self, model: BalanceModel, *, request: RequestData, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._request = request
        self._request_id = ""
        self._is_next_page = False
        self._has_older = False
        self._shown_kind = ""
        self._asked_at_head = -1
        self._refresh = QTimer(self, singleShot=True)
        self._refresh.setInterval(_REFRESH_MS)
        self._refresh.timeout.connect(self.request_newest)
        self.setObjectName("history-panel")
        self.setAccessibleName("History")
        self._entries = RowTableModel(
            ledger_columns(lambda: model.balance.currency if model.balance else ""),
            key=lambda row: row.id,
            parent=self,
        )
        self._table = DataTable(self._entries, name="history-table", spoken="History of the balance", empty_text=_EMPTY)
        self._kind = QComboBox()
        self._kind.setObjectName("history-kind-combo")
        self._kind.setAccessibleName("Kind of entries shown")
        self._kind.addItem("All kinds", "")
        for kind in EntryKind:
            self._kind.addItem(words(kind.value), kind.value)
        self._kind.currentIndexChanged.connect(self.request_newest)
        bar = TableBar(self._table, place="history", spoken="History")
        bar.add_widget(self._kind)
        self._more = bar.add_button("history-more-btn", "More", "Load older entries")
        self._more.setEnabled(False)
        self._more.clicked.connect(self._on_more_clicked)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(bar)
        layout.addWidget(self._table, 1)
        model.balance_changed.connect(self._on_balance_changed)
        model.orders_changed.connect(self._on_balance_changed)
        model.state_changed.connect(self._on_balance_changed)

    def request_newest(self) -> None:
        """Ask for the newest page, from the top."""
        self._ask(before_id=None)

    def show_filter(self, chosen: LedgerFilter) -> None:
        """Show what a filter lets through, from the newest entry on; the account stays the one shown."""
        self._kind.setCurrentIndex(max(0, self._kind.findData(chosen.kinds[0] if chosen.kinds else "")))
        self.request_newest()

    def show_page(self, reply: LedgerPageReply) -> None:
        """Show an answer, if it is the one to the last question."""
        if reply.request_id != self._request_id:
            return
        self._table.set_empty_text(reply.error or _EMPTY)
        if reply.error:
            self._asked_at_head = -1
            return
        if self._is_next_page:
            self._entries.append_rows(reply.page.rows)
            self._has_older = reply.page.has_more
        else:
            self._show_newest(reply.page)
        self._more.setEnabled(self._has_older)

    def _show_newest(self, page: LedgerPage) -> None:
        """Put the newest page on top of older ones that were loaded, if it reaches down to them."""
        kind, shown = self._kind.currentData(), self._entries.rows
        is_joined = bool(page.rows and shown) and kind == self._shown_kind and page.rows[-1].id <= shown[0].id
        older = [row for row in shown if row.id < page.rows[-1].id][:_OLDER_ROWS_MAX] if is_joined else []
        self._has_older = self._has_older if older else page.has_more
        self._shown_kind = kind
        self._entries.replace_rows([*page.rows, *older])

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        self._on_balance_changed()

    def _on_balance_changed(self) -> None:
        snapshot = self._model.snapshot
        # Behind another tab a panel counts as visible; nothing of it is seen.
        if snapshot is None or self.visibleRegion().isEmpty() or snapshot.ledger_head_id == self._asked_at_head:
            return
        if not self._refresh.isActive():
            self._refresh.start()

    def _on_more_clicked(self) -> None:
        rows = self._entries.rows
        if rows:
            self._more.setEnabled(False)
            self._ask(before_id=rows[-1].id)

    def _ask(self, *, before_id: int | None) -> None:
        snapshot = self._model.snapshot
        if snapshot is None:
            return
        self._is_next_page = before_id is not None
        if before_id is None:
            self._asked_at_head = snapshot.ledger_head_id
        self._request_id = uuid4().hex
        chosen = LedgerFilter(
            account=snapshot.account_name,
            kinds=(self._kind.currentData(),) if self._kind.currentData() else (),
            before_id=before_id,
        )
        self._request(LedgerPageRequest(request_id=self._request_id, filter=chosen))
