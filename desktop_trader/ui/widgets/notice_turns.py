"""The newest notice in the status bar. What a pause has to say takes turns there: side by side it would be cut off."""

from __future__ import annotations

import re

from PySide6.QtCore import QObject, QTimer

from desktop_trader.messages.network import NO_NEW_TRADES, NOT_CHECKED
from desktop_trader.ui.widgets.elided_label import ElidedLabel

_TURN_MS = 3_000
_PAUSED, _SENTENCES = "⏸", ("⏸", "✅")
_BESIDE_THEM = (NOT_CHECKED, NO_NEW_TRADES, "Trading is paused for", "Trading stays paused", "Outage report")
"""What a pause and its end begin with, and what is said right after them: it must not take their place."""
_TURNS_MAX = 8
_ACCOUNT = re.compile(r"\[[^]]*\] ")


class NoticeTurns(QObject):
    """`label` shows the newest notice until the next one; the tooltip has all that takes turns.

    What is said of a pause goes round until something else is said, what is said of its end once.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.label = ElidedLabel(name="last-notice", tone="muted", spoken="Newest notice")
        self._turns: list[str] = []
        self._turn = 0
        self._timer = QTimer(self)
        self._timer.setInterval(_TURN_MS)
        self._timer.timeout.connect(self._next)

    def show_notice(self, text: str, *, is_bad: bool) -> None:
        """Show a notice; what is said beside a pause or its end waits for its turn."""
        # A pause is the market's, whatever account happens to tell of it.
        bare = _ACCOUNT.sub("", text, count=1)
        is_sentence = bare.startswith(_SENTENCES)
        if self._is_sentence_shown and bare.startswith(_BESIDE_THEM):
            if bare not in self._turns and len(self._turns) < _TURNS_MAX:
                self._turns.append(bare)
                self._timer.start()
        else:
            self._turns, self._turn = [bare if is_sentence else text], 0
            self._timer.stop()
            self._say()
            tone = "warning" if is_bad else "muted"
            if self.label.property("tone") != tone:
                self.label.setProperty("tone", tone)
                self.label.style().unpolish(self.label)
                self.label.style().polish(self.label)
        self.label.setToolTip("\n".join(self._turns))
        self.label.setAccessibleName(f"Newest notice: {'. '.join(self._turns)}")

    @property
    def _is_sentence_shown(self) -> bool:
        return bool(self._turns) and self._turns[0].startswith(_SENTENCES)

    def _next(self) -> None:
        self._turn = (self._turn + 1) % len(self._turns)
        self._say()
        if self._turn == 0 and not self._turns[0].startswith(_PAUSED):
            self._timer.stop()

    def _say(self) -> None:
        self.label.setText(self._turns[self._turn])
