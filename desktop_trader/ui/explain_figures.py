"""Makes the figures of the balance views explainable: a right click or Enter on one opens what it is made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.models.explanation import Figure
from desktop_trader.ui.widgets.money_label import MoneyLabel

if TYPE_CHECKING:
    from desktop_trader.messages.ledger_page import LedgerFilter
    from desktop_trader.ui.dialogs.explain_number import ExplainDialog


class ExplainFigures(QObject):
    """Belongs to the window; finds the labels by their names."""

    def __init__(self, model: BalanceModel, *, show_history: Callable[[LedgerFilter], None], window: QWidget) -> None:
        super().__init__(window)
        self._model = model
        self._show_history = show_history
        self._window = window
        for label in window.findChildren(MoneyLabel):
            figure = Figure.named(label.objectName())
            if figure is not None:
                label.make_explainable()
                label.explain_requested.connect(lambda figure=figure: self.open(figure))

    def open(self, figure: Figure) -> ExplainDialog:
        """Open the dialog of a figure."""
        from desktop_trader.ui.dialogs.explain_number import ExplainDialog

        dialog = ExplainDialog(figure, model=self._model, show_history=self._show_history, parent=self._window)
        dialog.show()
        return dialog
