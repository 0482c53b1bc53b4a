"""What happens when the program itself fails, in any thread: trading halts, a report is kept, the window says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from desktop_trader.locations import DataFolderPaths
from desktop_trader.ui.window_state import bring_to_front

if TYPE_CHECKING:  # hardly ever needed
    from desktop_trader.ui.dialogs.failure import Failure, FailureDialog

HALT_REASON = "an error of the program"


class FailureDesk(QObject):
    """`take` may be called in any thread; `failed` and the dialog come in the GUI thread. The window stays open."""

    failed = Signal(object)
    restart_wanted = Signal()
    _taken = Signal(object)

    def __init__(self, window: QWidget, paths: DataFolderPaths, *, halt: Callable[[str, str], None]) -> None:
        """Say it over `window`; `halt` stops trading with a reason and a detail, from any thread."""
        super().__init__(window)
        self._window = window
        self._paths = paths
        self._halt = halt
        self._dialog: FailureDialog | None = None
        self._taken.connect(self._tell)

    def take(self, where: str, error: BaseException) -> None:
        """Halt trading first of all, then keep the report, then say it."""
        from desktop_trader.diagnostics import redact
        from desktop_trader.ui.dialogs.failure import Failure

        what = redact(f"{type(error).__name__}: {error}")
        self._halt(HALT_REASON, f"{where}: {what}")
        self._taken.emit(Failure(where=where, what=what, report=_keep_report(self._paths, where, error)))

    def _tell(self, failure: Failure) -> None:
        from desktop_trader.ui.dialogs.failure import FailureDialog

        if self._dialog is None:
            self._dialog = FailureDialog(self._window)
            self._dialog.restart_wanted.connect(self.restart_wanted)
        is_first = not self._dialog.isVisible()
        self._dialog.tell(failure)
        if is_first:
            if not self._window.isVisible():
                bring_to_front(self._window)
            self._dialog.show()
        self.failed.emit(failure)


def _keep_report(paths: DataFolderPaths, where: str, error: BaseException) -> str:
    """Return where the report lies; "" when there is none, which the log has then, and the window."""
    import logging

    from desktop_trader.diagnostics import keep_failure_report

    try:
        path = keep_failure_report(paths.logs, where=where, error=error)
    except OSError as refusal:
        logging.getLogger(__name__).warning("The report of a failure could not be kept: %s", refusal)
        return ""
    return str(paths.logs if path is None else path)
