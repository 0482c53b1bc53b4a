"""Connects what a person sees of the market's connection: bands, dialogs, outages on the chart; built when needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog, QMainWindow

from desktop_trader.ui.actions import Actions
from desktop_trader.ui.models.balance_model import BalanceModel, RequestData, SendCommand
from desktop_trader.ui.network_text import is_paused

if TYPE_CHECKING:  # nothing of this is part of the first paint
    from desktop_trader.messages.notices import Notice, OutageEnded
    from desktop_trader.settings import ExchangeAddress, Settings
    from desktop_trader.ui.dialogs.market_choice import MarketChoiceDialog
    from desktop_trader.ui.dialogs.outage_report import OutageReportDialog
    from desktop_trader.ui.dialogs.simulate_loss import SimulateLossDialog
    from desktop_trader.ui.outages_on_chart import OutagesOnChart
    from desktop_trader.ui.panels.chart import ChartPanel
    from desktop_trader.ui.widgets.outage_band import OutageBand
    from desktop_trader.ui.widgets.pause_band import PauseBand


class NetworkDesk(QObject):
    """One of everything at a time. `restart_wanted` once another market was chosen, `is_market_chosen` from then on.

    `address_in_use` is that of the exchange that this start was told, if any.
    """

    restart_wanted = Signal()

    def __init__(
        self, model: BalanceModel, window: QMainWindow, *, send: SendCommand, request: RequestData, settings: Settings
    ) -> None:
        super().__init__(window)
        self._model = model
        self._window = window
        self._send = send
        self._request = request
        self._settings = settings
        self._pause_band: PauseBand | None = None
        self._outage_band: OutageBand | None = None
        self._on_chart: OutagesOnChart | None = None
        self._loss: SimulateLossDialog | None = None
        self._market: MarketChoiceDialog | None = None
        self._report: OutageReportDialog | None = None
        self._report_id = ""
        self.is_market_chosen = False
        self.address_in_use: ExchangeAddress | None = None
        model.network_changed.connect(self._on_network_changed)
        model.notice_raised.connect(self._on_notice)

    def connect_actions(self, actions: Actions, open_page: Callable[[str], object]) -> None:
        """Let the actions open pages and dialogs."""
        actions.health.triggered.connect(lambda: open_page("health"))
        actions.outages.triggered.connect(lambda: open_page("outages"))
        actions.simulate_loss.triggered.connect(self.simulate_loss)
        actions.market.triggered.connect(self.choose_market)
        text = actions.simulate_loss.text()

        def follow() -> None:
            is_lost = self._model.network is not None and self._model.network.simulated_loss
            actions.simulate_loss.setText("End simulated network &loss" if is_lost else text)

        self._model.network_changed.connect(follow)

    def show_reply(self, reply: object) -> None:
        """Hand an answer to whoever asked."""
        if self._on_chart is not None:
            self._on_chart.show_reply(reply)
        if self._market is not None:
            self._market.show_reply(reply)
        if self._report is not None and self._report_id and getattr(reply, "request_id", "") == self._report_id:
            self._report_id = ""
            for outage in getattr(reply, "outages", ()):
                if outage.id == self._report.outage_id:
                    self._report.show_outage(outage)

    def follow_chart(self, panel: ChartPanel) -> None:
        """Draw outages on the chart; again once the chart itself is there."""
        if self._on_chart is None:
            from desktop_trader.ui.outages_on_chart import OutagesOnChart

            self._on_chart = OutagesOnChart(self._model, panel, request=self._request)
        self._on_chart.draw()

    def simulate_loss(self) -> None:
        """Open the dialog, or end the loss that is simulated."""
        network = self._model.network
        if network is not None and network.simulated_loss:
            from desktop_trader.messages.commands import EndSimulatedLoss

            self._send(EndSimulatedLoss(request_id=_new_id()))
            return
        from desktop_trader.ui.dialogs.simulate_loss import SimulateLossDialog

        if self._loss is None or not self._loss.isVisible():
            self._loss = SimulateLossDialog(self._model, send=self._send, parent=self._window)
        _show(self._loss)

    def choose_market(self) -> None:
        """Open the dialog that chooses where prices come from."""
        from desktop_trader.ui.dialogs.market_choice import MarketChoiceDialog

        if self._market is None or not self._market.isVisible():
            self._market = MarketChoiceDialog(
                self._model,
                request=self._request,
                settings=self._settings,
                in_use=self.address_in_use,
                parent=self._window,
            )
            self._market.chosen.connect(self._on_market_chosen)
        _show(self._market)

    def _on_market_chosen(self) -> None:
        self.is_market_chosen = True
        self.restart_wanted.emit()

    def open_report(self, ended: OutageEnded) -> None:
        """Show the report of an outage that is over."""
        from desktop_trader.messages.network import OutagesRequest
        from desktop_trader.ui.dialogs.outage_report import OutageReportDialog

        if self._report is not None:
            self._report.close()
            self._report.deleteLater()
        self._report = OutageReportDialog(ended, model=self._model, parent=self._window)
        _show(self._report)
        self._report_id = _new_id()
        self._request(OutagesRequest(request_id=self._report_id))

    def _on_network_changed(self) -> None:
        if self._outage_band is not None:
            self._outage_band.hold(is_paused(self._model.network))
        if self._pause_band is None and is_paused(self._model.network):
            from desktop_trader.ui.widgets.pause_band import PauseBand

            self._pause_band = PauseBand(self._model, self._window, send=self._send)
            self._add_band(self._pause_band)

    def _on_notice(self, notice: Notice) -> None:
        if notice.event != "outage":
            return
        from desktop_trader.messages.notices import OutageEnded
        from desktop_trader.ui.widgets.outage_band import OutageBand

        if not isinstance(notice, OutageEnded):
            return
        if self._outage_band is None:
            self._outage_band = OutageBand(self._window)
            self._outage_band.report_wanted.connect(self.open_report)
            self._add_band(self._outage_band)
        self._outage_band.tell(notice)

    def _add_band(self, band: PauseBand | OutageBand) -> None:
        is_seen = not band.isHidden()
        self._window.addToolBarBreak()
        self._window.addToolBar(band)
        band.setVisible(is_seen)


def _show(dialog: QDialog) -> None:
    dialog.show()
    dialog.raise_()
    dialog.activateWindow()


def _new_id() -> str:
    from uuid import uuid4  # not for the first paint

    return uuid4().hex
