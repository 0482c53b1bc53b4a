"""Hands snapshots from the engine's thread to the window: the newest of each account, with a rest between two."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

if TYPE_CHECKING:  # the first paint does not wait for the classes of messages
    from desktop_trader.messages.snapshot import AccountSnapshot

_REST_MS = 8
"""Shorter than a frame. Without it several changes of the books in a row would all be shown before one is painted."""


class SnapshotHandover(QObject):
    """One at a time for each account: while the window has not taken the last one, newer ones replace it.

    After each delivery the window paints and hears the person at it before the next one. `published` comes in the
    thread this belongs to.
    """

    published = Signal(object)
    _waiting = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._newest: dict[str, AccountSnapshot] = {}
        self._rest = QTimer(self, singleShot=True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self._deliver)
        self._waiting.connect(self._deliver)

    def keep(self, snapshot: AccountSnapshot) -> None:
        """Take a snapshot; from any thread."""
        with self._lock:
            is_first = not self._newest
            self._newest[snapshot.account_name] = snapshot
        if is_first:
            self._waiting.emit()

    @Slot()
    def _deliver(self) -> None:
        if self._rest.isActive():
            return
        with self._lock:
            snapshots, self._newest = self._newest, {}
        for snapshot in snapshots.values():
            self.published.emit(snapshot)
        if snapshots:
            self._rest.start()
