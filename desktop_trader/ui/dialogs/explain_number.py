"""Explain this number: the parts that sum to a figure of the balance views, each a way to its entries."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QDialog, QDialogButtonBox, QHeaderView, QVBoxLayout, QWidget

from desktop_trader.messages.ledger_page import LedgerFilter
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.models.explanation import Figure, Part, explain
from desktop_trader.ui.models.row_table_model import Column, RowTableModel
from desktop_trader.ui.number_format import format_exact_money
from desktop_trader.ui.theme import SPACE_L, SPACE_M
from desktop_trader.ui.widgets.data_table import DataTable
from desktop_trader.ui.widgets.plain_label import plain_label

_SIZE = (740, 420)
_HINT = "Click a part, or press Enter on it, to see its entries in the history."

ShowHistory = Callable[[LedgerFilter], None]


class ExplainDialog(QDialog):
    """Not modal; follows the figure while it is open."""

    def __init__(
        self, figure: Figure, *, model: BalanceModel, show_history: ShowHistory, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._figure = figure
        self._model = model
        self._show_history = show_history
        self._currency = ""
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("explain-dialog")
        self.setAccessibleName(f"Explain this number: {figure.title}")
        self.setWindowTitle(f"Explain this number: {figure.title}")
        self.resize(*_SIZE)
        self._result = plain_label("", name="explain-result", tone="title")
        self._result.setProperty("figure", "large")
        self._note = plain_label("", name="explain-note", tone="muted")
        self._note.setWordWrap(True)
        self._problem = plain_label("", name="explain-problem", tone="warning")
        self._problem.setWordWrap(True)
        self._parts = RowTableModel[Part](self._columns(), key=lambda part: part.caption, parent=self)
        self._table = DataTable(self._parts, name="explain-table", spoken="Parts of the figure", empty_text="")
        self._table.setSortingEnabled(False)
        self._table.horizontalHeader().setSectionsClickable(False)
        self._table.horizontalHeader().setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        self._table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self._table.row_chosen.connect(self._on_part_chosen)
        buttons = QDialogButtonBox()
        copy = buttons.addButton("Copy", QDialogButtonBox.ButtonRole.ActionRole)
        copy.setObjectName("explain-copy-btn")
        copy.setAccessibleName("Copy the parts")
        copy.setAutoDefault(False)
        copy.clicked.connect(self._table.copy_selection)
        close = buttons.addButton("Close", QDialogButtonBox.ButtonRole.RejectRole)
        close.setObjectName("explain-close-btn")
        close.setAccessibleName("Close")
        close.setAutoDefault(False)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_L, SPACE_L, SPACE_L, SPACE_L)
        layout.setSpacing(SPACE_M)
        for widget in (self._result, self._note, self._problem):
            layout.addWidget(widget)
        layout.addWidget(self._table, 1)
        layout.addWidget(plain_label(_HINT, name="explain-hint", tone="muted"))
        layout.addWidget(buttons)
        for changed in (model.balance_changed, model.positions_changed, model.orders_changed, model.state_changed):
            changed.connect(self._refresh)
        self._refresh()
        self._table.setFocus()

    def _columns(self) -> tuple[Column[Part], ...]:
        return (
            Column(title="Part", text=lambda part: part.caption, sort_key=lambda part: part.caption),
            Column(
                title="Amount",
                text=lambda part: self._signed(part.amount),
                sort_key=lambda part: part.amount,
                is_number=True,
            ),
            Column(title="", full_title="How", text=lambda part: part.note, sort_key=lambda part: part.note),
        )

    def _signed(self, amount: Decimal) -> str:
        return f"{'+' if amount >= 0 else '−'} {format_exact_money(abs(amount), self._currency)}"

    def _refresh(self) -> None:
        snapshot = self._model.snapshot
        told = explain(self._figure, snapshot)
        self._currency = told.currency
        figure = "—" if told.result is None else format_exact_money(told.result, told.currency)
        whose = "" if snapshot is None else f" of {snapshot.account_name}"
        self._result.setText(f"{told.title}{whose} = {figure}")
        self._result.setAccessibleName(self._result.text())
        self._note.setText(told.note)
        self._problem.setText(told.problem)
        self._problem.setVisible(bool(told.problem))
        self._table.set_empty_text("" if told.result is None else "It is made of nothing: zero.")
        self._parts.replace_rows(told.parts)

    def _on_part_chosen(self, part: Part) -> None:
        if part.entries is not None:
            self._show_history(part.entries)
