"""Logging, redaction of secrets, and what happens to an exception that nobody caught.

Called once by whoever starts a process (the window, the command line). Lines are UTC, level, thread, message; a line
that leaves through `RedactingFormatter` holds no key, signature or token, tracebacks included. Loggers are the standard
library's, one per module.
"""

import logging
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

FailureCallback = Callable[[str, BaseException], None]
"""Told where something died (`thread engine`, `window`, ...) and of what. Called in the thread where it died."""

MASK = "[redacted]"
_LOG_BYTES = 5_000_000
_LOG_FILES = 5
_LINE = "%(asctime)s.%(msecs)03dZ %(levelname)-8s [%(threadName)s] %(name)s: %(message)s"
_SHORTEST_KNOWN_SECRET = 6

# A name that announces a secret, in headers, URLs, JSON, TOML, Python reprs and keyword arguments.
_SECRET_NAME = (
    r"(?:(?:x[-_])?(?:[a-z0-9]+[-_])?api[-_]?key|x-[a-z]+-(?:key|secret|sign)|access[-_]?(?:id|key)|api[-_]?secret|secret(?:[-_]?key)?|private[-_]?key"
    r"|pass(?:word|phrase|wd)|(?:access|refresh|auth|bearer|session)?[-_]?token|signature|sign|credentials?|cookie)"
)
_PATTERNS = (
    re.compile(rf"(?i)(?P<kept>(?<![a-z0-9]){_SECRET_NAME}[\"']?\s*[:=]\s*b?[\"'])(?P<secret>[^\"']+)"),
    re.compile(
        rf"(?i)(?P<kept>(?<![a-z0-9]){_SECRET_NAME}[\"']?\s*[:=]\s*)(?!b?[\"'])"
        r"(?P<secret>(?:(?:bearer|basic|token)\s+)?[^\s\"',;&)}\]]+)"
    ),
    re.compile(
        r"(?i)(?P<kept>authorization[\"']?\s*[:=]\s*[\"']?(?:(?:bearer|basic|token|digest)\s+)?)(?P<secret>[^\s\"',;)}\]]+)"
    ),
    re.compile(r"(?i)(?P<kept>\bbearer\s+)(?P<secret>[a-z0-9._~+/=-]{8,})"),
    re.compile(r"(?i)(?P<kept>\b[a-z][a-z0-9+.-]*://[^\s/:@]+:)(?P<secret>[^\s/@]+)(?=@)"),
    re.compile(
        r"(?P<kept>)(?P<secret>-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z))", re.S
    ),
)

_log = logging.getLogger(__name__)
_REPORTS_MAX = 20
_SAME_FAILURE = timedelta(minutes=1)
_failures: dict[tuple[str, ...], datetime] = {}
_failures_lock = threading.Lock()
_known_secrets: set[str] = set()
_known_secrets_lock = threading.Lock()


def hide_everywhere(secret: str) -> None:
    """Mask this very text in every later line, wherever it turns up; texts under six characters are left."""
    if len(secret) >= _SHORTEST_KNOWN_SECRET:
        with _known_secrets_lock:
            _known_secrets.add(secret)


def stop_hiding(secret: str) -> None:
    """Undo `hide_everywhere`, when a key is no longer kept."""
    with _known_secrets_lock:
        _known_secrets.discard(secret)


def redact(text: str) -> str:
    """Return `text` with everything masked that is, or is announced as, a key, signature, token or password."""
    with _known_secrets_lock:
        known = sorted(_known_secrets, key=len, reverse=True)
    for secret in known:
        text = text.replace(secret, MASK)
    for pattern in _PATTERNS:
        text = pattern.sub(rf"\g<kept>{MASK}", text)
    return text


class RedactingFormatter(logging.Formatter):
    """UTC, level, thread, logger, message. Masks secrets; a line break in a message starts no new line."""

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__(_LINE, datefmt="%Y-%m-%dT%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        """Return the finished text, continuation lines indented so that nobody can forge an entry."""
        return redact(super().format(record)).replace("\r", "").replace("\n", "\n    ")


def start_logging(log_file: Path, *, level: int = logging.INFO, echo: TextIO | None = None) -> logging.Handler:
    """Write the log to a rotating file that only its owner can read, and to `echo` (standard error) when given.

    Replaces what an earlier call set up. Creates the folder. The handler is returned so that `stop_logging` can end it.

    Raises:
        OSError: the folder or the file cannot be written.
    """
    # socket, queue and pickle come with it; the first paint does not wait for them.
    from logging.handlers import RotatingFileHandler

    log_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    log_file.touch(mode=0o600, exist_ok=True)
    log_file.chmod(0o600)
    formatter = RedactingFormatter()
    handler = RotatingFileHandler(log_file, maxBytes=_LOG_BYTES, backupCount=_LOG_FILES, encoding="utf-8")
    handler.rotator = _rotate_privately
    handler.setFormatter(formatter)
    root = logging.getLogger()
    stop_logging()
    # A log that a full disk does not take must not become tracebacks on a terminal.
    logging.raiseExceptions = False
    root.addHandler(handler)
    if echo is not None:
        echo_handler = logging.StreamHandler(echo)
        echo_handler.setFormatter(formatter)
        root.addHandler(echo_handler)
    root.setLevel(level)
    return handler


def stop_logging() -> None:
    """Flush and close what `start_logging` set up; handlers of others stay."""
    root = logging.getLogger()
    for handler in list(root.handlers):
        if isinstance(handler.formatter, RedactingFormatter):
            root.removeHandler(handler)
            handler.close()


def install_exception_hooks(on_failure: FailureCallback) -> None:
    """Log every exception that nobody caught, in the main thread, other threads and finalizers, then tell `on_failure`.

    Ctrl+C keeps its own way. asyncio loops need `loop_exception_handler` as well.
    """

    def main_thread_hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
        else:
            report_failure("main thread", error, on_failure=on_failure)

    def thread_hook(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
            name = args.thread.name if args.thread is not None else "unknown"
            report_failure(f"thread {name}", args.exc_value, on_failure=on_failure)

    def unraisable_hook(args: Any) -> None:
        if args.exc_value is not None:
            report_failure("finalizer", args.exc_value, on_failure=on_failure)

    sys.excepthook = main_thread_hook
    threading.excepthook = thread_hook
    sys.unraisablehook = unraisable_hook


@contextmanager
def exception_hooks(on_failure: FailureCallback) -> Iterator[None]:
    """Install them for the length of a block; what was there before comes back."""
    before = sys.excepthook, threading.excepthook, sys.unraisablehook
    install_exception_hooks(on_failure)
    try:
        yield
    finally:
        sys.excepthook, threading.excepthook, sys.unraisablehook = before


def loop_exception_handler(on_failure: FailureCallback) -> Callable[[Any, dict[str, Any]], None]:
    """Return a handler for `loop.set_exception_handler` that treats a lost task like any other uncaught exception."""

    def handle(_loop: Any, context: dict[str, Any]) -> None:
        error = context.get("exception")
        message = str(context.get("message", "asyncio reported a failure"))
        if isinstance(error, BaseException):
            report_failure(f"event loop: {message}", error, on_failure=on_failure)
        else:
            _log.error("event loop: %s", message)

    return handle


def report_failure(where: str, error: BaseException, *, on_failure: FailureCallback) -> None:
    """Log an exception with its traceback, then tell `on_failure`; a failing callback is logged and goes no further."""
    _log.critical("Uncaught exception in %s", where, exc_info=(type(error), error, error.__traceback__))
    try:
        on_failure(where, error)
    except Exception:  # the end of the line: raising here would call this hook again
        _log.exception("The failure callback itself failed")


def keep_failure_report(logs: Path, *, where: str, error: BaseException, now: datetime | None = None) -> Path | None:
    """Write a redacted report of a failure into the logs folder, readable by its owner only, and return its path.

    `now` is the instant in the file's name, the wall clock's when not given. The same failure again within a minute
    is not written down twice (None), and only the newest reports stay.

    Raises:
        OSError: the report cannot be written.
    """
    import traceback  # only ever needed when something has gone wrong

    instant = now if now is not None else datetime.now(UTC)
    text = "".join(traceback.format_exception(error))
    with _failures_lock:
        # Frames and kind, not the message: figures in it differ every time that the same line fails.
        kind = (str(logs), where, type(error).__name__, *_places(error))
        last = _failures.get(kind)
        if last is not None and abs(instant - last) < _SAME_FAILURE:
            return None
        if len(_failures) >= _REPORTS_MAX:
            _failures.clear()
        _failures[kind] = instant
    logs.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = logs / f"failure-{instant.astimezone(UTC):%Y%m%dT%H%M%S%fZ}.txt"
    with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as report:
        report.write(redact(f"{instant.isoformat()} {where}\nPython {sys.version}\n\n{text}"))
    for old in sorted(logs.glob("failure-*.txt"))[:-_REPORTS_MAX]:
        old.unlink(missing_ok=True)
    return path


def _places(error: BaseException) -> tuple[str, ...]:
    import traceback

    return tuple(f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__))


def _rotate_privately(source: str, dest: str) -> None:
    Path(source).replace(dest)
    Path(source).touch(mode=0o600)
