"""Sync: has the account read from the books again and verified, and remembers when that was and what came out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from desktop_trader.ui.models.balance_model import BalanceModel, RequestData
from desktop_trader.ui.number_format import format_exact_money

if TYPE_CHECKING:  # nothing of this is needed before somebody presses
    from desktop_trader.messages.account_sync import AccountSynced


class AccountSync(QObject):
    """`text` is one short sentence, `detail` all of it; `is_bad` when the books do not verify or nobody could tell.

    One sync at a time: pressing again while one runs does nothing. `changed` when any of this did.
    """

    changed = Signal()

    def __init__(self, model: BalanceModel, request: RequestData, parent: QObject) -> None:
        super().__init__(parent)
        self._model = model
        self._request = request
        self._request_id = ""
        self.text = ""
        self.detail = ""
        self.is_bad = False

    @property
    def is_busy(self) -> bool:
        """Whether a sync is under way."""
        return bool(self._request_id)

    def start(self) -> None:
        """Begin a sync of the account that is shown."""
        from desktop_trader.messages.account_sync import SyncAccount
        from desktop_trader.messages.jobs import StartJob

        snapshot = self._model.snapshot
        if self.is_busy:
            return
        if snapshot is None:
            self._say("Not synced: the account is not known yet", is_bad=True)
            return
        from uuid import uuid4  # not for the first paint

        self._request_id = uuid4().hex
        self._say("Syncing…", is_bad=False)
        self._model.show_newest()
        self._request(StartJob(request_id=self._request_id, job=SyncAccount(account=snapshot.account_name)))

    def take(self, reply: object) -> None:
        """Take an answer; those of others are let pass."""
        from desktop_trader.messages.account_sync import AccountSynced
        from desktop_trader.messages.jobs import JobDone, JobFailed

        if not self._request_id or getattr(reply, "request_id", "") != self._request_id:
            return
        if isinstance(reply, JobFailed):
            self._request_id = ""
            self._say(f"Not synced: {reply.error}", is_bad=True)
        elif isinstance(reply, JobDone) and isinstance(reply.result, AccountSynced):
            self._request_id = ""
            self._judge(reply.result)

    def _judge(self, found: AccountSynced) -> None:
        at = f"{found.at.astimezone():%H:%M:%S}"
        problems = [*found.problems, *self._differences(found)]
        if problems:
            self._say(f"⚠ Synced {at}: {problems[0]}", is_bad=True, detail="\n".join(problems))
        else:
            clock = f"at {found.at.astimezone():%Y-%m-%d %H:%M:%S %Z} by this computer's clock"
            detail = f"Account {found.account}, up to entry {found.entry_id:,}, {clock}"
            self._say(f"Synced {at}, books verify", is_bad=False, detail=detail)

    def _differences(self, found: AccountSynced) -> list[str]:
        """Compare with what is shown, where both are of the same moment."""
        snapshot = self._model.snapshot
        if snapshot is None or snapshot.account_name != found.account or snapshot.ledger_head_id != found.entry_id:
            return []
        shown, currency = snapshot.balance, snapshot.balance.currency
        pairs = (
            ("total", shown.total, found.total),
            ("available", shown.available, found.available),
            ("locked", shown.locked, found.locked),
        )
        return [
            f"the window shows {format_exact_money(ours, currency)} {what}, the books hold "
            f"{format_exact_money(theirs, currency)}; restart, and trade on neither figure"
            for what, ours, theirs in pairs
            if ours != theirs
        ]

    def _say(self, text: str, *, is_bad: bool, detail: str = "") -> None:
        self.text, self.is_bad, self.detail = text, is_bad, detail or text
        self.changed.emit()
