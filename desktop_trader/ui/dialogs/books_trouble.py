"""Shown when the books cannot be traded on: what happened to the money, the newest good backup, and the ways out."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QDialog, QFileDialog, QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from desktop_trader.messages.backup_jobs import OrderRestore, PreviewRestore, RestoreOrdered
from desktop_trader.messages.backups import RestorePreview
from desktop_trader.messages.books_trouble import BooksTrouble, ExamineBooks, OpenReadOnly, ReadOnlyBooks
from desktop_trader.ui.backup_text import entries_text, kind_text, last_entry_text, totals_text
from desktop_trader.ui.models.balance_model import BalanceModel, RequestData
from desktop_trader.ui.models.table_columns import local_time
from desktop_trader.ui.theme import SPACE_L, SPACE_M
from desktop_trader.ui.widgets.job_strip import JobStrip
from desktop_trader.ui.widgets.plain_label import plain_label

_WIDTH = 640
_LOOKING = "Looking for a backup that verifies…"
_NONE = "There is no backup that verifies. One from another place can be chosen."
_FIXED = (
    "To trade on these books, let their folder be written to, or copy the whole folder to a place that can be written "
    "to and start with --data-dir."
)
_ADVICE = ("; restore a backup", ", or restore a backup", "; mend that, or name another folder")
_SAFE = "Nothing was traded on these books, and nothing in them was changed."


class BooksTroubleDialog(QDialog):
    """Asks for an examination as soon as it is shown. Quit is what Enter and Escape press.

    `restart_wanted` comes when a restore has been ordered, `opened` with books to be read only, `quit_wanted` else.
    """

    restart_wanted = Signal()
    quit_wanted = Signal()
    opened = Signal(object)

    def __init__(
        self, what: str, model: BalanceModel, *, request: RequestData, account: str, parent: QWidget | None = None
    ) -> None:
        """`what` is why the start was refused, `account` the one that would have been shown."""
        super().__init__(parent)
        self._account = account
        self.backups = Path.home()
        """Where a person looks first for another backup."""
        self._trouble: BooksTrouble | None = None
        self._offer: RestorePreview | None = None
        self.setObjectName("books-trouble-dialog")
        self.setAccessibleName("The books cannot be traded on")
        self.setWindowTitle("The books cannot be traded on")
        self.setMinimumWidth(_WIDTH)
        self._heading = plain_label("The books cannot be traded on", name="trouble-heading", tone="heading")
        what = _without_advice(what)
        self._what = plain_label(f"{what}.", name="trouble-what", spoken=f"What happened: {what}")
        self._money = plain_label(_SAFE, name="trouble-money", spoken="What it means for the money")
        self._kept = plain_label("", name="trouble-kept", tone="muted", spoken="The copy that was kept")
        self._offered = plain_label(_LOOKING, name="trouble-offer", spoken="The backup that is offered")
        self._error = plain_label("", name="trouble-error", tone="error", spoken="What went wrong")
        self._job = JobStrip(model, request, place="trouble", title="Look for a backup")
        self._job.start_button.hide()
        self._job.make_job = ExamineBooks
        self._job.begun.connect(self._show_buttons)
        self._job.done.connect(self._on_done)
        self._job.failed.connect(self._on_failed)
        self._restore = self._button("restore", "Restore this backup", "Restore the offered backup and start again")
        self._restore.setProperty("tone", "primary")
        self._look = self._button("read-only", "Open read-only", "Look at the books without trading")
        self._choose = self._button("choose", "Other backup…", "Choose another backup file")
        self._quit = self._button("quit", "Quit", "Quit and change nothing")
        self._restore.clicked.connect(self._on_restore)
        self._look.clicked.connect(self._on_look)
        self._choose.clicked.connect(self._on_choose)
        self._quit.clicked.connect(self.reject)
        self._quit.setDefault(True)
        self._arrange()
        self._show_buttons()
        QTimer.singleShot(0, self, self._job.start)

    def show_reply(self, reply: object) -> None:
        """Take the news of the job."""
        self._job.show_reply(reply)

    def reject(self) -> None:
        """Give up what runs, and quit."""
        self._job.cancel()
        super().reject()
        self.quit_wanted.emit()

    def _arrange(self) -> None:
        card = QFrame()
        card.setObjectName("trouble-card")
        card.setAccessibleName("The backup that is offered")
        card.setProperty("look", "card")
        inner = QVBoxLayout(card)
        inner.setSpacing(SPACE_M)
        inner.addWidget(self._offered)
        inner.addWidget(self._job)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_L, SPACE_L, SPACE_L, SPACE_L)
        layout.setSpacing(SPACE_L)
        for label in (self._heading, self._what, self._money, self._offered, self._kept, self._error):
            label.setWordWrap(True)
        for widget in (self._heading, self._what, self._money, card, self._kept, self._error):
            layout.addWidget(widget)
        self._kept.hide()
        self._error.hide()
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE_M)
        for button in (self._restore, self._choose, self._look):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self._quit)
        layout.addLayout(buttons)

    def _button(self, name: str, text: str, spoken: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(f"trouble-{name}-btn")
        button.setAccessibleName(spoken)
        button.setToolTip(spoken)
        button.setAutoDefault(False)
        return button

    def _on_done(self, result: object) -> None:
        if isinstance(result, BooksTrouble):
            self._trouble, self._offer = result, result.offer
            self._money.setText(_money_text(result))
            self._money.setAccessibleName(f"What it means for the money: {self._money.text()}")
            self._kept.setText(f"As they were found, they are kept as {result.kept_as}" if result.kept_as else "")
            self._kept.setVisible(result.kept_as is not None)
            self._show_offer()
            self._complain(result.complaint)
        elif isinstance(result, RestorePreview):
            self._offer = result
            self._show_offer()
            self._complain("")
        elif isinstance(result, RestoreOrdered):
            self.accept()
            self.restart_wanted.emit()
            return
        elif isinstance(result, ReadOnlyBooks):
            self.accept()
            self.opened.emit(result)
            return
        self._show_buttons()

    def _on_failed(self, error: str) -> None:
        if self._trouble is None:
            self._offered.setText(_NONE)
        self._complain(error)
        self._show_buttons()

    def _complain(self, text: str) -> None:
        self._error.setText(text)
        self._error.setAccessibleName(f"What went wrong: {text}")
        self._error.setVisible(bool(text))

    def _show_offer(self) -> None:
        text = _NONE if self._offer is None else _offer_text(self._offer)
        if self._is_fixed:
            text = _FIXED
        self._offered.setText(text)
        self._offered.setAccessibleName(f"The backup that is offered: {text}")

    def _show_buttons(self) -> None:
        is_free = not self._job.is_busy and (self._trouble is not None or bool(self._error.text()))
        has_present = self._has_present
        self._restore.setEnabled(is_free and self._offer is not None)
        self._choose.setEnabled(is_free)
        for button in (self._restore, self._choose):
            button.setVisible(not self._is_fixed)
        self._fit()
        self._look.setEnabled(is_free and (has_present or self._offer is not None))
        self._look.setText("Open read-only" if has_present or self._offer is None else "Open backup read-only")

    @property
    def _is_fixed(self) -> bool:
        return self._trouble is not None and self._trouble.is_fixed

    @property
    def _has_present(self) -> bool:
        """Whether the books themselves can be looked at; where they cannot be written to, a copy of them always."""
        return self._trouble is not None and (self._trouble.present is not None or self._trouble.is_fixed)

    def _fit(self) -> None:
        """Be as high as the wrapped sentences need."""
        layout = self.layout()
        self._job.setVisible(self._job.is_busy)
        self._offered.setMinimumHeight(self._offered.heightForWidth(self.width() - 6 * SPACE_L))
        if layout is not None:
            layout.activate()
            self.resize(self.width(), max(layout.heightForWidth(self.width()), self.minimumHeight()))

    def _begin(self, job: object) -> None:
        if not self._job.is_busy:
            self._job.make_job = lambda: job
            self._job.start()

    def _on_restore(self) -> None:
        if self._offer is not None:
            self._begin(OrderRestore(path=self._offer.backup.path))

    def _on_look(self) -> None:
        backup = None if self._has_present or self._offer is None else self._offer.backup.path
        self._begin(OpenReadOnly(account=self._account, backup=backup))

    def _on_choose(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "A backup of the books", str(self.backups), "Backups (*.db)")
        if name:
            self._begin(PreviewRestore(path=Path(name).absolute()))


def _without_advice(what: str) -> str:
    """What happened, without what a person at the command line could do about it: here are buttons for that."""
    for advice in _ADVICE:
        what = what.partition(advice)[0]
    return what.rstrip(".")


def _money_text(trouble: BooksTrouble) -> str:
    if not trouble.is_there:
        return (
            "The file that holds the money is gone. No new account was begun in its place: the file, or a backup of "
            "it, brings the money back."
        )
    if trouble.present is None:
        return _SAFE if trouble.is_fixed else f"The file cannot be read. {_SAFE}"
    says = f"The file says {totals_text(trouble.present)} after {entries_text(trouble.present)} entries"
    if trouble.missing:
        entries = "1 entry is" if trouble.missing == 1 else f"{trouble.missing:,} entries are"
        return f"{says}, but {entries} missing that had been written: the money has moved since. {_SAFE}"
    if trouble.is_fixed:
        return f"{says}. Nothing can be booked where they are. {_SAFE}"
    return f"{says}, but that cannot be relied on: it contradicts itself or what was written. {_SAFE}"


def _offer_text(offer: RestorePreview) -> str:
    info = offer.backup
    return (
        f"Backup of {local_time(info.at)} ({kind_text(info.kind).lower()}), verified just now:\n"
        f"{totals_text(info.facts)} after {entries_text(info.facts)} entries, the last of "
        f"{last_entry_text(info.facts)}.\n{_difference(offer)}"
    )


def _difference(offer: RestorePreview) -> str:
    if offer.lost_entries is None:
        return "What was booked after it is not in it."
    if not offer.lost_entries:
        return "It has every entry that the file has now."
    came = "1 entry that the file has now" if offer.lost_entries == 1 else f"{offer.lost_entries:,} entries of the file"
    return f"{came} came after it."
