"""What can be done with an open position, for the menu and the keys of every table of positions."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDialog, QWidget

from desktop_trader.domain.instrument import InstrumentKind
from desktop_trader.messages.snapshot import PositionView
from desktop_trader.ui.models.balance_model import BalanceModel, SendCommand
from desktop_trader.ui.position_commands import PositionCommands


class PositionMenu(QObject):
    """Actions of one table, as enabled as its chosen position allows; dialogs are built when they are opened."""

    receipt_wanted = Signal(object)

    def __init__(
        self,
        model: BalanceModel,
        table: QWidget,
        *,
        send: SendCommand,
        commands: PositionCommands,
        chosen: Callable[[], PositionView | None],
    ) -> None:
        super().__init__(table)
        self._model = model
        self._table = table
        self._send = send
        self._chosen = chosen
        add = self._add
        self.close_ = add("close", "&Close", commands.close, key="Del")
        self.part = add("close-part", "Close &part…", lambda row: self._open("close_part", "ClosePartDialog", row))
        self.reverse = add("reverse", "Re&verse…", lambda row: self._open("reverse_position", "ReverseDialog", row))
        self._separate()
        self.levels = add("levels", "&Stop and target…", lambda row: self._open("set_protection", "LevelsDialog", row))
        self.margin = add(
            "margin", "Add or remove &margin…", lambda row: self._open("change_margin", "MarginDialog", row)
        )
        self.leverage = add("leverage", "&Leverage…", lambda row: self._open("set_leverage", "LeverageDialog", row))
        self._separate()
        self.receipt = add(
            "receipt", "&Receipt of its entry…", lambda row: self.receipt_wanted.emit(row.entry_order_id)
        )
        self._separate()
        model.positions_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Offer what the chosen position allows."""
        row = self._chosen()
        is_open = row is not None and not row.is_closing
        for action in (self.close_, self.part, self.reverse, self.levels, self.margin, self.leverage):
            action.setEnabled(is_open)
        self.receipt.setEnabled(row is not None and row.entry_order_id > 0)
        if row is None:
            return
        instrument = self._model.instrument(row.symbol)
        is_swap = instrument is not None and instrument.kind is InstrumentKind.SWAP
        for action in (self.reverse, self.leverage):
            action.setEnabled(is_open and is_swap)
        self.margin.setEnabled(is_open and is_swap and row.margin_mode == "isolated")

    def _open(self, module: str, name: str, row: PositionView) -> None:
        from importlib import import_module  # one dialog of six, and only when it is wanted

        kind: Callable[..., QDialog] = getattr(import_module(f"desktop_trader.ui.dialogs.{module}"), name)
        show_dialog(kind(self._model, row, send=self._send, parent=self._table.window()))

    def _add(self, name: str, text: str, act: Callable[[PositionView], object], *, key: str = "") -> QAction:
        action = QAction(text, self._table)
        action.setObjectName(f"{self._table.objectName()}-{name}")
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        if key:
            action.setShortcut(QKeySequence(key))

        def run() -> None:
            row = self._chosen()
            if row is not None:
                act(row)

        action.triggered.connect(run)
        self._table.addAction(action)
        return action

    def _separate(self) -> None:
        line = QAction(self._table)
        line.setSeparator(True)
        self._table.addAction(line)


def show_dialog(dialog: QDialog) -> None:
    """Show a dialog that goes when it is closed."""
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.show()
    dialog.raise_()
    dialog.activateWindow()
