"""The band that says that nothing can be entered, since when and why, and leads to the way out."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget

from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.network_text import refusal_text
from desktop_trader.ui.time_text import local_time
from desktop_trader.ui.widgets.message_band import MessageBand

if TYPE_CHECKING:
    from desktop_trader.messages.notices import Notice

_LATCHED = "latched"
"""How the log of decisions calls the outcome of a close all."""


class CloseOnlyBand(MessageBand):
    """Seen exactly while the snapshot of the account shown says so. `allow_wanted` when its button was pressed.

    Since when says the notice, or the log of decisions as far as it reaches back.
    """

    allow_wanted = Signal()

    def __init__(self, model: BalanceModel, parent: QWidget) -> None:
        super().__init__("close-only-banner", "Close only", tone="warning", parent=parent)
        self._model = model
        self._since: dict[str, datetime] = {}
        self.setProperty("look", "warning-band")
        allow = QPushButton("Allow entries again…")
        allow.setObjectName("close-only-allow-btn")
        allow.setAccessibleName("Allow entries again")
        allow.clicked.connect(self.allow_wanted)
        # Before the sentence: it may be longer than the window is wide.
        self.insertWidget(self.actions()[0], allow)
        model.state_changed.connect(self._tell)
        model.network_changed.connect(self._tell)
        model.account_switched.connect(self._tell)
        model.notice_raised.connect(self.take_notice)
        self._tell()

    def take_notice(self, notice: Notice) -> None:
        """Remember since when, where a notice says so."""
        if notice.event != "close_only_changed":
            return
        if getattr(notice, "is_close_only", False):
            self._since.setdefault(notice.account or self._model.account, notice.at)
        else:
            self._since.pop(notice.account or self._model.account, None)
        self._tell()

    def _tell(self) -> None:
        snapshot = self._model.snapshot
        if snapshot is None or not snapshot.close_only:
            self.say("")
            return
        latched = (each.at for each in snapshot.auto_trading.decisions if each.outcome == _LATCHED)
        at = self._since.get(snapshot.account_name) or max(latched, default=None)
        since = f" since {local_time(at)}" if at is not None else ""
        self.say(f"■ CLOSE ONLY{since}: {snapshot.close_only}. Nothing can be entered; {self._what_is_open()}")

    def _what_is_open(self) -> str:
        if not self._model.halted and not refusal_text(self._model.network):
            return "what is open can be closed, and its stops and targets work."
        # The same is said of a pause by its own band.
        why = "trading is halted" if self._model.halted else "trading is paused"
        return f"while {why} nothing can be closed either, and stops and targets do not act."
