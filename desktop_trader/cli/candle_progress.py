"""How far a download is, on standard error, and Ctrl+C that ends it and keeps what came."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import monotonic
from types import FrameType

from desktop_trader.cli.table import printable

_SECONDS_BETWEEN = {True: 0.1, False: 10.0}
"""On a terminal one line is written over and over; in a log file a line now and then says that it goes on."""
_CLEAR_LINE = "\r\x1b[2K"


class CandleProgress:
    """`tell` what a job says; `is_stopped` once somebody pressed Ctrl+C. A second one ends the process at once."""

    def __init__(self) -> None:
        """Nothing was told yet."""
        self.is_stopped = False
        self._is_terminal = sys.stderr.isatty()
        self._told_at = monotonic()

    def tell(self, _done: int, _total: int, text: str) -> None:
        """Show how far it is, not too often."""
        if monotonic() - self._told_at >= _SECONDS_BETWEEN[self._is_terminal]:
            self._told_at = monotonic()
            _write(f"{_CLEAR_LINE}{printable(text)}" if self._is_terminal else f"{printable(text)}\n")

    def clear(self) -> None:
        """Take the line away."""
        if self._is_terminal:
            _write(_CLEAR_LINE)


@contextmanager
def progress() -> Iterator[CandleProgress]:
    """Look on for a block; to be called in the main thread."""
    shown = CandleProgress()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        shown.is_stopped = True
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, on_signal)
    try:
        yield shown
    finally:
        signal.signal(signal.SIGINT, before)
        shown.clear()


def _write(text: str) -> None:
    with suppress(OSError):  # Nobody has to look on.
        sys.stderr.write(text)
        sys.stderr.flush()
