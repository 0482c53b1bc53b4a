"""The sidebar: balance card, the watchlist and the newest changes."""

from datetime import timedelta
from decimal import Decimal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop_trader.domain.money import HUNDRED
from desktop_trader.messages.snapshot import BalanceRow
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.models.row_table_model import RowTableModel
from desktop_trader.ui.models.table_columns import WatchRow, change_columns, watchlist_columns
from desktop_trader.ui.theme import SPACE_M, SPACE_S
from desktop_trader.ui.widgets.balance_card import SIDEBAR_CARD, BalanceCard
from desktop_trader.ui.widgets.data_table import DataTable
from desktop_trader.ui.widgets.plain_label import plain_label

_TABLE_HEIGHT_MIN = 96
_AN_INSTANT = timedelta(microseconds=1)


class SidebarPanel(QWidget):
    """`symbol_chosen` says which row of the watchlist was clicked, `history_wanted` what of a change to show."""

    symbol_chosen = Signal(str)
    history_wanted = Signal(object)

    def __init__(self, model: BalanceModel, *, card: BalanceCard | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._moved: dict[str, int] = {}
        self._last: dict[str, Decimal] = {}
        self.setObjectName("sidebar-panel")
        self.setAccessibleName("Sidebar")
        if card is None:
            card = BalanceCard(model, names=SIDEBAR_CARD)
        self._watched = RowTableModel(watchlist_columns(), key=lambda row: row.instrument.symbol, parent=self)
        self._watchlist = DataTable(
            self._watched,
            name="sidebar-watchlist-table",
            spoken="Watchlist",
            empty_text="Waiting for the first prices.",
        )
        self._watchlist.row_chosen.connect(lambda row: self.symbol_chosen.emit(row.instrument.symbol))
        self._changes = RowTableModel(
            change_columns(self._currency), key=lambda row: (row.at, row.kind, row.reason, row.total), parent=self
        )
        changes = DataTable(
            self._changes,
            name="sidebar-changes-table",
            spoken="Newest balance changes",
            empty_text="No changes yet.",
        )
        changes.row_chosen.connect(self._on_change_chosen)
        for table in (self._watchlist, changes):
            table.setMinimumHeight(_TABLE_HEIGHT_MIN)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_M, SPACE_M, SPACE_M, SPACE_M)
        layout.setSpacing(SPACE_S)
        layout.addWidget(card)
        layout.addWidget(plain_label("Watchlist", name="sidebar-watchlist-title", tone="title"))
        layout.addWidget(self._watchlist, 3)
        layout.addWidget(plain_label("Newest changes", name="sidebar-changes-title", tone="title"))
        layout.addWidget(changes, 2)
        model.quotes_changed.connect(self._on_quotes_changed)
        model.recent_changes_changed.connect(self._on_recent_changes_changed)
        self._on_quotes_changed()
        self._on_recent_changes_changed()

    def _currency(self) -> str:
        return "" if self._model.balance is None else self._model.balance.currency

    def _on_quotes_changed(self) -> None:
        snapshot = self._model.snapshot
        if snapshot is None:
            return
        opened = dict(snapshot.market.day_open)
        rows = []
        for instrument in snapshot.instruments:
            quote = self._model.quote(instrument.symbol)
            if quote is not None:
                self._note_move(instrument.symbol, quote.last)
            day_open = opened.get(instrument.symbol)
            change = (quote.last - day_open) / day_open * HUNDRED if quote is not None and day_open else None
            moved = self._moved.get(instrument.symbol, 0)
            rows.append(WatchRow(instrument=instrument, quote=quote, change_percent=change, moved=moved))
        self._watched.replace_rows(rows)

    def _note_move(self, symbol: str, last: Decimal) -> None:
        before = self._last.get(symbol)
        if before is not None and last != before:
            self._moved[symbol] = 1 if last > before else -1
        self._last[symbol] = last

    def _on_change_chosen(self, change: BalanceRow) -> None:
        from desktop_trader.messages.ledger_page import LedgerFilter

        chosen = LedgerFilter(account="", kinds=(change.kind,), from_at=change.at, until_at=change.at + _AN_INSTANT)
        self.history_wanted.emit(chosen)

    def _on_recent_changes_changed(self) -> None:
        self._changes.replace_rows(self._model.recent_changes)
