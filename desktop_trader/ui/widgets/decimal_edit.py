"""A line edit for exact decimal numbers: prices, amounts, quantities and percentages. Never through float."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QValidator, QWheelEvent
from PySide6.QtWidgets import QLineEdit, QToolTip, QWidget

from desktop_trader.ui.number_format import decimals_of, format_plain

_LENGTH_MAX = 40
_PAGE_STEPS = 10
_NOTCH = 120
"""What Qt counts for one notch of a wheel; finer wheels bring parts of it."""
# ASCII digits only: Python's Decimal would take Arabic or full-width ones too, and nobody could check them by eye.
_TYPEABLE = re.compile(r"-?[0-9,]*(\.[0-9]*)?")
_PLAIN = re.compile(r"-?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
_GROUPED = re.compile(r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?")


class DecimalEdit(QLineEdit):
    """Accepts plain or comma-grouped numbers; a comma in any other place is an error, never a decimal point.

    Letters, exponents and foreign digits cannot be typed or pasted. A number out of bounds stays visible with its
    `error_text`; `value` is then None. Up and Down step once, PageUp and PageDown ten times. The wheel steps only in
    the field that has the focus: scrolling a panel must not change an amount that somebody scrolls past. What was typed
    and not taken is marked and said at the field (`refused` carries the sentence) until the text is corrected: "1e9"
    must not pass for 19 unseen.
    """

    value_changed = Signal(object)
    error_changed = Signal(str)
    refused = Signal(str)

    def __init__(
        self,
        *,
        decimals: int = 8,
        minimum: Decimal | None = Decimal(0),
        maximum: Decimal | None = None,
        step: Decimal = Decimal(1),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._decimals = decimals
        self._minimum = minimum
        self._maximum = maximum
        self._step = step
        self._grid: Decimal | None = None
        self._turned = 0
        self._value: Decimal | None = None
        self._error_text = ""
        self._refusal = ""
        self._before = ""
        self.setMaxLength(_LENGTH_MAX)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setInputMethodHints(Qt.InputMethodHint.ImhFormattedNumbersOnly)
        self.setValidator(_DecimalValidator(lambda text: self._judge(text)[0] is not None, self))
        self.setProperty("invalid", False)
        self.textChanged.connect(self._on_text_changed)

    def value(self) -> Decimal | None:
        """The number typed, or None while the field is empty, incomplete or out of bounds."""
        return self._value

    def error_text(self) -> str:
        """Why there is no value, as a sentence for the user; empty when the value is good or nothing is typed."""
        return self._error_text

    def set_value(self, value: Decimal | None) -> None:
        """Show a number, even one out of bounds (then with its error); None empties the field."""
        self.setText(format_plain(value))

    def set_range(self, *, minimum: Decimal | None, maximum: Decimal | None) -> None:
        """Set both bounds, inclusive; None is unbounded."""
        self._minimum = minimum
        self._maximum = maximum
        self._on_text_changed(self.text())

    def set_precision(self, *, decimals: int, step: Decimal) -> None:
        """Take other decimals and another step."""
        self._decimals = decimals
        self._step = step
        self._grid = None
        self._on_text_changed(self.text())

    def set_grid(self, grid: Decimal) -> None:
        """Take multiples of a tick or a lot only (> 0), beginning with one of it."""
        self._decimals = decimals_of(grid)
        self._step = self._grid = self._minimum = grid
        self._maximum = None
        self._on_text_changed(self.text())

    def step_by(self, steps: int) -> None:
        """Move the value by whole steps within the bounds; an unusable text starts from the minimum or zero."""
        start = self._value if self._value is not None else (self._minimum or Decimal(0))
        moved = start + self._step * steps
        if self._minimum is not None:
            moved = max(moved, self._minimum)
        if self._maximum is not None:
            moved = min(moved, self._maximum)
        self.set_value(moved)
        self.selectAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Up: 1,
            Qt.Key.Key_Down: -1,
            Qt.Key.Key_PageUp: _PAGE_STEPS,
            Qt.Key.Key_PageDown: -_PAGE_STEPS,
        }.get(Qt.Key(event.key()))
        if steps is None or self.isReadOnly():
            before = self.text()
            super().keyPressEvent(event)
            if event.text().isprintable() and event.text().strip() and self.text() == before and self._is_letter(event):
                self._refuse(event.text())
        else:
            self.step_by(steps)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not self.hasFocus() or self.isReadOnly():
            event.ignore()
            return
        self._turned += event.angleDelta().y()
        notches = abs(self._turned) // _NOTCH * (1 if self._turned > 0 else -1)
        self._turned -= notches * _NOTCH
        if notches:
            self.step_by(notches)
        event.accept()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        # What stays in the field reads as the number that was understood: no grouping, no leading point.
        if self._value is not None:
            self.set_value(self._value)
        super().focusOutEvent(event)

    def refusal_text(self) -> str:
        """What was typed last and not taken, as a sentence; empty when everything was."""
        return self._refusal

    @staticmethod
    def _is_letter(event: QKeyEvent) -> bool:
        is_shortcut = event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
        return not is_shortcut and event.text() not in "0123456789.,-"

    def _refuse(self, what: str) -> None:
        self._refusal = f"“{what}” was not taken: only digits, a point and commas are."
        self._mark()
        self.refused.emit(self._refusal)
        if self.isVisible():
            QToolTip.showText(self.mapToGlobal(self.rect().bottomLeft()), self._refusal, self)

    def _take_back_refusal(self) -> None:
        if self._refusal:
            self._refusal = ""
            self._mark()
            self.refused.emit("")

    def _mark(self) -> None:
        said = self._error_text or self._refusal
        self.setProperty("invalid", bool(said))
        self.setToolTip(said)
        self.setAccessibleDescription(said)
        self.style().unpolish(self)
        self.style().polish(self)

    def _on_text_changed(self, text: str) -> None:
        value, error = self._judge(text)
        if not text or not text.startswith(self._before):
            self._take_back_refusal()
        self._before = text
        if error != self._error_text:
            self._error_text = error
            self._mark()
            self.error_changed.emit(error)
        if value != self._value:
            self._value = value
            self.value_changed.emit(value)

    def _judge(self, text: str) -> tuple[Decimal | None, str]:
        if text in ("", "-"):
            return None, ""
        if not (_PLAIN.fullmatch(text) or _GROUPED.fullmatch(text)):
            return None, "Use a point for decimals; commas only group thousands, as in 10,000.00."
        number = Decimal(text.replace(",", ""))
        if len(text.partition(".")[2].rstrip("0")) > self._decimals:
            return None, f"At most {self._decimals} decimals." if self._decimals else "Whole numbers only."
        if self._minimum is not None and number < self._minimum:
            return None, f"At least {format_plain(self._minimum)}."
        if self._maximum is not None and number > self._maximum:
            return None, f"At most {format_plain(self._maximum)}."
        if self._grid is not None and number % self._grid:
            return None, f"A multiple of {format_plain(self._grid)}."
        return number, ""


class _DecimalValidator(QValidator):
    """Keeps everything out that cannot become a number; money signs and blanks around a pasted number are dropped."""

    def __init__(self, is_good: Callable[[str], bool], parent: QObject) -> None:
        super().__init__(parent)
        self._is_good = is_good

    def validate(self, text: str, position: int) -> object:
        cleaned = text.strip().removeprefix("$").strip()
        if not _TYPEABLE.fullmatch(cleaned):
            return QValidator.State.Invalid, text, position
        state = QValidator.State.Acceptable if self._is_good(cleaned) else QValidator.State.Intermediate
        return state, cleaned, max(0, position - (len(text) - len(cleaned)))
