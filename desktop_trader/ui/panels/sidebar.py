"""The sidebar: balance card, the watchlist and the newest changes of the balance."""

from datetime import timedelta

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QToolButton, QVBoxLayout, QWidget

from desktop_trader.messages.snapshot import BalanceRow
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.models.row_table_model import RowTableModel
from desktop_trader.ui.models.table_columns import change_columns
from desktop_trader.ui.theme import SPACE_M, SPACE_S
from desktop_trader.ui.widgets.balance_card import SIDEBAR_CARD, BalanceCard
from desktop_trader.ui.widgets.data_table import DataTable

_TABLE_HEIGHT_MIN = 60
_AN_INSTANT = timedelta(microseconds=1)


class SidebarPanel(QWidget):
    """`history_wanted` says what of a change to show; the watchlist, where there is one, speaks for itself."""

    history_wanted = Signal(object)

    def __init__(
        self,
        model: BalanceModel,
        *,
        card: BalanceCard | None = None,
        watchlist: QWidget | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._model = model
        self.setObjectName("sidebar-panel")
        self.setAccessibleName("Sidebar")
        if card is None:
            card = BalanceCard(model, names=SIDEBAR_CARD)
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
        changes.setMinimumHeight(_TABLE_HEIGHT_MIN)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_M, SPACE_M, SPACE_M, SPACE_M)
        layout.setSpacing(SPACE_S)
        layout.addWidget(card)
        if watchlist is not None:
            layout.addWidget(watchlist, 3)
        layout.addWidget(_fold("Newest changes", changes, name="sidebar-changes-fold-btn"))
        layout.addWidget(changes, 1)
        model.recent_changes_changed.connect(self._on_recent_changes_changed)
        self._on_recent_changes_changed()

    def _currency(self) -> str:
        return "" if self._model.balance is None else self._model.balance.currency

    def _on_change_chosen(self, change: BalanceRow) -> None:
        from desktop_trader.messages.ledger_page import LedgerFilter

        chosen = LedgerFilter(account="", kinds=(change.kind,), from_at=change.at, until_at=change.at + _AN_INSTANT)
        self.history_wanted.emit(chosen)

    def _on_recent_changes_changed(self) -> None:
        self._changes.replace_rows(self._model.recent_changes)


def _fold(title: str, folded: QWidget, *, name: str) -> QToolButton:
    """Return a title that hides and shows what stands below it, which leaves its room to what stands above."""
    button = QToolButton()
    button.setObjectName(name)
    button.setText(title)
    button.setAccessibleName(f"{title}: show")
    button.setToolTip("Show or hide")
    button.setCheckable(True)
    button.setChecked(True)
    button.setArrowType(Qt.ArrowType.DownArrow)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setProperty("look", "fold")

    def show(is_open: bool) -> None:
        button.setArrowType(Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow)
        folded.setVisible(is_open)

    button.toggled.connect(show)
    return button
