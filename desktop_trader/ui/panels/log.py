"""The log dock: the newest lines of the log, by level, by topic and by words."""

import logging
from collections import deque
from datetime import UTC, datetime

from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from desktop_trader.ui.qt_log import LogLine, QtLogFeed
from desktop_trader.ui.theme import SPACE_M, SPACE_S, mono_font

_LINES_MAX = 2_000
_FILTER_WIDTH = 180
_TOPICS = (
    ("Everything", ()),
    ("Recovery", ("recover", "restored", "found active session", "previous session")),
    ("Money", ("balance", "deposit", "withdraw", "wallet", "reset")),
    ("Orders", ("order", "position", "filled")),
    ("Network", ("paused", "resumed", "network", "outage", "verified")),
)
"""A line belongs to a topic when it holds one of its words."""
_LEVELS = (("All", logging.NOTSET), ("Warnings", logging.WARNING), ("Errors", logging.ERROR))


class LogPanel(QWidget):
    """Keeps the newest lines; the whole log is a file in the data folder."""

    def __init__(self, feed: QtLogFeed, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._feed = feed
        self._lines: deque[LogLine] = deque(maxlen=_LINES_MAX)
        self.setObjectName("log-panel")
        self.setAccessibleName("Log")
        self._filter = QLineEdit()
        self._filter.setObjectName("log-filter-edit")
        self._filter.setAccessibleName("Log: filter")
        self._filter.setPlaceholderText("Filter…")
        self._filter.setClearButtonEnabled(True)
        self._filter.setMaximumWidth(_FILTER_WIDTH)
        self._level = QComboBox()
        self._level.setObjectName("log-level-combo")
        self._level.setAccessibleName("Log: lowest level shown")
        for text, level in _LEVELS:
            self._level.addItem(text, level)
        self._topic = QComboBox()
        self._topic.setObjectName("log-topic-combo")
        self._topic.setAccessibleName("Log: what lines are about")
        for text, words in _TOPICS:
            self._topic.addItem(text, words)
        self._text = QPlainTextEdit()
        self._text.setObjectName("log-text")
        self._text.setAccessibleName("Log lines")
        self._text.setReadOnly(True)
        self._text.setMaximumBlockCount(_LINES_MAX)
        self._text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._text.setFont(mono_font())
        self._text.setPlaceholderText("Nothing has been logged yet.")
        bar = QHBoxLayout()
        bar.setContentsMargins(SPACE_M, SPACE_S, SPACE_M, SPACE_S)
        bar.setSpacing(SPACE_M)
        bar.addWidget(self._filter)
        bar.addWidget(self._level)
        bar.addWidget(self._topic)
        bar.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(bar)
        layout.addWidget(self._text, 1)
        self._filter.textChanged.connect(self._show_all)
        self._level.currentIndexChanged.connect(self._show_all)
        self._topic.currentIndexChanged.connect(self._show_all)
        feed.lines_waiting.connect(self._on_lines_waiting)
        self._on_lines_waiting()

    def _on_lines_waiting(self) -> None:
        lines = self._feed.take()
        self._lines.extend(lines)
        self._append([line for line in lines if self._is_wanted(line)])

    def _show_all(self) -> None:
        self._text.clear()
        self._append([line for line in self._lines if self._is_wanted(line)])

    def _append(self, lines: list[LogLine]) -> None:
        if not lines:
            return
        bar = self._text.verticalScrollBar()
        is_at_end = bar.value() == bar.maximum()
        self._text.appendPlainText("\n".join(_written(line) for line in lines))
        if is_at_end:
            self._text.moveCursor(QTextCursor.MoveOperation.End)
            self._text.moveCursor(QTextCursor.MoveOperation.StartOfLine)

    def _is_wanted(self, line: LogLine) -> bool:
        words = self._filter.text().lower().split()
        text = f"{line.level_name} {line.logger} {line.message}".lower()
        topic = self._topic.currentData()
        is_on_topic = not topic or any(word in text for word in topic)
        return is_on_topic and line.level >= int(self._level.currentData()) and all(word in text for word in words)


def _written(line: LogLine) -> str:
    at = datetime.fromtimestamp(line.seconds, UTC)
    message = line.message.replace("\n", "\n    ")
    return f"{at:%H:%M:%S}.{at.microsecond // 1000:03d}Z {line.level_name:<8} {message}"
