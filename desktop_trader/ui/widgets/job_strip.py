"""One long job: the button that begins it, how far it is, and Cancel."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QSizePolicy, QWidget

from desktop_trader.messages.jobs import CancelJob, JobDone, JobFailed, JobProgress, StartJob
from desktop_trader.messages.notices import CommandRefused, Notice
from desktop_trader.ui.models.balance_model import BalanceModel, RequestData
from desktop_trader.ui.theme import SPACE_M
from desktop_trader.ui.widgets.plain_label import plain_label

_BAR_WIDTH = 220


class JobStrip(QWidget):
    """Runs one job at a time. `done` carries its result; `failed` why there is none ("" after a cancel)."""

    begun = Signal()
    done = Signal(object)
    failed = Signal(str)

    def __init__(
        self,
        model: BalanceModel,
        request: RequestData,
        *,
        place: str,
        title: str,
        parent: QWidget | None = None,
    ) -> None:
        """`place` is the beginning of the object names, `title` what the button says. `make_job` has to be set."""
        super().__init__(parent)
        self._request = request
        self._request_id = ""
        self.make_job: Callable[[], object] = object
        self.setObjectName(f"{place}-job")
        self.setAccessibleName(title)
        self.start_button = self._button(f"{place}-start-btn", title, title)
        self.start_button.setProperty("tone", "primary")
        self.start_button.clicked.connect(self.start)
        self._cancel = self._button(f"{place}-cancel-btn", "Cancel", f"Cancel: {title}")
        self._cancel.clicked.connect(self.cancel)
        self._bar = QProgressBar()
        self._bar.setObjectName(f"{place}-progress")
        self._bar.setAccessibleName(f"{title}: how far it is")
        self._bar.setFixedWidth(_BAR_WIDTH)
        self._text = plain_label("", name=f"{place}-progress-text", tone="muted", spoken=f"{title}: what it does now")
        self._text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE_M)
        for widget in (self.start_button, self._bar, self._cancel):
            layout.addWidget(widget)
        layout.addWidget(self._text, 1)
        self._show_idle()
        model.notice_raised.connect(self._on_notice)

    @property
    def is_busy(self) -> bool:
        """Whether the job is running."""
        return bool(self._request_id)

    def start(self) -> None:
        """Begin the job, unless it runs already."""
        if self._request_id:
            return
        self._request_id = uuid4().hex
        self.start_button.setEnabled(False)
        self._bar.setRange(0, 0)
        self._bar.show()
        self._cancel.setEnabled(True)
        self._cancel.show()
        self._text.setText("Waiting…")
        self.begun.emit()
        self._request(StartJob(request_id=self._request_id, job=self.make_job()))

    def cancel(self) -> None:
        """Give the job up; it ends a moment later."""
        if self._request_id:
            self._cancel.setEnabled(False)
            self._text.setText("Cancelling…")
            self._request(CancelJob(request_id=self._request_id))

    def show_reply(self, reply: object) -> None:
        """Take the news of the job; those of others are let pass."""
        if not self._request_id or getattr(reply, "request_id", "") != self._request_id:
            return
        if isinstance(reply, JobProgress):
            self._bar.setRange(0, max(reply.total, 0))
            self._bar.setValue(reply.done)
            if self._cancel.isEnabled():
                self._text.setText(reply.text)
        elif isinstance(reply, JobDone):
            self._show_idle()
            self.done.emit(reply.result)
        elif isinstance(reply, JobFailed):
            self._show_idle()
            self._text.setText("Cancelled." if reply.was_cancelled else "")
            self.failed.emit("" if reply.was_cancelled else reply.error)

    def _on_notice(self, notice: Notice) -> None:
        if isinstance(notice, CommandRefused) and self._request_id and notice.request_id == self._request_id:
            self._show_idle()
            self.failed.emit(notice.detail)

    def _show_idle(self) -> None:
        self._request_id = ""
        self.start_button.setEnabled(True)
        self._bar.hide()
        self._cancel.hide()
        self._text.setText("")

    def _button(self, name: str, text: str, spoken: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setAccessibleName(spoken)
        return button
