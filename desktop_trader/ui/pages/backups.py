"""The page *Backups*: what there is, whether it verifies, the way back, and the way to another computer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout

from desktop_trader.messages import backup_jobs as jobs
from desktop_trader.messages.backups import RestorePreview
from desktop_trader.ui.backup_text import held_text, size_text
from desktop_trader.ui.dialogs.restore_backup import RestoreDialog
from desktop_trader.ui.models.row_table_model import RowTableModel
from desktop_trader.ui.models.table_columns import local_time
from desktop_trader.ui.pages.backup_columns import BackupRow, backup_columns
from desktop_trader.ui.pages.backup_places import BackupPlaces
from desktop_trader.ui.pages.page import Page, PageDoors
from desktop_trader.ui.theme import SPACE_M
from desktop_trader.ui.widgets.data_table import DataTable
from desktop_trader.ui.widgets.job_strip import JobStrip
from desktop_trader.ui.widgets.plain_label import plain_label
from desktop_trader.ui.widgets.table_bar import TableBar

_EMPTY = "No backups yet. One is made every half hour while the books change, and at every quit."


class BackupsPage(Page):
    """One job at a time; what it did or why not is said above the table. Replacing the books ends in a restart."""

    def __init__(self, doors: PageDoors) -> None:
        super().__init__()
        self._doors = doors
        self._list_id = ""
        self._verdicts: dict[Path, BackupRow] = {}
        self._checking: BackupRow | None = None
        self._dialog: RestoreDialog | None = None
        self.setObjectName("backups-page")
        self.setAccessibleName("Backups")
        self._job = JobStrip(doors.model, doors.request, place="backups", title="Back up now")
        self._job.make_job = jobs.MakeBackup
        self._job.begun.connect(self._on_begun)
        self._job.done.connect(self._on_done)
        self._job.failed.connect(self._on_failed)
        self._state = plain_label("", name="backups-state", tone="heading", spoken="The newest backup")
        self._said = plain_label("", name="backups-said", spoken="What came of it")
        for label in (self._state, self._said):
            label.setWordWrap(True)
        self._said.hide()
        self._rows: RowTableModel[BackupRow] = RowTableModel(
            backup_columns(), key=lambda row: row.info.path, parent=self
        )
        self._table = DataTable(self._rows, name="backups-table", spoken="Backups", empty_text=_EMPTY)
        self._table.selectionModel().selectionChanged.connect(self._show_buttons)
        self._bar = TableBar(self._table, place="backups-table", spoken="Backups")
        self._check = self._bar.add_button("backups-verify-btn", "Verify", "Verify the selected backup in full")
        self._restore = self._bar.add_button("backups-restore-btn", "Restore…", "Look at what a restore would change")
        self._check.clicked.connect(self._on_check)
        self._restore.clicked.connect(self._on_restore)
        self._places = BackupPlaces(doors.folder)
        self._places.second_chosen.connect(lambda folder: self._begin(jobs.ChooseSecondFolder(folder=folder)))
        self._places.pack_wanted.connect(lambda target: self._begin(jobs.PackBooks(target=target)))
        self._places.unpack_wanted.connect(lambda source: self._begin(jobs.PreviewUnpack(source=source)))
        self._arrange()
        self._show_buttons()

    def show_reply(self, reply: object) -> None:
        """Take the list, or the news of the job."""
        self._job.show_reply(reply)
        if isinstance(reply, jobs.BackupsReply) and reply.request_id == self._list_id:
            self._show_list(reply)

    def refresh(self) -> None:
        """Ask which backups there are."""
        self._list_id = uuid4().hex
        self._doors.request(jobs.BackupsRequest(request_id=self._list_id))

    def _arrange(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_M)
        for widget in (self._state, self._job, self._said, self._bar):
            layout.addWidget(widget)
        layout.addWidget(self._table, 1)
        layout.addWidget(self._places)

    def _selected(self) -> BackupRow | None:
        rows = self._table.selected_rows()
        return rows[0] if len(rows) == 1 else None

    def _show_list(self, reply: jobs.BackupsReply) -> None:
        rows = [BackupRow(info=info, is_second=False) for info in reply.backups]
        rows += [BackupRow(info=info, is_second=True) for info in reply.second]
        self._rows.replace_rows([replace(self._verdicts.get(row.info.path, row), info=row.info) for row in rows])
        self._places.show_second(reply.second_folder)
        newest = next((info for info in reply.backups if info.was_verified), None)
        if newest is None:
            self._state.setText("No verified backup yet")
        else:
            self._state.setText(
                f"Newest backup {local_time(newest.at)} · {held_text(newest.facts)} · "
                f"one every {reply.every_minutes} minutes while the books change"
            )
        if reply.error:
            self._say(reply.error, tone="error")
        self._show_buttons()

    def _show_buttons(self, *_: Any) -> None:
        is_free, row = not self._job.is_busy, self._selected()
        self._check.setEnabled(is_free and row is not None)
        self._restore.setEnabled(is_free and row is not None and row.info.facts is not None)
        self._places.enable(is_free=is_free)

    def _begin(self, job: jobs.BackupJob) -> None:
        if not self._job.is_busy:
            self._job.make_job = lambda: job
            self._job.start()

    def _on_check(self) -> None:
        self._checking = self._selected()
        if self._checking is not None:
            self._begin(jobs.CheckBackup(path=self._checking.info.path))

    def _on_restore(self) -> None:
        row = self._selected()
        if row is not None:
            self._begin(jobs.PreviewRestore(path=row.info.path))

    def _on_begun(self) -> None:
        self._said.hide()
        self._show_buttons()

    def _on_done(self, result: object) -> None:
        checked = self._checking
        self._ready_again()
        if isinstance(result, jobs.BackupMade):
            self._say(f"✓  Backed up and verified: {result.made.path.name}", tone="up")
            if result.complaints:
                self._say("; ".join(result.complaints), tone="warning")
        elif isinstance(result, jobs.BackupChecked):
            self._keep_verdict(checked, is_good=True, text="just now, in full")
            self._say(f"✓  {result.path.name} verifies: every cent in it is accounted for", tone="up")
        elif isinstance(result, RestorePreview):
            self._ask(RestoreDialog.of_backup(result, self), jobs.OrderRestore(path=result.backup.path))
            return
        elif isinstance(result, jobs.UnpackPreview):
            self._ask(RestoreDialog.of_move_file(result, self), jobs.OrderUnpack(source=result.info.path))
            return
        elif isinstance(result, jobs.BooksPacked):
            self._say(f"✓  Packed {result.info.path} ({size_text(result.info.size_bytes)})", tone="up")
        elif isinstance(result, jobs.SecondFolderChosen):
            said = f"Backups are copied to {result.folder} as well" if result.folder else "No second folder any more"
            self._say(result.complaint or said, tone="warning" if result.complaint else "up")
        elif isinstance(result, jobs.RestoreOrdered):
            self._say("The program starts again with the restored books…", tone="up")
            self._doors.restart()
            return
        self.refresh()

    def _on_failed(self, error: str) -> None:
        if error:
            self._keep_verdict(self._checking, is_good=False, text=error)
        self._ready_again()
        if error:
            self._say(f"{error}. The books are as they were.", tone="error")
        self.refresh()

    def _ask(self, dialog: RestoreDialog, order: jobs.BackupJob) -> None:
        """Ask without holding up the window: prices and stops go on meanwhile."""
        self._dialog = dialog
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setModal(True)
        dialog.accepted.connect(lambda: self._begin(order))
        dialog.open()

    def _keep_verdict(self, checked: BackupRow | None, *, is_good: bool, text: str) -> None:
        if checked is not None:
            self._verdicts[checked.info.path] = replace(checked, is_good=is_good, verdict=text)

    def _ready_again(self) -> None:
        self._checking = None
        self._job.make_job = jobs.MakeBackup
        self._show_buttons()

    def _say(self, text: str, *, tone: str) -> None:
        self._said.setText(text)
        self._said.setAccessibleName(f"What came of it: {text}")
        self._said.setProperty("tone", tone)
        self._said.style().unpolish(self._said)
        self._said.style().polish(self._said)
        self._said.show()
