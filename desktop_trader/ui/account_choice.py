"""Which account the window shows: the switch in the toolbar, the New account dialog, and what is shown after one."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMainWindow

from desktop_trader.ui.models.balance_model import BalanceModel, SendCommand
from desktop_trader.ui.widgets.account_switch import AccountSwitch
from desktop_trader.ui.window_state import bring_to_front

if TYPE_CHECKING:  # dialogs are rare
    from desktop_trader.ui.dialogs.new_account import NewAccountDialog


class AccountChoice(QObject):
    """Owns the switch; an account that was opened here is shown as soon as its first snapshot is there."""

    def __init__(self, model: BalanceModel, window: QMainWindow, *, send: SendCommand, start_amount: Decimal) -> None:
        super().__init__(window)
        self._model = model
        self._window = window
        self._send = send
        self._start_amount = start_amount
        self._dialog: NewAccountDialog | None = None
        self._wanted = ""
        self.switch = AccountSwitch(model)
        self.switch.new_account_wanted.connect(self.open_dialog)
        model.accounts_changed.connect(self._show_wanted)

    def open_dialog(self) -> NewAccountDialog:
        """Open the New account dialog, or bring the open one to the front."""
        from desktop_trader.ui.dialogs.new_account import NewAccountDialog

        dialog = self._dialog
        if dialog is None or not dialog.isVisible():
            if dialog is not None:
                dialog.deleteLater()
            dialog = NewAccountDialog(
                self._model, send=self._send, start_amount=self._start_amount, parent=self._window
            )
            dialog.account_opened.connect(self._on_opened)
            self._dialog = dialog
        if not self._window.isVisible() or self._window.isMinimized():
            bring_to_front(self._window)
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()
        return dialog

    def _on_opened(self, name: str) -> None:
        self._wanted = name
        self._show_wanted()

    def _show_wanted(self) -> None:
        if self._wanted and self._model.choose_account(self._wanted):
            self._wanted = ""
