"""The page *Import*: what was taken over from earlier programs, and the way to take over more."""

from __future__ import annotations

from uuid import uuid4

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout

from desktop_trader.messages.ledger_page import LedgerFilter
from desktop_trader.messages.legacy_import import EarlierImport, EarlierImports, EarlierImportsRequest
from desktop_trader.ui.dialogs.legacy_import import LegacyImportDialog
from desktop_trader.ui.models.legacy_columns import import_columns
from desktop_trader.ui.models.row_table_model import RowTableModel
from desktop_trader.ui.pages.page import Page, PageDoors
from desktop_trader.ui.theme import SPACE_M
from desktop_trader.ui.widgets.data_table import DataTable
from desktop_trader.ui.widgets.plain_label import plain_label

_INTRO = (
    "An older program's balance (virtual_balance.json, auto_trading_state.json) is taken over by one entry that says "
    "where it came from. Every file found is kept in the archive; the same content is never imported twice."
)


class LegacyImportPage(Page):
    """Asks for the imports of all accounts when it comes to the front, and after one was booked."""

    def __init__(self, doors: PageDoors) -> None:
        super().__init__()
        self._doors = doors
        self._request_id = ""
        self._archive = ""
        self._dialog: LegacyImportDialog | None = None
        self.setObjectName("legacy-import-page")
        self.setAccessibleName("Import")
        intro = plain_label(_INTRO, name="legacy-page-intro", tone="muted")
        self._error = plain_label("", name="legacy-page-error", tone="error", spoken="What is wrong")
        for label in (intro, self._error):
            label.setWordWrap(True)
        self._error.hide()
        self._imports: RowTableModel[EarlierImport] = RowTableModel(
            import_columns(), key=lambda row: row.entry_id, parent=self
        )
        self._table = DataTable(
            self._imports, name="legacy-imports-table", spoken="Imports of before", empty_text="Nothing imported yet."
        )
        self._table.doubleClicked.connect(self._on_history)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_M)
        layout.addWidget(plain_label("Import", name="legacy-page-heading", tone="heading"))
        layout.addWidget(intro)
        layout.addLayout(self._build_bar())
        layout.addWidget(self._error)
        layout.addWidget(self._table, 1)

    def refresh(self) -> None:
        """Ask which imports the journal has."""
        self._request_id = uuid4().hex
        self._doors.request(EarlierImportsRequest(request_id=self._request_id))

    def show_reply(self, reply: object) -> None:
        """Take the answer of this page, and hand the wizard what is its."""
        if isinstance(reply, EarlierImports) and reply.request_id == self._request_id:
            self._archive = reply.archive
            self._imports.replace_rows(reply.imports)
            self._open_archive.setEnabled(bool(reply.imports))
            self._error.setText(reply.error)
            self._error.setVisible(bool(reply.error))
        if self._dialog is not None:
            self._dialog.show_reply(reply)

    def open_wizard(self, folder: str = "") -> LegacyImportDialog:
        """Open the wizard, or bring the open one to the front; it searches `folder` at once where one is given."""
        if self._dialog is None or not self._dialog.isVisible():
            if self._dialog is not None:
                self._dialog.deleteLater()
            self._dialog = LegacyImportDialog(
                self._doors.model,
                send=self._doors.send,
                request=self._doors.request,
                folder=folder,
                parent=self,
            )
            self._dialog.imported.connect(self.refresh)
        self._dialog.start()
        return self._dialog

    def _build_bar(self) -> QHBoxLayout:
        begin = QPushButton("Import from a folder…")
        begin.setObjectName("legacy-begin-btn")
        begin.setAccessibleName("Import from a folder")
        begin.setProperty("tone", "primary")
        begin.clicked.connect(self._on_begin)
        history = QPushButton("Show in history")
        history.setObjectName("legacy-history-btn")
        history.setAccessibleName("Show the imports in the history")
        history.clicked.connect(self._on_history)
        self._open_archive = QPushButton("Open the archive")
        self._open_archive.setObjectName("legacy-open-archive-btn")
        self._open_archive.setAccessibleName("Open the folder in which the sources are kept")
        self._open_archive.setEnabled(False)
        self._open_archive.clicked.connect(self._on_open_archive)
        bar = QHBoxLayout()
        bar.setSpacing(SPACE_M)
        bar.addWidget(begin)
        bar.addStretch(1)
        bar.addWidget(history)
        bar.addWidget(self._open_archive)
        return bar

    def _on_begin(self) -> None:
        self.open_wizard()

    def _on_history(self) -> None:
        rows: list[EarlierImport] = self._table.selected_rows()
        snapshot = self._doors.model.snapshot
        account = rows[0].account if rows else "" if snapshot is None else snapshot.account_name
        if account:
            self._doors.show_history(LedgerFilter(account=account, kinds=("import",)))

    def _on_open_archive(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(self._archive))
