"""The window over books that a start has refused: the dialog that offers the ways out, and a look at them read-only.

GUI thread only; what takes its time happens in the threads of `TroubleDesk`. Until there is trouble this is a door that
everything goes through to the engine, and costs the first paint nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

from desktop_trader.locations import DataFolderPaths
from desktop_trader.settings import Settings

if TYPE_CHECKING:
    from desktop_trader.messages.books_trouble import ReadOnlyBooks
    from desktop_trader.messages.notices import Notice
    from desktop_trader.trouble_desk import TroubleDesk
    from desktop_trader.ui.dialogs.books_trouble import BooksTroubleDialog
    from desktop_trader.ui.main_window import MainWindow
    from desktop_trader.ui.models.balance_model import BalanceModel


class TroubleView(QObject):
    """`failed` carries where and which error of the program it was."""

    restart_wanted = Signal()
    quit_wanted = Signal()
    failed = Signal(object)
    _replied = Signal(object)

    def __init__(self, paths: DataFolderPaths, model: BalanceModel, *, send: Callable[[object], None]) -> None:
        """Stand before the engine, which `send` leads to."""
        super().__init__(model)
        self._paths = paths
        self._model = model
        self._send = send
        self._desk: TroubleDesk | None = None
        self._dialog: BooksTroubleDialog | None = None
        self._window: MainWindow | None = None
        model.notice_raised.connect(self._on_notice)

    def stand_before(self, window: MainWindow) -> None:
        """Speak in this window from now on."""
        self._window = window

    def send(self, message: object) -> None:
        """Bring a command or question to the engine; where there is none, to who answers questions without one."""
        if self._desk is None:
            self._send(message)
        elif not self._is_refused(message):
            self._desk.submit(message)

    def show(self, what: str, *, settings: Settings, account: str) -> None:
        """Say why the start was refused, and offer what can be done. `account` is the one that would be shown."""
        from desktop_trader.trouble_desk import TroubleDesk
        from desktop_trader.ui.dialogs.books_trouble import BooksTroubleDialog

        sys.stderr.write(f"desktop-trader: {what}\n")
        self._desk = TroubleDesk(
            self._paths,
            settings,
            reply=self._replied.emit,
            on_error=lambda where, error: self.failed.emit((where, error)),
        )
        self._dialog = BooksTroubleDialog(what, self._model, request=self.send, account=account, parent=self._window)
        if self._paths.backups.is_dir():
            self._dialog.backups = self._paths.backups
        self._replied.connect(self._dialog.show_reply)
        if self._window is not None:
            self._replied.connect(self._window.show_reply)
        self._dialog.restart_wanted.connect(self.restart_wanted)
        self._dialog.quit_wanted.connect(self.quit_wanted)
        self._dialog.opened.connect(self._on_opened)
        self._dialog.setWindowModality(Qt.WindowModality.WindowModal)
        self._dialog.open()

    def close(self) -> None:
        """End what runs and remove the copy that was looked at; harmless where there was no trouble."""
        desk, self._desk = self._desk, None
        if desk is not None:
            desk.close()

    def _on_notice(self, notice: Notice) -> None:
        """Damage that is found while the engine runs has halted it; the way out is on a page of the books."""
        from desktop_trader.messages.notices import BOOKS_DAMAGED, TradingHalted

        window = self._window
        if window is None or not isinstance(notice, TradingHalted) or notice.reason != BOOKS_DAMAGED:
            return
        from desktop_trader.ui.dialogs.damage_found import DamageFoundDialog

        dialog = DamageFoundDialog(notice.detail, parent=window)
        dialog.accepted.connect(lambda: window.open_books("backups"))
        dialog.open()

    def _is_refused(self, message: object) -> bool:
        """Refuse whatever moves money."""
        from desktop_trader.messages.commands import Command
        from desktop_trader.messages.notices import CommandRefused

        moment = self._model.market_now
        if not isinstance(message, Command) or moment is None:
            return isinstance(message, Command)
        detail = "these books are open for reading only; nothing was changed"
        self._model.raise_notice(
            CommandRefused(id=0, at=moment, request_id=message.request_id, reason="read only", detail=detail)
        )
        return True

    def _on_opened(self, opened: ReadOnlyBooks) -> None:
        self._model.state_changed.connect(self._disable_changes)
        self._model.replace_snapshot(opened.snapshot)
        self._disable_changes()

    def _disable_changes(self) -> None:
        """Take away what changes anything; whoever offers it looks at the snapshot first, and comes before this."""
        if self._window is None:
            return
        actions = self._window.actions_
        for action in (*actions.money, actions.new_account, actions.run, actions.pause, actions.stop):
            action.setEnabled(False)
