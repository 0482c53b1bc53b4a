"""Texts of stops, targets and positions on the chart: where prices are close together, none covers another."""

from itertools import pairwise

import pyqtgraph as pg
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop_trader.ui import theme
from desktop_trader.ui.charts.chart_data import LevelKind, PriceLevel
from desktop_trader.ui.charts.chart_view_box import ChartViewBox
from desktop_trader.ui.charts.price_lines import PriceLinesItem

KINDS = (LevelKind.TARGET, LevelKind.ENTRY, LevelKind.STOP)


class Lines(PriceLinesItem):
    """Remembers where the texts were painted."""

    def __init__(self) -> None:
        super().__init__(theme.active_tokens())
        self.painted: list[QRectF] = []

    def _paint_label(self, painter: QPainter, box: QRectF, level: PriceLevel) -> None:
        super()._paint_label(painter, box, level)
        self.painted.append(box)


@pytest.mark.parametrize("distance", [0.0, 20.0, 600.0])
def test_labels_of_close_levels_stand_below_each_other(
    qtbot: QtBot, dressed_app: QApplication, distance: float
) -> None:
    """A market that lost a third in one bar: everything else is close together."""
    view = pg.PlotWidget(viewBox=ChartViewBox())
    qtbot.addWidget(view)
    view.resize(700, 400)
    view.setXRange(0, 60)
    view.setYRange(40_000, 60_000)
    lines = Lines()
    view.addItem(lines, ignoreBounds=True)
    prices = zip(KINDS, (59_000.0 + distance, 59_000.0, 59_000.0 - distance), strict=True)
    lines.set_levels([PriceLevel(kind=kind, price=price, text=f"{kind.name} 0.0166") for kind, price in prices])
    view.show()
    view.grab()
    boxes = sorted(lines.painted[-3:], key=lambda box: box.top())
    assert len(boxes) == 3
    for upper, lower in pairwise(boxes):
        assert upper.bottom() <= lower.top() + 0.01
    assert boxes[-1].bottom() - boxes[0].top() < 4 * boxes[0].height() + abs(distance) / 20
