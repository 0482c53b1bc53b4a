"""Horizontal lines over the candles: the last price, entries, stops, targets and orders; and the crosshair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from desktop_trader.ui.charts.chart_data import LevelKind, PriceLevel
from desktop_trader.ui.charts.chart_item import ChartItem, thin_pen
from desktop_trader.ui.charts.pixel_grid import PixelGrid
from desktop_trader.ui.color_tokens import ColorTokens

_LABEL_ROOM_PX = 3.0
_LABEL_PADDING_PX = 6.0
_LABEL_LEFT_PX = 8.0
_READOUT_PX = 30.0
"""The read-out stands at the top of the chart: texts of levels keep out of it."""

_GRIP_PX = 14.0
"""What the grip of a line that can be dragged takes of its box."""
_DASHES: dict[LevelKind, list[float] | None] = {
    LevelKind.ENTRY: None,
    LevelKind.STOP: [5.0, 4.0],
    LevelKind.TARGET: [5.0, 4.0],
    LevelKind.ORDER: [2.0, 3.0],
    LevelKind.TRAIL: [1.0, 4.0],
    LevelKind.LIQUIDATION: [10.0, 3.0, 2.0, 3.0],
}
"""Every kind has strokes of its own beside its text, so that none is told by its color alone."""


def level_color(kind: LevelKind, tokens: ColorTokens) -> str:
    """The color of a level's line and tag."""
    return {
        LevelKind.ENTRY: tokens.pnl,
        LevelKind.STOP: tokens.down_text,
        LevelKind.TARGET: tokens.up_text,
        LevelKind.ORDER: tokens.warning,
        LevelKind.TRAIL: tokens.down_text,
        LevelKind.LIQUIDATION: tokens.danger,
    }[kind]


class PriceLinesItem(ChartItem):
    """The last price as a dotted line, and every level as a dashed line with its text in a small box at the left."""

    def __init__(self, tokens: ColorTokens) -> None:
        super().__init__(tokens)
        self._levels: tuple[PriceLevel, ...] = ()
        self._held: PriceLevel | None = None
        self._painted: list[tuple[PriceLevel, QRectF]] = []
        self._marks: list[tuple[PriceLevel, QRectF]] = []
        self._last_price: float | None = None
        self._last_is_up = True
        self._last_is_stale = False

    def set_levels(self, levels: Sequence[PriceLevel]) -> None:
        """Replace the levels."""
        self._levels = tuple(levels)
        self.update()

    def hold(self, level: PriceLevel | None) -> None:
        """Draw one level where it is dragged to, with another text; None lets all be where they are."""
        self._held = level
        self.update()

    def boxes(self) -> list[tuple[PriceLevel, QRectF]]:
        """The texts as they were painted last, in pixels of the view."""
        return self._painted

    def marks(self) -> list[tuple[PriceLevel, QRectF]]:
        """The marks of levels out of view as they were painted last, in pixels of the view."""
        return self._marks

    def set_last_price(self, price: float | None, *, is_up: bool, is_stale: bool = False) -> None:
        """Move the line of the last price; `is_up` colors it like its candle, `is_stale` grays it."""
        self._last_price, self._last_is_up, self._last_is_stale = price, is_up, is_stale
        self.update()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        painter.save()
        grid = PixelGrid(painter)
        area = grid.rect(self.view_area())
        if self._last_price is not None:
            color = self._tokens.up if self._last_is_up else self._tokens.down
            if self._last_is_stale:
                color = self._tokens.text_muted
            _horizontal(painter, grid, area, price=self._last_price, pen=thin_pen(color, [1.0, 3.0]))
        levels = self._shown_levels()
        for level in levels:
            pen = thin_pen(level_color(level.kind, self._tokens), _DASHES[level.kind])
            if level is self._held:
                pen.setWidth(2)
            _horizontal(painter, grid, area, price=level.price, pen=pen)
        # Lines first: a box may stand beside its own line, where another one passes.
        self._painted = self._boxes(levels, QFontMetricsF(painter.font()), grid, area)
        for level, box in self._painted:
            self._paint_label(painter, box, level)
        self._marks = edge_marks(levels, QFontMetricsF(painter.font()), grid, area)
        for level, box in self._marks:
            self._paint_label(painter, box, replace(level, text=_edge_text(level, box, area), key=""))
        painter.restore()

    def _shown_levels(self) -> list[PriceLevel]:
        held = self._held
        return [held if held is not None and level.key == held.key else level for level in self._levels]

    def _boxes(
        self, levels: Sequence[PriceLevel], metrics: QFontMetricsF, grid: PixelGrid, area: QRectF
    ) -> list[tuple[PriceLevel, QRectF]]:
        """Return where the texts of the levels in view stand: as near to their lines as none covers another."""
        height = metrics.height() + _LABEL_ROOM_PX
        middles = {level: grid.y(level.price) for level in levels if level.text}
        seen = [level for level, y in middles.items() if area.top() <= y <= area.bottom()]
        wanted = [middles[level] - area.top() - height / 2 for level in seen]
        boxes = []
        for level, top in zip(seen, _apart(wanted, height, area.height()), strict=True):
            width = metrics.horizontalAdvance(level.text) + 2 * _LABEL_PADDING_PX + (_GRIP_PX if level.key else 0.0)
            boxes.append((level, QRectF(area.left() + _LABEL_LEFT_PX, area.top() + top, width, height)))
        return boxes

    def _paint_label(self, painter: QPainter, box: QRectF, level: PriceLevel) -> None:
        color = QColor(level_color(level.kind, self._tokens))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(QPen(color))
        painter.setBrush(QColor(self._tokens.background))
        painter.drawRoundedRect(box, 3, 3)
        if level.key:
            middle, left = box.center().y(), box.left() + _LABEL_PADDING_PX
            for offset in (-3.0, 0.0, 3.0):
                painter.drawLine(QLineF(left, middle + offset, left + _GRIP_PX - _LABEL_PADDING_PX, middle + offset))
            box = box.adjusted(_GRIP_PX, 0.0, 0.0, 0.0)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, level.text)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def edge_marks(
    levels: Sequence[PriceLevel], metrics: QFontMetricsF, grid: PixelGrid, area: QRectF
) -> list[tuple[PriceLevel, QRectF]]:
    """Return where marks of the levels out of view stand: in the middle of that edge, the farthest outermost."""
    height = metrics.height() + _LABEL_ROOM_PX
    marks: list[tuple[PriceLevel, QRectF]] = []
    for is_above in (True, False):
        beyond = [each for each in levels if each.aside and _is_beyond(grid.y(each.price), area, is_above=is_above)]
        beyond.sort(key=lambda level: level.price, reverse=is_above)
        for place, level in enumerate(beyond):
            width = metrics.horizontalAdvance(f"{level.aside} ↓") + 2 * _LABEL_PADDING_PX
            away = place * (height + 1.0)
            top = area.top() + _READOUT_PX + away if is_above else area.bottom() - height - 1.0 - away
            marks.append((level, QRectF(area.center().x() - width / 2, top, width, height)))
    return marks


def _is_beyond(y: float, area: QRectF, *, is_above: bool) -> bool:
    return y < area.top() if is_above else y > area.bottom()


def _edge_text(level: PriceLevel, box: QRectF, area: QRectF) -> str:
    return f"{level.aside} {'↑' if box.center().y() < area.center().y() else '↓'}"


class CrosshairItem(ChartItem):
    """Two thin dashed lines at a bar and a price; hidden until it has a place."""

    def __init__(self, tokens: ColorTokens) -> None:
        super().__init__(tokens)
        self._place: QPointF | None = None

    def set_place(self, place: QPointF | None) -> None:
        """Move to a bar index and price, or hide."""
        if place != self._place:
            self._place = place
            self.update()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        if self._place is None:
            return
        painter.save()
        grid = PixelGrid(painter)
        area = grid.rect(self.view_area())
        pen = thin_pen(self._tokens.crosshair, [4.0, 4.0])
        _horizontal(painter, grid, area, price=self._place.y(), pen=pen)
        x = grid.x(self._place.x()) + grid.pixel / 2
        painter.drawLine(QLineF(x, area.top(), x, area.bottom()))
        painter.restore()


def _apart(wanted: Sequence[float], height: float, room: float) -> list[float]:
    """Return where boxes of one height start, in the order of what they wanted, so that none covers another."""
    order = sorted(range(len(wanted)), key=lambda place: wanted[place])
    tops = list(wanted)
    free = min(_READOUT_PX, max(0.0, room - len(wanted) * height))
    for place in order:
        tops[place] = max(wanted[place], free)
        free = tops[place] + height
    end = room
    for place in reversed(order):
        tops[place] = min(tops[place], end - height)
        end = tops[place]
    return tops


def _horizontal(painter: QPainter, grid: PixelGrid, area: QRectF, *, price: float, pen: QPen) -> None:
    y = grid.y(price) + grid.pixel / 2
    if area.top() <= y <= area.bottom():
        painter.setPen(pen)
        painter.drawLine(QLineF(area.left(), y, area.right(), y))
