"""Leads from the first start to the import of an older balance, once there is an account to import into."""

from PySide6.QtCore import QObject

from desktop_trader.ui.main_window import MainWindow, begin_import
from desktop_trader.ui.models.balance_model import BalanceModel


class _WhenKnown(QObject):
    """Waits for the first snapshot, once."""

    def __init__(self, model: BalanceModel, window: MainWindow, folder: str) -> None:
        super().__init__(window)
        self._model = model
        self._window = window
        self._folder = folder
        model.state_changed.connect(self._on_state_changed)

    def _on_state_changed(self) -> None:
        if self._model.snapshot is None:
            return
        self._model.state_changed.disconnect(self._on_state_changed)
        begin_import(self._window, self._folder)
        self.deleteLater()


def import_when_known(model: BalanceModel, window: MainWindow, folder: str) -> None:
    """Open the wizard as soon as the account is known; it searches `folder` at once where one is given."""
    _WhenKnown(model, window, folder)
