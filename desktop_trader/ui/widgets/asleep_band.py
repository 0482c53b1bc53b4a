"""The band that says which accounts nobody watches while this market runs, and why."""

from PySide6.QtWidgets import QWidget

from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.widgets.message_band import MessageBand


class AsleepBand(MessageBand):
    """Seen while an account sleeps that has something open, or while the one shown sleeps."""

    def __init__(self, model: BalanceModel, parent: QWidget) -> None:
        super().__init__("asleep-banner", "Accounts that sleep", tone="warning", parent=parent)
        self._model = model
        model.accounts_changed.connect(self._tell)
        model.account_switched.connect(self._tell)
        self._tell()

    def _tell(self) -> None:
        asleep = [
            each
            for each in self._model.accounts
            if each.asleep and (each.is_holding or each.name == self._model.account)
        ]
        texts = [
            f"Account {each.name} sleeps: {each.asleep}."
            + (" NOBODY WATCHES ITS STOPS. Start on its market to trade it." if each.is_holding else "")
            for each in asleep
        ]
        self.say("  ".join(texts))
