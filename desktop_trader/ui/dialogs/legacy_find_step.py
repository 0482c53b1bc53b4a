"""First step of the import: a folder, every balance file found below it, and the one chosen."""

from __future__ import annotations

from decimal import Decimal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QAbstractItemView, QFileDialog, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from desktop_trader.domain.legacy_balance import LegacyFile
from desktop_trader.messages.legacy_import import FindLegacyFiles, LegacyFound, already_imported
from desktop_trader.ui.models.account_watch import AccountWatch
from desktop_trader.ui.models.balance_model import BalanceModel, RequestData
from desktop_trader.ui.models.legacy_columns import file_columns, shown_path
from desktop_trader.ui.models.row_table_model import RowTableModel
from desktop_trader.ui.number_format import format_money, format_signed_money
from desktop_trader.ui.theme import SPACE_M
from desktop_trader.ui.widgets.data_table import DataTable
from desktop_trader.ui.widgets.job_strip import JobStrip
from desktop_trader.ui.widgets.plain_label import plain_label

_INTRO = (
    "Pick the folder in which the old program ran. virtual_balance.json and auto_trading_state.json are looked for "
    "in it, in backend, data and backend/data, and further down. The files are only read."
)
_NOT_SEARCHED = "Nothing searched yet."
_NOTHING = "No balance file of an earlier program here. The account stays as it is."


class LegacyFindStep(QWidget):
    """`changed` when another file is chosen, or the balance it is compared with has moved."""

    changed = Signal()

    def __init__(self, model: BalanceModel, request: RequestData, *, watch: AccountWatch, folder: str) -> None:
        super().__init__()
        self._watch = watch
        self.found: LegacyFound | None = None
        self.setObjectName("legacy-find-step")
        self._folder = QLineEdit(folder)
        self._folder.setObjectName("legacy-folder-edit")
        self._folder.setAccessibleName("Folder in which the old program ran")
        self._folder.setPlaceholderText("Folder in which the old program ran")
        self._browse = QPushButton("Browse…")
        self._browse.setObjectName("legacy-browse-btn")
        self._browse.setAccessibleName("Pick a folder")
        self._browse.clicked.connect(self._on_browse)
        self._browse.setAutoDefault(False)
        self.search = JobStrip(model, request, place="legacy-search", title="Search")
        self.search.make_job = lambda: FindLegacyFiles(folder=self._folder.text().strip())
        for button in self.search.findChildren(QPushButton):
            button.setAutoDefault(False)
        # One button leads on, and it is not this one.
        self.search.start_button.setProperty("tone", "")
        self._files = RowTableModel(
            file_columns(lambda: self.found.search.folder if self.found else "", self._remark),
            key=lambda row: row.path,
            parent=self,
        )
        self.table = DataTable(
            self._files, name="legacy-files-table", spoken="Balance files found", empty_text=_NOT_SEARCHED
        )
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self._question = plain_label("", name="legacy-question", tone="warning", spoken="Question")
        self._error = plain_label("", name="legacy-search-error", tone="error", spoken="What is wrong")
        self._zone = plain_label("", name="legacy-zone", spoken="How its time is read")
        self._trades = plain_label("", name="legacy-trades", tone="muted", spoken="Check of its trades")
        self._difference = plain_label("", name="legacy-difference", tone="balance", spoken="Difference to today")
        self._arrange()
        self._connect()

    @property
    def chosen(self) -> LegacyFile | None:
        """The file that would be imported; None where none is chosen or it cannot be."""
        file = self._selected()
        return None if file is None or self._obstacle(file) else file

    def start_search(self) -> None:
        """Search the folder that is typed, unless none is."""
        if self._folder.text().strip():
            self.search.start()

    def refresh(self) -> None:
        """Compare with the balance of today."""
        file, found = self._selected(), self.found
        self._question.setText(self._question_text(file, found) if found is not None else "")
        self._zone.setText("" if file is None or file.time is None else f"Its time: {file.time.line}")
        check = None if file is None else file.trade_check
        self._trades.setText("" if check is None else f"Check only: {check.line}.")
        self._difference.setText("" if file is None else self._difference_text(file))
        for label in (self._question, self._zone, self._trades, self._difference):
            label.setAccessibleName(label.text() or "Nothing")
            label.setVisible(bool(label.text()))
        self.changed.emit()

    def _arrange(self) -> None:
        intro = plain_label(_INTRO, name="legacy-intro", tone="muted")
        for label in (intro, self._question, self._error, self._zone, self._trades, self._difference):
            label.setWordWrap(True)
        self._error.hide()
        row = QHBoxLayout()
        row.setSpacing(SPACE_M)
        row.addWidget(self._folder, 1)
        row.addWidget(self._browse)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_M)
        layout.addWidget(intro)
        layout.addLayout(row)
        layout.addWidget(self.search)
        layout.addWidget(self._error)
        layout.addWidget(self.table, 1)
        for label in (self._question, self._zone, self._trades, self._difference):
            layout.addWidget(label)
            label.hide()

    def _connect(self) -> None:
        self._folder.returnPressed.connect(self.start_search)
        self._folder.textChanged.connect(self._on_folder_edited)
        self.search.begun.connect(self._on_begun)
        self.search.done.connect(self._on_found)
        self.search.failed.connect(self._on_failed)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self.refresh())
        self._watch.changed.connect(self.refresh)
        self._on_folder_edited()

    def _on_browse(self) -> None:
        picked = QFileDialog.getExistingDirectory(self, "Folder of the old program", self._folder.text())
        if picked:
            self._folder.setText(picked)
            self.start_search()

    def _on_folder_edited(self) -> None:
        self.search.start_button.setEnabled(bool(self._folder.text().strip()) and not self.search.is_busy)

    def _on_begun(self) -> None:
        self.found = None
        self._error.hide()
        self._files.replace_rows(())
        self.table.set_empty_text("Searching…")
        self.refresh()

    def _on_found(self, result: object) -> None:
        if not isinstance(result, LegacyFound):
            return
        self.found = result
        self.table.set_empty_text(_NOTHING)
        self._files.replace_rows(result.search.files)
        self._say_limits(result)
        newest = result.choice.newest
        if newest is not None and not result.choice.is_question:
            self.table.select_where(lambda row: row == newest)
        self.refresh()

    def _on_failed(self, error: str) -> None:
        self.table.set_empty_text(_NOT_SEARCHED)
        self._say(error)

    def _say_limits(self, found: LegacyFound) -> None:
        search, said = found.search, []
        if not search.is_complete:
            said.append(
                f"The search ended at its limits after {search.folders:,} folders; pick one closer to the files."
            )
        if search.closed_folders:
            said.append(f"{search.closed_folders} folders could not be looked into.")
        self._say(" ".join(said))

    def _say(self, text: str) -> None:
        self._error.setText(text)
        self._error.setAccessibleName(text or "Nothing")
        self._error.setVisible(bool(text))

    def _selected(self) -> LegacyFile | None:
        rows: list[LegacyFile] = self.table.selected_rows()
        return rows[0] if rows else None

    def _remark(self, file: LegacyFile) -> str:
        found = self.found
        if file.refusal is not None:
            return f"Skipped: {file.explanation}"
        if found is None:
            return ""
        earlier = already_imported(found.earlier, file)
        remarks = [f"Imported before, entry {earlier.entry_id}"] if earlier is not None else []
        if file == found.choice.newest and not found.choice.is_question:
            remarks.append("Newest")
        if file.time is None:
            remarks.append("No time in it: counts as oldest")
        return "; ".join((*remarks, *file.notes))

    def _question_text(self, file: LegacyFile | None, found: LegacyFound) -> str:
        choice = found.choice
        if choice.newest is None:
            return "None of these can be read: nothing can be imported." if found.search.files else ""
        if choice.is_question and file is None:
            names = [shown_path(each.path, found.search.folder) for each in (choice.newest, *choice.tied)]
            return f"{' and '.join(names)} have the same time and different balances. Which one is yours? Choose it."
        return "" if file is None else self._obstacle(file)

    def _obstacle(self, file: LegacyFile) -> str:
        """Why a file cannot be imported; empty when it can."""
        snapshot, total = self._watch.snapshot, self._watch.total
        if not file.is_readable:
            return f"This file cannot be imported: {file.explanation}."
        if snapshot is None or total is None:
            return "The account is not known yet."
        if snapshot.account_type == "live":
            return "A live account's balance is what its exchange says; nothing is imported into it."
        earlier = already_imported(self.found.earlier, file) if self.found is not None else None
        if earlier is not None:
            return f"This content was imported before, as entry {earlier.entry_id}; it is never imported twice."
        return (
            f"The balance is {self._money(total)} already; there is nothing to import." if total == file.balance else ""
        )

    def _difference_text(self, file: LegacyFile) -> str:
        total, balance = self._watch.total, self._watch.balance
        if file.balance is None or total is None or balance is None:
            return ""
        change = format_signed_money(file.balance - total, balance.currency)
        return f"Today {self._money(total)}  →  {self._money(file.balance)}  ({change})"

    def _money(self, amount: Decimal) -> str:
        balance = self._watch.balance
        return format_money(amount, "USDT" if balance is None else balance.currency)
