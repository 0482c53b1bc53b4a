"""Why money moves and who moves it: two fields and a counter, the same in every dialog that books something."""

import getpass

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QFormLayout, QLineEdit

from desktop_trader.ui.widgets.plain_label import plain_label

REASON_LENGTH_MAX = 200
AUTHOR_LENGTH_MAX = 80


class ReasonFields(QObject):
    """`reason` and `author` as typed, without blanks around them; `changed` when either was edited.

    The author begins as the user of this computer. The field takes no 201st character, and the counter says so.
    """

    changed = Signal()

    def __init__(self, form: QFormLayout, *, prefix: str, parent: QObject) -> None:
        """Add the rows to a form; names of controls begin with `prefix`."""
        super().__init__(parent)
        self._reason = QLineEdit()
        self._reason.setObjectName(f"{prefix}-reason-edit")
        self._reason.setAccessibleName("Reason, required")
        self._reason.setMaxLength(REASON_LENGTH_MAX)
        self._reason.setPlaceholderText("Required: why the money moves")
        self._author = QLineEdit(operating_system_user())
        self._author.setObjectName(f"{prefix}-author-edit")
        self._author.setAccessibleName("Author, required")
        self._author.setMaxLength(AUTHOR_LENGTH_MAX)
        self._counter = plain_label("", name=f"{prefix}-reason-counter", tone="muted")
        self._counter.setAlignment(Qt.AlignmentFlag.AlignRight)
        for text, field in (("Reason", self._reason), ("Author", self._author)):
            caption = plain_label(text, name=f"{prefix}-{text.lower()}-caption")
            caption.setBuddy(field)
            form.addRow(caption, field)
            if field is self._reason:
                form.addRow("", self._counter)
            field.textChanged.connect(self._on_edited)
        self._count()

    @property
    def reason(self) -> str:
        """Why."""
        return self._reason.text().strip()

    @property
    def author(self) -> str:
        """Who."""
        return self._author.text().strip()

    def set_reason(self, text: str) -> None:
        """Begin with a reason that the person may replace."""
        self._reason.setText(text)

    def problem(self) -> str:
        """Return what is missing; empty when nothing is."""
        if not self.reason:
            return "A reason is needed."
        return "" if self.author else "An author is needed."

    def set_enabled(self, is_enabled: bool) -> None:
        """Let both fields be edited, or hold them."""
        self._reason.setEnabled(is_enabled)
        self._author.setEnabled(is_enabled)

    def _on_edited(self) -> None:
        self._count()
        self.changed.emit()

    def _count(self) -> None:
        count = len(self._reason.text())
        is_full = count >= REASON_LENGTH_MAX
        text = f"{count} / {REASON_LENGTH_MAX}" + (" · no more fits" if is_full else "")
        self._counter.setText(text)
        self._counter.setAccessibleName(f"Characters of the reason: {text}")
        tone = "warning" if is_full else "muted"
        if self._counter.property("tone") != tone:
            self._counter.setProperty("tone", tone)
            self._counter.style().unpolish(self._counter)
            self._counter.style().polish(self._counter)


def operating_system_user() -> str:
    """Return the name of this computer's user; empty where there is none, as in some containers."""
    try:
        return getpass.getuser()[:AUTHOR_LENGTH_MAX]
    except (KeyError, OSError):
        return ""
