"""Verifies the whole books behind a running engine: what the start looked at was only their newest part."""

import logging
import threading
from collections.abc import Callable

from desktop_trader.domain.errors import TraderError
from desktop_trader.locations import DataFolderPaths
from desktop_trader.storage.verify import VerifyReport, verify_unless_stopped

_log = logging.getLogger(__name__)
_YIELD_SECONDS = 0.001


class BackgroundCheck:
    """One thread with a read-only connection of its own; it gives way to everything else."""

    def __init__(self, paths: DataFolderPaths, *, on_damage: Callable[[str], None]) -> None:
        """Prepare to verify the books of `paths`; `on_damage` is told, in this thread, what does not hold."""
        self._paths = paths
        self._on_damage = on_damage
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._verify, name="books-check", daemon=True)

    def start(self) -> None:
        """Begin; only once."""
        self._thread.start()

    def stop(self) -> None:
        """Give up within a few milliseconds, and wait for that; harmless when it never began."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _verify(self) -> None:
        try:
            report = verify_unless_stopped(self._paths, should_stop=lambda: self._stop.wait(_YIELD_SECONDS))
        except TraderError as error:
            _log.warning("The books could not be verified in the background: %s", error)
            return
        if report is None:
            return
        if report.ok:
            _log.info("The books verify: %d entries, %d postings", report.entries, report.postings)
        else:
            self._on_damage(_findings(report))


def _findings(report: VerifyReport) -> str:
    broken = [f"{law}: {finding}" for law, finding in report.invariants.items() if finding != "ok"]
    return "; ".join(broken)
