"""Says that the program itself failed: what happened, that the books are safe, where the report lies, what to do."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPushButton, QVBoxLayout, QWidget

from desktop_trader.ui.theme import SPACE_L, SPACE_XL
from desktop_trader.ui.widgets.plain_label import plain_label

_WIDTH = 560
_SAFE = (
    "Trading is halted: nothing is traded, and nothing is written to the books until the program is started again. "
    "Your money is safe: every change is stored whole or not at all, and a start takes everything up from the books. "
    "Open positions are not watched until then."
)
_NO_REPORT = "The report could not be written; the log has the same text."


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An error of the program: where it happened, what it was, and where its report lies ("" when there is none)."""

    where: str
    what: str
    report: str


class FailureDialog(QDialog):
    """Never in the way of looking on: it blocks nothing, and what fails after it is counted in it."""

    restart_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._count = 0
        self.setObjectName("failure-dialog")
        self.setAccessibleName("The program failed")
        self.setWindowTitle("The program failed")
        self.setMinimumWidth(_WIDTH)
        self.setModal(False)
        heading = plain_label("Something went wrong in the program", name="failure-heading", tone="heading")
        self._what = plain_label("", name="failure-what", tone="error", spoken="What happened")
        safe = plain_label(_SAFE, name="failure-safe")
        self._report = plain_label("", name="failure-report", tone="muted", spoken="Where the report lies")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_XL, SPACE_XL, SPACE_XL, SPACE_XL)
        layout.setSpacing(SPACE_L)
        for label in (heading, self._what, safe, self._report):
            label.setWordWrap(True)
            layout.addWidget(label)
        layout.addWidget(self._build_buttons())

    def tell(self, failure: Failure) -> None:
        """Show a failure; the first one stays, for what fails later is mostly its consequence."""
        self._count += 1
        if self._count > 1:
            more = self._count - 1
            self._more = f" ({more} more {'failure' if more == 1 else 'failures'} since)"
        else:
            self._first, self._more = failure, ""
        self._what.setText(f"{self._first.what}, in: {self._first.where}{self._more}")
        report = (
            f"A report without keys and passwords lies in {self._first.report}" if self._first.report else _NO_REPORT
        )
        self._report.setText(report)

    def _build_buttons(self) -> QDialogButtonBox:
        box = QDialogButtonBox()
        box.setObjectName("failure-buttons")
        box.setAccessibleName("Restart or keep looking")
        restart = _button("Restart", "failure-restart-btn", "Quit, and start again with the same options")
        restart.setProperty("tone", "primary")
        restart.setDefault(True)
        look = _button("Keep looking", "failure-look-btn", "Close this and look on; nothing trades")
        look.setAutoDefault(False)
        box.addButton(restart, QDialogButtonBox.ButtonRole.AcceptRole)
        box.addButton(look, QDialogButtonBox.ButtonRole.RejectRole)
        box.accepted.connect(self._on_restart)
        box.rejected.connect(self.reject)
        return box

    def _on_restart(self) -> None:
        self.accept()
        self.restart_wanted.emit()


def _button(text: str, name: str, hint: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setAccessibleName(text)
    button.setToolTip(hint)
    return button
