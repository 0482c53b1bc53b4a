"""How far a verification is, on a terminal, and Ctrl+C that ends it cleanly."""

import gc
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from types import FrameType

from desktop_trader.storage.verify import VerifyWatch

_SECONDS_BETWEEN_LINES = 0.1
_CLEAR_LINE = "\r\x1b[2K"


@contextmanager
def watching() -> Iterator[VerifyWatch]:
    """Return who looks on: a line on standard error where that is a terminal, and the end at Ctrl+C."""
    is_stopped, told_at = False, 0.0
    is_terminal = sys.stderr.isatty()

    def on_signal(number: int, _frame: FrameType | None) -> None:
        nonlocal is_stopped
        is_stopped = True
        signal.signal(number, before)  # A second Ctrl+C ends the process as it would any other.

    def tell(done: int, total: int, text: str) -> None:
        nonlocal told_at
        if is_terminal and monotonic() - told_at >= _SECONDS_BETWEEN_LINES:
            told_at = monotonic()
            _write(f"{_CLEAR_LINE}{100 * done // total:3d} %  {text}")

    before = signal.signal(signal.SIGINT, on_signal)
    # Millions of rows are read and none of them makes a cycle: looking for cycles would cost a tenth of the time.
    collects = gc.isenabled()
    gc.disable()
    try:
        yield VerifyWatch(should_stop=lambda: is_stopped, tell_progress=tell, is_hurried=True)
    finally:
        signal.signal(signal.SIGINT, before)
        if collects:
            gc.enable()
        if is_terminal and told_at:
            _write(_CLEAR_LINE)


def _write(text: str) -> None:
    with suppress(OSError):  # Nobody has to look on.
        sys.stderr.write(text)
        sys.stderr.flush()
