"""What can be done with a symbol of the watchlist, on a right click or the menu key."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu

if TYPE_CHECKING:
    from desktop_trader.ui.models.watch_row import WatchRow
    from desktop_trader.ui.widgets.watchlist_table import WatchlistTable


class WatchlistMenu(QMenu):
    """Lets its table emit what a person chose; the keys beside the entries are those of the table."""

    def __init__(self, table: WatchlistTable, row: WatchRow) -> None:
        super().__init__(table)
        symbol = row.symbol
        self.setObjectName("watchlist-menu")
        self.setAccessibleName(f"What to do with {symbol}")
        # Closing must not delete it before the chosen action has been carried out.
        self.aboutToHide.connect(self.deleteLater)
        self._add("Show in the chart", "chart", lambda: table.chosen.emit(symbol), key="Return")
        self._add("Trade…", "trade", lambda: table.trade_wanted.emit(symbol))
        self.addSeparator()
        follow = "Not a favourite any more" if row.is_favourite else "Follow as a favourite"
        self._add(follow, "follow", lambda: table.star_pressed.emit(symbol), key="Space")
        if row.is_favourite and table.is_in_own_order:
            self._add("Move up", "up", lambda: table.moved.emit(symbol, -1), key="Ctrl+Up")
            self._add("Move down", "down", lambda: table.moved.emit(symbol, 1), key="Ctrl+Down")
        self._add("Remove from the list", "remove", lambda: table.removed.emit(symbol), key="Del")
        self.addSeparator()
        self._add("Copy rows", "copy", table.copy_selection, key="Ctrl+C")

    def _add(self, text: str, name: str, act: Callable[[], object], *, key: str = "") -> None:
        # The key is only shown: a shortcut of a menu that is open would act besides the table's own.
        action = self.addAction(f"{text}\t{QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)}")
        action.setObjectName(f"watchlist-{name}")
        action.triggered.connect(lambda _checked: act())
