"""Second step of the import: what will happen, who does it, and the doing itself."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktop_trader.domain.legacy_balance import LegacyFile
from desktop_trader.messages.commands import ImportBalance
from desktop_trader.messages.legacy_import import ImportPrepared, LegacyFound, PrepareImport
from desktop_trader.messages.notices import CommandRefused, Notice
from desktop_trader.ui.models.account_watch import AccountWatch
from desktop_trader.ui.models.balance_model import BalanceModel, RequestData, SendCommand
from desktop_trader.ui.models.legacy_columns import shown_path
from desktop_trader.ui.models.pending_request import PendingRequest
from desktop_trader.ui.number_format import format_money, format_signed_money
from desktop_trader.ui.theme import SPACE_L, SPACE_M
from desktop_trader.ui.widgets.job_strip import JobStrip
from desktop_trader.ui.widgets.plain_label import plain_label
from desktop_trader.ui.widgets.reason_fields import AUTHOR_LENGTH_MAX, operating_system_user

_UNANSWERED = (
    "No answer came: nobody knows whether it was booked. Press Import again: the same content is booked once only."
)


class LegacyConfirmStep(QWidget):
    """Keeps the sources first, then asks the engine; `imported` comes when the books have it.

    `busy_changed` tells when it may not be left.
    """

    imported = Signal()
    busy_changed = Signal()

    def __init__(self, model: BalanceModel, *, send: SendCommand, request: RequestData, watch: AccountWatch) -> None:
        super().__init__()
        self._send = send
        self._watch = watch
        self._pending = PendingRequest(model, self, repeats=True)
        self._found: LegacyFound | None = None
        self._seen_total: Decimal | None = None
        self.file: LegacyFile | None = None
        self.prepared: ImportPrepared | None = None
        self.setObjectName("legacy-confirm-step")
        self._effects = plain_label("", name="legacy-effects", spoken="What will happen")
        self._effects.setWordWrap(True)
        self._author = QLineEdit(operating_system_user())
        self._author.setObjectName("legacy-author-edit")
        self._author.setAccessibleName("Author, required")
        self._author.setMaxLength(AUTHOR_LENGTH_MAX)
        self._author.textChanged.connect(self._refresh)
        caption = plain_label("Author", name="legacy-author-caption")
        caption.setBuddy(self._author)
        self.job = JobStrip(model, request, place="legacy-import", title="Import")
        self.job.make_job = self._make_job
        self.job.begun.connect(self._on_begun)
        self.job.done.connect(self._on_prepared)
        self.job.failed.connect(self._on_failed)
        self._error = plain_label("", name="legacy-import-error", tone="error", spoken="What is wrong")
        self._error.setWordWrap(True)
        self._error.hide()
        row = QHBoxLayout()
        row.setSpacing(SPACE_M)
        row.addWidget(caption)
        row.addWidget(self._author, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_L)
        layout.addWidget(self._effects)
        layout.addLayout(row)
        layout.addWidget(self.job)
        layout.addWidget(self._error)
        layout.addStretch(1)
        self._pending.answered.connect(self._on_answered)
        self._pending.expired.connect(self._on_expired)
        self._pending.busy_changed.connect(lambda _busy: self._refresh())
        watch.changed.connect(self._refresh)

    @property
    def is_busy(self) -> bool:
        """Whether an import is on its way."""
        return self.job.is_busy or self._pending.is_busy

    def begin(self, found: LegacyFound, file: LegacyFile) -> None:
        """Show what importing a file would do."""
        self._found, self.file, self.prepared = found, file, None
        self._complain("")
        self._refresh()
        self.job.start_button.setFocus()

    def show_reply(self, reply: object) -> None:
        """Take the news of the job."""
        self.job.show_reply(reply)

    def _make_job(self) -> PrepareImport:
        if self._found is None or self.file is None:
            raise ValueError("there is nothing to import")
        self._seen_total = self._watch.total
        return PrepareImport(files=self._found.search.files, chosen=self.file.sha256, account=self._watch.account)

    def _on_begun(self) -> None:
        self._complain("")
        self._refresh()

    def _on_prepared(self, result: object) -> None:
        file = self.file
        request_id = self._pending.begin()
        if not isinstance(result, ImportPrepared) or file is None or file.balance is None or not request_id:
            return
        self.prepared = result
        command = ImportBalance(
            request_id="",
            amount=file.balance,
            content_hash=file.sha256,
            description=file.description,
            author=self._author.text().strip(),
            expected_total=self._seen_total,
            account=self._watch.account,
        )
        self._send(replace(command, request_id=request_id))

    def _on_failed(self, error: str) -> None:
        self._complain(error)
        self._refresh()

    def _on_answered(self, notice: Notice) -> None:
        if isinstance(notice, CommandRefused):
            self._complain(f"Nothing was booked: {notice.detail or notice.reason}.")
            self._refresh()
            return
        self.imported.emit()

    def _on_expired(self) -> None:
        self._refresh()
        self._complain(_UNANSWERED)

    def _complain(self, text: str) -> None:
        self._error.setText(text)
        self._error.setAccessibleName(text or "Nothing")
        self._error.setVisible(bool(text))

    def _refresh(self) -> None:
        self._effects.setText(self._effects_text())
        self._effects.setAccessibleName(f"What will happen. {self._effects.text()}")
        self._author.setEnabled(not self.is_busy)
        self.job.start_button.setEnabled(not self.is_busy and bool(self._author.text().strip()))
        self.busy_changed.emit()

    def _effects_text(self) -> str:
        file, found, balance = self.file, self._found, self._watch.balance
        if file is None or found is None or file.balance is None or balance is None:
            return ""
        now, new = (format_money(amount, balance.currency) for amount in (balance.total, file.balance))
        change = format_signed_money(file.balance - balance.total, balance.currency)
        kept = sum(1 for each in found.search.files if each.sha256)
        sources = "The file is" if kept == 1 else f"All {kept} files that could be opened are"
        effects = [
            f"The balance of {self._watch.account} goes from {now} to {new}, by one entry of {change}.",
            "It counts as brought in, not as profit.",
            f"It comes from {shown_path(file.path)}" + ("." if file.time is None else f", written {file.time.line}."),
            *(f"{note[0].upper()}{note[1:]}." for note in file.notes),
            f"{sources} kept in the archive of the data folder; the originals stay as they are.",
            "The books are backed up before.",
            "This content is never imported again.",
        ]
        return "\n".join(f"•  {effect}" for effect in effects)
