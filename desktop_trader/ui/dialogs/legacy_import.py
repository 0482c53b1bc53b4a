"""The import of an older balance as a wizard: find and choose, confirm, done."""

from __future__ import annotations

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from desktop_trader.messages.legacy_import import ImportPrepared
from desktop_trader.ui.dialogs.legacy_confirm_step import LegacyConfirmStep
from desktop_trader.ui.dialogs.legacy_find_step import LegacyFindStep
from desktop_trader.ui.models.account_watch import AccountWatch
from desktop_trader.ui.models.balance_model import BalanceModel, RequestData, SendCommand
from desktop_trader.ui.models.legacy_columns import shown_path
from desktop_trader.ui.number_format import format_money
from desktop_trader.ui.theme import SPACE_L, SPACE_M, SPACE_XL
from desktop_trader.ui.widgets.plain_label import plain_label

_SIZE = (1040, 600)
_HEADINGS = ("Import an older balance", "Confirm the import", "Imported")


class LegacyImportDialog(QDialog):
    """Belongs to the account that is shown when it opens. Nothing is booked before its last button is pressed.

    `imported` comes when an entry was booked.
    """

    imported = Signal()

    def __init__(
        self,
        model: BalanceModel,
        *,
        send: SendCommand,
        request: RequestData,
        folder: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._watch = AccountWatch(model, self)
        self.setObjectName("legacy-import-dialog")
        self.setAccessibleName("Import an older balance")
        self.setWindowTitle("Import an older balance")
        self.resize(*_SIZE)
        self._heading = plain_label(_HEADINGS[0], name="legacy-heading", tone="heading")
        self.find_step = LegacyFindStep(model, request, watch=self._watch, folder=folder)
        self.confirm_step = LegacyConfirmStep(model, send=send, request=request, watch=self._watch)
        self._steps = QStackedWidget()
        self._steps.setObjectName("legacy-steps")
        for step in (self.find_step, self.confirm_step, self._build_done()):
            self._steps.addWidget(step)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_XL, SPACE_L, SPACE_XL, SPACE_L)
        layout.setSpacing(SPACE_L)
        layout.addWidget(self._heading)
        layout.addWidget(self._steps, 1)
        layout.addLayout(self._build_buttons())
        self.find_step.changed.connect(self._refresh)
        self.confirm_step.busy_changed.connect(self._refresh)
        self.confirm_step.imported.connect(self._on_imported)
        self._refresh()

    def start(self) -> None:
        """Show the dialog, and search at once where a folder was given."""
        self.show()
        self.raise_()
        self.activateWindow()
        self.find_step.start_search()

    def show_reply(self, reply: object) -> None:
        """Take the news of its jobs."""
        self.find_step.search.show_reply(reply)
        self.confirm_step.show_reply(reply)

    def reject(self) -> None:
        """Leave; not while an import is on its way, whose end would then be told to nobody."""
        if self.confirm_step.is_busy:
            return
        self.find_step.search.cancel()
        super().reject()

    def _build_done(self) -> QWidget:
        done = QWidget()
        done.setObjectName("legacy-done-step")
        self._result = plain_label("", name="legacy-result", tone="balance", spoken="Result")
        self._result.setProperty("figure", "medium")
        self._kept = plain_label("", name="legacy-kept", spoken="What is kept")
        for label in (self._result, self._kept):
            label.setWordWrap(True)
        self._archive = self._button("legacy-archive-btn", "Open the archive")
        self._archive.clicked.connect(self._open_archive)
        row = QHBoxLayout()
        row.addWidget(self._archive)
        row.addStretch(1)
        layout = QVBoxLayout(done)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_M)
        layout.addWidget(self._result)
        layout.addWidget(self._kept)
        layout.addLayout(row)
        layout.addStretch(1)
        return done

    def _build_buttons(self) -> QHBoxLayout:
        self._back = self._button("legacy-back-btn", "Back")
        self._close = self._button("legacy-close-btn", "Cancel")
        self._next = self._button("legacy-next-btn", "Continue…")
        self._next.setProperty("tone", "primary")
        self._back.clicked.connect(lambda: self._show_step(0))
        self._close.clicked.connect(self.reject)
        self._next.clicked.connect(self._on_next)
        row = QHBoxLayout()
        row.setSpacing(SPACE_M)
        row.addWidget(self._back)
        row.addStretch(1)
        row.addWidget(self._close)
        row.addWidget(self._next)
        # The last press stands where the presses before it stood.
        row.addWidget(self.confirm_step.job.start_button)
        return row

    def _on_next(self) -> None:
        found, file = self.find_step.found, self.find_step.chosen
        if found is not None and file is not None:
            self._show_step(1)
            self.confirm_step.begin(found, file)

    def _on_imported(self) -> None:
        balance, prepared = self._watch.balance, self.confirm_step.prepared
        file = self.confirm_step.file
        if prepared is None:
            return
        if file is not None and balance is not None:
            new = format_money(file.balance, balance.currency)
            self._result.setText(f"✓  The balance of {self._watch.account} is {new} now.")
        self._kept.setText(_kept_text(prepared))
        for label in (self._result, self._kept):
            label.setAccessibleName(label.text())
        self._show_step(2)
        self.imported.emit()

    def _show_step(self, step: int) -> None:
        self._steps.setCurrentIndex(step)
        self._heading.setText(_HEADINGS[step])
        self._refresh()

    def _refresh(self) -> None:
        step = self._steps.currentIndex()
        is_busy = self.confirm_step.is_busy
        self._back.setVisible(step == 1)
        self._back.setEnabled(not is_busy)
        self._next.setVisible(step == 0)
        self.confirm_step.job.start_button.setVisible(step == 1)
        self._next.setEnabled(self.find_step.chosen is not None)
        self._close.setText("Close" if step == 2 else "Cancel")
        self._close.setAccessibleName(self._close.text())
        self._close.setEnabled(not is_busy)

    def _open_archive(self) -> None:
        if self.confirm_step.prepared is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(self.confirm_step.prepared.archive))

    def _button(self, name: str, text: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setAccessibleName(text.rstrip("…"))
        button.setAutoDefault(False)
        return button


def _kept_text(prepared: ImportPrepared) -> str:
    count = len(prepared.archived)
    lines = [f"{'1 source is' if count == 1 else f'{count} sources are'} kept in {shown_path(prepared.archive)}."]
    if prepared.skipped:
        names = ", ".join(shown_path(path) for path in prepared.skipped)
        lines.append(f"No copy could be kept of these files: {names}.")
    if prepared.backup:
        lines.append(f"The books as they were before: {shown_path(prepared.backup)}.")
    lines.append("The originals are as they were; they are not needed any more.")
    return "\n".join(lines)
