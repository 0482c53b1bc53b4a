"""Which accounts there are, the newest state of each, and which one is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from desktop_trader.ui.models.account_entry import AccountEntry

if TYPE_CHECKING:  # the first paint does not wait for the classes of messages
    from desktop_trader.messages.snapshot import AccountSnapshot


class AccountsModel(QObject):
    """`account_switched` comes after everything of the newly chosen account is shown.

    `accounts_changed` when there is one more, or one fell asleep; `snapshot_kept` when an account that is not shown
    has a newer state.
    """

    accounts_changed = Signal()
    account_switched = Signal()
    snapshot_kept = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._chosen = ""
        self._newest: dict[str, AccountSnapshot] = {}
        self._entries: tuple[AccountEntry, ...] = ()

    @property
    def account(self) -> str:
        """The name of the account that is shown, or waited for."""
        return self._chosen

    @property
    def accounts(self) -> tuple[AccountEntry, ...]:
        """Every account, in the order of their ids."""
        return self._entries

    def open_text(self) -> str:
        """Count the open positions of all accounts, and name those that are not of the one shown; empty for none."""
        counts = {name: len(snapshot.positions) for name, snapshot in self._newest.items() if snapshot.positions}
        count = sum(counts.values())
        where = ", ".join(f"{held} in {name}" for name, held in counts.items() if name != self._chosen)
        return (f"{count} open" + (f" ({where})" if where else "")) if count else ""

    def snapshot_of(self, account: str) -> AccountSnapshot | None:
        """Return the newest state of an account, shown or not; None while there is none."""
        return self._newest.get(account)

    def choose_account(self, name: str) -> bool:
        """Show another account from now on; False when there is none of that name.

        Before the first snapshot any name will do: it is the one to wait for.
        """
        if name == self._chosen:
            return True
        snapshot = self._newest.get(name)
        if snapshot is None and self._newest:
            return False
        self._chosen = name
        if snapshot is not None:
            self._show(snapshot)
            self.account_switched.emit()
        return True

    def _keep(self, snapshot: AccountSnapshot) -> bool:
        """Keep a state that is newer than what is known of its account; say whether it is one to show."""
        name = snapshot.account_name
        newest = self._newest.get(name)
        if newest is not None and snapshot.sequence <= newest.sequence:
            return False
        self._newest[name] = snapshot
        self._chosen = self._chosen or name
        entries = tuple(sorted(map(AccountEntry.of, self._newest.values()), key=lambda each: each.account_id))
        if entries != self._entries:
            self._entries = entries
            self.accounts_changed.emit()
        if name != self._chosen:
            self.snapshot_kept.emit()
        return name == self._chosen

    def _show(self, snapshot: AccountSnapshot) -> None:
        """Show the state of the chosen account."""
        raise NotImplementedError
