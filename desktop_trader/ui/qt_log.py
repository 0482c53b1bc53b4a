"""The way of log lines from any thread into the window: bounded, redacted, and never one signal per line."""

import logging
import threading
from collections import deque
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from desktop_trader.diagnostics import redact

_WAITING_MAX = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One record as the window shows it; `level` is the number of the logging module."""

    level: int
    level_name: str
    seconds: float
    thread: str
    logger: str
    message: str


class QtLogFeed(QObject):
    """Collects lines in whatever thread they arise; `lines_waiting` is emitted once until `take` empties the queue.

    When the window does not keep up, the oldest waiting lines are dropped here; the log file has them all.
    """

    lines_waiting = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: deque[LogLine] = deque(maxlen=_WAITING_MAX)
        self._lock = threading.Lock()
        self._sink = _Sink(self)

    def start(self) -> None:
        """Listen to the root logger."""
        logging.getLogger().addHandler(self._sink)

    def stop(self) -> None:
        """Stop listening; must be called before the window goes."""
        logging.getLogger().removeHandler(self._sink)

    def take(self) -> list[LogLine]:
        """Return what has come since the last call, oldest first."""
        with self._lock:
            lines = list(self._waiting)
            self._waiting.clear()
        return lines

    def add(self, record: logging.LogRecord) -> None:
        """Queue one record; any thread."""
        line = LogLine(
            level=record.levelno,
            level_name=record.levelname,
            seconds=record.created,
            thread=record.threadName or "",
            logger=record.name,
            message=redact(record.getMessage()),
        )
        with self._lock:
            is_first = not self._waiting
            self._waiting.append(line)
        if is_first:
            self.lines_waiting.emit()


class _Sink(logging.Handler):
    def __init__(self, feed: QtLogFeed) -> None:
        super().__init__(logging.INFO)
        self._feed = feed

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._feed.add(record)
        except (TypeError, ValueError, LookupError, AttributeError, RuntimeError):
            # A line that cannot be written must not stop whoever wrote it.
            self.handleError(record)
