"""Connects what a person does with what is open: panic, receipts of orders, trading on the chart; built when needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMainWindow

from desktop_trader.ui.actions import Actions
from desktop_trader.ui.models.balance_model import BalanceModel, RequestData, SendCommand
from desktop_trader.ui.window_state import bring_to_front

if TYPE_CHECKING:  # nothing of this is part of the first paint
    from PySide6.QtWidgets import QDialog

    from desktop_trader.messages.notices import Notice
    from desktop_trader.ui.chart_trading import ChartTrading
    from desktop_trader.ui.dialogs.clear_close_only import ClearCloseOnlyDialog
    from desktop_trader.ui.dialogs.close_all import CloseAllDialog
    from desktop_trader.ui.widgets.close_only_band import CloseOnlyBand
    from desktop_trader.ui.widgets.rejection_band import RejectionBand
    from desktop_trader.ui.window_panels import WindowPanels


class TradingDesk(QObject):
    """One of every dialog at a time; receipts lie side by side."""

    def __init__(self, model: BalanceModel, window: QMainWindow, *, send: SendCommand, request: RequestData) -> None:
        super().__init__(window)
        self._model = model
        self._window = window
        self._send = send
        self._request = request
        self._close_all: CloseAllDialog | None = None
        self._clear: ClearCloseOnlyDialog | None = None
        self._band: CloseOnlyBand | None = None
        self._rejections: RejectionBand | None = None
        self._receipts: set[str] = set()
        self._on_chart: ChartTrading | None = None
        model.state_changed.connect(self._on_state_changed)
        model.notice_raised.connect(self._on_notice)

    def connect_actions(self, actions: Actions) -> None:
        """Let the shared actions open what they name."""
        actions.close_all.triggered.connect(self.close_all)
        actions.chart_levels.triggered.connect(self.open_levels)

    def follow_panels(self, panels: WindowPanels) -> None:
        """Answer tables that ask for receipts, and let the chart be traded on, once all panels are there."""
        from desktop_trader.ui.panels.orders import OrdersTable
        from desktop_trader.ui.panels.positions import PositionsTable

        for positions in self._window.findChildren(PositionsTable):
            positions.receipt_wanted.connect(self.ask_for_receipt)
        for orders in self._window.findChildren(OrdersTable):
            orders.receipt_wanted.connect(self.ask_for_receipt)
        from desktop_trader.ui.chart_trading import ChartTrading

        self._on_chart = ChartTrading(self._model, panels.chart, send=self._send)
        self._on_chart.order_wanted.connect(panels.open_ticket)
        self._on_chart.draw()

    def show_reply(self, reply: object) -> None:
        """Show the receipt that somebody asked for."""
        request_id = str(getattr(reply, "request_id", ""))
        if request_id not in self._receipts:
            return
        from desktop_trader.messages.order_receipt import OrderReceiptReply
        from desktop_trader.ui.dialogs.order_receipt import OrderReceiptDialog

        if isinstance(reply, OrderReceiptReply):
            self._receipts.discard(request_id)
            OrderReceiptDialog(reply, parent=self._window).show()

    def ask_for_receipt(self, order_id: int) -> None:
        """Ask for the receipt of an order of the account shown."""
        from desktop_trader.messages.order_receipt import OrderReceiptRequest

        request_id = _new_id()
        self._receipts.add(request_id)
        self._request(OrderReceiptRequest(request_id=request_id, account=self._model.account, order_id=order_id))

    def close_all(self) -> CloseAllDialog:
        """Open the confirmation, or bring it to the front."""
        from desktop_trader.ui.dialogs.close_all import CloseAllDialog

        if self._close_all is None or not self._close_all.isVisible():
            self._close_all = CloseAllDialog(self._model, send=self._send, parent=self._window)
        self._show(self._close_all)
        return self._close_all

    def allow_entries(self) -> ClearCloseOnlyDialog:
        """Open the dialog that ends CLOSE ONLY, or bring it to the front."""
        from desktop_trader.ui.dialogs.clear_close_only import ClearCloseOnlyDialog

        if self._clear is None or not self._clear.isVisible():
            self._clear = ClearCloseOnlyDialog(self._model, send=self._send, parent=self._window)
        self._show(self._clear)
        return self._clear

    def open_levels(self) -> None:
        """Open the list of all levels of the symbol that the chart shows."""
        if self._on_chart is not None:
            self._on_chart.open_levels()

    def draw_on_chart(self) -> None:
        """Draw the lines again, once the chart itself is there."""
        if self._on_chart is not None:
            self._on_chart.draw()

    def refresh_band(self) -> None:
        """Let the bands be seen or not as the account wants it; a restored layout knows nothing of that."""
        for band in (self._band, self._rejections):
            if band is not None:
                band.refresh()

    def _on_state_changed(self) -> None:
        snapshot = self._model.snapshot
        if snapshot is not None and snapshot.close_only:
            self._add_band()

    def _on_notice(self, notice: Notice) -> None:
        self._tell_left(notice)
        self._tell_rejection(notice)
        # The notice comes before the snapshot and knows since when.
        if notice.event == "close_only_changed" and self._band is None:
            self._add_band().take_notice(notice)

    def _tell_left(self, notice: Notice) -> None:
        """Bring the confirmation of a close all back, when it is told afterwards what could not be closed."""
        dialog = self._close_all
        if notice.event != "command_refused" or dialog is None or dialog.isVisible():
            return
        from desktop_trader.messages.notices import CommandRefused

        if isinstance(notice, CommandRefused) and notice.request_id == dialog.request_id:
            dialog.tell_left(notice)
            self._show(dialog)

    def _tell_rejection(self, notice: Notice) -> None:
        """Say in a band that an order was rejected: it may have been accepted, and nobody looks at it any more."""
        if notice.event != "order_canceled":
            return
        from desktop_trader.messages.notices import OrderCanceled
        from desktop_trader.ui.widgets.rejection_band import REJECTIONS, RejectionBand

        if not isinstance(notice, OrderCanceled) or notice.reason not in REJECTIONS:
            return
        if self._rejections is None:
            self._rejections = RejectionBand(self._model, self._window)
            self._window.addToolBarBreak()
            self._window.addToolBar(self._rejections)
        self._rejections.tell(notice)

    def _add_band(self) -> CloseOnlyBand:
        if self._band is not None:
            return self._band
        from desktop_trader.ui.widgets.close_only_band import CloseOnlyBand

        self._band = CloseOnlyBand(self._model, self._window)
        self._band.allow_wanted.connect(self.allow_entries)
        is_seen = not self._band.isHidden()
        self._window.addToolBarBreak()
        self._window.addToolBar(self._band)
        self._band.setVisible(is_seen)
        return self._band

    def _show(self, dialog: QDialog) -> None:
        if not self._window.isVisible() or self._window.isMinimized():
            # From the tray: a dialog of a hidden window would come without it.
            bring_to_front(self._window)
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()


def _new_id() -> str:
    from uuid import uuid4  # not for the first paint

    return uuid4().hex
