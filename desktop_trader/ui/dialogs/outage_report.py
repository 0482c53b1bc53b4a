"""The report of an outage that is over: what was held back, which levels were crossed. For information; not modal."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from desktop_trader.messages.network import Outage
from desktop_trader.messages.notices import OutageEnded
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.theme import SPACE_L, SPACE_M
from desktop_trader.ui.widgets.outage_details import OutageDetails
from desktop_trader.ui.widgets.plain_label import plain_label

_SIZE = (640, 420)


class OutageReportDialog(QDialog):
    """Says at once what the notice told, and everything when the row of the books is there."""

    def __init__(self, ended: OutageEnded, *, model: BalanceModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.outage_id = ended.outage_id
        self.setObjectName("outage-report-dialog")
        self.setAccessibleName("Outage report")
        self.setWindowTitle("Outage report")
        self.resize(*_SIZE)
        title = "Simulated loss: trading goes on" if ended.is_simulated else "Trading goes on"
        self._title = plain_label(title, name="outage-report-title", tone="heading")
        self._told = plain_label(ended.detail, name="outage-report-text", spoken="The report in words")
        self._told.setWordWrap(True)
        self._told.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._details = OutageDetails(model.instrument, prefix="outage-report")
        self._details.hide()
        buttons = QDialogButtonBox()
        close = buttons.addButton("Close", QDialogButtonBox.ButtonRole.RejectRole)
        close.setObjectName("outage-report-close-btn")
        close.setAccessibleName("Close the report")
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_L, SPACE_L, SPACE_L, SPACE_L)
        layout.setSpacing(SPACE_M)
        for widget in (self._title, self._told):
            layout.addWidget(widget)
        layout.addWidget(self._details, 1)
        layout.addWidget(buttons)

    def show_outage(self, outage: Outage) -> None:
        """Show the whole row in place of the sentences."""
        self._told.hide()
        self._details.show_outage(outage)
        self._details.show()
