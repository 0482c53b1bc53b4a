"""The band under the toolbar that says that nothing trades any more, and why."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolBar, QWidget

from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.widgets.plain_label import plain_label

_WHAT_IT_MEANS = "Nothing is traded or written until the application is started again."


class HaltBanner(QToolBar):
    """Seen exactly while the snapshot says that trading is halted; never in the way of reading."""

    def __init__(self, model: BalanceModel, parent: QWidget) -> None:
        super().__init__("Trading is halted", parent)
        self._model = model
        self.setObjectName("halt-banner")
        self.setAccessibleName("Trading is halted")
        self.setMovable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.toggleViewAction().setVisible(False)
        self._text = plain_label("", name="halt-banner-text", tone="warning", spoken="Trading is halted")
        self.addWidget(self._text)
        model.state_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show or hide what the model says; a restored layout knows nothing of it."""
        halted = self._model.halted
        text = f"■ TRADING IS HALTED: {halted}. {_WHAT_IT_MEANS}" if halted else ""
        self._text.setText(text)
        self._text.setToolTip(text)
        self._text.setAccessibleName(text or "Trading is not halted")
        self.setVisible(bool(halted))
