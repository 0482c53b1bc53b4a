"""The table of the history: no sorting, links that lead to more, and a menu for what can be done with a row."""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QModelIndex, QPoint, Qt, Signal
from PySide6.QtWidgets import QMenu, QWidget

from desktop_trader.messages.ledger_page import LedgerFilter, LedgerRow
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.models.ledger_columns import LINKS, ledger_columns
from desktop_trader.ui.models.row_table_model import RowTableModel
from desktop_trader.ui.widgets.data_table import DataTable

EMPTY = "No entries yet."


class HistoryTable(DataTable):
    """Says what is wanted of a row: its receipt, the entries of its position or order, or those in their own dock.

    A click on a link, Enter, a double click and the menu lead there. Who has scrolled down goes on seeing the same
    rows when others come or go.
    """

    receipt_wanted = Signal(object)
    filter_wanted = Signal(object)
    row_wanted = Signal(str, object)
    export_wanted = Signal()

    def __init__(self, model: BalanceModel, parent: QWidget | None = None) -> None:
        self._entries = RowTableModel[LedgerRow](ledger_columns(_currency_of(model)), key=lambda row: row.id)
        super().__init__(
            self._entries, name="history-table", spoken="History of the balance", empty_text=EMPTY, parent=parent
        )
        self._entries.setParent(self)
        self._model = model
        self.setSortingEnabled(False)
        self.horizontalHeader().setSectionsClickable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._on_menu_requested)
        self.clicked.connect(self._on_clicked_link)
        self.doubleClicked.connect(lambda index: self.receipt_wanted.emit(self._row_of(index)))
        self.entered_row.connect(self.receipt_wanted)

    def show_zone(self, *, is_utc: bool) -> None:
        """Write times in UTC or in this computer's zone, and name it in the header."""
        self._entries.columns = tuple(ledger_columns(_currency_of(self._model), is_utc=is_utc))
        self._entries.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self._entries.columns) - 1)
        self._entries.refresh()

    def show_rows(self, rows: list[LedgerRow], *, from_top: bool) -> None:
        """Show these rows; unless from the top, what is in view stays where it is."""
        bar, first = self.verticalScrollBar(), self.rowAt(0)
        seen = self._entries.row_at(first).id if bar.value() and first >= 0 and not from_top else None
        offset = self.rowViewportPosition(first)
        self._entries.replace_rows(rows)
        if from_top:
            self.scrollToTop()
            return
        place = next((place for place, row in enumerate(rows) if row.id == seen), None)
        if place is not None:
            bar.setValue(bar.value() + self.rowViewportPosition(place) - offset)

    def menu_of(self, row: LedgerRow | None) -> QMenu:
        """Return what can be done with a row, or with the table where there is none."""
        menu = QMenu(self)
        menu.setObjectName("history-menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if row is not None:
            _add(menu, "Receipt…", lambda: self.receipt_wanted.emit(row))
            for title, what, numbers in (
                ("Position", "position", {each.id for each in self._model.positions}),
                ("Order", "order", {each.id for each in self._model.orders}),
            ):
                self._add_links(menu, row, title=title, what=what, shown_elsewhere=numbers)
            menu.addSeparator()
        _add(menu, "Copy rows", self.copy_selection)
        _add(menu, "Export…", self.export_wanted.emit)
        return menu

    def _add_links(self, menu: QMenu, row: LedgerRow, *, title: str, what: str, shown_elsewhere: set[int]) -> None:
        number: int | None = getattr(row, LINKS[title])
        if number is None:
            return
        linked = number
        _add(menu, f"Entries of {what} {number}", lambda: self._ask_for_linked(title, row))
        if number in shown_elsewhere:
            _add(menu, f"Show {what} {number} in its dock", lambda: self.row_wanted.emit(f"{what}s", linked))

    def _on_menu_requested(self, place: QPoint) -> None:
        index = self.indexAt(place)
        menu = self.menu_of(self._row_of(index) if index.isValid() else None)
        menu.popup(self.viewport().mapToGlobal(place))

    def _on_clicked_link(self, index: QModelIndex) -> None:
        title, row = self._entries.columns[index.column()].title, self._row_of(index)
        if title not in LINKS or getattr(row, LINKS[title]) is None:
            return
        if title == "Fill":
            self.receipt_wanted.emit(row)
        else:
            self._ask_for_linked(title, row)

    def _ask_for_linked(self, title: str, row: LedgerRow) -> None:
        chosen = LedgerFilter(account="")
        by_position = replace(chosen, position_id=row.position_id)
        self.filter_wanted.emit(by_position if title == "Position" else replace(chosen, order_id=row.order_id))

    def _row_of(self, index: QModelIndex) -> LedgerRow:
        return self._entries.row_at(self.sorted_rows.mapToSource(index).row())


def _currency_of(model: BalanceModel) -> Callable[[], str]:
    return lambda: model.balance.currency if model.balance else ""


def _add(menu: QMenu, text: str, act: Callable[[], object]) -> None:
    menu.addAction(text).triggered.connect(lambda _checked=False: act())
