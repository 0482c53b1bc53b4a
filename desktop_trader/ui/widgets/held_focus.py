"""Keeps the keyboard's place while a button rests: Qt would move on to the next widget and scroll the panel there."""

from PySide6.QtWidgets import QAbstractButton, QWidget


class HeldFocus:
    """Lends the focus of a button that is disabled to its panel, and gives it back when the button is free again."""

    def __init__(self, keeper: QWidget) -> None:
        self._keeper = keeper
        self._lender: QAbstractButton | None = None

    def set_enabled(self, button: QAbstractButton, is_enabled: bool) -> None:
        """Enable or disable a button without letting the focus wander."""
        if not is_enabled and button.hasFocus():
            self._lender = button
            self._keeper.setFocus()
        button.setEnabled(is_enabled)
        if is_enabled and button is self._lender:
            self._lender = None
            if self._keeper.hasFocus():
                button.setFocus()
