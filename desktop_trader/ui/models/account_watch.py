"""One account's balance for a dialog: the one that was shown when it opened, whatever the window shows later."""

from decimal import Decimal

from PySide6.QtCore import QObject, Signal

from desktop_trader.messages.snapshot import AccountSnapshot, BalanceView
from desktop_trader.ui.models.balance_model import BalanceModel


class AccountWatch(QObject):
    """Follows the account that the model shows at first; `changed` when anything of its snapshot did.

    Before the first snapshot `account` is empty and the balance is the one that the model shows from the books.
    """

    changed = Signal()

    def __init__(self, model: BalanceModel, parent: QObject) -> None:
        super().__init__(parent)
        self._model = model
        self._snapshot: AccountSnapshot | None = model.snapshot
        for signal in (model.state_changed, model.balance_changed, model.positions_changed, model.orders_changed):
            signal.connect(self._on_changed)
        model.snapshot_kept.connect(self._on_changed)

    @property
    def account(self) -> str:
        """The account's name."""
        return "" if self._snapshot is None else self._snapshot.account_name

    @property
    def snapshot(self) -> AccountSnapshot | None:
        """The account's newest state; None before the first."""
        return self._snapshot

    @property
    def balance(self) -> BalanceView | None:
        """The account's newest figures; None while they are unknown."""
        return self._model.balance if self._snapshot is None else self._snapshot.balance

    @property
    def total(self) -> Decimal | None:
        """The wallet's total; None while it is unknown."""
        return None if self.balance is None else self.balance.total

    def unanswered_text(self, done: str) -> str:
        """Say what it means that a request was not answered, and what to do: it never does twice what it asks for."""
        halted = self._model.halted
        why = f"Trading is halted ({halted})" if halted else "No answer came"
        when = "once that is over" if halted else "now"
        return f"{why}: nobody knows whether this {done}. Ask again {when}: the same request is carried out once only."

    def _on_changed(self) -> None:
        newest = self._model.snapshot_of(self.account) if self.account else self._model.snapshot
        if newest is None or newest is self._snapshot:
            return
        self._snapshot = newest
        self.changed.emit()
