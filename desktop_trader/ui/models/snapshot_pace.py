"""Lets the window paint, and hear the person at it, between two snapshots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from desktop_trader.ui.models.balance_model import BalanceModel

if TYPE_CHECKING:  # the first paint does not wait for the classes of messages
    from desktop_trader.messages.snapshot import AccountSnapshot

_REST_MS = 2
"""Short, as a change of the books is urgent; without it several in a row would all be shown before one is painted."""


class SnapshotPace(QObject):
    """Gives the model a snapshot at once, and of what comes right after it the newest of each account a little later.

    GUI thread only.
    """

    def __init__(self, model: BalanceModel) -> None:
        super().__init__(model)
        self._model = model
        self._newest: dict[str, AccountSnapshot] = {}
        self._rest = QTimer(self, singleShot=True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self._pass_on)

    def take(self, snapshot: AccountSnapshot) -> None:
        """Show this as soon as the window has rested."""
        self._newest[snapshot.account_name] = snapshot
        if not self._rest.isActive():
            self._pass_on()

    def _pass_on(self) -> None:
        snapshots, self._newest = self._newest, {}
        for snapshot in snapshots.values():
            self._model.replace_snapshot(snapshot)
        if snapshots:
            self._rest.start()
