"""The two buttons below a dialog that asks the engine for something, and the two sentences above them."""

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialogButtonBox, QLabel, QPushButton, QVBoxLayout

from desktop_trader.ui.widgets.plain_label import plain_label
from desktop_trader.ui.widgets.room_to_read import give_room


class CommandBox(QDialogButtonBox):
    """One button that asks, one that leaves; a warning and an error that are hidden while they are empty."""

    def __init__(self, *, prefix: str, text: str, is_cancel_default: bool = False) -> None:
        """Make the buttons; names of controls begin with `prefix`."""
        super().__init__()
        self.setObjectName(f"{prefix}-buttons")
        self.setAccessibleName("Go on or cancel")
        self.ok = self._add(text, f"{prefix}-ok-btn", QDialogButtonBox.ButtonRole.AcceptRole)
        self.ok.setProperty("tone", "primary")
        self.cancel = self._add("Cancel", f"{prefix}-cancel-btn", QDialogButtonBox.ButtonRole.RejectRole)
        # A button that has the focus is what Enter presses; this is what it presses from anywhere else.
        for button in (self.ok, self.cancel):
            button.setAutoDefault(True)
        self._is_cancel_default = is_cancel_default
        (self.cancel if is_cancel_default else self.ok).setDefault(True)
        self._warning = plain_label("", name=f"{prefix}-moved", tone="warning", spoken="Look again")
        self._error = plain_label("", name=f"{prefix}-error", tone="error", spoken="What is wrong")
        for label in (self._warning, self._error):
            label.setWordWrap(True)
            label.hide()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._is_cancel_default and self.window().focusWidget() in (None, self.ok):
            # Qt would begin at the first button, which Enter would press.
            self.cancel.setFocus()
        # A dialog opens as high as its sentences would be on one line; they are not.
        give_room(self)

    def add_to(self, layout: QVBoxLayout) -> None:
        """Put sentences and buttons at the end of a dialog."""
        for widget in (self._warning, self._error, self):
            layout.addWidget(widget)

    def make_default(self, *, is_ok: bool) -> None:
        """Choose what Enter presses."""
        (self.ok if is_ok else self.cancel).setDefault(True)

    def name_ok(self, text: str) -> None:
        """Say what the button does now."""
        self.ok.setText(text)
        self.ok.setAccessibleName(text)

    def warn(self, text: str) -> None:
        """Say what the person should look at before going on; empty takes it back."""
        _say(self._warning, text)

    def complain(self, text: str) -> None:
        """Say what is wrong; empty takes it back."""
        _say(self._error, text)

    def _add(self, text: str, name: str, role: QDialogButtonBox.ButtonRole) -> QPushButton:
        button = self.addButton(text, role)
        button.setObjectName(name)
        button.setAccessibleName(text)
        return button


def _say(label: QLabel, text: str) -> None:
    # Reasons come as parts of sentences, for logs and the command line.
    text = text[:1].upper() + text[1:]
    label.setText(text)
    label.setAccessibleName(text or "Nothing")
    label.setVisible(bool(text))
    if text:
        give_room(label)
