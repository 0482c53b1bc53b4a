"""Connects the shared actions that move money by hand with their dialogs, wherever an action was triggered."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDialog, QMainWindow

from desktop_trader.ui.actions import SYNC_HINT, Actions
from desktop_trader.ui.models.account_sync import AccountSync
from desktop_trader.ui.models.balance_model import BalanceModel, RequestData, SendCommand, is_halt_final
from desktop_trader.ui.widgets.balance_card import CardTools
from desktop_trader.ui.window_state import bring_to_front

if TYPE_CHECKING:  # dialogs are rare
    from desktop_trader.ui.dialogs.adjust_balance import AdjustBalanceDialog
    from desktop_trader.ui.dialogs.reset_account import ResetAccountDialog


class MoneyDialogs(QObject):
    """One dialog of each kind at a time. Reset is offered on paper accounts alone."""

    def __init__(
        self,
        model: BalanceModel,
        window: QMainWindow,
        *,
        send: SendCommand,
        request: RequestData,
        start_amount: Decimal,
    ) -> None:
        super().__init__(window)
        self._model = model
        self._window = window
        self._send = send
        self._start_amount = start_amount
        self._open: dict[str, QDialog] = {}
        self.sync = AccountSync(model, request, self)

    def connect_actions(self, actions: Actions) -> None:
        """Let the actions open the dialogs, and follow the account that is shown."""
        actions.adjust.triggered.connect(lambda: self.adjust(""))
        actions.deposit.triggered.connect(lambda: self.adjust("deposit"))
        actions.withdraw.triggered.connect(lambda: self.adjust("withdraw"))
        actions.reset_account.triggered.connect(self.reset)
        actions.sync.triggered.connect(self.sync.start)

        def follow() -> None:
            snapshot = self._model.snapshot
            actions.reset_account.setVisible(snapshot is None or snapshot.account_type != "live")
            # Finally halted, nothing is booked any more: what is asked for would never be answered.
            can_book = not is_halt_final(self._model)
            for action in (actions.adjust, actions.deposit, actions.withdraw):
                action.setEnabled(can_book)
            actions.reset_account.setEnabled(snapshot is not None and can_book)
            actions.sync.setEnabled(snapshot is not None and not self.sync.is_busy)
            actions.sync.setToolTip("\n".join(filter(None, (SYNC_HINT, self.sync.text))))

        self._model.state_changed.connect(follow)
        self.sync.changed.connect(follow)
        follow()

    def card_tools(self, actions: Actions) -> CardTools:
        """Return what a balance card's buttons act through."""
        return CardTools(
            deposit=actions.deposit,
            withdraw=actions.withdraw,
            adjust=actions.adjust,
            reset_account=actions.reset_account,
            sync_now=actions.sync,
            net_change=actions.net_change,
            sync=self.sync,
        )

    def adjust(self, choice: str = "") -> AdjustBalanceDialog:
        """Open the dialog on one of its choices, or bring the open one to the front."""
        from desktop_trader.ui.dialogs.adjust_balance import AdjustBalanceDialog
        from desktop_trader.ui.dialogs.adjustment_draft import BalanceChoice

        chosen = BalanceChoice(choice) if choice else None
        dialog = self._open.get("adjust")
        if not isinstance(dialog, AdjustBalanceDialog) or self._is_done(dialog, dialog.account):
            dialog = AdjustBalanceDialog(
                self._model, send=self._send, choice=chosen or BalanceChoice.NEW_TOTAL, parent=self._window
            )
        elif chosen is not None:
            dialog.choose(chosen)
        self._show("adjust", dialog)
        return dialog

    def reset(self) -> ResetAccountDialog:
        """Open the dialog, or bring the open one to the front."""
        from desktop_trader.ui.dialogs.reset_account import ResetAccountDialog

        dialog = self._open.get("reset")
        if not isinstance(dialog, ResetAccountDialog) or self._is_done(dialog, dialog.account):
            dialog = ResetAccountDialog(
                self._model, send=self._send, start_amount=self._start_amount, parent=self._window
            )
        self._show("reset", dialog)
        return dialog

    def _is_done(self, dialog: QDialog, account: str) -> bool:
        """Whether a dialog is over: closed, or of an account that is not shown any more."""
        return not dialog.isVisible() or account != self._model.account

    def _show(self, name: str, dialog: QDialog) -> None:
        before = self._open.get(name)
        if before is not None and before is not dialog:
            before.deleteLater()
        self._open[name] = dialog
        if not self._window.isVisible() or self._window.isMinimized():
            # From the tray: a dialog of a hidden window would come without it.
            bring_to_front(self._window)
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()
