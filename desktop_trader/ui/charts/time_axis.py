"""The horizontal axis: bar indices labeled with the bars' own times in UTC, and the tag of the crosshair."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from desktop_trader.ui.charts.chart_data import CandleSeries, IntArray, utc_text
from desktop_trader.ui.color_tokens import ColorTokens

_LABEL_SPACING_LETTERS = 13
_TAG_PADDING_PX = 20
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_STEPS = (
    *(minutes * _MINUTE for minutes in (1, 2, 5, 10, 15, 30)),
    *(hours * _HOUR for hours in (1, 2, 3, 6, 12)),
    *(days * _DAY for days in (1, 2, 5, 10)),
)
# Not strftime's names: Qt sets the C locale of the host, and the window speaks English.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH_STEPS = (1, 3, 6, 12, 24, 60, 120)


class TimeAxis(pg.AxisItem):  # type: ignore[misc]
    """Puts a label at the first bar of each round span of time: a minute, an hour, a day, a month or a year.

    Because labels sit at bars, a gap only makes two of them come closer. The largest unit that began is written: the
    year at its first bar, else the month, else the day, else the hour.
    """

    def __init__(self, series: CandleSeries, tokens: ColorTokens) -> None:
        super().__init__(orientation="bottom")
        self._series = series
        self._tokens = tokens
        self._tag_index: int | None = None

    def set_tokens(self, tokens: ColorTokens) -> None:
        """Take the colors of another theme."""
        self._tokens = tokens
        self.update()

    def set_tag(self, index: int | None) -> None:
        """Show the time of a bar on the axis under the crosshair, or nothing."""
        if index != self._tag_index:
            self._tag_index = index
            self.update()

    def series_changed(self) -> None:
        """Draw the labels again after bars were added or replaced."""
        self.picture = None
        self.update()

    def tickValues(self, minimum: float, maximum: float, size: float) -> list[tuple[float, list[float]]]:
        bars = self._series.visible(minimum, maximum)
        if bars.is_empty() or size <= 0:
            return []
        spacing = QFontMetricsF(self.style["tickFont"] or self.font()).horizontalAdvance("0") * _LABEL_SPACING_LETTERS
        bars_per_label = max(1.0, spacing * (maximum - minimum) / size)
        starts = self._label_indices(bars.first, bars.last, bars_per_label)
        return [(bars_per_label, _spread(starts, bars_per_label * 0.6))]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        texts: list[str] = []
        for value in values:
            index = int(value)
            previous = int(self._series.times[index - 1]) if index > 0 else None
            texts.append(_label(int(self._series.times[index]), previous))
        return texts

    def mouseClickEvent(self, event: Any) -> None:
        if event.double():
            self.linkedView().time_reset_requested.emit()
            event.accept()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        super().paint(painter, option, widget)
        view = self.linkedView()
        if self._tag_index is None or view is None or not 0 <= self._tag_index < len(self._series):
            return
        center = self.mapFromItem(view, view.mapFromView(pg.Point(self._tag_index, 0))).x()
        text = utc_text(int(self._series.times[self._tag_index]))
        font = self.style["tickFont"] or self.font()
        width = QFontMetricsF(font).horizontalAdvance(text) + _TAG_PADDING_PX
        left = min(max(0.0, center - width / 2), self.size().width() - width)
        rect = QRectF(left, 1, width, self.size().height() - 2)
        painter.setFont(font)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._tokens.tag))
        painter.drawRoundedRect(rect, 2, 2)
        painter.setPen(QColor(self._tokens.on_tag))
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)

    def _label_indices(self, first: int, last: int, bars_per_label: float) -> IntArray:
        wanted_seconds = bars_per_label * self._series.bar_seconds()
        # The bar before the first visible one tells whether a span begins at the first visible one.
        times = self._series.times[max(0, first - 1) : last]
        step = next((step for step in _STEPS if step >= wanted_seconds), None)
        if step is not None:
            keys = times // step
        else:
            months = times.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)
            wanted_months = wanted_seconds / (30 * _DAY)
            keys = months // next((step for step in _MONTH_STEPS if step >= wanted_months), _MONTH_STEPS[-1])
        offset = max(0, first - 1)
        return np.nonzero(np.diff(keys))[0].astype(np.int64) + offset + 1


def _spread(indices: IntArray, distance: float) -> list[float]:
    """Leave out labels that would touch the one before them, as they do after a gap."""
    kept: list[float] = []
    for index in indices:
        if not kept or index - kept[-1] >= distance:
            kept.append(float(index))
    return kept


def _label(seconds: int, previous_seconds: int | None) -> str:
    now = datetime.fromtimestamp(seconds, UTC)
    before = datetime.fromtimestamp(previous_seconds, UTC) if previous_seconds is not None else None
    if before is None or now.date() == before.date():
        return f"{now.hour:02}:{now.minute:02}"
    if now.year != before.year:
        return str(now.year)
    month = _MONTHS[now.month - 1]
    return month if now.month != before.month else f"{now.day} {month}"
