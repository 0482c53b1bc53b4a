"""Keeps the chart's outage bands and its gray price in step with the books and with the market's connection."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from PySide6.QtCore import QObject

from desktop_trader.messages.network import Outage, OutagesPage, OutagesRequest
from desktop_trader.messages.notices import Notice, OutageEnded
from desktop_trader.ui.models.balance_model import BalanceModel, RequestData
from desktop_trader.ui.models.table_columns import local_time
from desktop_trader.ui.network_text import (
    held_back_text,
    is_paused,
    length_text,
    outage_reasons_text,
    pause_title,
    reasons_text,
)

if TYPE_CHECKING:  # the chart's library is imported when the chart is
    from desktop_trader.ui.charts.outage_bands import OutageSpan
    from desktop_trader.ui.panels.chart import ChartPanel


class OutagesOnChart(QObject):
    """The outages that are over come from the books; the present one from the connection, and it grows."""

    def __init__(self, model: BalanceModel, panel: ChartPanel, *, request: RequestData) -> None:
        super().__init__(panel)
        self._model = model
        self._panel = panel
        self._request = request
        self._request_id = ""
        self._source = ""
        self._over: tuple[OutageSpan, ...] = ()
        model.network_changed.connect(self.draw)
        model.quotes_changed.connect(self.draw)
        model.ages.changed.connect(self.draw)
        model.notice_raised.connect(self._on_notice)
        panel.symbol_changed.connect(self.draw)
        model.state_changed.connect(self._on_state_changed)
        self._on_state_changed()

    def show_reply(self, reply: object) -> None:
        """Take the outages of the books."""
        if isinstance(reply, OutagesPage) and reply.request_id == self._request_id:
            over = (each for each in reply.outages if each.ended_at is not None and self._is_here(each))
            self._over = tuple(map(_span, over))
            self.draw()

    def draw(self, *_: object) -> None:
        """Draw what there is now, once there is a chart."""
        view = self._panel.view
        if view is None:
            return
        view.set_price_stale(self._model.ages.staleness_of((self._panel.symbol,)) is not None)
        present = self._present()
        view.set_outages(self._over if present is None else (*self._over, present))

    def _is_here(self, outage: Outage) -> bool:
        """Another market's outages say nothing about these bars."""
        return outage.source_id == self._source

    def _on_state_changed(self) -> None:
        """Ask once somebody can answer, and again on another market."""
        snapshot = self._model.snapshot
        source = "" if snapshot is None else snapshot.market.source_id
        if source != self._source:
            self._source = source
            self._ask()

    def _ask(self) -> None:
        self._request_id = uuid4().hex
        self._request(OutagesRequest(request_id=self._request_id))

    def _on_notice(self, notice: Notice) -> None:
        if isinstance(notice, OutageEnded):
            self._ask()

    def _present(self) -> OutageSpan | None:
        from desktop_trader.ui.charts.outage_bands import OutageSpan

        network, now = self._model.network, self._model.market_now
        if network is None or network.since is None or now is None or not is_paused(network):
            return None
        title = pause_title(network).capitalize()
        return OutageSpan(
            begun_at=network.since.timestamp(),
            ended_at=max(now, network.since).timestamp() + self._model.ages.seconds_since_view,
            label=title,
            text=f"{title} since {local_time(network.since)}\n{reasons_text(network)}",
        )


def _span(outage: Outage) -> OutageSpan:
    from desktop_trader.ui.charts.outage_bands import OutageSpan

    ended_at = outage.ended_at or outage.begun_at
    lasted = length_text((ended_at - outage.begun_at).total_seconds())
    held = held_back_text(outage)
    lines = (
        f"Nothing traded from {local_time(outage.begun_at)} to {local_time(ended_at, has_date=False)} ({lasted})",
        outage_reasons_text(outage),
        f"Held back: {held}" if held else "",
    )
    return OutageSpan(
        begun_at=outage.begun_at.timestamp(),
        ended_at=ended_at.timestamp(),
        label="Simulated loss" if outage.is_simulated else "Paused",
        text="\n".join(filter(None, lines)),
    )
