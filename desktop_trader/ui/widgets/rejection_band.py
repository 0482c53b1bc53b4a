"""The band that says that an order was rejected after it had been sent, until somebody has read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QPushButton, QWidget

from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.widgets.message_band import MessageBand

if TYPE_CHECKING:
    from desktop_trader.messages.notices import OrderCanceled

REJECTIONS = {"rejected": "was rejected", "not_placed": "was never placed"}
"""Endings that nobody asked for, in words."""


class RejectionBand(MessageBand):
    """Shows the newest one whole; several are counted. The form that sent the order has other things to say by then."""

    def __init__(self, model: BalanceModel, parent: QWidget) -> None:
        super().__init__("rejection-band", "Rejected order", tone="error", parent=parent)
        self._model = model
        self._count = 0
        dismiss = QPushButton("Dismiss")
        dismiss.setObjectName("rejection-band-dismiss-btn")
        dismiss.setAccessibleName("Dismiss what is said of the rejected order")
        dismiss.clicked.connect(self.dismiss)
        # Before the sentence: it may be longer than the window is wide.
        self.insertWidget(self.actions()[0], dismiss)

    def tell(self, ended: OrderCanceled) -> None:
        """Say which order it was, and why."""
        self._count += 1
        whose = f"account {ended.account}, " if ended.account and ended.account != self._model.account else ""
        why = f": {ended.detail.rstrip('.')}" if ended.detail else ""
        more = f"  ({self._count} orders since this was last dismissed)" if self._count > 1 else ""
        self.say(
            f"✗  Order {ended.order_id} ({whose}{ended.side.upper()} {ended.symbol}) {REJECTIONS[ended.reason]}{why}. "
            f"Nothing of it stays open.{more}"
        )

    def dismiss(self) -> None:
        """Go, and count from nothing."""
        self._count = 0
        self.say("")
