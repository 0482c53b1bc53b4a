"""What can be done with a symbol of the watchlist, on a right click or the menu key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

if TYPE_CHECKING:
    from desktop_trader.ui.models.watch_row import WatchRow


class WatchlistMenu(QMenu):
    """`picked` names what a person chose: chart, trade, follow, up, down, remove or copy.

    The keys beside the entries are those of the table. `can_move` says that the row has a place of its own to move.
    """

    picked = Signal(str)

    def __init__(self, row: WatchRow, *, can_move: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("watchlist-menu")
        self.setAccessibleName(f"What to do with {row.symbol}")
        # Closing must not delete it before the chosen action has been carried out.
        self.aboutToHide.connect(self.deleteLater)
        self._add("Show in the chart", "chart", key="Return")
        self._add("Trade…", "trade")
        self.addSeparator()
        self._add("Not a favourite any more" if row.is_favourite else "Follow as a favourite", "follow", key="Space")
        if can_move:
            self._add("Move up", "up", key="Ctrl+Up")
            self._add("Move down", "down", key="Ctrl+Down")
        self._add("Remove from the list", "remove", key="Del")
        self.addSeparator()
        self._add("Copy rows", "copy", key="Ctrl+C")

    def _add(self, text: str, name: str, *, key: str = "") -> None:
        # The key is only shown: a shortcut of a menu that is open would act besides the table's own.
        action = self.addAction(f"{text}\t{QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)}")
        action.setObjectName(f"watchlist-{name}")
        action.triggered.connect(lambda _checked: self.picked.emit(name))
