"""Export history: what, as what and where; the writing is a job that can be given up."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from desktop_trader.messages.history_export import ExportHistory, ExportShape, HistoryExported
from desktop_trader.messages.jobs import CancelJob, JobDone, JobFailed, JobProgress, StartJob
from desktop_trader.messages.ledger_page import LedgerFilter
from desktop_trader.ui.models.balance_model import RequestData
from desktop_trader.ui.models.ledger_window import narrows
from desktop_trader.ui.theme import SPACE_L, SPACE_M, SPACE_XL
from desktop_trader.ui.widgets.plain_label import plain_label

_WIDTH = 520
_SHAPES = (
    (ExportShape.CSV, "CSV table, for spreadsheets", "history.csv"),
    (ExportShape.JSON, "JSON with balance and entries", "history.json"),
    (ExportShape.BALANCE, "JSON with the balance alone (virtual_balance.json)", "virtual_balance.json"),
)
_NOTES = {
    ExportShape.CSV: "Amounts are exact, times UTC. Text that a spreadsheet would take for a formula begins with an "
    "apostrophe (').",
    ExportShape.JSON: "Amounts are exact number literals, times UTC.",
    ExportShape.BALANCE: "The balance and when it moved last, the way older programs keep it.",
}


class ExportHistoryDialog(QDialog):
    """Not modal; stays open until the file is written, so that what went wrong can be mended and tried again."""

    def __init__(self, chosen: LedgerFilter, *, request: RequestData, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chosen = chosen
        self._request = request
        self._job_id = ""
        self.setObjectName("export-dialog")
        self.setAccessibleName("Export history")
        self.setWindowTitle("Export history")
        self.setMinimumWidth(_WIDTH)
        self._scope = self._combo("export-scope-combo", "Which entries")
        if narrows(chosen):
            self._scope.addItem("What the filter shows", chosen)
        self._scope.addItem(f"The whole history of account {chosen.account}", LedgerFilter(account=chosen.account))
        self._shape = self._combo("export-shape-combo", "Kind of file")
        for shape, text, _name in _SHAPES:
            self._shape.addItem(text, shape)
        self._file = QLineEdit(str(Path.home() / _SHAPES[0][2]))
        self._file.setObjectName("export-file-edit")
        self._file.setAccessibleName("File to write")
        self._browse = QPushButton("Browse…")
        self._browse.setObjectName("export-browse-btn")
        self._browse.setAccessibleName("Choose the file to write")
        self._browse.setAutoDefault(False)  # Enter in the file's line exports; it opens no other dialog.
        self._browse.clicked.connect(self._on_browse)
        self._replace = QCheckBox("Replace the file that is there")
        self._replace.setObjectName("export-replace-check")
        self._replace.setAccessibleName(self._replace.text())
        self._note = plain_label("", name="export-note", tone="muted")
        self._note.setWordWrap(True)
        self._state = plain_label("", name="export-state")
        self._state.setWordWrap(True)
        self._progress = QProgressBar()
        self._progress.setObjectName("export-progress")
        self._progress.setAccessibleName("How far the export has come")
        self._buttons = self._build_buttons()
        self._arrange()
        self._shape.currentIndexChanged.connect(self._on_shape_changed)
        self._file.textChanged.connect(self._show_state)
        self._on_shape_changed()

    @property
    def is_busy(self) -> bool:
        """Whether a file is being written."""
        return bool(self._job_id)

    @property
    def _wanted_shape(self) -> ExportShape:
        # Qt keeps a StrEnum as a plain text, which equals the member but is not it.
        return ExportShape(self._shape.currentData())

    def show_reply(self, reply: object) -> None:
        """Take the news of its own job; those of others are let pass."""
        if not self._job_id or getattr(reply, "request_id", "") != self._job_id:
            return
        if isinstance(reply, JobProgress):
            self._progress.setRange(0, 1_000)
            self._progress.setValue(reply.done * 1_000 // max(1, reply.total))
        elif isinstance(reply, JobFailed):
            self._end(reply.error, tone="muted" if reply.was_cancelled else "warning")
        elif isinstance(reply, JobDone) and isinstance(reply.result, HistoryExported):
            rows = "Balance" if self._wanted_shape is ExportShape.BALANCE else f"{reply.result.rows:,} entries"
            self._end(f"{rows} written to {reply.result.target}", tone="up")
            self._close.setText("Close")

    def accept(self) -> None:
        """Write the file, unless one is being written."""
        if self._job_id:
            return
        self._job_id = uuid4().hex
        self._progress.setRange(0, 0)
        self._say("Writing…", tone="muted")
        self._show_state()
        job = ExportHistory(
            filter=self._scope.currentData(),
            target=str(self._target()),
            shape=self._wanted_shape,
            may_replace=self._replace.isChecked() and self._replace.isVisible(),
        )
        self._request(StartJob(request_id=self._job_id, job=job))

    def reject(self) -> None:
        """Give up what is being written; with nothing under way, close."""
        if self._job_id:
            self._request(CancelJob(request_id=self._job_id))
            self._say("Cancelling…", tone="muted")
            return
        super().reject()

    def _combo(self, name: str, spoken: str) -> QComboBox:
        combo = QComboBox()
        combo.setObjectName(name)
        combo.setAccessibleName(spoken)
        return combo

    def _build_buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox()
        self._ok = buttons.addButton("Export", QDialogButtonBox.ButtonRole.AcceptRole)
        self._ok.setObjectName("export-ok-btn")
        self._ok.setAccessibleName("Write the file")
        self._ok.setProperty("tone", "primary")
        self._ok.setDefault(True)
        self._close = buttons.addButton("Cancel", QDialogButtonBox.ButtonRole.RejectRole)
        self._close.setObjectName("export-cancel-btn")
        self._close.setAccessibleName("Cancel")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        return buttons

    def _arrange(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(SPACE_L)
        grid.setVerticalSpacing(SPACE_M)
        for row, (caption, name, combo) in enumerate(
            (("Entries", "scope", self._scope), ("Kind of file", "shape", self._shape))
        ):
            grid.addWidget(plain_label(caption, name=f"export-{name}-caption", tone="muted"), row, 0)
            grid.addWidget(combo, row, 1)
        line = QHBoxLayout()
        line.addWidget(self._file, 1)
        line.addWidget(self._browse)
        grid.addWidget(plain_label("File", name="export-file-caption", tone="muted"), 2, 0)
        grid.addLayout(line, 2, 1)
        for row, widget in enumerate((self._replace, self._note, self._progress, self._state), 3):
            grid.addWidget(widget, row, 1)
        grid.setColumnStretch(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_XL, SPACE_XL, SPACE_XL, SPACE_XL)
        layout.setSpacing(SPACE_L)
        layout.addLayout(grid)
        layout.addStretch(1)
        layout.addWidget(self._buttons)

    def _target(self) -> Path:
        return Path(self._file.text().strip()).expanduser()

    def _on_shape_changed(self) -> None:
        shape = self._wanted_shape
        self._note.setText(_NOTES[shape])
        target = self._target()
        names = {each: name for each, _text, name in _SHAPES}
        if target.name in names.values():
            self._file.setText(str(target.with_name(names[shape])))
        else:
            self._file.setText(str(target.with_suffix(Path(names[shape]).suffix)))
        self._scope.setEnabled(shape is not ExportShape.BALANCE)
        self._show_state()

    def _on_browse(self) -> None:
        suffix = Path(_SHAPES[self._shape.currentIndex()][2]).suffix
        name, _ = QFileDialog.getSaveFileName(
            self,
            "Export history",
            str(self._target()),
            f"{suffix[1:].upper()} files (*{suffix})",
            options=QFileDialog.Option.DontConfirmOverwrite,
        )
        if name:
            self._file.setText(name)

    def _show_state(self) -> None:
        target = self._target()
        is_there = target.is_file()
        is_named = target.is_absolute() and bool(target.suffix)
        self._replace.setVisible(is_there)
        if not is_there:
            self._replace.setChecked(False)
        for widget in (self._scope, self._shape, self._file, self._browse, self._replace):
            widget.setEnabled(not self._job_id)
        self._scope.setEnabled(not self._job_id and self._wanted_shape is not ExportShape.BALANCE)
        self._ok.setEnabled(not self._job_id and is_named)
        self._progress.setVisible(bool(self._job_id))

    def _end(self, text: str, *, tone: str) -> None:
        self._job_id = ""
        self._say(text, tone=tone)
        self._show_state()

    def _say(self, text: str, *, tone: str) -> None:
        self._state.setText(text)
        self._state.setAccessibleName(text)
        self._state.setProperty("tone", tone)
        self._state.style().unpolish(self._state)
        self._state.style().polish(self._state)
