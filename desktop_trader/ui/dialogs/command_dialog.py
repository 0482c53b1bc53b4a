"""What dialogs share that ask the engine for one thing: what will happen, what is typed, two buttons, the answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QDialog, QFormLayout, QVBoxLayout, QWidget

from desktop_trader.messages.notices import CommandRefused, Notice, OrderDenied
from desktop_trader.ui.models.balance_model import BalanceModel, SendCommand
from desktop_trader.ui.models.pending_request import PendingRequest
from desktop_trader.ui.theme import SPACE_L, SPACE_M
from desktop_trader.ui.widgets.command_box import CommandBox
from desktop_trader.ui.widgets.plain_label import plain_label
from desktop_trader.ui.widgets.room_to_read import give_room

if TYPE_CHECKING:
    from desktop_trader.messages.commands import Command

_WIDTH = 460
_NO_ANSWER = "No answer came. Look at the tables whether it was carried out before you ask again."


@dataclass(frozen=True, slots=True, kw_only=True)
class DialogWords:
    """How a dialog is called: `prefix` begins the names of its controls, `ok` stands on the button that asks."""

    prefix: str
    title: str
    ok: str
    is_cancel_default: bool = False


class CommandDialog(QDialog):
    """Of one account: another one shown ends it. It closes when the engine has done it; a refusal stays to be read.

    Who makes one of it says `facts`, `problem` and `command`, and calls `refresh` when something was typed.
    """

    def __init__(
        self, model: BalanceModel, *, send: SendCommand, words: DialogWords, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.model = model
        self.account = model.account
        self._send = send
        self._refusal = ""
        self._pending = PendingRequest(model, self)
        self.setObjectName(f"{words.prefix}-dialog")
        self.setAccessibleName(words.title)
        self.setWindowTitle(words.title)
        self.setMinimumWidth(_WIDTH)
        self._facts = plain_label("", name=f"{words.prefix}-facts", spoken="What will happen")
        self._facts.setWordWrap(True)
        self.rows = QFormLayout()
        self.rows.setHorizontalSpacing(SPACE_L)
        self.rows.setVerticalSpacing(SPACE_M)
        self.box = CommandBox(prefix=words.prefix, text=words.ok, is_cancel_default=words.is_cancel_default)
        self.box.accepted.connect(self.accept)
        self.box.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_L, SPACE_L, SPACE_L, SPACE_L)
        layout.setSpacing(SPACE_M)
        layout.addLayout(self.rows)
        layout.addWidget(self._facts)
        self.box.add_to(layout)
        self._pending.busy_changed.connect(self.refresh)
        self._pending.answered.connect(self._on_answered)
        self._pending.expired.connect(lambda: self.refuse(_NO_ANSWER))
        model.account_switched.connect(self.reject)
        for changed in (model.positions_changed, model.orders_changed, model.balance_changed, model.state_changed):
            changed.connect(self.refresh)

    def showEvent(self, event: QShowEvent) -> None:
        # Only now has everybody who inherits built what is his.
        self.refresh()
        super().showEvent(event)
        # What was measured before had another width.
        give_room(self.box)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # Not for another height alone: a screen that is too low would be argued with.
        if event.size().width() != event.oldSize().width() and self.isVisible():
            give_room(self.box)

    def facts(self) -> str:
        """Say what will happen."""
        raise NotImplementedError

    def problem(self) -> str:
        """Say why it cannot be asked for as it stands; empty when it can."""
        return ""

    def is_ready(self) -> bool:
        """Say whether everything is typed; what is missing needs no words."""
        return True

    def command(self, request_id: str) -> Command:
        """Make what is sent."""
        raise NotImplementedError

    def accept(self) -> None:
        """Ask for it."""
        self.refresh()
        if not self.box.ok.isEnabled():
            return
        self._refusal = ""
        request_id = self._pending.begin()
        if request_id:
            self._send(replace(self.command(request_id), account=self.account))

    def refusal(self, notice: CommandRefused | OrderDenied) -> str:
        """Say what an answer that was no means."""
        return f"Refused: {notice.detail or notice.reason}. Nothing was changed."

    def add_row(self, caption: str, field: QWidget) -> None:
        """Add a field with its caption."""
        label = plain_label(caption, name=f"{field.objectName()}-caption", tone="muted")
        label.setBuddy(field)
        self.rows.addRow(label, field)

    def typed(self) -> None:
        """Something was typed: an older refusal is about something else."""
        self._refusal = ""
        self.refresh()

    def refresh(self) -> None:
        """Say what would happen now, and whether it can be asked for."""
        problem = self.problem()
        if self.model.halted:
            problem = f"Trading is halted: {self.model.halted}. Nothing can be asked for until that is over."
        facts = "" if problem else self.facts()
        is_longer = facts != self._facts.text()
        if is_longer:
            self._facts.setText(facts)
            self._facts.setAccessibleName(facts or "Nothing yet")
        # Measured once it is seen: what is hidden needs no room.
        self._facts.setVisible(bool(facts))
        if is_longer:
            give_room(self._facts)
        self.box.complain(self._refusal or problem)
        is_busy = self._pending.is_busy
        self.box.ok.setEnabled(not problem and self.is_ready() and not is_busy)

    def refuse(self, why: str) -> None:
        """Say why an answer was no."""
        self._refusal = why
        self.refresh()

    def _on_answered(self, notice: Notice) -> None:
        if isinstance(notice, CommandRefused | OrderDenied):
            self.refuse(self.refusal(notice))
            return
        super().accept()
