"""Tells what of the settings file was not understood, once somebody can hear it."""

import logging
from datetime import UTC, datetime

from PySide6.QtCore import QObject

from desktop_trader.messages.notices import LogNotice
from desktop_trader.ui.models.balance_model import BalanceModel

_log = logging.getLogger(__name__)


class SettingsComplaints(QObject):
    """Speaks after the first snapshot: the log is open then, and nothing of the start covers it in the status bar."""

    def __init__(self, complaints: tuple[str, ...], model: BalanceModel, parent: QObject) -> None:
        """Speak at once where the snapshot is there already."""
        super().__init__(parent)
        self._complaints = complaints
        self._model = model
        model.state_changed.connect(self._tell)
        self._tell()

    def _tell(self) -> None:
        if self._model.snapshot is None:
            return
        complaints, self._complaints = self._complaints, ()
        for complaint in complaints:
            _log.warning("%s", complaint)
            self._model.raise_notice(LogNotice(id=0, at=datetime.now(UTC), message=complaint, level="warning"))
